"""A reply that somebody would like to post, as the limits see it, and the answer that was given."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from bot.errors import NotAllowed, Throttled
from bot.models import Account, Employee, Mention, PostRecord, Reply
from bot.permissions import Act, require
from guidelines.throttle import Decision, Ruling


@dataclass(frozen=True, slots=True)
class Proposal:
    """One reply that might be posted. `addressed`: the post asks us, by our name or by answering us.

    `reply_id` names the reply itself when it already waits and is looked at again; it then is not counted against
    itself. An author who is not known (purged, anonymous) has an empty `author_external_id` and no cooldown.
    """

    thread_id: int
    venue_id: int
    platform: str
    account_id: int
    employee_id: int
    author_external_id: str
    parent_post_id: int
    text: str
    kind: str = "other"
    urgency: str = "normal"
    identity: str = "brand"
    is_commercial: bool = False
    addressed: bool = False
    reply_id: int | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A manager's word that one reply may pass the limits, with the reason that the audit will show."""

    by: Employee
    reason: str

    def must_be_valid(self) -> None:
        """Raise `NotAllowed` unless a manager gave a reason."""
        require(self.by, Act.OVERRIDE)
        if not self.reason.strip():
            raise NotAllowed("Lifting a limit needs a reason. It is kept with the reply.")


@dataclass(frozen=True, slots=True)
class Reservation:
    """The answer to a reply that is being approved. Inserting the reply, in the same transaction, takes the place.

    `departs_at` is when it may leave: now, or at the end of the hold. It belongs into the reply's `counted_at`, and
    `not_before` must not be earlier.
    """

    decision: Decision
    departs_at: datetime

    @property
    def held(self) -> bool:
        """Whether it has to wait."""
        return self.decision.ruling is Ruling.HOLD

    @property
    def taken(self) -> bool:
        """Whether the reply may be approved, to leave now or later."""
        return self.decision.ruling in (Ruling.ALLOW, Ruling.HOLD)

    def raise_if_refused(self) -> "Reservation":
        """Return itself, or raise `Throttled` when the reply may not be approved."""
        if self.taken:
            return self
        hint = " A community manager can allow it." if self.decision.ruling is Ruling.ASK else ""
        raise Throttled(self.decision.message + hint, reopens_at=self.decision.reopens_at)


def propose(
    session: Session,
    mention: Mention,
    parent: PostRecord,
    account: Account,
    *,
    employee_id: int,
    text: str,
    is_commercial: bool = False,
) -> Proposal:
    """Return the proposal to answer `parent`, the post of `mention`. The employee 0 stands for nobody in particular."""
    return Proposal(
        thread_id=parent.thread_id,
        venue_id=parent.venue_id,
        platform=parent.platform,
        account_id=account.id,
        employee_id=employee_id,
        author_external_id=parent.author_external_id,
        parent_post_id=parent.id,
        text=text,
        kind=mention.kind.value,
        urgency=mention.urgency.value,
        identity=account.identity.value,
        is_commercial=is_commercial,
        addressed=addresses_us(session, parent),
    )


def addresses_us(session: Session, post: PostRecord) -> bool:
    """Whether a post names one of our accounts, or answers a post of ours."""
    ours = select(Account.external_id).where(Account.platform == post.platform, Account.external_id.in_(post.mentioned))
    if post.mentioned and session.scalar(select(exists(ours))):
        return True
    if post.parent_external_id is None:
        return False
    own_post = exists().where(
        PostRecord.platform == post.platform,
        PostRecord.site == post.site,
        PostRecord.external_id == post.parent_external_id,
        PostRecord.is_own,
    )
    own_reply = exists().where(Reply.thread_id == post.thread_id, Reply.external_id == post.parent_external_id)
    return bool(session.scalar(select(or_(own_post, own_reply))))


def proposal_of(session: Session, reply: Reply) -> Proposal:
    """Return the proposal that a reply which already waits stands for."""
    mention = session.get_one(Mention, reply.mention_id)
    account = session.get_one(Account, reply.account_id)
    parent = session.get_one(PostRecord, reply.parent_post_id)
    return Proposal(
        thread_id=reply.thread_id,
        venue_id=reply.venue_id,
        platform=reply.platform,
        account_id=reply.account_id,
        employee_id=reply.approved_by_id,
        author_external_id=reply.author_external_id,
        parent_post_id=reply.parent_post_id,
        text=reply.typed,
        kind=mention.kind.value,
        urgency=mention.urgency.value,
        identity=account.identity.value,
        is_commercial=reply.is_commercial,
        addressed=addresses_us(session, parent),
        reply_id=reply.id,
    )
