"""Quantities in base units: durations, sizes, money, percentages, dates, clock times, ratings and plain counts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from guidelines.claims import calendar, comparators
from guidelines.claims.ages import is_of_person, is_old, states_age
from guidelines.claims.lexicon import entries, group
from guidelines.claims.numbers import Number, number_at
from guidelines.claims.text import Token

_TIGHT = frozenset({"s", "m", "t", "b", "y", "in", "d", '"', "k", "yr", "nm", "mi", "cal"})
"""Units that are only units when they touch their number."""

_EXTENTS = frozenset({"deep", "tall", "wide", "long", "high", "thick", "away", "pool", "track", "lane", "from"})
_SYMBOLS = {"£": "GBP", "$": "USD", "€": "EUR", "¥": "JPY", "₹": "INR", "₩": "KRW", "₺": "TRY", "₽": "RUB"}
_CURRENCIES = {
    **dict.fromkeys(("pound", "pounds", "quid", "gbp", "sterling"), "GBP"),
    **dict.fromkeys(("dollar", "dollars", "usd"), "USD"),
    **dict.fromkeys(("bucks", "buck"), "ANY"),
    **dict.fromkeys(("euro", "euros", "eur"), "EUR"),
    **dict.fromkeys(("yen", "jpy"), "JPY"),
    **dict.fromkeys(("franc", "francs", "chf"), "CHF"),
    **dict.fromkeys(("rupee", "rupees", "inr"), "INR"),
    **dict.fromkeys(("kroner", "krone", "nok"), "NOK"),
    **dict.fromkeys(("kronor", "krona", "sek"), "SEK"),
    **dict.fromkeys(("cad",), "CAD"),
    **dict.fromkeys(("aud",), "AUD"),
}
_CENTS = {"cent": "ANY", "cents": "ANY", "pence": "GBP", "p": "GBP", "c": "ANY"}
_HEADS = group("quantities heads")
_PERIODIC = {"monthly": "month", "yearly": "year", "annually": "year", "annual": "year", "weekly": "week"} | {
    "daily": "day",
    "hourly": "hour",
    "pcm": "month",
    "pm": "month",
    "pa": "year",
}
_LABELS = group("quantities labels")
_LINES = {"4k": 2160, "8k": 4320, "2k": 1440, "uhd": 2160, "5k": 2880}
_WORKING_DAYS = 1.4
_FOREVER = 1e11


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount in the base unit of its dimension, and the tokens it takes.

    `high` ends a range; `relation` is `=`, `>=`, `<=`, `>` or `<`. `period` is that of "£5 a month", in seconds.
    `parts` are the known parts of a date (year, month, day) or of an IP rating.
    """

    dimension: str
    value: float
    first: int
    last: int
    high: float | None = None
    relation: str = "="
    approximate: bool = False
    step: float = 0.0
    period: float | None = None
    currency: str = ""
    parts: tuple[int | None, ...] = ()
    per: bool = False


@cache
def units() -> dict[str, tuple[str, float]]:
    """Every unit name with its dimension and its factor to the base unit."""
    found: dict[str, tuple[str, float]] = {}
    for dimension, rest in entries("units"):
        for part in rest.split(";"):
            factor, _, names = part.partition("=")
            for name in (each.strip() for each in names.split(",")):
                found.setdefault(name, (dimension, float(factor)))
                if len(name) > 2:
                    found.setdefault(name + "s", (dimension, float(factor)))
    found["feet"], found["inches"] = found["foot"], found["inch"]
    found["centuries"] = found["century"]
    return found


def dimension_of(quantity: Quantity) -> str:
    """What a quantity measures, a price by the minute told from a price by the month."""
    return f"{quantity.dimension}/{quantity.period:.0f}" if quantity.period else quantity.dimension


def quantities_of(tokens: Sequence[Token]) -> list[Quantity]:
    """All quantities, in order; none overlap."""
    found: list[Quantity] = []
    at = 0
    while at < len(tokens):
        quantity = _quantity_at(tokens, at)
        if quantity is None:
            at += 1
            continue
        quantity = _finished(tokens, quantity, found[-1].last if found else -1)
        found.append(quantity)
        at = quantity.last + 1
    return found


def _quantity_at(tokens: Sequence[Token], at: int) -> Quantity | None:
    token = tokens[at]
    if token.kind == "symbol" and token.text not in _SYMBOLS:
        return None
    return (
        _special(tokens, at)
        or calendar_quantity(tokens, at)
        or _money_before(tokens, at)
        or _fraction(tokens, at)
        or _measured(tokens, at)
        or _article_unit(tokens, at)
    )


