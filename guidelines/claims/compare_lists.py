"""Compares closed lists: a fact that names the only ones, and a post that speaks of others or of everything."""

from functools import cache

from guidelines.claims.evidence import Evidence, Pairing, Prepared, Said
from guidelines.claims.lexicon import entries, group, stem
from guidelines.claims.terms import Term

_ONLY = group("compare_values only") - {"nothing"}
_ANYTHING = group("compare_lists anything")
_PREPOSITIONS = group("compare_polarity prepositions")
_CONFIDENCE = 0.75
_NARROWING = frozenset({"i", "you", "we", "they", "my", "that", "else", "but", "except", "he", "she"})
_REACH = 6
_NEAR = 3


def compare_lists(fact: Prepared, said: Said, pairing: Pairing) -> Evidence | None:
    """Whether a clause goes beyond a list that the fact closes with "only": "treats birds", "takes everything"."""
    at = next((at for at, token in enumerate(fact.reading.tokens) if token.text in _ONLY), None)
    if at is None or fact.reading.scope.negated or said.words & _ONLY:
        return None
    listed, verbs = _listed(fact, at), _verbs(fact, pairing, at)
    if not listed or not verbs:
        return None
    if any(term.relation(other) for term in listed for other in said.reading.terms):
        return None
    for verb in verbs:
        other = _everything(said, verb) or _another(said, verb, listed)
        if other is not None and said.reading.scope.sign_of(other) > 0:
            shown = said.reading.tokens[other].raw
            return Evidence(True, _CONFIDENCE, other, other, f"The post says “{shown}”; the fact names the only ones.")
    return None


def _listed(fact: Prepared, at: int) -> list[Term]:
    """The words behind "only": those that the fact closes its list with."""
    tokens = fact.reading.tokens
    stop = next((end for end in range(at + 1, len(tokens)) if tokens[end].text in _PREPOSITIONS), len(tokens))
    terms = [term for term in fact.reading.terms if at < term.first < stop and term.weight >= 1.0]
    numbers = [each for each in fact.reading.quantities if at < each.first < stop]
    return [] if numbers else terms


def _verbs(fact: Prepared, pairing: Pairing, at: int) -> list[Term]:
    """What the post says in its own words of the verb right before "only"."""
    terms = enumerate(fact.reading.terms)
    own = [number for number, term in terms if term.last == at - 1 and pairing.shares[number] == 1.0]
    return [partner for number in own if (partner := pairing.partners[number]) is not None and partner.sign > 0]


def _everything(said: Said, verb: Term) -> int | None:
    tokens = said.reading.tokens
    reach = range(verb.last + 1, min(len(tokens), verb.last + 1 + _REACH))
    found = next((at for at in reach if tokens[at].text in _ANYTHING), None)
    narrowed = found is not None and found + 1 < len(tokens) and tokens[found + 1].text in _NARROWING
    return None if narrowed else found


def _another(said: Said, verb: Term, listed: list[Term]) -> int | None:
    """The object behind the verb, where it is of a kind with all that the fact lists."""
    things = [term for term in said.reading.terms if term.first > verb.last and term.weight >= 1.0]
    known = [_kinds(term) for term in listed]
    shared = frozenset.intersection(*known)
    if not things or things[0].first - verb.last > _NEAR:
        return None
    return things[0].first if shared & _kinds(things[0]) else None


def _kinds(term: Term) -> frozenset[str]:
    """The kinds of thing that a word may name."""
    return frozenset().union(*(_kinds_by_stem().get(stem(word), frozenset()) for word in term.text.split()))


@cache
def _kinds_by_stem() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for kind, rest in entries("kinds"):
        for name in rest.split(","):
            part = stem(name.strip())
            found[part] = found.get(part, frozenset()) | {kind}
    return found
