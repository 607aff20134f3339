"""What a measurement says: a row of the table, and how several timings become one figure."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `kept` tells whether its budget was kept; None where none was set and it stands for comparison."""

    what: str
    must: str
    measured: str
    kept: bool | None = None


def fast_enough(what: str, seconds: Sequence[float], limit: float, *, share: int = 95) -> Row:
    """Return the row of timings of which `share` in a hundred must stay below `limit` seconds."""
    slow = percentile(seconds, share)
    measured = f"p{share} {shown(slow)}, p50 {shown(statistics.median(seconds))}, worst {shown(max(seconds))}"
    return Row(what, f"p{share} < {shown(limit)}", measured, slow < limit)


def quick_enough(what: str, seconds: float, limit: float, detail: str = "") -> Row:
    """Return the row of something that is done once, and must be done within `limit` seconds."""
    return Row(what, f"< {shown(limit)}", f"{shown(seconds)}{detail}", seconds < limit)


def percentile(values: Sequence[float], share: int) -> float:
    """Return the value that `share` in a hundred do not exceed: one that was measured, never one between two."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def timed(act: Callable[[Thing], object], things: Iterable[Thing]) -> list[float]:
    """Return how many seconds `act` took for each."""
    taken = []
    for thing in things:
        began = perf_counter()
        act(thing)
        taken.append(perf_counter() - began)
    return taken


def shown(seconds: float) -> str:
    """Say a duration in the unit that fits it."""
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{seconds * 1000:.3g} ms"
