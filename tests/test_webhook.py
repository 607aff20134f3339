"""The signed webhook of our own: its signature, its schema, and what it refuses."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import (
    Author,
    Call,
    Condition,
    ConnectorError,
    Delivery,
    Fault,
    Followed,
    Handoff,
    No,
    Post,
    PostStatus,
    Rejected,
    ReplyContext,
    ReplyIntent,
    SourceKind,
)
from connectors.webhook import SPEC, WebhookConnector

CONNECTOR = WebhookConnector()
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = bytes(range(24))
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
CALL = Call("https://www.harbour.example", {"webhook_secret": SECRET}, NOW)

POSTS: list[dict[str, Any]] = [
    {
        "id": "form-812",
        "title": "A question",
        "text": "Does it float?",
        "created_at": "2026-11-21T11:59:00Z",
        "author": {"id": "17", "name": "Maya Okafor", "handle": "maya", "url": "https://m.example", "is_bot": False},
        "url": "https://www.harbour.example/questions/812",
        "parent_id": "form-811",
        "root_id": "form-1",
        "venue": "www.harbour.example/questions",
        "language": "en",
        "edited_at": "2026-11-21T11:59:30+00:00",
        "is_own": False,
        "is_public": True,
    },
    {"id": "form-813", "html": "<p>It <b>sinks</b><script>x</script></p>", "created_at": "2026-11-21T11:59:40Z"},
]


def delivery(body: object, *, name: str = "msg_1", at: float | None = None, key: bytes = KEY) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(NOW.timestamp() if at is None else at))
    digest = hmac.new(key, f"{name}.{stamp}.".encode() + raw, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return Delivery({"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}, raw)


def fault_of(act: Callable[[], object]) -> Fault:
    with pytest.raises(ConnectorError) as error:
        act()
    assert error.value.detail
    assert SECRET not in error.value.detail
    return error.value.fault


def test_the_signature_is_the_one_of_the_standard() -> None:
    """The example that the specification of Standard Webhooks gives."""
    body = b'{"test": 2432232314}'
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    call = replace(CALL, secrets={"webhook_secret": secret}, now=datetime.fromtimestamp(1614265330, UTC))
    assert fault_of(lambda: CONNECTOR.receive(call, Delivery(headers, body))) is Fault.INVALID, "signed, but no posts"
    assert fault_of(lambda: CONNECTOR.receive(call, Delivery(headers, body + b" "))) is Fault.AUTH


def test_posts_arrive_with_all_that_was_told() -> None:
    first, second = CONNECTOR.receive(CALL, delivery({"posts": POSTS}))
    assert first == Post(
        id="form-812",
        text="A question\n\nDoes it float?",
        author=Author("17", "maya", "Maya Okafor", "https://m.example"),
        created_at=datetime(2026, 11, 21, 11, 59, tzinfo=UTC),
        url="https://www.harbour.example/questions/812",
        parent_id="form-811",
        root_id="form-1",
        edited_at=datetime(2026, 11, 21, 11, 59, 30, tzinfo=UTC),
        language="en",
        venue="www.harbour.example/questions",
    )
    assert (second.text, second.author.handle, second.venue) == ("It sinks", "someone", "www.harbour.example")


def test_what_is_not_for_all_is_left_out() -> None:
    hidden = {**POSTS[0], "is_public": False}
    assert [post.id for post in CONNECTOR.receive(CALL, delivery({"posts": [hidden, POSTS[1]]}))] == ["form-813"]


def test_a_secret_may_be_changed_while_both_are_in_use() -> None:
    good, other = delivery({"posts": POSTS}), delivery({"posts": POSTS}, key=b"another key of 24 bytes!")
    both = f"v2,x {other.headers['webhook-signature']} {good.headers['webhook-signature']}"
    assert CONNECTOR.receive(CALL, replace(good, headers={**good.headers, "webhook-signature": both}))
    assert fault_of(lambda: CONNECTOR.receive(CALL, other)) is Fault.AUTH


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v1," * 1000},
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "9" * 400},
        {"webhook-timestamp": "1763726400.5"},
    ],
)
def test_whatever_is_changed_in_the_headers_is_refused(changed: dict[str, str]) -> None:
    good = delivery({"posts": POSTS})
    assert fault_of(lambda: CONNECTOR.receive(CALL, replace(good, headers={**good.headers, **changed}))) is Fault.AUTH


@settings(deadline=None, max_examples=100)
@given(st.integers(-(10**6), 10**6))
def test_only_what_was_sent_within_five_minutes_is_taken(seconds: int) -> None:
    told = delivery({"posts": POSTS}, at=NOW.timestamp() + seconds)
    if abs(seconds) <= 300:
        assert len(CONNECTOR.receive(CALL, told)) == 2
    else:
        assert fault_of(lambda: CONNECTOR.receive(CALL, told)) is Fault.AUTH


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=200), st.integers(0, 10**6), st.integers(1, 255))
def test_no_byte_of_a_body_can_be_changed(body: bytes, place: int, change: int) -> None:
    good = delivery(b" " + body)
    forged = bytearray(good.body)
    forged[place % len(forged)] ^= change
    assert fault_of(lambda: CONNECTOR.receive(CALL, replace(good, body=bytes(forged)))) is Fault.AUTH


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_é", "whsec_not base64", "short", "whsec_AAAA", "a\r\nX: 1"])
def test_without_a_secret_that_keeps_anybody_out_nothing_is_taken(secret: str) -> None:
    call = replace(CALL, secrets={"webhook_secret": secret})
    told = delivery({"posts": POSTS}, key=base64.b64decode("AAAA") if secret == "whsec_AAAA" else b"")
    assert fault_of(lambda: CONNECTOR.receive(call, told)) is Fault.AUTH
    assert fault_of(lambda: CONNECTOR.receive(replace(CALL, secrets={}), told)) is Fault.AUTH


@settings(deadline=None, max_examples=400)
@given(path=st.sampled_from(list(places(POSTS[0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_post_that_was_mutated_crashes_nothing_and_loses_no_neighbour(
    path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    broken = mutated(POSTS[0], path, hostile, removed)
    posts = CONNECTOR.receive(CALL, delivery({"posts": [broken, POSTS[1]]}))
    assert "form-813" in [post.id for post in posts]
    for post in posts:
        assert post.created_at.utcoffset() is not None
        "".join([post.id, post.text, post.url, post.author.name, post.author.id, post.venue]).encode()


@settings(deadline=None, max_examples=100)
@given(HOSTILE | st.binary(max_size=50))
def test_whatever_is_signed_is_read_or_refused(body: object) -> None:
    told = delivery(body)
    assert fault_of(lambda: CONNECTOR.receive(CALL, told)) is Fault.INVALID


def test_an_account_is_well_when_its_address_and_its_secret_make_sense() -> None:
    assert CONNECTOR.check(CALL).condition is Condition.OK
    assert CONNECTOR.check(replace(CALL, secrets={})).account_id == "www.harbour.example"
    assert CONNECTOR.check(replace(CALL, secrets={"webhook_secret": "short"})).condition is Condition.REAUTH
    assert CONNECTOR.check(replace(CALL, base_url="ftp://x")).condition is Condition.DENIED


def test_nothing_is_ever_asked_or_written() -> None:
    (post, pageless) = CONNECTOR.receive(CALL, delivery({"posts": POSTS}))
    intent = ReplyIntent(id=uuid4(), key="k", parent=post, text="x", attempted_at=NOW)
    for outcome in (CONNECTOR.reply(CALL, intent), CONNECTOR.edit(CALL, "1", "x"), CONNECTOR.delete(CALL, "1")):
        assert isinstance(outcome, Rejected)
    assert CONNECTOR.find_own_reply(CALL, intent) is None
    assert CONNECTOR.fetch(CALL, Followed(SourceKind.WEBHOOK), None).posts == ()
    assert [state.status for state in CONNECTOR.refresh(CALL, ("1", "2"))] == [PostStatus.LIVE] * 2
    assert fault_of(lambda: CONNECTOR.thread(CALL, "1")) is Fault.INVALID
    permitted = CONNECTOR.can_reply(CALL, post)
    assert isinstance(permitted, Handoff)
    assert permitted.url == post.url
    assert isinstance(CONNECTOR.can_reply(CALL, pageless), No)
    assert isinstance(CONNECTOR.can_reply(CALL, replace(post, is_public=False)), No)
    assert CONNECTOR.measure(" a ", ReplyContext(post, CALL.identity)).used == 1
    assert SPEC.policy.sources


def test_a_delivery_sent_again_is_known_by_its_id_not_by_its_time() -> None:
    first, again = delivery({"posts": POSTS}), delivery({"posts": POSTS}, at=NOW.timestamp() + 60)
    later = replace(CALL, now=NOW + timedelta(minutes=1))
    assert CONNECTOR.receive(CALL, first) == CONNECTOR.receive(later, again)
    assert CONNECTOR.delivery_id(first) == CONNECTOR.delivery_id(again) == "msg_1"
