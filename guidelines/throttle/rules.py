"""The conditions, one function each: is the limit closed at a moment, until when, and what was counted?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import ceil

from guidelines.throttle.ledger import Commercial, Entry, Ledger
from guidelines.throttle.limit import EVERYWHERE, Condition, Limit, Unless
from guidelines.throttle.quiet import is_unset, quiet_ends, zone

URGENT = "high"
"""Triage's word for what may break the quiet hours."""

NOBODY = 0
"""Stands for the person while nobody in particular wants to reply."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A limit that does not let the reply pass. `until` is None when time alone will not open it."""

    because: str
    until: datetime | None = None
    counted: tuple[Entry, ...] = ()
    suggestion: str = ""


Rule = Callable[[Limit, Ledger, datetime], Closed | None]


def closed(limit: Limit, ledger: Ledger, at: datetime) -> Closed | None:
    """Return why `limit` does not let the reply pass at `at`, or None when it does."""
    if limit.where is not EVERYWHERE and not ledger.place.matches(limit.where):
        return None
    if (limit.unless and _excepted(limit, ledger)) or (limit.until is not None and at >= limit.until):
        return None
    found = RULES[limit.condition](limit, ledger, at)
    if found is None or limit.until is None:
        return found
    until = limit.until if found.until is None else min(found.until, limit.until)
    return Closed(found.because, until, found.counted, found.suggestion)


def _excepted(limit: Limit, ledger: Ledger) -> bool:
    place = ledger.place
    return (Unless.ADDRESSED in limit.unless and place.addressed) or (
        Unless.URGENT in limit.unless and place.urgency == URGENT
    )


def _count(limit: Limit, ledger: Ledger, at: datetime) -> Closed | None:
    if len(ledger.entries.get(limit.basis, ())) < limit.number:
        return None
    return _crowded(limit, ledger, at, most=int(limit.number), window=limit.window)


def _gap(limit: Limit, ledger: Ledger, at: datetime) -> Closed | None:
    return _crowded(limit, ledger, at, most=1, window=limit.window)


def _crowded(limit: Limit, ledger: Ledger, at: datetime, *, most: int, window: timedelta | None) -> Closed | None:
    entries = ledger.entries.get(limit.basis, ())
    if most <= 0:
        return Closed("This limit lets nothing pass.", None, entries[-5:])
    if len(entries) < most:
        return None
    if window is None:
        return Closed(f"{_replies(len(entries))} counted.", None, entries)
    if entries[-1].at <= at and at - entries[-most].at >= window:
        return None
    times = [entry.at for entry in entries]
    if _fits(times, at, most, window):
        return None
    near = tuple(entry for entry in entries if abs(entry.at - at) < window)
    opens = sorted(entry.at + window for entry in entries if entry.at + window > at)
    until = next(moment for moment in opens if _fits(times, moment, most, window))
    return Closed(f"{_replies(len(near))} counted.", until, near)


def _fits(times: Sequence[datetime], at: datetime, most: int, window: timedelta) -> bool:
    """Whether no window of this length that holds `at` would hold more than `most`, replies still to leave included."""
    near = sorted([moment for moment in times if abs(moment - at) < window] + [at])
    return all(last - first >= window for first, last in zip(near, near[most:], strict=False))


def _last_word(_limit: Limit, ledger: Ledger, _at: datetime) -> Closed | None:
    if not ledger.thread.last_word_is_ours:
        return None
    return Closed("The last word here is ours. It opens when somebody else has spoken.")


def _employees(limit: Limit, ledger: Ledger, at: datetime) -> Closed | None:
    """Two people may speak in turn; what is limited is how many of us come along. Counts replies still to leave."""
    entries = ledger.entries.get(limit.basis, ())
    since = None if limit.window is None else at - limit.window
    present = tuple(entry for entry in entries if since is None or entry.at > since)
    newest = {entry.employee_id: entry for entry in present}
    if ledger.place.employee_id in (NOBODY, *newest) or len(newest) < limit.number:
        return None
    until = None
    if limit.window is not None and limit.number >= 1:
        leaving = sorted(entry.at for entry in newest.values())
        until = leaving[len(newest) - int(limit.number)] + limit.window
    names = _listed([entry.employee or f"employee {entry.employee_id}" for entry in newest.values()])
    return Closed(f"Already here: {names or 'nobody'}.", until, present, _let_them(names) if names else "")


