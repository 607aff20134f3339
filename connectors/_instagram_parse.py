"""Instagram's media and comments as ours. What is hidden is marked, and never open to all.

https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-comment
"""

from collections.abc import Iterable
from dataclasses import dataclass

from connectors._graph_text import as_read
from connectors._reading import Json, Unreadable, id_of, member, optional_id, text_in, time_of
from connectors._text import one_line, web_address
from connectors.base import Author, Post, Skipped

COMMENT_FIELDS = "id,text,timestamp,username,from{id,username},hidden,like_count,parent_id,media{id,permalink}"
MEDIA_FIELDS = "id,caption,timestamp,username,permalink"

_HOME = "https://www.instagram.com/"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for one account."""

    account_id: str
    handle: str

    @property
    def venue(self) -> str:
        return f"instagram.com/{self.handle}"

    def media(self, raw: Json) -> Post:
        """Read a picture or a film, ours or of somebody who named us; raises `Unreadable`."""
        identity = _id(raw)
        author = author_of(raw, identity)
        is_own = self._is_us(author)
        return Post(
            identity,
            as_read(text_in(member(raw, "caption"))),
            author,
            time_of(member(raw, "timestamp")),
            url=web_address(member(raw, "permalink")) or _HOME,
            root_id=identity,
            venue=self.venue if is_own else f"instagram.com/{author.handle}",
            is_own=is_own,
        )

    def comment(self, raw: Json, url: str = "", parent_id: str | None = None) -> Post:
        """Read a comment; raises `Unreadable`. Its thread is the branch below one first comment, as Instagram's are."""
        identity = _id(raw)
        author = author_of(raw, identity)
        parent = optional_id(member(raw, "parent_id")) or parent_id
        parent = None if parent == identity else parent
        return Post(
            identity,
            as_read(text_in(member(raw, "text"))),
            author,
            time_of(member(raw, "timestamp")),
            url=url or web_address(member(member(raw, "media"), "permalink")) or _HOME,
            parent_id=parent,
            root_id=parent or identity,
            venue=self.venue,
            is_own=self._is_us(author),
            is_public=member(raw, "hidden") is not True,
        )

    def comments(
        self, rows: Iterable[Json], url: str, parent_id: str | None = None
    ) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read of some comments; what cannot is told, and its neighbours stand."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for raw in rows:
            try:
                posts.append(self.comment(raw, url, parent_id))
            except Unreadable as error:
                skipped.append(Skipped(id_of(raw) or "", str(error)))
        return posts, skipped

    def _is_us(self, author: Author) -> bool:
        return author.id == self.account_id or (
            bool(self.handle) and author.handle.casefold() == self.handle.casefold()
        )


def author_of(raw: Json, post_id: str) -> Author:
    """Read who wrote something. Whom Instagram does not name counts as somebody of their own."""
    name = one_line(text_in(member(raw, "username")) or text_in(member(member(raw, "from"), "username")))
    identity = id_of(member(raw, "from")) or optional_id(name)
    if identity is None:
        return Author(f"unnamed-{post_id}", "somebody on Instagram")
    return Author(identity, name or identity, url=web_address(f"{_HOME}{name}/"))


def _id(raw: Json) -> str:
    identity = optional_id(member(raw, "id"))
    if identity is None:
        raise Unreadable("It has no id.")
    return identity
