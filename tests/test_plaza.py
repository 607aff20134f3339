"""Plaza's API answers as Mastodon's does: shapes, errors, limits, visibility, keys, and its faults when asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.demo.plaza import Plaza
from bot.demo.plaza.content import counted


@pytest.fixture
def plaza() -> Iterator[Plaza]:
    with Plaza(lively=False) as running:
        yield running


class Client:
    """Speaks to Plaza's API as somebody."""

    def __init__(self, plaza: Plaza, token: str = "") -> None:
        self._url = plaza.url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        with httpx.Client(base_url=self._url, headers=self._headers, verify=False) as http:
            return http.request(method, path, **options)

    def get(self, path: str, **params: Any) -> Any:
        response = self.ask("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, text: str, key: str = "", **fields: str) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.ask("POST", "/api/v1/statuses", data={"status": text, **fields}, headers=headers)


@pytest.fixture
def harbour(plaza: Plaza) -> Client:
    return Client(plaza, plaza.token)


def test_the_brand_account_knows_itself(plaza: Plaza, harbour: Client) -> None:
    me = harbour.get("/api/v1/accounts/verify_credentials")
    assert (me["acct"], me["id"]) == ("harbour", plaza.account_id("harbour"))
    assert set(plaza.tokens) == {"harbour", "ana", "ben"}
    assert harbour.get("/api/v1/accounts/lookup", acct="ana")["display_name"] == "Ana Duarte"


def test_a_wrong_token_is_refused_in_mastodons_words(plaza: Plaza) -> None:
    response = Client(plaza, "nonsense").ask("GET", "/api/v1/accounts/verify_credentials")
    assert (response.status_code, response.json()) == (401, {"error": "The access token is invalid"})


def test_a_mention_becomes_a_notification_that_pages_both_ways(plaza: Plaza, harbour: Client) -> None:
    ids = [plaza.post_as("Maya", f"@harbour question {number}") for number in range(5)]
    plaza.like_as("Sam", harbour.post("Hello").json()["id"])
    newest = harbour.get("/api/v1/notifications", **{"types[]": "mention"}, limit=2)
    assert [one["status"]["id"] for one in newest] == [ids[4], ids[3]]
    oldest = harbour.get("/api/v1/notifications", **{"types[]": "mention"}, limit=2, min_id="0")
    assert [one["status"]["id"] for one in oldest] == [ids[1], ids[0]]
    everything = harbour.get("/api/v1/notifications")
    assert [one["type"] for one in everything] == ["favourite", *["mention"] * 5]
    response = harbour.ask("GET", "/api/v1/notifications", params={"limit": 2})
    assert 'rel="next"' in response.headers["Link"]


def test_text_becomes_html_that_carries_no_markup_of_its_writer(plaza: Plaza, harbour: Client) -> None:
    text = "<script>alert(1)</script> @harbour & #EReaders\nhttps://example.org/a/path/that/is/rather/long?x=1&y=2."
    content = harbour.get(f"/api/v1/statuses/{plaza.post_as('Maya', text)}")["content"]
    assert "<script>" not in content
    assert 'class="u-url mention">@<span>harbour</span>' in content
    assert f'{plaza.url}/tags/ereaders" class="mention hashtag"' in content
    assert 'href="https://example.org/a/path/that/is/rather/long?x=1&amp;y=2"' in content
    assert "<br />" in content


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("Hello", 5),
        ("👨‍👩‍👧‍👦", 1),
        ("cafe\u0301", 4),
        ("https://example.org/" + "x" * 200, 23),
        ("See https://example.org/a.", 28),
        ("@maya@a.very.long.example hi", 8),
        ("http://127.0.0.1:8000/x", 23),
        ("https://localhost/" + "x" * 30, 48),
    ],
)
def test_length_is_counted_as_mastodon_counts(text: str, length: int) -> None:
    assert counted(text) == length


def test_five_hundred_are_taken_and_one_more_is_not(harbour: Client) -> None:
    assert harbour.post("x" * 500).status_code == 200
    refused = harbour.post("x" * 501)
    assert refused.status_code == 422
    assert refused.json()["error"] == "Validation failed: Text character limit of 500 exceeded"
    assert harbour.post("  ").json()["error"] == "Validation failed: Text can't be blank"


