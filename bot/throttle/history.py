"""Reading what was said in the past, so that it can be decided about once more."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.throttle.counting import PLACED
from guidelines.throttle import Place


@dataclass(frozen=True, slots=True)
class Said:
    """A reply of the past, as far as limits look at it. `became` is what is known of its effect."""

    id: int
    at: datetime
    thread_id: int
    venue_id: int
    account_id: int
    employee_id: int
    employee: str
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


_OF_INTEREST = """
from reply r
where PLACED and r.counted_at < :until and (r.counted_at >= :context
    or r.thread_id in (select thread_id from reply where counted_at >= :since and counted_at < :until))
""".replace("PLACED", PLACED)
_SAID = text(
    """
    with ours as (select platform, array_agg(external_id) as ids from account group by platform)
    select r.id, r.counted_at, r.thread_id, r.venue_id, r.account_id, r.approved_by_id, e.name as employee,
        r.parent_post_id, r.typed, r.url, r.state, coalesce(f.bands, '{}') as bands, r.platform, v.name as venue,
        v.timezone, m.kind, m.urgency, a.identity, r.author_external_id, r.is_commercial,
        coalesce(jsonb_exists_any(p.mentioned, ours.ids), false) or exists (
            select from post q where q.platform = p.platform and q.site = p.site
                and q.external_id = p.parent_external_id and q.is_own
        ) as addressed,
        r.external_id is not null and exists (
            select from post q where q.platform = p.platform and q.site = p.site and q.thread_id = r.thread_id
                and q.parent_external_id = r.external_id and not q.is_own
        ) as answered
    from (select r.* OF_INTEREST) r
    join employee e on e.id = r.approved_by_id
    join venue v on v.id = r.venue_id
    join mention m on m.id = r.mention_id
    join account a on a.id = r.account_id
    join post p on p.id = r.parent_post_id
    left join ours on ours.platform = r.platform
    left join reply_print f on f.reply_id = r.id
    order by r.counted_at, r.id
    """.replace("OF_INTEREST", _OF_INTEREST)
)
_TALKS = text(
    """
    select p.thread_id, p.created_at, p.is_own from post p
    where p.status in ('live', 'edited') and p.created_at < :until
        and p.thread_id in (select r.thread_id OF_INTEREST)
        and not (p.is_own and exists (
            select from reply r where r.thread_id = p.thread_id and r.external_id = p.external_id
        ))
    order by p.created_at, p.id
    """.replace("OF_INTEREST", _OF_INTEREST)
)


def read_history(session: Session, *, since: datetime, until: datetime, context: timedelta) -> History:
    """Read the replies between two moments, with those of `context` before that limits may count."""
    values = {"since": since, "until": until, "context": since - context}
    said = tuple(_said(row._asdict()) for row in session.execute(_SAID, values))
    talks: dict[int, Talk] = defaultdict(Talk)
    for thread_id, at, is_own in session.execute(_TALKS, values):
        (talks[thread_id].unknown_ours if is_own else talks[thread_id].others).append(at)
    return History(since, said, talks)


def _said(row: dict[str, object]) -> Said:
    place = Place(
        platform=str(row["platform"]),
        venue=str(row["venue"]),
        timezone=str(row["timezone"]),
        kind=str(row["kind"]),
        urgency=str(row["urgency"]),
        identity=str(row["identity"]),
        author=str(row["author_external_id"]),
        employee_id=_number(row["approved_by_id"]),
        is_commercial=bool(row["is_commercial"]),
        addressed=bool(row["addressed"]),
    )
    at, bands = row["counted_at"], row["bands"]
    assert isinstance(at, datetime)
    assert isinstance(bands, list)
    return Said(
        id=_number(row["id"]),
        at=at,
        thread_id=_number(row["thread_id"]),
        venue_id=_number(row["venue_id"]),
        account_id=_number(row["account_id"]),
        employee_id=_number(row["approved_by_id"]),
        employee=str(row["employee"]),
        parent_post_id=_number(row["parent_post_id"]),
        text=str(row["typed"]),
        url=str(row["url"]),
        became=_became(str(row["state"]), answered=bool(row["answered"])),
        is_deleted=row["state"] == "deleted",
        bands=tuple(bands),
        place=place,
    )


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


def _became(state: str, *, answered: bool) -> str:
    if state in ("removed", "deleted"):
        return state
    return "answered" if answered else "unanswered"
