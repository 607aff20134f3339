"""What a person finds on their desk: open work, their replies, and for those who look after the whole, its health."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.orm import Session

from bot import amends, asking, budgets, connecting, stops, throttle
from bot.amends import OwnErrorView
from bot.asking import QuestionView
from bot.audit import reviewing
from bot.audit.reviewing import Standing, Waiting
from bot.budgets import Standing as BudgetStanding
from bot.deps import Deps
from bot.models import (
    COUNTED,
    Employee,
    Mention,
    MentionKind,
    MentionState,
    PostRecord,
    Reply,
    ReplyState,
    Source,
    SourceState,
    Stop,
    Urgency,
)
from bot.permissions import Act, may, require
from bot.throttle.saturation import Saturation, saturation
from connectors.base import Condition, Identity, SourceKind
from guidelines.throttle import sentence

MOST_WORK = 8
MOST_REPLIES = 8
MOST_SOURCES = 12
MOST_ACCOUNTS = 10
MOST_REVIEWS = 10
MOST_FOUND = 10
MOST_OF_DAY = 5
MOST_PLACES = 5
DAY = timedelta(hours=24)
LATELY = timedelta(days=30)

_WAITING = (ReplyState.APPROVED, ReplyState.SENDING)
_OUT = (ReplyState.POSTED, ReplyState.EDITED, ReplyState.DELETED, ReplyState.REMOVED, ReplyState.PENDING_REMOTE)


@dataclass(frozen=True, slots=True)
class WorkView:
    """A conversation in a list; `text` and `author` are untrusted. `is_mine` when this person holds it."""

    mention_id: int
    kind: MentionKind
    urgency: Urgency
    state: MentionState
    author: str
    text: str
    url: str
    created_at: datetime
    is_mine: bool


@dataclass(frozen=True, slots=True)
class SaidView:
    """A reply in a list, with what became of it."""

    reply_id: int
    mention_id: int
    state: ReplyState
    text: str
    url: str
    approved_by: str
    approved_at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source and how it fares."""

    source_id: int
    name: str
    platform: str
    channel: str
    state: SourceState
    detail: str
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account that a person looks after, and how it fares."""

    account_id: int
    handle: str
    title: str
    identity: Identity
    condition: Condition
    detail: str


@dataclass(frozen=True, slots=True)
class Tally:
    """The whole in numbers: the last day, and what stands open now."""

    open: int
    waiting: int
    in_doubt: int
    posted: int
    dismissed: int
    sources_in_trouble: int


@dataclass(frozen=True, slots=True)
class DayView:
    """What a channel had in a day: how much came in and of what kind, what became of it, and what is still open."""

    arrived: int
    kinds: tuple[tuple[MentionKind, int], ...]
    answered: int
    dismissed: int
    still_open: int
    first: tuple[WorkView, ...]


@dataclass(frozen=True, slots=True)
class LimitView:
    """A limit as a sentence; nobody edits a fixed one."""

    name: str
    sentence: str
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """All that the Home of a person shows; what is not for them is empty."""

    work: tuple[WorkView, ...]
    said: tuple[SaidView, ...]
    tally: Tally
    stops: tuple[Stop, ...] = ()
    sources: tuple[SourceView, ...] = ()
    limits: tuple[LimitView, ...] = ()
    to_review: tuple[Waiting, ...] = ()
    reviews: Standing | None = None
    frozen: tuple[SaidView, ...] = ()
    questions: tuple[QuestionView, ...] = ()
    own_errors: tuple[OwnErrorView, ...] = ()
    saturation: Saturation | None = None
    budgets: tuple[BudgetStanding, ...] = ()
    accounts: tuple[AccountView, ...] = ()
    console: str = ""


def of(deps: Deps, *, by: Employee) -> Desk:
    """Return a person's desk as of now."""
    require(by, Act.READ)
    with deps.sessions() as session:
        looks_after = may(by, Act.EDIT_SOURCES)
        return Desk(
            work=_work(session, deps, by),
            said=_said(session, _replies().where(Reply.approved_by_id == by.id).limit(MOST_REPLIES)),
            tally=_tally(session, deps.now()),
            stops=stops.thrown(session, at=deps.now()),
            frozen=_frozen(session, deps.now()),
            questions=asking.waiting(session) if may(by, Act.OVERRIDE) else (),
            own_errors=amends.waiting(session, deps) if may(by, Act.EDIT_GUIDELINES) else (),
            saturation=_saturation(session, deps.now()) if looks_after else None,
            sources=_sources(session) if looks_after else (),
            limits=_limits(session) if looks_after else (),
            budgets=budgets.standings(session, deps, at=deps.now()) if looks_after else (),
            to_review=tuple(reviewing.queue(session, by, most=MOST_REVIEWS)) if may(by, Act.REVIEW) else (),
            reviews=reviewing.standing(session, at=deps.now()) if may(by, Act.REVIEW) else None,
            accounts=_accounts(session, deps, by) if may(by, Act.CONNECT) else (),
            console=deps.console_url,
        )


