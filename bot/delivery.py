"""Posting an approved reply exactly once, and finding out what became of it when that is not known.

`sending` is committed before the single request leaves, so every crash leaves a trace; what left a trace is looked for
on the platform, never repeated blindly. Reading back too early sees nothing: the platform's settle delay comes first.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import budgets, outbox, pacing, renewing, stops, throttle, triage
from bot.accounts import call_for, connector_of
from bot.deps import Deps
from bot.errors import OverBudget
from bot.models import Account, Mention, PostRecord, Reply, ReplyState
from bot.preconditions import hashed
from bot.receipts import FIRST_PAUSE, Leaving, adopt, doubt, leaving_of, locked, next_try, record
from connectors.base import (
    ConnectorError,
    Fault,
    Outcome,
    PendingRemote,
    Posted,
    PostState,
    PostStatus,
    Rejected,
    Unknown,
)

log = logging.getLogger(__name__)

TIMEOUT = 10.0
"""Seconds for the one request; far below the lease."""
PROMPT = timedelta(minutes=1)
"""A reply that leaves within so much of its place under the limits needs no second look at them."""
FROZEN = timedelta(seconds=5)
"""How often a reply that a stop holds is looked at again."""
STALE = timedelta(hours=24)
"""An approval older than this is asked about again instead of being posted into a conversation that has moved on."""


def post(deps: Deps, reply_id: int) -> None:
    """Post an approved reply, if it is still right to. Safe to call twice and from several processes."""
    if _given_back_after_a_stop(deps, reply_id) or not _parent_still_stands(deps, reply_id):
        return
    leaving = _take(deps, reply_id)
    if leaving is None:
        return
    started = leaving.intent.attempted_at
    if deps.now() - started > deps.lease / 2:
        # This process was suspended between the commit and here; somebody may look for the reply already.
        log.warning("reply %s: woke up too late to send; it will be looked for", reply_id)
        return
    connector = connector_of(deps, leaving.reply.platform)
    account = renewing.fresh(deps, leaving.account)
    outcome = connector.reply(call_for(deps, account, timeout=TIMEOUT), leaving.intent)
    _settle(deps, reply_id, outcome)


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


def _given_back_after_a_stop(deps: Deps, reply_id: int) -> bool:
    """Whether a stop, over by now, had kept it from leaving: then nothing bursts out, and people are asked again."""
    with deps.sessions() as session:
        reply = session.get(Reply, reply_id)
        if reply is None or reply.state is not ReplyState.APPROVED:
            return True
        source_id = session.get_one(Mention, reply.mention_id).source_id
        over = stops.interrupted(session, reply, source_id, at=deps.now())
    return over is not None and reply_id in stops.thaw(deps)


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
        state = _parent_now(deps, account, parent.external_id)
    except ConnectorError as error:
        _wait(deps, reply_id, error)
        return False
    if state.status in (PostStatus.DELETED, PostStatus.HIDDEN):
        _withdraw(deps, reply_id, state, "The post was deleted before the reply left.")
        return False
    if state.post is not None and hashed(state.post.text) != approved_over:
        _withdraw(deps, reply_id, state, "The post was edited after the approval. Please look at it again.")
        return False
    return True


def _parent_now(deps: Deps, account: Account, post_id: str) -> PostState:
    connector = connector_of(deps, account.platform)
    states = renewing.read(deps, account, lambda call: connector.refresh(call, (post_id,)))
    if not states:
        raise ConnectorError(Fault.TRANSIENT, "The platform did not say whether the post is still there.")
    with deps.sessions.begin() as session:
        budgets.book_posts(session, deps, account, 1)
    return states[0]


def _take(deps: Deps, reply_id: int) -> Leaving | None:
    """Commit `sending` for this attempt, or leave it be: taken by somebody else, stopped, or one is in flight."""
    try:
        with deps.sessions.begin() as session:
            reply = locked(session, reply_id)
            if reply is None or reply.state is not ReplyState.APPROVED or reply.not_before > deps.now():
                return None
            mention = session.get_one(Mention, reply.mention_id)
            obstacles = (_stopped, _too_old, _no_requests_left, _no_longer_fits, _too_dear)
            if any(obstacle(session, deps, reply, mention) for obstacle in obstacles):
                return None
            reply.begin_sending(owner=deps.worker, at=deps.now(), lease=deps.lease)
            session.flush()
            outbox.show(session, mention.id, at=deps.now())
            record(session, deps, "reply.sending", reply, {"attempt": reply.attempt, "owner": deps.worker})
            return leaving_of(session, reply)
    except IntegrityError as error:
        if "uq_reply_in_flight" not in str(error.orig):
            raise
    with deps.sessions.begin() as session:
        waiting = locked(session, reply_id)
        if waiting is not None and waiting.state is ReplyState.APPROVED:
            waiting.not_before = deps.now() + FIRST_PAUSE
    return None


def _settle(deps: Deps, reply_id: int, outcome: Outcome) -> None:
    with deps.sessions.begin() as session:
        reply = locked(session, reply_id)
        if reply is None or reply.state is not ReplyState.SENDING:
            return
        match outcome:
            case Posted(receipt=receipt, allowance=allowance):
                pacing.note(session, session.get_one(Account, reply.account_id), pacing.REPLY, allowance, at=deps.now())
                adopt(session, deps, reply, receipt)
            case PendingRemote(receipt=receipt, detail=detail):
                reply.pending_remote(external_id=receipt.id, url=receipt.url, detail=detail, at=deps.now())
                budgets.book_reply(session, deps, reply)
                record(session, deps, "reply.pending_remote", reply, {"id": receipt.id, "url": receipt.url})
            case Unknown(detail=detail):
                doubt(session, deps, reply, detail)
            case Rejected():
                _rejected(session, deps, reply, outcome)
        outbox.show(session, reply.mention_id, at=deps.now())


def _rejected(session: Session, deps: Deps, reply: Reply, refusal: Rejected) -> None:
    data = {"fault": refusal.fault.value, "detail": refusal.detail}
    if refusal.fault is Fault.DUPLICATE:
        # The platform knows this text from us already: the first attempt went through.
        doubt(session, deps, reply, refusal.detail)
    elif refusal.fault in (Fault.RATE_LIMITED, Fault.TRANSIENT):
        if refusal.fault is Fault.RATE_LIMITED:
            account = session.get_one(Account, reply.account_id)
            pacing.note_refusal(session, account, pacing.REPLY, refusal.retry_at, at=deps.now())
        reply.try_again(not_before=next_try(deps, reply, refusal.retry_at), fault=refusal.fault, detail=refusal.detail)
        record(session, deps, "reply.delayed", reply, data)
    else:
        _refused(session, deps, reply, refusal)
        record(session, deps, "reply.failed", reply, data)


def _refused(session: Session, deps: Deps, reply: Reply, refusal: Rejected) -> None:
    reply.fail(refusal.fault, refusal.detail)
    mention = session.get_one(Mention, reply.mention_id)
    if refusal.fault is Fault.GONE:
        mention.gone("The post was deleted before the reply arrived.")
        return
    if refusal.fault is Fault.AUTH:
        renewing.refused(session, deps, session.get_one(Account, reply.account_id), refusal.detail)
    mention.reopen(f"The reply was not posted: {refusal.detail} Your text is kept.")


def _wait(deps: Deps, reply_id: int, error: ConnectorError) -> None:
    """The parent cannot be read now; nothing was sent, so waiting is safe. What will not pass goes back to people."""
    passing = error.fault in (Fault.TRANSIENT, Fault.RATE_LIMITED)
    with deps.sessions.begin() as session:
        reply = locked(session, reply_id)
        if reply is None or reply.state is not ReplyState.APPROVED:
            return
        if passing and deps.now() - reply.approved_at < STALE:
            reply.try_again(not_before=next_try(deps, reply, error.retry_at), fault=error.fault, detail=error.detail)
        else:
            _refused(session, deps, reply, Rejected(error.fault, error.detail))
            record(session, deps, "reply.failed", reply, {"fault": error.fault.value, "detail": error.detail})
        outbox.show(session, reply.mention_id, at=deps.now())


def _withdraw(deps: Deps, reply_id: int, state: PostState, note: str) -> None:
    """Cancel before sending, because the post is not what was approved over; the approver's text is kept."""
    with deps.sessions.begin() as session:
        reply = locked(session, reply_id)
        if reply is None or reply.state is not ReplyState.APPROVED:
            return
        mention = session.get_one(Mention, reply.mention_id)
        parent = session.get_one(PostRecord, reply.parent_post_id)
        reply.cancel(note)
        parent.status = state.status
        if state.post is not None:
            parent.text, parent.edited_at = state.post.text, state.post.edited_at or deps.now()
            mention.reopen(note)
            triage.edited(session, deps, mention, parent)
        else:
            mention.gone(note)
        record(session, deps, "reply.cancelled", reply, {"reason": note, "parent": state.status.value})
        outbox.show(session, mention.id, at=deps.now())


