"""Compares amounts: the same dimension, the same attribute, another number."""

from collections.abc import Iterator

from guidelines.claims.amounts import Match, comparable, compare
from guidelines.claims.evidence import Evidence, Pairing, Prepared, Said
from guidelines.claims.lexicon import group
from guidelines.claims.quantities import Quantity
from guidelines.claims.terms import Reading, Term

_CEILING = group("compare_quantities ceiling")
_ALLOWANCE = frozenset({"~returns", "~cancel", "~trial", "±refund", "~warranty", "exchang", "withdraw", "~notice"})
_PLAIN = frozenset(
    {"mass", "ip", "energy", "charge", "speed", "resolution", "frequency", "pixels", "power", "kcal", "voltage"}
)
_ENOUGH = 0.34
_SURE = 0.55
_HYPERBOLE = 20.0


def compare_quantities(fact: Prepared, said: Said, pairing: Pairing) -> Iterator[Evidence]:
    """What the quantities of a clause say about those of a fact."""
    for ours in fact.reading.quantities:
        found = [each for theirs in said.reading.quantities if (each := _one(fact, said, pairing, ours, theirs))]
        agreeing = [each for each in found if not each.contradicts]
        yield from agreeing or found


def _one(fact: Prepared, said: Said, pairing: Pairing, ours: Quantity, theirs: Quantity) -> Evidence | None:
    if not comparable(ours, theirs):
        return None
    score = _attribute_score(fact, said, pairing, ours, theirs)
    if score < _ENOUGH:
        return None
    negated = said.reading.scope.sign_of(theirs.first) < 0
    result = compare(
        ours,
        theirs,
        negated=negated,
        ceiling=bool(said.words & _CEILING),
        allowance=any(_ALLOWANCE & term.keys.keys() for term in fact.reading.terms),
        tolerance=fact.tolerance,
    )
    if result is Match.UNCLEAR:
        return None
    confidence = _confidence(score, ours, theirs)
    shown = _shown(said.reading, theirs)
    reason = f"The post says {shown}; the fact says {_shown(fact.reading, ours)}."
    return Evidence(result is Match.DIFFERENT, confidence, theirs.first, theirs.last, reason, theirs.first)


def _confidence(score: float, ours: Quantity, theirs: Quantity) -> float:
    confidence = 0.95 if score >= _SURE else 0.72 + 0.3 * (score - _ENOUGH)
    if ours.dimension == "time" and theirs.value <= 300 and ours.value > _HYPERBOLE * theirs.value:
        confidence = 0.5
    if ours.approximate and theirs.approximate:
        confidence -= 0.1
    return confidence


def _shown(reading: Reading, quantity: Quantity) -> str:
    return "“" + " ".join(token.raw for token in reading.tokens[quantity.first : quantity.last + 1]) + "”"


def _attribute_score(fact: Prepared, said: Said, pairing: Pairing, ours: Quantity, theirs: Quantity) -> float:
    """How surely the two quantities measure the same thing, from 0 to 1."""
    nouns = fact.reading.nouns_of(ours) if ours.dimension == "count" else ()
    if ours.dimension == "count" and not _same_noun(nouns, said, theirs):
        return 0.0
    terms = fact.reading.terms
    keep = [
        at for at, term in enumerate(terms) if not _inside(term, ours) and term not in nouns and _only(term) != "±pay"
    ]
    if any(pairing.relations[at] < 0 and _opposed_by_pole(terms[at], pairing.partners[at]) for at in keep):
        return 0.0
    weights = _weights(fact, ours, keep)
    score = pairing.score(weights, keep)
    if ours.dimension != theirs.dimension and theirs.dimension == "count":
        return score if score >= 0.6 and not _counts_something(said, theirs) else 0.0
    if ours.dimension == "count":
        return max(0.5 + score / 2, 0.6) if nouns else score
    if score < _ENOUGH and _plain(fact, said, ours):
        return 0.5
    return score


def _only(term: Term) -> str:
    return next(iter(term.keys)) if len(term.keys) == 1 else ""


def _opposed_by_pole(ours: Term, theirs: Term | None) -> bool:
    """Whether the two words are opposites, rather than one of them negated."""
    if theirs is None:
        return False
    return any(ours.keys[key] * theirs.keys.get(key, ours.keys[key]) < 0 for key in ours.keys)


def _inside(term: Term, quantity: Quantity) -> bool:
    return quantity.first <= term.first <= quantity.last


def _same_noun(nouns: tuple[Term, ...], said: Said, theirs: Quantity) -> bool:
    if not nouns:
        return True
    counted = said.reading.nouns_of(theirs)
    return any(ours.relation(other) for ours in nouns for other in counted if ours.weight > 0.1)


def _counts_something(said: Said, theirs: Quantity) -> bool:
    return any(term.weight >= 1.0 for term in said.reading.nouns_of(theirs))


def _weights(fact: Prepared, ours: Quantity, keep: list[int]) -> list[float]:
    """The words next to the amount, and the word the statement is about, count double."""
    weights = list(fact.weights)
    left = [at for at in keep if fact.reading.terms[at].last < ours.first]
    right = [at for at in keep if fact.reading.terms[at].first > ours.last]
    near = {max(left, default=-1), min(right, default=-1)} - {-1}
    if fact.head is not None and fact.head in keep:
        near = {fact.head}
    for at in near:
        weights[at] *= 2.0
    return weights


def _plain(fact: Prepared, said: Said, ours: Quantity) -> bool:
    """Whether a dimension speaks for itself: only one fact of the entity weighs anything, and so does the clause."""
    if ours.dimension not in _PLAIN or ours.dimension not in fact.lonely or not said.clause.own:
        return False
    return sum(1 for term in said.reading.terms if term.weight >= 1.0) <= 2
