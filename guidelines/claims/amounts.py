"""Whether two quantities can both be true."""

import math
from enum import StrEnum

from guidelines.claims.quantities import Quantity

_CLOSE = 0.02
_ROUGH = 0.15
_CONVERTED = 0.1
_GREY = 0.05
_FOREIGN = 2.5
_MONTHS = 12.0
_DISCOUNTED = 0.7


class Match(StrEnum):
    """The relation of two quantities."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNCLEAR = "unclear"


def comparable(fact: Quantity, claim: Quantity) -> bool:
    """Whether the two measure the same dimension and neither is a "per 100 ml"."""
    if fact.per or claim.per:
        return False
    if fact.dimension == claim.dimension:
        return True
    if (fact.dimension, claim.dimension) == ("money", "count"):
        return claim.value >= 1
    return {fact.dimension, claim.dimension} in ({"clock", "always"}, {"age", "time"})


def compare(
    fact: Quantity, claim: Quantity, *, negated: bool, ceiling: bool, allowance: bool, condition: bool, tolerance: float
) -> Match:
    """Compare a claim with a fact.

    `ceiling` says that the claim states a limit ("only", "max"); `allowance` that a fact's "within" grants time rather
    than promising speed; `condition` that its amount is a threshold ("free over €40"); `negated` that the claim denies
    its amount ("does not last 9 hours").
    """
    if (unscaled := _unscaled(fact, claim, negated=negated)) is not None:
        return unscaled
    scaled = _aligned(fact, claim)
    if scaled is None:
        return Match.UNCLEAR
    slack = _slack(fact, scaled, tolerance)
    if _other_unit(fact, claim):
        slack = max(slack, _CONVERTED * abs(fact.value))
    if negated:
        return _denied(fact, scaled, slack)
    if fact.relation in ("<=", "<"):
        return _below(fact, scaled, slack, ceiling=ceiling, allowance=allowance)
    if fact.relation in (">=", ">") and not condition:
        return _above(fact, scaled, slack)
    if condition:
        scaled = (*scaled[:2], "=", scaled[3])
    return _exact(fact, scaled, slack)


def _unscaled(fact: Quantity, claim: Quantity, *, negated: bool) -> Match | None:
    """Compare what has no scale: dates, ratings, clock times, and numbers that complete a name."""
    if fact.dimension in ("date", "ip"):
        return _parts(fact, claim, negated=negated)
    if fact.dimension in ("clock", "always"):
        return _hours(fact, claim, negated=negated)
    if fact.dimension.startswith("label"):
        return Match.EQUAL if math.isclose(fact.value, claim.value) != negated else Match.DIFFERENT
    return None


def _aligned(fact: Quantity, claim: Quantity) -> tuple[float, float, str, bool] | None:
    """The claim in the fact's currency and period: low, high, relation, approximate."""
    low, high = claim.value, claim.high if claim.high is not None else claim.value
    if fact.dimension == "money" and _foreign(fact, claim):
        return None
    if fact.period and claim.period and fact.period != claim.period:
        scale = fact.period / claim.period
        low, high = low * scale, high * scale
        if fact.dimension == "money" and _is_tariff(fact, low, scale):
            return None
    elif bool(fact.period) != bool(claim.period) and fact.dimension == "money" and fact.value and low:
        ratio = low / fact.value
        if any(math.isclose(ratio, factor, rel_tol=0.02) for factor in (_MONTHS, 1 / _MONTHS)):
            return None
    return low, high, claim.relation, claim.approximate


def _is_tariff(fact: Quantity, scaled: float, scale: float) -> bool:
    """Whether a price for another period is a price of its own: by the day and by the hour, or a year at a discount."""
    if not any(math.isclose(scale, factor, rel_tol=0.02) for factor in (_MONTHS, 1 / _MONTHS)):
        return not math.isclose(scaled, fact.value, rel_tol=_CLOSE)
    cheaper, dearer = sorted((scaled, fact.value))
    yearly_is_cheaper = (scaled < fact.value) == (scale < 1)
    return yearly_is_cheaper and _DISCOUNTED * dearer <= cheaper < (1 - _CLOSE) * dearer


def _foreign(fact: Quantity, claim: Quantity) -> bool:
    if (
        "ANY" in (fact.currency, claim.currency)
        or not claim.currency
        or fact.currency == claim.currency
        or not (fact.value and claim.value)
    ):
        return False
    return max(fact.value, claim.value) / min(fact.value, claim.value) < _FOREIGN


def _other_unit(fact: Quantity, claim: Quantity) -> bool:
    """Whether the two were given in different units, so that "two months" may stand for eight weeks."""
    return fact.dimension in ("time", "length", "mass", "volume") and not math.isclose(fact.step, claim.step)


