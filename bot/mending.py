"""Changing what is public already: an edit or a deletion is ordered here, and a job asks the platform for it once.

Both come to the same when they are done twice, so a job whose process died may run again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import checking, outbox, queue, stops
from bot.accounts import call_for, connector_of
from bot.deps import Deps
from bot.errors import Blocked, ChorusError, Conflict, NotAllowed, NotFound
from bot.models import Account, Draft, Employee, Mention, Origin, PostRecord, Reply, ReplyState
from bot.models.replies import STANDING
from bot.permissions import Act, may, require
from bot.preconditions import context_of, hashed, judged
from bot.receipts import locked, record
from connectors.base import (
    Capability,
    ConnectorError,
    Outcome,
    PendingRemote,
    Posted,
    PostStatus,
    Receipt,
    Rejected,
    Unknown,
)

PATIENCE = timedelta(minutes=10)
"""After so long without an answer from the platform the same may be ordered anew."""


def edit(deps: Deps, reply_id: int, *, by: Employee, text: str) -> Reply:
    """Have a public reply say something else. The guidelines are asked again; raises `Blocked` with what they found."""
    with deps.sessions.begin() as session:
        return order_edit(session, deps, reply_id, by=by, text=text)


def remove(deps: Deps, reply_id: int, *, by: Employee) -> Reply:
    """Have a public reply deleted: by a reviewer, by whoever approved it, or by a community manager."""
    with deps.sessions.begin() as session:
        return order_removal(session, deps, reply_id, by=by)


def removable(deps: Deps, mention_id: int, *, by: Employee) -> Reply:
    """Return the public reply of a mention when this person may delete it now; raises `ChorusError` saying why not."""
    with deps.sessions.begin() as session:
        newest = select(Reply.id).where(Reply.mention_id == mention_id).order_by(Reply.id.desc()).limit(1)
        reply = _standing(session, deps, session.scalar(newest) or 0, Capability.DELETE)
        _must_be_theirs(reply, by)
        return reply


def order_edit(session: Session, deps: Deps, reply_id: int, *, by: Employee, text: str, act: Act = Act.REVIEW) -> Reply:
    """Order an edit within a transaction that is already open; `act` is what the person must be allowed to do."""
    require(by, act)
    reply = _standing(session, deps, reply_id, Capability.EDIT)
    mention = session.get_one(Mention, reply.mention_id)
    if text.strip() == reply.typed.strip():
        raise ChorusError("The text is the same as before. Change it, or choose another judgement.")
    stops.raise_if_stopped(session, reply.platform, reply.venue_id, reply.account_id, mention.source_id, at=deps.now())
    parent = session.get_one(PostRecord, reply.parent_post_id)
    account = session.get_one(Account, reply.account_id)
    verdict = judged(session, deps, mention, parent, account, text)
    if verdict.blocked:
        raise Blocked(verdict)
    _must_be_new(session, reply, hashed(_public(session, deps, text, parent, account)))
    draft = Draft(
        mention_id=mention.id,
        origin=Origin.PERSON,
        text=text,
        created_at=deps.now(),
        verdict=checking.kept(verdict),
        written_by_id=by.id,
    )
    session.add(draft)
    session.flush()
    data = {"draft": draft.id, "verdict": checking.outline(checking.kept(verdict))}
    texts = {"typed": text, "before": reply.text, "findings": checking.wording(checking.kept(verdict))}
    _order(session, deps, reply, by, f"{by.name} has it changed.", draft.id)
    record(session, deps, "reply.edit_ordered", reply, data, texts, actor=f"employee:{by.id}")
    return reply


def order_removal(session: Session, deps: Deps, reply_id: int, *, by: Employee) -> Reply:
    """Order a deletion within a transaction that is already open. No stop is in its way."""
    reply = _standing(session, deps, reply_id, Capability.DELETE)
    _must_be_theirs(reply, by)
    _order(session, deps, reply, by, f"{by.name} has it deleted.", None)
    record(session, deps, "reply.deletion_ordered", reply, {}, {"public": reply.text}, actor=f"employee:{by.id}")
    return reply


@dataclass(frozen=True, slots=True)
class _Task:
    reply: Reply
    account: Account
    by: Employee
    typed: str | None
    public: str


def carry_out(deps: Deps, reply_id: int, *, employee_id: int, draft_id: int | None) -> None:
    """Ask the platform for what was ordered: one write. What it leaves open is read back, and told to who ordered."""
    with deps.sessions() as session:
        reply = session.get(Reply, reply_id)
        if reply is None or reply.mending_at is None or not reply.external_id:
            return
        account = session.get_one(Account, reply.account_id)
        parent = session.get_one(PostRecord, reply.parent_post_id)
        typed = session.get_one(Draft, draft_id).text if draft_id is not None else None
        public = "" if typed is None else _public(session, deps, typed, parent, account)
        task = _Task(reply, account, session.get_one(Employee, employee_id), typed, public)
    connector, call = connector_of(deps, account.platform), call_for(deps, account)
    if typed is None:
        outcome = connector.delete(call, reply.external_id)
    else:
        outcome = connector.edit(call, reply.external_id, public)
    if isinstance(outcome, Unknown) and _is_done(deps, task):
        outcome = Posted(Receipt(reply.external_id, reply.url))
    _settle(deps, task, outcome)


def _standing(session: Session, deps: Deps, reply_id: int, needed: Capability) -> Reply:
    """Lock a reply that stands on its platform and that we can change there."""
    reply = locked(session, reply_id)
    if reply is None:
        raise NotFound("There is no reply to change.")
    if reply.state not in STANDING:
        raise Conflict(f"The reply is not public now: it is {reply.state.value.replace('_', ' ')}.")
    if needed is Capability.EDIT and reply.state is ReplyState.PENDING_REMOTE:
        raise Conflict("The platform's moderators still hold it. It can be deleted now, or edited when it is public.")
    if reply.mending_at is not None and deps.now() - reply.mending_at < PATIENCE:
        raise Conflict("A change was ordered already and is on its way. The card shows when it is done.")
    able = needed in connector_of(deps, reply.platform).spec.capabilities
    if not able or not reply.external_id:
        raise Conflict(f"Chorus cannot {needed.value} this there. Do it by hand: {reply.url or 'open the post'}")
    return reply


def _must_be_theirs(reply: Reply, by: Employee) -> None:
    approved_it = reply.approved_by_id == by.id and may(by, Act.UNDO)
    if not (approved_it or may(by, Act.OVERRIDE) or may(by, Act.REVIEW)):
        raise NotAllowed("Only who approved this reply, a community manager or a compliance reviewer can delete it.")


def _must_be_new(session: Session, reply: Reply, text_hash: str) -> None:
    twin = select(Reply.id).where(
        Reply.account_id == reply.account_id,
        Reply.parent_post_id == reply.parent_post_id,
        Reply.text_hash == text_hash,
        Reply.id != reply.id,
        Reply.state.in_(STANDING),
    )
    if session.scalar(twin.limit(1)) is not None:
        raise Conflict("Another reply of ours there says this already, word for word.")


def _order(session: Session, deps: Deps, reply: Reply, by: Employee, detail: str, draft_id: int | None) -> None:
    reply.begin_mending(detail, at=deps.now())
    queue.mend(session, reply.id, employee_id=by.id, draft_id=draft_id)
    outbox.show(session, reply.mention_id, at=deps.now())


def _public(session: Session, deps: Deps, text: str, parent: PostRecord, account: Account) -> str:
    return connector_of(deps, account.platform).render(text, context_of(session, parent, account))


def _is_done(deps: Deps, task: _Task) -> bool:
    """Whether the platform shows what was ordered, though it did not say so."""
    connector, call = connector_of(deps, task.account.platform), call_for(deps, task.account)
    try:
        (state,) = connector.refresh(call, (task.reply.external_id or "",))
    except ConnectorError:
        return False
    if task.typed is None:
        return state.status is PostStatus.DELETED
    return state.post is not None and state.post.text.split() == task.public.split()


def _settle(deps: Deps, task: _Task, outcome: Outcome) -> None:
    with deps.sessions.begin() as session:
        reply = locked(session, task.reply.id)
        if reply is None or reply.mending_at is None or reply.state not in STANDING:
            return
        match outcome:
            case Posted() | PendingRemote():
                _done(session, deps, reply, task)
            case Rejected(detail=detail):
                _not_done(session, deps, reply, task, detail)
            case Unknown(detail=detail):
                _not_done(session, deps, reply, task, f"It is not known whether the platform did it: {detail}")
        outbox.show(session, reply.mention_id, at=deps.now())


def _done(session: Session, deps: Deps, reply: Reply, task: _Task) -> None:
    actor = f"employee:{task.by.id}"
    ours = session.scalar(
        select(PostRecord).where(
            PostRecord.platform == task.account.platform,
            PostRecord.site == task.account.site,
            PostRecord.external_id == reply.external_id,
        )
    )
    if task.typed is None:
        reply.taken_down(f"{task.by.name} had it deleted.")
        record(session, deps, "reply.deleted", reply, {"id": reply.external_id}, actor=actor)
        if ours is not None:
            ours.status = PostStatus.DELETED
        return
    texts: Mapping[str, str] = {"before": reply.text, "public": task.public}
    reply.rewritten(
        typed=task.typed,
        text=task.public,
        text_hash=hashed(task.public),
        detail=f"{task.by.name} had it changed.",
    )
    record(session, deps, "reply.edited", reply, {"id": reply.external_id}, texts, actor=actor)
    if ours is not None:
        ours.text, ours.edited_at, ours.status = task.public, deps.now(), PostStatus.EDITED


def _not_done(session: Session, deps: Deps, reply: Reply, task: _Task, why: str) -> None:
    what = "deleted" if task.typed is None else "changed"
    reply.not_mended(f"It was to be {what}, and was not. {why}")
    words = f"Our reply no. {reply.id} was not {what}: {why} Look at it, and try again: {reply.url}"
    outbox.say(session, task.by.slack_user, f"mend:{reply.id}", words, at=deps.now())
    record(session, deps, "reply.not_mended", reply, {"detail": why})
