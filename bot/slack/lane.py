"""What waits for a channel, sent in order: one message a second at most, and a digest instead of a flood."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk import WebClient
from sqlalchemy import BigInteger, Select, case, cast, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import outbox
from bot.database import advisory_lock
from bot.deps import Deps
from bot.errors import NotFound
from bot.models import Card, Mention, OutboxState, Outgoing, Urgency
from bot.slack import sending
from bot.slack.readers import UNREACHABLE
from bot.slack.trouble import Trouble, read
from bot.slack.words import words_for

PACE = timedelta(seconds=1)
FLOOD = 20
"""So many new cards may wait in a channel; more become one digest."""

LEASE = timedelta(seconds=60)
"""How long a message may be under way before it is thought lost with its process."""

MOST_ATTEMPTS = 30
MOST_UNCHANGED = 100
IN_DOUBT = "in doubt"
"""Stands in `detail` from before the request until its answer: who finds it there looks before posting again."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """A row under way; or, with `bundle`, the rows that one digest stands for. `doubtful` rows may be out already."""

    row_id: int
    subject: str
    text: str
    attempts: int
    doubtful: bool
    created_at: datetime
    bundle: tuple[int, ...] = ()


def drain(deps: Deps, client: WebClient, channel: str, *, locale: str = "en") -> datetime | None:
    """Send the oldest message that is due in a channel; return when the next may go, None when nothing waits."""
    for _ in range(MOST_UNCHANGED):
        with deps.sessions.begin() as session:
            advisory_lock(session, f"slack:{channel}")
            taken = _take(session, channel, deps.now())
        if not isinstance(taken, Taken):
            return taken
        if _send(deps, client, channel, taken, locale):
            break
    with deps.sessions() as session:
        return _next(session, channel, deps.now())


def _take(session: Session, channel: str, now: datetime) -> Taken | datetime | None:
    _recover(session, channel, now)
    free = _free_at(session, channel, now)
    if free > now:
        return _next(session, channel, now)
    flood = list(session.scalars(_new_cards(channel, now)))
    if len(flood) > FLOOD:
        return _begin(flood[0], now, flood)
    row = session.scalars(_due(channel, now).order_by(Outgoing.id).limit(1)).first()
    return _begin(row, now) if row else _next(session, channel, now)


def _begin(row: Outgoing, now: datetime, flood: list[Outgoing] | None = None) -> Taken:
    doubtful = row.detail == IN_DOUBT
    for each in flood or [row]:
        each.state = OutboxState.SENDING
        each.not_before = now + LEASE
        each.attempts += 1
        each.detail = IN_DOUBT
    bundle = tuple(each.id for each in flood or ())
    return Taken(row.id, row.subject, row.text, row.attempts, doubtful, row.created_at, bundle)


def _send(deps: Deps, client: WebClient, channel: str, taken: Taken, locale: str) -> bool:
    """Send it and note how it went; returns false when there was nothing to send after all."""
    out = sending.Out(deps, client, channel, words_for(locale))
    try:
        sent = _by_kind(out, taken)
    except NotFound as error:
        _settle(deps, taken, OutboxState.FAILED, str(error), paced=False)
        return False
    except UNREACHABLE as error:
        _put_back(deps, channel, taken, read(error, taken.attempts))
        return True
    _settle(deps, taken, OutboxState.SENT, "", paced=sent)
    if taken.attempts > 1:
        _tell_over(deps, channel)
    return sent


def _by_kind(out: sending.Out, taken: Taken) -> bool:
    kind, _, subject = taken.subject.partition(":")
    if taken.bundle:
        return out.digest(taken.row_id, _mentions_of(out.deps, taken), since=_since(taken))
    if kind == "mention":
        return out.card(int(subject))
    if kind == "question":
        return out.question(taken.row_id, int(subject), since=_since(taken))
    if kind == "daily":
        return out.daily(taken.row_id, taken.created_at, since=_since(taken))
    return out.text(taken.row_id, taken.text, since=_since(taken))


def _since(taken: Taken) -> datetime | None:
    return taken.created_at if taken.doubtful else None


def _settle(deps: Deps, taken: Taken, state: OutboxState, detail: str, *, paced: bool) -> None:
    """Note the end of it. `not_before` of a sent row is when it went, by which the channel's pace is kept."""
    now = deps.now()
    with deps.sessions.begin() as session:
        for row in session.scalars(select(Outgoing).where(Outgoing.id.in_(taken.bundle or (taken.row_id,)))):
            row.state = state
            row.detail = detail
            row.sent_at = now
            row.not_before = now if paced else now - 2 * PACE


