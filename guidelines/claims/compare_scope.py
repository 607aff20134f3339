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
_KEPT = 0.7
_SEVERAL = 2
_WITHIN = 6
_EVERY = frozenset({"every", "each", "all"})
_HAS = frozenset({"has", "have", "gets", "get", "comes", "come", "offers", "offer"})


def compare_scope(fact: Prepared, said: Said, pairing: Pairing) -> Evidence | None:
    """Whether a clause keeps for one plan what the fact gives to all, or the other way round."""
    ours, theirs = fact.reading.tokens, said.reading.tokens
    if (alone := _alone(ours, theirs)) is not None and not said.reading.scope.negated:
        named = theirs[alone].raw
        return Evidence(True, _LISTED, alone, alone, f"The post says only “{named}”; the fact names more.")
    if not said.reading.scope.negated and not fact.reading.scope.negated:
        if (kept := _kept_for_some(fact, said, pairing)) is not None:
            return kept
        if (member := _one_of_list(fact, said, pairing)) is not None:
            return member
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


def _kept_for_some(fact: Prepared, said: Said, pairing: Pairing) -> Evidence | None:
    """ "Only first class has sockets" against "every seat has a socket"."""
    opens = said.reading.tokens[0].text in ("only", "just") and not _ONLY & {
        token.text for token in fact.reading.tokens
    }
    if not opens or not _EVERY & {token.text for token in fact.reading.tokens} or fact.reading.quantities:
        return None
    first = next((at for at, token in enumerate(said.reading.tokens) if token.text in _HAS), None)
    if first is None or any(at < first for at in said.reading.names):
        return None
    behind = [at for at, partner in enumerate(pairing.partners) if partner is not None and partner.first > first]
    if not any(pairing.relations[at] > 0 and fact.reading.terms[at].weight >= 1.0 for at in behind):
        return None
    shown = " ".join(token.raw for token in said.reading.tokens[:first])
    return Evidence(True, _KEPT, 0, first - 1, f"The post says “{shown}”; the fact says all.", subject=True)


def _one_of_list(fact: Prepared, said: Said, pairing: Pairing) -> Evidence | None:
    """ "Only in the app" against "in the app, at machines and on the train"."""
    members = _members(fact)
    only = next((at for at, token in enumerate(said.reading.tokens) if token.text in ("only", "exclusively")), None)
    if len(members) < _SEVERAL or only is None:
        return None
    named = [at for at in members if pairing.relations[at] > 0 and pairing.shares[at] == 1.0]
    others = [at for at in range(len(pairing.partners)) if at not in members and pairing.relations[at] > 0]
    partner = pairing.partners[named[0]] if len(named) == 1 else None
    if partner is None or not any(fact.reading.terms[at].weight >= 1.0 for at in others):
        return None
    if not 0 <= partner.first - only <= _WITHIN and partner.last + 1 != only:
        return None
    reason = f"The post says only “{partner.text}”; the fact names more."
    return Evidence(True, _KEPT, partner.first, partner.last, reason)


def _members(fact: Prepared) -> list[int]:
    """The terms that a statement joins with "and", "or" and commas: the last of each part, the first of the last."""
    tokens = fact.reading.tokens
    joints = [at for at, token in enumerate(tokens) if token.text in ("and", "or", ",")]
    if not any(tokens[at].text in ("and", "or") for at in joints):
        return []
    strong = [at for at, term in enumerate(fact.reading.terms) if term.weight >= 1.0]
    bounds = list(zip([-1, *joints[:-1]], joints, strict=True))
    found = [
        max((at for at in strong if low < fact.reading.terms[at].first < high), default=-1) for low, high in bounds
    ]
    found.append(min((at for at in strong if fact.reading.terms[at].first > joints[-1]), default=-1))
    return [at for at in found if at >= 0]
