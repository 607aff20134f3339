"""Compares what stands in the same place: the Telvia or the Nordcell network, sherry or bourbon casks."""

from collections.abc import Iterator

from guidelines.claims.evidence import Evidence, Pairing, Prepared, Said, opposed_by_pole
from guidelines.claims.lexicon import group, meanings, stem, stop_words, weak_words
from guidelines.claims.terms import Term
from guidelines.claims.text import Token

_CONFIDENCE = 0.7
_REST = 0.5
_EXCLUSIVE = group("slots exclusive verbs")


def compare_swaps(fact: Prepared, said: Said, pairing: Pairing) -> Iterator[Evidence]:
    """Whether a clause puts another modifier before the same noun, all else being the same."""
    terms = fact.reading.terms
    for at in range(len(terms) - 1):
        modifier, noun = terms[at], terms[at + 1]
        partner = pairing.partners[at + 1]
        if modifier.last + 1 != noun.first or partner is None or pairing.partners[at] is not None or not partner.text:
            continue
        if fact.is_answer(at) or not noun.text or fact.reading.tokens[noun.first].capital:
            continue
        other = _before(said, partner)
        if other is None or not _rivals(fact, said, modifier, other) or not _same_otherwise(fact, pairing, at):
            continue
        shown = said.reading.tokens[other.last].raw
        ours = fact.reading.tokens[modifier.last].raw
        reason = f"The post says “{shown} {partner.text}”; the fact says “{ours} {noun.text}”."
        yield Evidence(True, _CONFIDENCE, other.first, partner.last, reason)


def _before(said: Said, noun: Term) -> Term | None:
    """The word right before the noun, when it stands in this clause and unnegated."""
    if noun not in said.reading.terms or noun.sign < 0:
        return None
    return next((term for term in said.reading.terms if term.last + 1 == noun.first and term.weight >= 1.0), None)


def _rivals(fact: Prepared, said: Said, ours: Term, theirs: Term) -> bool:
    """Whether two modifiers exclude one another: two names, or what something is filled with or matures in."""
    if opposed_by_pole(ours, theirs) or any(term.relation(theirs) for term in fact.reading.terms):
        return False
    if _is_name(fact.reading.tokens[ours.first]):
        return is_unknown(said.reading.tokens[theirs.first])
    return bool(_EXCLUSIVE & {token.text for token in fact.reading.tokens}) and is_unknown(
        said.reading.tokens[theirs.first]
    )


def _is_name(token: Token) -> bool:
    return token.capital and is_unknown(token)


def is_unknown(token: Token) -> bool:
    """Whether no word list knows a word, as with most names."""
    part = stem(token.text)
    return part not in meanings().by_first and part not in stop_words() and part not in weak_words()


def _same_otherwise(fact: Prepared, pairing: Pairing, at: int) -> bool:
    rest = [other for other in range(len(fact.reading.terms)) if other not in (at, at + 1)]
    strong = [other for other in rest if fact.reading.terms[other].weight >= 1.0]
    return all(pairing.relations[other] >= 0 for other in rest) and pairing.score(fact.weights, strong) >= _REST
