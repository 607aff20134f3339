"""What other limits would have done: the past is replayed, reply by reply, in the order in which it happened.

A reply that is refused does not count for those after it; one that is held counts when it would have left. What others
wrote is taken as it was: nobody knows what they would have said to silence. The same past gives the same report.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from bot.throttle.history import History, Said, read_history
from bot.throttle.replay import Replay
from guidelines.throttle import Decision, Limit, Ruling, decide

LONGEST_CONTEXT = timedelta(days=90)
"""How far before the first replayed reply counting begins at most."""


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
    history = read_history(session, since=since, until=until, context=context)
    under_today = outlook(history, today, since)
    return Simulation(
        since=since,
        until=until,
        truth=outlook(history, (), since),
        today=under_today,
        proposed=under_today if tuple(proposed) == tuple(today) else outlook(history, proposed, since),
    )


def outlook(history: History, limits: Sequence[Limit], since: datetime) -> Outlook:
    """Replay a past under limits; what lies before `since` is counted and not judged."""
    replay = Replay(limits, history)
    answers: list[tuple[Said, Decision, datetime | None]] = []
    for said in history.said:
        if said.at < since:
            replay.note(said, said.at)
            continue
        decision = decide(limits, replay.ledger(said), said.at)
        leaves_at = _leaves(decision, said)
        if leaves_at is not None:
            replay.note(said, leaves_at)
        answers.append((said, decision, leaves_at))
    return _summed(history, answers)


def _leaves(decision: Decision, said: Said) -> datetime | None:
    if decision.ruling is Ruling.HOLD:
        return decision.reopens_at
    return said.at if decision.allowed else None


def _summed(history: History, answers: Sequence[tuple[Said, Decision, datetime | None]]) -> Outlook:
    stopped = [(said, decision, leaves) for said, decision, leaves in answers if not decision.allowed]
    per_day = Counter(leaves.date() for _, _, leaves in answers if leaves is not None)
    return Outlook(
        replies=len(answers),
        rulings=Counter(decision.ruling for _, decision, _ in answers),
        by_limit=Counter(reason.limit for _, decision, _ in stopped for reason in decision.reasons),
        became=Counter((decision.ruling, said.became) for said, decision, _ in answers),
        per_day=dict(sorted(per_day.items())),
        shares=_shares(history, answers),
        judged=tuple(_judged(said, decision, leaves) for said, decision, leaves in stopped),
    )


def _judged(said: Said, decision: Decision, leaves: datetime | None) -> Judged:
    names = tuple(reason.limit for reason in decision.reasons)
    return Judged(said.id, said.at, decision.ruling, names, leaves, said.became, said.place.venue, said.url)


def _shares(history: History, answers: Sequence[tuple[Said, Decision, datetime | None]]) -> dict[int, float]:
    ours: dict[int, int] = defaultdict(int)
    for said, _, leaves in answers:
        ours[said.thread_id] += leaves is not None
    shares = {}
    for thread_id, count in sorted(ours.items()):
        talk = history.talks.get(thread_id)
        others = len(talk.others) if talk else 0
        shares[thread_id] = count / (count + others) if count else 0.0
    return shares
