"""What makes a contradiction doubtful: another kind of the thing, or the fact's own amount standing beside it."""

from collections.abc import Sequence

from guidelines.claims.evidence import Evidence, Pairing, Prepared, Said
from guidelines.claims.lexicon import stem
from guidelines.claims.quantities import Quantity
from guidelines.claims.slots import Slot
from guidelines.claims.terms import Reading, Term
from guidelines.claims.values import Value

_MODAL = frozenset({"±mandatory", "±pay", "±minimum"})
_JOINING = frozenset({"on", "for", "of"})
_ARTICLES = frozenset({"the", "a", "an", "its", "their", "your", "our", "my"})


def other_kind(fact: Prepared, said: Said, pairing: Pairing, evidence: Evidence) -> bool:
    """Whether a clause names another kind of what the fact speaks of: "chat support" against "phone support"."""
    span = range(evidence.first, evidence.last + 1)
    for at, partner in enumerate(pairing.partners):
        if partner is None or not partner.text or partner not in said.reading.terms or partner.first in span:
            continue
        narrowed = _missing_before(fact, pairing, at) or _is_shortened(fact.reading.terms[at], partner)
        if narrowed and _strange(fact, said, _before(said.reading, partner), span):
            return True
        if _misses_subject(fact, pairing) and _strange(fact, said, _behind(said.reading, partner), span):
            return True
    return False


def rests_on_amount(fact: Prepared, said: Said, pairing: Pairing, evidence: Evidence) -> bool:
    """Whether only the amount is in common, and the clause says what it is for: "18 for the credit card"."""
    if evidence.quantity is None or said.clause.borrowed:
        return False
    partners = [partner for partner in pairing.partners if partner is not None and partner.text]
    if any(partner.weight >= 1.0 and not _MODAL & partner.keys.keys() for partner in partners):
        return False
    span = range(evidence.first, evidence.last + 1)
    tokens = said.reading.tokens
    purpose = next((at for at, token in enumerate(tokens) if token.text == "for" and at > evidence.last), None)
    return purpose is not None and any(
        term.first > purpose and term.weight >= 1.0 and _strange(fact, said, term, span) for term in said.reading.terms
    )


def _missing_before(fact: Prepared, pairing: Pairing, at: int) -> bool:
    """Whether the word that narrows a matched word of the fact is missing in the post."""
    before = at - 1
    if before < 0 or fact.reading.terms[before].last + 1 != fact.reading.terms[at].first or fact.is_answer(before):
        return False
    return pairing.partners[before] is None and fact.reading.terms[before].weight >= 1.0


def _is_shortened(ours: Term, theirs: Term) -> bool:
    """Whether a phrase of the fact stands without its first word: "support" for "phone support"."""
    words, last = ours.text.split(), theirs.text.split()[-1]
    return len(words) > 1 and " " not in theirs.text and words[-1] == last


def _misses_subject(fact: Prepared, pairing: Pairing) -> bool:
    """Whether what the statement is about is missing in the post."""
    heads = fact.heads or {next((at for at, term in enumerate(fact.reading.terms) if term.weight >= 1.0), -1)} - {-1}
    return bool(heads) and all(pairing.partners[at] is None for at in heads)


def _before(reading: Reading, term: Term) -> Term | None:
    return next((other for other in reading.terms if other.last + 1 == term.first and other.weight >= 1.0), None)


def _behind(reading: Reading, term: Term) -> Term | None:
    """The thing of "guarantee on drivetrain parts"."""
    at = term.last + 1
    if at >= len(reading.tokens) or reading.tokens[at].text not in _JOINING:
        return None
    at += 1
    while at < len(reading.tokens) and reading.tokens[at].text in _ARTICLES:
        at += 1
    return next((other for other in reading.terms if other.first == at and other.weight >= 1.0), None)


def _strange(fact: Prepared, said: Said, term: Term | None, span: Sequence[int]) -> bool:
    """Whether a word is a thing that the fact does not know, and none of the values compared."""
    if term is None or not term.text.replace(" ", "").isalpha() or term.first in span:
        return False
    answers: tuple[Value | Slot | Quantity, ...] = (*said.reading.values, *said.reading.slots, *said.reading.quantities)
    if any(each.first <= term.first <= each.last for each in answers):
        return False
    own = {stem(part) for part in fact.entity.lower().split()}
    return not any(ours.relation(term) for ours in fact.reading.terms) and stem(term.text) not in own


def own_amount_beside(fact: Prepared, beside: Sequence[Reading], evidence: Evidence) -> bool:
    """Whether another clause of the sentence states the fact's own amount: "turned 15 in 2024, started in 2009"."""
    if evidence.quantity is None:
        return False
    return any(
        _same(ours, theirs) and reading.scope.sign_of(theirs.first) > 0
        for reading in beside
        for theirs in reading.quantities
        for ours in fact.reading.quantities
    )


def _same(ours: Quantity, theirs: Quantity) -> bool:
    if ours.dimension != theirs.dimension or ours.period != theirs.period or not ours.value:
        return False
    return abs(ours.value - theirs.value) <= 1e-6 * abs(ours.value) and ours.parts == theirs.parts
