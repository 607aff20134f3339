"""What Facebook sends is read as far as it makes sense: no crash, no lost neighbour."""

import copy
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from graph_page import TOKEN, PageSide
from graph_server import APP_SECRET, GraphServer
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._conversation import rooted
from connectors._facebook_parse import Reader, read_all
from connectors.base import Call, ConnectorError, Delivery, Fault, Followed, SourceKind
from connectors.facebook import FacebookConnector
from connectors.fault_proxy import FaultProxy, Trouble

CONNECTOR = FacebookConnector()
READER = Reader("100200300")
ROOT = "100200300_500001"

COMMENTS: list[dict[str, Any]] = [
    {
        "id": "500001_500002",
        "message": "Is @Harbour R&D <b>right</b>?",
        "created_time": "2026-11-01T08:00:00+0000",
        "from": {"id": "7001", "name": "Maya Okafor"},
        "permalink_url": "https://www.facebook.com/harbour/posts/500001?comment_id=500002",
        "is_hidden": False,
        "is_private": False,
        "message_tags": [{"id": "100200300", "name": "Harbour", "type": "page", "offset": 3, "length": 8}],
        "like_count": 2,
        "parent": {"id": "500001_500000", "created_time": "2026-11-01T07:00:00+0000"},
        "object": {"id": ROOT, "message": "Our lamp"},
        "attachment": {"type": "photo", "title": ""},
    },
    {"id": "500001_500003", "message": "A neighbour", "created_time": "2026-11-01T08:05:00+0000"},
]
POSTS: list[dict[str, Any]] = [
    {
        "id": ROOT,
        "message": "Our lamp",
        "story": "Harbour added a photo.",
        "created_time": "2026-11-01T07:00:00+0000",
        "from": {"id": "100200300", "name": "Harbour"},
        "permalink_url": "https://www.facebook.com/harbour/posts/500001",
        "is_hidden": False,
        "is_published": True,
        "privacy": {"allow": "", "deny": "", "description": "Public", "friends": "", "value": "EVERYONE"},
        "message_tags": {"0": [{"id": "7001", "name": "Maya", "offset": 0}]},
        "attachments": {"data": [{"type": "photo", "title": "A lamp"}]},
        "comments": {"data": COMMENTS, "paging": {"cursors": {"before": "a", "after": "b"}}},
    },
    {"id": "100200300_500009", "message": "A neighbour", "created_time": "2026-11-01T08:06:00+0000"},
]


def test_a_real_comment_is_read_whole() -> None:
    (comment, neighbour), skipped = READER.comments(COMMENTS, ROOT)
    assert comment.text == "Is @Harbour R&D <b>right</b>?"
    assert (comment.author.id, comment.author.name) == ("7001", "Maya Okafor")
    assert (comment.parent_id, comment.root_id, comment.mentioned) == ("500001_500000", ROOT, frozenset({"100200300"}))
    assert comment.created_at == datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
    assert comment.url.endswith("comment_id=500002")
    assert (neighbour.parent_id, neighbour.url) == (ROOT, "https://www.facebook.com/500001_500003")
    assert not skipped


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ({"attachment": {"type": "sticker"}}, "(sticker)"),
        ({"attachment": {"type": "animated_image_share", "title": "A cat"}}, "A cat"),
        ({"message": "a\x00b\ud800\u202ec", "attachment": {"type": "photo"}}, "ab\ufffdc"),
        ({"message": "x" * 60_000}, "x" * 49_999 + "…"),
        ({}, ""),
    ],
)
def test_what_was_not_written_is_named(raw: dict[str, Any], text: str) -> None:
    comment = READER.comment({**COMMENTS[1], "message": None, **raw}, ROOT)
    assert comment.text == text


def test_what_is_not_for_all_is_never_public() -> None:
    for bent in ({"is_hidden": True}, {"is_private": True}):
        assert not READER.comment({**COMMENTS[0], **bent}, ROOT).is_public
    bents: tuple[dict[str, Any], ...] = ({"is_hidden": True}, {"is_published": False}, {"privacy": {"value": "SELF"}})
    for one in bents:
        assert not READER.post({**POSTS[0], **one}).is_public
    assert READER.post(POSTS[0]).is_public


def test_a_circle_of_answers_and_missing_parents_are_put_in_some_order() -> None:
    first, second = copy.deepcopy(COMMENTS[0]), copy.deepcopy(COMMENTS[0])
    first["id"], second["id"] = "1_1", "1_2"
    first["parent"], second["parent"] = {"id": "1_2"}, {"id": "1_1"}
    own_parent = {**COMMENTS[1], "id": "1_3", "parent": {"id": "1_3"}}
    lost = {**COMMENTS[1], "id": "1_4", "parent": {"id": "1_999"}}
    posts, _ = READER.comments([first, second, own_parent, lost], ROOT)
    assert {post.id for post in rooted(posts, ROOT)} == {"1_1", "1_2", "1_3", "1_4"}
    assert next(post for post in posts if post.id == "1_3").parent_id == ROOT


