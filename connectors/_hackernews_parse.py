"""Hacker News as its search tells of it: stories and comments, in lists and as a tree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connectors._reading import Json, Unreadable, id_of, is_mapping, list_of, member, optional_id, text_in, time_of
from connectors._text import one_line, plain, web_address
from connectors.base import Author, Post, Skipped

HOST = "news.ycombinator.com"
PAGE = f"https://{HOST}/item?id="


@dataclass(frozen=True, slots=True)
class Tree:
    """A conversation: what could be read of it, what could not, and the number of its story."""

    root_id: str
    posts: Sequence[Post]
    skipped: Sequence[Skipped] = field(default=())


def hit(raw: Json, own_name: str) -> Post:
    """Read one hit of a search; raises `Unreadable`."""
    identity = optional_id(member(raw, "objectID"))
    if identity is None:
        raise Unreadable("It has no id.")
    comment = text_in(member(raw, "comment_text"))
    body = comment or text_in(member(raw, "story_text"))
    title = "" if comment else text_in(member(raw, "title"))
    parent, story = optional_id(member(raw, "parent_id")), optional_id(member(raw, "story_id"))
    return _post(raw, identity, (title, body), parent if comment else None, story or identity, own_name)


def item(raw: Json, own_name: str, root_id: str | None = None) -> Post:
    """Read one item of a conversation; raises `Unreadable`."""
    identity = id_of(raw)
    if identity is None:
        raise Unreadable("It has no id.")
    parent = optional_id(member(raw, "parent_id"))
    root = root_id or optional_id(member(raw, "story_id")) or (identity if parent is None else None)
    words = text_in(member(raw, "title")), text_in(member(raw, "text"))
    return _post(raw, identity, words, parent, root, own_name)


def is_gone(raw: Json) -> bool:
    """Whether an item is only the shell that deletion leaves: without author and without text."""
    return not text_in(member(raw, "author")) and not text_in(member(raw, "text")) and not member(raw, "title")


def tree(raw: Json, own_name: str) -> Tree:
    """Read a whole conversation. Shells of what was deleted are left out; their answers are not."""
    root_id = optional_id(member(raw, "story_id")) or id_of(raw) or ""
    posts: dict[str, Post] = {}
    skipped: list[Skipped] = []
    for one in _walk(raw):
        if is_gone(one):
            continue
        try:
            post = item(one, own_name, root_id)
        except Unreadable as error:
            skipped.append(Skipped(id_of(one) or "", str(error)))
        else:
            posts.setdefault(post.id, post)
    return Tree(root_id, list(posts.values()), skipped)


def _walk(raw: Json) -> Iterator[Json]:
    """Without recursion: a conversation may be deeper than Python's stack."""
    waiting = [raw]
    while waiting:
        one = waiting.pop()
        if is_mapping(one):
            yield one
            waiting += reversed(list_of(one.get("children")))


def _post(
    raw: Json, identity: str, words: tuple[str, str], parent: str | None, root: str | None, own_name: str
) -> Post:
    name = one_line(text_in(member(raw, "author")))
    if not name:
        raise Unreadable("It has no author.")
    title, body = one_line(words[0]), plain(words[1])
    # A story that only points somewhere says what it points to.
    link = web_address(member(raw, "url")) if title else ""
    text = "\n\n".join(part for part in (title, body, link) if part)
    if not text:
        raise Unreadable("It has no text.")
    return Post(
        id=identity,
        text=text,
        author=Author(name, name, url=f"https://{HOST}/user?id={name}" if optional_id(name) else ""),
        created_at=_time(raw),
        url=f"{PAGE}{identity}",
        parent_id=parent if parent != identity else None,
        root_id=root,
        venue=HOST,
        is_own=bool(own_name) and name == own_name,
    )


def _time(raw: Json) -> datetime:
    seconds = member(raw, "created_at_i")
    if isinstance(seconds, int) and not isinstance(seconds, bool):
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise Unreadable("Its time cannot be read.") from error
    return time_of(member(raw, "created_at"))
