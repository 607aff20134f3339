"""Deciding whether one more reply may leave, and taking its place in the same transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.models import Reply
from bot.throttle.counting import ledger_for
from bot.throttle.limits import ensure_defaults, held_in_force, in_force
from bot.throttle.prints import bands_of
from bot.throttle.proposing import Override, Proposal, Reservation, addresses_us, proposal_of, propose
from guidelines.throttle import Condition, Decision, Limit, Ruling, Scope, decide

__all__ = [
    "Decision",
    "Override",
    "Proposal",
    "Reservation",
    "addresses_us",
    "ensure_defaults",
    "forecast",
    "in_force",
    "look_again",
    "proposal_of",
    "propose",
    "reserve",
]

_LOCKS = text(
    """
    select pg_advisory_xact_lock(key) from (
        select distinct hashtextextended(name, 0) as key from unnest(cast(:names as text[])) name order by key
    ) sorted
    """
)


def forecast(session: Session, proposed: Proposal, now: datetime) -> Decision:
    """Say what would be decided now. Takes no locks, promises nothing."""
    limits = in_force(session)
    return decide(limits, ledger_for(session, proposed, limits, now), now)


def reserve(session: Session, proposed: Proposal, now: datetime, *, override: Override | None = None) -> Reservation:
    """Decide, and keep the place free until the transaction ends; inserting the reply takes it.

    The caller holds the lock on the thread's row. The locks that are taken here come after it, all at once and in one
    order everywhere; what is counted is read after them.
    """
    if override is not None:
        override.must_be_valid()
    limits = held_in_force(session)
    session.execute(_LOCKS, {"names": lock_names(limits, proposed)})
    decision = decide(limits, ledger_for(session, proposed, limits, now), now, override=override is not None)
    opens = decision.reopens_at if decision.ruling is Ruling.HOLD else None
    return Reservation(decision, departs_at=opens or now)


def look_again(session: Session, reply: Reply, now: datetime) -> Reservation:
    """Decide anew about a reply that waited and is about to leave; the caller holds the lock on its thread's row.

    When it may leave, the caller moves its `counted_at` to `now`; when it must wait on, `counted_at` and `not_before`
    to `departs_at`; when it is refused, the caller cancels it and tells the person.
    """
    return reserve(session, proposal_of(session, reply), now)


def lock_names(limits: Sequence[Limit], proposed: Proposal) -> list[str]:
    """Return the names of the locks under which `proposed` is counted; the thread's own is its row."""
    subjects = {
        Scope.AUTHOR: f"author:{proposed.platform}:{proposed.author_external_id}",
        Scope.VENUE: f"venue:{proposed.venue_id}",
        Scope.PLATFORM: f"platform:{proposed.platform}",
        Scope.ACCOUNT: f"account:{proposed.account_id}",
        Scope.EMPLOYEE: f"employee:{proposed.employee_id}",
        Scope.BRAND: "brand",
    }
    names = {
        subjects[limit.scope]
        for limit in limits
        if limit.scope in subjects and limit.condition not in (Condition.SIMILARITY, Condition.QUIET_HOURS)
    }
    if any(limit.condition is Condition.SIMILARITY for limit in limits):
        names.update(f"words:{band}" for band in bands_of(proposed.text))
    return sorted(names)
