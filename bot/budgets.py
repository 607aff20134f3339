"""What platforms may cost, and what they did cost: budgets for days and months, and the ledger beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import regex
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot import audit, outbox
from bot.accounts import connector_of
from bot.database import advisory_lock
from bot.deps import Deps
from bot.errors import ChorusError, NotFound, OverBudget
from bot.models import Account, Budget, Employee, Expense, Period, Reply, ReplyState, Source, Spending
from bot.permissions import Act, require
from connectors.base import Page, Policy

CURRENCY = "USD"
"""What connectors state their platforms' prices in."""
WARNED_AT = Decimal("0.8")
"""From this share of a budget on we warn, and read less often."""
MOST = Decimal(10_000_000)
"""No budget is larger: a slip of the finger, not a plan."""

_ON_THEIR_WAY = (ReplyState.SENDING, ReplyState.IN_DOUBT)
_LINK = regex.compile(
    r"https?://|\bwww\.|(?<![\w@])[\p{L}\p{N}](?:[\p{L}\p{N}-]*\.)+\p{L}{2,}(?![\w.]*@)", regex.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget and how much of it is gone; `promised` is the price of replies that are on their way."""

    budget_id: int
    platform: str
    period: Period
    amount: Decimal
    spent: Decimal
    promised: Decimal
    since: datetime
    until: datetime
    timezone: str

    @property
    def left(self) -> Decimal:
        """What may still be spent."""
        return max(self.amount - self.spent - self.promised, Decimal(0))

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left."""
        return self.spent >= self.amount

    @property
    def is_short(self) -> bool:
        """Whether so much is gone that we go slow."""
        return self.spent >= self.amount * WARNED_AT

    def __str__(self) -> str:
        end = self.until.astimezone(ZoneInfo(self.timezone))
        of = f"{self.spent.quantize(Decimal('0.01'))} of {self.amount.quantize(Decimal('0.01'))} {CURRENCY}"
        return (
            f"{of} of this {self.period.value}'s budget for {self.platform} are spent; it ends {end:%Y-%m-%d %H:%M %Z}"
        )


@dataclass(frozen=True, slots=True)
class Spent:
    """What one account cost by one kind of thing."""

    platform: str
    handle: str
    kind: Expense
    times: int
    amount: Decimal


def overview(deps: Deps) -> tuple[Standing, ...]:
    """Return every budget in force and how it stands, for whoever shows it."""
    with deps.sessions() as session:
        return standings(session, deps, at=deps.now())


def standings(session: Session, deps: Deps, *, at: datetime, platform: str = "") -> tuple[Standing, ...]:
    """Return the budgets in force, of one platform or of all, and how they stand."""
    current = select(Budget).where(Budget.retired_at.is_(None)).order_by(Budget.platform, Budget.period)
    chosen = current.where(Budget.platform == platform) if platform else current
    return tuple(_standing(session, deps, budget, at) for budget in session.scalars(chosen))


def spent(session: Session, *, since: datetime, until: datetime) -> tuple[Spent, ...]:
    """Return what was spent between two moments, by account and by what it was spent on."""
    total = func.sum(Spending.amount)
    rows = session.execute(
        select(Spending.platform, Account.handle, Spending.kind, func.count(), total)
        .join(Account, Account.id == Spending.account_id)
        .where(Spending.at >= since, Spending.at < until)
        .group_by(Spending.platform, Account.handle, Spending.kind)
        .order_by(Spending.platform, total.desc())
    )
    return tuple(Spent(*row) for row in rows)


def window(period: Period, timezone: str, at: datetime) -> tuple[datetime, datetime]:
    """Return when the day or the month that `at` falls into began and will end, in that zone."""
    zone = ZoneInfo(timezone)
    first = at.astimezone(zone).date()
    if period is Period.DAY:
        after = first + timedelta(days=1)
    else:
        first = first.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
    began, ends = (datetime.combine(day, time.min, zone) for day in (first, after))
    return began.astimezone(at.tzinfo), ends.astimezone(at.tzinfo)


def put(
    deps: Deps, platform: str, period: Period, amount: Decimal, *, timezone: str = "UTC", by: Employee | None
) -> Budget:
    """Set what a platform may cost in a period; what waited for the old budget to end is read again.

    Without a person it was the command line, whose user owns the machine.
    """
    _may(by)
    connector_of(deps, platform)
    _must_make_sense(amount, timezone)
    with deps.sessions.begin() as session:
        advisory_lock(session, _lock(platform))
        versions = history(session, platform, period)
        for version in versions:
            version.retired_at = version.retired_at or deps.now()
        session.flush()
        fresh = Budget(
            platform=platform,
            period=period,
            amount=amount,
            timezone=timezone,
            created_at=deps.now(),
            version=len(versions) + 1,
            created_by_id=by.id if by else None,
        )
        session.add(fresh)
        session.flush()
        _resume(session, platform)
        _tell(session, deps, "budget.changed", fresh, by)
        return fresh


def retire(deps: Deps, platform: str, period: Period, *, by: Employee | None) -> Budget:
    """Let a platform cost in a period whatever it costs."""
    _may(by)
    with deps.sessions.begin() as session:
        advisory_lock(session, _lock(platform))
        current = next((each for each in history(session, platform, period) if each.retired_at is None), None)
        if current is None:
            raise NotFound(f"There is no budget for a {period.value} of {platform}. See: chorus budgets show")
        current.retired_at = deps.now()
        _resume(session, platform)
        _tell(session, deps, "budget.retired", current, by)
        return current


def history(session: Session, platform: str, period: Period) -> Sequence[Budget]:
    """Return all versions of a budget, oldest first."""
    chosen = select(Budget).where(Budget.platform == platform, Budget.period == period)
    return session.scalars(chosen.order_by(Budget.version)).all()


def book_page(session: Session, deps: Deps, account: Account, page: Page) -> None:
    """Write down what a page cost: as its connector says, else by the price of a post."""
    policy = connector_of(deps, account.platform).spec.policy
    _book(session, deps, account, Expense.READ, page.cost or policy.cost_per_read * len(page.posts))


def book_posts(session: Session, deps: Deps, account: Account, posts: int) -> None:
    """Write down what it cost to read some posts one by one or as a conversation."""
    policy = connector_of(deps, account.platform).spec.policy
    _book(session, deps, account, Expense.READ, policy.cost_per_read * posts)


def book_reply(session: Session, deps: Deps, reply: Reply) -> None:
    """Write down what it cost to post a reply; called once, when the platform's receipt is here."""
    kind, price = price_of(connector_of(deps, reply.platform).spec.policy, reply.text)
    account = session.get_one(Account, reply.account_id)
    _book(session, deps, account, kind, price, reply_id=reply.id)


def price_of(policy: Policy, text: str) -> tuple[Expense, Decimal]:
    """Return what it costs to post a text. What might be taken for a link is: the dearer price is the safer guess."""
    if policy.cost_per_reply_with_link and _LINK.search(text):
        return Expense.REPLY_WITH_LINK, policy.cost_per_reply_with_link
    return Expense.REPLY, policy.cost_per_reply


def must_be_affordable(session: Session, deps: Deps, platform: str, text: str) -> None:
    """Raise `OverBudget`, saying what to do, when a reply would cost more than is left.

    Within a transaction that lets the reply leave, call `take_turns` first: of two at once that see the same rest one
    would overdraw it.
    """
    _, price = price_of(connector_of(deps, platform).spec.policy, text)
    if not price:
        return
    for standing in standings(session, deps, at=deps.now(), platform=platform):
        if price > standing.left:
            raise OverBudget(_too_dear(standing, price), until=standing.until)


def take_turns(session: Session, platform: str) -> None:
    """Let one after the other spend on a platform until this transaction is over."""
    advisory_lock(session, _lock(platform))


def _too_dear(standing: Standing, price: Decimal) -> str:
    end = standing.until.astimezone(ZoneInfo(standing.timezone))
    return (
        f"The reply would cost {price.normalize():f} {CURRENCY}, and {standing.left.normalize():f} are left of this "
        f"{standing.period.value}'s budget for {standing.platform}. Post it by hand, wait until "
        f"{end:%Y-%m-%d %H:%M %Z}, or ask a community manager for more: "
        f"chorus budgets set {standing.platform} {standing.period.value} AMOUNT"
    )


def _standing(session: Session, deps: Deps, budget: Budget, at: datetime) -> Standing:
    since, until = window(budget.period, budget.timezone, at)
    within = (Spending.platform == budget.platform, Spending.at >= since, Spending.at < until)
    gone = session.scalar(select(func.sum(Spending.amount)).where(*within)) or Decimal(0)
    promised = _promised(session, deps, budget.platform)
    values = (budget.id, budget.platform, budget.period, budget.amount, gone, promised, since, until, budget.timezone)
    return Standing(*values)


def _promised(session: Session, deps: Deps, platform: str) -> Decimal:
    if platform not in deps.connectors:
        return Decimal(0)
    policy = deps.connectors[platform].spec.policy
    leaving = select(Reply.text).where(Reply.platform == platform, Reply.state.in_(_ON_THEIR_WAY))
    return sum((price_of(policy, text)[1] for text in session.scalars(leaving)), Decimal(0))


def _book(
    session: Session, deps: Deps, account: Account, kind: Expense, amount: Decimal, *, reply_id: int | None = None
) -> None:
    if not amount:
        return
    at = deps.now()
    session.add(
        Spending(platform=account.platform, account_id=account.id, kind=kind, amount=amount, at=at, reply_id=reply_id)
    )
    session.flush()
    for standing in standings(session, deps, at=at, platform=account.platform):
        _warn(session, deps, standing)


def _warn(session: Session, deps: Deps, standing: Standing) -> None:
    """Tell the operators once for each budget and period: when it gets short, and when it is spent."""
    if not standing.is_short:
        return
    if standing.is_spent:
        level, then = "spent", "Nothing more is read there until then, and replies that cost money are refused."
    else:
        level, then = "short", "What is followed there is read less often, so that the rest lasts."
    words = f"{standing}. {then} Change it: chorus budgets set {standing.platform} {standing.period.value} AMOUNT"
    subject = f"budget:{standing.budget_id}:{standing.since:%Y-%m-%d}:{level}"
    outbox.tell(session, deps.ops_channel, subject, words, at=deps.now())


def _must_make_sense(amount: Decimal, timezone: str) -> None:
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise ChorusError(f"A budget is an amount of {CURRENCY} between 0 and {MOST}, such as 20 or 7.50.")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ChorusError(f"There is no time zone {timezone}. Name one such as UTC or Europe/Berlin.") from None


def _may(by: Employee | None) -> None:
    if by is not None:
        require(by, Act.EDIT_LIMITS)


def _resume(session: Session, platform: str) -> None:
    slowed = update(Source).where(Source.platform == platform, Source.pace != "")
    session.execute(slowed.values(pace="", not_before=None))


def _tell(session: Session, deps: Deps, kind: str, budget: Budget, by: Employee | None) -> None:
    data = {
        "platform": budget.platform,
        "period": budget.period.value,
        "amount": str(budget.amount),
        "timezone": budget.timezone,
        "version": budget.version,
    }
    actor, subject = f"employee:{by.id}" if by else "operator", f"budget:{budget.id}"
    audit.record(session, kind, at=deps.now(), actor=actor, subject=subject, data=data)


def _lock(platform: str) -> str:
    return f"budget:{platform}"
