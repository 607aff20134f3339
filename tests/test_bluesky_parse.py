"""What Bluesky sends is read as far as it makes sense; nothing in it crashes us, deceives us, or takes others along."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import regex
from atproto_client.models.string_formats import validate_tid  # type: ignore[import-untyped,unused-ignore]
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._bluesky_parse import Reader
from connectors._bluesky_record import record_of
from connectors._bluesky_sources import Mark
from connectors._bluesky_text import facets, is_key, length, made_at, new_key
from connectors._bluesky_wire import Talk
from connectors._text import web_address
from connectors.base import Call, ConnectorError, Cursor, Post, ReplyIntent

US, SAM, MAYA = "did:plc:p3c35mullcz7cu3odbtonaz7", "did:plc:dvhsawwv6z4c2rmvcon56zsr", "did:web:maya.example"
READER = Reader(US)
TEXT = "👋 @harbour.test see example.org/long/add… #akku"


def slice_of(part: str, text: str = TEXT) -> dict[str, int]:
    start = text.encode().index(part.encode())
    return {"byteStart": start, "byteEnd": start + len(part.encode())}


VIEW: dict[str, Any] = {
    "uri": f"at://{SAM}/app.bsky.feed.post/3n2ucowhxy22u",
    "cid": "bafyreigzhxzn7tpmc2rfu74ubex7guc26ehinlleata6hp65bo5wnbu4ki",
    "author": {
        "did": SAM,
        "handle": "sam.example.org",
        "displayName": "Sam  \u202eO",
        "avatar": "https://cdn.bsky.app/img/avatar/plain/x",
        "associated": {"activitySubscription": {"allowSubscriptions": "followers"}},
        "viewer": {"muted": False, "blockedBy": False},
        "labels": [{"src": SAM, "uri": f"at://{SAM}", "val": "bot", "cts": "2026-01-01T00:00:00Z"}],
    },
    "reason": "mention",
    "reasonSubject": f"at://{US}/app.bsky.feed.post/3n2ucowhxy22a",
    "record": {
        "$type": "app.bsky.feed.post",
        "text": TEXT,
        "langs": ["en", "de"],
        "facets": [
            {
                "index": slice_of("@harbour.test"),
                "features": [{"$type": "app.bsky.richtext.facet#mention", "did": US}],
            },
            {
                "index": slice_of("example.org/long/add…"),
                "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://example.org/long/address"}],
            },
            {"index": slice_of("#akku"), "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "akku"}]},
        ],
        "embed": {
            "$type": "app.bsky.embed.recordWithMedia",
            "record": {"record": {"uri": f"at://{MAYA}/app.bsky.feed.post/3n2quoted", "cid": "bafy"}},
            "media": {"external": {"uri": "https://example.net/card", "title": "A card", "description": "x"}},
        },
        "reply": {
            "root": {"uri": f"at://{US}/app.bsky.feed.post/3n2ucowhxy22a", "cid": "bafyroot"},
            "parent": {"uri": f"at://{US}/app.bsky.feed.post/3n2ucowhxy22b", "cid": "bafyparent"},
        },
        "createdAt": "2026-11-22T00:00:20.556Z",
    },
    "replyCount": 1,
    "likeCount": 2,
    "indexedAt": "2026-11-22T00:00:21.000Z",
    "viewer": {"threadMuted": False},
    "labels": [],
}


def with_record(**changes: Any) -> dict[str, Any]:
    return VIEW | {"record": VIEW["record"] | changes}


def test_a_real_post_is_read_whole() -> None:
    post = READER.post(VIEW)
    assert post.text == (
        "👋 @harbour.test see https://example.org/long/address #akku\n\n"
        "https://example.net/card\n\nhttps://bsky.app/profile/did:web:maya.example/post/3n2quoted"
    )
    assert (post.author.id, post.author.handle, post.author.name, post.author.is_bot) == (
        SAM,
        "sam.example.org",
        "Sam O",
        True,
    )
    assert (post.parent_id, post.root_id) == (
        f"at://{US}/app.bsky.feed.post/3n2ucowhxy22b",
        f"at://{US}/app.bsky.feed.post/3n2ucowhxy22a",
    )
    assert (post.language, post.mentioned, post.venue) == ("en", frozenset({US}), "bsky.app")
    assert post.url == f"https://bsky.app/profile/{SAM}/post/3n2ucowhxy22u"
    assert post.created_at == datetime(2026, 11, 22, 0, 0, 20, 556000, tzinfo=UTC)
    assert not post.is_own
    assert Reader(SAM).post(VIEW).is_own


@pytest.mark.parametrize(
    ("words", "address", "shown"),
    [
        ("https://harbour.example", "https://evil.example/x", "https://harbour.example (https://evil.example/x)"),
        ("click", "https://evil.example/x", "click (https://evil.example/x)"),
        ("example.org/…", "https://example.org/x", "https://example.org/x"),
        ("https://example.org/x", "https://example.org/x", "https://example.org/x"),
        ("click", "javascript:alert(1)", "click"),
        ("click", "https://u:p@evil.example", "click"),
    ],
)
def test_a_link_says_where_it_leads(words: str, address: str, shown: str) -> None:
    facet = {"index": slice_of(words, f"Ä {words}!"), "features": [{"uri": address}]}
    assert READER.post(with_record(text=f"Ä {words}!", facets=[facet], embed=None)).text == f"Ä {shown}!"


@pytest.mark.parametrize(
    "index",
    [(-1, 3), (3, 3), (5, 2), (0, 10**9), (1, 2), ("0", 3), (None, None), (0.0, 2.5), (True, 2)],
)
def test_a_link_over_bytes_that_make_no_sense_does_no_harm(index: tuple[Any, Any]) -> None:
    facet = {
        "index": {"byteStart": index[0], "byteEnd": index[1]},
        "features": [{"uri": "https://example.org/x"}],
    }
    post = READER.post(with_record(text="Ä text", facets=[facet, facet], embed=None))
    assert "text" in post.text
    post.text.encode()


@pytest.mark.parametrize("label", ["!no-unauthenticated", "!hide", "!takedown"])
def test_what_is_not_shown_to_all_is_kept_out(label: str) -> None:
    author = VIEW["author"] | {"labels": [{"val": label}]}
    for view in (VIEW | {"labels": [{"val": label}]}, VIEW | {"author": author}):
        posts, skipped = READER.posts([view])
        assert not posts
        assert skipped[0].id == VIEW["uri"]
        assert TEXT not in repr(skipped)
    assert READER.post(VIEW | {"labels": [{"val": label, "neg": True}]}).is_public


@pytest.mark.parametrize(
    "uri",
    [
        "",
        7,
        None,
        "at://sam.example/app.bsky.feed.post/3k",
        f"at://{SAM}/app.bsky.feed.like/3k",
        f"at://{SAM}/app.bsky.feed.post/../x",
        f"at://{SAM}/app.bsky.feed.post/3k?x=1",
        f"at://{US}/app.bsky.feed.post/3k",
        f"at://{SAM}/app.bsky.feed.post/3k\n",
        f"at://{SAM}/app.bsky.feed.post/{'x' * 600}",
    ],
)
def test_a_post_without_an_address_of_its_author_is_skipped(uri: object) -> None:
    posts, skipped = READER.posts([VIEW | {"uri": uri}, VIEW])
    assert [post.id for post in posts] == [VIEW["uri"]]
    assert len(skipped) == 1


@given(st.sampled_from(list(places(VIEW))), HOSTILE, st.booleans())
def test_a_spoiled_post_is_skipped_and_takes_no_neighbour_along(path: Any, hostile: Any, removed: bool) -> None:
    neighbour = READER.post(VIEW)
    posts, skipped = READER.posts([mutated(VIEW, path, hostile, removed), VIEW, hostile])
    assert len(posts) + len(skipped) == 3
    assert neighbour in posts
    for post in posts:
        assert_storable(post)
    for one in skipped:
        (one.id + one.reason).encode()


@settings(deadline=None)
@given(st.sampled_from(list(places(VIEW))), HOSTILE, st.booleans())
def test_a_spoiled_parent_is_answered_properly_or_not_at_all(path: Any, hostile: Any, removed: bool) -> None:
    call = Call("https://bsky.example", {}, datetime(2026, 11, 22, tzinfo=UTC))
    intent = ReplyIntent(uuid4(), "3n2ucowhxy22u", READER.post(VIEW), "It lasts #long", call.now)
    try:
        record = record_of(Talk(call), intent, mutated(VIEW, path, hostile, removed))
    except ConnectorError:
        return
    json.dumps(record)
    assert record["text"] == intent.text
    assert all(record["reply"][name][part] for name in ("root", "parent") for part in ("uri", "cid"))


def assert_storable(post: Post) -> None:
    author = post.author
    for text in (post.id, post.text, post.url, post.parent_id or "", author.id, author.handle, author.name):
        assert "\x00" not in text
        text.encode()
    assert post.is_public
    assert post.created_at.utcoffset() is not None
    assert post.url == web_address(post.url)


def test_json_of_the_real_shape_goes_through_unchanged() -> None:
    assert READER.post(json.loads(json.dumps(VIEW))) == READER.post(VIEW)


ANY_TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=200)
LIKE_A_POST = st.text(alphabet=st.sampled_from("ab1.:/@#$() \n-_日é👋\u200d\u0301"), max_size=120)


@settings(deadline=None)
@given(ANY_TEXT | LIKE_A_POST)
def test_what_a_facet_covers_are_whole_letters_in_order(text: str) -> None:
    raw = text.encode()
    found = facets(text, {"a.b.test": US})
    starts = [one.index.byte_start for one in found]
    assert starts == sorted(starts)
    for one in found:
        assert raw[one.index.byte_start : one.index.byte_end].decode()


@given(ANY_TEXT | LIKE_A_POST, st.integers(1, 40))
def test_a_text_fits_only_when_both_counts_do(text: str, limit: int) -> None:
    graphemes, stored = len(regex.findall(r"\X", text)), len(text.encode())
    assert length(text, limit).fits == (graphemes <= limit and stored <= 3_000)


@pytest.mark.parametrize(
    "piece", ["a.", "http://", "@a.", "#a", "$A ", "(a.b", "@", "a.com ", "https://x.y/(", ".,;:!?"]
)
def test_the_worst_text_takes_little_time(piece: str) -> None:
    text = (piece * 3_000)[:3_000]
    begun = time.process_time()
    facets(text, {})
    length(text)
    READER.post(with_record(text=text * 30, facets=[VIEW["record"]["facets"][1]] * 10_000))
    assert time.process_time() - begun < 3


@given(st.uuids(), st.integers(1_700_000_000_000_000, 4_000_000_000_000_000))
def test_a_key_is_one_of_bluesky_s_and_tells_its_time(intent: UUID, microseconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    key = new_key(intent, moment)
    assert is_key(key)
    assert validate_tid.__wrapped__(key, None) == key
    read = made_at(key)
    assert read is not None
    assert timedelta(0) <= moment - read < timedelta(seconds=1)
    assert new_key(intent, moment) == key
    assert new_key(intent, moment + timedelta(milliseconds=1)) > key


def test_keys_of_one_moment_differ_by_their_intent() -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    assert len({new_key(uuid4(), moment) for _ in range(20)}) > 10


CURSOR = st.dictionaries(st.sampled_from(["known", "at", "before", "newest", "newest_at"]), HOSTILE)


@given(HOSTILE | CURSOR)
def test_any_cursor_is_read(kept: Any) -> None:
    mark = Mark.opened(Cursor(json.dumps(kept)))
    closed = mark.closed()
    assert closed is None or Mark.opened(closed) == mark
