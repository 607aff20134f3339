"""What a source on Bluesky brings: our mentions, a search, a tag, a feed, a thread; and how far each has been read."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2s
from typing import NamedTuple
from urllib.parse import urlsplit

from connectors._bluesky_parse import VENUE, Reader, checked, did_of, handle_of, uri_of
from connectors._bluesky_text import POST
from connectors._bluesky_thread import conversation
from connectors._bluesky_wire import Talk, allowance, listed
from connectors._line import Answer
from connectors._reading import Json, is_mapping, list_of, member, optional_time, text_in
from connectors._text import clean, web_address
from connectors.base import Call, ConnectorError, Cursor, Fault, Followed, Page, Post, SourceKind

_PAGE = 100
"""As many as Bluesky gives at most."""

_REMEMBERED = 1_000
_REMEMBERED_OF_A_THREAD = 5_000
_LONGEST_CURSOR = 2_000
_LONGEST_QUERY = 500

_REASONS = ("mention", "reply", "quote")
_TAG = re.compile(r"\w{1,64}")
_NAMED = re.compile(r"at://([^/\s]+)/(app\.bsky\.(?:feed\.generator|graph\.list))/([A-Za-z0-9._:~-]{1,100})")
_COLLECTIONS = {"feed": "app.bsky.feed.generator", "lists": "app.bsky.graph.list"}


class Listed(NamedTuple):
    """One page as Bluesky gave it, the newest first; `before` asks for what is older."""

    views: list[Json]
    before: str | None
    answer: Answer


Listing = Callable[[Talk, str | None], Listed]


@dataclass(frozen=True, slots=True)
class Mark:
    """A cursor, opened. Bluesky's pages go backwards only, so they are followed until a post that is known.

    `known` are those read last, in short, and `at` the time of the newest: it ends the walk where all of them were
    deleted. `before` is Bluesky's own cursor while a walk is not done; `newest` and `newest_at` are where it began.
    """

    known: tuple[str, ...] = ()
    at: datetime | None = None
    before: str | None = None
    newest: tuple[str, ...] = ()
    newest_at: datetime | None = None
    lost: bool = False

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Mark":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls()
        try:
            kept = json.loads(cursor)
            known, newest = (tuple(filter(None, map(text_in, list_of(kept.get(name))))) for name in ("known", "newest"))
            at, newest_at = (optional_time(kept.get(name)) for name in ("at", "newest_at"))
            return cls(known, at, text_in(kept.get("before")) or None, newest, newest_at)
        except (ValueError, AttributeError, RecursionError):
            return cls(lost=True)

    def closed(self) -> Cursor | None:
        """Return the cursor to store; none when nothing was read yet."""
        kept = {
            "known": self.known,
            "at": self.at and self.at.isoformat(),
            "before": self.before,
            "newest": self.newest,
            "newest_at": self.newest_at and self.newest_at.isoformat(),
        }
        told = {name: value for name, value in kept.items() if value}
        return Cursor(json.dumps(told, separators=(",", ":"))) if told else None


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    talk, mark = Talk(call), Mark.opened(cursor)
    query = clean(followed.query).strip()
    if followed.kind is SourceKind.THREAD:
        return _thread(talk, query, mark)
    if followed.kind is SourceKind.MENTIONS:
        return _walked(talk, _mentions, mark)
    if followed.kind is SourceKind.SEARCH:
        return _walked(talk, _searching(_words(query)), mark)
    if followed.kind is SourceKind.HASHTAG:
        return _walked(talk, _searching(f"#{_tag(query)}"), mark)
    if followed.kind is SourceKind.FEED:
        return _walked(talk, _feed(talk, query), mark)
    raise ConnectorError(Fault.INVALID, f"Bluesky cannot follow a {followed.kind.value}.")


def post_of(talk: Talk, query: str) -> str:
    """Return the address of the post that an address, of Bluesky's site too, names; raises `ConnectorError`."""
    if (uri := checked(query)) is not None:
        return uri
    parts = _parts_on_the_site(query)
    if (
        len(parts) == 4
        and parts[2] == "post"
        and (uri := checked(f"at://{_account(talk, parts[1])}/{POST}/{parts[3]}"))
    ):
        return uri
    raise ConnectorError(Fault.INVALID, f"“{query[:100]}” is no address of a post on Bluesky.")


def resolved(talk: Talk, handle: str) -> str | None:
    """Return the lasting name behind a handle; none when Bluesky knows nobody of that name."""
    try:
        answer = talk.ask(lambda client: client.com.atproto.identity.resolve_handle({"handle": handle}))
    except ConnectorError as error:
        if error.fault in (Fault.INVALID, Fault.GONE):
            return None
        raise
    return did_of(member(answer.body, "did"))


def _walked(talk: Talk, listing: Listing, mark: Mark) -> Page:
    """Read one page. What is older waits for the next call, until a known post or its time is reached."""
    found = listing(talk, mark.before)
    known = {*mark.known, *mark.newest}
    unique = {_short(view): view for view in reversed(found.views)}
    fresh = [view for short, view in unique.items() if short not in known]
    posts, skipped = Reader(talk.did).posts(fresh)
    stuck = found.before is None or found.before == mark.before or not found.views
    reached = _reached(mark, found.views)
    after = _after(mark, found, list(unique)[::-1], done=reached or stuck)
    return Page(
        posts=tuple(sorted(posts, key=_age)),
        cursor=after.closed(),
        complete=reached or stuck,
        gap=mark.lost or (stuck and not reached and mark.before is not None),
        skipped=tuple(skipped),
        allowance=allowance(found.answer),
    )


