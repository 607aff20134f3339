"""How often we may ask a platform: its own limits are kept before they are hit, and a rest is kept for replies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot import budgets
from bot.accounts import connector_of
from bot.budgets import Standing
from bot.deps import Deps
from bot.models import Account, Expense, RequestsLeft, Source, SourceState, Spending
from connectors.base import Allowance, Page

REPLY = "reply"
"""What requests to post are counted as."""
KEPT_FOR_REPLIES = 50
"""One of so many requests is not spent on polling."""
FEWEST_KEPT = 2
"""A reply takes two: its post is read again before it leaves."""
MOST_OF_A_LOOK = 5
"""What goes beyond so many requests between two looks was somebody else's, and says nothing of the next look."""
UNTOLD = timedelta(minutes=15)
"""How long a limit is thought to last when the platform does not say."""
LONGEST = timedelta(days=1)
SHORTEST = timedelta(minutes=1)
"""For how long a limit is kept whose end, by the platform's clock, has passed already."""


@dataclass(frozen=True, slots=True)
class Pace:
    """When a source may be read next, and why that is later than it was asked to be.

    `is_stop` when nothing may be read at all until then, however long ago the last look was.
    """

    not_before: datetime
    words: str
    is_stop: bool = False


def note(session: Session, account: Account, use: str, allowance: Allowance | None, *, at: datetime) -> None:
    """Keep what a platform said of the requests it has left for an account, for every process to see."""
    if allowance is None:
        return
    before = session.get(RequestsLeft, (account.id, use), with_for_update=True, populate_existing=True)
    remaining = max(allowance.remaining, 0)
    same_window = before is not None and before.resets_at > at
    row = {
        "account_id": account.id,
        "use": use,
        "remaining": remaining,
        "most": max(remaining, before.most if before else 1),
        "told_at": at,
        "resets_at": end_of(allowance.resets_at, at),
        "a_look": _usual(before, remaining) if before and same_window else (before.a_look if before else 1),
    }
    # Two processes may be the first at once.
    written = insert(RequestsLeft).values(row)
    session.execute(written.on_conflict_do_update(index_elements=["account_id", "use"], set_=row))
    if before is not None:
        session.expire(before)


def note_refusal(session: Session, account: Account, use: str, retry_at: datetime | None, *, at: datetime) -> None:
    """Keep that a platform takes no more requests until then, so that nobody else asks in vain."""
    if retry_at is not None:
        note(session, account, use, Allowance(0, retry_at), at=at)


def noted(deps: Deps, account: Account, use: str, page: Page) -> Page:
    """Keep what reading a page cost and left, where the page itself is not kept."""
    with deps.sessions.begin() as session:
        note(session, account, use, page.allowance, at=deps.now())
        budgets.book_page(session, deps, account, page)
    return page


def hold(session: Session, deps: Deps, source: Source, account: Account) -> Pace | None:
    """Return why a source must not be read now at all, if it must not."""
    stops = [each for each in _paces(session, deps, source, account) if each.is_stop]
    return max(stops, key=lambda one: one.not_before, default=None)


def pace(session: Session, deps: Deps, source: Source, account: Account) -> Pace | None:
    """Return how a source is to be slowed after a look, so that what is left lasts; None when it need not be."""
    return max(_paces(session, deps, source, account), key=lambda one: one.not_before, default=None)


def may_ask(session: Session, deps: Deps, account: Account, *, of_duty: bool = False) -> bool:
    """Whether something may be read besides the sources. Of duty, for deletions, also from what is kept for replies."""
    at = deps.now()
    for left in _left(session, account.id, at, RequestsLeft.use != REPLY):
        if left.remaining <= (0 if of_duty else _reserve(left)):
            return False
    if not connector_of(deps, account.platform).spec.policy.cost_per_read:
        return True
    return not any(one.is_spent for one in budgets.standings(session, deps, at=at, platform=account.platform))


def replies_wait_until(session: Session, account_id: int, *, at: datetime) -> datetime | None:
    """Return when the platform takes replies of this account again, if it takes none now."""
    spent = (left for left in _left(session, account_id, at, RequestsLeft.use == REPLY) if left.remaining == 0)
    return next((left.resets_at for left in spent), None)


