"""Dates, clock times and "around the clock" among the tokens of a sentence."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from guidelines.claims.lexicon import group
from guidelines.claims.text import Token

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_ORDINAL = ("st", "nd", "rd", "th")
_BEFORE_YEAR = group("calendar before year")
_COUNTED = group("calendar counted")
_DECADES = {"fifties": 1950, "sixties": 1960, "seventies": 1970, "eighties": 1980, "nineties": 1990}
_BEFORE_DECADE = frozenset({"the", "early", "late", "mid"})
_HOURS_TALK = frozenset(
    {"open", "opens", "hours", "weekdays", "monday", "mon", "friday", "support", "weekday", "available"}
)
_REACH = 100
"""Tokens around "9-5" that may tell that it speaks of hours: no more, or a list of such would take for ever."""
_UNTIL = frozenset({"at", "till", "until", "til"})
_OPENS = frozenset({"open", "opens", "opened", "starts", "start"})
_CLOSES = frozenset({"close", "closes", "closed", "shut", "shuts", "ends"})
_AFTER_HOUR = frozenset({"on", "every", "and", "each", "in", "which", "so", "now", ",", ".", "!", "sharp", "most"})
_ALWAYS = (
    ("24/7",),
    ("24x7",),
    ("24", "7"),
    ("around", "the", "clock"),
    ("round", "the", "clock"),
    ("day", "and", "night"),
    ("24", "hours", "a", "day"),
    ("24", "hour"),
    ("any", "time", "of", "day"),
    ("at", "all", "hours"),
    ("day", "or", "night"),
)
_ALWAYS_BEGINS = frozenset(phrase[0] for phrase in _ALWAYS)


@dataclass(frozen=True, slots=True)
class Date:
    """The known parts of a date and its last token."""

    year: int | None
    month: int | None
    day: int | None
    last: int


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day in minutes, or a span of two."""

    start: float
    end: float | None
    last: int


def date_at(tokens: Sequence[Token], at: int) -> Date | None:
    """The date that begins at a token."""
    token = tokens[at]
    if token.kind == "special":
        return _numeric(token.text, at)
    if token.kind == "number":
        return _day_first(tokens, at) or _year_alone(tokens, at)
    if token.kind == "word" and token.text in _MONTHS:
        return _month_first(tokens, at)
    return None


