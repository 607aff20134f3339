"""The WordPress connector on a line that lies; what a real site does is in test_servers_wordpress."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors._wordpress_parse import CommentId, Reader, as_stored, says
from connectors.base import (
    Author,
    Call,
    Condition,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Identity,
    Outcome,
    PendingRemote,
    Post,
    Posted,
    PostStatus,
    Rejected,
    ReplyContext,
    ReplyIntent,
    SourceKind,
    Unknown,
)
from connectors.fault_proxy import FaultProxy, Trouble
from connectors.wordpress import LIMIT, WordPressConnector

CONNECTOR = WordPressConnector()
READER = Reader("2", "Harbour Support", "news.example/blog")
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EVERYTHING = Followed(SourceKind.FEED)
PARENT = Post("4:2", "Hello", Author("guest:sam", "Sam"), NOW)
CONTEXT = ReplyContext(PARENT, Identity.BRAND)
COMMENT: dict[str, Any] = {
    "id": 2,
    "post": 4,
    "parent": 0,
    "author": 0,
    "author_name": "Sam",
    "author_url": "https://sam.example/",
    "date": "2026-11-21T17:26:48",
    "date_gmt": "2026-11-21T11:56:48",
    "content": {"rendered": "<p>Hello &#8220;you&#8221; \U0001f642 &#038; <b>x</b> 3&#215;4</p>\n"},
    "link": "https://news.example/blog/how/#comment-2",
    "status": "approved",
    "type": "comment",
    "author_avatar_urls": {"24": "https://gravatar.example/avatar/x?s=24"},
    "meta": [],
    "_links": {"up": [{"embeddable": True, "post_type": "post", "href": "https://news.example/wp/v2/posts/4"}]},
}
NEIGHBOUR = COMMENT | {"id": 3, "parent": 2, "author": 2, "author_name": "Harbour Support"}


@pytest.fixture
def line() -> Iterator[FaultProxy]:
    """A site that is nothing but the answers a test gives it."""
    with FaultProxy("http://127.0.0.1:9") as running:
        yield running


@pytest.fixture
def call(line: FaultProxy) -> Call:
    secrets = {"username": "jo from süd", "application_password": "abcd EFGH 1234"}
    return Call(f"{line.url}/blog", secrets, NOW, account_id="2", handle="Harbour Support", timeout=5)


def answering(body: Any, status: int = 200, **headers: str) -> Trouble:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Trouble(status=status, body=body if isinstance(body, str) else json.dumps(body), headers=named)


def refusing(status: int, code: str) -> Trouble:
    return answering({"code": code, "message": "No.", "data": {"status": status}}, status)


def replied(call: Call, line: FaultProxy, trouble: Trouble, parent: Post = PARENT) -> Outcome:
    line.next_answer(trouble)
    return CONNECTOR.reply(call, ReplyIntent(uuid4(), "", parent, "It lasts < 12 hours.", NOW))


def test_a_real_comment_is_read_whole() -> None:
    post = READER.post(COMMENT)
    assert (post.id, post.parent_id, post.root_id) == ("4:2", None, "4:2")
    assert post.text == "Hello “you” \U0001f642 & x 3×4"
    assert post.author == Author("guest:sam", "Sam", "Sam", "https://sam.example/")
    assert (post.created_at, post.venue) == (datetime(2026, 11, 21, 11, 56, 48, tzinfo=UTC), "news.example/blog")
    assert (post.is_own, post.is_public) == (False, True)
    ours = READER.post(NEIGHBOUR)
    assert (ours.is_own, ours.parent_id, ours.root_id) == (True, "4:2", None)


@pytest.mark.parametrize("name", ["2", "  2 ", "guest:2", "harbour support"])
def test_a_visitor_never_passes_for_somebody_with_an_account(name: str) -> None:
    post = READER.post(COMMENT | {"author_name": name})
    assert not post.is_own
    assert post.author.id.startswith("guest:")


def test_a_comment_that_names_us_is_addressed_to_us() -> None:
    named = COMMENT | {"content": {"rendered": "<p>Thanks @harbour support!</p>"}}
    assert READER.post(named).mentioned == {"2"}
    assert not READER.post(COMMENT).mentioned


def test_what_waits_for_moderators_or_is_no_comment_stays_out() -> None:
    posts, skipped = READER.posts(
        [COMMENT | {"id": 8, "status": "hold"}, COMMENT | {"id": 9, "type": "pingback"}, COMMENT]
    )
    assert [post.id for post in posts] == ["4:2"]
    assert [one.id for one in skipped] == ["4:8", "9"]


@pytest.mark.parametrize(
    ("identity", "is_one"),
    [("4:2", True), ("4", False), ("4:", False), (":2", False), ("4:0", False), ("4:2:1", False), ("٤:2", False),
     ("4:../2", False), ("4:" + "9" * 21, False), ("", False)],
)  # fmt: skip
def test_an_id_is_two_numbers(identity: str, is_one: bool) -> None:
    assert (CommentId.read(identity) is not None) is is_one
    if not is_one:
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.refresh(Call("https://a.example", {}, NOW), (identity,))
        assert error.value.fault is Fault.INVALID


@settings(deadline=None)
@given(path=st.sampled_from(list(places(COMMENT))), hostile=HOSTILE, removed=st.booleans())
def test_a_broken_comment_takes_no_neighbour_along(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    posts, skipped = READER.posts([mutated(COMMENT, path, hostile, removed), NEIGHBOUR])
    assert len(posts) + len(skipped) == 2
    assert READER.post(NEIGHBOUR) in posts
    for post in posts:
        assert CommentId.read(post.id) is not None
        assert post.created_at.utcoffset() == timedelta(0)
        for text in (post.text, post.author.handle, post.author.id, post.url):
            assert "\x00" not in text
            text.encode()


@settings(deadline=None, max_examples=60)
@given(
    path=st.sampled_from(list(places([COMMENT, NEIGHBOUR]))),
    hostile=HOSTILE,
    removed=st.booleans(),
    cursor=st.sampled_from([None, '{"after":"2026-11-21T11:00:00+00:00","page":1,"seen":["3"],"held":["9"]}']),
)
def test_a_page_that_was_mutated_is_read_or_refused_and_its_cursor_is_json(
    path: tuple[Any, ...], hostile: Any, removed: bool, cursor: Cursor | None
) -> None:
    body = json.dumps(mutated([COMMENT, NEIGHBOUR], path, hostile, removed))
    with FaultProxy("http://127.0.0.1:9") as lying:
        for _ in range(3):
            lying.next_answer(Trouble(status=200, body=body), to_write=False)
        secrets = {"username": "x", "application_password": "y"}
        page = CONNECTOR.fetch(Call(lying.url, secrets, NOW, account_id="2"), EVERYTHING, cursor)
        assert isinstance(json.loads(page.cursor or ""), dict)


@given(st.text(max_size=200))
def test_what_we_write_is_shown_as_the_very_letters(text: str) -> None:
    rendered = CONNECTOR.render(text, CONTEXT)
    assert CONNECTOR.render(rendered, CONTEXT) == rendered
    raw = {"id": 1, "post": 1, "content": {"raw": as_stored(rendered), "rendered": ""}}
    assert says(raw, rendered) or not rendered.strip()


@pytest.mark.parametrize(
    ("shown", "text", "is_same"),
    [
        ("<p>3&#215;4 hours \U0001f642 &#8212; &#8220;really&#8221;&#8230;</p>", '3x4 hours :) -- "really"...', True),
        ('<a href="https://a.example/x?y&#038;z">https://a.example/x?y&#038;z</a>', "https://a.example/x?y&z", True),
        ("<p>It lasts 12 hours</p>", "It lasts 13 hours", False),
        ("<p>WordPress</p>", "Wordpress", True),
    ],
)  # fmt: skip
def test_typography_does_not_hide_a_reply_of_ours(shown: str, text: str, is_same: bool) -> None:
    assert says({"content": {"rendered": shown}}, text) is is_same


def test_a_reply_is_counted_in_the_bytes_of_its_html() -> None:
    assert CONNECTOR.measure("a & b", CONTEXT).used == len("a &amp; b")
    assert CONNECTOR.measure("é<", CONTEXT).used == 6
    assert CONNECTOR.measure("x" * LIMIT, CONTEXT).fits
    assert not CONNECTOR.measure("&" * (LIMIT // 4), CONTEXT).fits


@pytest.mark.parametrize(
    ("status", "kind"),
    [("approved", Posted), ("hold", PendingRemote), ("spam", PendingRemote), ("trash", Rejected), (None, Posted)],
)
def test_a_comment_is_public_or_with_the_moderators(call: Call, line: FaultProxy, status: str, kind: type) -> None:
    assert type(replied(call, line, answering(COMMENT | {"id": 7, "status": status}, 201))) is kind
    assert len(line.seen) == 1


def test_a_reply_names_the_account_its_article_and_its_parent(call: Call, line: FaultProxy) -> None:
    outcome = replied(call, line, answering(NEIGHBOUR, 201))
    assert isinstance(outcome, Posted)
    assert outcome.receipt.id == "4:3"
    (seen,) = line.seen
    assert (seen.method, seen.path) == ("POST", "/blog/?rest_route=%2Fwp%2Fv2%2Fcomments")
    assert seen.headers["Authorization"] == "Basic am8gZnJvbSBzw7xkOmFiY2RFRkdIMTIzNA=="


@pytest.mark.parametrize(
    ("status", "code", "fault"),
    [
        (409, "comment_duplicate", Fault.DUPLICATE),
        (400, "comment_flood", Fault.RATE_LIMITED),
        (429, "anything", Fault.RATE_LIMITED),
        (400, "comment_content_column_length", Fault.TOO_LONG),
        (400, "rest_comment_content_invalid", Fault.INVALID),
        (401, "rest_comment_login_required", Fault.AUTH),
        (403, "rest_comment_closed", Fault.FORBIDDEN_BY_POLICY),
        (403, "rest_comment_trash_post", Fault.GONE),
        (404, "rest_comment_invalid_id", Fault.GONE),
        (404, "rest_no_route", Fault.INVALID),
    ],
)
def test_a_refusal_is_named_by_its_code(call: Call, line: FaultProxy, status: int, code: str, fault: Fault) -> None:
    outcome = replied(call, line, refusing(status, code))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is fault
    assert code in outcome.detail
    assert (outcome.retry_at == NOW + timedelta(seconds=15)) is (fault is Fault.RATE_LIMITED)


@pytest.mark.parametrize("body", ["{}", "[]", '{"id": 3}', '{"id": "x", "post": 4}', "<p>", "", "[" * 5_000])
def test_a_success_without_a_comment_is_not_known(call: Call, line: FaultProxy, body: str) -> None:
    assert isinstance(replied(call, line, answering(body, 201)), Unknown)
    assert len(line.writes) == 1


@pytest.mark.parametrize("body", ["{}", "null", '{"code": "x", "message": "y"}', "7", "<p>", "[", ""])
def test_a_listing_that_is_none_is_a_passing_fault(call: Call, line: FaultProxy, body: str) -> None:
    line.next_answer(answering(body), to_write=False)
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call, EVERYTHING, None)
    assert error.value.fault is Fault.TRANSIENT


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(call: Call, line: FaultProxy, status: int) -> None:
    with FaultProxy("http://127.0.0.1:9") as elsewhere:
        away = answering("", status, Location=f"{elsewhere.url}/blog/")
        assert isinstance(replied(call, line, away), Unknown if status == 303 else Rejected)
        line.next_answer(away, to_write=False)
        assert CONNECTOR.check(call).condition is Condition.DOWN
        assert elsewhere.seen == []


@pytest.mark.parametrize("base", ["http://news.example", "ftp://a.example", "https://", "", "https://u:p@a.example"])
def test_no_password_leaves_for_an_address_that_is_not_safe(call: Call, base: str) -> None:
    outcome = CONNECTOR.delete(replace(call, base_url=base), "4:2")
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.INVALID


@pytest.mark.parametrize(
    "secrets",
    [
        {},
        {"username": "jo", "application_password": ""},
        {"username": "jo:x", "application_password": "y"},
        {"username": "jo\n", "application_password": "é"},
        {"username": "j\x00o", "application_password": "y"},
    ],
)
def test_without_a_usable_password_nothing_is_sent(call: Call, line: FaultProxy, secrets: dict[str, str]) -> None:
    outcome = CONNECTOR.delete(replace(call, secrets=secrets), "4:2")
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.AUTH
    assert line.seen == []


def test_sources_are_read_unnamed_unless_the_site_is_closed(call: Call, line: FaultProxy) -> None:
    for options in ({}, {"read_as_account": "yes"}):
        line.next_answer(answering([COMMENT]), to_write=False)
        line.next_answer(refusing(403, "rest_forbidden_param"), to_write=False)
        page = CONNECTOR.fetch(replace(call, options=options), EVERYTHING, None)
        assert [post.id for post in page.posts] == ["4:2"]
    assert ["Authorization" in seen.headers for seen in line.seen] == [False, True, True, True]


def test_times_are_asked_for_in_utc(call: Call, line: FaultProxy) -> None:
    for _ in range(2):
        line.next_answer(answering([]), to_write=False)
    CONNECTOR.fetch(call, EVERYTHING, Cursor('{"after":"2026-11-21T13:00:00+02:00"}'))
    assert "after=2026-11-21T11%3A00%3A00Z" in line.seen[0].path


@pytest.mark.parametrize("cursor", ["", "[]", "{", "7", "null", '{"after": 7}', "[" * 5_000])
def test_a_cursor_that_cannot_be_read_starts_anew_and_says_so(call: Call, line: FaultProxy, cursor: str) -> None:
    for body in ([COMMENT], []):
        line.next_answer(answering(body), to_write=False)
    page = CONNECTOR.fetch(call, EVERYTHING, Cursor(cursor))
    assert page.gap
    assert [post.id for post in page.posts] == ["4:2"]


def test_a_clock_that_is_years_ahead_hides_nothing(call: Call, line: FaultProxy) -> None:
    ahead = COMMENT | {"id": 5, "date_gmt": "2036-01-01T00:00:00"}
    line.next_answer(answering([ahead, COMMENT]), to_write=False)
    line.next_answer(answering([]), to_write=False)
    page = CONNECTOR.fetch(call, EVERYTHING, None)
    assert [post.id for post in page.posts] == ["4:2", "4:5"]
    later = COMMENT | {"id": 6, "date_gmt": "2026-11-21T12:00:30"}
    line.next_answer(answering([later, ahead]), to_write=False)
    line.next_answer(answering([]), to_write=False)
    page = CONNECTOR.fetch(replace(call, now=NOW + timedelta(minutes=1)), EVERYTHING, page.cursor)
    assert [post.id for post in page.posts] == ["4:6"]
    assert "after=2026-11-21T11%3A51%3A48Z" in line.seen[2].path


def test_a_giant_thread_is_read_in_order_and_says_that_there_is_more(call: Call, line: FaultProxy) -> None:
    for page in range(50):
        newest = 5_100 - 100 * page
        comments = [COMMENT | {"id": one, "parent": one - 1} for one in range(newest, newest - 100, -1)]
        line.next_answer(answering(comments, X_WP_TotalPages="60"), to_write=False)
    line.next_answer(answering([COMMENT | {"id": 100, "parent": 7}]), to_write=False)
    line.next_answer(answering([]), to_write=False)
    thread = CONNECTOR.thread(call, "4:5100")
    assert thread.truncated
    assert thread.root_id == "4:100"
    assert [post.id for post in thread.posts] == [f"4:{one}" for one in range(100, 5_101)]


def test_what_becomes_of_a_comment_is_told_by_where_the_site_keeps_it(call: Call, line: FaultProxy) -> None:
    line.next_answer(answering([COMMENT | {"id": 1}]), to_write=False)
    for kept in ("hold", "trash", "spam", "approved"):
        line.next_answer(answering(COMMENT | {"id": 2, "status": kept}), to_write=False)
    line.next_answer(refusing(404, "rest_comment_invalid_id"), to_write=False)
    line.next_answer(refusing(403, "rest_cannot_read"), to_write=False)
    states = CONNECTOR.refresh(call, ("4:1", "4:2", "4:2", "4:2", "4:2", "4:2", "4:2"))
    hidden, gone = PostStatus.HIDDEN, PostStatus.DELETED
    assert [state.status for state in states] == [PostStatus.LIVE, hidden, gone, gone, hidden, gone, hidden]


def test_a_page_of_a_firewall_does_not_make_a_comment_count_as_deleted(call: Call, line: FaultProxy) -> None:
    line.next_answer(answering([]), to_write=False)
    line.next_answer(answering("<h1>Not found</h1>", 404), to_write=False)
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.refresh(call, ("4:2",))
    assert error.value.fault is Fault.INVALID


def test_a_site_without_a_trash_is_asked_to_erase(call: Call, line: FaultProxy) -> None:
    line.next_answer(answering({"deleted": True, "previous": COMMENT}))
    assert isinstance(CONNECTOR.delete(replace(call, options={"erase": "yes"}), "4:2"), Posted)
    assert line.writes[0].path.endswith("force=true")
    line.next_answer(answering({"deleted": False}))
    assert isinstance(CONNECTOR.delete(call, "4:2"), Unknown)
    line.next_answer(refusing(410, "rest_already_trashed"))
    assert isinstance(CONNECTOR.delete(call, "4:2"), Posted)


@pytest.mark.parametrize(
    "followed",
    [
        Followed(SourceKind.MENTIONS),
        Followed(SourceKind.HASHTAG, "x"),
        Followed(SourceKind.SEARCH, " "),
        Followed(SourceKind.FEED, "4; drop"),
        Followed(SourceKind.THREAD, "https://a.example/"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused_before_anything_is_asked(
    call: Call, line: FaultProxy, followed: Followed
) -> None:
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call, followed, None)
    assert error.value.fault is Fault.INVALID
    assert line.seen == []