def tally(deps: Deps, *, by: Employee) -> Tally:
    """Return the whole in numbers."""
    require(by, Act.READ)
    with deps.sessions() as session:
        return _tally(session, deps.now())


def limits(deps: Deps, *, by: Employee) -> tuple[LimitView, ...]:
    """Return the limits in force; everyone may know them."""
    require(by, Act.READ)
    with deps.sessions() as session:
        return _limits(session)


def stopped(deps: Deps, *, by: Employee) -> tuple[Stop, ...]:
    """Return the stops in force."""
    require(by, Act.READ)
    with deps.sessions() as session:
        return stops.thrown(session, at=deps.now())


def sources(deps: Deps, *, by: Employee, named: str = "") -> tuple[SourceView, ...]:
    """Return the sources, those in trouble first; with `named` only those whose name contains it."""
    require(by, Act.READ)
    with deps.sessions() as session:
        return tuple(source for source in _sources(session) if named.lower() in source.name.lower())


def day(deps: Deps, channel: str, *, until: datetime) -> DayView:
    """Return the day of a channel that ended at `until`; the conversations still open, urgent ones first."""
    here = (Mention.channel == channel, Mention.state.not_in((MentionState.COLLECTED, MentionState.TRIAGED)))
    came = (Mention.collected_at > until - DAY, Mention.collected_at <= until)
    open_ = (Mention.channel == channel, Mention.state == MentionState.OPEN)
    with deps.sessions() as session:
        kinds = session.execute(select(Mention.kind, func.count()).where(*here, *came).group_by(Mention.kind)).all()
        states = session.execute(select(Mention.state, func.count()).where(*here, *came).group_by(Mention.state)).all()
        numbers = {state: number for state, number in states}  # noqa: C416  (a Row is no tuple)
        first = (
            _mentions().where(*open_).order_by((Mention.urgency == Urgency.HIGH).desc(), Mention.id).limit(MOST_OF_DAY)
        )
        return DayView(
            arrived=sum(number for _, number in kinds),
            kinds=tuple((kind, number) for kind, number in kinds),
            answered=numbers.get(MentionState.ANSWERED, 0),
            dismissed=numbers.get(MentionState.DISMISSED, 0),
            still_open=session.scalar(select(func.count()).where(*open_)) or 0,
            first=tuple(_as_work(row, None, until) for row in session.execute(first)),
        )


def find(deps: Deps, text: str, *, by: Employee) -> tuple[WorkView, ...]:
    """Return the newest conversations in whose text or author these words occur."""
    require(by, Act.READ)
    wanted = text.strip()
    if not wanted:
        return ()
    with deps.sessions() as session:
        rows = session.execute(_mentions().where(PostRecord.says(wanted)).order_by(Mention.id.desc()).limit(MOST_FOUND))
        return tuple(_as_work(row, by, deps.now()) for row in rows)


def _work(session: Session, deps: Deps, by: Employee) -> tuple[WorkView, ...]:
    now = deps.now()
    held = Mention.claimed_until > now
    mine = held & (Mention.claimed_by_id == by.id)
    free = Mention.claimed_until.is_(None) | ~held
    order = (mine.desc(), (Mention.urgency == Urgency.HIGH).desc(), Mention.id.desc())
    asked = _mentions().where(Mention.state == MentionState.OPEN, mine | free).order_by(*order).limit(MOST_WORK)
    return tuple(_as_work(row, by, now) for row in session.execute(asked))


