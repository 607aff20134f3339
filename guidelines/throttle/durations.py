"""Lengths of time as people write them: `20 minutes`, `a day`, `7 days`."""

import re
from datetime import timedelta

from guidelines.throttle.limit import LimitError

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_SHORT = {"s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour", "d": "day", "w": "week"}
_SPOKEN = ("day", "hour", "minute", "second")
_DURATION = re.compile(r"\s*(?:(-?\d{1,9}(?:\.\d{1,3})?)|an?\b)?\s*([a-z]+)\s*", re.IGNORECASE)
LONGEST = timedelta(days=3660)


def read_duration(text: str) -> timedelta:
    """Read `7 days`, `day`, `20 min`; raises `LimitError` for anything else, for nothing and for less than nothing."""
    match = _DURATION.fullmatch(text)
    unit = match[2].lower() if match else ""
    unit = _SHORT.get(unit, unit.removesuffix("s"))
    if match is None or unit not in _UNITS:
        raise LimitError(f"“{text}” is not a length of time. Examples: 20 minutes, 3 hours, 7 days.")
    seconds = float(match[1] or 1) * _UNITS[unit]
    if seconds <= 0:
        raise LimitError(f"A window must be longer than nothing; “{text}” is not.")
    if seconds > LONGEST.total_seconds():
        raise LimitError(f"“{text}” is longer than ten years. Leave the window out to count for ever.")
    return timedelta(seconds=seconds)


def say_duration(length: timedelta) -> str:
    """Say a length in the largest unit that fits evenly: `7 days`, `90 minutes`."""
    seconds = length.total_seconds()
    for unit in _SPOKEN:
        if seconds % _UNITS[unit] == 0:
            count = int(seconds // _UNITS[unit])
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:g} seconds"


def say_window(length: timedelta) -> str:
    """Say a window after “per”: `day`, `7 days`."""
    spoken = say_duration(length)
    return spoken.removeprefix("1 ")
