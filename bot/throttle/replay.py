"""The ledger of a replay: kept in memory, it says for any past moment what the database would have said."""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter

from bot.throttle.counting import Reach, reaches_of
from bot.throttle.history import History, Said, Talk
from bot.throttle.prints import likeness
from guidelines.throttle import (
    EVERYWHERE,
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
    Scope.POST: attrgetter("thread_id", "parent_post_id"),
    Scope.THREAD: attrgetter("thread_id"),
    Scope.AUTHOR: attrgetter("place.platform", "place.author"),
    Scope.VENUE: attrgetter("venue_id"),
    Scope.PLATFORM: attrgetter("place.platform"),
    Scope.ACCOUNT: attrgetter("account_id"),
    Scope.EMPLOYEE: attrgetter("employee_id"),
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
        entries = self.entries
        if not entries:
            return ()
        here = len(entries) if entries[-1].at <= now else bisect_right(entries, now, key=_AT)
        first = 0 if reach.number is None else max(0, here - reach.number)
        if reach.window is not None and first < here and entries[first].at <= (since := now - reach.window):
            first = bisect_right(entries, since, first, key=_AT)
        return tuple(entries[first:]) if first else tuple(entries)


@dataclass(slots=True)
class _Book:
    """What one basis counts, a line for each subject. Nothing that left before `oldest` can be asked for."""

    basis: Basis
    reach: Reach | None
    oldest: datetime | None
    lines: dict[object, _Line] = field(default_factory=dict)
    subject_of: Callable[[Said], object] = field(init=False)

    def __post_init__(self) -> None:
        self.subject_of = _SUBJECTS[self.basis.scope]

    def note(self, said: Said, entry: Entry) -> None:
        if self._is_about(said.place) and (self.basis.counts_deleted or not said.is_deleted):
            subject = self.subject_of(said)
            if (line := self.lines.get(subject)) is None:
                line = self.lines[subject] = _Line()
            line.add(entry)

    def read(self, said: Said) -> tuple[Entry, ...]:
        """As much as a decision about this reply can need."""
        line = self.lines.get(self.subject_of(said)) if self.lines else None
        if line is None or self.reach is None or not self._is_about(said.place):
            return ()
        return line.newest(self.reach, said.at)

    def share(self, limit: Limit, said: Said) -> Commercial:
        line = self.lines.get(self.subject_of(said)) or _Line()
        since = said.at - (limit.window or timedelta())
        first = bisect_right(line.entries, since, key=_AT)
        total = len(line.entries) - first
        commercial = len(line.commercial) - bisect_right(line.commercial, since, key=_AT)
        holds = commercial + 1 <= limit.number * (total + 1)
        return Commercial(total, commercial, () if holds else tuple(line.entries[first:]))

    def _is_about(self, place: Place) -> bool:
        """A purged author is nobody's subject."""
        if self.basis.scope is Scope.AUTHOR and not place.author:
            return False
        return self.basis.where is EVERYWHERE or place.matches(self.basis.where)


def _oldest(basis: Basis, limits: Sequence[Limit], history: History) -> datetime | None:
    windows = [limit.window for limit in limits if limit.basis == basis and limit.condition is not Condition.SIMILARITY]
    return None if None in windows else history.since - max(window for window in windows if window)


class Replay:
    """What was said so far, in a past that may have gone another way."""

    def __init__(self, limits: Sequence[Limit], history: History) -> None:
        self._shares = [limit for limit in limits if limit.condition is Condition.COMMERCIAL]
        self._alikes = [limit for limit in limits if limit.condition is Condition.SIMILARITY]
        reaches = reaches_of(limits)
        counted = {**reaches, **{limit.basis: None for limit in self._shares if limit.basis not in reaches}}
        self._books = {basis: _Book(basis, reach, _oldest(basis, limits, history)) for basis, reach in counted.items()}
        self._talks = history.talks
        self._threads: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
        self._bands: dict[int, list[tuple[Said, Entry]]] = defaultdict(list)

    def note(self, said: Said, at: datetime) -> None:
        """A reply left at `at`, which may be later than it did in truth."""
        entry = Entry(said.id, at, said.employee_id, url=said.url, is_commercial=said.place.is_commercial)
        for book in self._books.values():
            if book.oldest is None or at > book.oldest:
                book.note(said, entry)
        if not said.is_deleted:
            insort(self._threads[said.thread_id], (at, said.parent_post_id))
        for band in said.bands:
            self._bands[band].append((said, entry))

    def ledger(self, said: Said) -> Ledger:
        """What a decision about this reply would have seen."""
        place, thread = self._thread(said)
        entries = {basis: found for basis, book in self._books.items() if (found := book.read(said))}
        shares = self._shares if place.is_commercial else ()
        return Ledger(
            place=place,
            thread=thread,
            entries=entries,
            commercial={limit.name: self._books[limit.basis].share(limit, said) for limit in shares},
            similar=self._similar(said) if said.bands else {},
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

    def _similar(self, said: Said) -> dict[Basis, tuple[Likeness, ...]]:
        near = {other.id: (other, entry) for band in said.bands for other, entry in self._bands[band]}
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


def _subject(basis: Basis, said: Said) -> object:
    return _SUBJECTS[basis.scope](said)
