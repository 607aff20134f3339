"""The decision that a text may become public: approve, hand off, undo. Everything is checked again, under a lock."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import audit, budgets, checking, outbox, policies, queue, stops, throttle
from bot.accounts import connector_of
from bot.deps import Deps
from bot.errors import Blocked, Conflict, NotAllowed, NotFound, Throttled
from bot.ledger import lock_thread_of
from bot.models import Draft, Employee, Mention, PostRecord, Reply, ReplyState
from bot.permissions import Act, may, require
from bot.preconditions import account_for, context_of, hashed, judged, must_be_free, must_be_permitted
from bot.review import save
from bot.throttle import Override, Reservation
from guidelines.base import Verdict

KEPT_OF_A_THREAD = 100
"""So many of the newest posts of a conversation are kept with an approval."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person confirmed.

    With `accept_hold` a reply that a limit holds is scheduled for when it reopens. `override` is a manager's reason for
    passing the limits: of the one who approves, or of `allowed_by`, whom they asked. With `by_hand` the person posts it
    in their own browser and brings the link back.
    """

    account_id: int
    text: str
    draft_id: int | None = None
    accept_hold: bool = False
    override: str = ""
    by_hand: bool = False
    allowed_by: Employee | None = None


def approve(deps: Deps, mention_id: int, wish: Wish, *, by: Employee) -> Reply:
    """Approve a text. Of two approvals at once one wins; the other is told who won.

    What was typed is kept first, so that no refusal loses it. Then, in one transaction under the thread's lock, it is
    checked again and takes its place under the limits.
    """
    require(by, Act.REPLY)
    if wish.override:
        require(wish.allowed_by or by, Act.OVERRIDE)
    draft = save(deps, mention_id, by=by, text=wish.text, draft_id=wish.draft_id)
    try:
        with deps.sessions.begin() as session:
            mention = lock_thread_of(session, mention_id)
            must_be_free(session, mention, by, at=deps.now())
            return _approve(session, deps, mention, wish, by, draft)
    except IntegrityError as error:
        if "uq_reply_same_text" not in str(error.orig):
            raise
        raise Conflict("This very text is already on its way as a reply here. Nothing was sent twice.") from None


def undo(deps: Deps, reply_id: int, *, by: Employee) -> Reply:
    """Take an approval back before it leaves; its place under the limits is free at once."""
    require(by, Act.UNDO)
    with deps.sessions.begin() as session:
        reply = session.get(Reply, reply_id)
        if reply is None:
            raise NotFound("There is no such reply.")
        mention = lock_thread_of(session, reply.mention_id)
        session.refresh(reply, with_for_update=True)
        if by.id != reply.approved_by_id and not may(by, Act.OVERRIDE):
            raise NotAllowed("Only the person who approved it, or a community manager, can undo this.")
        if reply.state is not ReplyState.APPROVED or (reply.attempt == 0 and reply.not_before <= deps.now()):
            raise Conflict("It is too late to undo: the reply has left or is leaving. You can still delete it there.")
        reply.cancel(f"Undone by {by.name}.")
        mention.reopen(f"{by.name} took the approval back.")
        _record(session, deps, "reply.undone", by, reply, {"mention": mention.id})
        outbox.show(session, mention.id, at=deps.now())
    return reply


def _approve(session: Session, deps: Deps, mention: Mention, wish: Wish, by: Employee, draft: Draft) -> Reply:
    now = deps.now()
    account = account_for(session, mention, by, wish.account_id)
    post = session.get_one(PostRecord, mention.post_id)
    must_be_permitted(session, deps, account, post, by_hand=wish.by_hand)
    policies.must_be_human(session, deps, draft, account)
    policies.take_turns(session, deps, post.platform)
    verdict = judged(session, deps, mention, post, account, draft.text)
    if verdict.blocked:
        raise Blocked(verdict)
    stops.raise_if_stopped(session, post.platform, post.venue_id, account.id, mention.source_id, at=now)
    if not wish.by_hand:
        budgets.must_be_affordable(session, deps, post.platform, draft.text)
    proposal = throttle.propose(
        session,
        mention,
        post,
        account,
        employee_id=by.id,
        text=draft.text,
        is_commercial=checking.sells(draft.text),
    )
    override = Override(wish.allowed_by or by, wish.override) if wish.override else None
    reservation = throttle.reserve(session, proposal, now, override=override).raise_if_refused()
    if reservation.held and not wish.accept_hold:
        raise Throttled(reservation.decision.message, reopens_at=reservation.decision.reopens_at)
    intent, connector = uuid4(), connector_of(deps, post.platform)
    public = connector.render(draft.text, context_of(session, post, account))
    reply = Reply(
        intent_id=intent,
        mention_id=mention.id,
        draft_id=draft.id,
        thread_id=mention.thread_id,
        venue_id=post.venue_id,
        parent_post_id=post.id,
        account_id=account.id,
        approved_by_id=by.id,
        platform=post.platform,
        author_external_id=post.author_external_id,
        typed=draft.text,
        text=public,
        text_hash=hashed(public),
        parent_hash=hashed(post.text),
        key=connector.new_key(intent, now),
        approved_at=now,
        counted_at=reservation.departs_at,
        not_before=max(reservation.departs_at, now + deps.undo),
        is_commercial=proposal.is_commercial,
        state=ReplyState.HANDED_OFF if wish.by_hand else ReplyState.APPROVED,
    )
    session.add(reply)
    mention.answer()
    session.flush()
    _tell(session, deps, by, reply, verdict, reservation, wish)
    if not wish.by_hand and reply.not_before <= now:
        queue.post(session, reply.id)
    outbox.show(session, mention.id, at=now)
    return reply


def _tell(
    session: Session,
    deps: Deps,
    by: Employee,
    reply: Reply,
    verdict: Verdict,
    reservation: Reservation,
    wish: Wish,
) -> None:
    """Write down everything that the approval rested on."""
    post = session.get_one(PostRecord, reply.parent_post_id)
    data = {
        "mention": reply.mention_id,
        "draft": reply.draft_id,
        "account": reply.account_id,
        "text_sha256": reply.text_hash,
        "verdict": checking.outline(checking.kept(verdict)),
        "throttle": reservation.decision.as_json(),
        "not_before": reply.not_before,
        "overridden": bool(wish.override),
        "allowed_by": wish.allowed_by and f"employee:{wish.allowed_by.id}",
    }
    texts = {
        "typed": reply.typed,
        "public": reply.text,
        "parent": post.text,
        "parent_url": post.url,
        "thread": _as_we_saw_it(session, reply.thread_id),
        "findings": checking.wording(checking.kept(verdict)),
    }
    if wish.override:
        texts["override_reason"] = wish.override
    kind = "reply.handed_off" if wish.by_hand else "reply.approved"
    _record(session, deps, kind, by, reply, data, texts)


def _as_we_saw_it(session: Session, thread_id: int) -> str:
    """Return the conversation as it was known at this moment, oldest first."""
    posts = (
        select(PostRecord.created_at, PostRecord.author_handle, PostRecord.text)
        .where(PostRecord.thread_id == thread_id)
        .order_by(PostRecord.created_at.desc())
        .limit(KEPT_OF_A_THREAD)
    )
    lines = [f"{at:%Y-%m-%d %H:%M} {handle}: {text}" for at, handle, text in session.execute(posts)]
    return "\n".join(reversed(lines))


def _record(
    session: Session,
    deps: Deps,
    kind: str,
    by: Employee,
    reply: Reply,
    data: Mapping[str, object],
    texts: Mapping[str, str] | None = None,
) -> None:
    actor, subject = f"employee:{by.id}", f"reply:{reply.id}"
    audit.record(session, kind, at=deps.now(), actor=actor, subject=subject, data=data, texts=texts or {})