def calendar_quantity(tokens: Sequence[Token], at: int) -> Quantity | None:
    """A date, a decade or a clock time at a token."""
    if (decade := calendar.decade_at(tokens, at)) is not None:
        year, last = decade
        return Quantity("date", float(year), at, last, high=year + 9.0, parts=(year, None, None))
    if (date := calendar.date_at(tokens, at)) is not None:
        return Quantity("date", float(date.year or 0), at, date.last, parts=(date.year, date.month, date.day))
    if (clock := calendar.clock_at(tokens, at)) is not None:
        return Quantity("clock", clock.start, at, clock.last, high=clock.end)
    return None


def _special(tokens: Sequence[Token], at: int) -> Quantity | None:
    token = tokens[at]
    if token.kind == "special" and token.text.startswith("ip"):
        dust, water = (int(mark) if mark.isdigit() else None for mark in token.text[2:].ljust(2, "x")[:2])
        return Quantity("ip", float(water or 0), at, at, parts=(dust, water))
    if calendar.always_at(tokens, at):
        return Quantity("always", 1.0, at, at + calendar.always_at(tokens, at) - 1)
    following = tokens[at + 1].text if at + 1 < len(tokens) and tokens[at + 1].attached else ""
    if token.kind == "number" and following == "p" and len(token.text) in (3, 4):
        return Quantity("resolution", float(token.text.replace(",", "") or 0), at, at + 1)
    if token.text + following in _LINES and _about_pictures(tokens, at):
        return Quantity("resolution", float(_LINES[token.text + following]), at, at + (1 if following else 0))
    return None


def _about_pictures(tokens: Sequence[Token], at: int) -> bool:
    hints = {"stream", "video", "hd", "tv", "resolution", "screen", "display", "record", "camera", "quality", "watch"}
    hints |= {"streams", "streaming", "monitor", "videos", "films", "shoots", "footage", "uhd", "hdr", "movies"}
    near = {token.text for token in tokens[max(0, at - 6) : at + 7]}
    before = tokens[at - 1].text if at else ""
    return bool(near & hints) or before in ("in", "no", "true", "supports", "support", "only", "to", "a")


def _money_before(tokens: Sequence[Token], at: int) -> Quantity | None:
    """An amount after its currency: "£5", "EUR 5"."""
    token = tokens[at]
    currency = _SYMBOLS.get(token.text) or (_CURRENCIES.get(token.text) if len(token.text) == 3 else None)
    if currency is None or at + 1 >= len(tokens):
        return None
    number = number_at(tokens, at + 1)
    if number is None or not number.digits:
        return None
    ranged = _ranged(tokens, number)
    return Quantity("money", number.value, at, ranged[1], high=ranged[0], step=number.step, currency=currency)


def _fraction(tokens: Sequence[Token], at: int) -> Quantity | None:
    """A share of something: "half of", "a third of", "two thirds of"."""
    shares = {"half": 50.0, "third": 100 / 3, "quarter": 25.0, "thirds": 200 / 3, "quarters": 75.0, "fifth": 20.0}
    start = at + 1 if tokens[at].text in ("a", "one", "two", "three") else at
    if (part := _part_of_unit(tokens, at, start)) is not None:
        return part
    if start + 1 < len(tokens) and tokens[start].text in shares and tokens[start + 1].text in ("of", "the"):
        return Quantity("percent", shares[tokens[start].text], at, start, approximate=True, step=1.0)
    return None


def _part_of_unit(tokens: Sequence[Token], at: int, start: int) -> Quantity | None:
    """ "Half an hour", "three quarters of an hour"."""
    name = _text(tokens, start)
    parts = {"half": 0.5, "quarter": 0.25, "quarters": 0.75, "third": 1 / 3, "thirds": 2 / 3}
    step = start + 2 if _text(tokens, start + 1) == "of" else start + 1
    unit = _text(tokens, step + 1)
    if name not in parts or _text(tokens, step) not in ("a", "an") or unit not in units():
        return None
    dimension, factor = units()[unit]
    return Quantity(dimension, parts[name] * factor, at, step + 1, step=factor / 4)


def _measured(tokens: Sequence[Token], at: int) -> Quantity | None:
    number = number_at(tokens, at) or _completing(tokens, at)
    if number is None:
        return None
    high, last = _ranged(tokens, number)
    base = Quantity("count", number.value, at, last, high=high, step=number.step)
    return (
        _age(tokens, base)
        or _with_currency(tokens, base)
        or _with_unit(tokens, base)
        or _labelled(tokens, base)
        or base
    )


