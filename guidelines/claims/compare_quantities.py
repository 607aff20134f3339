"""Compares amounts: the same dimension, the same attribute, another number."""

from collections.abc import Iterator
from dataclasses import replace

from guidelines.claims.amounts import Match, comparable, compare
from guidelines.claims.attributes import ENOUGH, attribute_score, counts_something
from guidelines.claims.evidence import Evidence, Pairing, Prepared, Said
from guidelines.claims.lexicon import group
from guidelines.claims.quantities import Quantity, units
from guidelines.claims.terms import Reading

_CEILING = group("compare_quantities ceiling")
ALLOWANCE = frozenset({"~returns", "~cancel", "~trial", "±refund", "~warranty", "exchang", "withdraw", "~notice"})
"""What a fact grants time for, rather than promising to be fast."""

_YEAR = 31557600.0
_AGED = frozenset({"be", "are", "aged", "age", "over", "under", "is", "turn"})
_ONWARDS = frozenset({"upwards", "onwards", "up", "older"})
_MEASURES = frozenset({"length", "mass", "volume", "speed", "area", "power", "energy", "pressure"})
_ALL = frozenset({"all", "every", "entirely", "fully", "each", "only", "exclusively"})
_PARTS = frozenset({"some", "half", "few", "certain", "selected", "most"})
_SURE = 0.55
_EVENTS = frozenset({"~founding", "~release"})
_OLD = frozenset({"old", "olds", "age", "aged", "ages", "yo"})
_BOUNDS = group("compare_quantities bounds")
_HYPERBOLE = 20.0


def compare_quantities(fact: Prepared, said: Said, pairing: Pairing) -> Iterator[Evidence]:
    """What the quantities of a clause say about those of a fact."""
    yield from _unlimited(fact, said, pairing)
    yield from _some_of_all(fact, said, pairing)
    for theirs in said.reading.quantities:
        found = [each for ours in fact.reading.quantities if (each := _one(fact, said, pairing, ours, theirs))]
        agreeing = [each for each in found if not each.contradicts]
        yield from agreeing or ([] if _known_amount(fact, theirs) else found)


def _known_amount(fact: Prepared, theirs: Quantity) -> bool:
    """Whether the fact names this very amount too, as it may for something else: "from 1994 to 1995"."""
    return any(
        ours.dimension == theirs.dimension
        and ours.value == theirs.value
        and set(theirs.parts) - {None} <= set(ours.parts)
        for ours in fact.reading.quantities
        if ours.dimension in ("date", "time", "money", "clock")
    )


def _unlimited(fact: Prepared, said: Said, pairing: Pairing) -> Iterator[Evidence]:
    """ "Unlimited data" against a fact that names an amount of it."""
    at = next((at for at, token in enumerate(said.reading.tokens) if token.text in ("unlimited", "limitless")), None)
    if at is None or not fact.reading.quantities or said.reading.scope.sign_of(at) < 0:
        return
    noun = next((term for term in said.reading.terms if at < term.first <= at + 2), None)
    if noun is not None and noun in pairing.partners and "unlimited" not in fact.statement.lower():
        shown = _shown(fact.reading, fact.reading.quantities[0])
        yield Evidence(True, 0.75, at, at, f"The post says unlimited; the fact says {shown}.")


def _some_of_all(fact: Prepared, said: Said, pairing: Pairing) -> Iterator[Evidence]:
    """ "Only 40 % of it" against a fact that says "all"."""
    if not _ALL & {token.text for token in fact.reading.tokens} or any(
        q.dimension == "percent" for q in fact.reading.quantities
    ):
        return
    strong = [at for at, term in enumerate(fact.reading.terms) if term.weight >= 1.0]
    if not strong or any(pairing.relations[at] < 0 for at in strong) or pairing.score(fact.weights, strong) < _SURE:
        return
    if (at := _only_some(said)) is not None:
        yield Evidence(True, 0.8, at, at, f"The post says {said.reading.tokens[at].raw}; the fact says all.")
    for share in said.reading.quantities:
        if share.dimension == "percent" and share.value < 99 and share.relation in ("=", "<", "<="):
            yield Evidence(
                True, 0.8, share.first, share.last, f"The post says {_shown(said.reading, share)}; the fact says all."
            )


def _only_some(said: Said) -> int | None:
    """The place of "some" in "only some of their milk"."""
    texts = [token.text for token in said.reading.tokens]
    parts = (at for at in range(1, len(texts)) if texts[at] in _PARTS and texts[at - 1] in ("only", "just"))
    return next(parts, None)


