"""What Instagram sends is read as far as it makes sense: no crash, no lost neighbour."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from graph_media import TOKEN, MediaSide
from graph_server import APP_SECRET, GraphServer
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._conversation import rooted
from connectors._instagram_parse import Reader
from connectors.base import Call, ConnectorError, Delivery, Fault, Followed, SourceKind
from connectors.fault_proxy import FaultProxy, Trouble
from connectors.instagram import InstagramConnector

CONNECTOR = InstagramConnector()
ACCOUNT = "17841400000000001"
READER = Reader(ACCOUNT, "harbour")

COMMENTS: list[dict[str, Any]] = [
    {
        "id": "17870913679156914",
        "text": "Is @harbour R&D <b>right</b>?",
        "timestamp": "2026-11-01T08:00:00+0000",
        "username": "maya",
        "from": {"id": "901", "username": "maya"},
        "hidden": False,
        "like_count": 2,
        "parent_id": "17870913679156910",
        "media": {"id": "17895695668004550", "permalink": "https://www.instagram.com/p/abc/"},
    },
    {"id": "17870913679156915", "text": "A neighbour", "timestamp": "2026-11-01T08:05:00+0000"},
]
MEDIA: dict[str, Any] = {
    "id": "17895695668004550",
    "caption": "Our lamp",
    "timestamp": "2026-11-01T07:00:00+0000",
    "username": "harbour",
    "permalink": "https://www.instagram.com/p/abc/",
    "comments": {
        "data": [{**COMMENTS[1], "id": "1", "replies": {"data": [COMMENTS[0]], "paging": {"cursors": {"after": "a"}}}}],
        "paging": {"cursors": {"before": "a", "after": "b"}},
    },
}
NEIGHBOUR: dict[str, Any] = {
    "id": "17895695668004551",
    "timestamp": "2026-11-01T07:10:00+0000",
    "comments": {"data": [COMMENTS[1]]},
}


def test_a_real_comment_is_read_whole() -> None:
    (comment, neighbour), skipped = READER.comments(COMMENTS, "https://www.instagram.com/p/abc/", "9")
    assert comment.text == "Is @harbour R&D <b>right</b>?"
    assert (comment.author.id, comment.author.handle) == ("901", "maya")
    assert comment.author.url == "https://www.instagram.com/maya/"
    assert (comment.parent_id, comment.root_id) == ("17870913679156910", "17870913679156910")
    assert comment.created_at == datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
    assert (neighbour.parent_id, neighbour.author.id) == ("9", "unnamed-17870913679156915")
    assert not skipped


def test_our_own_are_known_by_number_or_by_name() -> None:
    for bent in (
        {"from": {"id": ACCOUNT}},
        {"username": "Harbour"},
        {"username": None, "from": {"username": "harbour"}},
    ):
        assert READER.comment({**COMMENTS[0], **bent}).is_own
    assert not READER.comment({**COMMENTS[1], "username": ""}).is_own
    assert not Reader(ACCOUNT, "").comment(COMMENTS[1]).is_own


def test_a_circle_of_answers_and_missing_parents_are_put_in_some_order() -> None:
    rows = [
        {**COMMENTS[1], "id": "1", "parent_id": "2"},
        {**COMMENTS[1], "id": "2", "parent_id": "1"},
        {**COMMENTS[1], "id": "3", "parent_id": "3"},
        {**COMMENTS[1], "id": "4", "parent_id": "999"},
    ]
    posts, _ = READER.comments(rows, "")
    assert {post.id for post in rooted(posts, "1")} == {"1", "2", "3", "4"}
    assert next(post for post in posts if post.id == "3").root_id == "3"


@settings(deadline=None, max_examples=400)
@given(path=st.sampled_from(list(places(COMMENTS[0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_comment_that_was_mutated_crashes_nothing_and_loses_no_neighbour(
    path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    posts, _ = READER.comments([mutated(COMMENTS[0], path, hostile, removed), COMMENTS[1]], "")
    assert COMMENTS[1]["id"] in [post.id for post in posts]
    for post in posts:
        assert post.created_at.utcoffset() is not None
        json.dumps([post.text, post.url, post.author.name, post.author.handle, post.author.url]).encode()
        assert post.url.startswith("http")


@pytest.fixture(scope="module")
def graph() -> Iterator[GraphServer]:
    with GraphServer(MediaSide()) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(graph: GraphServer) -> Iterator[FaultProxy]:
    with FaultProxy(graph.url) as running:
        yield running


def call_to(url: str) -> Call:
    secrets = {"access_token": TOKEN, "app_secret": APP_SECRET}
    now = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    return Call(url, secrets, now, account_id=ACCOUNT, handle="harbour", timeout=2.0)


@settings(deadline=None, max_examples=100)
@given(path=st.sampled_from(list(places(MEDIA))), hostile=HOSTILE, removed=st.booleans())
def test_a_mutated_feed_loses_no_neighbour(
    proxy: FaultProxy, path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    body = json.dumps({"data": [mutated(MEDIA, path, hostile, removed), NEIGHBOUR]})
    proxy.forget()
    proxy.next_answer(Trouble(status=200, body=body), to_write=False)
    page = CONNECTOR.fetch(call_to(proxy.url), Followed(SourceKind.FEED), None)
    assert COMMENTS[1]["id"] in [post.id for post in page.posts]


@settings(deadline=None, max_examples=150)
@given(data=st.data(), hostile=HOSTILE, removed=st.booleans())
def test_a_mutated_webhook_loses_no_neighbour(
    graph: GraphServer, data: st.DataObject, hostile: Any, removed: bool
) -> None:
    side = MediaSide()
    ours = side.publish("harbour", "Our lamp")
    body = side.change(side.comment("maya", "Does it float?", ours))
    if data.draw(st.booleans()):
        body = side.change(side.mention("maya", "@harbour!", side.publish("sam", "x")), as_mention=True)
    body["entry"][0]["changes"] += side.change(side.comment("maya", "A neighbour", ours))["entry"][0]["changes"]
    path = data.draw(st.sampled_from([one for one in places(body) if one[:4] == ("entry", 0, "changes", 0)]))
    content = mutated(body, path, hostile, removed)
    call = replace(call_to(graph.url), now=datetime.now(UTC))
    posts = CONNECTOR.receive(call, Delivery(*graph.delivery(content)))
    assert "A neighbour" in [post.text for post in posts]


@pytest.mark.parametrize("body", ["[]", "null", '{"data": 5}', '"x"'])
def test_an_answer_that_is_no_list_is_told_from_an_empty_one(proxy: FaultProxy, body: str) -> None:
    proxy.forget()
    proxy.next_answer(Trouble(status=200, body=body), to_write=False)
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call_to(proxy.url), Followed(SourceKind.FEED), None)
    assert error.value.fault is Fault.TRANSIENT
