"""What a source on an Isso server brings: the comments of one page, of one branch, or of the whole website."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connectors._conversation import rooted
from connectors._isso_parse import Comment, Reader, Ref, checked_page, comment_of, comments_in
from connectors._isso_wire import Kept, host_of, our_name, read, site_of
from connectors._reading import is_mapping, member, text_in
from connectors._text import web_address
from connectors.base import Call, ConnectorError, Cursor, Fault, Followed, Page, Skipped, SourceKind, Thread

_AT_ONCE = 40
_LATEST = 100
"""So many of a website's newest comments are asked for: Isso gives them without their pages' order."""

_MOST_PAGES = 10
_MOST_RANGES = 5_000


@dataclass(frozen=True, slots=True)
class Mark:
    """A cursor, opened: the numbers seen of what is still there, and the newest time among them in milliseconds.

    Times alone would lose what moderators let through later; numbers alone what got a deleted comment's number.
    """

    seen: frozenset[int] = frozenset()
    newest: int | None = None
    lost: bool = field(default=False, compare=False)

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Mark":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls()
        try:
            kept = json.loads(cursor)
            seen: set[int] = set()
            for first, last in kept["seen"][:_MOST_RANGES]:
                if not 0 <= int(last) - int(first) <= 10**6:
                    return cls(lost=True)
                seen |= set(range(int(first), int(last) + 1))
            return cls(frozenset(seen), int(kept["newest"]))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return cls(lost=True)

    def closed(self) -> Cursor | None:
        """Return the cursor to store; none when nothing was read yet."""
        if self.newest is None:
            return None
        return Cursor(json.dumps({"seen": _ranges(self.seen), "newest": self.newest}, separators=(",", ":")))

    def knows(self, ref: Ref) -> bool:
        return ref.number in self.seen and (self.newest is None or ref.written <= self.newest)

    def past(self, there: Iterable[Ref], brought: Sequence[Ref]) -> "Mark":
        """Return the mark after `brought`, keeping of the rest what is still there."""
        still = {ref.number for ref in there if self.knows(ref)} | {ref.number for ref in brought}
        times = [ref.written for ref in brought] + ([self.newest] if self.newest is not None else [])
        return Mark(frozenset(still), max(times, default=None), self.lost)


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    mark = Mark.opened(cursor)
    query = followed.query.strip()
    if followed.kind is SourceKind.FEED and not query:
        return _latest_page(call, mark)
    if followed.kind is SourceKind.FEED:
        comments, skipped = comments_of(call, page_of(call, query))
        return _page(call, comments, comments, skipped, mark)
    if followed.kind is SourceKind.THREAD:
        ref = must_be_ref(query)
        comments, skipped = comments_of(call, ref.page)
        root = next((one.root for one in comments if one.ref == ref), ref.number)
        return _page(call, comments, [one for one in comments if one.root == root], skipped, mark)
    raise ConnectorError(Fault.INVALID, f"Isso cannot follow a {followed.kind.value}.")


def thread(call: Call, post_id: str) -> Thread:
    """Return the branch around a comment: Isso hangs all answers below the first comment of their branch."""
    ref = must_be_ref(post_id)
    comments, _ = comments_of(call, ref.page)
    asked = next((one for one in comments if one.ref == ref), None)
    if asked is None:
        raise ConnectorError(Fault.GONE, "Isso no longer shows this comment.")
    root = next((one.ref.id for one in comments if one.ref.number == asked.root), post_id)
    posts, _ = reader(call).posts([one for one in comments if one.root == asked.root])
    return Thread(root, rooted(posts, root))


def comments_of(call: Call, page: str, *, plain: bool = False) -> tuple[list[Comment], list[Skipped]]:
    """Read all comments of a page; with `plain` their text as it was typed."""
    tree = read(call, "/", {"uri": page, **({"plain": "1"} if plain else {})})
    if not isinstance(member(tree, "replies"), list):
        raise ConnectorError(Fault.TRANSIENT, "Isso answered with something else than comments.")
    found = list(comments_in(page, tree))
    comments = {one.ref.number: one for one in found if isinstance(one, Comment)}
    return list(comments.values()), [one for one in found if isinstance(one, Skipped)]


def reader(call: Call) -> Reader:
    """Read comments as this account sees them."""
    return Reader(our_name(call), Kept(call), site_of(call), host_of(call))


def page_of(call: Call, query: str) -> str:
    """Return the page, as Isso knows it, that a path or an address on our website names; raises `ConnectorError`."""
    if web_address(query):
        if urlsplit(query).netloc != host_of(call):
            raise ConnectorError(Fault.INVALID, f"{query} is no page of {host_of(call)}.")
        query = urlsplit(query).path or "/"
    if not checked_page(query):
        raise ConnectorError(Fault.INVALID, f"“{query[:100]}” is no page that Isso could know.")
    return query


def must_be_ref(post_id: str) -> Ref:
    """Read an id; raises `ConnectorError`."""
    ref = Ref.of(post_id)
    if ref is None:
        raise ConnectorError(Fault.INVALID, "This is no id of a comment.")
    return ref


def _page(
    call: Call, there: Sequence[Comment], wanted: Sequence[Comment], skipped: Sequence[Skipped], mark: Mark
) -> Page:
    """Bring the oldest of what is new; at the first look, the newest comments alone."""
    fresh = sorted((one for one in wanted if one.is_there and not mark.knows(one.ref)), key=_age)
    brought = fresh[:_AT_ONCE] if mark.newest is not None else fresh[-_AT_ONCE:]
    after = [one.ref for one in (brought if mark.newest is not None else fresh)]
    chosen = {one.ref.id for one in brought}
    posts, unread = reader(call).posts(list(there))
    return Page(
        posts=tuple(post for post in sorted(posts, key=lambda post: (post.created_at, post.id)) if post.id in chosen),
        cursor=mark.past([one.ref for one in there], after).closed(),
        complete=len(after) == len(fresh),
        gap=mark.lost,
        skipped=(*skipped, *(one for one in unread if one.id in chosen)),
    )


def _latest_page(call: Call, mark: Mark) -> Page:
    """The newest comments of all pages; each is then read on its page, which tells more."""
    rows = read(call, "/latest", {"limit": str(_LATEST)})
    if not isinstance(rows, list):
        raise ConnectorError(Fault.TRANSIENT, "Isso answered with something else than a list.")
    refs = [ref for ref in map(_ref_in, rows) if ref is not None]
    fresh = sorted((ref for ref in refs if not mark.knows(ref)), key=lambda ref: (ref.written, ref.number))
    pages = list(dict.fromkeys(ref.page for ref in fresh))[:_MOST_PAGES]
    missed = mark.newest is not None and len(fresh) == _LATEST
    comments: list[Comment] = []
    for page in pages:
        comments += comments_of(call, page)[0]
    listed = {ref.id for ref in fresh if ref.page in pages}
    posts, skipped = reader(call).posts(comments)
    brought = [ref for ref in fresh if ref.id in listed]
    return Page(
        posts=tuple(post for post in sorted(posts, key=lambda post: (post.created_at, post.id)) if post.id in listed),
        cursor=mark.past(refs, brought).closed(),
        complete=len(brought) == len(fresh),
        gap=mark.lost or missed,
        skipped=tuple(one for one in skipped if one.id in listed),
    )


def _ref_in(raw: object) -> Ref | None:
    page = checked_page(text_in(raw.get("uri"))) if is_mapping(raw) else ""
    comment = comment_of(page, raw) if page else None
    return comment.ref if isinstance(comment, Comment) else None


def _ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Write numbers as ranges from first to last: nearly all of a page's are neighbours."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges[-_MOST_RANGES:]


def _age(comment: Comment) -> tuple[int, int]:
    return comment.ref.written, comment.ref.number
