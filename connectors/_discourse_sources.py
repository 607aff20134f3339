"""What a source on Discourse brings: mentions, searches, tags, the newest posts, one topic; and how far it was read."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from connectors._discourse_parse import Place
from connectors._discourse_topic import Categories, page_of_topic, reader, topic_of
from connectors._discourse_wire import home_of, listed, posts_of, read, user_name
from connectors._reading import Json, Unreadable, id_of, is_mapping, list_of, member, optional_id, text_in, time_of
from connectors._text import one_line
from connectors.base import Call, ConnectorError, Cursor, Fault, Followed, Page, Post, Skipped, SourceKind

_OVERLAP = timedelta(minutes=2)
"""How late a post may appear in a listing: Discourse notifies and indexes in the background, out of order."""

_MOST_PAGES = 20
"""So many pages of a listing are walked back in one look; on a forum that is hundreds of posts."""

_MOST_TOPICS = 10
"""Posts of so many topics are brought at once: each topic is one more request, and a key has 60 a minute."""

_MOST_POSTS = 60
_REMEMBERED = 2_000
_MENTION, _RESPONSE, _QUOTE = 7, 6, 9
_TAG = re.compile(r"[\w.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Row:
    """A post as a listing shows it: enough to decide whether it is new, seldom its whole text."""

    id: str
    at: datetime
    topic_id: str
    category_id: str | None
    title: str
    whole: Json = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a listing, the newest first; `further` asks for the next one."""

    rows: list[Row]
    skipped: list[Skipped]
    further: str | None


Asked = Callable[[Call, str, str | None], Listing]


@dataclass(frozen=True, slots=True)
class Mark:
    """A cursor, opened: the time of the newest post brought, and which posts about then were brought already."""

    after: datetime | None = None
    seen: Mapping[str, int] = field(default_factory=dict)
    lost: bool = field(default=False, compare=False)

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Mark":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls()
        try:
            kept = json.loads(cursor)
            seen = {str(one): int(at) for one, at in kept["seen"].items()}
            return cls(datetime.fromtimestamp(int(kept["after"]), UTC), seen)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError, OSError, RecursionError):
            return cls(lost=True)

    def closed(self) -> Cursor | None:
        """Return the cursor to store; none when nothing was read yet."""
        if self.after is None:
            return None
        return Cursor(json.dumps({"after": int(self.after.timestamp()), "seen": self.seen}, separators=(",", ":")))

    def knows(self, row: Row) -> bool:
        return row.id in self.seen or (self.after is not None and row.at < self.after - _OVERLAP)

    def past(self, rows: Sequence[Row]) -> "Mark":
        """Return the mark after these rows were brought."""
        newest = max([row.at for row in rows] + ([self.after] if self.after else []), default=None)
        if newest is None:
            return self
        seen = dict(self.seen) | {row.id: int(row.at.timestamp()) for row in rows}
        oldest = (newest - _OVERLAP).timestamp() - 1
        recent = sorted(((at, one) for one, at in seen.items() if at >= oldest), reverse=True)[:_REMEMBERED]
        return Mark(newest, {one: at for at, one in recent}, self.lost)


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    if followed.kind is SourceKind.THREAD:
        return page_of_topic(call, topic_of(call, followed.query), cursor)
    source = _SOURCES.get(followed.kind)
    if source is None:
        raise ConnectorError(Fault.INVALID, f"Discourse cannot follow a {followed.kind.value}.")
    return _page(call, source, followed.query.strip(), Mark.opened(cursor))


def _page(call: Call, source: Asked, query: str, mark: Mark) -> Page:
    """Walk back to what was read already, then bring the oldest of the new posts first."""
    fresh, skipped, walked = _walk(call, source, query, mark)
    brought = _first_topics(fresh)
    posts, unread = _whole(call, brought) if brought else ([], [])
    return Page(
        posts=tuple(sorted(posts, key=lambda post: (post.created_at, len(post.id), post.id))),
        cursor=mark.past(brought).closed(),
        complete=len(brought) == len(fresh),
        gap=mark.lost or not walked,
        skipped=(*skipped, *unread),
    )


def _walk(call: Call, source: Asked, query: str, mark: Mark) -> tuple[list[Row], list[Skipped], bool]:
    """Return the rows that are new, the oldest first, and whether the listing was walked to where we stood."""
    found: dict[str, Row] = {}
    skipped: list[Skipped] = []
    further: str | None = None
    for _ in range(_MOST_PAGES):
        listing = source(call, query, further)
        skipped += listing.skipped
        found |= {row.id: row for row in listing.rows if not mark.knows(row)}
        reached = mark.after is None or any(row.at < mark.after - _OVERLAP for row in listing.rows)
        if reached or listing.further in (None, further):
            return sorted(found.values(), key=_age), skipped, True
        further = listing.further
    return sorted(found.values(), key=_age), skipped, False


def _first_topics(rows: Sequence[Row]) -> list[Row]:
    topics = list(dict.fromkeys(row.topic_id for row in rows if row.whole is None))
    beyond = topics[_MOST_TOPICS] if len(topics) > _MOST_TOPICS else None
    end = next((index for index, row in enumerate(rows) if row.whole is None and row.topic_id == beyond), len(rows))
    return list(rows[: min(end, _MOST_POSTS)])