def _slack(fact: Quantity, claim: tuple[float, float, str, bool], tolerance: float) -> float:
    close = min(_CLOSE * abs(fact.value), 0.5) if fact.dimension == "percent" else _CLOSE * abs(fact.value)
    slack = max(tolerance, close, 1e-9)
    if claim[3] or fact.approximate:
        slack = max(slack, _ROUGH * abs(fact.value))
    if fact.dimension == "money":
        slack = max(slack, min(0.5, 0.1 * abs(fact.value))) if claim[0] == round(claim[0]) else slack
    return slack


def _exact(fact: Quantity, claim: tuple[float, float, str, bool], slack: float) -> Match:
    low, high, relation, _ = claim
    top = fact.high if fact.high is not None else fact.value
    if relation in (">", ">="):
        return _open_above(top, low, slack, strict=relation == ">")
    if relation == "<":
        return Match.DIFFERENT if fact.value >= low - slack / 2 and fact.value > low * 0.999 else Match.UNCLEAR
    if fact.value - slack <= high and low <= top + slack:
        return Match.EQUAL
    grey = _GREY * abs(fact.value) if abs(fact.value) >= 40 and fact.dimension != "percent" else 0.0
    return Match.UNCLEAR if fact.value - grey <= high and low <= top + grey else Match.DIFFERENT


def _open_above(fact: float, low: float, slack: float, *, strict: bool) -> Match:
    if fact < low - slack:
        return Match.DIFFERENT
    if strict and abs(fact - low) <= slack / 2:
        return Match.UNCLEAR
    return Match.EQUAL if fact <= 2 * low else Match.UNCLEAR


def _below(
    fact: Quantity, claim: tuple[float, float, str, bool], slack: float, *, ceiling: bool, allowance: bool
) -> Match:
    """A fact that states an upper limit."""
    low, high, relation, _ = claim
    if abs(high - fact.value) <= slack:
        return Match.EQUAL
    if relation in (">", ">="):
        return Match.DIFFERENT if low >= fact.value - slack else Match.UNCLEAR
    if low > fact.value + slack:
        return Match.DIFFERENT
    if allowance or ceiling or relation in ("<=", "<"):
        return Match.DIFFERENT if high < fact.value * (1 - _GREY) else Match.UNCLEAR
    return Match.UNCLEAR


def _above(fact: Quantity, claim: tuple[float, float, str, bool], slack: float) -> Match:
    """A fact that states a lower limit."""
    low, high, relation, _ = claim
    if relation in ("<", "<="):
        return Match.DIFFERENT if high <= fact.value - slack else Match.UNCLEAR
    if relation in (">", ">="):
        return Match.EQUAL if abs(low - fact.value) <= 0.5 * fact.value else Match.UNCLEAR
    if high < fact.value - slack:
        return Match.DIFFERENT
    return Match.EQUAL if high <= 3 * fact.value else Match.UNCLEAR


def _denied(fact: Quantity, claim: tuple[float, float, str, bool], slack: float) -> Match:
    """ "does not last 9 hours" says less than 9."""
    low = claim[0]
    if fact.relation in ("<=", "<") and low < fact.value - slack:
        return Match.UNCLEAR
    return Match.DIFFERENT if low <= fact.value + slack else Match.UNCLEAR


def _parts(fact: Quantity, claim: Quantity, *, negated: bool) -> Match:
    if fact.dimension == "date" and claim.high is not None:
        return _decade(fact, claim, negated=negated)
    pairs = [(ours, theirs) for ours, theirs in zip(fact.parts, claim.parts, strict=True) if None not in (ours, theirs)]
    if not pairs:
        return Match.UNCLEAR
    same = all(ours == theirs for ours, theirs in pairs)
    if negated:
        return Match.DIFFERENT if same else Match.UNCLEAR
    return _bent_date(fact, claim) if claim.relation in ("<", ">") else Match.EQUAL if same else Match.DIFFERENT


def _decade(fact: Quantity, claim: Quantity, *, negated: bool) -> Match:
    """ "In the eighties" against a year."""
    if negated or claim.high is None or fact.high is not None or not fact.value:
        return Match.UNCLEAR
    return Match.EQUAL if claim.value <= fact.value <= claim.high else Match.DIFFERENT


def _bent_date(fact: Quantity, claim: Quantity) -> Match:
    fits = fact.value < claim.value if claim.relation == "<" else fact.value > claim.value
    return Match.UNCLEAR if fits else Match.DIFFERENT


def _hours(fact: Quantity, claim: Quantity, *, negated: bool) -> Match:
    if fact.dimension == claim.dimension == "always":
        return Match.DIFFERENT if negated else Match.EQUAL
    if fact.dimension != claim.dimension:
        return Match.UNCLEAR if negated else Match.DIFFERENT
    if fact.high is None or claim.high is None:
        ends = {fact.value, fact.high} & {claim.value, claim.high} - {None}
        return Match.EQUAL if ends else Match.DIFFERENT
    same = abs(fact.value - claim.value) < 30 and abs(fact.high - claim.high) < 30
    return Match.EQUAL if same != negated else Match.DIFFERENT
