"""Reading what was said in the past, so that it can be decided about once more."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.throttle.counting import PLACED
from guidelines.throttle import Place


@dataclass(frozen=True, slots=True)
class Said:
    """A reply of the past, as far as limits look at it. `became` is what is known of its effect.

    `bands` are those that another reply of the history has as well, and `text` is there where there are any: nothing
    else can read alike.
    """

    id: int
    at: datetime
    thread_id: int
    venue_id: int
    account_id: int
    employee_id: int
    parent_post_id: int
    text: str
    url: str
    became: str
    is_deleted: bool
    bands: tuple[int, ...]
    place: Place


@dataclass(slots=True)
class Talk:
    """When others, and we outside of Chorus, spoke in a thread: oldest first."""

    others: list[datetime] = field(default_factory=list)
    unknown_ours: list[datetime] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class History:
    """Our replies in the order in which they left, and the threads they stand in; before `since` they only count."""

    since: datetime
    said: tuple[Said, ...]
    talks: Mapping[int, Talk]


_JUDGED = f"select r.thread_id from reply r where r.counted_at >= :since and r.counted_at < :until and {PLACED}"  # noqa: S608 - only the constant above
_PLACED_AT = """
    r.id, r.counted_at, r.thread_id, r.venue_id, r.account_id, r.approved_by_id, r.parent_post_id, r.is_commercial,
    r.state, r.platform, r.author_external_id, v.name, v.timezone, m.kind, m.urgency, a.identity"""
_JOINED = """
    join venue v on v.id = r.venue_id
    join mention m on m.id = r.mention_id
    join account a on a.id = r.account_id"""
_EARLIER = text(
    f"""
    select {_PLACED_AT} from reply r {_JOINED}
    where {PLACED} and r.counted_at < :context and r.thread_id in ({_JUDGED})
    order by r.counted_at, r.id
    """  # noqa: S608 - only the constants above
)
_SAID = text(
    f"""
    with ours as (select platform, array_agg(external_id) as ids from account group by platform)
    select {_PLACED_AT}, r.url,
        case when r.counted_at >= :since then coalesce(jsonb_exists_any(p.mentioned, ours.ids), false) or exists (
            select from post q where q.platform = p.platform and q.site = p.site
                and q.external_id = p.parent_external_id and q.is_own
        ) else false end as addressed,
        case when r.counted_at >= :since then r.external_id is not null and exists (
            select from post q where q.platform = p.platform and q.site = p.site and q.thread_id = r.thread_id
                and q.parent_external_id = r.external_id and not q.is_own
        ) else false end as answered
    from reply r {_JOINED}
    join post p on p.id = r.parent_post_id
    left join ours on ours.platform = r.platform
    where {PLACED} and r.counted_at >= :context and r.counted_at < :until
    order by r.counted_at, r.id
    """  # noqa: S608 - only the constants above
)
_TALKS = text(
    f"""
    select p.thread_id, p.created_at, p.is_own from post p
    where p.status in ('live', 'edited') and p.created_at < :until
        and p.thread_id in ({_JUDGED})
        and not (p.is_own and exists (
            select from reply r where r.thread_id = p.thread_id and r.external_id = p.external_id
        ))
    order by p.created_at, p.id
    """  # noqa: S608 - only the constants above
)
_SHARED = text(
    f"""
    with banded as materialized (
        select r.id, unnest(f.bands) as band from reply r join reply_print f on f.reply_id = r.id
        where {PLACED} and r.counted_at >= :context and r.counted_at < :until
    ), shared as (select band from banded group by band having count(*) > 1)
    select b.id, array_agg(b.band order by b.band), (select typed from reply where reply.id = b.id)
    from banded b join shared on shared.band = b.band group by b.id
    """  # noqa: S608 - only the constants above
)
_ROOM = text("set local work_mem = '128MB'")


def read_history(session: Session, *, since: datetime, until: datetime, context: timedelta) -> History:
    """Read the replies between two moments, with those of `context` before that limits may count."""
    values = {"since": since, "until": until, "context": since - context}
    session.execute(_ROOM)
    shared = {reply_id: (tuple(bands), typed) for reply_id, bands, typed in session.execute(_SHARED, values)}
    said = [_said(row, "", _ALONE) for row in session.execute(_EARLIER, values)]
    for *row, url, addressed, answered in session.execute(_SAID, values):
        one = _said(row, url, shared.get(row[0], _ALONE), addressed=addressed, answered=answered)
        said.append(one)
    talks: dict[int, Talk] = defaultdict(Talk)
    for thread_id, at, is_own in session.execute(_TALKS, values):
        (talks[thread_id].unknown_ours if is_own else talks[thread_id].others).append(at)
    return History(since, tuple(said), talks)


_Shared = tuple[tuple[int, ...], str]
_ALONE: _Shared = ((), "")


def _said(row: Sequence[Any], url: str, shared: _Shared, *, addressed: bool = False, answered: bool = False) -> Said:
    (
        reply_id, at, thread_id, venue_id, account_id, employee_id, parent_post_id, is_commercial,
        state, platform, author, venue, timezone, kind, urgency, identity,
    ) = row  # fmt: skip
    place = Place(platform, venue, timezone, kind, urgency, identity, author, employee_id, is_commercial, addressed)
    bands, typed = shared
    return Said(
        id=reply_id,
        at=at,
        thread_id=thread_id,
        venue_id=venue_id,
        account_id=account_id,
        employee_id=employee_id,
        parent_post_id=parent_post_id,
        text=typed,
        url=url,
        became=_became(state, answered=answered),
        is_deleted=state == "deleted",
        bands=bands,
        place=place,
    )


def _became(state: str, *, answered: bool) -> str:
    if state in ("removed", "deleted"):
        return state
    return "answered" if answered else "unanswered"