def _stopped(session: Session, deps: Deps, reply: Reply, mention: Mention) -> bool:
    """Whether the kill switch holds it. It stays approved and waits; the card says so."""
    place = (reply.platform, reply.venue_id, reply.account_id, mention.source_id)
    stop = stops.active(session, *place, at=deps.now())
    if stop is None:
        return False
    reply.not_before = deps.now() + FROZEN
    if reply.detail != (words := f"Stopped: {stop.reason}"):
        reply.detail = words
        outbox.show(session, mention.id, at=deps.now())
    return True


def _no_longer_fits(session: Session, deps: Deps, reply: Reply, mention: Mention) -> bool:
    """Whether a reply that was held or delayed must wait on, or be given back, now that it would leave."""
    waited = reply.counted_at > reply.approved_at or deps.now() - reply.counted_at > PROMPT
    if not waited:
        return False
    reservation = throttle.look_again(session, reply, deps.now())
    decision = reservation.decision
    if decision.allowed:
        reply.counted_at = deps.now()
        return False
    if reservation.held:
        reply.counted_at = reply.not_before = reservation.departs_at
    else:
        note = f"It waited for its time, and now a limit is against it. {decision.message}"
        reply.cancel(note)
        mention.reopen(note)
        record(session, deps, "reply.cancelled", reply, {"throttle": decision.as_json()})
    outbox.show(session, mention.id, at=deps.now())
    return True


