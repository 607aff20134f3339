"""Facts: what the company stands behind, how long it holds, where it is written, and whether its examples hold."""

import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from starlette.responses import Response

from bot.console.house import Page, Visit
from guidelines.claims.examples import ExampleResult, run_examples
from guidelines.facts import Fact, FactBase

PAGE = 25
SOON = timedelta(days=30)

_results: dict[tuple[Fact, date], tuple[ExampleResult, ...]] = {}
MOST_RESULTS = 5_000


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact with its standing today."""

    fact: Fact
    stands: bool
    ends_soon: bool
    examples: tuple[ExampleResult, ...]

    @property
    def wrong(self) -> tuple[ExampleResult, ...]:
        """The examples that did not come out as they should."""
        return tuple(result for result in self.examples if not result.passed)


def show(visit: Visit) -> Response:
    """Show the facts, a page at a time."""
    base, now = visit.deps.facts, visit.deps.now()
    wanted = visit.asked("q").lower()[:200]
    after = visit.asked("after")
    facts = sorted(base.facts.values(), key=lambda fact: fact.id) if base else []
    fitting = [fact for fact in facts if _fits(fact, wanted) and fact.id > after]
    return visit.show(
        "facts.html",
        title="Facts",
        base=base,
        wanted=visit.asked("q")[:200],
        total=len(facts),
        facts=[_view(base, fact, now) for fact in fitting[:PAGE]] if base else [],
        more=fitting[PAGE - 1].id if len(fitting) > PAGE else None,
        lapsed=sum(not fact.stands(now, base.review_days) for fact in facts) if base else 0,
    )


def _fits(fact: Fact, wanted: str) -> bool:
    return not wanted or any(wanted in part.lower() for part in (fact.id, fact.entity, fact.statement, fact.owner))


def _view(base: FactBase, fact: Fact, now: datetime) -> FactView:
    soon = fact.valid_until is not None and now.date() <= fact.valid_until <= (now + SOON).date()
    return FactView(fact, fact.stands(now, base.review_days), soon, _examples(base, fact, now))


def _examples(base: FactBase, fact: Fact, now: datetime) -> tuple[ExampleResult, ...]:
    """Run the examples of one fact against all that was understood; once a day, as dates may change what stands."""
    key = (fact, now.date())
    if key not in _results:
        if len(_results) >= MOST_RESULTS:
            _results.clear()
        alone = copy.copy(base)
        alone.facts = {fact.id: fact}
        _results[key] = tuple(run_examples(alone, now=now))
    return _results[key]


PAGES = (Page("/facts", show),)
