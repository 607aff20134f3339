"""Counting in SQL: everything that the limits look at, read from the replies themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from bot.models import COUNTED, ReplyState
from bot.throttle.prints import bands_of, likeness
from bot.throttle.proposing import Proposal
from guidelines.throttle import (
    NOBODY,
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

Values = dict[str, Any]

_ALIKE_ENOUGH = 0.5
_SCOPES = {
    Scope.POST: "r.thread_id = :thread and r.parent_post_id = :post",
    Scope.THREAD: "r.thread_id = :thread",
    Scope.AUTHOR: "r.platform = :platform and r.author_external_id = :author",
    Scope.VENUE: "r.venue_id = :venue",
    Scope.PLATFORM: "r.platform = :platform",
    Scope.ACCOUNT: "r.account_id = :account",
    Scope.EMPLOYEE: "r.approved_by_id = :employee",
    Scope.BRAND: "true",
}


def _states(states: Iterable[ReplyState]) -> str:
    return "r.state in (" + ", ".join(f"'{state.value}'" for state in sorted(states)) + ")"


STANDING = _states(COUNTED)
PLACED = _states(COUNTED | {ReplyState.DELETED})
_NOT_BEHIND = "r.id <> :self and not (r.state = 'approved' and (r.counted_at, r.id) > (:place, :self))"
"""A reply that is looked at again counts neither itself nor those that wait behind it."""

_SELECTIONS = {
    "platforms": "r.platform = any(:{})",
    "venues": "v.name = any(:{})",
    "kinds": "m.kind = any(:{})",
    "urgencies": "m.urgency = any(:{})",
    "identities": "a.identity = any(:{})",
    "authors": "r.author_external_id = any(:{})",
}
_JOINS = {
    "venues": " join venue v on v.id = r.venue_id",
    "kinds": " join mention m on m.id = r.mention_id",
    "urgencies": " join mention m on m.id = r.mention_id",
    "identities": " join account a on a.id = r.account_id",
}

_PLACE = """
select v.name, v.timezone, spoken.replies, spoken.answered, spoken.last_at,
    {near} as near, {shares} as shares, {others} as others, {unknown} as unknown_ours, {since} as others_since
from venue v cross join lateral (
    select count(*) as replies,
        coalesce(bool_or(r.parent_post_id = :post), false) as answered,
        greatest(
            max(coalesce(r.posted_at, r.counted_at)),
            (select max(p.created_at) from post p where p.thread_id = :thread and p.is_own)
        ) as last_at
    from reply r where {thread}
) spoken
where v.id = :venue
"""
_LIVE = "p.thread_id = :thread and p.status in ('live', 'edited')"
_OTHERS = f"(select count(*) from post p where {_LIVE} and not p.is_own)"  # noqa: S608 - only the constant above
_UNKNOWN_OURS = f"""(
    select count(*) from post p where {_LIVE} and p.is_own
        and not exists (select from reply r where r.thread_id = p.thread_id and r.external_id = p.external_id)
)"""  # noqa: S608 - only the constant above
_OTHERS_SINCE = f"exists (select from post p where {_LIVE} and not p.is_own and p.created_at > spoken.last_at)"
_NEAR = "array(select reply_id from reply_print where bands && cast(:bands as bigint[]))"
"""Apart from the rest, within itself: joined, the planner guesses far too many and reads a month of replies instead."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back a basis must be read: the newest `number` replies (None: all) within `window` (None: ever)."""

    number: int | None
    window: timedelta | None

    def joined(self, other: "Reach") -> "Reach":
        """Return a reach that serves both."""
        number = None if self.number is None or other.number is None else max(self.number, other.number)
        window = None if self.window is None or other.window is None else max(self.window, other.window)
        return Reach(number, window)


def ledger_for(session: Session, proposal: Proposal, limits: Sequence[Limit], now: datetime) -> Ledger:
    """Read what `limits` need to judge `proposal` at `now`. Exact only under the locks that `reserve` takes.

    Mostly that is two questions to the database: one about the place and all that is a number, one for the replies.
    """
    values = _values(session, proposal, now)
    found = _look_around(session, proposal, limits, values)
    place = found.place
    asked = [limit for limit in limits if place.matches(limit.where) and _countable(limit, proposal)]
    return Ledger(
        place=place,
        thread=found.thread,
        entries=_read_entries(session, asked, values),
        commercial=_read_commercial(session, asked, found.shares, values),
        similar=_read_similar(session, proposal.text, asked, found.near, values),
    )


