"""The thread around a comment, which WordPress does not tell: read from all the comments of its article."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from connectors._conversation import rooted
from connectors._reading import Json
from connectors._wordpress_parse import CommentId, comment_id, number_of
from connectors._wordpress_wire import AT_ONCE, ask, has_more, listed, read_listing, reader
from connectors.base import Call, ConnectorError, Fault, Post, Skipped, Thread

_MOST_PAGES = 50
_MOST_PARENTS = 200
_ADDRESS = re.compile(r"#comment-(\d{1,20})$")


class Conversation(NamedTuple):
    """A thread with what could not be read of it."""

    thread: Thread
    skipped: tuple[Skipped, ...]


def located(call: Call, query: str) -> CommentId:
    """Return the id of the comment that an id, a number or an address names; raises `ConnectorError`."""
    identity = CommentId.read(query.strip())
    if identity is not None:
        return identity
    address = _ADDRESS.search(query.strip())
    number = address[1] if address else query.strip()
    if not number.isascii() or not number.isdigit() or len(number) > 20:
        raise ConnectorError(Fault.INVALID, "This is no comment. Copy the address under its date.")
    found = comment_id(ask(call, f"comments/{number}", {}, named=True).body)
    if found is None:
        raise ConnectorError(Fault.TRANSIENT, "WordPress sent a comment that cannot be read.")
    return found


def conversation(call: Call, asked: CommentId) -> Conversation:
    """Read the thread of a comment: its article's comments, the newest first, then what is missing above it."""
    raw, whole = _comments_of(call, asked.article)
    posts, skipped = reader(call).posts(raw)
    known = {post.id: post for post in posts}
    _add_parents(call, str(asked), known)
    if str(asked) not in known:
        raise ConnectorError(Fault.GONE, "The comment is no longer there, or not open to all.")
    root = _root(str(asked), known)
    return Conversation(Thread(root, rooted(_branch(root, known), root), truncated=not whole), tuple(skipped))


def _comments_of(call: Call, article: str) -> tuple[list[Json], bool]:
    """The newest come first: those are asked about, and one that comes meanwhile moves nothing out of sight."""
    found: dict[str | None, Json] = {}
    order = {"post": article, "orderby": "date_gmt", "order": "desc", "per_page": str(AT_ONCE)}
    for page in range(1, _MOST_PAGES + 1):
        answer = read_listing(call, order | {"page": str(page)})
        found |= {number_of(comment): comment for comment in listed(answer)}
        if not has_more(answer, page):
            return list(found.values()), True
    return list(found.values()), False


def _add_parents(call: Call, asked: str, known: dict[str, Post]) -> None:
    """Read the asked comment and those above it that lie beyond the pages that were read."""
    wanted: str | None = asked
    passed: set[str] = set()
    for _ in range(_MOST_PARENTS):
        while wanted is not None and wanted in known and wanted not in passed:
            passed.add(wanted)
            wanted = known[wanted].parent_id
        missing = CommentId.read(wanted or "")
        if missing is None or wanted in passed:
            return
        posts, _ = reader(call).posts(listed(read_listing(call, {"include": missing.number})))
        if wanted not in {post.id for post in posts}:
            return
        known |= {post.id: post for post in posts}


def _root(asked: str, known: Mapping[str, Post]) -> str:
    """The first comment above that is there; in a circle, the oldest of it."""
    path: list[Post] = []
    passed: set[str | None] = set()
    post = known[asked]
    while post.id not in passed:
        path.append(post)
        passed.add(post.id)
        if post.parent_id is None or post.parent_id not in known:
            return post.id
        post = known[post.parent_id]
    circle = path[path.index(post) :]
    return min(circle, key=lambda one: (one.created_at, len(one.id), one.id)).id


def _branch(root: str, known: Mapping[str, Post]) -> list[Post]:
    answers: dict[str | None, list[str]] = {}
    for post in known.values():
        answers.setdefault(post.parent_id, []).append(post.id)
    found: dict[str, Post] = {}
    waiting = [root]
    while waiting:
        post_id = waiting.pop()
        if post_id not in found:
            found[post_id] = known[post_id]
            waiting += answers.get(post_id, ())
    return list(found.values())
