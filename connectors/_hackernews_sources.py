"""What a source on Hacker News brings: what a search finds, a thread, a person's answers; and how far it was read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors._hackernews_parse import hit
from connectors._line import NoAnswer, checked_home
from connectors._reading import Json, Unreadable, member, optional_id, text_in
from connectors._text import one_line
from connectors._wire import Request, Wire, said_in
from connectors.base import Call, ConnectorError, Cursor, Fault, Followed, Page, Post, Skipped, SourceKind

WIRE = Wire("Hacker News' search", said=said_in("message", "error"), window=timedelta(minutes=15))
"""It allows 10,000 requests an hour for each address, and does not say what is left of them."""

_OVERLAP = timedelta(minutes=10)
"""How late an item may come into the index: it is fed by a program that reads Hacker News."""

_AT_FIRST = 40
_PER_PAGE = 500
_MOST_PAGES = 20
_AT_ONCE = 200
_REMEMBERED = 2_000


@dataclass(frozen=True, slots=True)
class Mark:
    """A cursor, opened: the time of the newest item brought, and which items about then were brought already."""

    after: int | None = None
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
            return cls(None if kept["after"] is None else int(kept["after"]), seen)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError):
            return cls(lost=True)

    def closed(self) -> Cursor:
        """Return the cursor to store."""
        return Cursor(json.dumps({"after": self.after, "seen": self.seen}, separators=(",", ":")))

    @property
    def begin(self) -> int | None:
        """From when on the search is asked, in epoch seconds."""
        return None if self.after is None else max(0, self.after - int(_OVERLAP.total_seconds()))

    def past(self, posts: list[Post], now: datetime) -> "Mark":
        """Return the mark after these posts. One from the future must not hide what is written until then."""
        times = {post.id: min(int(post.created_at.timestamp()), int(now.timestamp())) for post in posts}
        newest = max([*times.values(), *([self.after] if self.after is not None else [])], default=None)
        if newest is None:
            return Mark(int(now.timestamp()), self.seen)
        oldest = newest - int(_OVERLAP.total_seconds()) - 1
        recent = sorted(((at, one) for one, at in {**self.seen, **times}.items() if at >= oldest), reverse=True)
        return Mark(newest, {one: at for at, one in recent[:_REMEMBERED]})


@dataclass(frozen=True, slots=True)
class _Found:
    """What a walk through the search brought; `is_whole` when it reached what was known."""

    posts: list[Post]
    skipped: list[Skipped]
    is_whole: bool


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    asked = _asked(call, followed)
    mark = Mark.opened(cursor)
    found = _walk(call, asked, mark)
    fresh = sorted((post for post in found.posts if post.id not in mark.seen), key=_age)
    is_first = mark.after is None
    brought = fresh[-_AT_FIRST:] if is_first else fresh[:_AT_ONCE]
    return Page(
        posts=tuple(brought),
        cursor=mark.past(fresh if is_first else brought, call.now).closed(),
        complete=is_first or len(brought) == len(fresh),
        gap=mark.lost or not found.is_whole,
        skipped=tuple(found.skipped),
    )


def read(call: Call, path: str, params: Mapping[str, str] | None = None) -> Json:
    """Ask the search; raises `ConnectorError`."""
    try:
        home = checked_home(call.base_url)
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    return WIRE.ask(call, Request("GET", f"{home}/api/v1{path}", params or {})).body


def own_name(call: Call) -> str:
    """Return the name we write under there; empty when none was recorded."""
    return call.options.get("user_name", "").strip()


def _asked(call: Call, followed: Followed) -> dict[str, str]:
    query = followed.query.strip()
    if followed.kind is SourceKind.SEARCH:
        if not 0 < len(query) <= 400:
            raise ConnectorError(Fault.INVALID, "A search needs 1 to 400 characters.")
        # Without these the search also finds what is spelled alike, and leaves words out until it finds something.
        return {"query": query, "tags": "(story,comment)", "typoTolerance": "false", "advancedSyntax": "true"}
    if followed.kind is SourceKind.THREAD:
        number = query.rpartition("id=")[2]
        if not (number.isascii() and number.isdigit() and len(number) < 20):
            raise ConnectorError(Fault.INVALID, f"“{one_line(query)[:100]}” is no story: give its number or address.")
        return {"query": "", "tags": f"story_{number},(story,comment)"}
    del call
    raise ConnectorError(Fault.INVALID, f"Hacker News cannot be followed as {followed.kind.value}.")


def _walk(call: Call, asked: Mapping[str, str], mark: Mark) -> _Found:
    """Walk back from the newest to what is known, by time: a search never shows more than its first thousand hits."""
    posts: dict[str, Post] = {}
    skipped: list[Skipped] = []
    until: int | None = None
    size = _AT_FIRST if mark.after is None else _PER_PAGE
    for _ in range(_MOST_PAGES):
        body = read(call, "/search_by_date", {**asked, "hitsPerPage": str(size), **_between(mark.begin, until)})
        hits = member(body, "hits")
        if not isinstance(hits, list):
            raise ConnectorError(Fault.TRANSIENT, "Hacker News' search answered with something else than hits.")
        before = len(posts)
        _take(hits, own_name(call), posts, skipped)
        if mark.after is None or len(hits) < size:
            return _Found(list(posts.values()), skipped, True)
        oldest = min((int(post.created_at.timestamp()) for post in posts.values()), default=None)
        if oldest is None or len(posts) == before or oldest == until:
            break
        until = oldest
    return _Found(list(posts.values()), skipped, False)


def _take(hits: list[Json], name: str, posts: dict[str, Post], skipped: list[Skipped]) -> None:
    known = {one.id for one in skipped}
    for raw in hits:
        try:
            post = hit(raw, name)
        except Unreadable as error:
            identity = optional_id(member(raw, "objectID")) or text_in(member(raw, "objectID"))[:60]
            if identity not in known:
                skipped.append(Skipped(identity, str(error)))
        else:
            posts.setdefault(post.id, post)


def _between(begin: int | None, until: int | None) -> dict[str, str]:
    bounds = [f"created_at_i>={begin}"] if begin is not None else []
    bounds += [f"created_at_i<={until}"] if until is not None else []
    return {"numericFilters": ",".join(bounds)} if bounds else {}


def _age(post: Post) -> tuple[datetime, int, str]:
    return post.created_at.astimezone(UTC), len(post.id), post.id