def _let_them(names: str) -> str:
    return f"Let {names} answer: already part of this conversation."


def _share(limit: Limit, ledger: Ledger, _at: datetime) -> Closed | None:
    ours, total = ledger.thread.ours, ledger.thread.ours + ledger.thread.others
    share = _exact(limit.number)
    if total < limit.at_least or ours + 1 <= share * (total + 1):
        return None
    entries = ledger.entries.get(limit.basis, ())
    if not share:
        return Closed("This limit lets nothing pass.", None, entries)
    missing = ceil((ours + 1) / share) - total - 1
    posts = "one more post" if missing == 1 else f"{missing} more posts"
    because = f"{ours} of {total} posts here are ours; one more would be too large a share."
    return Closed(f"{because} It opens after {posts} by others.", None, entries)


def _commercial(limit: Limit, ledger: Ledger, at: datetime) -> Closed | None:
    if not ledger.place.is_commercial or limit.window is None:
        return None
    counted = ledger.commercial.get(limit.name, Commercial())
    share, window = _exact(limit.number), limit.window
    if not counted.timeline:
        if counted.commercial + 1 <= share * (counted.total + 1):
            return None
        return Closed(_commercially(counted.commercial, counted.total))
    live = [entry for entry in counted.timeline if entry.at > at - window]
    commercial = tuple(entry for entry in live if entry.is_commercial)
    if len(commercial) + 1 <= share * (len(live) + 1):
        return None
    until = _share_opens(counted.timeline, at, share, window)
    return Closed(_commercially(len(commercial), len(live)), until, commercial)


def _commercially(commercial: int, total: int) -> str:
    return f"{commercial} of {_replies(total)} counted were commercial; one more would be too many."


def _share_opens(timeline: Sequence[Entry], at: datetime, share: Fraction, window: timedelta) -> datetime | None:
    """The share changes only when a reply leaves the window, and may get worse before it gets better."""
    total, commercial = len(timeline), sum(entry.is_commercial for entry in timeline)
    for entry, following in pairwise([*timeline, None]):
        assert entry is not None
        total -= 1
        commercial -= entry.is_commercial
        opens = entry.at + window
        leaves_together = following is not None and following.at == entry.at
        if opens > at and not leaves_together and commercial + 1 <= share * (total + 1):
            return opens
    return None


def _similarity(limit: Limit, ledger: Ledger, at: datetime) -> Closed | None:
    alike = [found for found in ledger.similar.get(limit.basis, ()) if found.score >= limit.number]
    if limit.window is not None:
        alike = [found for found in alike if found.entry.at > at - limit.window]
    if not alike:
        return None
    entries = tuple(sorted((found.entry for found in alike), key=lambda entry: entry.at))
    until = None if limit.window is None else entries[-1].at + limit.window
    closest = max(found.score for found in alike)
    return Closed(
        f"It reads {closest:.0%} like what we have already said.",
        until,
        entries,
        "Say it in your own words, to this person.",
    )


def _quiet_hours(limit: Limit, ledger: Ledger, at: datetime) -> Closed | None:
    if limit.quiet_from is None or limit.quiet_to is None:
        return None
    timezone = ledger.place.timezone
    until = quiet_ends(at, starts=limit.quiet_from, ends=limit.quiet_to, timezone=timezone)
    if until is None:
        return None
    known = timezone if zone(timezone) else f"UTC, for the zone “{timezone}” is unknown"
    if is_unset(timezone):
        known = "UTC, for nobody has set the time zone of this venue"
    return Closed(f"It is quiet there until {limit.quiet_to:%H:%M} ({known}).", until)


@lru_cache(maxsize=1024)
def _exact(share: float) -> Fraction:
    """0.1 as a tenth, not as the nearest binary number."""
    return Fraction(str(share))


def _replies(count: int) -> str:
    return "1 reply" if count == 1 else f"{count} replies"


def _listed(names: Sequence[str]) -> str:
    return " or ".join(dict.fromkeys(names))


RULES: Mapping[Condition, Rule] = {
    Condition.COUNT: _count,
    Condition.GAP: _gap,
    Condition.LAST_WORD: _last_word,
    Condition.EMPLOYEES: _employees,
    Condition.SHARE: _share,
    Condition.COMMERCIAL: _commercial,
    Condition.SIMILARITY: _similarity,
    Condition.QUIET_HOURS: _quiet_hours,
}
