"""What Discourse sends is read as far as it makes sense, and no key goes astray."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from discourse_server import DiscourseServer
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._discourse_parse import Category, Place, Reader, categories_in, text_of
from connectors._discourse_text import as_public, as_source
from connectors.base import (
    Author,
    Call,
    Condition,
    ConnectorError,
    Delivery,
    Fault,
    Followed,
    Post,
    Rejected,
    ReplyIntent,
    SourceKind,
    Unknown,
)
from connectors.discourse import DiscourseConnector
from connectors.fault_proxy import FaultProxy, Trouble

CONNECTOR = DiscourseConnector()
MENTIONS = Followed(SourceKind.MENTIONS)
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
READER = Reader("7", "harbour", "https://forum.example", "forum.example")
PLACE = Place(Category("c/support", True), "A title", "17", {1: "17", 2: "18"})

POSTS: list[dict[str, Any]] = [
    {
        "id": 18,
        "name": "Maya Okafor",
        "username": "maya",
        "avatar_template": "/a/{size}.png",
        "created_at": "2026-11-01T08:00:00.000Z",
        "updated_at": "2026-11-01T09:00:00.000Z",
        "cooked": '<p><a class="mention" href="/u/harbour">@harbour</a> is R&amp;D <em>right</em>? '
        '<img src="/smile.png" class="emoji" alt=":smile:"></p>',
        "post_number": 2,
        "post_type": 1,
        "reply_count": 0,
        "reply_to_post_number": 1,
        "topic_id": 5,
        "topic_slug": "a-title",
        "display_username": "Maya Okafor",
        "version": 2,
        "user_id": 9,
        "hidden": False,
        "deleted_at": None,
        "user_deleted": False,
        "mentioned_users": [{"id": 7, "username": "harbour"}],
        "actions_summary": [{"id": 2, "count": 3}],
    },
    {
        "id": 19,
        "username": "sam",
        "created_at": "2026-11-01T08:05:00.000Z",
        "cooked": "<p>A neighbour</p>",
        "post_number": 3,
        "topic_id": 5,
        "user_id": 10,
    },
]
TOPIC: dict[str, Any] = {
    "post_stream": {"posts": POSTS, "stream": [18, 19]},
    "id": 5,
    "title": "A title",
    "archetype": "regular",
    "category_id": 2,
}
SITE: dict[str, Any] = {
    "categories": [{"id": 2, "slug": "support", "read_restricted": False, "parent_category_id": None}]
}
ACTIONS: dict[str, Any] = {
    "user_actions": [
        {
            "action_type": 7,
            "created_at": "2026-11-01T08:00:00.000Z",
            "topic_id": 5,
            "post_id": 18,
            "title": "A title",
            "category_id": 2,
        },
        {"action_type": 7, "created_at": "2026-11-01T08:05:00.000Z", "topic_id": 5, "post_id": 19, "category_id": 2},
    ]
}


def test_a_real_post_is_read_whole() -> None:
    (post, neighbour), skipped = READER.posts(POSTS, PLACE)
    assert post.text == "@harbour is R&D right? :smile:"
    assert (post.author.id, post.author.handle, post.author.name) == ("9", "maya", "Maya Okafor")
    assert (post.parent_id, post.root_id, post.mentioned) == ("17", "17", frozenset({"7"}))
    assert post.url == "https://forum.example/t/a-title/5/2"
    assert post.edited_at == datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    assert (neighbour.parent_id, neighbour.url) == ("17", "https://forum.example/t/5/3")
    assert not skipped


@settings(deadline=None, max_examples=400)
@given(path=st.sampled_from(list(places(POSTS[0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_post_that_was_mutated_crashes_nothing_and_loses_no_neighbour(
    path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    broken = mutated(POSTS[0], path, hostile, removed)
    posts, _ = READER.posts([broken, POSTS[1]], PLACE)
    assert "19" in [post.id for post in posts]
    for post in posts:
        assert post.created_at.utcoffset() is not None
        json.dumps([post.text, post.url, post.author.name]).encode()


@settings(deadline=None, max_examples=100)
@given(path=st.sampled_from(list(places(SITE))), hostile=HOSTILE, removed=st.booleans())
def test_a_category_that_was_mutated_is_open_only_when_it_says_so(
    path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    site = mutated(SITE, path, hostile, removed)
    found = site.get("categories") if isinstance(site, dict) else None
    known = categories_in(found if isinstance(found, list) else [])
    if path[-1] == "read_restricted" and (removed or hostile is not False):
        assert not any(one.is_open for one in known.values())


def test_categories_that_are_their_own_parents_are_read() -> None:
    circle = [{"id": 1, "slug": "a", "parent_category_id": 2}, {"id": 2, "slug": "b", "parent_category_id": 1}]
    assert {one.path for one in categories_in(circle).values()} == {"c/b/a", "c/a/b"}


@pytest.mark.parametrize("piece", ['<aside class="onebox', '<a href="x" class="inline-onebox', "<a href=", "<!--", "<"])
def test_the_worst_text_takes_little_time(piece: str) -> None:
    begun = time.process_time()
    text_of({"cooked": piece * (200_000 // len(piece))})
    assert time.process_time() - begun < 3


def test_a_script_is_no_text() -> None:
    assert text_of({"cooked": "<p>Hi<script>alert(1)</script><img src=x onerror=alert(2)></p>"}) == "Hi"


@settings(deadline=None)
@given(st.text(max_size=200))
def test_what_is_public_is_public_again(text: str) -> None:
    public = as_public(text)
    assert as_public(public) == public
    assert len(as_source(public)) >= len(public)


@pytest.fixture(scope="module")
def forum() -> Iterator[DiscourseServer]:
    with DiscourseServer() as running:
        running.write(running.user("maya"), "@harbour hello there")
        running.user("harbour")
        yield running


@pytest.fixture
def proxy(forum: DiscourseServer) -> Iterator[FaultProxy]:
    with FaultProxy(forum.url) as running:
        yield running


@pytest.fixture
def call(forum: DiscourseServer, proxy: FaultProxy) -> Call:
    us = forum.user("harbour")
    return Call(proxy.url, {"api_key": us.key}, datetime.now(UTC), account_id=str(us.id), handle="harbour")


def intent(forum: DiscourseServer) -> ReplyIntent:
    parent = Post(str(min(forum.posts)), "Hi", Author("2", "maya"), NOW)
    return ReplyIntent(uuid4(), "", parent, f"Hello to you, {uuid4()}", datetime.now(UTC))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(
    call: Call, proxy: FaultProxy, forum: DiscourseServer, status: int
) -> None:
    with FaultProxy(forum.url) as elsewhere:
        away = Trouble(status=status, body="", headers={"Location": f"{elsewhere.url}/posts.json"})
        proxy.next_answer(away, to_write=False)
        with pytest.raises(ConnectorError) as refusal:
            CONNECTOR.fetch(call, MENTIONS, None)
        assert refusal.value.fault is Fault.INVALID
        proxy.next_answer(away)
        assert isinstance(CONNECTOR.reply(call, intent(forum)), Unknown if status == 303 else Rejected)
        assert elsewhere.seen == []


@pytest.mark.parametrize("base", ["http://x.example", "ftp://127.0.0.1", "https://user@x.example", "", "http://[::1"])
def test_no_key_leaves_for_an_address_that_is_not_safe(call: Call, forum: DiscourseServer, base: str) -> None:
    outcome = CONNECTOR.reply(replace(call, base_url=base), intent(forum))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.INVALID
    assert CONNECTOR.check(replace(call, base_url=base)).condition is Condition.DOWN


@pytest.mark.parametrize(
    "body", ["[]", "null", "7", '"x"', "{", '{"user_actions": {}}', '{"errors": ["Something"]}', "[" * 5000]
)
def test_an_answer_of_another_shape_is_a_passing_fault(
    call: Call, proxy: FaultProxy, forum: DiscourseServer, body: str
) -> None:
    for kind, query in ((SourceKind.MENTIONS, ""), (SourceKind.SEARCH, "kettle"), (SourceKind.FEED, "")):
        proxy.next_answer(Trouble(status=200, body=body), to_write=False)
        with pytest.raises(ConnectorError) as refusal:
            CONNECTOR.fetch(call, Followed(kind, query), None)
        assert refusal.value.fault is Fault.TRANSIENT
    proxy.next_answer(Trouble(status=200, body=body))
    assert isinstance(CONNECTOR.reply(call, intent(forum)), Unknown)


def fetched(*bodies: Any) -> tuple[str, ...]:
    """Fetch mentions from a server that answers with these bodies, one after the other."""
    with FaultProxy("http://127.0.0.1:9") as lying:
        for body in bodies:
            lying.next_answer(Trouble(status=200, body=json.dumps(body)), to_write=False)
        call = Call(lying.url, {"api_key": "x"}, NOW, account_id="7", handle="harbour")
        return tuple(post.id for post in CONNECTOR.fetch(call, MENTIONS, None).posts)


def test_mentions_are_read_from_three_answers() -> None:
    assert fetched(ACTIONS, SITE, TOPIC) == ("18", "19")


@settings(deadline=None, max_examples=60)
@given(place=st.sampled_from(list(places([ACTIONS, SITE, TOPIC]))), hostile=HOSTILE, removed=st.booleans())
def test_answers_that_were_mutated_are_read_or_refused(place: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    bodies = mutated([ACTIONS, SITE, TOPIC], place, hostile, removed)
    with suppress(ConnectorError):
        assert set(fetched(*bodies)) <= {"18", "19"}


@settings(deadline=None, max_examples=60)
@given(body=st.recursive(HOSTILE, lambda inner: st.dictionaries(st.sampled_from(["post", "id"]), inner)))
def test_a_webhook_of_any_shape_is_refused_before_it_is_read(body: Any) -> None:
    call = Call("https://forum.example", {"api_key": "x", "webhook_secret": "y"}, NOW)
    with pytest.raises(ConnectorError) as refusal:
        CONNECTOR.receive(call, Delivery({}, json.dumps(body).encode()))
    assert refusal.value.fault is Fault.AUTH


@settings(deadline=None, max_examples=100)
@given(path=st.sampled_from(list(places(POSTS[0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_signed_webhook_of_any_shape_brings_a_post_or_none(
    path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    body = json.dumps({"post": mutated(POSTS[0] | {"category_id": 2}, path, hostile, removed)}).encode()
    signature = hmac.new(b"y", body, hashlib.sha256).hexdigest()
    with FaultProxy("http://127.0.0.1:9") as lying:
        lying.next_answer(Trouble(status=200, body=json.dumps(SITE)), to_write=False)
        call = Call(lying.url, {"api_key": "x", "webhook_secret": "y"}, NOW, account_id="7", handle="harbour")
        with suppress(ConnectorError):
            posts = CONNECTOR.receive(call, Delivery({"x-discourse-event-signature": f"sha256={signature}"}, body))
            assert len(posts) <= 1
            assert all(post.is_public for post in posts)