def requests(session: Session, account_id: int, *, at: datetime) -> tuple[RequestsLeft, ...]:
    """Return what is left of the limits that a platform told us of and that have not reset since."""
    return tuple(_left(session, account_id, at, true()))


def end_of(told: datetime | None, at: datetime) -> datetime:
    """Return when a limit ends, by what a platform told: always in the future, and within a day."""
    if told is None:
        return at + UNTOLD
    return min(told if told > at else at + SHORTEST, at + LONGEST)


def _paces(session: Session, deps: Deps, source: Source, account: Account) -> Iterable[Pace]:
    at = deps.now()
    for left in _left(session, account.id, at, RequestsLeft.use == source.kind.value):
        yield from _by_requests(session, source, left, at)
    policy = connector_of(deps, source.platform).spec.policy
    for standing in budgets.standings(session, deps, at=at, platform=source.platform):
        looks, usual = _reads(session, standing)
        if usual or policy.cost_per_read:
            yield from _by_money(session, source, standing, usual if looks else policy.cost_per_read, at)


def _by_requests(session: Session, source: Source, left: RequestsLeft, at: datetime) -> Iterable[Pace]:
    said = f"{left.remaining} of {left.most} requests left until {_clock(left.resets_at, at)}"
    rest = left.remaining - _reserve(left)
    if rest < 1:
        yield Pace(left.resets_at, f"is not read now: {said}, kept for replies", is_stop=True)
        return
    followed = _active(session, Source.account_id == source.account_id)
    looks = max(rest // left.a_look, 1)
    yield from _spread(source, (left.resets_at - at) * followed / looks, at, said)


def _by_money(session: Session, source: Source, standing: Standing, usual: Decimal, at: datetime) -> Iterable[Pace]:
    if standing.is_spent:
        yield Pace(standing.until, f"is not read now: {standing}", is_stop=True)
        return
    if standing.is_short and usual:
        looks = max(standing.left / usual, Decimal(1))
        followed = _active(session, Source.platform == source.platform)
        every = (standing.until - at) * followed / float(looks)
        yield from _spread(source, every, at, str(standing))


def _spread(source: Source, every: timedelta, at: datetime, why: str) -> Iterable[Pace]:
    usual = timedelta(seconds=source.poll_seconds)
    if every > usual:
        yield Pace(at + every, f"reads every {_lasting(every)} instead of every {_lasting(usual)}: {why}")


def _reads(session: Session, standing: Standing) -> tuple[int, Decimal]:
    """Return how often reading has cost something in the period, and how much it did on average."""
    within = (Spending.platform == standing.platform, Spending.kind == Expense.READ, Spending.at >= standing.since)
    looks, usual = session.execute(select(func.count(), func.avg(Spending.amount)).where(*within)).one()
    return looks, usual or Decimal(0)


def _active(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(Source.state == SourceState.ACTIVE, which)) or 1


def _left(session: Session, account_id: int, at: datetime, which: ColumnElement[bool]) -> Iterable[RequestsLeft]:
    valid = (RequestsLeft.account_id == account_id, RequestsLeft.resets_at > at)
    return session.scalars(select(RequestsLeft).where(*valid, which).order_by(RequestsLeft.use)).all()


def _reserve(left: RequestsLeft) -> int:
    return max(left.most // KEPT_FOR_REPLIES, FEWEST_KEPT)


def _usual(before: RequestsLeft, remaining: int) -> int:
    """Return how many requests go from one look to the next: half of it memory, so that one burst is soon forgotten."""
    gone = min(max(before.remaining - remaining, 1), MOST_OF_A_LOOK)
    return (before.a_look + gone + 1) // 2


def _clock(moment: datetime, at: datetime) -> str:
    return f"{moment:%H:%M} UTC" if moment - at < timedelta(hours=20) else f"{moment:%Y-%m-%d %H:%M} UTC"


def _lasting(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    if seconds < 100:
        return f"{seconds} s"
    return f"{round(seconds / 60)} min" if seconds < 6000 else f"{round(seconds / 3600)} h"
