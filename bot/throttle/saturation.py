"""How much of a conversation we are: where we speak most, who speaks, and which limits are near."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.throttle.counting import STANDING
from guidelines.throttle import Condition, Limit, Scope

_VALUES = dict[str, object]


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the posts in one place were ours."""

    id: int
    name: str
    ours: int
    others: int

    @property
    def share(self) -> float:
        """Our part of all, between 0 and 1."""
        return self.ours / (self.ours + self.others) if self.ours else 0.0


@dataclass(frozen=True, slots=True)
class Speaker:
    """How often one person replied."""

    employee_id: int
    name: str
    replies: int


@dataclass(frozen=True, slots=True)
class Nearness:
    """How full one limit is for the subject that is nearest to it."""

    limit: str
    subject: str
    used: int
    most: int

    @property
    def part(self) -> float:
        """How much of the limit is used: 1 and more means nothing passes."""
        return self.used / self.most if self.most else 1.0


@dataclass(frozen=True, slots=True)
class Saturation:
    """The whole picture for a span of time; each list begins with where we are most."""

    venues: tuple[Share, ...]
    threads: tuple[Share, ...]
    speakers: tuple[Speaker, ...]
    nearest: tuple[Nearness, ...]


_SHARES = """
    with spoken as (
        select r.{column} as id, count(*) as ours from reply r
        where STANDING and r.counted_at >= :since and r.counted_at <= :now group by 1
    ), heard as (
        select p.{column} as id, count(*) as others from post p
        where p.{column} in (select id from spoken) and p.created_at >= :since and p.created_at <= :now
            and not p.is_own and p.status in ('live', 'edited')
        group by 1
    )
    select spoken.id, {name}, spoken.ours, coalesce(heard.others, 0) from spoken
    join {table} named on named.id = spoken.id left join heard on heard.id = spoken.id
    order by spoken.ours desc, spoken.id limit :most
"""
_VENUES = text(_SHARES.format(column="venue_id", table="venue", name="named.name").replace("STANDING", STANDING))
_THREADS = text(
    _SHARES.format(column="thread_id", table="thread", name="named.root_external_id").replace("STANDING", STANDING)
)
_SPEAKERS = text(
    """
    select e.id, e.name, count(*) from reply r join employee e on e.id = r.approved_by_id
    where STANDING and r.counted_at >= :since and r.counted_at <= :now
    group by e.id, e.name order by 3 desc, e.id limit :most
    """.replace("STANDING", STANDING)
)
_FULLEST = """
    select {name}, count(*) from reply r {join}
    where STANDING and r.counted_at > :since group by 1 order by 2 desc, 1 limit 1
"""
_SUBJECTS = {
    Scope.VENUE: ("v.name", "join venue v on v.id = r.venue_id"),
    Scope.PLATFORM: ("r.platform", ""),
    Scope.ACCOUNT: ("a.handle", "join account a on a.id = r.account_id"),
    Scope.EMPLOYEE: ("e.name", "join employee e on e.id = r.approved_by_id"),
    Scope.BRAND: ("'all of us'", ""),
}


def saturation(
    session: Session, limits: Sequence[Limit], *, since: datetime, now: datetime, most: int = 10
) -> Saturation:
    """Look at what was said from `since` to `now`; each list holds at most `most` places."""
    values: _VALUES = {"since": since, "now": now, "most": most}
    nearest = [found for limit in limits if (found := _nearness(session, limit, now))]
    return Saturation(
        venues=tuple(Share(*row) for row in session.execute(_VENUES, values)),
        threads=tuple(Share(*row) for row in session.execute(_THREADS, values)),
        speakers=tuple(Speaker(*row) for row in session.execute(_SPEAKERS, values)),
        nearest=tuple(sorted(nearest, key=lambda each: (-each.part, each.limit))[:most]),
    )


def _nearness(session: Session, limit: Limit, now: datetime) -> Nearness | None:
    """Counts over a window are the limits that fill up slowly enough to be watched; those for a few are left out."""
    watched = limit.condition is Condition.COUNT and limit.scope in _SUBJECTS and limit.window is not None
    if not watched or limit.where.kinds or limit.where.urgencies or limit.where.identities or limit.where.authors:
        return None
    assert limit.window is not None
    name, join = _SUBJECTS[limit.scope]
    query = _FULLEST.format(name=name, join=join).replace("STANDING", STANDING + _only(limit))
    values = {
        "since": now - limit.window,
        "platforms": sorted(limit.where.platforms),
        "venues": sorted(limit.where.venues),
    }
    row = session.execute(text(query), {key: value for key, value in values.items() if f":{key}" in query}).first()
    return Nearness(limit.name, row[0], row[1], int(limit.number)) if row else None


def _only(limit: Limit) -> str:
    platforms = " and r.platform = any(:platforms)" if limit.where.platforms else ""
    venues = " and r.venue_id in (select id from venue where name = any(:venues))" if limit.where.venues else ""
    return platforms + venues