def test_the_same_key_brings_the_same_post_back_for_an_hour() -> None:
    clock = [datetime(2026, 11, 1, tzinfo=UTC)]
    with Plaza(lively=False, now=lambda: clock[0]) as plaza:
        harbour = Client(plaza, plaza.token)
        first = harbour.post("Hello", key="k").json()["id"]
        assert harbour.post("Hello", key="k").json()["id"] == first
        clock[0] += timedelta(minutes=61)
        assert harbour.post("Hello", key="k").json()["id"] != first
        plaza.faults.honour_keys = False
        harbour.post("Hello", key="k")
        assert len(plaza.posts_of("harbour")) == 3


def test_an_edit_keeps_its_history_and_a_deleted_post_is_gone(plaza: Plaza, harbour: Client) -> None:
    post_id = harbour.post("Frist").json()["id"]
    path = f"/api/v1/statuses/{post_id}"
    edited = harbour.ask("PUT", path, data={"status": "First"}).json()
    assert edited["edited_at"]
    assert edited["content"] == "<p>First</p>"
    assert [one["content"] for one in harbour.get(f"{path}/history")] == ["<p>Frist</p>", "<p>First</p>"]
    assert harbour.get(f"{path}/source")["text"] == "First"
    stranger = Client(plaza, plaza.token_of("ana"))
    assert stranger.ask("DELETE", path).json() == {"error": "This action is not allowed"}
    assert harbour.ask("DELETE", path).json()["text"] == "First"
    assert harbour.ask("GET", path).json() == {"error": "Record not found"}
    assert harbour.post("Hi", in_reply_to_id=post_id).status_code == 404


def test_context_holds_what_came_before_and_after(plaza: Plaza, harbour: Client) -> None:
    root = plaza.post_as("Maya", "Root")
    first = plaza.post_as("Sam", "First", root)
    second = plaza.post_as("Lea", "Second", first)
    plaza.post_as("Lea", "Aside", root)
    context = harbour.get(f"/api/v1/statuses/{first}/context")
    assert [one["id"] for one in context["ancestors"]] == [root]
    assert [one["id"] for one in context["descendants"]] == [second]
    assert harbour.get(f"/api/v1/statuses/{second}")["content"].startswith('<p><span class="h-card">')


def test_what_is_not_open_to_all_is_seen_by_those_it_names_alone(plaza: Plaza, harbour: Client) -> None:
    secret = plaza.post_as("Maya", "@harbour my address is …", visibility="direct")
    assert harbour.get(f"/api/v1/statuses/{secret}")["visibility"] == "direct"
    assert Client(plaza).ask("GET", f"/api/v1/statuses/{secret}").status_code == 404
    assert Client(plaza, plaza.token_of("ana")).ask("GET", f"/api/v1/statuses/{secret}").status_code == 404
    assert Client(plaza).get("/api/v1/timelines/public") == []


def test_timelines_and_search_find_what_is_public(plaza: Plaza, harbour: Client) -> None:
    about = plaza.post_as("Maya", "My Harbour Reader arrived #ereaders")
    plaza.post_as("Sam", "Unrelated")
    quiet = harbour.post("Harbour, quietly #ereaders", visibility="unlisted").json()["id"]
    assert [one["id"] for one in harbour.get("/api/v1/timelines/tag/EReaders")] == [about]
    assert [one["id"] for one in harbour.get("/api/v2/search", q="HARBOUR reader", type="statuses")["statuses"]] == [
        about
    ]
    assert quiet not in [one["id"] for one in harbour.get("/api/v1/timelines/public")]
    found = harbour.get("/api/v2/search", q=f"{plaza.url}/@maya/{about}", resolve="true")
    assert [one["id"] for one in found["statuses"]] == [about]


def test_moderators_hide_show_and_remove(plaza: Plaza, harbour: Client) -> None:
    post_id = plaza.post_as("Maya", "@harbour rude")
    plaza.hide(post_id)
    assert harbour.ask("GET", f"/api/v1/statuses/{post_id}").status_code == 404
    assert harbour.get("/api/v1/notifications") == []
    plaza.hide(post_id, hidden=False)
    assert harbour.get(f"/api/v1/statuses/{post_id}")["id"] == post_id
    plaza.remove(post_id)
    assert harbour.get("/api/v1/statuses", **{"id[]": post_id}) == []