def _put_back(deps: Deps, channel: str, taken: Taken, trouble: Trouble) -> None:
    """Let it wait again. Where Slack asked for patience, the whole channel waits."""
    until = deps.now() + trouble.wait
    log.warning("Slack: %s in %s, again in %s", trouble.detail, channel, trouble.wait)
    with deps.sessions.begin() as session:
        advisory_lock(session, f"slack:{channel}")
        for row in session.scalars(select(Outgoing).where(Outgoing.id.in_(taken.bundle or (taken.row_id,)))):
            _wait_again(session, row, until, trouble)
        if trouble.is_pace:
            for row in session.scalars(_waiting(channel).where(Outgoing.not_before < until)):
                row.not_before = until
        if trouble.needs_people and deps.ops_channel != channel:
            told = f"Chorus cannot write to the channel {channel}: {trouble.detail}. {trouble.advice}"
            outbox.tell(session, deps.ops_channel, f"slack:{channel}", told.strip(), at=deps.now())


def _wait_again(session: Session, row: Outgoing, until: datetime, trouble: Trouble) -> None:
    if row.attempts >= MOST_ATTEMPTS and not trouble.is_pace:
        row.state, row.detail = OutboxState.FAILED, trouble.detail
        return
    try:
        with session.begin_nested():
            row.state = OutboxState.WAITING
            row.not_before = until
            row.detail = IN_DOUBT if trouble.in_doubt else trouble.detail
            session.flush()
    except IntegrityError:
        # A younger twin waits already and will show the same, newer.
        session.refresh(row)
        row.state, row.detail = OutboxState.FAILED, "overtaken"


def _tell_over(deps: Deps, channel: str) -> None:
    with deps.sessions.begin() as session:
        told = f"Chorus can write to the channel {channel} again."
        outbox.over(session, deps.ops_channel, f"slack:{channel}", told, at=deps.now())


def _recover(session: Session, channel: str, now: datetime) -> None:
    lost = select(Outgoing).where(
        Outgoing.channel == channel, Outgoing.state == OutboxState.SENDING, Outgoing.not_before <= now
    )
    for row in session.scalars(lost):
        _wait_again(session, row, now, Trouble("its process was lost", timedelta(0), in_doubt=True))


def _free_at(session: Session, channel: str, now: datetime) -> datetime:
    recent = select(func.max(Outgoing.not_before)).where(
        Outgoing.channel == channel, Outgoing.state == OutboxState.SENT, Outgoing.not_before > now - PACE
    )
    last = session.scalar(recent)
    return last + PACE if last else now


def _next(session: Session, channel: str, now: datetime) -> datetime | None:
    open_states = (OutboxState.WAITING, OutboxState.SENDING)
    due = select(func.min(Outgoing.not_before)).where(Outgoing.channel == channel, Outgoing.state.in_(open_states))
    first = session.scalar(due)
    return max(first, _free_at(session, channel, now)) if first else None


def _waiting(channel: str) -> Select[Outgoing]:
    return select(Outgoing).where(Outgoing.channel == channel, Outgoing.state == OutboxState.WAITING)


def _due(channel: str, now: datetime) -> Select[Outgoing]:
    return _waiting(channel).where(Outgoing.not_before <= now)


def _new_cards(channel: str, now: datetime) -> Select[Outgoing]:
    """Rows for cards that were never shown; urgent ones are not among them, for they always get a card."""
    about = case((Outgoing.subject.like("mention:%"), cast(func.split_part(Outgoing.subject, ":", 2), BigInteger)))
    shown = select(Card.mention_id).where(Card.mention_id == about, Card.ts.is_not(None))
    calm = select(Mention.id).where(Mention.id == about, Mention.urgency != Urgency.HIGH)
    return _due(channel, now).where(calm.exists(), ~shown.exists()).order_by(Outgoing.id)


def _mentions_of(deps: Deps, taken: Taken) -> tuple[int, ...]:
    with deps.sessions() as session:
        subjects = session.scalars(select(Outgoing.subject).where(Outgoing.id.in_(taken.bundle)).order_by(Outgoing.id))
        return tuple(int(subject.partition(":")[2]) for subject in subjects)
