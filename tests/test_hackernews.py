"""Hacker News: searches and threads read whole and in order, deleted items let go, and nothing written by a program."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import hackernews_server
import pytest
from hackernews_server import HackerNewsServer, Item
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st
from small_server import Asked, Given, SmallServer

from connectors._hackernews_parse import hit, tree
from connectors._reading import Unreadable
from connectors.base import (
    Call,
    Condition,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Handoff,
    Identity,
    PostStatus,
    SourceKind,
)
from connectors.hackernews import SPEC, HackerNewsConnector

CONNECTOR = HackerNewsConnector()
HARBOUR = Followed(SourceKind.SEARCH, "harbour")

STORY = Item(38000001, "maya", "Ask &\n\nanswer", 1_760_000_000, "Harbour: a reader", "https://harbour.example/")
COMMENT = Item(38000002, "sam", "No <b>.", 1_760_000_100, parent=STORY)
ANSWER = Item(38000003, "harbour_ana", "Yes.", 1_760_000_200, parent=COMMENT)
STORY.children.append(COMMENT)
COMMENT.children.append(ANSWER)


@pytest.fixture
def server() -> Iterator[HackerNewsServer]:
    with HackerNewsServer() as running:
        yield running


class Canned(SmallServer):
    """Answers every request with the same body."""

    def __init__(self, body: object, status: int = 200) -> None:
        super().__init__()
        self.given = Given(status, body if isinstance(body, bytes) else json.dumps(body).encode())

    def answer(self, asked: Asked) -> Given:
        return self.given


def call_of(server: SmallServer, **options: str) -> Call:
    return Call(server.url, {}, datetime.now(UTC), options=options)


def test_hits_and_trees_tell_the_same() -> None:
    found = [hit(hackernews_server.hit(one), "harbour_ana") for one in (STORY, COMMENT, ANSWER)]
    assert list(tree(hackernews_server.tree(STORY), "harbour_ana").posts) == found
    assert found[0].text == "Harbour: a reader\n\nAsk &\n\nanswer\n\nhttps://harbour.example/"
    assert found[1].text == "No <b>."
    assert [post.parent_id for post in found] == [None, "38000001", "38000002"]
    assert {post.root_id for post in found} == {"38000001"}
    assert [post.is_own for post in found] == [False, False, True]
    assert found[1].url == "https://news.ycombinator.com/item?id=38000002"


def test_a_thing_is_found_once_whichever_way_the_search_spells_it(server: HackerNewsServer) -> None:
    server.story("Harbour is out")
    page = CONNECTOR.fetch(call_of(server), HARBOUR, None)
    assert len(page.posts) == 1
    assert server.asked[-1].params["tags"] == "(story,comment)"
    assert server.asked[-1].params["typoTolerance"] == "false"
    assert CONNECTOR.fetch(call_of(server), HARBOUR, page.cursor).posts == ()


def test_more_than_the_search_ever_shows_is_walked_back_by_time(server: HackerNewsServer) -> None:
    story = server.story("Harbour")
    cursor = CONNECTOR.fetch(call_of(server), HARBOUR, None).cursor
    for number in range(1_200):
        server.comment(story, f"Harbour {number}").at += number // 50
    seen: list[str] = []
    complete = False
    while not complete:
        page = CONNECTOR.fetch(replace(call_of(server), now=datetime.now(UTC)), HARBOUR, cursor)
        assert not page.gap
        cursor, complete = page.cursor, page.complete
        seen += [post.text for post in page.posts]
    assert seen == [f"Harbour {number}" for number in range(1_200)]
    assert len(cursor or "") < 100_000


def test_a_thread_is_followed_by_its_number_or_its_address(server: HackerNewsServer) -> None:
    story, other = server.story("One"), server.story("Two")
    server.comment(story, "Below one")
    server.comment(other, "Below two")
    for query in (str(story.number), f"https://news.ycombinator.com/item?id={story.number}"):
        page = CONNECTOR.fetch(call_of(server), Followed(SourceKind.THREAD, query), None)
        assert [post.text for post in page.posts] == ["One", "Below one"]
    for followed in (Followed(SourceKind.THREAD, "x"), Followed(SourceKind.SEARCH, " "), Followed(SourceKind.MENTIONS)):
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.fetch(call_of(server), followed, None)
        assert error.value.fault is Fault.INVALID


def test_a_giant_and_deep_conversation_is_read_whole_and_in_order(server: HackerNewsServer) -> None:
    story = server.story("Harbour")
    below = story
    for number in range(300):
        below = server.comment(below, f"Deeper {number}")
    for number in range(4_700):
        server.comment(story, f"Wide {number}")
    thread = CONNECTOR.thread(call_of(server), str(below.number))
    ids = {post.id: place for place, post in enumerate(thread.posts)}
    assert (len(ids), thread.root_id) == (5_001, str(story.number))
    assert all(ids[post.parent_id] < ids[post.id] for post in thread.posts if post.parent_id)


def test_of_what_was_deleted_the_answers_stay(server: HackerNewsServer) -> None:
    story = server.story("Harbour")
    gone = server.comment(story, "I regret this")
    server.comment(gone, "Why?")
    gone.is_gone = True
    thread = CONNECTOR.thread(call_of(server), str(story.number))
    assert [post.text for post in thread.posts] == ["Harbour", "Why?"]
    states = CONNECTOR.refresh(call_of(server), (str(gone.number), "999", str(story.number)))
    assert [state.status for state in states] == [PostStatus.DELETED, PostStatus.DELETED, PostStatus.LIVE]


def test_a_clock_that_is_off_hides_nothing(server: HackerNewsServer) -> None:
    server.story("Harbour from tomorrow").at += 90_000
    page = CONNECTOR.fetch(call_of(server), HARBOUR, None)
    server.story("Harbour of today")
    assert [post.text for post in CONNECTOR.fetch(call_of(server), HARBOUR, page.cursor).posts] == ["Harbour of today"]


@pytest.mark.parametrize("cursor", ["", "[]", '{"after": "x"}', '{"after": 1}', "[" * 100_000, '{"after":1,"seen":[]}'])
def test_a_cursor_that_cannot_be_read_starts_anew_and_says_so(server: HackerNewsServer, cursor: str) -> None:
    server.story("Harbour")
    page = CONNECTOR.fetch(call_of(server), HARBOUR, Cursor(cursor))
    assert page.gap
    assert len(page.posts) == 1


@pytest.mark.parametrize("body", [b"", b"{", [], {"message": "Oops"}, {"hits": {}}, {"hits": None}, "x"])
def test_a_success_without_hits_is_none(body: object) -> None:
    with Canned(body) as server:
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.fetch(call_of(server), HARBOUR, None)
        assert error.value.fault is Fault.TRANSIENT


def test_a_rate_limit_without_headers_says_when_to_come_back() -> None:
    with Canned({"message": "Too many requests"}, 429) as server, pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call_of(server), HARBOUR, None)
    assert error.value.fault is Fault.RATE_LIMITED
    assert error.value.retry_at is not None


def test_the_name_that_was_recorded_is_looked_up(server: HackerNewsServer) -> None:
    assert CONNECTOR.check(call_of(server)).condition is Condition.OK
    known = CONNECTOR.check(call_of(server, user_name="harbour_ana"))
    assert (known.condition, known.handle) == (Condition.OK, "harbour_ana")
    assert CONNECTOR.check(call_of(server, user_name="nobody")).condition is Condition.DENIED
    assert CONNECTOR.check(call_of(server, user_name="../x")).condition is Condition.DOWN


@settings(deadline=None, max_examples=400)
@given(path=st.sampled_from(list(places(hackernews_server.hit(STORY)))), hostile=HOSTILE, removed=st.booleans())
def test_a_hit_that_was_mutated_is_read_or_skipped(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    try:
        post = hit(mutated(hackernews_server.hit(STORY), path, hostile, removed), "harbour_ana")
    except Unreadable:
        return
    assert post.created_at.utcoffset() is not None
    "".join([post.id, post.text, post.url, post.author.id, post.author.url, post.parent_id or ""]).encode()


@settings(deadline=None, max_examples=400)
@given(
    path=st.sampled_from([one for one in places(hackernews_server.tree(STORY)) if "children" not in one[:1]]),
    hostile=HOSTILE,
    removed=st.booleans(),
)
def test_a_tree_whose_top_was_mutated_loses_no_answer(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    found = tree(mutated(hackernews_server.tree(STORY), path, hostile, removed), "")
    assert {"38000002", "38000003"} <= {post.id for post in found.posts}


@settings(deadline=None, max_examples=60)
@given(place=st.sampled_from(list(places(hackernews_server.tree(STORY)))), hostile=HOSTILE, removed=st.booleans())
def test_a_tree_that_was_mutated_crashes_nothing(place: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    assert len(tree(mutated(hackernews_server.tree(STORY), place, hostile, removed), "").posts) <= 3


def test_the_worst_text_takes_little_time() -> None:
    begun = time.process_time()
    for piece in ("<a href=", "<!--", "<", "&amp"):
        hit({**hackernews_server.hit(COMMENT), "comment_text": f"Hi {piece * 50_000}"}, "")
    assert time.process_time() - begun < 5


def test_no_program_writes_there(server: HackerNewsServer) -> None:
    server.story("Harbour")
    (post,) = CONNECTOR.fetch(call_of(server), HARBOUR, None).posts
    permitted = CONNECTOR.can_reply(call_of(server), post)
    assert isinstance(permitted, Handoff)
    assert permitted.url == post.url
    assert "own words" in permitted.reason
    assert permitted.source == "https://news.ycombinator.com/newsguidelines.html"
    assert not SPEC.policy.ai_text_allowed
    assert SPEC.identities == {Identity.EMPLOYEE}