def test_rate_limits_are_told_and_kept(plaza: Plaza, harbour: Client) -> None:
    plaza.faults.rate_limit = 2
    first = harbour.ask("GET", "/api/v2/instance")
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("2", "1")
    assert datetime.fromisoformat(first.headers["X-RateLimit-Reset"]) > datetime.now(UTC)
    harbour.ask("GET", "/api/v2/instance")
    beyond = harbour.ask("GET", "/api/v2/instance")
    assert (beyond.status_code, beyond.json()) == (429, {"error": "Too many requests"})


def test_faults_spoil_as_many_writes_as_asked(plaza: Plaza, harbour: Client) -> None:
    plaza.faults.fail_after_storing = 1
    plaza.faults.own_posts_lag = 60
    assert harbour.post("Stored").status_code == 500
    path = f"/api/v1/accounts/{plaza.account_id('harbour')}/statuses"
    assert harbour.get(path) == []
    plaza.faults.own_posts_lag = 0
    assert [one["content"] for one in harbour.get(path)] == ["<p>Stored</p>"]
    plaza.faults.fail_before_storing = plaza.faults.too_many_writes = 1
    assert harbour.post("Lost").status_code == 429
    assert harbour.post("Lost").status_code == 500
    assert [text for _, text, _ in plaza.posts_of("harbour")] == ["Stored"]
    assert harbour.post("Fine").status_code == 200


def test_the_instance_says_what_it_takes(harbour: Client) -> None:
    for path in ("/api/v2/instance", "/api/v1/instance"):
        statuses = harbour.get(path)["configuration"]["statuses"]
        assert (statuses["max_characters"], statuses["characters_reserved_per_url"]) == (500, 23)
    assert len(harbour.get("/api/v1/instance/rules")) == 3


def test_an_application_gets_a_token_that_speaks_for_nobody(plaza: Plaza) -> None:
    app = Client(plaza).ask("POST", "/api/v1/apps", json={"client_name": "Chorus"}).json()
    grant = {"grant_type": "client_credentials", "client_id": app["client_id"]}
    token = Client(plaza).ask("POST", "/oauth/token", data=grant).json()["access_token"]
    assert Client(plaza, token).ask("GET", "/api/v1/timelines/public").status_code == 200
    assert Client(plaza, token).post("Hello").status_code == 401
    ours = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    Client(plaza).ask("POST", "/oauth/revoke", data={"token": token, **ours})
    assert Client(plaza, token).ask("GET", "/api/v1/timelines/public").status_code == 401


def test_a_second_start_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "plaza.sqlite"
    with Plaza(path) as plaza:
        token, post_id = plaza.token, plaza.post_as("Maya", "@harbour still there?")
        before = Client(plaza).get("/api/v1/timelines/public", limit=40)
    with Plaza(path) as plaza:
        assert plaza.token == token
        [notice] = Client(plaza, token).get("/api/v1/notifications")
        assert notice["status"]["id"] == post_id
        after = Client(plaza).get("/api/v1/timelines/public", limit=40)
        assert [one["id"] for one in after] == [one["id"] for one in before]


def test_nobody_is_reached_through_another_hosts_name(plaza: Plaza) -> None:
    assert httpx.get(plaza.url, headers={"Host": "evil.example"}).status_code == 400


def test_whatever_is_asked_is_answered_or_refused_in_words(plaza: Plaza, harbour: Client) -> None:
    strange = ["", "-1", "9" * 40, "x", "../..", "\x00", "é", "%", "<b>"]
    post_id = plaza.post_as("Maya", "Hello")
    for value in strange:
        for path in ("/api/v1/notifications", "/api/v1/timelines/public", "/api/v2/search", "/api/v1/statuses"):
            names = ("limit", "min_id", "max_id", "since_id", "offset", "q", "type", "types[]", "id[]")
            assert harbour.ask("GET", path, params=dict.fromkeys(names, value)).status_code in (200, 422), (path, value)
        assert harbour.post(value or "x", in_reply_to_id=value).status_code in (200, 404, 422)
        assert harbour.post("x", visibility=value).status_code in (200, 422)
        path = f"/api/v1/statuses/{post_id}"
        assert harbour.ask("PUT", path, json={"status": value}).json() == {"error": "This action is not allowed"}
    bodies = [
        (b'{"status": "\\ud800 lone"}', "application/json", 200),
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 422),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff\xfe=%ff", "application/x-www-form-urlencoded", 422),
    ]
    for body, kind, status in bodies:
        answer = harbour.ask("POST", "/api/v1/statuses", content=body, headers={"Content-Type": kind})
        assert answer.status_code == status, body[:20]
