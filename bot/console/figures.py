"""The whole in numbers, for a span of days: what came in, what we did, how long it took, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from bot.models import MentionKind, Mood, OutcomeKind

PUBLIC = "('posted', 'edited', 'removed', 'deleted', 'pending_remote')"
WAITS: tuple[tuple[str, timedelta], ...] = (
    ("to 15 min", timedelta(minutes=15)),
    ("to 1 h", timedelta(hours=1)),
    ("to 4 h", timedelta(hours=4)),
    ("to 1 day", timedelta(days=1)),
    ("longer", timedelta(days=36500)),
)

_PER_DAY = text(
    """
    select 'came' as what, (collected_at at time zone 'UTC')::date as day, count(*) from mention
        where collected_at >= :since and collected_at < :until group by 2
    union all
    select 'answered', (approved_at at time zone 'UTC')::date, count(*) from reply
        where approved_at >= :since and approved_at < :until and state in PUBLIC group by 2
    union all
    select 'silent', (at at time zone 'UTC')::date, count(*) from audit_entry
        where kind = 'mention.dismissed' and at >= :since and at < :until group by 2
    """.replace("PUBLIC", PUBLIC)
)
_JUDGED = text(
    """
    select (collected_at at time zone 'UTC')::date as day, kind, mood, count(*) from mention
    where collected_at >= :since and collected_at < :until group by 1, 2, 3
    """
)
_WAITED = text(
    """
    select extract(epoch from first.at - m.collected_at)::float8 as seconds from (
        select mention_id, min(coalesce(posted_at, approved_at)) as at from reply
        where approved_at >= :since and approved_at < :until and state in PUBLIC group by 1
    ) first join mention m on m.id = first.mention_id
    """.replace("PUBLIC", PUBLIC)
)
_CORRECTIONS = text(
    """
    select coalesce(
        (select o.kind from outcome o where o.reply_id = r.id
            order by array_position(cast(:telling as text[]), cast(o.kind as text)), o.id limit 1),
        'unanswered') as became, count(*)
    from reply r join draft d on d.id = r.draft_id
    where d.origin = 'fact' and r.state in PUBLIC and r.approved_at >= :since and r.approved_at < :until
    group by 1 order by 2 desc, 1
    """.replace("PUBLIC", PUBLIC)
)
TELLING = (
    OutcomeKind.REMOVED,
    OutcomeKind.DELETED,
    OutcomeKind.CORRECTED,
    OutcomeKind.DISPUTED,
    OutcomeKind.OPTED_OUT,
    OutcomeKind.RESOLVED,
    OutcomeKind.THANKED,
    OutcomeKind.LEAD,
    OutcomeKind.ANSWERED,
    OutcomeKind.EDITED,
)
"""Of all that a correction led to, the first of these tells most."""
_REMOVED = text(
    """
    select count(*) from reply where state = 'removed' and approved_at >= :since and approved_at < :until
    """
)
_OPEN = text("select count(*) from mention where state = 'open'")


@dataclass(frozen=True, slots=True)
class Sums:
    """A span of days in a few numbers. `waited` is the median time from a post to our answer."""

    came: int
    answered: int
    silent: int
    removed: int
    waited: timedelta | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the overview draws. Days are in UTC."""

    days: tuple[date, ...]
    came: tuple[float, ...]
    answered: tuple[float, ...]
    silent: tuple[float, ...]
    kinds: Mapping[str, tuple[float, ...]]
    moods: Mapping[str, tuple[float, ...]]
    waits: tuple[float, ...]
    corrections: tuple[tuple[str, int], ...]
    sums: Sums
    before: Sums
    open: int


def figures(session: Session, *, days: int, now: datetime) -> Figures:
    """Count the last days, today included, and the same number of days before them."""
    today = now.date()
    shown = tuple(today - timedelta(days=ago) for ago in range(days - 1, -1, -1))
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
    span = {"since": since, "until": now + timedelta(seconds=1)}
    counted = _per_day(session, span)
    judged = session.execute(_JUDGED, span).all()
    waited = [row.seconds for row in session.execute(_WAITED, span)]
    telling = [kind.value for kind in TELLING]
    return Figures(
        days=shown,
        came=_row(counted.get("came", {}), shown),
        answered=_row(counted.get("answered", {}), shown),
        silent=_row(counted.get("silent", {}), shown),
        kinds={kind.value: _judged(judged, 1, kind.value, shown) for kind in MentionKind},
        moods={mood.value: _judged(judged, 2, mood.value, shown) for mood in Mood},
        waits=_waits(waited),
        corrections=tuple((row[0], row[1]) for row in session.execute(_CORRECTIONS, {**span, "telling": telling})),
        sums=_sums(session, span, counted, waited),
        before=_before(session, since, days),
        open=session.execute(_OPEN).scalar_one(),
    )


Counted = dict[str, dict[date, int]]
Span = Mapping[str, datetime]


def _per_day(session: Session, span: Span) -> Counted:
    counted: Counted = {}
    for what, day, number in session.execute(_PER_DAY, span):
        counted.setdefault(what, {})[day] = number
    return counted


def _sums(session: Session, span: Span, counted: Counted, waited: Sequence[float]) -> Sums:
    removed = _one(session, _REMOVED, span)
    totals = {what: sum(days.values()) for what, days in counted.items()}
    return Sums(totals.get("came", 0), totals.get("answered", 0), totals.get("silent", 0), removed, _median(waited))


def _before(session: Session, since: datetime, days: int) -> Sums:
    span = {"since": since - timedelta(days=days), "until": since}
    return _sums(session, span, _per_day(session, span), [row.seconds for row in session.execute(_WAITED, span)])


def _one(session: Session, query: TextClause, span: Span) -> int:
    return int(session.execute(query, span).scalar_one())


def _row(counted: Mapping[date, int], days: Sequence[date]) -> tuple[float, ...]:
    return tuple(counted.get(day, 0) for day in days)


def _judged(rows: Sequence[object], at: int, wanted: str, days: Sequence[date]) -> tuple[float, ...]:
    counted: dict[date, int] = {}
    for row in rows:
        day, number = row[0], row[3]  # type: ignore[index]
        if row[at] == wanted:  # type: ignore[index]
            counted[day] = counted.get(day, 0) + number
    return _row(counted, days)


def _waits(waited: Sequence[float]) -> tuple[float, ...]:
    counts = [0.0] * len(WAITS)
    for seconds in waited:
        place = next(number for number, (_, most) in enumerate(WAITS) if seconds <= most.total_seconds())
        counts[place] += 1
    return tuple(counts)


def _median(waited: Sequence[float]) -> timedelta | None:
    if not waited:
        return None
    ordered = sorted(waited)
    return timedelta(seconds=round(ordered[len(ordered) // 2]))