def _mentions() -> "Select[Mention, PostRecord]":
    return select(Mention, PostRecord).join(PostRecord, PostRecord.id == Mention.post_id)


def _as_work(row: "Row[Mention, PostRecord]", by: Employee | None, now: datetime) -> WorkView:
    mention, post = row
    held = mention.claimed_until is not None and mention.claimed_until > now
    return WorkView(
        mention_id=mention.id,
        kind=mention.kind,
        urgency=mention.urgency,
        state=mention.state,
        author=post.author_name or post.author_handle,
        text=post.text,
        url=post.url,
        created_at=post.created_at,
        is_mine=by is not None and held and mention.claimed_by_id == by.id,
    )


def _replies() -> "Select[Reply, str]":
    return select(Reply, Employee.name).join(Employee, Employee.id == Reply.approved_by_id).order_by(Reply.id.desc())


def _said(session: Session, asked: "Select[Reply, str]") -> tuple[SaidView, ...]:
    return tuple(
        SaidView(
            reply_id=reply.id,
            mention_id=reply.mention_id,
            state=reply.state,
            text=reply.text,
            url=reply.url,
            approved_by=name,
            approved_at=reply.approved_at,
            detail=reply.detail,
        )
        for reply, name in session.execute(asked)
    )


def _frozen(session: Session, now: datetime) -> tuple[SaidView, ...]:
    """What a stop holds back; everybody may see that nothing of it is lost."""
    ids = [reply.id for reply in stops.frozen(session, at=now)]
    return _said(session, _replies().where(Reply.id.in_(ids)).limit(MOST_REPLIES)) if ids else ()


def _saturation(session: Session, now: datetime) -> Saturation:
    return saturation(session, throttle.in_force(session), since=now - LATELY, now=now, most=MOST_PLACES)


def _sources(session: Session) -> tuple[SourceView, ...]:
    follows = (Source.kind != SourceKind.THREAD) | (Source.query != "")
    troubled = case((Source.state == SourceState.NEEDS_ATTENTION, 0), (Source.failures > 0, 1), else_=2)
    return tuple(
        SourceView(
            source_id=source.id,
            name=source.name,
            platform=source.platform,
            channel=source.channel,
            state=source.state,
            detail=source.detail or source.pace,
            read_at=source.read_at,
        )
        for source in session.scalars(select(Source).where(follows).order_by(troubled, Source.name).limit(MOST_SOURCES))
    )


def _accounts(session: Session, deps: Deps, by: Employee) -> tuple[AccountView, ...]:
    specs = {name: connector.spec for name, connector in deps.connectors.items()}
    return tuple(
        AccountView(
            account_id=each.id,
            handle=each.handle,
            title=specs[each.platform].title if each.platform in specs else each.platform,
            identity=each.identity,
            condition=each.condition,
            detail=each.condition_detail,
        )
        for each in connecting.accounts(session, by=by)[:MOST_ACCOUNTS]
    )


def _limits(session: Session) -> tuple[LimitView, ...]:
    return tuple(LimitView(limit.name, sentence(limit), limit.is_fixed) for limit in throttle.in_force(session))


def _tally(session: Session, now: datetime) -> Tally:
    replies = dict[ReplyState, int]()
    for state, number in session.execute(
        select(Reply.state, func.count())
        .where(Reply.state.in_((*_WAITING, ReplyState.IN_DOUBT)) | (Reply.counted_at > now - DAY))
        .group_by(Reply.state)
    ):
        replies[state] = number
    mentions = dict[MentionState, int]()
    recent = (Mention.state == MentionState.OPEN) | (Mention.collected_at > now - DAY)
    for standing, number in session.execute(select(Mention.state, func.count()).where(recent).group_by(Mention.state)):
        mentions[standing] = number
    troubled = select(func.count()).where(Source.state == SourceState.NEEDS_ATTENTION)
    return Tally(
        open=mentions.get(MentionState.OPEN, 0),
        waiting=sum(replies.get(state, 0) for state in _WAITING),
        in_doubt=replies.get(ReplyState.IN_DOUBT, 0),
        posted=sum(replies.get(state, 0) for state in _OUT if state in COUNTED),
        dismissed=mentions.get(MentionState.DISMISSED, 0),
        sources_in_trouble=session.scalar(troubled) or 0,
    )
