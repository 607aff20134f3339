"""What other limits would have done: the past is replayed, reply by reply, in the order in which it happened.

A reply that is refused does not count for those after it; one that is held counts when it would have left. What others
wrote is taken as it was: nobody knows what they would have said to silence. The same past gives the same report.
"""

import gc
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from sqlalchemy.orm import Session

from bot.throttle.history import History, Said, read_history
from bot.throttle.replay import Replay
from guidelines.throttle import Judgement, Limit, Ruling, judge

LONGEST_CONTEXT = timedelta(days=90)
"""How far before the first replayed reply counting begins at most."""

Answer = tuple[Said, Ruling, tuple[str, ...], datetime | None]
"""A reply, what would have become of it, by which limits, and when it would have left."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A reply of the past that would not simply have left, and what came of it in truth."""

    reply_id: int
    at: datetime
    ruling: Ruling
    limits: tuple[str, ...]
    leaves_at: datetime | None
    became: str
    venue: str
    url: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one set of limits would have done with the past. Days are in UTC; shares are those of whole threads."""

    replies: int
    rulings: Mapping[Ruling, int]
    by_limit: Mapping[str, int]
    became: Mapping[tuple[Ruling, str], int]
    per_day: Mapping[date, int]
    shares: Mapping[int, float]
    judged: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """The past as it was, under the limits of today, and under the proposed ones."""

    since: datetime
    until: datetime
    truth: Outlook
    today: Outlook
    proposed: Outlook


def simulate(
    session: Session, proposed: Sequence[Limit], today: Sequence[Limit], *, since: datetime, until: datetime
) -> Simulation:
    """Replay what was said from `since` to `until` under both sets of limits."""
    windows = [limit.window for limit in (*proposed, *today) if limit.window is not None]
    context = min(max(windows, default=timedelta()), LONGEST_CONTEXT)
    with _no_search_for_cycles():
        history = read_history(session, since=since, until=until, context=context)
        under_today = outlook(history, today, since)
        return Simulation(
            since=since,
            until=until,
            truth=_in_truth(history, since),
            today=under_today,
            proposed=under_today if tuple(proposed) == tuple(today) else outlook(history, proposed, since),
        )


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """A past is a million small objects that never refer back to each other; looking through them took a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def outlook(history: History, limits: Sequence[Limit], since: datetime) -> Outlook:
    """Replay a past under limits; what lies before `since` is counted and not judged."""
    replay = Replay(limits, history)
    answers: list[Answer] = []
    for said in history.said:
        if said.at < since:
            replay.note(said, said.at)
            continue
        judged = judge(limits, replay.ledger(said), said.at)
        leaves_at = _leaves(judged, said)
        if leaves_at is not None:
            replay.note(said, leaves_at)
        # Only the names are kept of why not: the counted replies of a hundred thousand refusals fill the memory.
        answers.append((said, judged.ruling, tuple([limit.name for limit, _ in judged.closed]), leaves_at))
    return _summed(history, answers)


def _in_truth(history: History, since: datetime) -> Outlook:
    """What happened: everything left when it did."""
    return _summed(history, [(said, Ruling.ALLOW, (), said.at) for said in history.said if said.at >= since])


def _leaves(judged: Judgement, said: Said) -> datetime | None:
    if judged.ruling is Ruling.HOLD:
        return judged.reopens_at
    return said.at if judged.ruling is Ruling.ALLOW else None


def _summed(history: History, answers: Sequence[Answer]) -> Outlook:
    stopped = [answer for answer in answers if answer[1] is not Ruling.ALLOW]
    per_day = Counter(leaves.date() for *_, leaves in answers if leaves is not None)
    return Outlook(
        replies=len(answers),
        rulings=Counter(ruling for _, ruling, _, _ in answers),
        by_limit=Counter(chain.from_iterable(names for _, _, names, _ in stopped)),
        became=Counter((ruling, said.became) for said, ruling, _, _ in answers),
        per_day=dict(sorted(per_day.items())),
        shares=_shares(history, answers),
        judged=tuple(_stopped(*answer) for answer in stopped),
    )


def _stopped(said: Said, ruling: Ruling, names: tuple[str, ...], leaves: datetime | None) -> Judged:
    return Judged(said.id, said.at, ruling, names, leaves, said.became, said.place.venue, said.url)


def _shares(history: History, answers: Sequence[Answer]) -> dict[int, float]:
    ours: dict[int, int] = defaultdict(int)
    for said, _, _, leaves in answers:
        ours[said.thread_id] += leaves is not None
    shares = {}
    for thread_id, count in sorted(ours.items()):
        talk = history.talks.get(thread_id)
        others = len(talk.others) if talk else 0
        shares[thread_id] = count / (count + others) if count else 0.0
    return shares
