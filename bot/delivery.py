"""Posting an approved reply exactly once, and finding out what became of it when that is not known.

`sending` is committed before the single request leaves, so every crash leaves a trace; what left a trace is looked for
on the platform, never repeated blindly. Reading back too early sees nothing: the platform's settle delay comes first.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import audit, drafting, outbox, queue, stops
from bot.accounts import as_post, call_for, connector_of
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotFound
from bot.ledger import Site, lock_thread_of, store
from bot.models import Account, Employee, Mention, PostRecord, Reply, ReplyState
from bot.permissions import Act, require
from bot.preconditions import hashed
from connectors.base import (
    Author,
    Condition,
    ConnectorError,
    Fault,
    Outcome,
    PendingRemote,
    Post,
    Posted,
    PostState,
    PostStatus,
    Receipt,
    Rejected,
    ReplyIntent,
    Unknown,
)

log = logging.getLogger(__name__)

TIMEOUT = 10.0
"""Seconds for the one request; far below the lease."""
LEASE = timedelta(seconds=60)
LOOKS = 3
ATTEMPTS = 2
"""The first one, and one more when it is as certain as can be that the first did not arrive."""
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=10)
STALE = timedelta(hours=24)
"""An approval older than this is asked about again instead of being posted into a conversation that has moved on."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Everything one attempt needs, read before the request and used outside of any transaction."""

    reply: Reply
    account: Account
    parent: Post
    intent: ReplyIntent


def post(deps: Deps, reply_id: int) -> None:
    """Post an approved reply, if it is still right to. Safe to call twice and from several processes."""
    if not _parent_still_stands(deps, reply_id):
        return
    leaving = _take(deps, reply_id)
    if leaving is None:
        return
    started = leaving.intent.attempted_at
    if deps.now() - started > LEASE / 2:
        # This process was suspended between the commit and here; somebody may look for the reply already.
        log.warning("reply %s: woke up too late to send; it will be looked for", reply_id)
        return
    connector = connector_of(deps, leaving.reply.platform)
    outcome = connector.reply(call_for(deps, leaving.account, timeout=TIMEOUT), leaving.intent)
    _settle(deps, reply_id, outcome)


def look(deps: Deps, reply_id: int) -> None:
    """Look on the platform for a reply that is in doubt, or whose worker never came back."""
    with deps.sessions.begin() as session:
        reply = _locked(session, reply_id)
        if reply is None:
            return
        _doubt_if_abandoned(session, deps, reply)
        if reply.state is not ReplyState.IN_DOUBT or reply.asked_at or reply.not_before > deps.now():
            return
        leaving = _leaving(session, reply)
    _found_or_not(deps, leaving)


def due(session: Session, *, at: datetime) -> tuple[Sequence[tuple[int, datetime]], Sequence[tuple[int, datetime]]]:
    """Return which replies may leave, and which are to be looked for, each with the moment it became due."""
    leave = select(Reply.id, Reply.not_before).where(Reply.state == ReplyState.APPROVED, Reply.not_before <= at)
    doubted = (Reply.state == ReplyState.IN_DOUBT) & (Reply.not_before <= at) & Reply.asked_at.is_(None)
    abandoned = (Reply.state == ReplyState.SENDING) & (Reply.lease_until <= at)
    search = select(Reply.id, Reply.not_before).where(or_(doubted, abandoned))
    return (
        [(reply_id, moment) for reply_id, moment in session.execute(leave.limit(500))],
        [(reply_id, moment) for reply_id, moment in session.execute(search.limit(500))],
    )


def found(deps: Deps, reply_id: int, *, by: Employee, url: str = "") -> Reply:
    """A person says that a reply in doubt is there. Without a link it is looked for once more."""
    require(by, Act.RESOLVE_DOUBT)
    with deps.sessions() as session:
        leaving = _leaving(session, session.get_one(Reply, reply_id))
    receipt = _look_up(deps, leaving)
    if receipt is None and not url.startswith(("https://", "http://")):
        raise ChorusError("It was not found among our posts. Paste its link, then it is taken from there.")
    seen = receipt or Receipt(id="", url=url)
    return _answer(deps, reply_id, by, "reply.found", lambda session, reply: _adopt(session, deps, reply, seen))


def post_again(deps: Deps, reply_id: int, *, by: Employee) -> Reply:
    """A person says that a reply in doubt is not there and shall be posted again."""
    require(by, Act.RESOLVE_DOUBT)

    def again(session: Session, reply: Reply) -> None:
        reply.try_again(not_before=deps.now())
        queue.post(session, reply.id)

    return _answer(deps, reply_id, by, "reply.post_again", again)


