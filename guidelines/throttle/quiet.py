"""Quiet hours by a venue's own clock, on the nights when clocks change as well."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = timedelta(days=1)


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo | None:
    """Return the zone called `name`, or None when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def is_unset(name: str) -> bool:
    """Whether nobody has said which zone it is: venues begin as UTC, and one that keeps it is in Etc/UTC."""
    return name in ("", "UTC")


def quiet_ends(at: datetime, *, starts: time, ends: time, timezone: str) -> datetime | None:
    """Return when the quiet hours that `at` lies in are over, or None when it lies in none.

    An hour that exists twice is quiet both times; one that does not exist ends when the clock has passed it. Unknown
    zones are read as UTC.
    """
    here = zone(timezone) or ZoneInfo("UTC")
    today = at.astimezone(here).date()
    for night in (today - DAY, today, today + DAY):
        begin, end = _night(night, starts, ends, here)
        if begin <= at < end:
            return end
    return None


@lru_cache(maxsize=4096)
def _night(evening: date, starts: time, ends: time, here: ZoneInfo) -> tuple[datetime, datetime]:
    morning = evening if starts < ends else evening + DAY
    return min(_moments(evening, starts, here)), max(_moments(morning, ends, here))


def _moments(day: date, wall: time, here: ZoneInfo) -> tuple[datetime, datetime]:
    local = datetime.combine(day, wall, tzinfo=here)
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
