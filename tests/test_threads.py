"""Threads beyond the kit: what a profile hears, what becomes a post, and what Meta sends by itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from graph_server import APP_SECRET, GraphServer, gone, no_permission
from graph_threads import LONGEST, QUOTA, TOKEN, Entry, ThreadsSide
from graph_troubles import trouble

from connectors.base import (
    Call,
    Condition,
    ConnectorError,
    Cursor,
    Delivery,
    Fault,
    Followed,
    Identity,
    Outcome,
    Post,
    Posted,
    PostStatus,
    Rejected,
    ReplyContext,
    ReplyIntent,
    SignalKind,
    SourceKind,
    Unknown,
)
from connectors.fault_proxy import FaultProxy, Mishap, Trouble
from connectors.threads import ThreadsConnector

CONNECTOR = ThreadsConnector()
FEED, MENTIONS = Followed(SourceKind.FEED), Followed(SourceKind.MENTIONS)


@pytest.fixture
def side() -> ThreadsSide:
    return ThreadsSide()


@pytest.fixture
def graph(side: ThreadsSide) -> Iterator[GraphServer]:
    with GraphServer(side, requires_proof=True) as running:
        yield running


def call_as(side: ThreadsSide, url: str) -> Call:
    secrets = {"access_token": TOKEN, "app_secret": APP_SECRET}
    return Call(url, secrets, datetime.now(UTC), account_id=side.account_id, handle="harbour")


@pytest.fixture
def call(side: ThreadsSide, graph: GraphServer) -> Call:
    return call_as(side, graph.url)


def read(call: Call, entry: Entry) -> Post:
    (state,) = CONNECTOR.refresh(call, (entry.id,))
    assert state.post is not None
    return state.post


def intent_for(parent: Post, text: str = "It lasts twelve hours.") -> ReplyIntent:
    return ReplyIntent(uuid4(), "key", parent, text, datetime.now(UTC))


def brought(call: Call, followed: Followed, cursor: Cursor | None, looks: int = 12) -> list[str]:
    seen: list[str] = []
    for _ in range(looks):
        page = CONNECTOR.fetch(call, followed, cursor)
        assert not page.gap
        seen, cursor = seen + [post.id for post in page.posts], page.cursor
        if page.complete:
            break
    return seen


def test_answers_to_our_posts_come_in_however_deep_ours_marked_and_what_is_hidden_left_out(
    side: ThreadsSide, call: Call
) -> None:
    ours = side.write("harbour", "Our lamp")
    question = side.write("maya", "Does it float?", ours)
    answer = side.write("harbour", "It does.", question)
    side.write("sam", "Buy followers!", ours, hide_status="HIDDEN")
    side.write("sam", "Not about us")
    posts = {post.id: post for post in CONNECTOR.fetch(call, FEED, None).posts}
    assert set(posts) == {question.id, answer.id}
    assert [posts[one.id].is_own for one in (question, answer)] == [False, True]
    assert (posts[answer.id].parent_id, posts[answer.id].root_id) == (question.id, ours.id)
    assert posts[question.id].url == f"https://www.threads.com/@maya/post/{question.id}"


def test_a_flood_of_answers_and_of_mentions_is_brought_in_turns_and_none_is_lost(side: ThreadsSide, call: Call) -> None:
    begun = datetime.now(UTC) - timedelta(hours=2)
    first, second = side.write("harbour", "Our lamp"), side.write("harbour", "Another")
    side.write("maya", "@harbour first", first, created=begun)
    cursors = {one: CONNECTOR.fetch(call, one, None).cursor for one in (FEED, MENTIONS)}
    later = [
        side.write("maya", f"@harbour {n}", (first, second)[n % 2], created=begun + timedelta(minutes=5, seconds=n))
        for n in range(230)
    ]
    for followed, cursor in cursors.items():
        assert brought(call, followed, cursor) == [one.id for one in later]


def test_searches_topics_and_one_conversation_are_followed(side: ThreadsSide, call: Call) -> None:
    topic = side.write("maya", "A #lamp that floats")
    word = side.write("sam", "My lamp sinks")
    answer = side.write("sam", "Does it?", topic)
    for kind, query, found in (
        (SourceKind.SEARCH, "lamp", [topic.id, word.id]),
        (SourceKind.HASHTAG, "#lamp", [topic.id]),
        (SourceKind.THREAD, topic.id, [answer.id]),
    ):
        assert brought(call, Followed(kind, query), None) == found
    for kind, query in ((SourceKind.SEARCH, " "), (SourceKind.THREAD, "../me"), (SourceKind.WEBHOOK, "x")):
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.fetch(call, Followed(kind, query), None)
        assert error.value.fault is Fault.INVALID


def test_a_container_that_is_not_published_is_no_post(side: ThreadsSide, graph: GraphServer) -> None:
    call = call_as(side, graph.url)
    intent = intent_for(read(call, side.write("maya", "@harbour does it float?")))
    side.holds = True
    outcome = CONNECTOR.reply(call, intent)
    assert isinstance(outcome, Unknown)
    assert len(side.containers) == 1
    assert CONNECTOR.find_own_reply(call, intent) is None
    assert not [one for one in graph.asked if one.startswith("POST") and "threads_publish" in one]


def test_a_post_whose_reading_back_fails_is_in_doubt_and_adopted(side: ThreadsSide, graph: GraphServer) -> None:
    question = side.write("maya", "@harbour does it float?")
    with FaultProxy(graph.url) as proxy:
        call = call_as(side, proxy.url)
        intent = intent_for(read(call, question))
        proxy.next_answer(trouble(no_permission("Permissions error")), to_write=False)
        proxy.next_answer(Trouble(Mishap.DROP), to_write=False)
        assert isinstance(CONNECTOR.reply(call, intent), Unknown)
        receipt = CONNECTOR.find_own_reply(call, intent)
        assert len(proxy.writes) == 1
    assert receipt is not None
    assert side.entries[receipt.id].parent is question


def test_the_quota_of_answers_is_told_and_kept(side: ThreadsSide, graph: GraphServer) -> None:
    call = call_as(side, graph.url)
    parent = read(call, side.write("maya", "@harbour does it float?"))
    side.used = QUOTA - 1
    outcome = CONNECTOR.reply(call, intent_for(parent))
    assert isinstance(outcome, Posted)
    assert outcome.allowance is not None
    assert outcome.allowance.remaining == 0
    assert outcome.text == "It lasts twelve hours."
    before = len([one for one in graph.asked if one.startswith("POST")])
    refused = CONNECTOR.reply(call, intent_for(parent, "And a bit."))
    assert isinstance(refused, Rejected)
    assert (refused.fault, refused.retry_at) == (Fault.RATE_LIMITED, call.now + timedelta(hours=1))
    assert len([one for one in graph.asked if one.startswith("POST")]) == before


@pytest.mark.parametrize(
    ("sign", "used"),
    [("x", 1), ("é", 1), ("汉", 1), ("😀", 4), ("👨\u200d👩\u200d👧", 18), ("🇩🇪", 8), ("❤\ufe0f", 6), ("e\u0301", 2)],
)
def test_an_emoji_counts_as_its_bytes_and_what_is_too_long_is_never_sent(
    side: ThreadsSide, graph: GraphServer, sign: str, used: int
) -> None:
    call = call_as(side, graph.url)
    parent = read(call, side.write("maya", "@harbour does it float?"))
    assert CONNECTOR.measure(sign, ReplyContext(parent, Identity.BRAND)).used == used
    before = len(graph.asked)
    refused = CONNECTOR.reply(call, intent_for(parent, sign * (LONGEST // used + 1)))
    assert isinstance(refused, Rejected)
    assert refused.fault is Fault.TOO_LONG
    assert len(graph.asked) == before
    assert isinstance(CONNECTOR.reply(call, intent_for(parent, sign * (LONGEST // used))), Posted)


@pytest.mark.parametrize("body", ['{"success": false}', "{}", "[]", '{"id": null}'])
def test_a_success_without_a_receipt_is_in_doubt(side: ThreadsSide, graph: GraphServer, body: str) -> None:
    question = side.write("maya", "@harbour does it float?")
    with FaultProxy(graph.url) as proxy:
        call = call_as(side, proxy.url)
        parent = read(call, question)
        acts: tuple[Callable[[], Outcome], ...] = (
            lambda: CONNECTOR.reply(call, intent_for(parent)),
            lambda: CONNECTOR.delete(call, question.id),
        )
        for act in acts:
            proxy.next_answer(Trouble(status=200, body=body))
            assert isinstance(act(), Unknown)


def test_what_is_not_ours_is_not_deleted_and_nothing_is_edited(side: ThreadsSide, graph: GraphServer) -> None:
    question = side.write("maya", "@harbour does it float?")
    call = call_as(side, graph.url)
    outcome = CONNECTOR.delete(call, question.id)
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.FORBIDDEN_BY_POLICY
    asked = len(graph.asked)
    assert isinstance(CONNECTOR.edit(call, question.id, "x"), Rejected)
    assert len(graph.asked) == asked


def test_refresh_tells_live_hidden_and_deleted_posts_apart(side: ThreadsSide, call: Call) -> None:
    live, hidden, deleted = (side.write("maya", f"@harbour {number}") for number in range(3))
    hidden.hide_status, deleted.gone = "COVERED", True
    states = CONNECTOR.refresh(call, (deleted.id, live.id, hidden.id))
    assert [one.status for one in states] == [PostStatus.DELETED, PostStatus.LIVE, PostStatus.HIDDEN]


def test_a_mention_that_may_not_be_read_alone_is_not_taken_for_deleted(side: ThreadsSide, graph: GraphServer) -> None:
    named = side.write("maya", "@harbour does it float?")
    with FaultProxy(graph.url) as proxy:
        proxy.next_answer(trouble(gone("GET", named.id)), to_write=False)
        (state,) = CONNECTOR.refresh(call_as(side, proxy.url), (named.id,))
    assert state.status is PostStatus.LIVE
    assert state.post is not None


def test_a_thread_whose_rest_we_may_not_see_is_told_as_cut(side: ThreadsSide, graph: GraphServer) -> None:
    answer = side.write("maya", "@harbour?", side.write("sam", "About lamps"))
    with FaultProxy(graph.url) as proxy:
        call = call_as(side, proxy.url)
        assert len(CONNECTOR.thread(call, answer.id).posts) == 2
        root = side.entries[answer.root.id]
        root.gone = True
        thread = CONNECTOR.thread(call, answer.id)
    assert ([post.id for post in thread.posts], thread.truncated, thread.root_id) == ([answer.id], True, root.id)


def test_a_conversation_of_5000_answers_is_read_whole_and_a_longer_one_is_cut(side: ThreadsSide, call: Call) -> None:
    ours = side.write("harbour", "Our lamp")
    begun = datetime.now(UTC) - timedelta(hours=9)
    for number in range(5_000):
        side.write("maya", f"Number {number}", ours, created=begun + timedelta(seconds=number))
    thread = CONNECTOR.thread(replace(call, timeout=60), ours.id)
    assert (len(thread.posts), thread.truncated) == (5_001, False)
    side.write("maya", "One more", ours)
    assert CONNECTOR.thread(replace(call, timeout=60), ours.id).truncated


def test_outcomes_bring_likes_shares_answers_and_removals(side: ThreadsSide, call: Call) -> None:
    ours = side.write("harbour", "It does.", side.write("maya", "@harbour?"), likes=3, quotes=2)
    thanks = side.write("maya", "Thanks!", ours)
    side.write("harbour", "Welcome", ours)
    signals = CONNECTOR.outcomes(call, (ours.id,))
    assert [(one.kind, one.value) for one in signals[:2]] == [(SignalKind.LIKES, 3), (SignalKind.SHARES, 2)]
    assert [one.post.id for one in signals if one.post] == [thanks.id]
    side.tells_insights = False
    assert [one.kind for one in CONNECTOR.outcomes(call, (ours.id,))] == [SignalKind.ANSWERED]
    ours.gone = True
    assert [one.kind for one in CONNECTOR.outcomes(call, (ours.id,))] == [SignalKind.REMOVED]


def test_an_account_that_was_never_connected_reads_nothing(side: ThreadsSide, call: Call) -> None:
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(replace(call, account_id=""), FEED, None)
    assert error.value.fault is Fault.INVALID
    health = CONNECTOR.check(replace(call, account_id="", handle=""))
    assert (health.condition, health.account_id, health.handle) == (Condition.OK, side.account_id, "harbour")


def received(side: ThreadsSide, graph: GraphServer, body: dict[str, Any]) -> tuple[Post, ...]:
    return CONNECTOR.receive(call_as(side, graph.url), Delivery(*graph.delivery(body)))


def test_a_webhook_brings_what_the_api_would(side: ThreadsSide, graph: GraphServer, call: Call) -> None:
    question = side.write("maya", "Does it float?", side.write("harbour", "Our lamp"))
    (told,) = received(side, graph, side.change(question))
    assert told == read(call, question)
    named = side.write("sam", "@harbour?", side.write("maya", "About lamps"))
    (mention,) = received(side, graph, side.change(named, "mentions"))
    assert mention.mentioned == {side.account_id}
    body = side.change(question)
    (again,) = received(side, graph, {**body, "values": [body["values"]]})
    assert again == told


def test_a_webhook_about_others_or_other_things_brings_nothing(side: ThreadsSide, graph: GraphServer) -> None:
    elsewhere = side.write("sam", "x", side.write("maya", "About lamps"))
    ours = side.write("sam", "x", side.write("harbour", "About lamps"))
    assert received(side, graph, side.change(elsewhere)) == ()
    assert received(side, graph, side.change(ours, "delete")) == ()


@pytest.mark.parametrize("bent", ["signature", "old", "no_time"])
def test_a_webhook_that_is_forged_or_stale_is_refused(side: ThreadsSide, graph: GraphServer, bent: str) -> None:
    body = side.change(side.write("maya", "Does it float?", side.write("harbour", "Our lamp")))
    if bent == "old":
        body["time"] -= 38 * 3_600
    if bent == "no_time":
        del body["time"]
    headers, content = graph.delivery(body, "another" if bent == "signature" else APP_SECRET)
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.receive(call_as(side, graph.url), Delivery(headers, content))
    assert error.value.fault is Fault.AUTH
