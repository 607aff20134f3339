"""The record of what happened: a chain of entries, and beside it the texts they speak of."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from bot.errors import Conflict
from bot.models.base import Json, Record, stored


class AuditEntry(Record):
    """One thing that happened. `hash` = SHA-256(`prev` ‖ `seq` as 8 bytes ‖ `body`); never changed, never deleted.

    `body` is the canonical JSON that was hashed, byte for byte. The other columns repeat parts of it for searching.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "kind", "seq"),
        Index(None, "actor", "seq"),
        Index(None, "subject", "seq"),
        Index(None, "at"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str]
    actor: Mapped[str]
    subject: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    prev: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditText(Record):
    """A text that an entry speaks of, kept apart so that the law can erase it; the entry holds its keyed hash."""

    __tablename__ = "audit_text"
    __table_args__ = (Index(None, "words", postgresql_using="gin"),)

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    text: Mapped[str]
    # What is searched by words. Only the beginning: a vector must not exceed a megabyte, and a text may.
    words: Mapped[str] = mapped_column(
        TSVECTOR, Computed("to_tsvector('simple', left(text, 50000))", persisted=True), init=False, deferred=True
    )


class AuditHead(Record):
    """The newest entry; locked last in every transaction that writes one."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditHold(Record):
    """Somebody's decision that what `covers` selects must not be deleted, by nobody and no rule, until it is lifted."""

    __tablename__ = "audit_hold"
    __table_args__ = (Index("uq_audit_hold_name", "name", unique=True, postgresql_where=text("lifted_at is null")),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str]
    reason: Mapped[str]
    covers: Mapped[Json]
    placed_at: Mapped[datetime]
    placed_by: Mapped[str]
    lifted_at: Mapped[datetime | None] = mapped_column(default=None)
    lifted_by: Mapped[str] = mapped_column(default="")


class AuditRetention(Record):
    """How many days the texts of one class are kept."""

    __tablename__ = "audit_retention"
    __table_args__ = (CheckConstraint("days > 0", name="days_positive"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    days: Mapped[int]
    set_at: Mapped[datetime]
    set_by: Mapped[str]


class Disposition(StrEnum):
    """A reviewer's judgement of a reply."""

    FINE = "fine"
    COACH = "coach"
    FIX = "fix"
    REMOVE = "remove"
    ESCALATE = "escalate"


class ReviewRules(Record):
    """How replies are chosen for review, in one version; a change writes a new row. `salt` decides the draws."""

    __tablename__ = "review_rules"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    terms: Mapped[Json]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    set_at: Mapped[datetime]
    set_by: Mapped[str]


class ReviewItem(Record):
    """A reply that waits for a reviewer, or was reviewed. `reasons` say why it was chosen; `risk` orders the queue."""

    __tablename__ = "review_item"
    __table_args__ = (
        Index("ix_review_item_waiting", "risk", "id", postgresql_where=text("disposition is null")),
        Index(None, "reviewed_by_id", "reviewed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"), unique=True)
    reasons: Mapped[list[str]]
    risk: Mapped[int]
    queued_at: Mapped[datetime]
    opened_at: Mapped[datetime | None] = mapped_column(default=None)
    disposition: Mapped[Disposition | None] = mapped_column(stored(Disposition, "disposition"), default=None)
    comment: Mapped[str] = mapped_column(default="")
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)
    reviewed_at: Mapped[datetime | None] = mapped_column(default=None)

    def judge(self, disposition: Disposition, comment: str, *, by_id: int, at: datetime) -> None:
        """Sign it off; of two reviewers at once the first one counts."""
        if self.disposition is not None:
            raise Conflict(f"This was reviewed already: {self.disposition.value}.")
        self.disposition = disposition
        self.comment = comment
        self.reviewed_by_id = by_id
        self.reviewed_at = at

    def ask_again(self, reasons: list[str], risk: int, *, at: datetime) -> None:
        """Put it back into the queue for new reasons; what was judged before stays in the record."""
        self.reasons = [*self.reasons, *(reason for reason in reasons if reason not in self.reasons)]
        self.risk = max(risk, self.risk) if self.disposition is None else risk
        self.disposition = None
        self.comment = ""
        self.reviewed_by_id = None
        self.reviewed_at = None
        self.queued_at = at
