"""From what a WordPress site sent to posts. Nothing in it is trusted: what cannot be read is skipped, never raised."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

import regex  # type: ignore[import-untyped,unused-ignore]

from connectors._reading import Json, Unreadable, id_of, is_mapping, member, optional_id, text_in, time_of
from connectors._text import one_line, plain, same, web_address
from connectors.base import Author, Post, Receipt, Skipped

_NOBODY = "Anonymous"
_PICTURES = regex.compile(r"[\p{So}\p{Sk}]+")


class CommentId(NamedTuple):
    """A comment by the numbers of its article and its own: WordPress wants both for an answer, and tells each alone."""

    article: str
    number: str

    @classmethod
    def read(cls, post_id: str) -> "CommentId | None":
        """Read the id of a post of ours; nothing when it is none."""
        article, colon, number = post_id.partition(":")
        return cls(article, number) if colon and _is_number(article) and _is_number(number) else None

    def __str__(self) -> str:
        return f"{self.article}:{self.number}"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads comments as one account on one site sees them."""

    own_id: str
    handle: str
    venue: str

    def posts(self, comments: Iterable[Json]) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read. Comments that are not open to all never leave this method."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for comment in comments:
            try:
                post = self.post(comment)
            except Unreadable as error:
                skipped.append(Skipped(number_of(comment) or "", str(error)))
            else:
                if post.is_public:
                    posts.append(post)
                else:
                    skipped.append(Skipped(post.id, "It is not open to all."))
        return posts, skipped

    def post(self, comment: Json) -> Post:
        """Read one comment; raises `Unreadable`."""
        identity = comment_id(comment)
        if identity is None or not is_mapping(comment):
            raise Unreadable("It has no id, or belongs to no article.")
        if comment.get("type", "comment") != "comment":
            raise Unreadable("It is no comment of a person.")
        parent = optional_id(comment.get("parent"))
        parent = None if parent is None or not _is_number(parent) else str(CommentId(identity.article, parent))
        author, text = _author(comment), text_of(comment)
        return Post(
            id=str(identity),
            text=text,
            author=author,
            created_at=time_of(comment.get("date_gmt")),
            url=web_address(comment.get("link")),
            parent_id=parent,
            root_id=None if parent else str(identity),
            venue=self.venue,
            mentioned=frozenset({self.own_id}) if self._named_in(text) else frozenset(),
            is_own=bool(self.own_id) and author.id == self.own_id,
            is_public=comment.get("status", "approved") == "approved",
        )

    def _named_in(self, text: str) -> bool:
        return bool(self.own_id and self.handle) and f"@{self.handle}".casefold() in text.casefold()


def comment_id(comment: Json) -> CommentId | None:
    """Return the id of a comment as the site sent it."""
    article, number = optional_id(member(comment, "post")), number_of(comment)
    return CommentId(article, number) if article and number and _is_number(article) else None


def number_of(comment: Json) -> str | None:
    """Return the comment's own number."""
    number = id_of(comment)
    return number if number is not None and _is_number(number) else None


def text_of(comment: Mapping[str, Json]) -> str:
    """Return the text a reader sees; raises `Unreadable`."""
    shown = member(comment.get("content"), "rendered")
    if not isinstance(shown, str):
        raise Unreadable("It has no text.")
    return plain(shown)


def as_written(comment: Json) -> str | None:
    """Return the text as it was handed in, which WordPress tells only those who may moderate."""
    raw = member(member(comment, "content"), "raw")
    return plain(raw.replace("\n", "<br>")) if isinstance(raw, str) else None


def as_stored(text: str) -> str:
    """Return `text` as WordPress takes it: comments are HTML, and nothing of ours is meant as an element."""
    return escape(text, quote=False)


def receipt_of(comment: Json) -> Receipt | None:
    """Return the proof that a comment of ours exists."""
    identity = comment_id(comment)
    if identity is None or not is_mapping(comment):
        return None
    try:
        posted_at = time_of(comment.get("date_gmt"))
    except Unreadable:
        posted_at = None
    return Receipt(str(identity), web_address(comment.get("link")), posted_at)


def says(comment: Json, text: str) -> bool:
    """Whether a comment says `text`: WordPress shows smileys as pictures, and 3x4 with a sign for times."""
    shown = member(member(comment, "content"), "rendered")
    written = as_written(comment)
    if written is not None and same(written, text):
        return True
    return isinstance(shown, str) and same(_without_pictures(plain(shown)), _without_pictures(text))


def _without_pictures(text: str) -> str:
    return str(_PICTURES.sub(" ", text)).replace("×", "x")


def _author(comment: Mapping[str, Json]) -> Author:
    """Visitors have no id: they are known by the name they gave, and can never pass for somebody with an account."""
    number = optional_id(comment.get("author")) or ""
    name = one_line(plain(text_in(comment.get("author_name"))[:1_000])) or _NOBODY
    identity = number if _is_number(number) else f"guest:{name.casefold()}"
    return Author(identity, name, name, web_address(comment.get("author_url")))


def _is_number(value: str) -> bool:
    """Whether it is a number as WordPress gives them; its zero means none."""
    return len(value) <= 20 and value.isascii() and value.isdigit() and int(value) > 0