@settings(deadline=None, max_examples=400)
@given(path=st.sampled_from(list(places(COMMENTS[0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_comment_that_was_mutated_crashes_nothing_and_loses_no_neighbour(
    path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    posts, _ = READER.comments([mutated(COMMENTS[0], path, hostile, removed), COMMENTS[1]], ROOT)
    assert COMMENTS[1]["id"] in [post.id for post in posts]
    for post in posts:
        assert post.created_at.utcoffset() is not None
        json.dumps([post.text, post.url, post.author.name, post.author.handle]).encode()
        assert post.url.startswith("http")


@settings(deadline=None, max_examples=200)
@given(path=st.sampled_from(list(places(COMMENTS[0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_mutated_comment_that_stands_alone_is_read_or_unreadable(
    path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    posts, skipped = read_all([mutated(COMMENTS[0], path, hostile, removed)], READER.comment)
    assert len(posts) + len(skipped) == 1
    assert all(post.root_id is None or "_" in post.root_id for post in posts)


@settings(deadline=None, max_examples=300)
@given(path=st.sampled_from(list(places(POSTS[0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_post_that_was_mutated_crashes_nothing_and_loses_no_neighbour(
    path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    posts, _ = READER.posts([mutated(POSTS[0], path, hostile, removed), POSTS[1]])
    assert POSTS[1]["id"] in [post.id for post in posts]


@pytest.fixture(scope="module")
def graph() -> Iterator[GraphServer]:
    with GraphServer(PageSide()) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(graph: GraphServer) -> Iterator[FaultProxy]:
    with FaultProxy(graph.url) as running:
        yield running


def call_to(url: str) -> Call:
    secrets = {"access_token": TOKEN, "app_secret": APP_SECRET}
    return Call(url, secrets, datetime(2026, 11, 1, 12, 0, tzinfo=UTC), account_id="100200300", timeout=2.0)


@settings(deadline=None, max_examples=80)
@given(path=st.sampled_from(list(places(POSTS[0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_mutated_feed_is_read_or_refused_by_name(
    proxy: FaultProxy, path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    body = json.dumps({"data": [mutated(POSTS[0], path, hostile, removed), POSTS[1]]})
    proxy.forget()
    proxy.next_answer(Trouble(status=200, body=body), to_write=False)
    page = CONNECTOR.fetch(call_to(proxy.url), Followed(SourceKind.FEED), None)
    assert POSTS[1]["id"] in [post.id for post in page.posts]


@settings(deadline=None, max_examples=150)
@given(data=st.data(), hostile=HOSTILE, removed=st.booleans())
def test_a_mutated_webhook_is_read_or_refused_by_name(
    graph: GraphServer, data: st.DataObject, hostile: Any, removed: bool
) -> None:
    side = PageSide()
    body = side.change(side.comment(side.maya, "Does it float?", side.post(side.page, "Our lamp")))
    neighbour = side.change(side.comment(side.maya, "A neighbour", side.post(side.page, "Our lamp")))
    body["entry"][0]["changes"] += neighbour["entry"][0]["changes"]
    path = data.draw(st.sampled_from([one for one in places(body) if one[:4] == ("entry", 0, "changes", 0)]))
    content = mutated(body, path, hostile, removed)
    call = replace(call_to(graph.url), now=datetime.now(UTC))
    posts = CONNECTOR.receive(call, Delivery(*graph.delivery(content)))
    assert "A neighbour" in [post.text for post in posts]


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 90_000, b"\xff"])
def test_a_signed_webhook_that_is_no_json_is_refused(graph: GraphServer, content: bytes) -> None:
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.receive(call_to(graph.url), signed(content))
    assert error.value.fault is Fault.INVALID


@pytest.mark.parametrize("content", [b"[]", b"null", b'{"entry": 5}', b'{"object": "page", "entry": [5, null]}'])
def test_a_signed_webhook_of_nonsense_brings_nothing(graph: GraphServer, content: bytes) -> None:
    assert CONNECTOR.receive(call_to(graph.url), signed(content)) == ()


def signed(content: bytes) -> Delivery:
    signature = hmac.new(APP_SECRET.encode(), content, hashlib.sha256).hexdigest()
    return Delivery({"x-hub-signature-256": f"sha256={signature}"}, content)


@pytest.mark.parametrize("body", ["[]", "null", '{"data": 5}', '{"data": {"a": 1}}', '"x"'])
def test_an_answer_that_is_no_list_is_told_from_an_empty_one(proxy: FaultProxy, body: str) -> None:
    proxy.forget()
    proxy.next_answer(Trouble(status=200, body=body), to_write=False)
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call_to(proxy.url), Followed(SourceKind.FEED), None)
    assert error.value.fault is Fault.TRANSIENT


def test_rows_that_are_no_posts_are_left_out_and_counted(proxy: FaultProxy) -> None:
    proxy.forget()
    body = json.dumps({"data": [5, None, [], POSTS[1]]})
    proxy.next_answer(Trouble(status=200, body=body), to_write=False)
    page = CONNECTOR.fetch(call_to(proxy.url), Followed(SourceKind.FEED), None)
    assert [post.id for post in page.posts] == [POSTS[1]["id"]]
    assert page.skipped
