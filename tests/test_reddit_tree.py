"""A whole Reddit thread: every comment once, parents first, within the requests that Reddit allows."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from reddit_server import RedditServer, Thing

from connectors.base import Call
from connectors.reddit import RedditConnector

CONNECTOR = RedditConnector()


@pytest.fixture
def reddit() -> Iterator[RedditServer]:
    with RedditServer() as running:
        yield running


def call_of(reddit: RedditServer) -> Call:
    reddit.tokens["access-token-for-tests"] = "harbour"
    secrets = {"client_id": "x", "access_token": "access-token-for-tests"}
    secrets["access_token_expires"] = "2099-01-01T00:00:00+00:00"
    us, options = reddit.person("harbour"), {"platform_approval": "Letter of 2026-01-07"}
    return Call(reddit.url, secrets, datetime.now(UTC), account_id=us, handle="harbour", options=options)


def grow(reddit: RedditServer, count: int, *, deep: bool = False) -> tuple[Thing, list[str]]:
    """A submission with `count` comments; each answers the one before, or one a third of the way back."""
    root = reddit.submit("sam", "A long thread", at=1_700_000_000)
    made = [root]
    for number in range(count):
        above = made[-1] if deep else made[(number * 7) // 3 % len(made)]
        made.append(reddit.comment("maya", f"Comment {number}", above, at=1_700_000_000 + number))
    return root, [one.name for one in made]


def assert_whole(reddit: RedditServer, root: Thing, wanted: list[str], around: str) -> None:
    thread = CONNECTOR.thread(call_of(reddit), around)
    ids = [post.id for post in thread.posts]
    assert sorted(ids) == sorted(wanted)
    assert not thread.truncated
    place = {name: number for number, name in enumerate(ids)}
    assert all(place[post.parent_id] < place[post.id] for post in thread.posts if post.parent_id)
    siblings: dict[str | None, list[str]] = {}
    for post in thread.posts:
        siblings.setdefault(post.parent_id, []).append(post.id)
    assert all(sorted(one) == one for one in siblings.values())
    assert {post.root_id for post in thread.posts} == {root.name}


def test_a_tree_of_541_comments_is_read_whole_and_in_order(reddit: RedditServer) -> None:
    root, wanted = grow(reddit, 541)
    assert_whole(reddit, root, wanted, wanted[-1])
    assert ("GET", "api/morechildren") in reddit.requests


def test_a_tree_of_120_levels_is_read_to_its_end(reddit: RedditServer) -> None:
    root, wanted = grow(reddit, 120, deep=True)
    assert_whole(reddit, root, wanted, root.name)


def test_a_giant_tree_is_read_within_its_requests(reddit: RedditServer) -> None:
    root, wanted = grow(reddit, 5_000)
    reddit.requests.clear()
    thread = CONNECTOR.thread(call_of(reddit), root.name)
    assert len(reddit.requests) <= 60
    assert len(thread.posts) == len(wanted)
    assert not thread.truncated


def test_comments_that_come_twice_or_without_a_parent_or_in_a_circle_lose_no_other(reddit: RedditServer) -> None:
    root, wanted = grow(reddit, 541)

    def spoil(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        circle = [copy.deepcopy(found[0]) for _ in range(2)]
        for one, name, parent in zip(circle, ("t1_zzzz1", "t1_zzzz2"), ("t1_zzzz2", "t1_zzzz1"), strict=True):
            one["data"] |= {"name": name, "id": name[3:], "parent_id": parent}
        orphan = copy.deepcopy(found[0])
        orphan["data"] |= {"name": "t1_zzzz3", "id": "zzzz3", "parent_id": "t1_nowhere"}
        again = {
            "kind": "more",
            "data": {"children": [found[0]["data"]["id"], None, 7, "../x"], "parent_id": root.name},
        }
        return [*found, found[0], *circle, orphan, again, {"kind": "t1"}, None]  # type: ignore[list-item]

    reddit.spoil_more = spoil
    thread = CONNECTOR.thread(call_of(reddit), root.name)
    assert sorted(post.id for post in thread.posts) == sorted([*wanted, "t1_zzzz1", "t1_zzzz2", "t1_zzzz3"])