def _whole(call: Call, rows: Sequence[Row]) -> tuple[list[Post], list[Skipped]]:
    """Read the posts behind the rows, one request for each topic."""
    known, reads = Categories(call), reader(call)
    posts: list[Post] = []
    skipped: list[Skipped] = []
    for topic_id in dict.fromkeys(row.topic_id for row in rows):
        here = [row for row in rows if row.topic_id == topic_id]
        place = Place(known.of(here[0].category_id), here[0].title, is_topic=here[0].category_id is not None)
        asked = [row.id for row in here if row.whole is None]
        raw = [row.whole for row in here if row.whole is not None]
        raw += [one for one in (posts_of(call, topic_id, asked) if asked else []) if id_of(one) in asked]
        found, unread = reads.posts(raw, place)
        posts += found
        skipped += unread
    return posts, skipped


def _mentions(call: Call, _query: str, further: str | None) -> Listing:
    """Mentions, answers and quotes: what Discourse notifies a person of."""
    offset = int(further or 0)
    filters = f"{_RESPONSE},{_MENTION},{_QUOTE}"
    params = {"username": user_name(call), "filter": filters, "offset": str(offset)}
    raw = listed(read(call, "/user_actions.json", params), "user_actions")
    return _listing(raw, _action, str(offset + len(raw)) if raw else None)


def _search(call: Call, query: str, further: str | None) -> Listing:
    if not 0 < len(query) <= 400:
        raise ConnectorError(Fault.INVALID, "A search needs 1 to 400 characters.")
    page = int(further or 1)
    body = read(call, "/search.json", {"q": f"{query} order:latest", "page": str(page)})
    topics = {id_of(one): one for one in list_of(member(body, "topics"))}
    results = member(body, "grouped_search_result")
    # Without any hit Discourse leaves the list of posts out.
    if not is_mapping(results):
        raise ConnectorError(Fault.TRANSIENT, "Discourse answered with something else than a search.")
    raw = listed(body, "posts") if is_mapping(body) and "posts" in body else []
    more = member(results, "more_full_page_results") is True and bool(raw)
    return _listing(raw, lambda one: _hit(one, topics), str(page + 1) if more else None)


def _hashtag(call: Call, query: str, further: str | None) -> Listing:
    tag = query.lstrip("#")
    if not _TAG.fullmatch(tag):
        raise ConnectorError(Fault.INVALID, f"“{query}” is no tag.")
    return _search(call, f"tags:{tag}", further)


def _feed(call: Call, query: str, further: str | None) -> Listing:
    """The newest posts of the whole forum, or of one category: its path, `support` or `support/printers`."""
    if query:
        path = query.removeprefix(home_of(call)).strip("/").removeprefix("c/")
        if not all(map(_TAG.fullmatch, path.split("/"))):
            raise ConnectorError(Fault.INVALID, f"“{query}” is no category: name it as in its address.")
        named = [part for part in path.split("/") if not part.isdigit()]
        return _search(call, f"#{':'.join(named[-2:])}" if named else f"category:{path}", further)
    raw = listed(read(call, "/posts.json", {"before": further} if further else {}), "latest_posts")
    ids = [int(one) for one in map(id_of, raw) if one is not None and one.isdigit()]
    return _listing(raw, _latest, str(min(ids)) if ids else None)


_SOURCES: Mapping[SourceKind, Asked] = {
    SourceKind.MENTIONS: _mentions,
    SourceKind.SEARCH: _search,
    SourceKind.HASHTAG: _hashtag,
    SourceKind.FEED: _feed,
}


def _listing(raw: Sequence[Json], row_of: Callable[[Json], Row], further: str | None) -> Listing:
    rows: list[Row] = []
    skipped: list[Skipped] = []
    for one in raw:
        try:
            rows.append(row_of(one))
        except Unreadable as error:
            skipped.append(Skipped(id_of(one) or optional_id(member(one, "post_id")) or "", str(error)))
    return Listing(rows, skipped, further)


def _row(raw: Json, post_id: Json, title: Json, category_id: Json) -> Row:
    identity, topic_id = optional_id(post_id), optional_id(member(raw, "topic_id"))
    if identity is None or topic_id is None:
        raise Unreadable("It has no id or no topic.")
    at = time_of(member(raw, "created_at"))
    return Row(identity, at, topic_id, optional_id(category_id), one_line(text_in(title)))


def _action(raw: Json) -> Row:
    return _row(raw, member(raw, "post_id"), member(raw, "title"), member(raw, "category_id"))


def _hit(raw: Json, topics: Mapping[str | None, Json]) -> Row:
    topic = topics.get(optional_id(member(raw, "topic_id")))
    return _row(raw, member(raw, "id"), member(topic, "title"), member(topic, "category_id"))


def _latest(raw: Json) -> Row:
    found = _row(raw, member(raw, "id"), member(raw, "topic_title"), member(raw, "category_id"))
    return replace(found, whole=raw)


def _age(row: Row) -> tuple[datetime, int, str]:
    return row.at, len(row.id), row.id
