"""Facebook's posts and comments as ours. What is hidden or private is marked, and never open to all.

https://developers.facebook.com/docs/graph-api/reference/comment, .../reference/page-post
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from connectors._graph_text import as_read
from connectors._reading import Json, Unreadable, id_of, is_mapping, list_of, member, optional_id, text_in, time_of
from connectors._text import one_line, web_address
from connectors.base import Author, Post, Skipped

POST_FIELDS = (
    "id,message,story,created_time,from{id,name},permalink_url,is_hidden,is_published,privacy,message_tags,"
    "attachments{type,title}"
)
COMMENT_FIELDS = (
    "id,message,created_time,from{id,name},permalink_url,is_hidden,is_private,message_tags,like_count,"
    "parent{id},object{id},attachment{type,title}"
)

_OPEN = frozenset({"", "EVERYONE"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for one Page."""

    page_id: str

    @property
    def venue(self) -> str:
        return f"facebook.com/{self.page_id}"

    def post(self, raw: Json) -> Post:
        """Read a post, on our Page or of somebody who named us; raises `Unreadable`."""
        identity = _id(raw)
        owner = identity.partition("_")[0]
        privacy = text_in(member(member(raw, "privacy"), "value"))
        is_open = privacy in _OPEN and member(raw, "is_published") is not False
        is_ours = owner == self.page_id
        return replace(
            self._read(raw, identity, text_in(member(raw, "story"))),
            root_id=identity,
            venue=self.venue if is_ours else f"facebook.com/{owner}",
            is_public=is_open and member(raw, "is_hidden") is not True,
        )

    def comment(self, raw: Json, root_id: str | None = None) -> Post:
        """Read a comment below `root_id`, or below the post that it names itself; raises `Unreadable`."""
        identity = _id(raw)
        root = root_id or self.root_of(raw)
        parent = id_of(member(raw, "parent")) or root
        is_open = member(raw, "is_hidden") is not True and member(raw, "is_private") is not True
        return replace(
            self._read(raw, identity, ""),
            parent_id=parent if parent != identity else root,
            root_id=root,
            venue=self.venue if root is None or root.startswith(f"{self.page_id}_") else "facebook.com",
            is_public=is_open,
        )

    def root_of(self, raw: Json) -> str | None:
        """Return the post that a comment stands below; on our Page where Facebook leaves its owner out."""
        named = id_of(member(raw, "object"))
        if named is None:
            first, _, rest = _id(raw).partition("_")
            named = first if rest else None
        return named if named is None or "_" in named else f"{self.page_id}_{named}"

    def comments(self, rows: Iterable[Json], root_id: str) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read of some comments; what cannot is told, and its neighbours stand."""
        return read_all(rows, lambda raw: self.comment(raw, root_id))

    def posts(self, rows: Iterable[Json]) -> tuple[list[Post], list[Skipped]]:
        return read_all(rows, self.post)

    def _read(self, raw: Json, identity: str, otherwise: str) -> Post:
        author = author_of(member(raw, "from"), identity)
        return Post(
            identity,
            _text(raw) or one_line(otherwise),
            author,
            time_of(member(raw, "created_time")),
            url=web_address(member(raw, "permalink_url")) or address_of(identity),
            mentioned=tagged_in(raw),
            is_own=author.id == self.page_id,
        )


def read_all(rows: Iterable[Json], read: Callable[[Json], Post]) -> tuple[list[Post], list[Skipped]]:
    """Read what can be read of some rows; what cannot is told, and its neighbours stand."""
    posts: list[Post] = []
    skipped: list[Skipped] = []
    for raw in rows:
        try:
            posts.append(read(raw))
        except Unreadable as error:
            skipped.append(Skipped(id_of(raw) or "", str(error)))
    return posts, skipped


def author_of(raw: Json, post_id: str) -> Author:
    """Read who wrote a post. Facebook names only those who agreed; of the others each counts as one of their own."""
    identity = id_of(raw)
    if identity is None:
        return Author(f"unnamed-{post_id}", "somebody on Facebook")
    name = one_line(text_in(member(raw, "name")))
    return Author(identity, name or identity, name, f"https://www.facebook.com/{identity}")


def address_of(post_id: str) -> str:
    """Return the address at which Facebook itself leads on to a post or a comment."""
    return f"https://www.facebook.com/{post_id}"


def tagged_in(raw: Json) -> frozenset[str]:
    """Return whom a text tags. Facebook lists the tags, or groups them by where they stand."""
    tags = member(raw, "message_tags")
    listed = [one for group in tags.values() for one in list_of(group)] if is_mapping(tags) else list_of(tags)
    return frozenset(found for found in map(id_of, listed) if found is not None)


def _id(raw: Json) -> str:
    identity = optional_id(member(raw, "id"))
    if identity is None:
        raise Unreadable("It has no id.")
    return identity


def _text(raw: Json) -> str:
    """What was written; of a mere picture or sticker what it is."""
    message = as_read(text_in(member(raw, "message")))
    if message:
        return message
    attached = member(raw, "attachment") or next(iter(list_of(member(member(raw, "attachments"), "data"))), None)
    kind, title = text_in(member(attached, "type")), text_in(member(attached, "title"))
    return one_line(title or f"({kind.replace('_', ' ')})") if kind or title else ""
