"""What a denial covers: alternatives, a name, a mere circumstance, or something that only happened."""

from collections.abc import Sequence

from guidelines.claims.compare_swaps import is_unknown
from guidelines.claims.evidence import Pairing, Prepared, Said
from guidelines.claims.lexicon import group
from guidelines.claims.terms import Term

_HAVING = group("polarity having")
_ALTERNATIVES = frozenset({"or", "nor", "and", ",", "/"})
_OWN_KEYS = 2
_PAST = frozenset({"couldn't", "couldnt", "didn't", "didnt", "wasn't", "weren't", "old"})


def without_alternatives(fact: Prepared, denied: Sequence[int], affirmed: Sequence[int]) -> list[int]:
    """What is denied without the words that "or" joins to one the post affirms: "no trading or custody"."""
    tokens, terms = fact.reading.tokens, fact.reading.terms
    chosen = set(affirmed)
    for at in denied:
        for other in (at - 1, at + 1):
            if at in chosen or other not in affirmed:
                continue
            first, second = sorted((terms[at], terms[other]), key=lambda term: term.first)
            between = [token.text for token in tokens[first.last + 1 : second.first]]
            rest = [number for number in denied if number not in (at, other) and terms[number].weight >= 1.0]
            if not chosen.issuperset(rest):
                continue
            if between and set(between) <= _ALTERNATIVES and second.first == first.last + 1 + len(between):
                return [number for number in denied if number != at]
    return list(denied)


def only_happens(fact: Prepared, said: Said, pairing: Pairing, affirmed: Sequence[int]) -> bool:
    """Whether a clause tells what happened to the thing that the fact does without: "the app crashed twice"."""
    if said.words & _HAVING:
        return False
    partners = [partner for at in affirmed if (partner := pairing.partners[at]) is not None]
    last = max((partner.last for partner in partners), default=0)
    verb = next((term for term in said.reading.terms if term.first == last + 1 and term.weight >= 1.0), None)
    return verb is not None and verb.text.endswith("ed") and not known(fact, verb) and len(verb.keys) <= _OWN_KEYS


def misses_part(fact: Prepared, denied: Sequence[int], affirmed: Sequence[int]) -> bool:
    """Whether the post leaves out the one property that a fact denies of its things: "any of its beers in cans"."""
    tokens = [token.text for token in fact.reading.tokens]
    owned = any(tokens[at : at + 2] in (["of", "its"], ["of", "their"], ["of", "our"]) for at in range(len(tokens)))
    last = max(denied, default=-1)
    return owned and last >= 0 and last not in affirmed


def said_of_past(said: Said) -> bool:
    """Whether a clause denies what was: "couldn't be added"."""
    return bool(said.words & _PAST)


def denies_name(fact: Prepared, said: Said, pairing: Pairing, flipped: Sequence[int], first: Sequence[Term]) -> bool:
    """Whether the very name that a fact affirms something of is denied: "does not support Velcard"."""
    if not all(known(fact, term) for term in first) or said_of_past(said):
        return False
    tokens = fact.reading.tokens
    named = (at for at in flipped if pairing.shares[at] == 1.0 and fact.reading.terms[at].sign > 0)
    return any(
        tokens[fact.reading.terms[at].first].capital and is_unknown(tokens[fact.reading.terms[at].first])
        for at in named
        if fact.reading.terms[at].first > 0
    )


def denies_circumstance(fact: Prepared, flipped: Sequence[int]) -> bool:
    """Whether only the circumstances of an amount are denied: the charge of "20 hours on one charge"."""
    amounts = [quantity for quantity in fact.reading.quantities if quantity.dimension not in ("date", "count")]
    if not amounts:
        return False
    first = min(quantity.last for quantity in amounts)
    terms = [fact.reading.terms[at] for at in flipped]
    tokens = fact.reading.tokens
    return all(
        term.first > first and {token.text for token in tokens[max(0, term.first - 2) : term.first + 1]} & {"on", "per"}
        for term in terms
    )


def known(fact: Prepared, term: Term) -> bool:
    """Whether a word of the post has anything to do with a word of the fact."""
    return any(ours.relation(term) for ours in fact.reading.terms)
