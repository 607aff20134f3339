"""The numbers on how much we say, and the switch that stops us."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Json, Record, stored


class LimitRecord(Record):
    """One limit, in one version. A change writes a new row and retires the old one; nothing is overwritten.

    `terms` is the limit in the words of `guidelines.throttle.Limit`; `is_fixed` marks a platform's own rule.
    """

    __tablename__ = "throttle_limit"
    __table_args__ = (
        Index("uq_throttle_limit_current", "name", unique=True, postgresql_where=text("retired_at is null")),
        Index("uq_throttle_limit_version", "name", "version", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    name: Mapped[str]
    terms: Mapped[Json]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    is_fixed: Mapped[bool] = mapped_column(default=False)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)
    retired_at: Mapped[datetime | None] = mapped_column(default=None)


class StopScope(StrEnum):
    """How much a stop stops."""

    ALL = "all"
    PLATFORM = "platform"
    VENUE = "venue"
    ACCOUNT = "account"
    SOURCE = "source"


class Stop(Record):
    """The kill switch, thrown: nothing in its scope leaves until it is lifted or `until` has passed.

    `subject` is the platform's name, or the id of the venue, account or source; empty for all.
    """

    __tablename__ = "stop"
    __table_args__ = (Index(None, "lifted_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    scope: Mapped[StopScope] = mapped_column(stored(StopScope, "scope"))
    reason: Mapped[str]
    thrown_at: Mapped[datetime]
    subject: Mapped[str] = mapped_column(default="")
    thrown_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)
    until: Mapped[datetime | None] = mapped_column(default=None)
    lifted_at: Mapped[datetime | None] = mapped_column(default=None)
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)