def decade_at(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """The first year of "the 80s", "the nineties" or "the 1980s" and its last token."""
    if at >= len(tokens):
        return None
    text = tokens[at].text
    if text in _DECADES:
        return (_DECADES[text], at) if at and tokens[at - 1].text in _BEFORE_DECADE else None
    plural = at + 1 < len(tokens) and tokens[at + 1].text == "s" and tokens[at + 1].attached
    if tokens[at].kind != "number" or not plural or not text.endswith("0"):
        return None
    if _YEAR.fullmatch(text):
        return int(text), at + 1
    before = tokens[at - 1].text if at else ""
    return (1900 + int(text), at + 1) if text.isdecimal() and len(text) == 2 and before in _BEFORE_DECADE else None


def _numeric(text: str, at: int) -> Date | None:
    numbers = [int(part) for part in re.split(r"[-/.]", text) if part.isdigit()]
    if len(numbers) != 3:
        return None
    if numbers[0] > 31:
        return Date(numbers[0], numbers[1], numbers[2], at)
    first, second, year = numbers
    if first > 12 >= second:
        return Date(year, second, first, at)
    if second > 12 >= first:
        return Date(year, first, second, at)
    return Date(year, None, None, at) if first != second else Date(year, first, first, at)


def _day_first(tokens: Sequence[Token], at: int) -> Date | None:
    """ "14 March 2023", "14th of March"."""
    text = tokens[at].text
    if len(text) > 2 or not text.isdecimal() or not 1 <= int(text) <= 31:
        return None
    after = at + 1
    while after < len(tokens) and tokens[after].text in (*_ORDINAL, "of"):
        after += 1
    if after >= len(tokens) or tokens[after].text not in _MONTHS:
        return None
    year, last = _year_after(tokens, after)
    return Date(year, _MONTHS[tokens[after].text], int(text), last)


def _month_first(tokens: Sequence[Token], at: int) -> Date | None:
    """ "March 2023", "March 14, 2023", "in March"; "may" and "march" alone are words."""
    month = _MONTHS[tokens[at].text]
    following = tokens[at + 1].text if at + 1 < len(tokens) else ""
    if len(following) < 3 and following.isdecimal() and 1 <= int(following) <= 31:
        last = at + 2 if at + 2 < len(tokens) and tokens[at + 2].text in _ORDINAL else at + 1
        year, last = _year_after(tokens, last)
        return Date(year, month, int(following), last)
    year, last = _year_after(tokens, at)
    if year is not None:
        return Date(year, month, None, last)
    before = tokens[at - 1].text if at else ""
    return Date(None, month, None, at) if before in ("in", "since", "last", "this") else None


def _year_after(tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
    after = at + 1
    while after < len(tokens) and tokens[after].text in (",", "of"):
        after += 1
    if after < len(tokens) and _YEAR.fullmatch(tokens[after].text):
        return int(tokens[after].text), after
    return None, at


def _year_alone(tokens: Sequence[Token], at: int) -> Date | None:
    text = tokens[at].text
    if not _YEAR.fullmatch(text):
        return None
    before = tokens[at - 1].text if at else ""
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if following is not None and (following.attached and (following.kind == "word" or following.text == "'")):
        return None
    if before in _BEFORE_YEAR:
        return Date(int(text), None, None, at)
    counted = following is not None and following.text in _COUNTED
    return None if counted or before in ("£", "$", "€") else Date(int(text), None, None, at)


def clock_at(tokens: Sequence[Token], at: int) -> Clock | None:
    """The time of day, or span of times, that begins at a token."""
    start = _time_at(tokens, at) or _bare_hour(tokens, at)
    if start is None:
        return _office_hours(tokens, at)
    joint = start[1] + 1
    if joint < len(tokens) and (tokens[joint].hyphenated or tokens[joint].text in ("to", "-", "until", "till")):
        step = joint if tokens[joint].hyphenated else joint + 1
        end = _time_at(tokens, step) if step < len(tokens) else None
        if end is not None:
            return Clock(start[0], end[0], end[1])
    return Clock(start[0], None, start[1])


def _bare_hour(tokens: Sequence[Token], at: int) -> tuple[float, int] | None:
    """The hour of "opens at 10" and "open till 9"."""
    if tokens[at].kind != "number" or not at or not _is_hour(tokens[at].text) or tokens[at - 1].text not in _UNTIL:
        return None
    before = {token.text for token in tokens[max(0, at - 4) : at - 1]}
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if not before & _OPENS | before & _CLOSES or (following is not None and following.text not in _AFTER_HOUR):
        return None
    late = before & _CLOSES or tokens[at - 1].text in ("till", "until", "til")
    return float(int(tokens[at].text) * 60 + (720 if late and int(tokens[at].text) < 12 else 0)), at


def _time_at(tokens: Sequence[Token], at: int) -> tuple[float, int] | None:
    token = tokens[at]
    if token.text in ("noon", "midday", "midnight"):
        return (0.0 if token.text == "midnight" else 720.0), at
    if token.kind == "special" and ":" in token.text:
        hours, minutes = (int(part) for part in token.text.split(":"))
        return _with_half(tokens, at, hours, minutes)
    if (
        token.kind == "number"
        and len(token.text) < 3
        and token.text.isdecimal()
        and int(token.text) <= 12
        and _half_of_day(tokens, at + 1)[0]
    ):
        return _with_half(tokens, at, int(token.text), 0)
    return None


def _with_half(tokens: Sequence[Token], at: int, hours: int, minutes: int) -> tuple[float, int]:
    half, last = _half_of_day(tokens, at + 1)
    if half == "pm" and hours < 12:
        hours += 12
    if half == "am" and hours == 12:
        hours = 0
    return float(hours * 60 + minutes), last if half else at


def _half_of_day(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    text = tokens[at].text if at < len(tokens) else ""
    if text in ("am", "pm"):
        return text, at
    if text in ("a", "p") and at + 2 < len(tokens) and tokens[at + 1].text == "." and tokens[at + 2].text == "m":
        return f"{text}m", at + 2
    return "", at


def _office_hours(tokens: Sequence[Token], at: int) -> Clock | None:
    """ "9-5", "9 to 5pm" where the talk is of opening hours."""
    if tokens[at].kind != "number" or at + 1 >= len(tokens) or not _is_hour(tokens[at].text):
        return None
    step = at + 1 if tokens[at + 1].hyphenated else at + 2 if tokens[at + 1].text == "to" else None
    if step is None or step >= len(tokens) or not _is_hour(tokens[step].text):
        return None
    opens, closes = int(tokens[at].text), int(tokens[step].text)
    half, last = _half_of_day(tokens, step + 1)
    near = tokens[max(0, at - _REACH) : at + _REACH]
    if opens > 12 or closes > 24 or not (half or any(token.text in _HOURS_TALK for token in near)):
        return None
    following = tokens[step + 1].text if step + 1 < len(tokens) else ""
    if following in ("days", "hours", "weeks", "minutes", "%", "months", "years", "people", "km"):
        return None
    ends = closes + 12 if closes <= 12 and half != "am" and closes <= opens + 12 and closes < 12 else closes
    return Clock(opens * 60.0, ends * 60.0, last if half else step)


def _is_hour(text: str) -> bool:
    return len(text) < 3 and text.isdecimal() and int(text) <= 24


def always_at(tokens: Sequence[Token], at: int) -> int:
    """How many tokens say "around the clock" from here; 0 for none."""
    for phrase in _ALWAYS if tokens[at].text in _ALWAYS_BEGINS else ():
        if all(at + step < len(tokens) and tokens[at + step].text == word for step, word in enumerate(phrase)):
            return len(phrase)
    return 1 if tokens[at].kind == "special" and tokens[at].text.replace(" ", "") in ("24/7", "24x7") else 0
