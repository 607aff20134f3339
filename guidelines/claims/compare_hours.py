"""Compares opening times: around the clock, every day, and what closes at night or on Sundays."""

from guidelines.claims.evidence import Evidence, Pairing, Prepared, Said
from guidelines.claims.lexicon import group

_NIGHT = group("compare_hours night")
_CLOSED = group("compare_hours closed")
_HOURS = frozenset({"±open", "~hours", "~phone"})
_ONE_DAY = frozenset({"this", "next", "last", "tomorrow", "today", "was", "were", "yesterday"})
_ENOUGH = 0.34
_WEEK = 7


def compare_hours(fact: Prepared, said: Said, pairing: Pairing) -> Evidence | None:
    """Whether a clause says that something always open is closed at times, or open only on some days."""
    found = _all_week(fact, said, pairing) or _shut_on_day(fact, said, pairing)
    if found is not None:
        return found
    if not _is_always(fact) or names_hour_alone(fact, said):
        return None
    if pairing.score(fact.weights, range(len(fact.weights))) < _ENOUGH:
        return None
    tokens = said.reading.tokens
    places = [at for at, token in enumerate(tokens) if token.text in _NIGHT]
    places += [value.first for value in said.reading.values if value.kind == "weekday"]
    shut = bool(said.words & _CLOSED)
    denied = [at for at in places if (said.reading.scope.sign_of(at) < 0) != shut or "only" in said.words]
    if not denied:
        return None
    at = denied[0]
    return Evidence(True, 0.85, at, at, f"The post says it is not open at “{tokens[at].raw}”; the fact says always.")


def _all_week(fact: Prepared, said: Said, pairing: Pairing) -> Evidence | None:
    """ "24/7" against a fact that names the days it is open on."""
    days = {value.name for value in fact.reading.values if value.kind == "weekday"}
    always = next((each for each in said.reading.quantities if each.dimension == "always"), None)
    if always is None or not 0 < len(days) < _WEEK or fact.reading.scope.negated:
        return None
    if said.reading.scope.sign_of(always.first) < 0 or not any(
        _HOURS & term.keys.keys() for term in fact.reading.terms
    ):
        return None
    if pairing.score(fact.weights, range(len(fact.weights))) < _ENOUGH and not pairing.topic.sole:
        return None
    return Evidence(True, 0.85, always.first, always.last, "The post says always; the fact names the days.")


def _shut_on_day(fact: Prepared, said: Said, pairing: Pairing) -> Evidence | None:
    """ "Closed on Saturdays" against a fact that names Saturday among its days."""
    opens = any(_HOURS & term.keys.keys() and term.sign > 0 and term.text not in _CLOSED for term in fact.reading.terms)
    timed = any(quantity.dimension in ("clock", "count") for quantity in said.reading.quantities)
    if not opens or timed or fact.reading.scope.negated or said.reading.scope.negated or said.words & _ONE_DAY:
        return None
    if not said.words & _CLOSED or pairing.score(fact.weights, range(len(fact.weights))) < _ENOUGH:
        return None
    days = {value.name for value in fact.reading.values if value.kind == "weekday"}
    day = next((value for value in said.reading.values if value.kind == "weekday" and value.name in days), None)
    if day is None:
        return None
    shown = said.reading.tokens[day.first].raw
    return Evidence(True, 0.85, day.first, day.last, f"The post says closed on “{shown}”; the fact says open.")


def names_hour_alone(fact: Prepared, said: Said) -> bool:
    """Whether a clause tells an hour and the fact only days: "closes at 6 on Mondays" against "open every day"."""
    hours = {quantity.dimension for quantity in fact.reading.quantities} & {"clock", "always"}
    closing = any(quantity.dimension in ("clock", "count") for quantity in said.reading.quantities)
    return closing and not hours


def _is_always(fact: Prepared) -> bool:
    """Whether a fact says "24/7", or "open every day"."""
    if any(quantity.dimension == "always" for quantity in fact.reading.quantities):
        return True
    days = {value.name for value in fact.reading.values if value.kind == "weekday"}
    return len(days) == _WEEK and any("±open" in term.keys and term.sign > 0 for term in fact.reading.terms)
