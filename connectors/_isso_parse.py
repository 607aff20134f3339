"""From what an Isso server sent to posts. Nothing in it is trusted: what cannot be read is skipped, never raised.

Isso reads comments by their page, and gives the number of a deleted comment to the next one. So the id of a comment
holds its number, the moment it was written, and its page.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors._isso_wire import Kept
from connectors._reading import Json, Unreadable, is_mapping, list_of, member, text_in
from connectors._text import clean, one_line, plain, web_address
from connectors.base import Author, Post, Skipped

NOBODY = "Anonymous"
"""What Isso's own page writes above a comment without a name."""

_DELETED = 4
_LONGEST_PAGE = 300
_ID = re.compile(r"(\d{1,15})-(\d{1,15})-([A-Za-z0-9_-]{2,420})")


@dataclass(frozen=True, slots=True)
class Ref:
    """Which comment an id names: its number, when it was written in milliseconds, and the page it stands on."""

    number: int
    written: int
    page: str

    @property
    def key(self) -> str:
        return f"{self.number}-{self.written}"

    @property
    def id(self) -> str:
        page = base64.urlsafe_b64encode(self.page.encode(errors="replace")).decode().rstrip("=")
        return f"{self.key}-{page}"

    @classmethod
    def of(cls, post_id: str) -> "Ref | None":
        """Read an id; nothing when it is none of ours."""
        found = _ID.fullmatch(post_id)
        if found is None:
            return None
        number, written, page = found.groups()
        try:
            ref = cls(int(number), int(written), base64.urlsafe_b64decode(page + "=" * (-len(page) % 4)).decode())
        except (binascii.Error, ValueError):
            return None
        return ref if ref.id == post_id and checked_page(ref.page) else None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a page, as it came."""

    ref: Ref
    parent: int | None
    raw: Mapping[str, Json]

    @property
    def root(self) -> int:
        return self.ref.number if self.parent is None else self.parent

    @property
    def is_there(self) -> bool:
        """Whether it still says something: a deleted comment with answers leaves a shell."""
        return self.raw.get("mode") != _DELETED


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads comments as one account on one website sees them."""

    own_name: str
    kept: Kept
    site: str
    host: str

    def posts(self, comments: list[Comment]) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read; `comments` are all of a page, so that each finds its parent."""
        ids = {one.ref.number: one.ref.id for one in comments}
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for one in comments:
            if not one.is_there:
                continue
            try:
                posts.append(self.post(one, ids))
            except Unreadable as error:
                skipped.append(Skipped(one.ref.id, str(error)))
        return posts, skipped

    def post(self, comment: Comment, ids: Mapping[int, str]) -> Post:
        """Read one comment; raises `Unreadable`."""
        ref, raw = comment.ref, comment.raw
        text = raw.get("text")
        if not isinstance(text, str):
            raise Unreadable("It has no text.")
        name = _name(raw) or NOBODY
        author = Author(one_line(text_in(raw.get("hash"))) or name, name, "", web_address(raw.get("website")))
        return Post(
            id=ref.id,
            text=plain(text),
            author=author,
            created_at=moment_of(ref.written),
            url=web_address(f"{self.site}{ref.page}#isso-{ref.number}") if ref.page.startswith("/") else "",
            parent_id=ids.get(comment.parent) if comment.parent is not None else None,
            root_id=ids.get(comment.root),
            edited_at=_edited_at(raw.get("modified")),
            venue=f"{self.host}{ref.page}",
            is_own=self.is_own(comment),
        )

    def is_own(self, comment: Comment) -> bool:
        """By the cookie that we hold, by the mark that Isso gives to our address, else by our name."""
        if self.kept.is_ours(comment.ref.key):
            return True
        if self.kept.mark:
            return comment.raw.get("hash") == self.kept.mark
        return _name(comment.raw).casefold() == self.own_name.casefold()


def comments_in(page: str, tree: Json) -> Iterator[Comment | Skipped]:
    """Read the comments of a page, each before its answers."""
    for raw in list_of(member(tree, "replies")):
        yield comment_of(page, raw)
        for answer in list_of(member(raw, "replies")):
            yield comment_of(page, answer)


def comment_of(page: str, raw: Json) -> Comment | Skipped:
    """Read which comment this is."""
    number, written = number_of(member(raw, "id")), milliseconds(member(raw, "created"))
    if not is_mapping(raw) or number is None or written is None:
        return Skipped(str(number or ""), "It has no number or no time.")
    return Comment(Ref(number, written, page), number_of(raw.get("parent")), raw)


def checked_page(page: str) -> str:
    """Return the address of a page, as Isso knows it, when it can be asked by; else nothing."""
    is_fine = 0 < len(page.encode(errors="replace")) <= _LONGEST_PAGE and clean(page) == page
    return page if is_fine and page.isprintable() else ""


def number_of(value: Json) -> int | None:
    """Read the number of a comment; nonsense is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**15 else None


def milliseconds(value: Json) -> int | None:
    """Read a time in seconds with a fraction; nonsense is none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 10**11:
        return None
    return int(value * 1000)


def moment_of(written: int) -> datetime:
    return datetime.fromtimestamp(written / 1000, UTC)


def _name(raw: Mapping[str, Json]) -> str:
    return one_line(plain(text_in(raw.get("author"))[:2000]))


def _edited_at(value: Json) -> datetime | None:
    changed = milliseconds(value)
    return moment_of(changed) if changed is not None else None
