"""What platforms may cost us and what they did cost, and how many requests they have left for us."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Record, stored


class Period(StrEnum):
    """For how long a budget has to last."""

    DAY = "day"
    MONTH = "month"


class Expense(StrEnum):
    """What money was spent on."""

    READ = "read"
    REPLY = "reply"
    REPLY_WITH_LINK = "reply_with_link"


class Budget(Record):
    """The most that a platform may cost in a period, in one version; a change writes a new row and retires the old one.

    Days and months begin at midnight in `timezone`.
    """

    __tablename__ = "budget"
    __table_args__ = (
        Index("uq_budget_current", "platform", "period", unique=True, postgresql_where=text("retired_at is null")),
        UniqueConstraint("platform", "period", "version"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    platform: Mapped[str]
    period: Mapped[Period] = mapped_column(stored(Period, "period"))
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    created_at: Mapped[datetime]
    timezone: Mapped[str] = mapped_column(default="UTC")
    version: Mapped[int] = mapped_column(default=1)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)
    retired_at: Mapped[datetime | None] = mapped_column(default=None)


class Spending(Record):
    """One thing that cost money, written in the transaction that keeps the thing itself."""

    __tablename__ = "spending"
    __table_args__ = (Index(None, "platform", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    platform: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[Expense] = mapped_column(stored(Expense, "kind"))
    amount: Mapped[Decimal] = mapped_column(Numeric(14, 4))
    at: Mapped[datetime]
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("reply.id"), default=None)


class RequestsLeft(Record):
    """How many requests a platform has left for an account, as it said in its last answer of this kind.

    `use` is what they are spent on: the kind of a source, or `reply`. `a_look` is how many went from one look to the
    next, everything between them included.
    """

    __tablename__ = "requests_left"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    use: Mapped[str] = mapped_column(primary_key=True)
    remaining: Mapped[int]
    most: Mapped[int]
    told_at: Mapped[datetime]
    resets_at: Mapped[datetime]
    a_look: Mapped[int] = mapped_column(default=1)
