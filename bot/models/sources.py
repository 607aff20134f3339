"""What we follow, and the communities it leads to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Record, stored
from connectors.base import Fault, SourceKind


class SourceState(StrEnum):
    """Whether a source is read. One that needs attention is left alone until a person has mended it."""

    ACTIVE = "active"
    PAUSED = "paused"
    NEEDS_ATTENTION = "needs_attention"


class Venue(Record):
    """A community inside a platform, with its own rules and time zone."""

    __tablename__ = "venue"
    __table_args__ = (UniqueConstraint("platform", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    platform: Mapped[str]
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(default="UTC")
    rules: Mapped[str] = mapped_column(default="")


class Source(Record):
    """Something we follow; owns a cursor and a route to a channel. `poll_seconds` is the pause between two looks.

    `failures` counts looks that failed in a row; `skipped` counts posts that could not be read, ever. `pace` says in
    words why it is read less often than it was asked to, when it is.
    """

    __tablename__ = "source"
    __table_args__ = (
        CheckConstraint("poll_seconds > 0", name="poll_seconds_positive"),
        Index(None, "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str] = mapped_column(unique=True)
    platform: Mapped[str]
    kind: Mapped[SourceKind] = mapped_column(stored(SourceKind, "kind"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    channel: Mapped[str]
    query: Mapped[str] = mapped_column(default="")
    poll_seconds: Mapped[int] = mapped_column(default=60)
    state: Mapped[SourceState] = mapped_column(stored(SourceState, "state"), default=SourceState.ACTIVE)
    cursor: Mapped[str | None] = mapped_column(default=None)
    failures: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    fault: Mapped[Fault | None] = mapped_column(stored(Fault, "fault"), default=None)
    detail: Mapped[str] = mapped_column(default="")
    not_before: Mapped[datetime | None] = mapped_column(default=None)
    read_at: Mapped[datetime | None] = mapped_column(default=None)
    pace: Mapped[str] = mapped_column(default="", server_default=text("''"))

    @property
    def is_for_links(self) -> bool:
        """Whether it only holds mentions that came by pasted links: such a source follows nothing."""
        return self.kind is SourceKind.THREAD and not self.query

    def read(self, cursor: str | None, *, at: datetime, skipped: int) -> bool:
        """Note a look that succeeded; returns whether the source had been failing."""
        recovered = self.failures > 0 or self.state is SourceState.NEEDS_ATTENTION
        self.cursor = cursor
        self.read_at = at
        self.skipped += skipped
        self.failures = 0
        self.fault = None
        self.detail = ""
        self.not_before = None
        self.pace = ""
        self.state = SourceState.PAUSED if self.state is SourceState.PAUSED else SourceState.ACTIVE
        return recovered

    def failed(self, fault: Fault, detail: str, *, retry_at: datetime) -> bool:
        """Note a look that failed; returns whether this is news, so that it is told once and not at each poll."""
        news = self.failures == 0 or self.fault is not fault
        self.failures += 1
        self.fault = fault
        self.detail = detail
        self.not_before = retry_at
        if fault in (Fault.AUTH, Fault.FORBIDDEN_BY_POLICY, Fault.INVALID):
            self.state = SourceState.NEEDS_ATTENTION
        return news