def _one(fact: Prepared, said: Said, pairing: Pairing, ours: Quantity, theirs: Quantity) -> Evidence | None:
    theirs = _as_measured(fact, said, ours, theirs)
    age = _as_age(fact, said, ours, theirs)
    if ours.dimension == age.dimension == "count" and not float(age.value).is_integer() and ours.step >= 1:
        return None
    if not comparable(ours, age) or _is_other_age(said, ours, age) or _is_within(said, ours, age):
        return None
    if ours.dimension == "date" and _is_other_event(fact, pairing):
        return None
    score = attribute_score(fact, said, pairing, ours, age) if age is theirs else _SURE
    aged = age is not theirs
    theirs = age
    if score < ENOUGH:
        return None
    signs = said.reading.scope.sign_of(theirs.last), fact.reading.scope.sign_of(ours.last)
    negated = signs == (-1, 1) if ours.dimension == "date" else signs[0] != signs[1]
    result = compare(
        ours,
        theirs,
        negated=negated,
        ceiling=bool(said.words & _CEILING),
        allowance=any(ALLOWANCE & term.keys.keys() for term in fact.reading.terms),
        condition=aged or _is_threshold(fact, said, ours) or _only_from(said, ours, theirs),
        tolerance=fact.tolerance,
    )
    if result is Match.UNCLEAR:
        return None
    confidence = _confidence(score, ours, theirs)
    shown = _shown(said.reading, theirs)
    reason = f"The post says {shown}; the fact says {_shown(fact.reading, ours)}."
    return Evidence(result is Match.DIFFERENT, confidence, theirs.first, theirs.last, reason, theirs.first)


def _is_other_age(said: Said, ours: Quantity, theirs: Quantity) -> bool:
    """Whether a plain duration meets an age: "down for six hours" against "at least 18"."""
    return ours.dimension == "age" and theirs.dimension == "time" and not said.words & _OLD


def _is_other_event(fact: Prepared, pairing: Pairing) -> bool:
    """Whether a post with words of its own does not name the founding or the release that the fact dates."""
    events = [at for at, term in enumerate(fact.reading.terms) if _EVENTS & term.keys.keys()]
    return bool(events) and pairing.topic.known < 1.0 and not any(pairing.relations[at] for at in events)


def _is_within(said: Said, ours: Quantity, theirs: Quantity) -> bool:
    """Whether an hour only lies inside the opening times: "answered at 10 pm"."""
    if ours.dimension != "clock" or theirs.dimension != "clock" or ours.high is None or theirs.high is not None:
        return False
    return ours.value <= theirs.value <= ours.high and not said.words & _BOUNDS


def is_free_from(reading: Reading, amount: Quantity) -> bool:
    """Whether a price is the point from which something costs nothing, and so not what it costs."""
    return amount.dimension == "money" and any(term.keys.get("±pay", 1) < 0 for term in reading.terms)


def _is_threshold(fact: Prepared, said: Said, ours: Quantity) -> bool:
    """Whether the fact's amount is a bar to pass: "free over €40", "must be at least 16"."""
    if ours.dimension == "money":
        return is_free_from(fact.reading, ours)
    if ours.dimension == "age" or any("~age" in term.keys for term in fact.reading.terms):
        return True
    return all(any("±mandatory" in term.keys for term in side.reading.terms) for side in (fact, said))


def _only_from(said: Said, ours: Quantity, theirs: Quantity) -> bool:
    """Whether both name the point where something begins: "only from 3 years", "only after 2 hours"."""
    before = {token.text for token in said.reading.tokens[max(0, theirs.first - 2) : theirs.first + 1]}
    return ours.relation in (">=", ">") and "only" in said.words and bool(before & {"from", "after", "over"})


def _as_age(fact: Prepared, said: Said, ours: Quantity, theirs: Quantity) -> Quantity:
    """ "You have to be 18" speaks of years where the fact speaks of age."""
    if ours.dimension not in ("time", "age") or theirs.dimension != "count" or counts_something(said, theirs):
        return theirs
    before = {token.text for token in said.reading.tokens[max(0, theirs.first - 2) : theirs.first]}
    aged = ours.dimension == "age" or any("~age" in term.keys for term in fact.reading.terms)
    onwards = theirs.relation == ">=" and bool(before & {"from", "at"} or said.words & _ONWARDS)
    before = before | {"age"} if onwards else before
    return (
        replace(theirs, dimension="age", value=theirs.value * _YEAR, high=None) if aged and before & _AGED else theirs
    )


def _as_measured(fact: Prepared, said: Said, ours: Quantity, theirs: Quantity) -> Quantity:
    """A bare decimal in the fact's own unit: "maxes out at 2.35 tyres" against "up to 2.6 inches"."""
    if ours.dimension not in _MEASURES or theirs.dimension != "count" or float(theirs.value).is_integer():
        tokens = said.reading.tokens[theirs.first : theirs.last + 1]
        if ours.dimension not in _MEASURES or theirs.dimension != "count" or not any("." in t.text for t in tokens):
            return theirs
    name = next((t.text for t in fact.reading.tokens[ours.first : ours.last + 1] if t.text in units()), None)
    if name is None:
        return theirs
    factor = units()[name][1]
    return replace(theirs, dimension=ours.dimension, value=theirs.value * factor, high=None, step=ours.step)


def _confidence(score: float, ours: Quantity, theirs: Quantity) -> float:
    confidence = 0.95 if score >= _SURE else 0.72 + 0.3 * (score - ENOUGH)
    if ours.dimension == "time" and theirs.value <= 300 and ours.value > _HYPERBOLE * theirs.value:
        confidence = 0.5
    if ours.approximate and theirs.approximate:
        confidence -= 0.1
    return confidence


def _shown(reading: Reading, quantity: Quantity) -> str:
    return "“" + " ".join(token.raw for token in reading.tokens[quantity.first : quantity.last + 1]) + "”"
