"""The order of a conversation: parents before their answers, whatever the platform's clock or pages made of it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from connectors.base import Post


def parents_first(posts: Iterable[Post]) -> list[Post]:
    """Return every post once, its parent before it where we have it, otherwise by age.

    An answer to a post that is missing begins its own branch. In a circle of answers the oldest goes first.
    """
    known = {post.id: post for post in posts}
    by_age = sorted(known.values(), key=_age)
    answers: dict[str | None, list[Post]] = {}
    for post in by_age:
        parent = post.parent_id if post.parent_id in known and post.parent_id != post.id else None
        answers.setdefault(parent, []).append(post)
    ordered: dict[str, Post] = {}
    for first in [*answers.get(None, ()), *by_age]:
        _walk(first, answers, ordered)
    return list(ordered.values())


def rooted(posts: Iterable[Post], root_id: str) -> tuple[Post, ...]:
    """Return the posts of one thread in order, each knowing the thread's first post."""
    return tuple(replace(post, root_id=root_id) for post in parents_first(posts))


def _walk(first: Post, answers: Mapping[str | None, list[Post]], ordered: dict[str, Post]) -> None:
    """Go down one branch, depth first and without recursion: real threads are deeper than Python's stack."""
    waiting = [first]
    while waiting:
        post = waiting.pop()
        if post.id in ordered:
            continue
        ordered[post.id] = post
        waiting += reversed(answers.get(post.id, ()))


def _age(post: Post) -> tuple[datetime, int, str]:
    return post.created_at, len(post.id), post.id
