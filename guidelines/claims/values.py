"""Values out of closed sets: places (a city lies in a country), connectors, licences, materials, languages …"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from guidelines.claims.lexicon import entries, group, lines
from guidelines.claims.text import Token, fold, tokens_of

ANYWHERE = "anywhere"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT_DAYS = {name: day for day in _DAYS for name in (day[:3], day[:4], day[:5]) if name != day}
_OPENING = frozenset({"open", "opens", "staffed", "available"})
_WORDS_TOO = frozenset({"sat", "sun", "wed"})
_NEEDS_CAPITAL = group("values needs capital")
_CAPITAL_KINDS = frozenset({"code", "engine", "hostcloud", "fuel", "milk"})


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a closed set, and the tokens it takes. `within` holds the wholes that it is a part of."""

    kind: str
    name: str
    first: int
    last: int
    within: frozenset[str] = frozenset()

    def agrees_with(self, other: "Value") -> bool:
        """Whether the two can both be true: the same, or one is a part of the other."""
        return (
            self.name == other.name
            or self.name in other.within
            or other.name in self.within
            or ANYWHERE in (self.name, other.name)
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    name: str
    within: frozenset[str] = frozenset()
    capital: bool = False


_Add = Callable[[str, _Entry], None]


def _parts(phrase: str) -> tuple[str, ...]:
    return tuple(token.text for token in tokens_of(fold(phrase)))


@cache
def _index() -> dict[str, list[tuple[tuple[str, ...], _Entry]]]:
    found: dict[str, list[tuple[tuple[str, ...], _Entry]]] = {}

    def add(phrase: str, entry: _Entry) -> None:
        parts = _parts(phrase)
        if parts:
            found.setdefault(parts[0], []).append((parts, entry))

    _add_sets(add)
    _add_places(add)
    for phrase in (
        "worldwide",
        "anywhere",
        "everywhere",
        "globally",
        "all over the world",
        "any country",
        "world wide",
    ):
        add(phrase, _Entry("place", ANYWHERE))
    for options in found.values():
        options.sort(key=lambda option: -len(option[0]))
    return found


def _add_sets(add: _Add) -> None:
    for kind, rest in entries("sets"):
        for synonyms in rest.split(","):
            names = [name.strip() for name in synonyms.split("=")]
            for name in names:
                add(name, _Entry(kind, names[0], capital=kind in _CAPITAL_KINDS and name not in ("oat", "oats")))


def _add_places(add: _Add) -> None:
    regions = _regions()
    for line in lines("places"):
        head, _, inside = line.partition("|")
        names, _, people = head.partition(";")
        titles = [name.strip().lower() for name in names.replace("=", ",").split(",")]
        country = titles[0]
        around = frozenset(region for region, members in regions.items() if country in members)
        for name in [*titles, *(person.strip() for person in people.split(","))]:
            add(name, _Entry("place", country, around, capital=name in _NEEDS_CAPITAL))
        for place in filter(None, (place.strip() for place in inside.split(","))):
            add(place, _Entry("place", place, around | {country}, capital=place in _NEEDS_CAPITAL))
    for region in regions:
        add(region, _Entry("place", region))
        for alias in _region_aliases()[region]:
            add(alias, _Entry("place", region))


def _regions() -> dict[str, frozenset[str]]:
    return {
        names.split(",")[0]: frozenset(country.strip().lower() for country in members.split(","))
        for names, members in entries("regions")
    }


def _region_aliases() -> dict[str, list[str]]:
    return {names.split(",")[0]: [name.strip() for name in names.split(",")[1:]] for names, _ in entries("regions")}


def values_of(tokens: Sequence[Token]) -> list[Value]:
    """All closed-set values; a word may be a value of two kinds (a nationality is a language as well)."""
    found: list[Value] = []
    at = 0
    while at < len(tokens):
        here = _values_at(tokens, at) + _days_at(tokens, at)
        found += here
        at = max((value.last + 1 for value in here), default=at + 1)
    return found


def _values_at(tokens: Sequence[Token], at: int) -> list[Value]:
    word = tokens[at].text.removesuffix("'s")
    length = 0
    found: list[Value] = []
    for parts, entry in _index().get(word, ()):
        if len(parts) < length or (entry.capital and not tokens[at].capital):
            continue
        if parts == ("us",) and not tokens[at].raw.isupper():
            continue
        if all(at + step < len(tokens) and _same(tokens[at + step], part) for step, part in enumerate(parts[1:], 1)):
            length = len(parts)
            value = Value(entry.kind, entry.name, at, at + length - 1, entry.within)
            found += [value] if value not in found else []
    return found


def _same(token: Token, part: str) -> bool:
    return token.text.removesuffix("'s") == part


def _days_at(tokens: Sequence[Token], at: int) -> list[Value]:
    """Spans of days and seasons: "weekdays", "weekends", "every day", "all year round"."""
    word = tokens[at].text
    if word in ("all", "year") and (length := _all_year(tokens, at)):
        return [Value("season", season, at, at + length - 1) for season in ("summer", "winter", "autumn")]
    if (day := _short_day(tokens, at)) is not None:
        return [Value("weekday", day, at, at)]
    following = [token.text for token in tokens[at + 1 : at + 5]]
    if word in ("weekday", "weekdays"):
        return [Value("weekday", day, at, at) for day in _DAYS[:5]]
    if word in ("weekend", "weekends"):
        return [Value("weekday", day, at, at) for day in _DAYS[5:]]
    if word == "daily" and _OPENING & {token.text for token in tokens[max(0, at - 3) : at + 3]}:
        return [Value("weekday", day, at, at) for day in _DAYS]
    if word in ("every", "each") and following[:1] == ["day"]:
        return [Value("weekday", day, at, at + 1) for day in _DAYS]
    if word in ("7", "seven") and following[:3] in (["days", "a", "week"], ["days", "per", "week"]):
        return [Value("weekday", day, at, at + 3) for day in _DAYS]
    return []


def _short_day(tokens: Sequence[Token], at: int) -> str | None:
    """The day of "Mon"; "sat", "sun" and "wed" are days only beside another one: "Mon to Sat"."""
    day = _SHORT_DAYS.get(tokens[at].text)
    if day is None or tokens[at].text not in _WORDS_TOO:
        return day
    near = [*tokens[max(0, at - 2) : at], *tokens[at + 1 : at + 3]]
    return day if any(token.text in _SHORT_DAYS or token.text.removesuffix("s") in _DAYS for token in near) else None


def _all_year(tokens: Sequence[Token], at: int) -> int:
    words = [token.text for token in tokens[at : at + 3]]
    if words[:2] == ["all", "year"]:
        return 3 if words[2:] == ["round"] else 2
    return 2 if words[:2] == ["year", "round"] else 0


def expand_days(values: list[Value], tokens: Sequence[Token]) -> list[Value]:
    """Fill in the days of "Monday to Friday"."""
    days = [value for value in values if value.kind == "weekday"]
    if len(days) != 2 or not 1 <= days[1].first - days[0].last <= 2:
        return values
    joined = days[1].first == days[0].last + 1 and tokens[days[1].first].hyphenated
    if not joined and tokens[days[0].last + 1].text not in ("to", "through", "till", "until", "thru", "-"):
        return values
    start, end = _DAYS.index(days[0].name), _DAYS.index(days[1].name)
    between = [Value("weekday", day, days[0].first, days[1].last) for day in _DAYS[start : end + 1]]
    return [value for value in values if value.kind != "weekday"] + between
