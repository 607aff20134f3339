"""Facebook beyond the kit: what a Page hears, what it may answer, and what Meta sends by itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from graph_page import PERSON_TOKEN, TOKEN, Entry, PageSide
from graph_server import APP_SECRET, GraphError, GraphServer
from graph_troubles import trouble

from connectors.base import (
    Author,
    Call,
    Condition,
    ConnectorError,
    Delivery,
    Fault,
    Followed,
    Handoff,
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
    Yes,
)
from connectors.facebook import LONGEST, FacebookConnector
from connectors.fault_proxy import FaultProxy, Mishap, Trouble

CONNECTOR = FacebookConnector()
FEED, MENTIONS = Followed(SourceKind.FEED), Followed(SourceKind.MENTIONS)


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


@pytest.fixture
def call(side: PageSide, graph: GraphServer) -> Call:
    return call_as(side, graph.url)


def read(call: Call, entry: Entry) -> Post:
    (state,) = CONNECTOR.refresh(call, (entry.id,))
    assert state.post is not None
    return state.post


def intent_for(parent: Post, text: str = "It lasts twelve hours.") -> ReplyIntent:
    return ReplyIntent(uuid4(), "key", parent, text, datetime.now(UTC))


def test_the_feed_brings_comments_visitors_posts_and_our_own_marked(side: PageSide, call: Call) -> None:
    ours = side.post(side.page, "Our lamp")
    visit = side.post(side.maya, "Hello Harbour")
    question = side.comment(side.maya, "Does it float?", ours)
    answer = side.comment(side.page, "It does.", question)
    side.post(side.maya, "not for all", audience="SELF")
    side.comment(side.maya, "hidden", ours, hidden=True)
    posts = {post.id: post for post in CONNECTOR.fetch(call, FEED, None).posts}
    assert set(posts) == {ours.id, visit.id, question.id, answer.id}
    assert [posts[one.id].is_own for one in (ours, visit, question, answer)] == [True, False, False, True]
    assert (posts[answer.id].parent_id, posts[answer.id].root_id) == (question.id, ours.id)
    assert (posts[question.id].parent_id, posts[question.id].venue) == (ours.id, f"facebook.com/{side.page.id}")
    assert posts[question.id].author == Author("7001", "Maya Okafor", "Maya Okafor", "https://www.facebook.com/7001")


def test_comments_below_older_posts_are_found_and_a_flood_is_brought_in_turns(side: PageSide, call: Call) -> None:
    begun = datetime.now(UTC) - timedelta(hours=2)
    posts = [side.post(side.page, f"Post {n}", created=begun + timedelta(seconds=n)) for n in range(60)]
    cursor = CONNECTOR.fetch(call, FEED, None).cursor
    flood = [
        side.comment(side.maya, f"Number {n}", posts[n % 3], created=begun + timedelta(minutes=5, seconds=n))
        for n in range(330)
    ]
    seen: list[str] = []
    for _ in range(20):
        page = CONNECTOR.fetch(call, FEED, cursor)
        seen, cursor = seen + [post.id for post in page.posts], page.cursor
        assert not page.gap
        if page.complete:
            break
    assert [one for one in seen if one in {each.id for each in flood}] == [each.id for each in flood]
    assert len(seen) == len(set(seen))


def test_posts_that_tag_us_are_handed_to_a_person(side: PageSide, call: Call) -> None:
    tagged = side.tag(side.maya, "Have a look at Harbour")
    (post,) = CONNECTOR.fetch(call, MENTIONS, None).posts
    assert post.id == tagged.id
    assert post.mentioned == {side.page.id}
    assert post.author.id == f"unnamed-{tagged.id}"
    permission = CONNECTOR.can_reply(call, post)
    assert isinstance(permission, Handoff)
    assert permission.url == post.url
    assert CONNECTOR.refresh(call, (tagged.id,))[0].post == post
    assert isinstance(CONNECTOR.can_reply(call, read(call, side.post(side.maya, "Hi"))), Yes)


def test_tags_are_read_back_to_where_we_stood(side: PageSide, call: Call) -> None:
    side.tag(side.maya, "The first")
    cursor = CONNECTOR.fetch(call, MENTIONS, None).cursor
    later = [side.tag(side.maya, f"Number {number}") for number in range(120)]
    seen: list[str] = []
    for _ in range(4):
        page = CONNECTOR.fetch(call, MENTIONS, cursor)
        seen, cursor = seen + [post.id for post in page.posts], page.cursor
    assert seen == [one.id for one in later]


def test_one_post_is_followed_by_its_id(side: PageSide, call: Call) -> None:
    ours = side.post(side.page, "Our lamp")
    side.comment(side.maya, "elsewhere", side.post(side.page, "Another"))
    here = side.comment(side.maya, "here", ours)
    for query in (ours.id, ours.id.partition("_")[2]):
        (post,) = CONNECTOR.fetch(call, Followed(SourceKind.THREAD, query), None).posts
        assert post.id == here.id
    for query in ("", "../me", "https://facebook.com/1"):
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.fetch(call, Followed(SourceKind.THREAD, query), None)
        assert error.value.fault is Fault.INVALID
    with pytest.raises(ConnectorError):
        CONNECTOR.fetch(call, Followed(SourceKind.HASHTAG, "x"), None)


def test_an_answer_to_an_answer_is_found_where_facebook_puts_it(side: PageSide, graph: GraphServer) -> None:
    first = side.comment(side.maya, "Does it float?", side.post(side.page, "Our lamp"))
    second = side.comment(side.maya, "Or does it sink?", first)
    with FaultProxy(graph.url) as proxy:
        call = call_as(side, proxy.url)
        intent = intent_for(read(call, second))
        proxy.next_answer(Trouble(Mishap.DROP, stored=True))
        assert isinstance(CONNECTOR.reply(call, intent), Unknown)
        receipt = CONNECTOR.find_own_reply(call, intent)
    assert receipt is not None
    assert side.comments[receipt.id].parent is first


def test_the_same_text_twice_in_a_row_is_refused(side: PageSide, call: Call) -> None:
    parent = read(call, side.comment(side.maya, "Does it float?", side.post(side.page, "Our lamp")))
    assert isinstance(CONNECTOR.reply(call, intent_for(parent)), Posted)
    second = CONNECTOR.reply(call, intent_for(parent))
    assert isinstance(second, Rejected)
    assert second.fault is Fault.DUPLICATE


@pytest.mark.parametrize("sign", ["x", "é", "😀"])
def test_a_text_that_is_too_long_is_never_sent(side: PageSide, graph: GraphServer, sign: str) -> None:
    call = call_as(side, graph.url)
    parent = read(call, side.comment(side.maya, "Does it float?", side.post(side.page, "Our lamp")))
    room = LONGEST // CONNECTOR.measure(sign, ReplyContext(parent, Identity.BRAND)).used
    before = len(graph.asked)
    refused = CONNECTOR.reply(call, intent_for(parent, sign * (room + 1)))
    assert isinstance(refused, Rejected)
    assert refused.fault is Fault.TOO_LONG
    assert len(graph.asked) == before
    posted = CONNECTOR.reply(call, intent_for(parent, sign * room))
    assert isinstance(posted, Posted)
    edited = CONNECTOR.edit(call, posted.receipt.id, sign * (room + 1))
    assert isinstance(edited, Rejected)


def test_a_hidden_comment_is_told_and_cannot_be_answered(side: PageSide, call: Call) -> None:
    question = side.comment(side.maya, "Buy followers!", side.post(side.page, "Our lamp"))
    parent = read(call, question)
    question.hidden = True
    (state,) = CONNECTOR.refresh(call, (question.id,))
    assert state.status is PostStatus.HIDDEN
    outcome = CONNECTOR.reply(call, intent_for(parent))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.FORBIDDEN_BY_POLICY


def test_what_is_not_ours_is_neither_edited_nor_called_deleted(side: PageSide, graph: GraphServer) -> None:
    foreign = side.comment(side.maya, "Mine", side.post(side.page, "Our lamp"))
    tagged = side.tag(side.maya, "Look at Harbour")
    call = call_as(side, graph.url)
    for outcome in (CONNECTOR.edit(call, foreign.id, "Ours"), CONNECTOR.delete(call, tagged.id)):
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.FORBIDDEN_BY_POLICY
    with FaultProxy(graph.url) as proxy:
        proxy.next_answer(trouble(GraphError(100, "Unsupported delete request.", 33)))
        outcome = CONNECTOR.delete(call_as(side, proxy.url), foreign.id)
    assert isinstance(outcome, Rejected)
    assert foreign.is_there


@pytest.mark.parametrize("body", ['{"success": false}', "{}", "[]", '{"id": null}', '{"id": {"a": 1}}'])
def test_a_success_without_a_receipt_is_in_doubt(side: PageSide, graph: GraphServer, body: str) -> None:
    question = side.comment(side.maya, "Does it float?", side.post(side.page, "Our lamp"))
    with FaultProxy(graph.url) as proxy:
        call = call_as(side, proxy.url)
        parent = read(call, question)
        acts: tuple[Callable[[], Outcome], ...] = (
            lambda: CONNECTOR.reply(call, intent_for(parent)),
            lambda: CONNECTOR.edit(call, question.id, "x"),
            lambda: CONNECTOR.delete(call, question.id),
        )
        for act in acts:
            proxy.next_answer(Trouble(status=200, body=body))
            assert isinstance(act(), Unknown)


def test_a_person_s_token_is_told_from_a_page_s(side: PageSide, graph: GraphServer) -> None:
    with FaultProxy(graph.url) as proxy:
        call = replace(call_as(side, proxy.url), secrets={"access_token": PERSON_TOKEN})
        error = GraphError(100, "(#100) Tried accessing nonexisting field (category) on node type (User)")
        proxy.next_answer(trouble(error), to_write=False)
        health = CONNECTOR.check(call)
    assert health.condition is Condition.DENIED
    assert "Page" in health.detail


def test_an_account_that_was_never_connected_reads_nothing(side: PageSide, call: Call) -> None:
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(replace(call, account_id=""), FEED, None)
    assert error.value.fault is Fault.INVALID
    assert CONNECTOR.check(replace(call, account_id="")).account_id == side.page.id


def test_outcomes_bring_likes_answers_below_the_same_comment_and_removals(side: PageSide, call: Call) -> None:
    first = side.comment(side.maya, "Does it float?", side.post(side.page, "Our lamp"))
    earlier = side.comment(side.maya, "Well?", first, created=datetime.now(UTC) - timedelta(hours=1))
    ours = side.comment(side.page, "It does.", first)
    ours.likes = 3
    thanks = side.comment(side.maya, "Thanks!", ours)
    signals = CONNECTOR.outcomes(call, (ours.id,))
    assert (signals[0].kind, signals[0].value) == (SignalKind.LIKES, 3)
    assert [signal.post.id for signal in signals[1:] if signal.post] == [thanks.id]
    assert earlier.id not in repr(signals)
    top = side.comment(side.page, "By the way", first.root or first)
    below = side.comment(side.maya, "Indeed", top)
    assert [one.post.id for one in CONNECTOR.outcomes(call, (top.id,)) if one.post] == [below.id]
    ours.hidden, top.gone = True, True
    assert [one.kind for one in CONNECTOR.outcomes(call, (ours.id, top.id))] == [SignalKind.REMOVED] * 2


def test_a_thread_of_5000_comments_is_read_whole_and_a_longer_one_is_cut(side: PageSide, call: Call) -> None:
    ours = side.post(side.page, "Our lamp")
    begun = datetime.now(UTC) - timedelta(hours=9)
    first = side.comment(side.maya, "First", ours, created=begun)
    for number in range(4_999):
        below = ours if number % 3 else first
        side.comment(side.maya, f"Number {number}", below, created=begun + timedelta(seconds=number))
    thread = CONNECTOR.thread(replace(call, timeout=60), first.id)
    assert (len(thread.posts), thread.truncated, thread.root_id) == (5_001, False, ours.id)
    side.comment(side.maya, "One more", ours)
    assert CONNECTOR.thread(replace(call, timeout=60), ours.id).truncated


def received(side: PageSide, graph: GraphServer, body: dict[str, Any], **further: Any) -> tuple[Post, ...]:
    return CONNECTOR.receive(call_as(side, graph.url), Delivery(*graph.delivery(body, **further)))


def test_a_webhook_brings_what_the_api_would(side: PageSide, graph: GraphServer, call: Call) -> None:
    ours = side.post(side.page, "Our lamp")
    question = side.comment(side.maya, "Does it float?", ours)
    answer = side.comment(side.page, "It does.", question)
    visit = side.post(side.maya, "Hello Harbour")
    for entry in (question, answer, visit):
        (post,) = received(side, graph, side.change(entry))
        assert post == read(call, entry)
    question.message = "Does it sink?"
    (post,) = received(side, graph, side.change(question, "edited"))
    assert post.text == "Does it sink?"
    assert not [one for one in graph.asked if one.startswith("POST")]


def test_a_webhook_about_what_is_gone_hidden_or_not_ours_brings_nothing(side: PageSide, graph: GraphServer) -> None:
    ours = side.post(side.page, "Our lamp")
    question = side.comment(side.maya, "Does it float?", ours)
    assert received(side, graph, side.change(question, "remove")) == ()
    assert received(side, graph, side.change(question, "hide")) == ()
    assert received(side, graph, side.change(side.comment(side.maya, "x", ours, hidden=True))) == ()
    elsewhere = side.change(question)
    elsewhere["entry"][0]["id"] = "999"
    assert received(side, graph, elsewhere) == ()
    reaction = side.change(question)
    reaction["entry"][0]["changes"][0]["value"]["item"] = "reaction"
    assert received(side, graph, reaction) == ()
    assert received(side, graph, {**side.change(question), "object": "user"}) == ()


@pytest.mark.parametrize("bent", ["no_signature", "sha1", "other_body", "other_secret", "not_ascii", "old", "no_time"])
def test_a_webhook_that_is_forged_or_stale_is_refused(side: PageSide, graph: GraphServer, bent: str) -> None:
    body = side.change(side.comment(side.maya, "Does it float?", side.post(side.page, "Our lamp")))
    if bent == "old":
        body["entry"][0]["time"] -= 38 * 3_600
    if bent == "no_time":
        del body["entry"][0]["time"]
    headers, content = graph.delivery(body, **({"secret": "another"} if bent == "other_secret" else {}))
    signature = headers["x-hub-signature-256"]
    spoiled = {"no_signature": "", "sha1": signature.replace("sha256", "sha1"), "not_ascii": f"{signature[:-1]}é"}
    headers["x-hub-signature-256"] = spoiled.get(bent, signature)
    content = content.replace(b"float", b"sink!") if bent == "other_body" else content
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.receive(call_as(side, graph.url), Delivery(headers, content))
    assert error.value.fault is Fault.AUTH


def test_without_the_app_s_secret_no_webhook_is_believed(side: PageSide, graph: GraphServer) -> None:
    body = side.change(side.comment(side.maya, "Does it float?", side.post(side.page, "Our lamp")))
    call = replace(call_as(side, graph.url), secrets={"access_token": TOKEN})
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.receive(call, Delivery(*graph.delivery(body, secret="")))
    assert error.value.fault is Fault.AUTH
