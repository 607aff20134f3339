"""What a source on a WordPress site brings: all comments, those of some articles, a search; and how far it was read."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors._line import Answer
from connectors._reading import Json, count_of, member, optional_time
from connectors._wordpress_parse import number_of
from connectors._wordpress_tree import conversation, located
from connectors._wordpress_wire import AT_ONCE, ask, has_more, listed, read_listing, reader
from connectors.base import Call, ConnectorError, Cursor, Fault, Followed, Page, Post, SourceKind

OVERLAP = timedelta(minutes=5)
"""How far back is looked again: a comment may be stored after a later one, and clocks may be apart."""

_REMEMBERED = 1_000
_SECOND = timedelta(seconds=1)
_ARTICLES = re.compile(r"\s*\d{1,20}(\s*,\s*\d{1,20})*\s*")


@dataclass(frozen=True, slots=True)
class Mark:
    """A cursor, opened. Comments after `after` are read, those in `seen` are known, those `held` wait for moderators.

    `page` counts beyond 1 only where more comments than a page holds bear the same second, or a time still to come.
    """

    after: datetime | None = None
    page: int = 1
    seen: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    lost: bool = field(default=False, compare=False)

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Mark":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls()
        try:
            kept = json.loads(cursor)
        except (ValueError, RecursionError):
            return cls(lost=True)
        after = optional_time(member(kept, "after"))
        seen, held = _numbers(member(kept, "seen")), _numbers(member(kept, "held"))
        return cls(after, count_of(member(kept, "page")) or 1, seen, held, lost=after is None)

    def closed(self) -> Cursor:
        """Return the cursor to store."""
        after = None if self.after is None else self.after.isoformat()
        kept = {"after": after, "page": self.page, "seen": list(self.seen), "held": list(self.held)}
        return Cursor(json.dumps(kept, separators=(",", ":")))


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    mark = Mark.opened(cursor)
    if followed.kind is SourceKind.THREAD:
        return _thread_page(call, followed.query, mark)
    chosen = _chosen(followed)
    answer = _listing(call, chosen, mark)
    comments = listed(answer)
    more = mark.after is not None and has_more(answer, mark.page)
    after = _walked_on(mark, comments, call.now) if more else _rested(mark, comments, call.now)
    fresh = _unseen(comments, mark)
    if not more:
        approved, held = _moderated(call, chosen, mark)
        known = set(map(number_of, fresh))
        fresh += [one for one in _unseen(approved, mark) if number_of(one) not in known]
        after = replace(after, held=held)
    after = _remembering(after, mark, fresh)
    posts, skipped = reader(call).posts(fresh)
    return Page(_by_age(posts), after.closed(), complete=not more, gap=mark.lost, skipped=tuple(skipped))


def as_utc(moment: datetime) -> str:
    """WordPress takes a time without a zone for its own local time."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _chosen(followed: Followed) -> dict[str, str]:
    query = followed.query.strip()
    if followed.kind is SourceKind.SEARCH and query:
        return {"search": query}
    if followed.kind is SourceKind.SEARCH:
        raise ConnectorError(Fault.INVALID, "A search needs words.")
    if followed.kind is not SourceKind.FEED:
        raise ConnectorError(Fault.INVALID, f"WordPress cannot follow a {followed.kind.value}.")
    if query and not _ARTICLES.fullmatch(query):
        raise ConnectorError(Fault.INVALID, f"“{query}” is no list of numbers of articles. Leave it empty for all.")
    return {"post": query.replace(" ", "")} if query else {}


def _listing(call: Call, chosen: Mapping[str, str], mark: Mark) -> Answer:
    order = {"orderby": "date_gmt", "order": "desc", "per_page": str(AT_ONCE), **chosen}
    if mark.after is not None:
        order |= {"order": "asc", "after": as_utc(mark.after), "page": str(mark.page)}
    return read_listing(call, order)


def _walked_on(mark: Mark, comments: Sequence[Json], now: datetime) -> Mark:
    """Go on from the last comment of a full page, a second before it: others may bear the same.

    Where that leads nowhere, or to a time still to come, the next page of the same listing is turned.
    """
    last = max(_times(comments), default=now)
    if mark.after is not None and mark.after < last - _SECOND <= now:
        return replace(mark, after=last - _SECOND, page=1)
    return replace(mark, page=mark.page + 1)


def _rested(mark: Mark, comments: Sequence[Json], now: datetime) -> Mark:
    """Everything is read: the next look begins a little earlier than the newest comment, but no earlier than this.

    At most half of a page is looked at again: where much is said, what is new has to fit in.
    """
    times = sorted(one for one in _times(comments) if one <= now)
    floors = [mark.after] if mark.after is not None else times[:1] if len(comments) >= AT_ONCE else []
    floors += times[: -AT_ONCE // 2][-1:]
    after = max([*floors, max(times, default=max(floors, default=now)) - OVERLAP])
    return replace(mark, after=after.replace(microsecond=0), page=1)


def _remembering(after: Mark, mark: Mark, fresh: Sequence[Json]) -> Mark:
    ids = [one for comment in fresh if (one := number_of(comment)) is not None]
    return replace(after, seen=tuple(dict.fromkeys([*mark.seen, *ids]))[-_REMEMBERED:])


def _moderated(call: Call, chosen: Mapping[str, str], mark: Mark) -> tuple[list[Json], tuple[str, ...]]:
    """What moderators let through since the last look, and what waits now: it keeps the time at which it was written.

    Only an account that may moderate sees what waits. For others, a comment let through late is not found.
    """
    approved: list[Json] = []
    if mark.held:
        approved = listed(read_listing(call, {"include": ",".join(mark.held), "per_page": str(AT_ONCE)}))
    if not call.secrets:
        return approved, ()
    waiting = {"status": "hold", "orderby": "date_gmt", "order": "desc", "per_page": str(AT_ONCE), **chosen}
    try:
        held = listed(ask(call, "comments", waiting, named=True))
    except ConnectorError as error:
        if error.fault in (Fault.AUTH, Fault.FORBIDDEN_BY_POLICY, Fault.INVALID):
            return approved, ()
        raise
    return approved, tuple(one for comment in held if (one := number_of(comment)) is not None)[:AT_ONCE]


def _unseen(comments: Iterable[Json], mark: Mark) -> list[Json]:
    seen = set(mark.seen)
    return [comment for comment in comments if number_of(comment) not in seen]


def _times(comments: Iterable[Json]) -> list[datetime]:
    times = (optional_time(member(comment, "date_gmt")) for comment in comments)
    return [one for one in times if one is not None]


def _by_age(posts: Iterable[Post]) -> tuple[Post, ...]:
    return tuple(sorted(posts, key=lambda post: (post.created_at, len(post.id), post.id)))


def _numbers(value: Json) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str) and one.isdigit()) if isinstance(value, list) else ()


def _thread_page(call: Call, query: str, mark: Mark) -> Page:
    thread, skipped = conversation(call, located(call, query))
    seen = set(mark.seen)
    numbers = {post.id: post.id.partition(":")[2] for post in thread.posts}
    fresh = [post for post in thread.posts if numbers[post.id] not in seen]
    closed = Mark(call.now.replace(microsecond=0), seen=tuple(numbers.values())).closed()
    return Page(_by_age(fresh), closed, gap=mark.lost, skipped=skipped)
