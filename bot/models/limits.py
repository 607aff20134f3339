"""The numbers on how much we say, and the switch that stops us."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Json, Record, stored
from bot.models.replies import Reply


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

    `subject` is the platform's name, or the id of the venue, account or source; empty for all. `allowed` lists what may
    pass all the same, such as `venue:3` or `account:7`. A drill stops nothing: it shows how fast a stop is seen.
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
    allowed: Mapped[list[str]] = mapped_column(default_factory=list, server_default=text("'[]'::jsonb"))
    is_drill: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class ReplyPrint(Record):
    """The fingerprint of a reply's text, by which texts that read alike are found. Written with the reply itself."""

    __tablename__ = "reply_print"
    __table_args__ = (
        Index("ix_reply_print_bands", "bands", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )

    reply_id: Mapped[int] = mapped_column(ForeignKey("reply.id", ondelete="CASCADE"), primary_key=True)
    bands: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))


_PLACED = text(
    "state in ('approved', 'deleted', 'edited', 'handed_off', 'in_doubt', 'pending_remote', 'posted', 'removed',"
    " 'sending')"
)
"""What counts, or may count: in these the share of commercial replies is found without reading the replies."""

Index("ix_reply_platform_counted_at", Reply.platform, Reply.counted_at)
Index("ix_reply_counted_at", Reply.counted_at)
for _column in (Reply.account_id, Reply.venue_id):
    Index(
        f"ix_reply_{_column.key}_commercial",
        _column,
        Reply.counted_at,
        postgresql_include=["is_commercial"],
        postgresql_where=_PLACED,
    )
