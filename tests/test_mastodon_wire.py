"""The Mastodon connector on a line that lies: redirects, nonsense, floods, and headers that nobody expected."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.demo.plaza import Plaza
from connectors.base import (
    Author,
    Call,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Post,
    PostStatus,
    Rejected,
    ReplyIntent,
    SourceKind,
    Unknown,
)
from connectors.fault_proxy import FaultProxy, Trouble
from connectors.mastodon import MastodonConnector

CONNECTOR = MastodonConnector()
MENTIONS = Followed(SourceKind.MENTIONS)
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
PARENT = Post("1", "Hi", Author("2", "sam"), NOW)


@pytest.fixture(scope="module")
def plaza() -> Iterator[Plaza]:
    with Plaza(lively=False) as running:
        yield running


@pytest.fixture
def proxy(plaza: Plaza) -> Iterator[FaultProxy]:
    with FaultProxy(plaza.url) as running:
        yield running


@pytest.fixture
def call(plaza: Plaza, proxy: FaultProxy) -> Call:
    return Call(proxy.url, {"access_token": plaza.token}, NOW, account_id=plaza.account_id("harbour"), handle="harbour")


def intent() -> ReplyIntent:
    identity = uuid4()
    return ReplyIntent(identity, str(identity), PARENT, "@sam Hello", NOW)


def answering(body: Any, status: int = 200, **headers: str) -> Trouble:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Trouble(status=status, body=body if isinstance(body, str) else json.dumps(body), headers=named)


def refused(call: Call, followed: Followed = MENTIONS) -> ConnectorError:
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call, followed, None)
    return error.value


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed_and_the_token_stays_here(
    call: Call, proxy: FaultProxy, plaza: Plaza, status: int
) -> None:
    with FaultProxy(plaza.url) as elsewhere:
        proxy.next_answer(answering("", status, Location=f"{elsewhere.url}/api/v1/notifications"), to_write=False)
        assert refused(call).fault is Fault.INVALID
        proxy.next_answer(answering("", status, Location=f"{elsewhere.url}/api/v1/statuses"))
        outcome = CONNECTOR.reply(call, intent())
        assert isinstance(outcome, Unknown if status == 303 else Rejected)
        assert elsewhere.seen == []
    assert len(proxy.writes) == 1


def test_a_redirect_within_the_instance_is_followed_for_reads_alone(
    call: Call, proxy: FaultProxy, plaza: Plaza
) -> None:
    asked = plaza.post_as("Maya", "@harbour hello")
    proxy.next_answer(answering("", 301, Location="/api/v1/notifications?limit=1"), to_write=False)
    assert [post.id for post in CONNECTOR.fetch(call, MENTIONS, None).posts] == [asked]
    proxy.next_answer(answering("", 308, Location="/api/v1/statuses"))
    assert isinstance(CONNECTOR.reply(call, intent()), Rejected)
    assert len(proxy.writes) == 1


def test_a_redirect_in_a_circle_ends(call: Call, proxy: FaultProxy) -> None:
    for _ in range(9):
        proxy.next_answer(answering("", 302, Location="/api/v1/notifications"), to_write=False)
    assert refused(call).fault is Fault.TRANSIENT


@pytest.mark.parametrize(
    "body",
    [
        '{"error": "Something"}',
        "[",
        "<html></html>",
        "",
        '"text"',
        "null",
        "[" * 100_000,
        '{"a": ' * 50_000,
        "9" * 6_000,
    ],
    ids=range(9),
)
def test_a_success_that_is_none_is_no_page(call: Call, proxy: FaultProxy, body: str) -> None:
    proxy.next_answer(answering(body), to_write=False)
    assert refused(call).fault is Fault.TRANSIENT
    proxy.next_answer(answering(body))
    assert isinstance(CONNECTOR.reply(call, intent()), Unknown)


def test_a_flood_is_cut_off_however_small_it_came(call: Call, proxy: FaultProxy) -> None:
    class Flood(str):
        def encode(self, *_: object, **__: object) -> bytes:
            return gzip.compress(b" " * 64_000_000)

    proxy.next_answer(Trouble(status=200, body=Flood(), headers={"Content-Encoding": "gzip"}), to_write=False)
    assert refused(call).fault is Fault.TRANSIENT


@pytest.mark.parametrize(
    ("headers", "reopens"),
    [
        ({"X_RateLimit_Reset": "2026-11-01T12:03:00.000Z"}, timedelta(minutes=3)),
        ({"X_RateLimit_Reset": str(int(NOW.timestamp()) + 60)}, timedelta(minutes=1)),
        ({"Retry_After": "90"}, timedelta(seconds=90)),
        ({"Retry_After": "Sun, 01 Nov 2026 12:02:00 GMT"}, timedelta(minutes=2)),
        ({}, timedelta(minutes=5)),
        ({"X_RateLimit_Reset": "soon"}, timedelta(minutes=5)),
        ({"X_RateLimit_Reset": "9" * 30}, timedelta(minutes=5)),
        ({"X_RateLimit_Reset": "2020-01-01T00:00:00Z"}, timedelta(seconds=1)),
        ({"X_RateLimit_Reset": "2999-01-01T00:00:00Z"}, timedelta(days=1)),
    ],
)
def test_a_rate_limit_says_when_it_reopens(
    call: Call, proxy: FaultProxy, headers: dict[str, str], reopens: timedelta
) -> None:
    for to_write in (True, False):
        proxy.next_answer(answering({"error": "Too many requests"}, 429, **headers), to_write=to_write)
    error = refused(call)
    outcome = CONNECTOR.reply(call, intent())
    assert error.fault is Fault.RATE_LIMITED
    assert error.retry_at == NOW + reopens
    assert isinstance(outcome, Rejected)
    assert outcome.retry_at == NOW + reopens
    assert len(proxy.writes) == 1


@pytest.mark.parametrize(
    ("status", "message", "fault"),
    [
        (400, "text too long", Fault.TOO_LONG),
        (400, "Bad request", Fault.INVALID),
        (403, "This action is outside the authorized scopes", Fault.AUTH),
        (403, "Your login is currently disabled", Fault.AUTH),
        (403, "This action is not allowed", Fault.FORBIDDEN_BY_POLICY),
        (410, "", Fault.GONE),
        (413, "", Fault.TOO_LONG),
        (422, "Validation failed: Text character limit of 500 exceeded", Fault.TOO_LONG),
        (422, "This method requires an authenticated user", Fault.AUTH),
        (422, "Validation failed: Duplicate", Fault.DUPLICATE),
        (422, "Validation failed: Visibility is not included in the list", Fault.INVALID),
        (404, "Record not found", Fault.GONE),
        (418, "", Fault.INVALID),
        (451, "", Fault.FORBIDDEN_BY_POLICY),
    ],
)
def test_a_refusal_is_named_by_its_body(call: Call, proxy: FaultProxy, status: int, message: str, fault: Fault) -> None:
    proxy.next_answer(answering({"error": message}, status))
    outcome = CONNECTOR.reply(call, intent())
    assert isinstance(outcome, Rejected)
    assert outcome.fault is fault
    assert message in outcome.detail


@pytest.mark.parametrize(
    "name", ["Link", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Deprecation", "Mastodon-Async-Refresh"]
)
@pytest.mark.parametrize("value", ["", "<<>>; rel=", "-1", "NaN", "é".encode().decode("latin-1"), ",;,=\t"])
def test_headers_that_nobody_expected_do_no_harm(call: Call, proxy: FaultProxy, name: str, value: str) -> None:
    proxy.next_answer(Trouble(status=200, body="[]", headers={name: value}), to_write=False)
    assert CONNECTOR.fetch(call, MENTIONS, None).posts == ()


def test_a_token_that_names_a_file_is_a_token(call: Call, proxy: FaultProxy, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("what is in here is nobody's business\n")
    assert refused(replace(call, secrets={"access_token": str(path)})).fault is Fault.AUTH
    assert proxy.seen[-1].headers["Authorization"] == f"Bearer {path}"


@pytest.mark.parametrize(
    "secrets", [{}, {"access_token": ""}, {"access_token": "a\r\nHost: evil"}, {"access_token": "é"}]
)
def test_without_a_token_that_can_be_sent_nothing_is_sent(
    call: Call, proxy: FaultProxy, secrets: dict[str, str]
) -> None:
    call = replace(call, secrets=secrets)
    assert refused(call).fault is Fault.AUTH
    outcome = CONNECTOR.reply(call, intent())
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.AUTH
    assert proxy.seen == []


@pytest.mark.parametrize("post_id", ["../accounts/1", "1?x", "", ".", "a b", "1\n", "x" * 300])
def test_an_id_that_is_none_never_becomes_a_path(call: Call, proxy: FaultProxy, post_id: str) -> None:
    for outcome in (CONNECTOR.delete(call, post_id), CONNECTOR.edit(call, post_id, "x")):
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.INVALID
    with pytest.raises(ConnectorError):
        CONNECTOR.thread(call, post_id)
    with pytest.raises(ConnectorError):
        CONNECTOR.refresh(call, (post_id,))
    assert proxy.seen == []


def test_ids_are_opaque(call: Call, proxy: FaultProxy) -> None:
    status = {
        "id": "01HXYZ0000000000000000000A",
        "created_at": "2026-11-01T11:00:00Z",
        "visibility": "public",
        "content": "<p>Hi</p>",
        "account": {"id": "01HACCOUNT", "acct": "sam"},
    }
    notice = {"id": "01HNOTICE", "type": "mention", "status": status}
    proxy.next_answer(answering([notice]), to_write=False)
    page = CONNECTOR.fetch(call, MENTIONS, None)
    assert [post.id for post in page.posts] == ["01HXYZ0000000000000000000A"]
    proxy.next_answer(answering([]), to_write=False)
    assert CONNECTOR.fetch(call, MENTIONS, page.cursor).cursor == page.cursor
    assert "min_id=01HNOTICE" in proxy.seen[-1].path


def test_a_hashtag_costs_one_request(call: Call, proxy: FaultProxy) -> None:
    CONNECTOR.fetch(call, Followed(SourceKind.HASHTAG, "#ereaders"), None)
    assert [seen.path.partition("?")[0] for seen in proxy.seen] == ["/api/v1/timelines/tag/ereaders"]


def test_a_page_of_which_nothing_can_be_read_is_passed_over(call: Call, proxy: FaultProxy) -> None:
    notices = [{"id": str(number), "type": "mention", "status": {"id": str(number)}} for number in range(40, 0, -1)]
    proxy.next_answer(answering([7, None, *notices]), to_write=False)
    page = CONNECTOR.fetch(call, MENTIONS, Cursor('{"after":"0"}'))
    assert (page.posts, page.cursor, page.complete) == ((), '{"after":"40"}', False)
    assert len(page.skipped) == 42


@pytest.mark.parametrize("cursor", ["", "[]", "7", "{", '{"after": 7}', '{"seen": 7}', "null"])
def test_a_cursor_that_cannot_be_read_starts_anew(call: Call, cursor: str) -> None:
    page = CONNECTOR.fetch(call, MENTIONS, Cursor(cursor))
    assert page.gap is (cursor != '{"after": 7}')


def test_a_search_on_a_server_that_cannot_turn_pages_ends(call: Call, proxy: FaultProxy, plaza: Plaza) -> None:
    statuses = [{"id": str(number), "created_at": "2026-11-01T11:00:00Z", "visibility": "public", "content": "x",
                 "account": {"id": "2", "acct": "sam"}} for number in range(140, 100, -1)]  # fmt: skip
    cursor: Cursor | None = Cursor('{"after":"50"}')
    seen = []
    for _ in range(2):
        proxy.next_answer(answering({"statuses": statuses, "accounts": [], "hashtags": []}), to_write=False)
        page = CONNECTOR.fetch(call, Followed(SourceKind.SEARCH, "x"), cursor)
        cursor = page.cursor
        seen.append((page.complete, page.gap))
    assert seen == [(False, False), (True, True)]
    assert cursor == '{"after":"140"}'


def test_servers_that_read_posts_only_one_by_one_are_asked_so(call: Call, proxy: FaultProxy, plaza: Plaza) -> None:
    one, two = plaza.post_as("Maya", "One"), plaza.post_as("Maya", "Two")
    proxy.next_answer(answering({"error": "Record not found"}, 404), to_write=False)
    states = CONNECTOR.refresh(call, (one, two))
    assert [state.status for state in states] == [PostStatus.LIVE, PostStatus.LIVE]


def test_an_instance_that_speaks_only_the_older_form_is_understood(call: Call, proxy: FaultProxy) -> None:
    for trouble in (answering({"id": "1", "acct": "harbour"}), answering({"error": "Not found"}, 404)):
        proxy.next_answer(trouble, to_write=False)
    assert CONNECTOR.check(call).max_length == 500
    proxy.next_answer(answering({"id": "1", "acct": "harbour", "suspended": True}), to_write=False)
    assert "suspended" in CONNECTOR.check(call).detail