def drop(deps: Deps, reply_id: int, *, by: Employee) -> Reply:
    """A person says that a reply in doubt shall be let go."""
    require(by, Act.RESOLVE_DOUBT)

    def let_go(session: Session, reply: Reply) -> None:
        reply.cancel(f"Dropped by {by.name}.")
        session.get_one(Mention, reply.mention_id).reopen(f"{by.name} dropped a reply that was in doubt.")

    return _answer(deps, reply_id, by, "reply.dropped", let_go)


def _parent_still_stands(deps: Deps, reply_id: int) -> bool:
    """Read the parent again: gone means cancelled, edited means back to the approver."""
    with deps.sessions() as session:
        reply = session.get(Reply, reply_id)
        if reply is None or reply.state is not ReplyState.APPROVED or reply.not_before > deps.now():
            return False
        account = session.get_one(Account, reply.account_id)
        parent = session.get_one(PostRecord, reply.parent_post_id)
        approved_over = reply.parent_hash
    try:
        states = connector_of(deps, account.platform).refresh(call_for(deps, account), (parent.external_id,))
    except ConnectorError as error:
        _wait(deps, reply_id, error)
        return False
    state = states[0]
    if state.status in (PostStatus.DELETED, PostStatus.HIDDEN):
        _withdraw(deps, reply_id, state, "The post was deleted before the reply left.")
        return False
    if state.post is not None and hashed(state.post.text) != approved_over:
        _withdraw(deps, reply_id, state, "The post was edited after the approval. Please look at it again.")
        return False
    return True


def _take(deps: Deps, reply_id: int) -> Leaving | None:
    """Commit `sending` for this attempt, or leave it be: taken by somebody else, stopped, or one is in flight."""
    try:
        with deps.sessions.begin() as session:
            reply = _locked(session, reply_id)
            if reply is None or reply.state is not ReplyState.APPROVED or reply.not_before > deps.now():
                return None
            mention = session.get_one(Mention, reply.mention_id)
            if _stopped(session, deps, reply, mention) or _too_old(session, deps, reply, mention):
                return None
            reply.begin_sending(owner=deps.worker, at=deps.now(), lease=LEASE)
            session.flush()
            _record(session, deps, "reply.sending", reply, {"attempt": reply.attempt, "owner": deps.worker})
            return _leaving(session, reply)
    except IntegrityError as error:
        if "uq_reply_in_flight" not in str(error.orig):
            raise
    with deps.sessions.begin() as session:
        waiting = _locked(session, reply_id)
        if waiting is not None and waiting.state is ReplyState.APPROVED:
            waiting.not_before = deps.now() + FIRST_PAUSE
    return None


def _settle(deps: Deps, reply_id: int, outcome: Outcome) -> None:
    with deps.sessions.begin() as session:
        reply = _locked(session, reply_id)
        if reply is None or reply.state is not ReplyState.SENDING:
            return
        match outcome:
            case Posted(receipt=receipt):
                _adopt(session, deps, reply, receipt)
            case PendingRemote(receipt=receipt, detail=detail):
                reply.pending_remote(external_id=receipt.id, url=receipt.url, detail=detail, at=deps.now())
                _record(session, deps, "reply.pending_remote", reply, {"id": receipt.id, "url": receipt.url})
            case Unknown(detail=detail):
                _doubt(session, deps, reply, detail)
            case Rejected():
                _rejected(session, deps, reply, outcome)
        outbox.show(session, reply.mention_id, at=deps.now())


def _rejected(session: Session, deps: Deps, reply: Reply, refusal: Rejected) -> None:
    data = {"fault": refusal.fault.value, "detail": refusal.detail}
    if refusal.fault is Fault.DUPLICATE:
        # The platform knows this text from us already: the first attempt went through.
        _doubt(session, deps, reply, refusal.detail)
    elif refusal.fault in (Fault.RATE_LIMITED, Fault.TRANSIENT):
        reply.try_again(not_before=_next(deps, reply, refusal.retry_at), fault=refusal.fault, detail=refusal.detail)
        _record(session, deps, "reply.delayed", reply, data)
    else:
        _refused(session, deps, reply, refusal)
        _record(session, deps, "reply.failed", reply, data)


def _refused(session: Session, deps: Deps, reply: Reply, refusal: Rejected) -> None:
    reply.fail(refusal.fault, refusal.detail)
    mention = session.get_one(Mention, reply.mention_id)
    if refusal.fault is Fault.GONE:
        mention.gone("The post was deleted before the reply arrived.")
        return
    if refusal.fault is Fault.AUTH:
        account = session.get_one(Account, reply.account_id)
        account.condition, account.condition_detail = Condition.REAUTH, refusal.detail
        words = f"{account.handle} on {account.platform} must be connected again: {refusal.detail}"
        outbox.tell(session, deps.ops_channel, f"account:{account.id}", words, at=deps.now())
    mention.reopen(f"The reply was not posted: {refusal.detail} Your text is kept.")


