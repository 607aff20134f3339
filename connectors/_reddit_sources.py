"""What a source on Reddit brings: our inbox, a subreddit, a search, one submission; and how far each has been read."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from connectors import _reddit_tree
from connectors._reading import Json, Unreadable
from connectors._reddit_parse import Reader, children_of, data_of, full_name, handle_of, name_of, time_of
from connectors._reddit_wire import allowance, ask
from connectors._text import web_address
from connectors.base import Allowance, Call, ConnectorError, Cursor, Fault, Followed, Page, Post, Skipped, SourceKind

_PAGE = 100
_PAGES = 10
"""Reddit's listings end after a thousand things, whatever is asked."""

_OVERLAP = timedelta(hours=1)
"""How far before the newest post we look again: what a moderator approves comes in with the time it was written."""

_REMEMBERED = 2_000
_SUBREDDIT = re.compile(r"(?:/?r/)?([A-Za-z0-9_]{2,21})/?")
_IN_ADDRESS = re.compile(r"/r/[A-Za-z0-9_]+/comments/([0-9a-z]{1,20})(?:/[^/]*(?:/([0-9a-z]{1,20}))?)?/?")
_INBOX = ("message/mentions", "message/comments", "message/selfreply")
_LONGEST_QUERY = 512


@dataclass(frozen=True, slots=True)
class Mark:
    """A cursor, opened: the time of the newest post read, and the posts read around that time, with theirs.

    No name serves as an anchor: Reddit answers with nothing once the anchor itself was deleted.
    """

    newest: datetime | None = None
    seen: Mapping[str, datetime] = field(default_factory=dict)
    lost: bool = False

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Mark":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls()
        try:
            kept = json.loads(cursor)
            seen = {name: time_of(time) for name, time in kept["seen"].items() if full_name(name) is not None}
            return cls(time_of(kept["newest"]), seen)
        except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
            return cls(lost=True)

    def is_new(self, name: str, created_at: datetime) -> bool:
        return name not in self.seen and not self.is_before(created_at)

    def is_before(self, created_at: datetime) -> bool:
        """Whether a post is so old that it was read, or could have been."""
        return self.newest is not None and created_at < self.newest - _OVERLAP

    def after(self, times: Mapping[str, datetime]) -> "Mark":
        """Return the mark after reading these posts."""
        known = {**self.seen, **times}
        newest = max(known.values(), default=self.newest)
        if newest is None:
            return self
        near = sorted((time, name) for name, time in known.items() if time >= newest - _OVERLAP)
        return Mark(newest, {name: time for time, name in near[-_REMEMBERED:]})

    def closed(self) -> Cursor | None:
        """Return the cursor to store; none when nothing was read yet."""
        if self.newest is None:
            return None
        seen = {name: int(time.timestamp()) for name, time in sorted(self.seen.items())}
        return Cursor(json.dumps({"newest": int(self.newest.timestamp()), "seen": seen}, separators=(",", ":")))


