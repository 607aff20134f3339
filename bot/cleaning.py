"""Posts as connectors hand them over, made fit to keep: nothing that one of them holds may cost us its neighbours."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from connectors.base import Author, Post, Skipped

LONGEST_ID = 500
LONGEST_TEXT = 100_000
LONGEST_NAME = 500
LONGEST_ADDRESS = 2000


def fit(posts: Iterable[Post], *, at: datetime) -> tuple[tuple[Post, ...], tuple[Skipped, ...]]:
    """Return the posts that can be kept, each once, and those that cannot, with the reason.

    What cannot be stored is taken out of texts; a post from the future is dated now, since clocks are off and limits
    count from what is said to have happened last.
    """
    kept: dict[str, Post] = {}
    skipped: list[Skipped] = []
    for post in posts:
        if (reason := _unfit(post)) is not None:
            skipped.append(Skipped(_clean(post.id, 60), reason))
        else:
            kept[post.id] = _fitted(post, at)
    return tuple(kept.values()), tuple(skipped)


def _unfit(post: Post) -> str | None:
    for name, identity in (("id", post.id), ("author's id", post.author.id)):
        if len(identity) > LONGEST_ID:
            return f"Its {name} has {len(identity)} characters."
        if identity != _clean(identity, LONGEST_ID):
            return f"Its {name} has characters that cannot be kept."
    return None if post.id else "It has no id."


def _fitted(post: Post, at: datetime) -> Post:
    return replace(
        post,
        text=_clean(post.text, LONGEST_TEXT),
        author=_author(post.author),
        created_at=_moment(post.created_at, at),
        edited_at=_moment(post.edited_at, at) if post.edited_at else None,
        url=_whole(post.url, LONGEST_ADDRESS),
        parent_id=_whole(post.parent_id or "", LONGEST_ID) or None,
        root_id=_whole(post.root_id or "", LONGEST_ID) or None,
        language=_whole(post.language or "", LONGEST_NAME) or None,
        venue=_clean(post.venue, LONGEST_NAME),
        mentioned=frozenset(one for one in post.mentioned if _whole(one, LONGEST_ID)),
    )


def _author(author: Author) -> Author:
    return replace(
        author,
        handle=_clean(author.handle, LONGEST_NAME),
        name=_clean(author.name, LONGEST_NAME),
        url=_whole(author.url, LONGEST_ADDRESS),
    )


def _moment(told: datetime, at: datetime) -> datetime:
    return min(told if told.tzinfo else told.replace(tzinfo=UTC), at)


def _whole(text: str, longest: int) -> str:
    """An address or an id is of use only when it is whole."""
    return text if text == _clean(text, longest) else ""


def _clean(text: str, longest: int) -> str:
    """Without what PostgreSQL cannot store: NUL characters and halves of surrogate pairs."""
    if text.isascii() and "\0" not in text:
        return text[:longest]
    return text[:longest].replace("\0", "").encode("utf-8", "replace").decode()