def _countable(limit: Limit, proposal: Proposal) -> bool:
    """An author who was purged, and nobody in particular, have not been replied to and have not replied."""
    if limit.scope is Scope.AUTHOR:
        return bool(proposal.author_external_id)
    return limit.scope is not Scope.EMPLOYEE or proposal.employee_id != NOBODY


def _values(session: Session, proposal: Proposal, now: datetime) -> Values:
    values: Values = {
        "thread": proposal.thread_id,
        "post": proposal.parent_post_id,
        "platform": proposal.platform,
        "author": proposal.author_external_id,
        "venue": proposal.venue_id,
        "account": proposal.account_id,
        "employee": proposal.employee_id,
        "now": now,
    }
    if proposal.reply_id is not None:
        place = session.execute(
            text("select counted_at from reply where id = :self"), {"self": proposal.reply_id}
        ).scalar_one()
        values.update(self=proposal.reply_id, place=place)
    return values


class _Around(NamedTuple):
    """Where the reply would stand; the ids of what may read alike; for each share, all replies and the commercial."""

    place: Place
    thread: ThreadNow
    near: list[int]
    shares: dict[str, tuple[int, int]]


def _look_around(session: Session, proposal: Proposal, limits: Sequence[Limit], values: Values) -> _Around:
    conditions = {limit.condition for limit in limits}
    asks_share, asks_last_word = Condition.SHARE in conditions, Condition.LAST_WORD in conditions
    asks_words = Condition.SIMILARITY in conditions and proposal.text.strip()
    selling = [limit for limit in limits if limit.condition is Condition.COMMERCIAL and proposal.is_commercial]
    shares = [_share_part(index, limit, values) for index, limit in enumerate(selling)]
    query = _PLACE.format(
        thread=f"r.thread_id = :thread and {STANDING}{_behind(values)}",
        near=_NEAR if asks_words else "'{}'::bigint[]",
        shares=f"array[{', '.join(part.sql for part in shares)}]::bigint[]",
        others=_OTHERS if asks_share else "0",
        unknown=_UNKNOWN_OURS if asks_share else "0",
        since=_OTHERS_SINCE if asks_last_word else "true",
    )
    bound = {name: value for part in shares for name, value in part.values.items()}
    bound |= {"bands": bands_of(proposal.text)} if asks_words else {}
    found = session.execute(_clause(query), values | bound).one()
    place = Place(
        platform=proposal.platform,
        venue=found.name,
        timezone=found.timezone,
        kind=proposal.kind,
        urgency=proposal.urgency,
        identity=proposal.identity,
        author=proposal.author_external_id,
        employee_id=proposal.employee_id,
        is_commercial=proposal.is_commercial,
        addressed=proposal.addressed and not found.answered,
    )
    ours_last = found.last_at is not None and not found.others_since
    thread = ThreadNow(found.others, found.replies + found.unknown_ours, ours_last)
    counted = {limit.name: (total, sold) for limit, (total, sold) in zip(selling, found.shares, strict=True)}
    return _Around(place, thread, found.near, counted)


def _share_part(index: int, limit: Limit, values: Values) -> "_Part":
    source, bound = _in_window(limit, f"_share{index}", values)
    return _Part(f"(select array[count(*), count(*) filter (where r.is_commercial)] {source})", bound)


class _Part(NamedTuple):
    sql: str
    values: Values


def _read_entries(session: Session, limits: Sequence[Limit], values: Values) -> dict[Basis, tuple[Entry, ...]]:
    reaches = reaches_of(limits)
    if not reaches:
        return {}
    parts = [_entries_part(index, basis, reach, values) for index, (basis, reach) in enumerate(reaches.items())]
    sql = _WAITING + " union all ".join(part.sql for part in parts)
    bound = {name: value for part in parts for name, value in part.values.items()}
    found: dict[Basis, list[Entry]] = {basis: [] for basis in reaches}
    bases = list(reaches)
    for row in session.execute(_clause(sql), values | bound):
        found[bases[row[0]]].append(Entry(*row[1:]))
    return {basis: tuple(sorted(entries, key=lambda entry: entry.at)) for basis, entries in found.items()}


def reaches_of(limits: Iterable[Limit]) -> dict[Basis, Reach]:
    """Return what has to be read to judge by `limits`, each basis once."""
    reaches: dict[Basis, Reach] = {}
    for limit in limits:
        reach = _reach(limit)
        if reach is not None:
            known = reaches.get(limit.basis)
            reaches[limit.basis] = known.joined(reach) if known else reach
    return reaches