def _adopt(session: Session, deps: Deps, reply: Reply, receipt: Receipt) -> None:
    """Take the platform's receipt, and note our post in the thread it became part of."""
    at = receipt.posted_at or deps.now()
    reply.posted(external_id=receipt.id, url=receipt.url, at=at)
    account = session.get_one(Account, reply.account_id)
    parent = session.get_one(PostRecord, reply.parent_post_id)
    mention = session.get_one(Mention, reply.mention_id)
    mention.note = ""
    if receipt.id:
        ours = Post(
            id=receipt.id,
            text=reply.text,
            author=Author(id=account.external_id, handle=account.handle, name=account.handle),
            created_at=at,
            url=receipt.url,
            parent_id=parent.external_id,
            is_own=True,
        )
        store(session, Site.of(session, account), (ours,), at=deps.now())
    data = {"id": receipt.id, "url": receipt.url, "posted_at": at.isoformat()}
    _record(session, deps, "reply.posted", reply, data, texts={"public": reply.text})


def _doubt(session: Session, deps: Deps, reply: Reply, detail: str) -> None:
    settle = connector_of(deps, reply.platform).spec.settle
    reply.doubt(detail, look_at=(reply.attempted_at or deps.now()) + settle)
    _record(session, deps, "reply.in_doubt", reply, {"detail": detail})


def _doubt_if_abandoned(session: Session, deps: Deps, reply: Reply) -> None:
    expired = reply.lease_until is not None and reply.lease_until <= deps.now()
    if reply.state is ReplyState.SENDING and expired:
        _doubt(session, deps, reply, f"The worker {reply.owner} did not come back from the attempt.")
        outbox.show(session, reply.mention_id, at=deps.now())


def _found_or_not(deps: Deps, leaving: Leaving) -> None:
    try:
        receipt = connector_of(deps, leaving.account.platform).find_own_reply(
            call_for(deps, leaving.account), leaving.intent
        )
    except ConnectorError as error:
        _look_later(deps, leaving.reply.id, error)
        return
    with deps.sessions.begin() as session:
        reply = _locked(session, leaving.reply.id)
        if reply is None or reply.state is not ReplyState.IN_DOUBT:
            return
        if receipt is not None:
            _adopt(session, deps, reply, receipt)
        else:
            _not_found(session, deps, reply)
        outbox.show(session, reply.mention_id, at=deps.now())


def _not_found(session: Session, deps: Deps, reply: Reply) -> None:
    settle = connector_of(deps, reply.platform).spec.settle
    reply.looked_in_vain(look_at=deps.now() + settle * 2**reply.looks)
    if reply.looks < LOOKS:
        return
    if reply.attempt < ATTEMPTS:
        reply.try_again(not_before=deps.now(), detail="It did not arrive; it is posted once more.")
        queue.post(session, reply.id)
        _record(session, deps, "reply.retried", reply, {"looks": LOOKS})
        return
    _ask(session, deps, reply)


def _ask(session: Session, deps: Deps, reply: Reply) -> None:
    reply.ask(at=deps.now())
    words = f"Nobody can tell whether reply no. {reply.id} was posted. Its card asks: is it there, post again, or drop?"
    outbox.tell(session, deps.ops_channel, f"reply:{reply.id}", words, at=deps.now())
    _record(session, deps, "reply.asked", reply, {})


def _look_later(deps: Deps, reply_id: int, error: ConnectorError) -> None:
    with deps.sessions.begin() as session:
        reply = _locked(session, reply_id)
        if reply is None or reply.state is not ReplyState.IN_DOUBT:
            return
        if error.fault in (Fault.TRANSIENT, Fault.RATE_LIMITED) and reply.deferrals < LOOKS * 4:
            reply.deferrals += 1
            reply.not_before = _next(deps, reply, error.retry_at)
        else:
            _ask(session, deps, reply)
            outbox.show(session, reply.mention_id, at=deps.now())


def _look_up(deps: Deps, leaving: Leaving) -> Receipt | None:
    connector = connector_of(deps, leaving.account.platform)
    try:
        return connector.find_own_reply(call_for(deps, leaving.account), leaving.intent)
    except ConnectorError:
        return None


