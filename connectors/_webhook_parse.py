"""The posts that a webhook's request holds: a small schema of our own, read as far as it makes sense."""

from connectors._reading import Json, Unreadable, is_mapping, language_of, member, optional_time, text_in, time_of
from connectors._text import LONGEST, clean, one_line, plain, web_address
from connectors.base import Author, Post, Skipped

MOST_POSTS = 100
_LONGEST_ID = 300


def posts_in(body: Json, host: str) -> tuple[tuple[Post, ...], tuple[Skipped, ...]]:
    """Read the posts of a request, in the order they were written; raises `Unreadable` when it is not of the schema."""
    told = member(body, "posts")
    if not isinstance(told, list):
        raise Unreadable("It holds no list “posts”.")
    if len(told) > MOST_POSTS:
        raise Unreadable(f"It holds {len(told)} posts; {MOST_POSTS} may come at once.")
    posts: dict[str, Post] = {}
    skipped: list[Skipped] = []
    for one in told:
        try:
            post = _post(one, host)
        except Unreadable as error:
            skipped.append(Skipped(one_line(text_in(member(one, "id")))[:60], str(error)))
        else:
            posts[post.id] = post
    return tuple(sorted(posts.values(), key=lambda post: (post.created_at, post.id))), tuple(skipped)


def _post(raw: Json, host: str) -> Post:
    if not is_mapping(raw):
        raise Unreadable("A post is an object.")
    identity = _id(raw, "id")
    if identity is None:
        raise Unreadable(f"Its “id” is no text of 1 to {_LONGEST_ID} printable characters.")
    text = _text(raw)
    if not text:
        raise Unreadable("It has neither “text” nor “html”.")
    parent = _id(raw, "parent_id")
    return Post(
        id=identity,
        text=text,
        author=_author(raw.get("author")),
        created_at=time_of(raw.get("created_at")),
        url=web_address(raw.get("url")),
        parent_id=parent if parent != identity else None,
        root_id=_id(raw, "root_id"),
        edited_at=optional_time(raw.get("edited_at")),
        language=language_of(raw.get("language")),
        venue=one_line(text_in(raw.get("venue"))) or host,
        is_own=raw.get("is_own") is True,
        is_public=raw.get("is_public") is not False,
    )


def _text(raw: Json) -> str:
    title = one_line(text_in(member(raw, "title")))
    text = clean(text_in(member(raw, "text"))[:LONGEST]).strip() or plain(text_in(member(raw, "html")))
    return "\n\n".join(part for part in (title, text) if part)


def _author(raw: Json) -> Author:
    """A form may be sent in by nobody: then it was someone."""
    name, handle = one_line(text_in(member(raw, "name"))), one_line(text_in(member(raw, "handle")))
    handle = handle or name or "someone"
    is_bot = member(raw, "is_bot") is True
    return Author(_id(raw, "id") or f"name:{handle}", handle, name, web_address(member(raw, "url")), is_bot)


def _id(raw: Json, name: str) -> str | None:
    value = member(raw, name)
    value = str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40 else value
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST_ID:
        return None
    return value.strip() if value.isprintable() and clean(value) == value else None
