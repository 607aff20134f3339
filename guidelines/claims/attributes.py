"""Whether two amounts measure the same thing: the same attribute, or the same thing counted."""

from collections.abc import Sequence

from guidelines.claims.evidence import Pairing, Prepared, Said, opposed_by_pole
from guidelines.claims.lexicon import group
from guidelines.claims.quantities import Quantity, dimension_of
from guidelines.claims.terms import Term

_PLAIN = group("attributes plain")
_OPENING = frozenset({"new", "another", "ceremony", "party"})
_CHANGES = group("attributes changes")
_ADDED = frozenset({"new", "more", "additional", "extra", "further", "fewer"})
_NO_PRICE = group("attributes no price")
ENOUGH = 0.34
"""Below this score two amounts are not held against one another."""

_BARE = 0.6
_THOUSAND = 1000


def attribute_score(fact: Prepared, said: Said, pairing: Pairing, ours: Quantity, theirs: Quantity) -> float:
    """How surely the two quantities measure the same thing, from 0 to 1."""
    if ours.dimension in ("clock", "always"):
        return _score_of_hours(fact, said, pairing, ours)
    keep = _attributes(fact, ours)
    if any(pairing.relations[at] < 0 and opposed_by_pole(fact.reading.terms[at], pairing.partners[at]) for at in keep):
        return 0.0
    if ours.dimension == "count":
        return _score_of_count(fact, said, pairing, ours, theirs)
    if not keep and pairing.topic.asked and not pairing.topic.known:
        return 0.0
    score = pairing.in_words().score(_weights(fact, ours, keep), keep)
    if theirs.dimension == "count":
        return score if score >= _BARE and _is_bare_price(said, theirs) else 0.0
    return 0.5 if score < ENOUGH and (_plain(fact, said, ours) or pairing.topic.sole_amount) else score


def _attributes(fact: Prepared, ours: Quantity) -> list[int]:
    """The terms that say what is measured."""
    nouns = fact.reading.nouns_of(ours) if ours.dimension == "count" else ()
    terms = enumerate(fact.reading.terms)
    keep = [at for at, term in terms if not _inside(term, ours) and term not in nouns and not _is_modal(term)]
    keep = [at for at in keep if fact.reading.terms[at] not in _other_nouns(fact, ours)]
    return [at for at in keep if not fact.is_answer(at)] or keep


def _other_nouns(fact: Prepared, ours: Quantity) -> tuple[Term, ...]:
    """What the other plain numbers of a statement count: the countries of "3 million customers in 14 countries"."""
    counts = [each for each in fact.reading.quantities if each.dimension == "count" and each.value > 1]
    nouns = fact.reading.nouns_of(ours) if ours.dimension == "count" else ()
    others = [fact.reading.nouns_of(each)[:1] for each in counts if each is not ours]
    return tuple(term for each in others for term in each if term not in nouns)


def _score_of_hours(fact: Prepared, said: Said, pairing: Pairing, ours: Quantity) -> float:
    """Opening times: "opens" and "closes" are no opposites here, and an opening ceremony is another matter."""
    if said.words & _OPENING:
        return 0.0
    keep = _attributes(fact, ours)
    keep = [at for at in keep if "~shop" not in fact.reading.terms[at].keys] or keep
    return pairing.in_words().score(_weights(fact, ours, keep), keep)


def _score_of_count(fact: Prepared, said: Said, pairing: Pairing, ours: Quantity, theirs: Quantity) -> float:
    """A plain number measures the same thing when it counts the same thing; "people" alone says too little."""
    if not _same_noun(_nouns(fact, ours), said, theirs) or _counts_a_change(fact, said, theirs):
        return 0.0
    nouns, keep = fact.reading.nouns_of(ours), _attributes(fact, ours)
    weights = _weights(fact, ours, keep)
    counted = [term for term in said.reading.nouns_of(theirs) if any(noun.relation(term) for noun in nouns)]
    if any(term.weight >= 1.0 for term in counted):
        if _counts_other(fact, said, ours, theirs, counted[0]):
            return 0.0
        return max(0.5 + pairing.in_words().score(weights, keep) / 2, _BARE)
    keep = [at for at in keep if pairing.partners[at] not in counted]
    if not keep and _says_only_that(said, nouns, counted):
        return _BARE
    return pairing.score(weights, keep) if keep or not nouns else 0.0


def _counts_a_change(fact: Prepared, said: Said, theirs: Quantity) -> bool:
    """Whether a number says by how much a stock grew or shrank: "opened 12 new shops", "hired 300 people"."""
    behind = {token.text for token in said.reading.tokens[theirs.last + 1 : theirs.last + 3]}
    changes = _CHANGES & said.words
    return not _CHANGES & {token.text for token in fact.reading.tokens} and bool(changes or behind & _ADDED)


def _says_only_that(said: Said, nouns: Sequence[Term], counted: Sequence[Term]) -> bool:
    """Whether a clause names the entity and, in the fact's own word, what it has so many of: "has 300k customers"."""
    shared = {key for ours in nouns for each in counted for key in ours.keys.keys() & each.keys.keys()}
    same = any(not key.startswith(("~", "±")) for key in shared)
    return same and said.clause.own and not any(term.weight >= 1.0 and term.text for term in said.reading.terms)


