"""What a compliance reviewer looks at, and signing it off: a judgement and what it sets in motion are one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import mending, outbox
from bot.audit import reviewing
from bot.deps import Deps
from bot.models import Account, Employee, PostRecord, Reply
from bot.models.audit import AuditEntry, AuditText, Disposition
from bot.permissions import Act, require

APPROVALS = ("reply.approved", "reply.handed_off")


@dataclass(frozen=True, slots=True)
class Case:
    """A reply before a reviewer. `parent` is the post as it was when the reply was approved, empty when it was erased;
    `findings` is what the guidelines said then."""

    item_id: int
    reply_id: int
    reasons: tuple[str, ...]
    typed: str
    public: str
    url: str
    state: str
    detail: str
    approved_by: str
    account: str
    approved_at: datetime
    parent: str
    parent_author: str
    parent_url: str
    findings: str


def look(deps: Deps, item_id: int, *, by: Employee) -> Case:
    """Open an item of the queue. That is noted, and is not a review."""
    require(by, Act.REVIEW)
    with deps.sessions.begin() as session:
        item = reviewing.open_item(session, item_id, by=by, at=deps.now())
        reply = session.get_one(Reply, item.reply_id)
        parent = session.get_one(PostRecord, reply.parent_post_id)
        then = _approval(session, reply.id)
        return Case(
            item_id=item.id,
            reply_id=reply.id,
            reasons=tuple(item.reasons),
            typed=reply.typed,
            public=reply.text,
            url=reply.url,
            state=reply.state.value,
            detail=reply.detail,
            approved_by=session.get_one(Employee, reply.approved_by_id).name,
            account=session.get_one(Account, reply.account_id).handle,
            approved_at=reply.approved_at,
            parent=then.get("parent", ""),
            parent_author=parent.author_name or parent.author_handle,
            parent_url=parent.url,
            findings=then.get("findings", ""),
        )


def sign_off(
    deps: Deps, item_id: int, disposition: Disposition, *, comment: str, by: Employee, text: str = ""
) -> Reply:
    """Judge a reply; `fix` has it changed to `text`, `remove` has it deleted. If that cannot be, nothing is judged."""
    require(by, Act.REVIEW)
    with deps.sessions.begin() as session:
        item = reviewing.judge(session, item_id, disposition, comment=comment, by=by, at=deps.now())
        if disposition is Disposition.FIX:
            mending.order_edit(session, deps, item.reply_id, by=by, text=text)
        elif disposition is Disposition.REMOVE:
            mending.order_removal(session, deps, item.reply_id, by=by)
        reply = session.get_one(Reply, item.reply_id)
        if disposition in reviewing.SAID:
            _tell(session, deps, reply, item_id, f"{by.name}: {disposition.value}. {comment.strip()} {reply.url}")
        if disposition is Disposition.ESCALATE:
            _escalate(session, deps, reply, f"{by.name} escalated our reply no. {reply.id}: {comment} {reply.url}")
        return reply


def _approval(session: Session, reply_id: int) -> dict[str, str]:
    """Return the texts that the record kept with the approval."""
    approved = (
        select(AuditEntry.seq)
        .where(AuditEntry.subject == f"reply:{reply_id}", AuditEntry.kind.in_(APPROVALS))
        .order_by(AuditEntry.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    texts = select(AuditText.field, AuditText.text).where(AuditText.seq == approved)
    return {field: text for field, text in session.execute(texts)}  # noqa: C416  (a Row is no tuple)


def _tell(session: Session, deps: Deps, reply: Reply, item_id: int, words: str) -> None:
    """The person who approved it learns what was said of it."""
    approver = session.get_one(Employee, reply.approved_by_id)
    told = f"Your reply no. {reply.id} was reviewed. {words}"
    outbox.say(session, approver.slack_user, f"review:{item_id}", told, at=deps.now())


def _escalate(session: Session, deps: Deps, reply: Reply, words: str) -> None:
    channel = deps.compliance_channel or deps.ops_channel
    if channel:
        outbox.say(session, channel, f"escalated:{reply.id}", words, at=deps.now())