def _age(tokens: Sequence[Token], base: Quantity) -> Quantity | None:
    """ "From the age of 11", "aged 16"."""
    if not states_age(tokens, base.first, base.last, base.value):
        return None
    before = [_text(tokens, base.first - step) for step in (1, 2, 3, 4)]
    quantity = replace(_times(base, units()["year"][1]), dimension="age")
    return replace(quantity, relation=">=") if "from" in before else quantity


def _completing(tokens: Sequence[Token], at: int) -> Number | None:
    """The number of "SPF30", which is part of a longer word everywhere else."""
    token = tokens[at]
    if token.kind != "number" or not at or tokens[at - 1].text not in _LABELS or not token.text.isdecimal():
        return None
    return Number(float(token.text[:9]), at, at, 1.0, digits=True)


def _ranged(tokens: Sequence[Token], number: Number) -> tuple[float | None, int]:
    """The upper end of "5-7" or "5 to 7", and the last token of it."""
    after = number.last + 1
    if after < len(tokens) and tokens[after].hyphenated:
        step = after
    elif after + 1 < len(tokens) and tokens[after].text in ("to", "-", "or"):
        step = after + 1
    else:
        return None, number.last
    if step < len(tokens) and tokens[step].text in _SYMBOLS:
        step += 1
    upper = number_at(tokens, step) if step < len(tokens) else None
    if upper is None or upper.value <= number.value or upper.value > 50 * max(number.value, 1):
        return None, number.last
    return upper.value, upper.last


def _with_currency(tokens: Sequence[Token], base: Quantity) -> Quantity | None:
    following = _text(tokens, base.last + 1)
    if following in _CENTS and (len(following) > 1 or tokens[base.last + 1].attached):
        return replace(_times(base, 0.01), dimension="money", last=base.last + 1, currency=_CENTS[following])
    currency = _CURRENCIES.get(following) or _SYMBOLS.get(following)
    if currency is None or (following in ("pound", "pounds") and _speaks_of_weight(tokens)):
        return None
    return replace(base, dimension="money", last=base.last + 1, currency=currency)


def _speaks_of_weight(tokens: Sequence[Token]) -> bool:
    return any(token.text.startswith(("weigh", "heav", "light")) for token in tokens)


def _with_unit(tokens: Sequence[Token], base: Quantity) -> Quantity | None:
    after = base.last + 1
    name = _text(tokens, after).removesuffix("'s").removesuffix("'")
    if name in ("working", "business", "full", "whole", "light", "square", "calendar", "straight", "solid", "nautical"):
        inner = _text(tokens, after + 1)
        scale = _WORKING_DAYS if name in ("working", "business") else 1.0
        return _in_unit(base, inner, after + 1, scale) if inner in units() and name != "square" else None
    if name in ("pounds", "pound") and _speaks_of_weight(tokens):
        return _in_unit(base, "lbs", after, 1.0)
    if name in ("°", "degrees", "º"):
        return _temperature(tokens, base, after)
    loose = name in _TIGHT and not tokens[after].attached and _text(tokens, after + 1) not in _EXTENTS
    if name not in units() or loose:
        return None
    measured = _compound_speed(tokens, base, after) or _in_unit(base, name, after, 1.0)
    aged = measured.dimension == "time" and (is_old(tokens, after + 1) or is_of_person(tokens, base.first))
    return replace(measured, dimension="age") if aged else measured


def _in_unit(base: Quantity, name: str, last: int, scale: float) -> Quantity:
    dimension, factor = units()[name]
    return replace(_times(base, factor * scale), dimension=dimension, last=last)


def _times(base: Quantity, factor: float) -> Quantity:
    high = None if base.high is None else base.high * factor
    return replace(base, value=base.value * factor, high=high, step=base.step * factor)


def _compound_speed(tokens: Sequence[Token], base: Quantity, after: int) -> Quantity | None:
    """ "25 km/h", "25 miles per hour", "10 MB/s"."""
    name, joint, lower = (_text(tokens, after + step) for step in range(3))
    if joint not in ("/", "per", "an") or lower not in ("h", "hr", "hour", "s", "sec", "second"):
        return None
    dimension, factor = units()[name]
    if dimension == "length" and lower.startswith("h"):
        return replace(_times(base, factor / 1000), dimension="speed", last=after + 2)
    if dimension == "data" and lower.startswith("s"):
        return replace(_times(base, factor * 8000), dimension="rate", last=after + 2)
    return None


def _temperature(tokens: Sequence[Token], base: Quantity, after: int) -> Quantity:
    scale = _text(tokens, after + 1)
    last = after + 1 if scale in ("c", "f", "celsius", "fahrenheit") else after
    if scale in ("f", "fahrenheit"):
        base = replace(base, value=(base.value - 32) / 1.8)
    return replace(base, dimension="temperature", last=last)


