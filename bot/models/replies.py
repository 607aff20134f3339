"""Drafts, and the replies that people made of them, with the moves a reply allows."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Uuid, and_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.errors import IllegalMove
from bot.models.base import Json, Record, stored
from connectors.base import Fault


class Origin(StrEnum):
    """Where a draft came from; shown on the card."""

    FACT = "fact"
    PAST_REPLY = "past_reply"
    TEMPLATE = "template"
    MODEL = "model"
    PERSON = "person"


class Draft(Record):
    """A suggested reply. `origin_detail` names the fact, the past reply, the template or the model.

    `verdict` and `forecast` are what was shown with it; both are made anew when somebody approves.
    """

    __tablename__ = "draft"
    __table_args__ = (Index(None, "mention_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    mention_id: Mapped[int] = mapped_column(ForeignKey("mention.id"))
    origin: Mapped[Origin] = mapped_column(stored(Origin, "origin"))
    text: Mapped[str]
    created_at: Mapped[datetime]
    origin_detail: Mapped[str] = mapped_column(default="")
    verdict: Mapped[Json] = mapped_column(default_factory=dict)
    forecast: Mapped[Json] = mapped_column(default_factory=dict)
    based_on_id: Mapped[int | None] = mapped_column(ForeignKey("draft.id"), default=None)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)


class ReplyState(StrEnum):
    """Where a reply stands on its way to the platform and after."""

    APPROVED = "approved"
    SENDING = "sending"
    POSTED = "posted"
    PENDING_REMOTE = "pending_remote"
    IN_DOUBT = "in_doubt"
    FAILED = "failed"
    CANCELLED = "cancelled"
    HANDED_OFF = "handed_off"
    EDITED = "edited"
    DELETED = "deleted"
    REMOVED = "removed"


MOVES: dict[ReplyState, frozenset[ReplyState]] = {
    ReplyState.APPROVED: frozenset({ReplyState.SENDING, ReplyState.CANCELLED, ReplyState.FAILED}),
    ReplyState.SENDING: frozenset(
        {
            ReplyState.POSTED,
            ReplyState.PENDING_REMOTE,
            ReplyState.IN_DOUBT,
            ReplyState.FAILED,
            ReplyState.APPROVED,
        }
    ),
    ReplyState.IN_DOUBT: frozenset(
        {ReplyState.POSTED, ReplyState.PENDING_REMOTE, ReplyState.APPROVED, ReplyState.CANCELLED}
    ),
    ReplyState.PENDING_REMOTE: frozenset({ReplyState.POSTED, ReplyState.REMOVED, ReplyState.DELETED}),
    ReplyState.HANDED_OFF: frozenset({ReplyState.POSTED, ReplyState.CANCELLED}),
    ReplyState.POSTED: frozenset({ReplyState.EDITED, ReplyState.DELETED, ReplyState.REMOVED}),
    ReplyState.EDITED: frozenset({ReplyState.EDITED, ReplyState.DELETED, ReplyState.REMOVED}),
    ReplyState.FAILED: frozenset(),
    ReplyState.CANCELLED: frozenset(),
    ReplyState.DELETED: frozenset(),
    ReplyState.REMOVED: frozenset(),
}
"""Every move that is allowed; all others are refused."""

COUNTED = frozenset(
    {
        ReplyState.APPROVED,
        ReplyState.SENDING,
        ReplyState.IN_DOUBT,
        ReplyState.POSTED,
        ReplyState.PENDING_REMOTE,
        ReplyState.HANDED_OFF,
        ReplyState.EDITED,
        ReplyState.REMOVED,
    }
)
"""The states in which a reply takes its place under the limits; one in doubt counts as if it were posted."""

STANDING = frozenset({ReplyState.POSTED, ReplyState.EDITED, ReplyState.PENDING_REMOTE})
"""The states of a reply that stands on the platform, where it can be edited and deleted."""

_IN_FLIGHT = text("state in ('sending', 'in_doubt')")
_NOT_WITHDRAWN = text("state not in ('cancelled', 'failed', 'deleted', 'removed')")


class Reply(Record):
    """An approved text on its way to, or on, the platform.

    `text` is exactly what will be public, `typed` what the person confirmed before the platform's rendering.
    `not_before` is when it may leave; `lease_until` is how long the worker `owner` may be busy with it.
    `mending_at` is when an edit or a deletion was ordered that the platform has not confirmed yet.
    """

    __tablename__ = "reply"
    __table_args__ = (
        Index(
            "uq_reply_same_text",
            "account_id",
            "parent_post_id",
            "text_hash",
            unique=True,
            postgresql_where=_NOT_WITHDRAWN,
        ),
        Index("uq_reply_in_flight", "thread_id", "account_id", unique=True, postgresql_where=_IN_FLIGHT),
        Index(None, "thread_id", "counted_at"),
        Index(None, "account_id", "counted_at"),
        Index(None, "venue_id", "counted_at"),
        Index(None, "approved_by_id", "counted_at"),
        Index(None, "platform", "author_external_id", "counted_at"),
        Index(None, "mention_id"),
        Index(None, "external_id"),
        Index("ix_reply_by_hand", "url", postgresql_where=text("external_id = ''")),
        Index(
            "ix_reply_waiting",
            "state",
            "not_before",
            postgresql_where=text("state in ('approved', 'sending', 'in_doubt')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    intent_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    mention_id: Mapped[int] = mapped_column(ForeignKey("mention.id"))
    draft_id: Mapped[int] = mapped_column(ForeignKey("draft.id"))
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id"))
    parent_post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("employee.id"))
    platform: Mapped[str]
    author_external_id: Mapped[str]
    typed: Mapped[str]
    text: Mapped[str]
    text_hash: Mapped[str]
    parent_hash: Mapped[str]
    key: Mapped[str]
    approved_at: Mapped[datetime]
    counted_at: Mapped[datetime]
    not_before: Mapped[datetime]
    is_commercial: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ReplyState] = mapped_column(stored(ReplyState, "state"), default=ReplyState.APPROVED)
    attempt: Mapped[int] = mapped_column(default=0)
    attempted_at: Mapped[datetime | None] = mapped_column(default=None)
    owner: Mapped[str] = mapped_column(default="")
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    deferrals: Mapped[int] = mapped_column(default=0)
    looks: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime | None] = mapped_column(default=None)
    fault: Mapped[Fault | None] = mapped_column(stored(Fault, "fault"), default=None)
    detail: Mapped[str] = mapped_column(default="")
    external_id: Mapped[str | None] = mapped_column(default=None)
    url: Mapped[str] = mapped_column(default="")
    posted_at: Mapped[datetime | None] = mapped_column(default=None)
    watched_at: Mapped[datetime | None] = mapped_column(default=None)
    mending_at: Mapped[datetime | None] = mapped_column(default=None)

    def begin_sending(self, *, owner: str, at: datetime, lease: timedelta) -> None:
        """Take it for one attempt. Committed before the request leaves, so that a crash leaves a trace."""
        self._move(ReplyState.SENDING)
        self.attempt += 1
        self.attempted_at = at
        self.owner = owner
        self.lease_until = at + lease
        self.looks = 0
        self.detail = ""
        self.fault = None

    def posted(self, *, external_id: str, url: str, at: datetime) -> None:
        """The platform's receipt is here."""
        self._move(ReplyState.POSTED)
        self._keep_receipt(external_id, url, at)

    def pending_remote(self, *, external_id: str, url: str, detail: str, at: datetime) -> None:
        """The platform holds it for its moderators."""
        self._move(ReplyState.PENDING_REMOTE)
        self._keep_receipt(external_id, url, at)
        self.detail = detail

    def doubt(self, detail: str, *, look_at: datetime) -> None:
        """Nobody knows whether it was posted; look on the platform, but not before `look_at`."""
        self._move(ReplyState.IN_DOUBT)
        self.detail = detail
        self.not_before = look_at
        self._release()

    def looked_in_vain(self, *, look_at: datetime) -> None:
        """It was not among our posts; look again later."""
        self.looks += 1
        self.not_before = look_at

    def ask(self, *, at: datetime) -> None:
        """Machines cannot tell; a person must."""
        if self.state is not ReplyState.IN_DOUBT:
            raise IllegalMove(f"Only a reply in doubt is asked about; this one is {self.state.value}.")
        self.asked_at = at

    def try_again(self, *, not_before: datetime, fault: Fault | None = None, detail: str = "") -> None:
        """It is certain that nothing was posted: back to `approved`, to leave at `not_before`."""
        if self.state is not ReplyState.APPROVED:
            self._move(ReplyState.APPROVED)
        self.not_before = not_before
        self.fault = fault
        self.detail = detail
        self.asked_at = None
        self.deferrals += 1
        self._release()

    def fail(self, fault: Fault, detail: str) -> None:
        """The platform refused it for good."""
        self._move(ReplyState.FAILED)
        self.fault = fault
        self.detail = detail
        self._release()

    def cancel(self, detail: str) -> None:
        """It will not be posted: undone, or no longer fitting."""
        self._move(ReplyState.CANCELLED)
        self.detail = detail
        self._release()

    def after_posting(self, state: ReplyState, *, detail: str = "") -> None:
        """Note that it was edited, deleted, or removed by moderators."""
        self._move(state)
        self.detail = detail

    def begin_mending(self, detail: str, *, at: datetime) -> None:
        """An edit or a deletion was ordered; until it is settled there is no other one."""
        if self.state not in STANDING:
            raise IllegalMove(f"Only a reply that stands on the platform can be changed; this one is {self.state}.")
        self.mending_at = at
        self.detail = detail

    def rewritten(self, *, typed: str, text: str, text_hash: str, detail: str) -> None:
        """The platform shows another text now."""
        self.after_posting(ReplyState.EDITED, detail=detail)
        self.typed, self.text, self.text_hash = typed, text, text_hash
        self.mending_at = None

    def taken_down(self, detail: str) -> None:
        """We deleted it on the platform."""
        self.after_posting(ReplyState.DELETED, detail=detail)
        self.mending_at = None

    def not_mended(self, detail: str) -> None:
        """It could not be edited or deleted, and stands as it did."""
        self.detail = detail
        self.mending_at = None

    @property
    def counts(self) -> bool:
        """Whether it takes a place under the limits."""
        return self.state in COUNTED

    def _keep_receipt(self, external_id: str, url: str, at: datetime) -> None:
        self.external_id = external_id
        self.url = url
        self.posted_at = at
        self.detail = ""
        self._release()

    def _release(self) -> None:
        self.owner = ""
        self.lease_until = None

    def _move(self, to: ReplyState) -> None:
        if to not in MOVES[self.state]:
            raise IllegalMove(f"A reply that is {self.state.value} cannot become {to.value}.")
        self.state = to


UNUSED = and_(
    Draft.id.not_in(select(Reply.draft_id)),
    Draft.id.not_in(select(Draft.based_on_id).where(Draft.based_on_id.is_not(None))),
)
"""Drafts that became no reply and that nobody built on."""
