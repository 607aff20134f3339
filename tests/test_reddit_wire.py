"""Reddit's tokens, addresses and shapes: renewed, kept at home, and never trusted."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import reddit_server
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st
from praw.config import Config
from reddit_server import RedditServer

from connectors._reddit_parse import Reader
from connectors.base import (
    Author,
    Call,
    Condition,
    ConnectorError,
    Fault,
    Followed,
    Post,
    Posted,
    Rejected,
    ReplyIntent,
    SourceKind,
    Unknown,
)
from connectors.fault_proxy import FaultProxy, Trouble
from connectors.reddit import RedditConnector

CONNECTOR = RedditConnector()
MENTIONS = Followed(SourceKind.MENTIONS)
SUBREDDIT = Followed(SourceKind.FEED, "ereaders")
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

COMMENT: dict[str, Any] = {
    "kind": "t1",
    "data": {
        "id": "k3x9",
        "name": "t1_k3x9",
        "author": "maya",
        "author_fullname": "t2_1w72",
        "body": "u/harbour is *that* right?",
        "created_utc": 1762000000.0,
        "edited": False,
        "permalink": "/r/ereaders/comments/abc/title/k3x9/",
        "parent_id": "t3_abc",
        "link_id": "t3_abc",
        "subreddit": "ereaders",
        "subreddit_type": "public",
        "score": 3,
        "replies": "",
    },
}
NEIGHBOUR: dict[str, Any] = {"kind": "t1", "data": COMMENT["data"] | {"id": "k3xa", "name": "t1_k3xa"}}
LISTING: dict[str, Any] = {"kind": "Listing", "data": {"children": [COMMENT, NEIGHBOUR], "after": None}}


@pytest.fixture
def reddit() -> Iterator[RedditServer]:
    with RedditServer() as running:
        running.person("harbour")
        yield running


@pytest.fixture
def kept() -> list[Mapping[str, str]]:
    return []


@pytest.fixture
def call(reddit: RedditServer, kept: list[Mapping[str, str]]) -> Call:
    secrets = {
        "client_id": reddit_server.CLIENT[0],
        "client_secret": reddit_server.CLIENT[1],
        "refresh_token": reddit.refresh_token("harbour"),
    }
    options = {"platform_approval": "Letter of 2026-01-07"}
    us, now = reddit.person("harbour"), datetime.now(UTC)
    return Call(reddit.url, secrets, now, account_id=us, handle="harbour", options=options, save_secrets=kept.append)


def intent(reddit: RedditServer) -> ReplyIntent:
    parent = reddit.comment("maya", "Hi", reddit.submit("sam", "Readers"))
    post = Post(parent.name, "Hi", Author("t2_1", "maya"), NOW)
    return ReplyIntent(uuid4(), "", post, "It lasts.", datetime.now(UTC))


def test_a_token_is_fetched_once_and_given_back_to_the_host(
    reddit: RedditServer, call: Call, kept: list[Mapping[str, str]]
) -> None:
    assert CONNECTOR.check(call).condition is Condition.OK
    assert set(kept[0]) == {*call.secrets, "access_token", "access_token_expires"}
    assert CONNECTOR.check(replace(call, secrets=kept[0])).condition is Condition.OK
    assert reddit.requests.count(("POST", "api/v1/access_token")) == 1
    late = replace(call, secrets=kept[0], now=call.now + timedelta(hours=24))
    assert CONNECTOR.check(late).condition is Condition.OK
    assert reddit.requests.count(("POST", "api/v1/access_token")) == 2


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((401, {"message": "Unauthorized", "error": 401}), Fault.AUTH),
        ((400, {"error": "invalid_grant"}), Fault.AUTH),
        ((200, {"error": "invalid_grant"}), Fault.AUTH),
        ((200, {"access_token": 7}), Fault.TRANSIENT),
        ((200, []), Fault.TRANSIENT),
        ((429, {}), Fault.RATE_LIMITED),
        ((503, {}), Fault.TRANSIENT),
    ],
)
def test_without_a_token_nothing_is_posted_and_that_is_certain(
    reddit: RedditServer, call: Call, answer: tuple[int, Any], fault: Fault
) -> None:
    reddit.refresh_answer = answer
    outcome = CONNECTOR.reply(call, intent(reddit))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is fault
    assert reddit.comments_sent == 0


def test_a_token_whose_header_line_could_be_split_is_refused(reddit: RedditServer, call: Call) -> None:
    reddit.refresh_answer = (200, {"access_token": "a\r\nX-Evil: 1", "expires_in": 3600})
    outcome = CONNECTOR.reply(call, intent(reddit))
    assert isinstance(outcome, Rejected)
    assert "Evil" not in repr(outcome)


def test_nothing_is_read_from_a_settings_file_in_the_working_folder(
    reddit: RedditServer, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "praw.ini").write_text("[DEFAULT]\noauth_url=https://evil.example\nratelimit_seconds=600\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Config, "CONFIG", None)
    assert isinstance(CONNECTOR.reply(call, intent(reddit)), Posted)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(reddit: RedditServer, call: Call, status: int) -> None:
    reply = intent(reddit)
    with FaultProxy(reddit.url) as proxy, FaultProxy(reddit.url) as elsewhere:
        away = Trouble(status=status, body="", headers={"Location": f"{elsewhere.url}/api/comment/"})
        kept: list[Mapping[str, str]] = []
        CONNECTOR.check(replace(call, save_secrets=kept.append))
        here = replace(call, base_url=proxy.url, secrets=kept[0])
        proxy.next_answer(away, to_write=False)
        with pytest.raises(ConnectorError) as refusal:
            CONNECTOR.fetch(here, SUBREDDIT, None)
        assert refusal.value.fault is Fault.INVALID
        proxy.next_answer(away)
        assert isinstance(CONNECTOR.reply(here, reply), Unknown if status == 303 else Rejected)
        assert elsewhere.seen == []


@pytest.mark.parametrize("base", ["http://reddit.example", "ftp://127.0.0.1", "https://a@www.reddit.com", "", "x"])
def test_no_token_leaves_for_an_address_that_is_not_safe(reddit: RedditServer, call: Call, base: str) -> None:
    outcome = CONNECTOR.reply(replace(call, base_url=base), intent(reddit))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.INVALID


def test_a_401_without_the_header_that_praw_expects_is_a_dead_token(reddit: RedditServer, call: Call) -> None:
    dead = {"access_token": "gone", "access_token_expires": "2099-01-01T00:00:00+00:00"}
    reddit.person("harbour")
    assert CONNECTOR.check(replace(call, secrets={**call.secrets, **dead})).condition is Condition.REAUTH


@pytest.mark.parametrize("headers", [{}, {"x-ratelimit-remaining": "many", "x-ratelimit-reset": "-5"}])
def test_a_limit_without_sensible_headers_reopens_all_the_same(
    reddit: RedditServer, call: Call, headers: dict[str, str]
) -> None:
    kept: list[Mapping[str, str]] = []
    CONNECTOR.check(replace(call, save_secrets=kept.append))
    with FaultProxy(reddit.url) as proxy:
        proxy.next_answer(Trouble(status=429, body="{}", headers=headers), to_write=False)
        with pytest.raises(ConnectorError) as refusal:
            CONNECTOR.fetch(replace(call, base_url=proxy.url, secrets=kept[0]), SUBREDDIT, None)
    assert refusal.value.fault is Fault.RATE_LIMITED
    assert refusal.value.retry_at == call.now + timedelta(minutes=10)


def test_a_used_up_limit_makes_no_library_wait_and_is_told(reddit: RedditServer, call: Call) -> None:
    reddit.remaining, reddit.resets_in = 1.0, 200
    page = CONNECTOR.fetch(call, SUBREDDIT, None)
    assert page.allowance is not None
    assert page.allowance.remaining <= 0
    assert page.allowance.resets_at == call.now + timedelta(seconds=200)


def test_the_libraries_below_write_no_token_into_the_log(
    reddit: RedditServer, call: Call, kept: list[Mapping[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    CONNECTOR.fetch(call, MENTIONS, None)
    CONNECTOR.reply(call, intent(reddit))
    secrets = {**kept[-1]}
    secrets.pop("access_token_expires")
    assert not [name for name, secret in secrets.items() if secret in caplog.text]


def test_a_real_comment_is_read_whole() -> None:
    post = Reader("t2_9", "Harbour").post(COMMENT)
    assert (post.id, post.parent_id, post.root_id, post.venue) == ("t1_k3x9", "t3_abc", "t3_abc", "r/ereaders")
    assert (post.text, post.author.id, post.author.handle) == ("u/harbour is *that* right?", "t2_1w72", "maya")
    assert post.url == "https://www.reddit.com/r/ereaders/comments/abc/title/k3x9/"
    assert post.mentioned == {"t2_9"}
    assert Reader("t2_1w72", "").post(COMMENT).is_own
    assert Reader("", "MAYA").post(COMMENT).is_own


@settings(deadline=None)
@given(path=st.sampled_from(list(places(COMMENT))), hostile=HOSTILE, removed=st.booleans())
def test_a_broken_comment_takes_no_neighbour_along(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    posts, skipped = Reader("t2_9", "harbour").posts([mutated(COMMENT, path, hostile, removed), NEIGHBOUR])
    assert len(posts) + len(skipped) == 2
    assert posts[-1].id == "t1_k3xa"
    for post in posts:
        assert "/" not in post.id
        assert post.created_at.utcoffset() is not None


@settings(deadline=None, max_examples=50)
@given(path=st.sampled_from(list(places(LISTING))), hostile=HOSTILE, removed=st.booleans())
def test_a_listing_that_was_mutated_is_read_or_refused(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    body = json.dumps(mutated(LISTING, path, hostile, removed))
    secrets = dict.fromkeys(("client_id", "client_secret", "refresh_token", "access_token"), "x")
    secrets["access_token_expires"] = "2099-01-01T00:00:00+00:00"
    with FaultProxy("http://127.0.0.1:9") as lying:
        for _ in range(30):
            lying.next_answer(Trouble(status=200, body=body), to_write=False)
        call = Call(lying.url, secrets, NOW, account_id="t2_9", handle="harbour", options={"platform_approval": "x"})
        try:
            page = CONNECTOR.fetch(call, SUBREDDIT, None)
        except ConnectorError as error:
            fault: Fault | None = error.fault
        else:
            fault = None
            assert page.cursor is None or isinstance(json.loads(page.cursor), dict)
    assert fault in (None, Fault.TRANSIENT)