def _wait(deps: Deps, reply_id: int, error: ConnectorError) -> None:
    """The parent cannot be read now; nothing was sent, so waiting is safe. What will not pass goes back to people."""
    passing = error.fault in (Fault.TRANSIENT, Fault.RATE_LIMITED)
    with deps.sessions.begin() as session:
        reply = _locked(session, reply_id)
        if reply is None or reply.state is not ReplyState.APPROVED:
            return
        if passing and deps.now() - reply.approved_at < STALE:
            reply.try_again(not_before=_next(deps, reply, error.retry_at), fault=error.fault, detail=error.detail)
        else:
            _refused(session, deps, reply, Rejected(error.fault, error.detail))
            _record(session, deps, "reply.failed", reply, {"fault": error.fault.value, "detail": error.detail})
        outbox.show(session, reply.mention_id, at=deps.now())


def _withdraw(deps: Deps, reply_id: int, state: PostState, note: str) -> None:
    """Cancel before sending, because the post is not what was approved over; the approver's text is kept."""
    with deps.sessions.begin() as session:
        reply = _locked(session, reply_id)
        if reply is None or reply.state is not ReplyState.APPROVED:
            return
        mention = session.get_one(Mention, reply.mention_id)
        parent = session.get_one(PostRecord, reply.parent_post_id)
        reply.cancel(note)
        parent.status = state.status
        if state.post is not None:
            parent.text, parent.edited_at = state.post.text, state.post.edited_at or deps.now()
            mention.reopen(note)
            drafting.refresh(session, deps, mention)
        else:
            mention.gone(note)
        _record(session, deps, "reply.cancelled", reply, {"reason": note, "parent": state.status.value})
        outbox.show(session, mention.id, at=deps.now())


def _stopped(session: Session, deps: Deps, reply: Reply, mention: Mention) -> bool:
    """Whether the kill switch holds it. It stays approved, waits, and the card says so."""
    stop = stops.active(session, reply.platform, reply.venue_id, reply.account_id, mention.source_id, at=deps.now())
    if stop is None:
        return False
    reply.not_before = deps.now() + timedelta(seconds=30)
    if reply.detail != (words := f"Stopped: {stop.reason}"):
        reply.detail = words
        outbox.show(session, mention.id, at=deps.now())
    return True


def _too_old(session: Session, deps: Deps, reply: Reply, mention: Mention) -> bool:
    if deps.now() - reply.approved_at < STALE:
        return False
    note = "The reply could not be posted for a day. Please look again before it goes out."
    reply.cancel(note)
    mention.reopen(note)
    _record(session, deps, "reply.cancelled", reply, {"reason": note})
    outbox.show(session, mention.id, at=deps.now())
    return True


def _answer(deps: Deps, reply_id: int, by: Employee, kind: str, move: Callable[[Session, Reply], None]) -> Reply:
    with deps.sessions.begin() as session:
        reply = _locked(session, reply_id)
        if reply is None:
            raise NotFound("There is no such reply.")
        if reply.state is not ReplyState.IN_DOUBT:
            raise Conflict(f"This is settled already: the reply is {reply.state.value}.")
        move(session, reply)
        outbox.over(session, deps.ops_channel, f"reply:{reply.id}", f"Reply no. {reply.id} is settled.", at=deps.now())
        audit.record(session, kind, at=deps.now(), actor=f"employee:{by.id}", subject=f"reply:{reply.id}")
        outbox.show(session, reply.mention_id, at=deps.now())
    return reply


def _locked(session: Session, reply_id: int) -> Reply | None:
    """Lock the reply's thread, then the reply: always in this order."""
    mention_id = session.scalar(select(Reply.mention_id).where(Reply.id == reply_id))
    if mention_id is None:
        return None
    lock_thread_of(session, mention_id)
    return session.get(Reply, reply_id, with_for_update=True, populate_existing=True)


def _leaving(session: Session, reply: Reply) -> Leaving:
    parent = as_post(session.get_one(PostRecord, reply.parent_post_id))
    attempted_at = reply.attempted_at or reply.approved_at
    intent = ReplyIntent(reply.intent_id, reply.key, parent, reply.text, attempted_at)
    return Leaving(reply, session.get_one(Account, reply.account_id), parent, intent)


def _next(deps: Deps, reply: Reply, told: datetime | None) -> datetime:
    pause: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(reply.deferrals, 12)) * (0.5 + deps.jitter() / 2)
    own = deps.now() + pause
    return max(own, told) if told else own


def _record(
    session: Session, deps: Deps, kind: str, reply: Reply, data: dict[str, object], texts: dict[str, str] | None = None
) -> None:
    audit.record(
        session, kind, at=deps.now(), actor="system", subject=f"reply:{reply.id}", data=data, texts=texts or {}
    )
