"""Compares freedom to leave: a fact that lets people cancel at any time, and a post that binds them for long."""

from guidelines.claims.evidence import Evidence, Pairing, Prepared, Said
from guidelines.claims.lexicon import group

_BINDING = group("compare_binding binding")
_CONTRACT = group("compare_binding contract")
_CUSTOMER = group("compare_binding customer")
_ANY = group("compare_binding any time")
_CONFIDENCE = 0.75
_LONG = 45 * 86400.0


def compare_binding(fact: Prepared, said: Said, _pairing: Pairing) -> Evidence | None:
    """Whether a clause binds people for months where the fact lets them go: "a minimum of 12 months"."""
    free = any("~cancel" in term.keys and term.sign > 0 for term in fact.reading.terms)
    words = {token.text for token in fact.reading.tokens}
    if not free or fact.reading.scope.negated or not words & _ANY or fact.reading.quantities:
        return None
    binding = bool(said.words & _BINDING) or bool(said.words & _CONTRACT and said.words & _CUSTOMER)
    if said.reading.scope.negated or not binding:
        return None
    term = next((each for each in said.reading.quantities if each.dimension == "time" and each.value >= _LONG), None)
    if term is None:
        return None
    shown = " ".join(token.raw for token in said.reading.tokens[term.first : term.last + 1])
    reason = f"The post binds people for “{shown}”; the fact lets them leave."
    return Evidence(True, _CONFIDENCE, term.first, term.last, reason)