def _no_requests_left(session: Session, deps: Deps, reply: Reply, mention: Mention) -> bool:
    """Whether the platform has said that it takes nothing more from this account for now: then it is not asked."""
    opens = pacing.replies_wait_until(session, reply.account_id, at=deps.now())
    if opens is None:
        return False
    reply.not_before = opens
    reply.detail = f"The platform takes no more replies from this account before {opens:%H:%M} UTC. It leaves then."
    outbox.show(session, mention.id, at=deps.now())
    return True


def _too_dear(session: Session, deps: Deps, reply: Reply, mention: Mention) -> bool:
    """Whether the platform's budget was spent since the approval: then it is given back, with what to do."""
    budgets.take_turns(session, reply.platform)
    try:
        budgets.must_be_affordable(session, deps, reply.platform, reply.text)
    except OverBudget as error:
        reply.fail(Fault.OVER_BUDGET, str(error))
        mention.reopen(f"The reply was not posted. {error} Your text is kept.")
        record(session, deps, "reply.failed", reply, {"fault": Fault.OVER_BUDGET.value, "detail": str(error)})
        outbox.show(session, mention.id, at=deps.now())
        return True
    return False


def _too_old(session: Session, deps: Deps, reply: Reply, mention: Mention) -> bool:
    """Whether its moment has passed: it is given back instead of being posted into a conversation that moved on."""
    if deps.now() - max(reply.approved_at, reply.counted_at) < STALE:
        return False
    note = "The reply could not be posted for a day. Please look again before it goes out."
    reply.cancel(note)
    mention.reopen(note)
    record(session, deps, "reply.cancelled", reply, {"reason": note})
    outbox.show(session, mention.id, at=deps.now())
    return True
