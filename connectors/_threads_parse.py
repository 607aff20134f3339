"""Threads' posts and answers as ours, and how Threads counts a text.

https://developers.facebook.com/docs/threads/threads-media, .../docs/threads/retrieve-and-manage-replies
"""

from collections.abc import Iterable
from dataclasses import dataclass

import regex  # type: ignore[import-untyped,unused-ignore]

from connectors._graph_text import as_read
from connectors._reading import Json, Unreadable, id_of, member, optional_id, text_in, time_of
from connectors._text import one_line, web_address
from connectors.base import Author, Post, Skipped

FIELDS = (
    "id,text,username,timestamp,permalink,media_type,is_reply,is_reply_owned_by_me,hide_status,root_post{id},"
    "replied_to{id}"
)

_HOME = "https://www.threads.com/"
_OPEN = frozenset({"", "NOT_HUSHED", "UNHUSHED"})
_GRAPHEME = regex.compile(r"\X")
_PICTURE = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3]")


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for one profile. Threads names people by their user names, and tells no ids."""

    handle: str

    def post(self, raw: Json) -> Post:
        """Read a post or an answer; raises `Unreadable`."""
        identity = optional_id(member(raw, "id"))
        if identity is None:
            raise Unreadable("It has no id.")
        author = _author(raw, identity)
        parent = id_of(member(raw, "replied_to"))
        is_ours = bool(self.handle) and author.id.casefold() == self.handle.casefold()
        return Post(
            identity,
            _text(raw),
            author,
            time_of(member(raw, "timestamp")),
            url=web_address(member(raw, "permalink")) or _HOME,
            parent_id=parent if parent != identity else None,
            root_id=id_of(member(raw, "root_post")) or (identity if parent is None else parent),
            venue="threads.com",
            is_own=is_ours or member(raw, "is_reply_owned_by_me") is True,
            is_public=text_in(member(raw, "hide_status")) in _OPEN,
        )

    def posts(self, rows: Iterable[Json]) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read of some rows; what cannot is told, and its neighbours stand."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for raw in rows:
            try:
                posts.append(self.post(raw))
            except Unreadable as error:
                skipped.append(Skipped(id_of(raw) or "", str(error)))
        return posts, skipped


def counted(text: str) -> int:
    """Count as Threads does: characters, but an emoji as its bytes in UTF-8."""
    return sum(
        len(one.encode("utf-8", "surrogatepass")) if _PICTURE.search(one) else len(one)
        for one in _GRAPHEME.findall(text)
    )


def _author(raw: Json, post_id: str) -> Author:
    name = optional_id(one_line(text_in(member(raw, "username"))))
    if name is None:
        return Author(f"unnamed-{post_id}", "somebody on Threads")
    return Author(name, name, url=web_address(f"{_HOME}@{name}").replace(" ", ""))


def _text(raw: Json) -> str:
    """What was written; of a mere picture what it is."""
    text = as_read(text_in(member(raw, "text")))
    if text:
        return text
    kind = one_line(text_in(member(raw, "media_type"))).replace("_", " ").casefold()
    return f"({kind})" if kind and not kind.startswith("text") else ""