def fetch(call: Call, reader: Reader, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    mark = Mark.opened(cursor)
    if followed.kind is SourceKind.MENTIONS:
        walk = _Walk(call, mark)
        names = [name for path in _INBOX for one in walk.over(path) if (name := name_of(one)) is not None]
        # The inbox does not say whether a subreddit is private: the posts themselves do.
        return walk.page(reader, look_up(call, names), names)
    if followed.kind is SourceKind.FEED:
        subreddit = _subreddit(followed.query)
        walk = _Walk(call, mark)
        return walk.page(reader, [*walk.over(f"r/{subreddit}/new"), *walk.over(f"r/{subreddit}/comments")])
    if followed.kind is SourceKind.SEARCH:
        walk = _Walk(call, mark)
        query = followed.query.strip()
        if not query or len(query) > _LONGEST_QUERY:
            raise ConnectorError(Fault.INVALID, f"A search on Reddit needs 1 to {_LONGEST_QUERY} characters.")
        return walk.page(reader, walk.over("search", q=query, sort="new", type="link"))
    if followed.kind is SourceKind.THREAD:
        return _followed_thread(call, reader, followed.query, mark)
    raise ConnectorError(Fault.INVALID, f"Reddit cannot follow a {followed.kind.value}.")


def look_up(call: Call, names: Sequence[str]) -> list[Json]:
    """Read posts by their full names, a hundred at a time. What is gone is not among them."""
    found: list[Json] = []
    wanted = list(dict.fromkeys(names))
    for start in range(0, len(wanted), _PAGE):
        found += _listed(ask(call, "api/info", id=",".join(wanted[start : start + _PAGE])).body)
    return found


def link_of(call: Call, post_id: str) -> str:
    """Return the submission that a post belongs to."""
    if post_id.startswith("t3_"):
        return post_id
    for thing in look_up(call, [post_id]):
        link = full_name((data_of(thing) or {}).get("link_id"))
        if name_of(thing) == post_id and link is not None:
            return link
    raise ConnectorError(Fault.GONE, "Reddit no longer shows this post.")


def must_be_name(post_id: str) -> str:
    """Return a full name; raises `ConnectorError`."""
    if full_name(post_id) is None:
        raise ConnectorError(Fault.INVALID, "This is no post on Reddit.")
    return post_id


def post_named(query: str) -> str:
    """Return the full name that a name or an address on Reddit means; raises `ConnectorError`."""
    query = query.strip()
    if not web_address(query):
        return must_be_name(query)
    parts = urlsplit(query)
    match = _IN_ADDRESS.fullmatch(parts.path)
    if match is None or not (parts.hostname or "").endswith(("reddit.com", "127.0.0.1")):
        raise ConnectorError(Fault.INVALID, f"{query} is no address of a post on Reddit.")
    return f"t1_{match[2]}" if match[2] else f"t3_{match[1]}"


def own_name(call: Call) -> str:
    """Return our user name; asks Reddit only when the host does not know yet."""
    if handle_of(call.handle):
        return call.handle
    body = ask(call, "api/v1/me").body
    name = handle_of(body.get("name")) if isinstance(body, dict) else ""
    if not name:
        raise ConnectorError(Fault.TRANSIENT, "Reddit did not say who we are.")
    return name


def in_order(posts: Iterable[Post]) -> tuple[Post, ...]:
    """The oldest first: Reddit tells whole seconds, so its growing ids decide within one."""
    return tuple(sorted(posts, key=lambda post: (post.created_at, len(post.id), post.id)))


class _Walk:
    """One reading of a source: back from the newest to what we know, over as many listings as it has."""

    def __init__(self, call: Call, mark: Mark) -> None:
        self._call = call
        self._mark = mark
        self._times: dict[str, datetime] = {}
        self._allowance: Allowance | None = None
        self._gap = mark.lost

    def over(self, path: str, **parameters: str | int) -> list[Json]:
        """Return what is new in a listing; without a cursor, its newest page."""
        fresh: list[Json] = []
        after: str | None = None
        read = 0
        for _ in range(_PAGES):
            further: dict[str, str | int] = {"after": after} if after else {}
            answer = ask(self._call, path, limit=_PAGE, **parameters, **further)
            self._allowance = allowance(answer, self._call.now)
            things = _listed(answer.body)
            fresh += [thing for thing in things if self._is_new(thing)]
            read += len(things)
            previous, after = after, full_name((data_of(answer.body) or {}).get("after"))
            if self._mark.newest is None or self._has_met_the_known(things):
                return fresh
            if after in (None, previous):
                break
        self._gap = self._gap or read > _PAGE * (_PAGES - 1)
        return fresh

    def page(self, reader: Reader, things: Sequence[Json], names: Sequence[str] | None = None) -> Page:
        """Return the page of these things; `names` are those that were announced, though they may be gone since."""
        posts, skipped = reader.posts({name_of(thing) or id(thing): thing for thing in things}.values())
        if names is not None:
            there = {name_of(thing) for thing in things}
            skipped += [Skipped(name, "It is gone.") for name in dict.fromkeys(names) if name not in there]
        cursor = self._mark.after(self._times).closed()
        return Page(in_order(posts), cursor, True, self._gap, tuple(skipped), self._allowance)

    def _is_new(self, thing: Json) -> bool:
        """Whether to hand a thing on. One whose time cannot be read is, so that it is counted as skipped."""
        name, created_at = name_of(thing), _created(thing)
        if name is None or created_at is None:
            return True
        self._times[name] = created_at
        return self._mark.is_new(name, created_at)

    def _has_met_the_known(self, things: Sequence[Json]) -> bool:
        return any(self._mark.is_before(created) for created in map(_created, things) if created is not None)


def _followed_thread(call: Call, reader: Reader, query: str, mark: Mark) -> Page:
    named = post_named(query)
    found = _reddit_tree.thread(call, reader, link_of(call, named), named)
    fresh = [post for post in found.posts if post.id not in mark.seen]
    times = {post.id: post.created_at for post in found.posts}
    newest = max(times.values(), default=mark.newest)
    return Page(in_order(fresh), Mark(newest, times).closed(), gap=mark.lost or found.truncated)


def _subreddit(query: str) -> str:
    match = _SUBREDDIT.fullmatch(query.strip())
    if match is None:
        raise ConnectorError(Fault.INVALID, f"“{query}” is no subreddit.")
    return match[1]


def _listed(body: Json) -> list[Json]:
    found = children_of(body)
    if found is None:
        raise ConnectorError(Fault.TRANSIENT, "Reddit answered with something else than a listing.")
    return found


def _created(thing: Json) -> datetime | None:
    try:
        return time_of((data_of(thing) or {}).get("created_utc"))
    except Unreadable:
        return None
