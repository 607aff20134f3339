"""Compares who may do a thing: the customer, or a dealer alone."""

from guidelines.claims.evidence import Evidence, Pairing, Prepared, Said
from guidelines.claims.lexicon import group

_ANYONE = group("compare_agents anyone")
_TRADE = group("compare_agents trade")
_ALONE = group("compare_agents alone")
_CONFIDENCE = 0.8
_REACH = 4


def compare_agents(fact: Prepared, said: Said, pairing: Pairing) -> Evidence | None:
    """Whether a clause leaves to the trade what the fact lets everyone do: "only a dealer can take it out"."""
    words = {token.text for token in fact.reading.tokens}
    if not words & _ANYONE or words & _TRADE or fact.reading.scope.negated or said.reading.scope.negated:
        return None
    if not any(
        relation > 0 and pairing.shares[at] == 1.0 and term.weight >= 1.0 and at not in fact.heads
        for at, (term, relation) in enumerate(zip(fact.reading.terms, pairing.relations, strict=True))
    ):
        return None
    tokens = said.reading.tokens
    trade = [at for at, token in enumerate(tokens) if token.text.removesuffix("s") in _TRADE]
    for at in trade:
        near = {token.text for token in tokens[max(0, at - _REACH) : at + 2]}
        if near & _ALONE:
            reason = f"The post leaves it to “{tokens[at].raw}”; the fact does not."
            return Evidence(True, _CONFIDENCE, at, at, reason, subject=True)
    return None