def _reach(limit: Limit) -> Reach | None:
    match limit.condition:
        case Condition.COUNT:
            return Reach(max(int(limit.number), 5), limit.window)
        case Condition.GAP:
            return Reach(1, limit.window)
        case Condition.EMPLOYEES:
            return Reach(None, limit.window)
        case Condition.SHARE:
            return Reach(10, None)
        case _:
            return None


_COLUMNS = """r.id, r.counted_at, r.approved_by_id,
    (select e.name from employee e where e.id = r.approved_by_id) as employee, r.url, r.is_commercial"""
_WAITING = "with waiting as (select count(*) as number from reply where counted_at > :now) "
_NEWEST = " order by r.counted_at desc limit :number{} + (select number from waiting)"


def _entries_part(index: int, basis: Basis, reach: Reach, values: Values) -> _Part:
    """The newest that have left, and all that are still to leave: these come first in the same order."""
    source, bound = _source(basis, str(index), values)
    since = newest = ""
    if reach.window is not None:
        since = f" and r.counted_at > :since{index}"
        bound[f"since{index}"] = values["now"] - reach.window
    if reach.number is not None:
        newest = _NEWEST.format(index)
        bound[f"number{index}"] = reach.number
    return _Part(f"(select {index}, {_COLUMNS} {source}{since}{newest})", bound)


def _source(basis: Basis, suffix: str, values: Values) -> tuple[str, Values]:
    """The replies that a basis counts, as `from … where …`."""
    where = {name: sorted(getattr(basis.where, name)) for name in _SELECTIONS}
    chosen = {name: names for name, names in where.items() if names}
    joins = "".join(dict.fromkeys(_JOINS[name] for name in chosen if name in _JOINS))
    states = PLACED if basis.counts_deleted else STANDING
    conditions = [_SCOPES[basis.scope], states]
    conditions += [_SELECTIONS[name].format(f"{name}{suffix}") for name in chosen]
    source = f"from reply r{joins} where {' and '.join(conditions)}"
    bound: Values = {f"{name}{suffix}": names for name, names in chosen.items()}
    return source + _behind(values), bound


def _behind(values: Values) -> str:
    return f" and {_NOT_BEHIND}" if "self" in values else ""


def _read_commercial(
    session: Session, limits: Sequence[Limit], shares: Mapping[str, tuple[int, int]], values: Values
) -> dict[str, Commercial]:
    return {
        limit.name: _commercial(session, limit, *shares[limit.name], values) for limit in limits if limit.name in shares
    }


def _commercial(session: Session, limit: Limit, total: int, commercial: int, values: Values) -> Commercial:
    """The moments of the single replies are read only when the share does not hold, for they are many."""
    if commercial + 1 <= limit.number * (total + 1):
        return Commercial(total, commercial)
    source, bound = _in_window(limit, "0", values)
    rows = session.execute(_clause(f"select {_COLUMNS} {source} order by r.counted_at"), values | bound)
    return Commercial(total, commercial, tuple(Entry(*row) for row in rows))


def _in_window(limit: Limit, suffix: str, values: Values) -> tuple[str, Values]:
    assert limit.window is not None
    source, bound = _source(limit.basis, suffix, values)
    since = f"since{suffix}"
    return f"{source} and r.counted_at > :{since}", bound | {since: values["now"] - limit.window}


def _read_similar(
    session: Session, written: str, limits: Sequence[Limit], near: list[int], values: Values
) -> dict[Basis, tuple[Likeness, ...]]:
    if not near:
        return {}
    found = {}
    for basis in {limit.basis for limit in limits if limit.condition is Condition.SIMILARITY}:
        windows = [limit.window for limit in limits if limit.basis == basis and limit.condition is Condition.SIMILARITY]
        since = None if None in windows else values["now"] - max(window for window in windows if window)
        found[basis] = _alike(session, written, near, basis, values | {"since": since})
    return found


def _alike(session: Session, written: str, near: list[int], basis: Basis, values: Values) -> tuple[Likeness, ...]:
    source, bound = _source(basis, "0", values)
    since = " and r.counted_at > :since" if values["since"] else ""
    sql = f"select {_COLUMNS}, r.typed {source} and r.id = any(:near){since}"
    rows = session.execute(_clause(sql), values | bound | {"near": near})
    scored = (Likeness(Entry(*row[:-1]), likeness(written, row[-1])) for row in rows)
    return tuple(found for found in scored if found.score >= _ALIKE_ENOUGH)


@lru_cache(maxsize=512)
def _clause(sql: str) -> TextClause:
    return text(sql)