def _reached(mark: Mark, views: Sequence[Json]) -> bool:
    """Whether what is older was read before; without a cursor the newest page is all that is asked for."""
    if not mark.known and mark.at is None:
        return True
    oldest = min(filter(None, map(_seen_at, views)), default=None)
    is_older = mark.at is not None and oldest is not None and oldest < mark.at
    return is_older or any(_short(view) in mark.known for view in views)


def _after(mark: Mark, found: Listed, shorts: list[str], *, done: bool) -> Mark:
    newest_at = mark.newest_at or max(filter(None, map(_seen_at, found.views)), default=mark.at)
    newest = tuple(dict.fromkeys([*mark.newest, *shorts]))[:_REMEMBERED]
    if done:
        return Mark(newest or mark.known, newest_at)
    return replace(mark, before=found.before, newest=newest, newest_at=newest_at)


def _mentions(talk: Talk, before: str | None) -> Listed:
    asked = {"limit": _PAGE, "reasons": list(_REASONS), **_from(before)}
    answer = talk.ask(lambda client: client.app.bsky.notification.list_notifications(asked))
    notices = listed(answer, "notifications")
    posts = [one for one in notices if not is_mapping(one) or one.get("reason") in _REASONS]
    return Listed(posts, _before(answer), answer)


def _searching(query: str) -> Listing:
    def listing(talk: Talk, before: str | None) -> Listed:
        asked = {"q": query, "sort": "latest", "limit": _PAGE, **_from(before)}
        answer = talk.ask(lambda client: client.app.bsky.feed.search_posts(asked))
        return Listed(listed(answer, "posts"), _before(answer), answer)

    return listing


def _feed(talk: Talk, query: str) -> Listing:
    """Follow an account, a list, or a feed that somebody offers: by its address, or a handle."""
    parts = _parts_on_the_site(query)
    if len(parts) == 4 and parts[2] in _COLLECTIONS:
        query = f"at://{_account(talk, parts[1])}/{_COLLECTIONS[parts[2]]}/{parts[3]}"
    if (named := _NAMED.fullmatch(query)) is not None:
        is_list = named[2] == _COLLECTIONS["lists"]
        return _feed_of(lambda further: {"list": query, **further} if is_list else {"feed": query, **further}, is_list)
    actor = _account(talk, parts[1] if len(parts) == 2 else query)
    return _feed_of(lambda further: {"actor": actor, "filter": "posts_with_replies", **further}, None)


def _feed_of(asked: Callable[[Mapping[str, object]], Mapping[str, object]], is_list: bool | None) -> Listing:
    def listing(talk: Talk, before: str | None) -> Listed:
        given = asked({"limit": _PAGE, **_from(before)})
        answer = talk.ask(
            lambda client: (
                client.app.bsky.feed.get_author_feed(given)
                if is_list is None
                else client.app.bsky.feed.get_list_feed(given)
                if is_list
                else client.app.bsky.feed.get_feed(given)
            )
        )
        items = listed(answer, "feed")
        # What somebody repeats or pins stands there for another reason than its age.
        own = [member(one, "post") for one in items if member(one, "reason") is None]
        # A feed that somebody offers has an order of its own: what is older than its first page is not new.
        return Listed(own, None if is_list is False else _before(answer), answer)

    return listing


def _thread(talk: Talk, query: str, mark: Mark) -> Page:
    found = conversation(talk, post_of(talk, query))
    fresh = {_short(view): view for view in found.views if _short(view) not in mark.known}
    posts, skipped = Reader(talk.did).posts(fresh.values())
    shorts = tuple(dict.fromkeys([*mark.known, *fresh]))[-_REMEMBERED_OF_A_THREAD:]
    return Page(
        posts=tuple(sorted(posts, key=_age)),
        cursor=Mark(shorts).closed(),
        gap=mark.lost,
        skipped=tuple(skipped),
        allowance=allowance(found.answer),
    )


def _account(talk: Talk, named: str) -> str:
    """Return the lasting name of an account that a handle or a lasting name names; raises `ConnectorError`."""
    if (did := did_of(named)) is not None:
        return did
    handle = handle_of({"handle": named.removeprefix("@")})
    did = resolved(talk, handle) if handle else None
    if did is None:
        raise ConnectorError(Fault.INVALID, f"Bluesky knows no account “{named[:100]}”.")
    return did


def _parts_on_the_site(query: str) -> list[str]:
    """The parts of an address like https://bsky.app/profile/alice.example/post/3k…; none for anything else."""
    is_there = bool(web_address(query)) and urlsplit(query).hostname == VENUE
    parts = urlsplit(query).path.strip("/").split("/") if is_there else []
    return parts if parts[:1] == ["profile"] else []


def _words(query: str) -> str:
    if not query or len(query) > _LONGEST_QUERY:
        raise ConnectorError(Fault.INVALID, f"A search on Bluesky needs 1 to {_LONGEST_QUERY} characters.")
    return query


def _tag(query: str) -> str:
    tag = query.lstrip("#")
    if not _TAG.fullmatch(tag):
        raise ConnectorError(Fault.INVALID, f"“{query[:100]}” is no hashtag.")
    return tag


def _from(before: str | None) -> dict[str, object]:
    return {"cursor": before} if before else {}


def _before(answer: Answer) -> str | None:
    cursor = text_in(member(answer.body, "cursor"))
    return cursor if 0 < len(cursor) <= _LONGEST_CURSOR and clean(cursor) == cursor else None


def _seen_at(view: Json) -> datetime | None:
    return optional_time(member(view, "indexedAt"))


def _short(view: Json) -> str:
    """Stand for a post in a cursor: its address is six times as long."""
    uri = uri_of(view) or repr(view)[:1_000]
    return blake2s(uri.encode(errors="replace"), digest_size=6).hexdigest()


def _age(post: Post) -> tuple[datetime, str]:
    return post.created_at, post.id
