"""Signatures on talk pages: a link to a user and a time in the wiki's words. They are all that tells who said what."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cached_property

_LONGEST_SIGNATURE = 400
_LONGEST_TIME = 60
_WIDEST_GAP = 80
"""Characters between two links of one signature: brackets, dots, and the markup of those who like colours."""

_ZONE = re.compile(r"\(([A-Z]{2,5}|UTC[+-]\d{1,2}|[+-]\d{2}(?::?\d{2})?)\)")
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3])[:.h]([0-5]\d)(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_NUMBERS = re.compile(r"((?:19|20)\d\d)[-年년]\s*(\d{1,2})[-月월]\s*(\d{1,2})")
_DAY = re.compile(r"(?<!\d)(\d{1,2})(?!\d)")
_WORD = re.compile(r"[^\W\d_]{3,12}")
_UTC = frozenset({"UTC", "GMT", "WET"})
_MONTH_NAMES = (
    "jan ene gen",
    "feb fev fév",
    "mar mär mrz mrt maa",
    "apr abr avr",
    "may mai mei mag maj",
    "jun juin giu",
    "jul juil lug",
    "aug ago aoû aou",
    "sep set",
    "oct okt out ott",
    "nov",
    "dec dez dic déc",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature in a line: where it stands, whose it is, and when it was set, which is none when unreadable."""

    start: int
    end: int
    author: str
    signed_at: datetime | None


@dataclass(frozen=True)
class Wiki:
    """What a reader of talk pages knows of the wiki: what it calls its users, and in which zone its clock is."""

    user_namespaces: frozenset[str] = frozenset({"user", "user talk"})
    special_namespaces: frozenset[str] = frozenset({"special"})
    zone: tzinfo = UTC

    @cached_property
    def user_link(self) -> re.Pattern[str]:
        """Finds a link to a user, their talk page, or their contributions; the name is in one of two groups."""
        users, special = _any_of(self.user_namespaces), _any_of(self.special_namespaces)
        name = r"([^\[\]|#/<>{}\n]{1,255})"
        by_page, by_list = rf"(?:{users})\s*:\s*{name}", rf"(?:{special})\s*:[^\[\]|/\n]{{1,60}}/{name}"
        return re.compile(rf"\[\[[\s:]{{0,5}}(?:{by_page}|{by_list})[^\[\]\n]{{0,300}}\]\]", re.IGNORECASE)

    def users_in(self, text: str) -> Iterator[tuple[re.Match[str], str]]:
        """Every link to a user in `text`, with the user's name."""
        for link in self.user_link.finditer(text):
            if name := user_name(link[1] or link[2]):
                yield link, name

    def signatures(self, line: str) -> Iterator[Signature]:
        """Every signature in a line, from left to right."""
        done = 0
        for zone in _ZONE.finditer(line) if "[[" in line else ():
            reach = max(done, zone.start() - _LONGEST_SIGNATURE)
            links = list(self.users_in(line[reach : zone.start()]))
            if not links:
                continue
            last, author = links[-1]
            if zone.start() - (reach + last.end()) > _LONGEST_TIME + _WIDEST_GAP:
                continue
            written = line[max(reach + last.end(), zone.start() - _LONGEST_TIME) : zone.start()]
            signed_at = _moment(written, zone[1], self.zone)
            yield Signature(reach + _beginning(links), zone.end(), author, signed_at)
            done = zone.end()


def user_name(name: str) -> str:
    """Return a name as MediaWiki writes it: blanks for underscores, the first letter large."""
    plain = " ".join(name.replace("_", " ").split())
    return plain[:1].upper() + plain[1:]


def wiki_of(namespaces: Mapping[int, Iterable[str]], zone: tzinfo) -> Wiki:
    """Return a wiki by the names of its namespaces."""
    users = {one.casefold() for number in (2, 3) for one in namespaces.get(number, ())}
    special = {one.casefold() for one in namespaces.get(-1, ())}
    return Wiki(frozenset(users | {"user", "user talk"}), frozenset(special | {"special"}), zone)


def _any_of(names: Iterable[str]) -> str:
    return "|".join(re.escape(name).replace(r"\ ", "[ _]") for name in sorted(names, key=len, reverse=True) if name)


def _beginning(links: list[tuple[re.Match[str], str]]) -> int:
    """Where the links of the last user begin that stand close together."""
    last, author = links[-1]
    start = last.start()
    for link, name in reversed(links[:-1]):
        if name != author or start - link.end() > _WIDEST_GAP:
            break
        start = link.start()
    return start


def _moment(written: str, label: str, zone: tzinfo) -> datetime | None:
    """Read the time of a signature as UTC; none when its words are unknown."""
    clock = _CLOCK.search(written)
    date = _date(written if clock is None else written[: clock.start()] + " , " + written[clock.end() :])
    if clock is None or date is None:
        return None
    try:
        moment = datetime(*date, int(clock[1]), int(clock[2]), tzinfo=_zone(label, zone))
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _date(written: str) -> tuple[int, int, int] | None:
    numbers = _NUMBERS.search(written)
    if numbers is not None:
        return int(numbers[1]), int(numbers[2]), int(numbers[3])
    year = _YEAR.search(written)
    months = [found for word in _WORD.findall(written) if (found := _month(word)) is not None]
    day = _DAY.search(written)
    if year is None or not months or day is None:
        return None
    return int(year[1]), months[0], int(day[1])


def _month(word: str) -> int | None:
    folded = word.casefold()
    return _MONTHS.get(folded[:4]) or _MONTHS.get(folded[:3])


def _zone(label: str, zone: tzinfo) -> tzinfo:
    """The zone that a signature names: UTC, a number of hours, or what the wiki's own clock is called."""
    if label in _UTC:
        return UTC
    hours = re.fullmatch(r"(?:UTC)?([+-]\d{1,2}):?(\d\d)?", label)
    if hours is None:
        return zone
    shift = timedelta(hours=int(hours[1]))
    minutes = timedelta(minutes=int(hours[2] or 0))
    return timezone(shift - minutes if label.startswith("-") else shift + minutes)
