"""What Threads sends is read as far as it makes sense: no crash, no lost neighbour."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from graph_server import APP_SECRET, GraphServer
from graph_threads import TOKEN, ThreadsSide
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._conversation import rooted
from connectors._threads_nodes import replies_left
from connectors._threads_parse import Reader, counted
from connectors.base import Call, ConnectorError, Delivery, Fault, Followed, SourceKind
from connectors.fault_proxy import FaultProxy, Trouble
from connectors.threads import ThreadsConnector

CONNECTOR = ThreadsConnector()
READER = Reader("harbour")

POSTS: list[dict[str, Any]] = [
    {
        "id": "8901234",
        "text": "Is @harbour R&D <b>right</b>?",
        "username": "maya",
        "timestamp": "2026-11-01T08:00:00+0000",
        "permalink": "https://www.threads.com/@maya/post/Pp",
        "media_type": "TEXT_POST",
        "is_reply": True,
        "is_reply_owned_by_me": False,
        "hide_status": "NOT_HUSHED",
        "root_post": {"id": "123456"},
        "replied_to": {"id": "567890"},
    },
    {"id": "8901235", "text": "A neighbour", "timestamp": "2026-11-01T08:05:00+0000"},
]


def test_a_real_answer_is_read_whole() -> None:
    (answer, neighbour), skipped = READER.posts(POSTS)
    assert answer.text == "Is @harbour R&D <b>right</b>?"
    assert (answer.author.id, answer.author.url) == ("maya", "https://www.threads.com/@maya")
    assert (answer.parent_id, answer.root_id) == ("567890", "123456")
    assert answer.created_at == datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
    assert (neighbour.parent_id, neighbour.root_id, neighbour.author.id) == (None, "8901235", "unnamed-8901235")
    assert not skipped


def test_what_was_not_written_is_named_and_our_own_are_known() -> None:
    assert READER.post({**POSTS[1], "text": None, "media_type": "CAROUSEL_ALBUM"}).text == "(carousel album)"
    assert READER.post({**POSTS[1], "text": None, "media_type": "TEXT_POST"}).text == ""
    assert READER.post({**POSTS[1], "username": "Harbour"}).is_own
    assert READER.post({**POSTS[0], "is_reply_owned_by_me": True}).is_own
    assert not Reader("").post(POSTS[1]).is_own


def test_a_circle_of_answers_and_missing_parents_are_put_in_some_order() -> None:
    rows = [
        {**POSTS[1], "id": "1", "replied_to": {"id": "2"}},
        {**POSTS[1], "id": "2", "replied_to": {"id": "1"}},
        {**POSTS[1], "id": "3", "replied_to": {"id": "3"}},
        {**POSTS[1], "id": "4", "replied_to": {"id": "999"}},
    ]
    posts, _ = READER.posts(rows)
    assert {post.id for post in rooted(posts, "1")} == {"1", "2", "3", "4"}


@settings(deadline=None, max_examples=400)
@given(path=st.sampled_from(list(places(POSTS[0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_post_that_was_mutated_crashes_nothing_and_loses_no_neighbour(
    path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    posts, _ = READER.posts([mutated(POSTS[0], path, hostile, removed), POSTS[1]])
    assert POSTS[1]["id"] in [post.id for post in posts]
    for post in posts:
        assert post.created_at.utcoffset() is not None
        json.dumps([post.text, post.url, post.author.name, post.author.handle, post.author.url]).encode()
        assert post.url.startswith("http")


@given(st.text(max_size=300))
def test_no_text_counts_less_than_its_characters_or_more_than_its_bytes(text: str) -> None:
    assert len(text) <= counted(text) <= len(text.encode("utf-8", "surrogatepass"))


@pytest.fixture(scope="module")
def graph() -> Iterator[GraphServer]:
    with GraphServer(ThreadsSide()) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(graph: GraphServer) -> Iterator[FaultProxy]:
    with FaultProxy(graph.url) as running:
        yield running


def call_to(url: str) -> Call:
    secrets = {"access_token": TOKEN, "app_secret": APP_SECRET}
    now = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    return Call(url, secrets, now, account_id=ThreadsSide.account_id, handle="harbour", timeout=2.0)


@settings(deadline=None, max_examples=80)
@given(path=st.sampled_from(list(places(POSTS[0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_mutated_list_loses_no_neighbour(
    proxy: FaultProxy, path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    body = json.dumps({"data": [mutated(POSTS[0], path, hostile, removed), POSTS[1]]})
    proxy.forget()
    proxy.next_answer(Trouble(status=200, body=body), to_write=False)
    page = CONNECTOR.fetch(call_to(proxy.url), Followed(SourceKind.MENTIONS), None)
    assert POSTS[1]["id"] in [post.id for post in page.posts]


@settings(deadline=None, max_examples=150)
@given(data=st.data(), hostile=HOSTILE, removed=st.booleans())
def test_a_mutated_webhook_loses_no_neighbour(
    graph: GraphServer, data: st.DataObject, hostile: Any, removed: bool
) -> None:
    side = ThreadsSide()
    ours = side.write("harbour", "Our lamp")
    body = side.change(side.write("maya", "Does it float?", ours))
    body["values"] = [body["values"], side.change(side.write("maya", "A neighbour", ours))["values"]]
    path = data.draw(st.sampled_from([one for one in places(body) if one[:2] == ("values", 0)]))
    call = replace(call_to(graph.url), now=datetime.now(UTC))
    posts = CONNECTOR.receive(call, Delivery(*graph.delivery(mutated(body, path, hostile, removed))))
    assert "A neighbour" in [post.text for post in posts]


@pytest.mark.parametrize("quota", ["[]", '{"data": 5}', '{"data": [{"reply_config": {"quota_total": "x"}}]}'])
def test_a_quota_that_cannot_be_read_is_no_reason_to_do_nothing(proxy: FaultProxy, quota: str) -> None:
    proxy.forget()
    proxy.next_answer(Trouble(status=200, body=quota), to_write=False)
    assert replies_left(call_to(proxy.url)) is None


@pytest.mark.parametrize("body", ["[]", "null", '{"data": 5}', '"x"'])
def test_an_answer_that_is_no_list_is_told_from_an_empty_one(proxy: FaultProxy, body: str) -> None:
    proxy.forget()
    proxy.next_answer(Trouble(status=200, body=body), to_write=False)
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call_to(proxy.url), Followed(SourceKind.MENTIONS), None)
    assert error.value.fault is Fault.TRANSIENT
