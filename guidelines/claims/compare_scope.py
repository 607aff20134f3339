"""Compares whom something is for: every plan, or one plan only."""

from collections.abc import Sequence

from guidelines.claims.evidence import Evidence, Pairing, Prepared, Said
from guidelines.claims.lexicon import group, stem, stop_words
from guidelines.claims.text import Token
from guidelines.claims.variants import is_universal, is_variant

_ONLY = group("compare_values only")
_CONFIDENCE = 0.8
_LISTED = 0.75
_REACH = 5
_ENOUGH = 0.3


def compare_scope(fact: Prepared, said: Said, pairing: Pairing) -> Evidence | None:
    """Whether a clause keeps for one plan what the fact gives to all, or the other way round."""
    ours, theirs = fact.reading.tokens, said.reading.tokens
    if (alone := _alone(ours, theirs)) is not None and not said.reading.scope.negated:
        named = theirs[alone].raw
        return Evidence(True, _LISTED, alone, alone, f"The post says only “{named}”; the fact names more.")
    if is_universal(ours):
        at = _restriction(theirs)
    elif _restriction(ours) is not None and is_universal(theirs):
        at = next(at for at, token in enumerate(theirs) if is_universal(theirs[at:]))
    else:
        return None
    if at is None or said.reading.scope.negated or fact.reading.scope.negated or not _same_matter(fact, pairing):
        return None
    words = "one plan only; the fact says all" if is_universal(ours) else "all plans; the fact says one only"
    return Evidence(True, _CONFIDENCE, at, at, f"The post says {words}.")


def _alone(ours: Sequence[Token], theirs: Sequence[Token]) -> int | None:
    """The place of "CCS" in "only has CCS", when the fact says "CCS and CHAdeMO"."""
    words = {token.text for token in theirs}
    for at in range(1, len(ours) - 1):
        pair = ours[at - 1], ours[at + 1]
        if ours[at].text not in ("and", "&") or not all(each.capital and each.kind == "word" for each in pair):
            continue
        for one, other in (pair, pair[::-1]):
            if one.text in words and other.text not in words and stem(one.text) not in stop_words():
                place = next(here for here, token in enumerate(theirs) if token.text == one.text)
                if _ONLY & {token.text for token in theirs[max(0, place - 3) : place]}:
                    return place
    return None


def _restriction(tokens: Sequence[Token]) -> int | None:
    """The place of the plan that something is kept for: "only on the Business plan", "Business only"."""
    marks = [at for at, token in enumerate(tokens) if token.text in _ONLY]
    plans = [at for at in range(len(tokens)) if is_variant(tokens, at)]
    return next((at for at in plans if any(abs(at - mark) <= _REACH for mark in marks)), None)


def _same_matter(fact: Prepared, pairing: Pairing) -> bool:
    strong = [at for at, term in enumerate(fact.reading.terms) if term.weight >= 1.0 and "~plan" not in term.keys]
    known = any(pairing.relations[at] > 0 and pairing.shares[at] == 1.0 for at in strong)
    return known and pairing.score(fact.weights, strong) >= _ENOUGH and not pairing.topic.foreign
