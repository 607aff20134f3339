"""What we said wrong ourselves: our public replies are held against the facts, and a person decides what to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from sqlalchemy import Row, Select, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot import checking, mending, outbox, queue
from bot.accounts import connector_of
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotFound
from bot.ledger import lock_thread_of
from bot.models import (
    Account,
    Draft,
    Employee,
    FactVersion,
    Json,
    Mention,
    MentionState,
    Origin,
    OwnError,
    PostRecord,
    Reply,
    ReplyState,
    WrongState,
)
from bot.models.replies import STANDING
from bot.permissions import Act, require
from bot.preconditions import judged
from bot.receipts import record
from connectors.base import Capability
from guidelines.facts import Claim, Label

SINCE = timedelta(days=180)
BATCH = 200
MOST = 20_000
"""So many of our newest replies are looked at for one change of a fact."""
MOST_SHOWN = 50
CARE = frozenset({"reviewed_at", "owner"})
"""The fields of a fact that tell who looks after it."""

WORDS = (
    "Hi, the {company} team here with a correction of our own: earlier we wrote “{quote}”, and that was not right. "
    "Sorry! {statement}. Source: {source} Thank you for bearing with us, and tell us if anything else looks off.",
    "Hi, the {company} team here with a correction of our own, sorry: what we wrote here earlier was not right. "
    "{statement}. Source: {source} Tell us if anything else looks off.",
    "{company} team here. Sorry, we got this wrong earlier. {statement}. Source: {source} Anything else? Tell us.",
)
"""The longest that fits and that nothing speaks against is suggested."""


@dataclass(frozen=True, slots=True)
class OwnErrorView:
    """A reply of ours that seems wrong, with the fact that it contradicts and what we might say instead."""

    id: int
    reply_id: int
    mention_id: int
    said: str
    quote: str
    reason: str
    url: str
    platform: str
    posted_at: datetime | None
    approved_by: str
    fact: str
    statement: str
    source: str
    can_edit: bool
    trouble: str = ""
    words: str = ""


def ask(deps: Deps, *, by: Employee | None) -> None:
    """Have all our replies of the last months held against all facts."""
    if by is not None:
        require(by, Act.EDIT_GUIDELINES)
    with deps.sessions.begin() as session:
        queue.look_back(session, None)


def look_back(deps: Deps, fact: str | None, *, before: int | None = None, looked_at: int = 0) -> int:
    """Hold one batch of our public replies against a fact, or against all, and ask for the next; returns how many
    contradict it. What was found earlier and holds no longer is let go."""
    deps.rulebook.refresh()
    with deps.sessions() as session:
        replies = session.scalars(_batch(deps, before)).all()
    wrong = [(reply, claim) for reply in replies for claim in _contradictions(deps, reply.typed, fact)]
    with deps.sessions.begin() as session:
        _let_go(session, deps, fact, [reply.id for reply in replies], wrong)
        new = [error for reply, claim in wrong if (error := _keep(session, deps, reply, claim)) is not None]
        _tell(session, deps, new)
        if len(replies) == BATCH and looked_at + BATCH < MOST:
            queue.look_back(session, fact, before=replies[-1].id, looked_at=looked_at + BATCH)
    return len(wrong)


def waiting(session: Session, deps: Deps) -> tuple[OwnErrorView, ...]:
    """Return what nobody has decided about, and what the platform did not let us change, newest first."""
    rows = session.execute(_undecided().order_by(OwnError.id.desc()).limit(MOST_SHOWN))
    return tuple(_view(deps, row) for row in rows)


def look(deps: Deps, error_id: int, *, by: Employee) -> OwnErrorView:
    """Return one with the words of a correction that could stand there."""
    require(by, Act.EDIT_GUIDELINES)
    with deps.sessions() as session:
        row = session.execute(_undecided().where(OwnError.id == error_id)).one_or_none()
        if row is None:
            raise NotFound("Somebody has settled this already, or the reply is no longer public.")
        error, reply, _ = row
        return _view(deps, row, words=_words(session, deps, error, reply))


def change(deps: Deps, error_id: int, *, by: Employee, text: str) -> Reply:
    """Have the public reply say something else; the guidelines are asked again, as for every edit."""
    with deps.sessions.begin() as session:
        error = _open(session, error_id, by)
        reply = mending.order_edit(session, deps, error.reply_id, by=by, text=text, act=Act.EDIT_GUIDELINES)
        _decide(error, WrongState.EDITED, deps, by)
        return reply


def follow_up(deps: Deps, error_id: int, *, by: Employee, text: str) -> Mention:
    """Put the conversation back before people, with these words as its draft: approved like every reply, or not."""
    with deps.sessions.begin() as session:
        error = _open(session, error_id, by)
        reply = session.get_one(Reply, error.reply_id)
        mention = lock_thread_of(session, reply.mention_id)
        if mention.state is not MentionState.ANSWERED:
            raise Conflict(
                f"This conversation is {mention.state.value} now. Look at its card before you say more there."
            )
        draft = _draft(session, deps, reply, mention, text, by)
        mention.reopen(f"What we said here (reply no. {reply.id}) was not right; {by.name} drafted our own correction.")
        _decide(error, WrongState.FOLLOWED_UP, deps, by)
        data = {"fact": error.fact, "draft": draft.id, "verdict": checking.outline(draft.verdict)}
        record(session, deps, "reply.error_followed_up", reply, data, {"text": text}, actor=f"employee:{by.id}")
        outbox.show(session, mention.id, at=deps.now())
        return mention


def dismiss(deps: Deps, error_id: int, *, by: Employee, reason: str) -> None:
    """Decide that our reply is not wrong; the reason is kept."""
    if not reason.strip():
        raise ChorusError("Say in a few words why our reply is not wrong; a reviewer will want to know.")
    with deps.sessions.begin() as session:
        error = _open(session, error_id, by)
        _decide(error, WrongState.DISMISSED, deps, by)
        error.note = reason.strip()
        reply = session.get_one(Reply, error.reply_id)
        texts = {"reason": reason.strip()}
        actor = f"employee:{by.id}"
        record(session, deps, "reply.error_dismissed", reply, {"fact": error.fact}, texts, actor=actor)


def _batch(deps: Deps, before: int | None) -> "Select[Reply]":
    public = (ReplyState.POSTED, ReplyState.EDITED)
    newest = select(Reply).where(Reply.state.in_(public), Reply.approved_at >= deps.now() - SINCE, Reply.typed != "")
    newest = newest.order_by(Reply.id.desc()).limit(BATCH)
    return newest.where(Reply.id < before) if before is not None else newest


def _contradictions(deps: Deps, text: str, fact: str | None) -> Iterator[Claim]:
    for claim in deps.facts.check_all(text, now=deps.now(), ours=True) if deps.facts else ():
        if claim.label is Label.CONTRADICTS and (fact is None or claim.fact_id == fact):
            yield claim


def _keep(session: Session, deps: Deps, reply: Reply, claim: Claim) -> OwnError | None:
    """Note it, unless it is known of this text and of what the fact says; what had lapsed and holds again is open."""
    fact = claim.fact_id or ""
    first, last = claim.spans[0] if claim.spans else (0, len(reply.typed))
    found = {
        "quote": reply.typed[first:last],
        "reason": claim.reason,
        "found_at": deps.now(),
        "state": WrongState.OPEN,
        "note": "",
    }
    row = insert(OwnError).values(
        reply_id=reply.id,
        fact=fact,
        fact_version=_saying_so_since(session, fact),
        text_hash=reply.text_hash,
        **found,
    )
    again = row.on_conflict_do_update(
        index_elements=["reply_id", "fact", "fact_version", "text_hash"],
        set_=found | {"decided_at": None},
        where=OwnError.state == WrongState.LAPSED,
    )
    number = session.scalar(again.returning(OwnError.id))
    if number is None:
        return None
    error = session.get_one(OwnError, number, populate_existing=True)
    texts = {"quote": error.quote, "reason": error.reason}
    record(session, deps, "reply.misstated", reply, {"fact": fact, "version": error.fact_version}, texts)
    return error


def _let_go(
    session: Session, deps: Deps, fact: str | None, replies: Sequence[int], wrong: Sequence[tuple[Reply, Claim]]
) -> None:
    """Close what was found before of these replies and is not found any more, or was found when the fact said
    something else."""
    known = select(OwnError).where(OwnError.reply_id.in_(replies), OwnError.state == WrongState.OPEN)
    still = {(reply.id, claim.fact_id, reply.text_hash) for reply, claim in wrong}
    errors = session.scalars(known if fact is None else known.where(OwnError.fact == fact)).all()
    since = {key: _saying_so_since(session, key) for key in {error.fact for error in errors}}
    over = [
        error.id
        for error in errors
        if (error.reply_id, error.fact, error.text_hash) not in still or error.fact_version != since[error.fact]
    ]
    session.execute(
        update(OwnError).where(OwnError.id.in_(over)).values(state=WrongState.LAPSED, decided_at=deps.now())
    )


def _saying_so_since(session: Session, fact: str) -> int:
    """Return the version since which a fact says what it says: who looked after it, and when, is not what it says.

    It is 0 for a fact that is not in force in the database.
    """
    versions = select(FactVersion).where(FactVersion.key == fact).order_by(FactVersion.version.desc())
    known = session.scalars(versions).all()
    if not known or known[0].retired_at is not None:
        return 0
    return [each.version for each in takewhile(lambda each: _said_in(each) == _said_in(known[0]), known)][-1]


def _said_in(version: FactVersion) -> Json:
    return {name: value for name, value in version.body.items() if name not in CARE}


def _tell(session: Session, deps: Deps, errors: Sequence[OwnError]) -> None:
    """One notice for each fact: who looks after the facts finds the rest on their Home, or in the console."""
    for fact in sorted({error.fact for error in errors}) if deps.ops_channel else ():
        found = [error for error in errors if error.fact == fact]
        reply = session.get_one(Reply, found[0].reply_id)
        many = "a public reply of ours contradicts" if len(found) == 1 else f"{len(found)} replies of ours contradict"
        words = (
            f"We may have said something wrong: {many} the fact “{fact}”. {found[0].reason} Look at it: {reply.url} "
            "Community managers find the drafted correction on their Home here, or in the console under Facts."
        )
        outbox.say(session, deps.ops_channel, f"own-error:{found[0].id}", words, at=deps.now())


def _undecided() -> "Select[OwnError, Reply, str]":
    not_changed = (OwnError.state == WrongState.EDITED) & (Reply.mending_at.is_(None))
    return (
        select(OwnError, Reply, Employee.name)
        .join(Reply, Reply.id == OwnError.reply_id)
        .join(Employee, Employee.id == Reply.approved_by_id)
        .where(Reply.state.in_(STANDING), Reply.text_hash == OwnError.text_hash)
        .where((OwnError.state == WrongState.OPEN) | not_changed)
    )


def _view(deps: Deps, row: "Row[OwnError, Reply, str]", *, words: str = "") -> OwnErrorView:
    error, reply, name = row
    fact = deps.facts.facts.get(error.fact) if deps.facts else None
    return OwnErrorView(
        id=error.id,
        reply_id=reply.id,
        mention_id=reply.mention_id,
        said=reply.typed,
        quote=error.quote,
        reason=error.reason,
        url=reply.url,
        platform=reply.platform,
        posted_at=reply.posted_at,
        approved_by=name,
        fact=error.fact,
        statement=fact.statement if fact else "",
        source=fact.source_url if fact else "",
        can_edit=Capability.EDIT in connector_of(deps, reply.platform).spec.capabilities,
        trouble=reply.detail if error.state is WrongState.EDITED else "",
        words=words,
    )


def _words(session: Session, deps: Deps, error: OwnError, reply: Reply) -> str:
    fact = deps.facts.facts.get(error.fact) if deps.facts else None
    if fact is None:
        return reply.typed
    mention = session.get_one(Mention, reply.mention_id)
    parent = session.get_one(PostRecord, reply.parent_post_id)
    account = session.get_one(Account, reply.account_id)
    quote = " ".join(error.quote.split())
    text = ""
    for pattern in WORDS:
        text = pattern.format(
            company=deps.company[0], quote=quote, statement=fact.statement.rstrip(". "), source=fact.source_url
        )
        if not judged(session, deps, mention, parent, account, text).blocked:
            break
    return text


def _open(session: Session, error_id: int, by: Employee) -> OwnError:
    require(by, Act.EDIT_GUIDELINES)
    found = session.scalar(
        select(OwnError)
        .where(OwnError.id.in_(_undecided().with_only_columns(OwnError.id)), OwnError.id == error_id)
        .with_for_update()
    )
    if found is None:
        raise Conflict("Somebody has settled this already, or the reply is no longer public.")
    return found


def _decide(error: OwnError, state: WrongState, deps: Deps, by: Employee) -> None:
    error.state, error.decided_at, error.decided_by_id = state, deps.now(), by.id


def _draft(session: Session, deps: Deps, reply: Reply, mention: Mention, text: str, by: Employee) -> Draft:
    if not text.strip():
        raise ChorusError("There is no text yet. Say what was wrong, what is right, and where it is written.")
    post = session.get_one(PostRecord, mention.post_id)
    account = session.get_one(Account, reply.account_id)
    verdict = judged(session, deps, mention, post, account, text)
    draft = Draft(
        mention_id=mention.id,
        origin=Origin.PERSON,
        text=text.strip(),
        created_at=deps.now(),
        verdict=checking.kept(verdict),
        written_by_id=by.id,
    )
    session.add(draft)
    session.flush()
    return draft