def _counts_other(fact: Prepared, said: Said, ours: Quantity, theirs: Quantity, noun: Term) -> bool:
    """Whether the noun is another kind of it: "one car park slot" against "two SD card slots"."""
    kinds = [term for term in fact.reading.nouns_of(ours) if term.weight >= 1.0]
    missing = [term for term in kinds if not any(term.relation(other) for other in said.reading.terms)]
    between = [term for term in said.reading.terms if theirs.last < term.first < noun.first and term.weight >= 1.0]
    strange = [term for term in between if not any(kind.relation(term) for kind in kinds)]
    return bool(missing and strange)


def _nouns(fact: Prepared, ours: Quantity) -> tuple[Term, ...]:
    """What a count counts; "seats five people" counts seats as well."""
    nouns = fact.reading.nouns_of(ours)
    if any(noun.weight >= 1.0 for noun in nouns):
        return nouns
    return nouns + tuple(term for term in fact.reading.terms if term.last == ours.first - 1 and term.weight >= 1.0)


def _is_modal(term: Term) -> bool:
    """Whether a word is only the amount's own price, or a "must" around it."""
    return term.keys.keys() == {"±pay"} or "±mandatory" in term.keys or "±minimum" in term.keys


def _inside(term: Term, quantity: Quantity) -> bool:
    return quantity.first <= term.first <= quantity.last


def _same_noun(nouns: tuple[Term, ...], said: Said, theirs: Quantity) -> bool:
    if not nouns:
        return True
    counted = said.reading.nouns_of(theirs) or tuple(
        term for term in said.reading.terms if term.last == theirs.first - 1
    )
    return any(ours.relation(other) for ours in nouns for other in counted if ours.weight > 0.1)


def _named_nearby(said: Said) -> bool:
    """Whether the entity stands in the clause, or right before it as in "Lumivox: 120 grams"."""
    if said.clause.own or said.clause.borrowed:
        return True
    start = said.reading.tokens[0].start
    before = [token.text for token in said.clause.around if token.start < start]
    return bool(said.clause.entities) and len(before) <= 5 and before[-1:] == [":"]


def counts_something(said: Said, theirs: Quantity) -> bool:
    """Whether a number stands right before what it counts, and so is no price and no age."""
    return not theirs.period and any(
        term.first == theirs.last + 1 and term.weight >= 1.0 for term in said.reading.nouns_of(theirs)
    )


def _weights(fact: Prepared, ours: Quantity, keep: list[int]) -> list[float]:
    """The words next to the amount, and the word the statement is about, count double."""
    weights = list(fact.weights)
    left = [at for at in keep if fact.reading.terms[at].last < ours.first]
    right = [at for at in keep if fact.reading.terms[at].first > ours.last]
    near = {max(left, default=-1), min(right, default=-1)} - {-1}
    if heads := fact.heads & set(keep):
        near = set(heads)
    for at in near:
        weights[at] = 2.0 * max(weights[at], 0.5)
    return weights


def _is_bare_price(said: Said, theirs: Quantity) -> bool:
    """Whether a number without a currency is a price: one is spoken of, and nothing is counted."""
    priced = any({"±pay", "~price", "~fee"} & term.keys.keys() and term.text for term in said.reading.terms)
    before = said.reading.tokens[theirs.first - 1] if theirs.first else None
    signed = before is not None and (before.text in ("-", "minus") or before.capital)
    counting = any(term.first == theirs.last + 1 for term in said.reading.terms) and not theirs.period
    thousands = theirs.step >= _THOUSAND or said.reading.tokens[theirs.last].text == "k"
    return (priced or thousands) and not signed and not counting


def _plain(fact: Prepared, said: Said, ours: Quantity) -> bool:
    """Whether a dimension speaks for itself: only one fact of the entity weighs anything, and so does the clause."""
    kind = dimension_of(ours)
    if ours.dimension == "money" and not ours.period:
        return kind in fact.lonely and _is_its_price(said)
    if not (ours.dimension in _PLAIN or ours.period) or kind not in fact.lonely or not _named_nearby(said):
        return False
    if ours.period and not any(dimension_of(each) == kind for each in said.reading.quantities):
        return False
    known = fact.reading.terms
    strangers = [
        term for term in said.reading.terms if term.weight >= 1.0 and not any(ours.relation(term) for ours in known)
    ]
    return len(strangers) <= (0 if ours.period else 2)


def _is_its_price(said: Said) -> bool:
    """Whether a clause says nothing but what the entity costs: "Lumivox is $499", "$499 for a Lumivox"."""
    if not said.clause.own or said.words & _NO_PRICE or any(term.weight >= 1.0 for term in said.reading.terms):
        return False
    tokens = said.reading.tokens
    prices = [each for each in said.reading.quantities if each.dimension == "money"]
    return any(each.first == 0 or tokens[each.first - 1].text in ("is", "are", "'s", "for", ":") for each in prices)
