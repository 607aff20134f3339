"""Says in plain words what was understood of a fact, so that a person can confirm it."""

from collections.abc import Iterator
from datetime import datetime

from guidelines.claims.compare_quantities import is_free_from
from guidelines.claims.evidence import Prepared
from guidelines.claims.quantities import Quantity
from guidelines.claims.text import written
from guidelines.facts import FactBase

_RELATIONS = {"=": "exactly", ">=": "at least", ">": "more than", "<=": "up to", "<": "less than"}


def describe(base: FactBase, *, now: datetime) -> Iterator[str]:
    """One paragraph per fact."""
    for prepared in base.prepared:
        fact = base.facts[prepared.id]
        lines = [f"{fact.id} ({fact.entity}): {fact.statement}"]
        lines += [f"  {line}" for line in _understood(prepared)]
        if not fact.stands(now, base.review_days):
            lines.append("  corrects nobody now: out of date or unreviewed")
        yield "\n".join(lines)


def _understood(prepared: Prepared) -> Iterator[str]:
    reading = prepared.reading
    for quantity in reading.quantities:
        text = written(reading.tokens[quantity.first : quantity.last + 1])
        if is_free_from(reading, quantity):
            yield f"free on condition of: {text}"
        else:
            yield f"amount: {_kind(quantity)}, {_RELATIONS[quantity.relation]}: {text}"
    for slot in reading.slots:
        yield f"{slot.kind}: " + written(reading.tokens[slot.first : slot.last + 1])
    for value in reading.values:
        yield f"{value.kind}: {value.name}"
    words = [reading.tokens[term.first : term.last + 1] for term in reading.terms if term.weight > 0.2]
    if words:
        yield "about: " + ", ".join(" ".join(token.text for token in tokens) for tokens in words)
    denied = [term for term in reading.terms if term.sign < 0]
    if denied:
        yield "says no to: " + ", ".join(reading.tokens[term.first].text for term in denied)
    if prepared.qualifiers:
        yield "only of: " + ", ".join(sorted(prepared.qualifiers))


def _kind(quantity: Quantity) -> str:
    return "number" if quantity.dimension == "count" else quantity.dimension.removeprefix("label:")
