"""What a source on a website's feed brings, how far it was read, and what became of an entry."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from connectors._feed_parse import Document
from connectors._feed_wire import WIRE, Tags, address_of, ask, home_of
from connectors._line import NoAnswer
from connectors._reading import member, text_in
from connectors._text import web_address
from connectors._wire import Request
from connectors.base import (
    Call,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Page,
    Post,
    PostState,
    PostStatus,
    SourceKind,
)

_AT_ONCE = 40
_REMEMBERED = 6_000
_PRINT = 8
"""Characters by which an entry is known again: 48 bits, for at most some thousand of one feed."""

_MOST_PAGES = 10
"""So many entries are looked for on their own pages in one go; others keep their turn."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A cursor, opened: the prints of the entries brought already, and the feed's tags once all of it was brought.

    Times would lose what a website publishes late; and many a feed has none.
    """

    seen: tuple[str, ...] = ()
    tags: Tags = field(default_factory=Tags)
    is_new: bool = False
    lost: bool = field(default=False, compare=False)

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Mark":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls(is_new=True)
        try:
            kept = json.loads(cursor)
        except (ValueError, RecursionError):
            return cls(is_new=True, lost=True)
        prints = member(kept, "seen")
        if not isinstance(prints, str):
            return cls(is_new=True, lost=True)
        seen = tuple(prints[start : start + _PRINT] for start in range(0, len(prints), _PRINT))[:_REMEMBERED]
        return cls(seen, Tags(text_in(member(kept, "etag")), text_in(member(kept, "modified"))))

    def closed(self) -> Cursor:
        """Return the cursor to store."""
        kept = {"seen": "".join(self.seen), "etag": self.tags.etag, "modified": self.tags.modified}
        return Cursor(json.dumps(kept, separators=(",", ":")))

    def past(self, document: Document, left: Sequence[Post], tags: Tags) -> "Mark":
        """Return the mark after all of a document but what is `left` was brought: what it holds now comes first."""
        waiting = {post.id for post in left}
        now = [_print(post) for post in reversed(document.posts) if post.id not in waiting]
        seen = tuple(dict.fromkeys([*now, *self.seen]))[:_REMEMBERED]
        # With what is left waiting, an unchanged feed still has something to bring.
        return Mark(seen, Tags() if left else tags)


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    if followed.kind is not SourceKind.FEED:
        raise ConnectorError(Fault.INVALID, f"A feed cannot be followed as {followed.kind.value}.")
    mark = Mark.opened(cursor)
    feed = ask(call, address_of(call, followed.query), mark.tags)
    if feed.document is None:
        return Page((), mark.closed(), gap=mark.lost)
    known = set(mark.seen)
    fresh = [post for post in feed.document.posts if _print(post) not in known]
    # All entries are new although some were known before: others may have come and gone between two looks.
    missed = bool(mark.seen and fresh) and len(fresh) == len(feed.document.posts)
    brought = fresh[-_AT_ONCE:] if mark.is_new else fresh[:_AT_ONCE]
    left = [] if mark.is_new else fresh[_AT_ONCE:]
    return Page(
        posts=tuple(brought),
        cursor=mark.past(feed.document, left, feed.tags).closed(),
        complete=not left,
        gap=mark.lost or missed,
        skipped=feed.document.skipped,
    )


def refresh(call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
    """Look in the account's feed, and for what is in there no longer, where the entry's id is its page, at that page.

    A feed forgets what is old: what cannot be looked for is as it was.
    """
    document = ask(call, address_of(call, "")).document
    posts = {post.id: post for post in document.posts} if document is not None else {}
    pages = [one for one in post_ids if one not in posts and _is_page_at_home(call, one)][:_MOST_PAGES]
    return tuple(_state(call, one, posts.get(one), one in pages) for one in post_ids)


def _state(call: Call, post_id: str, post: Post | None, has_page: bool) -> PostState:
    if post is not None:
        return PostState(post_id, PostStatus.EDITED if post.edited_at else PostStatus.LIVE, post)
    return PostState(post_id, PostStatus.DELETED if has_page and _is_gone(call, post_id) else PostStatus.LIVE)


def _is_gone(call: Call, address: str) -> bool:
    try:
        answer = WIRE.exchange(replace(call, timeout=min(call.timeout, 5.0)), Request("GET", address))
    except NoAnswer:
        return False
    return answer.status in (404, 410)


def _is_page_at_home(call: Call, post_id: str) -> bool:
    return bool(web_address(post_id)) and urlsplit(post_id)[:2] == urlsplit(home_of(call))[:2]


def _print(post: Post) -> str:
    digest = hashlib.sha256(post.id.encode("utf-8", "replace")).digest()
    return urlsafe_b64encode(digest)[:_PRINT].decode()