def _labelled(tokens: Sequence[Token], base: Quantity) -> Quantity | None:
    """A number that completes a name: "SPF 30", "Bluetooth 5.3"."""
    before = tokens[base.first - 1] if base.first else None
    if before is None or before.text not in _LABELS or tokens[base.first].kind != "number":
        return None
    return replace(base, dimension=f"label:{before.text}")


def _article_unit(tokens: Sequence[Token], at: int) -> Quantity | None:
    """ "only a year", "the next day", "for life": a unit that counts without a number."""
    if (lasting := _lasting(tokens, at)) is not None:
        return lasting
    if tokens[at].text not in ("a", "an") or _text(tokens, at + 1) not in units() or len(_text(tokens, at + 1)) < 3:
        return None
    before = _text(tokens, at - 1)
    if before.isdigit() or before in ("times", "twice", "once", "many", "what", "such", "quid", "bucks", "euros"):
        return None
    dimension, factor = units()[tokens[at + 1].text]
    if dimension != "time":
        return None
    if [token.text for token in tokens[at + 2 : at + 5]] == ["and", "a", "half"]:
        return Quantity(dimension, factor * 1.5, at, at + 4, step=factor)
    return Quantity(dimension, factor, at, at + 1, step=factor)


def _lasting(tokens: Sequence[Token], at: int) -> Quantity | None:
    word, following = tokens[at].text, _text(tokens, at + 1)
    if word == "lifetime" or (word == "for" and following in ("life", "ever")) or word == "forever":
        return Quantity("time", _FOREVER, at, at + (word == "for"))
    if word == "next" and following in ("day", "working", "business"):
        return Quantity("time", units()["day"][1], at, at + (1 if following == "day" else 2), approximate=True)
    if word in ("same", "overnight") and (following == "day" or word == "overnight"):
        return Quantity("time", units()["hour"][1] * 12, at, at + (word == "same"), approximate=True)
    return None


def _finished(tokens: Sequence[Token], quantity: Quantity, previous: int) -> Quantity:
    """Add what stands around an amount: its period, "at least", "about", "per"."""
    quantity = _with_period(tokens, quantity)
    known = quantity.relation
    relation, approximate, first, last = comparators.around(tokens, quantity.first, quantity.last, after=previous)
    per = quantity.first > 0 and tokens[quantity.first - 1].text in ("per", "/", "every", "each")
    return replace(
        quantity,
        first=first,
        relation=relation if known == "=" else known,
        approximate=quantity.approximate or approximate,
        last=max(quantity.last, last),
        per=per and quantity.dimension not in ("money", "date"),
    )


def _with_period(tokens: Sequence[Token], quantity: Quantity) -> Quantity:
    if quantity.dimension in ("date", "clock", "always", "ip"):
        return quantity
    after = _past_head(tokens, quantity.last + 1)
    following = _text(tokens, after)
    if following in _PERIODIC and quantity.dimension == "money":
        return replace(quantity, last=after, period=_seconds(_PERIODIC[following]))
    if following in ("a", "an", "per", "each", "every", "/", "p") and _is_time(_text(tokens, after + 1)):
        priced = replace(quantity, last=after + 1, period=_seconds(_text(tokens, after + 1)))
        return replace(priced, dimension="money", currency="ANY") if _is_price_like(tokens, quantity) else priced
    if quantity.dimension == "count" and _is_price_like(tokens, quantity) and following in _PERIODIC:
        return replace(quantity, dimension="money", last=after, period=_seconds(_PERIODIC[following]), currency="ANY")
    if quantity.dimension == "money":
        nearby = [tokens[at].text for at in range(max(0, quantity.first - 4), quantity.first)]
        period = next((_PERIODIC[word] for word in nearby if word in _PERIODIC and word not in ("pm", "pa")), None)
        return replace(quantity, period=_seconds(period)) if period else quantity
    return quantity


def _is_price_like(tokens: Sequence[Token], quantity: Quantity) -> bool:
    """Whether a bare number is written with cents: "49.90 a month"."""
    return quantity.dimension == "count" and re.fullmatch(r"\d+[.,]\d\d", tokens[quantity.last].text) is not None


def _past_head(tokens: Sequence[Token], at: int) -> int:
    """The place behind "per user" in "$12 per user per month"."""
    shared = _text(tokens, at) in ("a", "an", "per", "each", "every", "/") and _text(tokens, at + 1) in _HEADS
    return at + 2 if shared else at


def _is_time(name: str) -> bool:
    return name in units() and units()[name][0] == "time" and (len(name) > 1 or name in ("h", "d", "y"))


def _seconds(name: str) -> float:
    return units()[name][1]


def _text(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) else ""
