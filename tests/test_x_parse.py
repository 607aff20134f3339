"""What X sends is read as far as it makes sense, lengths are counted as X counts, and no token goes astray."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import x_server
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from twitter_text import parse_tweet  # type: ignore[import-untyped,unused-ignore]
from twitter_text.config import config  # type: ignore[import-untyped,unused-ignore]
from x_server import XServer

from connectors._x_parse import Reader
from connectors._x_text import as_public, has_link, length, same
from connectors.base import (
    Author,
    Call,
    Condition,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Post,
    Rejected,
    ReplyIntent,
    SourceKind,
    Unknown,
)
from connectors.fault_proxy import FaultProxy, Trouble
from connectors.x import XConnector

CONNECTOR = XConnector()
MENTIONS = Followed(SourceKind.MENTIONS)
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
PARENT = Post("1", "Hi", Author("2", "sam"), NOW)
OFFICIAL = Path(__file__).parents[2] / "shared" / "data" / "x-text-conformance-validate.yml"
COUNTINGS = {
    "WeightedTweetsCounterTest": config["version2"] | {"emoji_parsing_enabled": False},
    "WeightedTweetsWithDiscountedEmojiCounterTest": config["version3"],
}

BODY: dict[str, Any] = {
    "data": [
        {
            "id": "1460323737035677698",
            "text": "@acme is R&amp;D right? https://t.co/0123456789",
            "author_id": "2244994945",
            "conversation_id": "1460323737035677698",
            "created_at": "2026-11-15T19:08:05.000Z",
            "edit_history_tweet_ids": ["1460323737035677698"],
            "lang": "en",
            "reply_settings": "everyone",
            "public_metrics": {"retweet_count": 1, "reply_count": 2, "like_count": 3, "quote_count": 4},
            "entities": {
                "mentions": [{"start": 0, "end": 5, "username": "acme", "id": "7"}],
                "urls": [{"url": "https://t.co/0123456789", "expanded_url": "https://example.org/x?y=1"}],
            },
            "referenced_tweets": [{"type": "quoted", "id": "1460323737035677600"}],
        },
        {
            "id": "1460323737035677699",
            "text": "A neighbour",
            "author_id": "2244994945",
            "conversation_id": "1460323737035677698",
            "created_at": "2026-11-15T19:09:05.000Z",
            "referenced_tweets": [{"type": "replied_to", "id": "1460323737035677698"}],
        },
    ],
    "includes": {
        "users": [{"id": "2244994945", "username": "sam", "name": "Sam", "protected": False}],
        "tweets": [{"id": "1460323737035677600", "author_id": "8", "text": "Ours"}],
    },
    "meta": {"result_count": 2, "newest_id": "1460323737035677699", "oldest_id": "1460323737035677698"},
}


def test_a_real_answer_is_read_whole() -> None:
    (post, neighbour), skipped = Reader("2244994945", BODY).posts()
    assert post.text == "@acme is R&D right? https://example.org/x?y=1"
    assert (post.author.handle, post.author.name, post.venue, post.language) == ("sam", "Sam", "x.com", "en")
    assert (post.parent_id, post.root_id, post.mentioned) == (None, post.id, frozenset({"7", "8"}))
    assert (neighbour.parent_id, neighbour.root_id) == (post.id, post.id)
    assert post.created_at == datetime(2026, 11, 15, 19, 8, 5, tzinfo=UTC)
    assert post.is_own
    assert not skipped


def official_cases() -> list[Any]:
    if not OFFICIAL.is_file():
        return []
    tests = YAML(typ="safe").load(OFFICIAL.read_text())["tests"]
    return [pytest.param(kind, case, id=f"{kind}: {case['description']}") for kind in COUNTINGS for case in tests[kind]]


@pytest.mark.skipif(not OFFICIAL.is_file(), reason="X's official cases are not on this machine.")
@pytest.mark.parametrize(("kind", "case"), official_cases())
def test_x_s_official_lengths(kind: str, case: dict[str, Any]) -> None:
    assert length(case["text"], COUNTINGS[kind]) == case["expected"]["weightedLength"]


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("", 0),
        ("It lasts twelve hours.", 22),
        ("Hello, world! 👋", 16),
        ("👨‍👩‍👧‍👦", 2),
        ("cafe\u0301", 4),
        ("日本語", 6),
        ("See https://example.org/a/very/long/path?with=a&query=too", 27),
        ("acme.test/help acme.com/help", 38),
        ("👨‍👩‍👧‍👦" * 140, 280),
        ("x" * 281, 281),
        (f"https://example.org/{'a' * 3000}", 23),
    ],
)
def test_our_own_lengths(text: str, used: int) -> None:
    assert length(text) == used


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab1.:/@# \n-_日é👋\u200d\u0301\u00a0"), max_size=120))
def test_counting_word_by_word_is_counting_the_whole(text: str) -> None:
    assert length(text) == parse_tweet(text).weightedLength


@pytest.mark.parametrize("piece", ["a.", "日.", "http://", "a-", "@a", "t.co/", "a.com ", "."])
def test_the_worst_text_takes_little_time(piece: str) -> None:
    begun = time.process_time()
    assert length(piece * 3_000) > 280
    has_link(piece * 3_000)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("text", "linked"),
    [("See acme.com", True), ("https://example.org/a", True), ("Twelve hours.", False), ("e.g. this", False)],
)
def test_what_x_charges_as_a_link(text: str, linked: bool) -> None:
    assert has_link(text) is linked


@pytest.mark.parametrize(
    ("stored", "sent", "is_same"),
    [
        ("@sam @maya It lasts.", "It lasts.", True),
        ("It lasts: https://t.co/0123456789", "It lasts: https://example.org/a", True),
        ("It lasts: http://example.org/a", "It lasts: example.org/a", True),
        ("It  lasts.\n", "It lasts.", True),
        ("It lasts 12 hours.", "It lasts 13 hours.", False),
        ("👍", "👎", False),
        ("@sam", "@sam", True),
        ("It lasts: https://example.org/a", "It lasts: https://example.org/b", False),
    ],
)
def test_two_texts_are_one_when_x_only_dressed_them(stored: str, sent: str, is_same: bool) -> None:
    assert same(stored, sent) is is_same


def test_what_becomes_public_holds_nothing_that_x_refuses_or_that_deceives() -> None:
    assert as_public(" cafe\u0301\r\nto\u202eday\ufffe \ufeff") == "café\ntoday"
    assert as_public(as_public("a\rb\u0000")) == as_public("a\rb\u0000")


@settings(deadline=None)
@given(path=st.sampled_from(list(places(BODY))), hostile=HOSTILE, removed=st.booleans())
def test_no_mutation_of_an_answer_crashes_the_reader(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    body = mutated(BODY, path, hostile, removed)
    reader = Reader("7", body)
    posts, skipped = reader.posts()
    assert len(posts) + len(skipped) == len(reader.raw)
    for post in posts:
        assert post.id.isprintable()
        assert "/" not in post.id
        assert post.created_at.utcoffset() is not None


@settings(deadline=None)
@given(path=st.sampled_from(list(places(BODY["data"][0]))), hostile=HOSTILE, removed=st.booleans())
def test_a_broken_post_takes_no_neighbour_along(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    broken = mutated(BODY["data"][0], path, hostile, removed)
    posts, _ = Reader("7", BODY | {"data": [broken, BODY["data"][1]]}).posts()
    assert BODY["data"][1]["id"] in [post.id for post in posts]


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer() as running:
        running.person("acme")
        yield running


@pytest.fixture
def proxy(x: XServer) -> Iterator[FaultProxy]:
    with FaultProxy(x.url) as running:
        x.reached_at.append(running.url)
        yield running


@pytest.fixture
def call(x: XServer, proxy: FaultProxy) -> Call:
    acme = x.person("acme")
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    secrets = dict(zip(names, (*x_server.CONSUMER, acme.token, acme.secret), strict=True))
    return Call(proxy.url, secrets, datetime.now(UTC), account_id=acme.id, handle="acme")


def intent() -> ReplyIntent:
    return ReplyIntent(uuid4(), "", PARENT, f"Hello {uuid4()}", datetime.now(UTC))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(call: Call, proxy: FaultProxy, x: XServer, status: int) -> None:
    with FaultProxy(x.url) as elsewhere:
        away = Trouble(status=status, body="", headers={"Location": f"{elsewhere.url}/2/tweets"})
        proxy.next_answer(away, to_write=False)
        with pytest.raises(ConnectorError) as refusal:
            CONNECTOR.fetch(call, MENTIONS, None)
        assert refusal.value.fault is Fault.INVALID
        proxy.next_answer(away)
        assert isinstance(CONNECTOR.reply(call, intent()), Unknown if status == 303 else Rejected)
        assert elsewhere.seen == []


@pytest.mark.parametrize(
    "base", ["http://x.example", "ftp://127.0.0.1", "https://user@api.x.com", "", "https://", "http://[::1", "x.com"]
)
def test_no_token_leaves_for_an_address_that_is_not_safe(call: Call, base: str) -> None:
    outcome = CONNECTOR.reply(replace(call, base_url=base), intent())
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.INVALID
    assert CONNECTOR.check(replace(call, base_url=base)).condition is Condition.DOWN


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "null",
        "7",
        '"x"',
        "{",
        '{"data": {}}',
        '{"data": null, "meta": null}',
        '{"errors": [{"title": "x"}]}',
        "[" * 5000,
    ],
)
def test_an_answer_of_another_shape_is_a_passing_fault(call: Call, proxy: FaultProxy, body: str) -> None:
    proxy.next_answer(Trouble(status=200, body=body), to_write=False)
    with pytest.raises(ConnectorError) as refusal:
        CONNECTOR.fetch(call, MENTIONS, Cursor('{"after":"5"}'))
    assert refusal.value.fault is Fault.TRANSIENT
    proxy.next_answer(Trouble(status=201, body=body))
    assert isinstance(CONNECTOR.reply(call, intent()), Unknown)


@settings(deadline=None, max_examples=50)
@given(path=st.sampled_from(list(places(BODY))), hostile=HOSTILE, removed=st.booleans())
def test_a_page_that_was_mutated_is_read_or_refused_and_its_cursor_is_json(
    path: tuple[Any, ...], hostile: Any, removed: bool
) -> None:
    body = json.dumps(mutated(BODY, path, hostile, removed))
    with FaultProxy("http://127.0.0.1:9") as lying:
        lying.next_answer(Trouble(status=200, body=body), to_write=False)
        secrets = dict.fromkeys(("consumer_key", "consumer_secret", "access_token", "access_token_secret"), "x")
        cursor = None
        with suppress(ConnectorError):
            cursor = CONNECTOR.fetch(Call(lying.url, secrets, NOW, account_id="7"), MENTIONS, None).cursor
        assert cursor is None or isinstance(json.loads(cursor), dict)


def test_the_libraries_below_write_no_token_into_the_log(
    call: Call, x: XServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    x.tweet(x.person("sam"), "@acme hello")
    CONNECTOR.fetch(call, MENTIONS, None)
    CONNECTOR.reply(call, intent())
    assert not [name for name, secret in call.secrets.items() if secret in caplog.text]
