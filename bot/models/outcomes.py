"""What a reply led to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Record, stored


class OutcomeKind(StrEnum):
    """What became of a reply, or what somebody said to it."""

    ANSWERED = "answered"
    THANKED = "thanked"
    RESOLVED = "resolved"
    CORRECTED = "corrected"
    DISPUTED = "disputed"
    LEAD = "lead"
    OPTED_OUT = "opted_out"
    EDITED = "edited"
    DELETED = "deleted"
    REMOVED = "removed"


class Outcome(Record):
    """One thing that a reply led to. `post_id` is the answer it was read from, where there is one."""

    __tablename__ = "outcome"
    __table_args__ = (
        Index("uq_outcome_of_post", "reply_id", "post_id", unique=True),
        Index(None, "kind", "seen_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id"))
    kind: Mapped[OutcomeKind] = mapped_column(stored(OutcomeKind, "kind"))
    seen_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), default=None)
