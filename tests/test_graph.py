"""What all of Meta's platforms share: refusals by their numbers, limits in hundredths, pages that lead nowhere else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from graph_page import TOKEN, PageSide
from graph_server import APP_SECRET, GraphError, GraphServer
from graph_troubles import TOO_MANY, business_usage, trouble
from hypothesis import given
from hypothesis import strategies as st

from connectors._facebook_sources import GRAPH
from connectors._graph_errors import allowance, said, waits
from connectors._line import Answer
from connectors._mark import OVERLAP, Found, Mark, page_of
from connectors.base import Author, Call, Condition, ConnectorError, Cursor, Fault, Followed, Post, SourceKind, Unknown
from connectors.facebook import FacebookConnector
from connectors.fault_proxy import FaultProxy, Trouble

CONNECTOR = FacebookConnector()
FEED = Followed(SourceKind.FEED)
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def side() -> PageSide:
    return PageSide()


@pytest.fixture
def graph(side: PageSide) -> Iterator[GraphServer]:
    with GraphServer(side, requires_proof=True) as running:
        yield running


def call_as(side: PageSide, url: str) -> Call:
    secrets = {"access_token": TOKEN, "app_secret": APP_SECRET}
    return Call(url, secrets, datetime.now(UTC), account_id=side.page.id, handle="harbour")


def answering(body: object, headers: dict[str, str] | None = None) -> Answer:
    return Answer(400, headers or {}, body, True)


@pytest.mark.parametrize(
    ("code", "subcode", "fault"),
    [
        (1, 0, Fault.TRANSIENT),
        (2, 0, Fault.TRANSIENT),
        (3, 0, Fault.FORBIDDEN_BY_POLICY),
        (4, 0, Fault.RATE_LIMITED),
        (10, 0, Fault.FORBIDDEN_BY_POLICY),
        (17, 2_446_079, Fault.RATE_LIMITED),
        (32, 0, Fault.RATE_LIMITED),
        (100, 0, Fault.INVALID),
        (100, 33, Fault.GONE),
        (102, 0, Fault.AUTH),
        (190, 460, Fault.AUTH),
        (200, 0, Fault.FORBIDDEN_BY_POLICY),
        (299, 0, Fault.FORBIDDEN_BY_POLICY),
        (368, 0, Fault.FORBIDDEN_BY_POLICY),
        (506, 0, Fault.DUPLICATE),
        (613, 0, Fault.RATE_LIMITED),
        (803, 0, Fault.GONE),
        (80_001, 0, Fault.RATE_LIMITED),
        (999_999, 0, Fault.INVALID),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 403])
def test_the_number_decides_whatever_the_status_says(
    side: PageSide, graph: GraphServer, code: int, subcode: int, fault: Fault, status: int
) -> None:
    if (status, fault) == (403, Fault.INVALID):
        fault = Fault.FORBIDDEN_BY_POLICY
    with FaultProxy(graph.url) as proxy:
        proxy.next_answer(trouble(GraphError(code, "No.", subcode), status=status), to_write=False)
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.fetch(call_as(side, proxy.url), FEED, None)
    assert error.value.fault is fault
    assert f"(#{code}, {subcode})" in error.value.detail


@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_write_that_broke_inside_may_have_been_done(side: PageSide, graph: GraphServer, status: int) -> None:
    with FaultProxy(graph.url) as proxy:
        proxy.next_answer(trouble(GraphError(2, "Service temporarily unavailable", is_transient=True), status=status))
        assert isinstance(GRAPH.write(call_as(side, proxy.url), "POST", "/1_2/comments", {"message": "x"}), Unknown)


def test_a_spent_limit_says_when_it_reopens_and_without_a_word_after_an_hour(
    side: PageSide, graph: GraphServer
) -> None:
    call = call_as(side, graph.url)
    for headers, wait in ((business_usage(100, 7), timedelta(minutes=7)), ({}, timedelta(hours=1))):
        with FaultProxy(graph.url) as proxy:
            proxy.next_answer(trouble(TOO_MANY, headers), to_write=False)
            with pytest.raises(ConnectorError) as error:
                CONNECTOR.fetch(replace(call, base_url=proxy.url), FEED, None)
        assert error.value.retry_at == call.now + wait


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({"X-App-Usage": '{"call_count":28,"total_time":25,"total_cputime":25}'}, 72),
        (business_usage(95, 0), 5),
        ({"X-App-Usage": '{"call_count":28}', **business_usage(140, 0)}, 0),
        ({"X-App-Usage": '{"call_count":"x","total_time":-3,"total_cputime":NaN}'}, None),
        ({"X-App-Usage": "nonsense", "X-Business-Use-Case-Usage": "[[]]"}, None),
        ({}, None),
    ],
)
def test_what_is_left_is_told_in_hundredths_of_the_limit_that_is_nearest(
    headers: dict[str, str], left: int | None
) -> None:
    told = allowance(answering({}, headers), NOW)
    assert (told.remaining if told else None) == left


def test_a_look_tells_the_host_how_much_is_left(side: PageSide, graph: GraphServer) -> None:
    graph.usage = business_usage(40, 0)
    page = CONNECTOR.fetch(call_as(side, graph.url), FEED, None)
    assert page.allowance is not None
    assert page.allowance.remaining == 60


@given(st.dictionaries(st.sampled_from(["code", "error_subcode", "message", "error_user_msg"]), st.none() | st.text()))
def test_any_error_can_be_told(error: dict[str, object]) -> None:
    for body in ({"error": error}, {"error": list(error)}, error):
        assert isinstance(said(answering(body)), str)
        assert waits(answering(body)) is None


def test_the_token_goes_in_a_header_to_our_host_alone(side: PageSide, graph: GraphServer) -> None:
    ours = side.post(side.page, "Our lamp")
    for number in range(130):
        side.comment(side.maya, f"Number {number}", ours)
    first = CONNECTOR.fetch(call_as(side, graph.url), FEED, None)
    CONNECTOR.fetch(call_as(side, graph.url), FEED, first.cursor)
    CONNECTOR.thread(call_as(side, graph.url), ours.id)
    assert any("after=" in one for one in graph.asked)
    assert not [one for one in graph.asked if "access_token" in one or TOKEN in one or APP_SECRET in one]


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.1:9/x", "https://evil.example/v25.0/x", "//x", "javascript:1"])
def test_a_next_page_on_another_host_is_refused(side: PageSide, graph: GraphServer, elsewhere: str) -> None:
    body = json.dumps({"data": [], "paging": {"cursors": {"after": "a"}, "next": elsewhere}})
    with FaultProxy(graph.url) as proxy:
        proxy.next_answer(Trouble(status=200, body=body), to_write=False)
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.fetch(call_as(side, proxy.url), FEED, Mark(datetime.now(UTC)).closed())
        assert len(proxy.seen) == 1
    assert error.value.fault is Fault.INVALID


def test_a_redirect_to_another_host_is_refused(side: PageSide, graph: GraphServer) -> None:
    with GraphServer(PageSide()) as other, FaultProxy(graph.url) as proxy:
        proxy.next_answer(Trouble(status=302, headers={"Location": f"{other.url}/v25.0/me"}), to_write=False)
        assert CONNECTOR.check(call_as(side, proxy.url)).condition is Condition.DOWN
        assert other.asked == []


def test_a_list_that_leads_to_itself_ends(side: PageSide, graph: GraphServer) -> None:
    body = json.dumps({"data": [], "paging": {"cursors": {"after": "a"}, "next": f"{graph.url}/v25.0/x?after=a"}})
    with FaultProxy(graph.url) as proxy:
        call = call_as(side, proxy.url)
        body = body.replace(graph.url, proxy.url)
        for _ in range(50):
            proxy.next_answer(Trouble(status=200, body=body), to_write=False)
        assert GRAPH.listed(call, "/x", {}, most_pages=50).rows == []
        assert len(proxy.seen) == 2


def test_a_list_that_is_paged_by_time_is_read_to_its_end(side: PageSide, graph: GraphServer) -> None:
    with FaultProxy(graph.url) as proxy:
        further = f"{proxy.url}/v25.0/x?limit=2&until=1520383571&__paging_token=enc&access_token=stolen"
        for body in ({"data": [{"id": "1"}], "paging": {"next": further}}, {"data": [{"id": "2"}]}):
            proxy.next_answer(Trouble(status=200, body=json.dumps(body)), to_write=False)
        assert GRAPH.listed(call_as(side, proxy.url), "/x", {"limit": "2"}, most_pages=5).rows == [
            {"id": "1"},
            {"id": "2"},
        ]
        asked = urlsplit(proxy.seen[1].path).query
    assert "until=1520383571" in asked
    assert "stolen" not in asked


def test_the_version_is_the_account_s_to_choose(side: PageSide, graph: GraphServer) -> None:
    call = call_as(side, graph.url)
    assert CONNECTOR.check(replace(call, options={"graph_version": "v26.0"})).condition is Condition.OK
    assert graph.asked[-1].startswith("GET /v26.0/me")
    assert CONNECTOR.check(replace(call, options={"graph_version": "v12.0"})).condition is Condition.DOWN
    for bent in ("26", "../x", "v25.0/../me", "v25.0\n"):
        health = CONNECTOR.check(replace(call, options={"graph_version": bent}))
        assert health.condition is (Condition.OK if bent.strip() == "v25.0" else Condition.DOWN)


def test_without_the_app_s_secret_no_proof_is_sent_and_a_wrong_one_asks_for_a_new_sign_in(side: PageSide) -> None:
    with GraphServer(side) as graph:
        call = call_as(side, graph.url)
        assert CONNECTOR.check(replace(call, secrets={"access_token": TOKEN})).condition is Condition.OK
        assert "appsecret_proof" not in graph.asked[-1]
        wrong = {"access_token": TOKEN, "app_secret": "of-another-app"}
        assert CONNECTOR.check(replace(call, secrets=wrong)).condition is Condition.REAUTH


def test_meta_s_words_about_a_token_never_repeat_it() -> None:
    told = said(answering({"error": {"code": 190, "message": f"Malformed access token {TOKEN}"}}))
    assert TOKEN not in told
    assert "not valid" in told


def post_at(moment: datetime, identity: str = "1") -> Post:
    return Post(identity, "x", Author("2", "maya"), moment)


def test_a_post_from_the_future_hides_nothing_that_is_written_until_then() -> None:
    page = page_of(Found([post_at(NOW + timedelta(days=900))]), Mark(NOW - timedelta(hours=1)), NOW)
    assert len(page.posts) == 1
    mark = Mark.opened(page.cursor)
    assert not mark.knows(post_at(NOW + timedelta(seconds=1), "2"))
    assert mark.knows(page.posts[0])


def test_a_source_that_was_empty_loses_nothing_of_what_comes_then() -> None:
    empty = page_of(Found([]), Mark(), NOW)
    later = [post_at(NOW + timedelta(seconds=number), str(number)) for number in range(100)]
    seen: list[str] = []
    cursor = empty.cursor
    for _ in range(3):
        page = page_of(Found(later), Mark.opened(cursor), NOW + timedelta(hours=1))
        cursor, seen = page.cursor, seen + [post.id for post in page.posts]
    assert seen == [post.id for post in later]


@given(st.text() | st.sampled_from(['{"after": 9e99, "seen": {}}', '{"after": 1, "seen": []}', "[" * 9_000]))
def test_a_cursor_that_cannot_be_read_starts_anew_and_says_so(text: str) -> None:
    mark = Mark.opened(Cursor(text))
    assert mark.after is None or text.startswith("{")
    assert page_of(Found([]), mark, NOW).gap == mark.lost


@given(st.lists(st.integers(0, 10_000), max_size=120, unique=True), st.integers(0, 10_000))
def test_however_posts_come_each_is_brought_once(times: list[int], start: int) -> None:
    posts = [post_at(NOW + timedelta(seconds=one), str(one)) for one in times]
    mark = Mark(NOW + timedelta(seconds=start))
    wanted = [post.id for post in sorted(posts, key=lambda one: one.created_at) if not mark.knows(post)]
    seen: list[str] = []
    for _ in range(len(posts) + 1):
        page = page_of(Found(posts), mark, NOW + timedelta(days=1))
        mark, seen = Mark.opened(page.cursor), seen + [post.id for post in page.posts]
        if page.complete:
            break
    assert seen == wanted
    assert timedelta(0) < OVERLAP
