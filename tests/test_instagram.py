"""Instagram beyond the kit: what an account hears, what it may answer, and what Meta sends by itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from graph_media import LONGEST, TOKEN, Comment, MediaSide
from graph_server import APP_SECRET, GraphServer

from connectors.base import (
    Call,
    Condition,
    ConnectorError,
    Delivery,
    Fault,
    Followed,
    Handoff,
    Outcome,
    Post,
    Posted,
    PostStatus,
    Rejected,
    ReplyIntent,
    SignalKind,
    SourceKind,
    Unknown,
    Yes,
)
from connectors.fault_proxy import FaultProxy, Mishap, Trouble
from connectors.instagram import InstagramConnector

CONNECTOR = InstagramConnector()
FEED, MENTIONS = Followed(SourceKind.FEED), Followed(SourceKind.MENTIONS)


@pytest.fixture
def side() -> MediaSide:
    return MediaSide()


@pytest.fixture
def graph(side: MediaSide) -> Iterator[GraphServer]:
    with GraphServer(side, requires_proof=True) as running:
        yield running


def call_as(side: MediaSide, url: str) -> Call:
    secrets = {"access_token": TOKEN, "app_secret": APP_SECRET}
    return Call(url, secrets, datetime.now(UTC), account_id=side.account_id, handle="harbour")


@pytest.fixture
def call(side: MediaSide, graph: GraphServer) -> Call:
    return call_as(side, graph.url)


def read(call: Call, comment: Comment) -> Post:
    (state,) = CONNECTOR.refresh(call, (comment.id,))
    assert state.post is not None
    return state.post


def intent_for(parent: Post, text: str = "It lasts twelve hours.") -> ReplyIntent:
    return ReplyIntent(uuid4(), "key", parent, text, datetime.now(UTC))


def brought(call: Call, followed: Followed, cursor: Any, looks: int = 12) -> list[str]:
    seen: list[str] = []
    for _ in range(looks):
        page = CONNECTOR.fetch(call, followed, cursor)
        assert not page.gap
        seen, cursor = seen + [post.id for post in page.posts], page.cursor
        if page.complete:
            break
    return seen


def test_comments_and_their_answers_come_in_ours_marked_and_what_is_hidden_left_out(
    side: MediaSide, call: Call
) -> None:
    ours = side.publish("harbour", "Our lamp")
    question = side.comment("maya", "Does it float?", ours)
    answer = side.comment("harbour", "It does.", question)
    side.comment("sam", "Buy followers!", ours, hidden=True)
    posts = {post.id: post for post in CONNECTOR.fetch(call, FEED, None).posts}
    assert set(posts) == {question.id, answer.id}
    assert [posts[one.id].is_own for one in (question, answer)] == [False, True]
    assert (posts[answer.id].parent_id, posts[answer.id].root_id) == (question.id, question.id)
    assert posts[question.id].url == f"https://www.instagram.com/p/{ours.id}/"
    assert posts[question.id].author.handle == "maya"
    assert isinstance(CONNECTOR.can_reply(call, posts[question.id]), Yes)


def test_a_flood_of_comments_and_of_answers_is_brought_in_turns_and_none_is_lost(side: MediaSide, call: Call) -> None:
    begun = datetime.now(UTC) - timedelta(hours=2)
    first, second = side.publish("harbour", "Our lamp"), side.publish("harbour", "Another")
    question = side.comment("maya", "Does it float?", first, created=begun)
    cursor = CONNECTOR.fetch(call, FEED, None).cursor
    later = [
        side.comment("maya", f"{n}", (first, second, question)[n % 3], created=begun + timedelta(minutes=5, seconds=n))
        for n in range(230)
    ]
    assert brought(call, FEED, cursor) == [one.id for one in later]


def test_one_of_our_media_is_followed_by_its_number(side: MediaSide, call: Call) -> None:
    ours = side.publish("harbour", "Our lamp")
    here = side.comment("maya", "here", ours)
    side.comment("maya", "elsewhere", side.publish("harbour", "Another"))
    (post,) = CONNECTOR.fetch(call, Followed(SourceKind.THREAD, ours.id), None).posts
    assert post.id == here.id
    for query in ("", "../me", "https://instagram.com/p/x"):
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.fetch(call, Followed(SourceKind.THREAD, query), None)
        assert error.value.fault is Fault.INVALID


def test_media_that_tag_us_are_handed_to_a_person_and_read_again(side: MediaSide, call: Call) -> None:
    cursor = CONNECTOR.fetch(call, MENTIONS, None).cursor
    tagged = [side.tag("maya", f"Look {number}") for number in range(60)]
    assert brought(call, MENTIONS, cursor, 3) == [one.id for one in tagged]
    (state,) = CONNECTOR.refresh(call, (tagged[0].id,))
    assert state.post is not None
    permission = CONNECTOR.can_reply(call, state.post)
    assert isinstance(permission, Handoff)
    assert permission.url == f"https://www.instagram.com/p/{tagged[0].id}/"
    assert [post.id for post in CONNECTOR.thread(call, tagged[0].id).posts] == [tagged[0].id]
    tagged[0].gone = True
    assert CONNECTOR.refresh(call, (tagged[0].id,))[0].status is PostStatus.DELETED


def test_refresh_tells_live_hidden_and_deleted_comments_apart(side: MediaSide, call: Call) -> None:
    ours = side.publish("harbour", "Our lamp")
    live, hidden, deleted = (side.comment("maya", f"Number {number}", ours) for number in range(3))
    hidden.hidden, deleted.gone = True, True
    states = CONNECTOR.refresh(call, (deleted.id, live.id, hidden.id, ours.id))
    assert [one.status for one in states] == [
        PostStatus.DELETED,
        PostStatus.LIVE,
        PostStatus.HIDDEN,
        PostStatus.LIVE,
    ]
    assert states[3].post is not None
    assert states[3].post.is_own


def test_an_answer_to_an_answer_is_found_where_instagram_puts_it(side: MediaSide, graph: GraphServer) -> None:
    first = side.comment("maya", "Does it float?", side.publish("harbour", "Our lamp"))
    second = side.comment("sam", "Or does it sink?", first)
    with FaultProxy(graph.url) as proxy:
        call = call_as(side, proxy.url)
        intent = intent_for(read(call, second))
        proxy.next_answer(Trouble(Mishap.DROP, stored=True))
        assert isinstance(CONNECTOR.reply(call, intent), Unknown)
        receipt = CONNECTOR.find_own_reply(call, intent)
    assert receipt is not None
    assert side.comments[receipt.id].parent is first


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x" * (LONGEST + 1), Fault.TOO_LONG),
        ("😀" * (LONGEST // 2 + 1), Fault.TOO_LONG),
        (" ".join(f"#tag{number}" for number in range(31)), Fault.INVALID),
    ],
)
def test_what_instagram_would_not_take_is_never_sent(
    side: MediaSide, graph: GraphServer, text: str, fault: Fault
) -> None:
    call = call_as(side, graph.url)
    parent = read(call, side.comment("maya", "Does it float?", side.publish("harbour", "Our lamp")))
    before = len(graph.asked)
    refused = CONNECTOR.reply(call, intent_for(parent, text))
    assert isinstance(refused, Rejected)
    assert refused.fault is fault
    assert len(graph.asked) == before
    thirty = " ".join(f"#tag{number}" for number in range(30))
    assert isinstance(CONNECTOR.reply(call, intent_for(parent, thirty)), Posted)


@pytest.mark.parametrize("body", ['{"success": false}', "{}", "[]", '{"id": null}'])
def test_a_success_without_a_receipt_is_in_doubt(side: MediaSide, graph: GraphServer, body: str) -> None:
    question = side.comment("maya", "Does it float?", side.publish("harbour", "Our lamp"))
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


def test_nothing_is_sent_to_edit_a_comment(side: MediaSide, graph: GraphServer) -> None:
    outcome = CONNECTOR.edit(call_as(side, graph.url), "1", "x")
    assert isinstance(outcome, Rejected)
    assert graph.asked == []


def test_outcomes_bring_likes_later_answers_of_others_and_removals(side: MediaSide, call: Call) -> None:
    first = side.comment("maya", "Does it float?", side.publish("harbour", "Our lamp"))
    side.comment("sam", "Well?", first, created=datetime.now(UTC) - timedelta(hours=1))
    ours = side.comment("harbour", "It does.", first)
    ours.likes = 3
    thanks = side.comment("maya", "Thanks!", ours)
    signals = CONNECTOR.outcomes(call, (ours.id,))
    assert (signals[0].kind, signals[0].value) == (SignalKind.LIKES, 3)
    assert [signal.post.id for signal in signals if signal.post] == [thanks.id]
    ours.hidden = True
    assert [one.kind for one in CONNECTOR.outcomes(call, (ours.id,))] == [SignalKind.REMOVED]
    first.gone = True
    assert [one.kind for one in CONNECTOR.outcomes(call, (ours.id,))] == [SignalKind.REMOVED]


def test_a_branch_of_5000_answers_is_read_whole_and_a_longer_one_is_cut(side: MediaSide, call: Call) -> None:
    first = side.comment("maya", "First", side.publish("harbour", "Our lamp"))
    answers = [side.comment("maya", f"Number {number}", first) for number in range(5_000)]
    thread = CONNECTOR.thread(replace(call, timeout=60), answers[7].id)
    assert (len(thread.posts), thread.truncated, thread.root_id) == (5_001, False, first.id)
    side.comment("maya", "One more", first)
    assert CONNECTOR.thread(replace(call, timeout=60), first.id).truncated


def test_a_facebook_login_names_its_account_by_number(side: MediaSide, graph: GraphServer) -> None:
    call = replace(call_as(side, graph.url), account_id="", options={"user_id": side.account_id})
    health = CONNECTOR.check(call)
    assert (health.condition, health.account_id, health.handle) == (Condition.OK, side.account_id, "harbour")
    assert f"/{side.account_id}?" in graph.asked[-1]
    assert CONNECTOR.check(replace(call, options={"user_id": "../x"})).condition is Condition.DOWN


def received(side: MediaSide, graph: GraphServer, body: dict[str, Any]) -> tuple[Post, ...]:
    return CONNECTOR.receive(call_as(side, graph.url), Delivery(*graph.delivery(body)))


def test_a_webhook_brings_what_the_api_would(side: MediaSide, graph: GraphServer, call: Call) -> None:
    ours = side.publish("harbour", "Our lamp")
    question = side.comment("maya", "Does it float?", ours)
    answer = side.comment("harbour", "It does.", question)
    for one in (question, answer):
        (told,) = received(side, graph, side.change(one))
        known = read(call, one)
        assert replace(told, url=known.url, created_at=known.created_at) == known
        assert abs(told.created_at - known.created_at) < timedelta(minutes=1)


def test_a_mention_elsewhere_comes_by_webhook_and_is_handed_to_a_person(
    side: MediaSide, graph: GraphServer, call: Call
) -> None:
    theirs = side.publish("maya", "Have you tried @harbour?")
    named = side.mention("sam", "@harbour is it true?", theirs)
    (caption,) = received(side, graph, side.change(theirs, as_mention=True))
    (comment,) = received(side, graph, side.change(named, as_mention=True))
    assert (caption.text, comment.text) == ("Have you tried @harbour?", "@harbour is it true?")
    for one in (caption, comment):
        assert isinstance(CONNECTOR.can_reply(call, one), Handoff)
        assert CONNECTOR.refresh(call, (one.id,))[0].status is PostStatus.LIVE
    named.gone = True
    assert CONNECTOR.refresh(call, (named.id,))[0].status is PostStatus.DELETED
    assert received(side, graph, side.change(named, as_mention=True)) == ()


def test_a_webhook_that_is_forged_or_another_account_s_brings_nothing(side: MediaSide, graph: GraphServer) -> None:
    question = side.comment("maya", "Does it float?", side.publish("harbour", "Our lamp"))
    body = side.change(question)
    headers, content = graph.delivery(body, secret="another")
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.receive(call_as(side, graph.url), Delivery(headers, content))
    assert error.value.fault is Fault.AUTH
    body["entry"][0]["id"] = "999"
    assert received(side, graph, body) == ()
