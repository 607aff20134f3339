"""The ledger of a replay: kept in memory, it says for any past moment what the database would have said."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from operator import attrgetter

from bot.throttle.counting import Reach, reaches_of
from bot.throttle.history import History, Said, Talk
from bot.throttle.prints import likeness
from guidelines.throttle import (
    Basis,
    Commercial,
    Condition,
    Entry,
    Ledger,
    Likeness,
    Limit,
    Place,
    Scope,
    ThreadNow,
)

_AT = attrgetter("at")
_SUBJECTS: Mapping[Scope, Callable[[Said], object]] = {
    Scope.POST: lambda said: (said.thread_id, said.parent_post_id),
    Scope.THREAD: lambda said: said.thread_id,
    Scope.AUTHOR: lambda said: (said.place.platform, said.place.author),
    Scope.VENUE: lambda said: said.venue_id,
    Scope.PLATFORM: lambda said: said.place.platform,
    Scope.ACCOUNT: lambda said: said.account_id,
    Scope.EMPLOYEE: lambda said: said.employee_id,
    Scope.BRAND: lambda _said: None,
}


def _put(entries: list[Entry], entry: Entry) -> None:
    """Most replies leave in the order in which they come; only those that were held do not."""
    if not entries or entries[-1].at <= entry.at:
        entries.append(entry)
    else:
        insort(entries, entry, key=_AT)


@dataclass(slots=True)
class _Line:
    """Replies of one subject, oldest first, and the commercial ones among them."""

    entries: list[Entry] = field(default_factory=list)
    commercial: list[Entry] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        _put(self.entries, entry)
        if entry.is_commercial:
            _put(self.commercial, entry)

    def newest(self, reach: Reach, now: datetime) -> tuple[Entry, ...]:
        """As much as a decision at `now` can need."""
        here = bisect_right(self.entries, now, key=_AT)
        first = 0 if reach.number is None else max(0, here - reach.number)
        if reach.window is not None:
            first = max(first, bisect_right(self.entries, now - reach.window, key=_AT))
        return tuple(self.entries[first:])


class Replay:
    """What was said so far, in a past that may have gone another way."""

    def __init__(self, limits: Sequence[Limit], history: History) -> None:
        self._limits = limits
        self._reaches = reaches_of(limits)
        self._shares = [limit for limit in limits if limit.condition is Condition.COMMERCIAL]
        self._alikes = [limit for limit in limits if limit.condition is Condition.SIMILARITY]
        counted = {*self._reaches, *(limit.basis for limit in (*self._shares, *self._alikes))}
        self._lines: dict[Basis, dict[object, _Line]] = {basis: defaultdict(_Line) for basis in counted}
        self._counted = [(basis, _SUBJECTS[basis.scope], lines) for basis, lines in self._lines.items()]
        self._talks = history.talks
        self._threads: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
        self._recurring = _recurring(history, self._alikes)
        self._bands: dict[int, list[tuple[Said, Entry]]] = defaultdict(list)

    def note(self, said: Said, at: datetime) -> None:
        """A reply left at `at`, which may be later than it did in truth."""
        entry = Entry(said.id, at, said.employee_id, said.employee, said.url, said.place.is_commercial)
        for basis, subject_of, lines in self._counted:
            if said.place.matches(basis.where) and (basis.counts_deleted or not said.is_deleted):
                lines[subject_of(said)].add(entry)
        if not said.is_deleted:
            insort(self._threads[said.thread_id], (at, said.parent_post_id))
        for band in self._recurring.intersection(said.bands):
            self._bands[band].append((said, entry))

    def ledger(self, said: Said) -> Ledger:
        """What a decision about this reply would have seen."""
        place, thread = self._thread(said)
        asked = {basis: reach for basis, reach in self._reaches.items() if _countable(basis, place)}
        return Ledger(
            place=place,
            thread=thread,
            entries={
                basis: self._lines[basis][_subject(basis, said)].newest(reach, said.at)
                for basis, reach in asked.items()
            },
            commercial={limit.name: self._commercial(limit, said) for limit in self._shares}
            if place.is_commercial
            else {},
            similar=self._similar(said) if self._alikes else {},
        )

    def _thread(self, said: Said) -> tuple[Place, ThreadNow]:
        spoken = self._threads[said.thread_id]
        talk = self._talks.get(said.thread_id) or Talk()
        others = bisect_left(talk.others, said.at)
        unknown = bisect_left(talk.unknown_ours, said.at)
        last = max([moment for moment, _ in spoken[-1:]] + talk.unknown_ours[:unknown][-1:], default=None)
        last_is_ours = last is not None and not (others and talk.others[others - 1] > last)
        place = said.place
        if place.addressed and any(parent == said.parent_post_id for _, parent in spoken):
            place = replace(place, addressed=False)
        return place, ThreadNow(others, len(spoken) + unknown, last_is_ours)

    def _commercial(self, limit: Limit, said: Said) -> Commercial:
        line = self._lines[limit.basis][_subject(limit.basis, said)]
        since = said.at - (limit.window or timedelta())
        first = bisect_right(line.entries, since, key=_AT)
        total = len(line.entries) - first
        commercial = len(line.commercial) - bisect_right(line.commercial, since, key=_AT)
        holds = commercial + 1 <= limit.number * (total + 1)
        return Commercial(total, commercial, () if holds else tuple(line.entries[first:]))

    def _similar(self, said: Said) -> dict[Basis, tuple[Likeness, ...]]:
        shared = self._recurring.intersection(said.bands)
        near = {other.id: (other, entry) for band in shared for other, entry in self._bands[band]}
        found: dict[Basis, tuple[Likeness, ...]] = {}
        for limit in self._alikes:
            basis = limit.basis
            same = [
                (other, entry)
                for other, entry in near.values()
                if _subject(basis, other) == _subject(basis, said)
                and other.place.matches(basis.where)
                and (limit.window is None or entry.at > said.at - limit.window)
            ]
            scored = (Likeness(entry, likeness(said.text, other.text)) for other, entry in same)
            found[basis] = tuple(each for each in scored if each.score >= limit.number)
        return found


def _recurring(history: History, alikes: Sequence[Limit]) -> frozenset[int]:
    """The bands that more than one reply has, of those young enough to be compared: all others need no place."""
    windows = [limit.window for limit in alikes]
    if not windows:
        return frozenset()
    oldest = None if None in windows else history.since - max(window for window in windows if window)
    young = (said for said in history.said if oldest is None or said.at > oldest)
    return frozenset(band for band, count in Counter(chain.from_iterable(s.bands for s in young)).items() if count > 1)


def _subject(basis: Basis, said: Said) -> object:
    return _SUBJECTS[basis.scope](said)


def _countable(basis: Basis, place: Place) -> bool:
    return place.matches(basis.where) and (basis.scope is not Scope.AUTHOR or bool(place.author))
