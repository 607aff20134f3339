"""How far a source on the Graph API was read: by the platform's own times, and by what was brought about then."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.base import Allowance, Cursor, Page, Post, Skipped

OVERLAP = timedelta(minutes=2)
"""How late a post may appear in a list, behind younger ones."""

MOST_POSTS = 40
"""So many posts are brought at once."""

_BEFORE_THE_FIRST = timedelta(hours=1)
"""From how long ago a source is followed that was empty when it was first read, whatever our clock thinks."""

_REMEMBERED = 2_000


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

    @property
    def since(self) -> datetime | None:
        """From when on the platform must be asked."""
        return None if self.after is None else self.after - OVERLAP

    def closed(self) -> Cursor | None:
        """Return the cursor to store; none when nothing was read yet."""
        if self.after is None:
            return None
        return Cursor(json.dumps({"after": int(self.after.timestamp()), "seen": self.seen}, separators=(",", ":")))

    def knows(self, post: Post) -> bool:
        return post.id in self.seen or self.is_past(post.created_at)

    def is_past(self, moment: datetime) -> bool:
        return self.since is not None and moment < self.since

    def past(self, posts: Sequence[Post], now: datetime) -> "Mark":
        """Return the mark after these posts. A post from the future does not hide what is written until then."""
        times = [min(post.created_at, now) for post in posts] + ([self.after] if self.after else [])
        newest = max(times) if times else now - _BEFORE_THE_FIRST
        seen = dict(self.seen) | {post.id: int(post.created_at.timestamp()) for post in posts}
        oldest = (newest - OVERLAP).timestamp() - 1
        recent = sorted(((at, one) for one, at in seen.items() if at >= oldest), reverse=True)[:_REMEMBERED]
        return Mark(newest, {one: at for at, one in recent}, self.lost)


@dataclass(frozen=True, slots=True)
class Found:
    """What a look at a source brought, before anything is left out.

    `until` is how far it is complete, where something had more than could be read; younger posts wait for the next
    look. `reached` is false when what lies before was not read back to where we stood.
    """

    posts: Iterable[Post]
    skipped: Iterable[Skipped] = ()
    until: datetime | None = None
    reached: bool = True
    allowance: Allowance | None = None


def page_of(found: Found, mark: Mark, now: datetime) -> Page:
    """Bring the oldest of the new posts first; at the very first look the newest."""
    new = {post.id: post for post in found.posts if post.is_public and not mark.knows(post)}
    ready = [post for post in new.values() if found.until is None or post.created_at <= found.until]
    by_age = sorted(ready, key=lambda post: (post.created_at, len(post.id), post.id))
    is_first = mark.after is None
    brought = by_age[-MOST_POSTS:] if is_first else by_age[:MOST_POSTS]
    return Page(
        posts=tuple(brought),
        cursor=mark.past(brought, now).closed(),
        complete=is_first or not brought or (found.until is None and len(brought) == len(new)),
        gap=mark.lost or not found.reached,
        skipped=tuple({one.id: one for one in found.skipped}.values()),
        allowance=found.allowance,
    )
