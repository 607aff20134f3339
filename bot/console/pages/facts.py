"""Facts: the list with how each one stands, and what became of each: who says otherwise, and whether we did."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from starlette.responses import Response

from bot import amends, factbook
from bot.console.house import Page, Visit
from bot.errors import ChorusError
from bot.fact_reading import run_alone
from bot.permissions import Act
from guidelines.claims.examples import ExampleResult
from guidelines.facts import Fact, FactBase

PAGE = 25
PATIENCE = timedelta(seconds=3)
"""So long a page looks for facts whose examples fail; the next page goes on from there."""
WRONG = "wrong"
SOON = timedelta(days=30)
LONGEST_NUMBER = 6

_results: dict[tuple[Fact, date], tuple[ExampleResult, ...]] = {}
MOST_RESULTS = 5_000


class FactStanding(StrEnum):
    """How a fact stands today; only the first two correct anybody."""

    STANDS = "in force"
    ENDS_SOON = "ends soon"
    NOT_YET = "not yet"
    EXPIRED = "expired"
    UNREVIEWED = "unreviewed"


TONES = {FactStanding.STANDS: "good", FactStanding.ENDS_SOON: "warn"}


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact with its standing today."""

    fact: Fact
    standing: FactStanding
    examples: tuple[ExampleResult, ...]

    @property
    def tone(self) -> str:
        """How its standing looks."""
        return TONES.get(self.standing, "bad")

    @property
    def wrong(self) -> tuple[ExampleResult, ...]:
        """The examples that did not come out as they should."""
        return tuple(result for result in self.examples if not result.passed)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of facts, how many were looked at for it, and the last of these where there are more."""

    views: tuple[FactView, ...]
    tried: int
    more: str | None = None


def show(visit: Visit) -> Response:
    """Show the facts, a page at a time."""
    base, now = visit.deps.facts, visit.deps.now()
    wanted, after, narrowed = visit.asked("q").lower()[:200], visit.asked("after"), visit.asked("standing")
    only_wrong = visit.asked("examples") == WRONG
    facts = sorted(base.facts.values(), key=lambda fact: fact.id) if base else []
    standings = {fact.id: standing_of(base, fact, now) for fact in facts} if base else {}
    fitting = [
        fact for fact in facts if _fits(fact, wanted) and fact.id > after and narrowed in ("", standings[fact.id].value)
    ]
    with visit.deps.sessions() as session:
        errors = amends.waiting(session, visit.deps) if visit.may("EDIT_GUIDELINES") else ()
    return visit.show(
        "facts.html",
        title="Facts",
        base=base,
        wanted=visit.asked("q")[:200],
        narrowed=narrowed,
        only_wrong=only_wrong,
        standings=list(FactStanding),
        total=len(facts),
        leaf=leaf(base, fitting, now, only_wrong=only_wrong) if base else Leaf((), 0),
        lapsed=sum(not fact.stands(now, base.review_days) for fact in facts) if base else 0,
        errors=errors,
    )


def look_back(visit: Visit) -> Response:
    """Have all our replies held against all facts."""
    amends.ask(visit.deps, by=visit.person)
    return visit.go("/facts", "Our replies of the last 180 days are being looked at. What is found shows up here.")


def review_every(visit: Visit) -> Response:
    """Say how often each fact is due for a review; an empty field stands for never."""
    given = visit.field("review_days")
    if given and not (given.isascii() and given.isdecimal() and len(given) <= LONGEST_NUMBER):
        raise ChorusError(f"“{given[:20]}” is no number of days. Leave the field empty where no review is due.")
    factbook.set_review_days(visit.deps, int(given) if given else None, by=visit.person)
    said = f"Each fact is due for a review every {given} days." if given else "No review is due any more."
    return visit.go("/facts", said)


def leaf(
    base: FactBase, facts: Sequence[Fact], now: datetime, *, only_wrong: bool = False, patience: timedelta = PATIENCE
) -> Leaf:
    """Return the first page of some facts; `only_wrong` leaves out those whose own examples come out right."""
    until = time.monotonic() + patience.total_seconds()
    views: list[FactView] = []
    for tried, fact in enumerate(facts):
        if len(views) == PAGE or (only_wrong and tried and time.monotonic() > until):
            return Leaf(tuple(views), tried, facts[tried - 1].id)
        seen = view(base, fact, now)
        if seen.wrong or not only_wrong:
            views.append(seen)
    return Leaf(tuple(views), len(facts))


def view(base: FactBase, fact: Fact, now: datetime) -> FactView:
    """Return a fact with how it stands and how its examples came out."""
    return FactView(fact, standing_of(base, fact, now), _examples(base, fact, now))


def standing_of(base: FactBase, fact: Fact, now: datetime) -> FactStanding:
    """Return how a fact stands today."""
    today = now.date()
    if fact.valid_from is not None and today < fact.valid_from:
        return FactStanding.NOT_YET
    if fact.valid_until is not None and today > fact.valid_until:
        return FactStanding.EXPIRED
    if not fact.stands(now, base.review_days):
        return FactStanding.UNREVIEWED
    soon = fact.valid_until is not None and fact.valid_until <= (now + SOON).date()
    return FactStanding.ENDS_SOON if soon else FactStanding.STANDS


def _fits(fact: Fact, wanted: str) -> bool:
    return not wanted or any(wanted in part.lower() for part in (fact.id, fact.entity, fact.statement, fact.owner))


def _examples(base: FactBase, fact: Fact, now: datetime) -> tuple[ExampleResult, ...]:
    """Run the examples of one fact against all that was understood; kept for a day, or until the facts change."""
    key = (fact, now.date())
    if key not in _results:
        if len(_results) >= MOST_RESULTS:
            _results.clear()
        _results[key] = tuple(run_alone(base, fact, now=now))
    return _results[key]


PAGES = (
    Page("/facts", show),
    Page("/facts/look-back", look_back, Act.EDIT_GUIDELINES, is_form=True),
    Page("/facts/review-every", review_every, Act.EDIT_GUIDELINES, is_form=True),
)
