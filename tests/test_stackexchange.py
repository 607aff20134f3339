"""Stack Exchange: questions, answers and comments in order; its quota and its orders to back off are obeyed."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stackexchange_server
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st
from stackexchange_server import KEY, Piece, StackExchangeServer

from connectors._stackexchange_parse import Reader
from connectors.base import (
    Call,
    Condition,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Handoff,
    Identity,
    Post,
    PostStatus,
    ReplyContext,
    SourceKind,
)
from connectors.fault_proxy import FaultProxy, Trouble
from connectors.stackexchange import SPEC, StackExchangeConnector

CONNECTOR = StackExchangeConnector()
TAGGED = Followed(SourceKind.HASHTAG, "#e-reader")
READER = Reader("stackoverflow.com", "99")
QUESTION = Piece(70000001, "question", "Does it float & <sink>?", 1_760_000_000, title="R&D", tags=("e-reader",))
ANSWER = Piece(70000002, "answer", "It does.", 1_760_000_100, 99, below=QUESTION, edited=1_760_000_200)
COMMENT = Piece(123, "comment", "Does it?", 1_760_000_300, below=ANSWER)


@pytest.fixture
def server() -> Iterator[StackExchangeServer]:
    with StackExchangeServer() as running:
        yield running


def call_of(server: StackExchangeServer, url: str = "", **options: str) -> Call:
    return Call(url or server.url, {"key": KEY}, datetime.now(UTC), options=options)


def fault_of(call: Call, followed: Followed = TAGGED) -> ConnectorError:
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call, followed, None)
    assert KEY not in error.value.detail
    return error.value


def test_questions_answers_and_comments_are_told_apart() -> None:
    question = READER.question(stackexchange_server.shape(QUESTION))
    answer = READER.answer(stackexchange_server.shape(ANSWER))
    comment = READER.comment(stackexchange_server.shape(COMMENT), question.id)
    assert question.text == "R&D\n\nDoes it float & <sink>?"
    assert [question.id, answer.id, comment.id] == ["q70000001", "a70000002", "c123"]
    assert [answer.parent_id, comment.parent_id, comment.root_id] == [question.id, answer.id, question.id]
    assert comment.url == "https://stackoverflow.com/a/70000002#comment123_70000002"
    assert (answer.is_own, question.is_own) == (True, False)
    assert answer.edited_at == datetime.fromtimestamp(1_760_000_200, UTC)
    assert question.author.name == "Maya & Co"


def test_tags_and_words_are_followed_oldest_first(server: StackExchangeServer) -> None:
    first = server.ask_question("Harbour", "Does it float?")
    server.ask_question("Something else", "No.", tags=("kettle",))
    for followed in (TAGGED, Followed(SourceKind.SEARCH, "harbour float")):
        page = CONNECTOR.fetch(call_of(server), followed, None)
        assert [post.id for post in page.posts] == [f"q{first.number}"]
        assert CONNECTOR.fetch(call_of(server), followed, page.cursor).posts == ()
    assert server.asked[-1].params["filter"] == "withbody"
    assert server.asked[-1].params["site"] == "stackoverflow.com"
    for wrong in (
        Followed(SourceKind.HASHTAG, ""),
        Followed(SourceKind.HASHTAG, "a b c d e f"),
        Followed(SourceKind.HASHTAG, "a/b"),
        Followed(SourceKind.SEARCH, ""),
        Followed(SourceKind.MENTIONS),
        Followed(SourceKind.THREAD, "https://elsewhere.example/q/1"),
    ):
        assert fault_of(call_of(server), wrong).fault is Fault.INVALID


def test_whoever_is_behind_catches_up_without_a_gap(server: StackExchangeServer) -> None:
    server.ask_question("Harbour", "Where do we stand?")
    cursor = CONNECTOR.fetch(call_of(server), TAGGED, None).cursor
    begun = int(time.time())
    for number in range(350):
        server.ask_question("Harbour", f"Number {number}").at = begun + number // 60
    seen: list[str] = []
    complete = False
    while not complete:
        page = CONNECTOR.fetch(replace(call_of(server), now=datetime.now(UTC) + timedelta(hours=1)), TAGGED, cursor)
        assert not page.gap
        cursor, complete = page.cursor, page.complete
        seen += [post.text for post in page.posts]
    assert [text.partition("\n\n")[2] for text in seen] == [f"Number {number}" for number in range(350)]


def test_a_whole_question_is_followed_with_all_that_is_said_below_it(server: StackExchangeServer) -> None:
    question = server.ask_question("Harbour", "Does it float?")
    answer = server.answer_to(question, "It does.")
    server.comment_on(question, "Where?")
    server.comment_on(answer, "Sure?")
    address = f"https://stackoverflow.com/questions/{question.number}/does-it-float?x=1"
    for query in (str(question.number), f"a{answer.number}", address, f"https://stackoverflow.com/a/{answer.number}/5"):
        page = CONNECTOR.fetch(call_of(server), Followed(SourceKind.THREAD, query), None)
        assert {post.text for post in page.posts} == {"Harbour\n\nDoes it float?", "It does.", "Where?", "Sure?"}
    server.answer_to(question, "It sinks.")
    news = CONNECTOR.fetch(call_of(server), Followed(SourceKind.THREAD, str(question.number)), page.cursor)
    assert [post.text for post in news.posts] == ["It sinks."]


def test_a_thread_is_found_from_any_of_its_posts(server: StackExchangeServer) -> None:
    question = server.ask_question("Harbour", "Does it float?")
    answer = server.answer_to(question, "It does.")
    below_question, below_answer = server.comment_on(question, "Where?"), server.comment_on(answer, "Sure?")
    for one in (f"q{question.number}", f"a{answer.number}", f"c{below_question.number}", f"c{below_answer.number}"):
        thread = CONNECTOR.thread(call_of(server), one)
        ids = {post.id: place for place, post in enumerate(thread.posts)}
        assert (thread.root_id, len(ids), thread.truncated) == (f"q{question.number}", 4, False)
        assert all(ids[post.parent_id] < ids[post.id] for post in thread.posts if post.parent_id)


def test_a_giant_thread_is_read_a_hundred_at_a_time(server: StackExchangeServer) -> None:
    question = server.ask_question("Harbour", "Does it float?")
    answers = [server.answer_to(question, f"Answer {number}") for number in range(250)]
    for number in range(1_000):
        server.comment_on(answers[number % 250], f"Comment {number}")
    thread = CONNECTOR.thread(call_of(server), f"q{question.number}")
    assert len(thread.posts) == 1_251
    assert not thread.truncated
    assert len(server.asked) < 25


def test_a_method_that_told_us_to_back_off_is_not_asked_again(server: StackExchangeServer) -> None:
    server.ask_question("Harbour", "Does it float?")
    server.backoffs["/questions"] = 12
    call = call_of(server)
    page = CONNECTOR.fetch(call, TAGGED, None)
    assert page.allowance is not None
    assert (page.allowance.remaining, page.allowance.resets_at) == (0, call.now + timedelta(seconds=12))
    refused = fault_of(call_of(server))
    assert refused.fault is Fault.RATE_LIMITED, "whoever asks all the same is throttled, in the documented shape"
    assert refused.retry_at is not None


def test_within_one_thread_too_a_backoff_ends_the_asking(server: StackExchangeServer) -> None:
    question = server.ask_question("Harbour", "Does it float?")
    for number in range(250):
        server.answer_to(question, f"Answer {number}")
    server.backoffs[f"/questions/{'#' * 8}/answers"] = 10
    thread = CONNECTOR.thread(call_of(server), f"q{question.number}")
    assert thread.truncated
    assert thread.allowance is not None
    assert thread.allowance.remaining == 0
    assert sum(asked.path.endswith("/answers") for asked in server.asked) == 1


def test_the_quota_is_told_until_midnight(server: StackExchangeServer) -> None:
    server.quota = 8
    allowance = CONNECTOR.fetch(call_of(server), TAGGED, None).allowance
    assert allowance is not None
    assert allowance.remaining == 7
    assert allowance.resets_at is not None
    assert (allowance.resets_at.hour, allowance.resets_at - datetime.now(UTC) <= timedelta(days=1)) == (0, True)


@pytest.mark.parametrize(
    ("status", "name", "message", "fault"),
    [
        (
            400,
            "throttle_violation",
            "too many requests from this IP, more requests available in 73 seconds",
            "rate_limited",
        ),
        (502, "throttle_violation", "Violation of backoff parameter", "transient"),
        (200, "throttle_violation", "Violation of backoff parameter", "rate_limited"),
        (400, "temporarily_unavailable", "", "transient"),
        (500, "internal_error", "", "transient"),
        (400, "bad_parameter", "tagged", "invalid"),
        (400, "bad_parameter", "`key` doesn't match a known application", "auth"),
        (400, "access_denied", "no", "forbidden_by_policy"),
        (404, "no_method", "", "invalid"),
    ],
)
def test_its_documented_errors_are_named(
    server: StackExchangeServer, status: int, name: str, message: str, fault: str
) -> None:
    body = json.dumps({"error_id": 400, "error_name": name, "error_message": message})
    with FaultProxy(server.url) as proxy:
        proxy.next_answer(Trouble(status=status, body=body), to_write=False)
        call = call_of(server, proxy.url)
        error = fault_of(call)
    assert error.fault is Fault(fault)
    if "73 seconds" in message:
        assert error.retry_at == call.now + timedelta(seconds=73)


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"items": {}}', '"x"', "<html>"])
def test_a_success_without_items_is_none(server: StackExchangeServer, body: str) -> None:
    with FaultProxy(server.url) as proxy:
        proxy.next_answer(Trouble(status=200, body=body), to_write=False)
        assert fault_of(call_of(server, proxy.url)).fault is Fault.TRANSIENT


def test_what_was_edited_or_deleted_is_seen(server: StackExchangeServer) -> None:
    question = server.ask_question("Harbour", "Does it float?")
    answer, gone = server.answer_to(question, "It does."), server.answer_to(question, "It sinks.")
    comment = server.comment_on(answer, "Sure?")
    server.remove(gone)
    comment.edited = comment.at + 5
    asked = (f"a{gone.number}", f"c{comment.number}", f"q{question.number}", f"a{answer.number}")
    states = CONNECTOR.refresh(call_of(server), asked)
    assert [state.id for state in states] == list(asked)
    assert [state.status for state in states] == [
        PostStatus.DELETED,
        PostStatus.EDITED,
        PostStatus.LIVE,
        PostStatus.LIVE,
    ]
    for wrong in ("x1", "q", "q1/../2", "q١"):
        with pytest.raises(ConnectorError):
            CONNECTOR.refresh(call_of(server), (wrong,))


@pytest.mark.parametrize("cursor", ["", "[]", '{"begin": "x"}', '{"begin": 1}', "[" * 100_000, '{"begin":1,"seen":[]}'])
def test_a_cursor_that_cannot_be_read_starts_anew_and_says_so(server: StackExchangeServer, cursor: str) -> None:
    server.ask_question("Harbour", "Does it float?")
    page = CONNECTOR.fetch(call_of(server), TAGGED, Cursor(cursor))
    assert page.gap
    assert len(page.posts) == 1


def test_the_account_is_a_person_or_nobody(server: StackExchangeServer) -> None:
    assert CONNECTOR.check(call_of(server)).condition is Condition.OK
    assert CONNECTOR.check(call_of(server, user_id="99")).handle == "Ana & Harbour"
    assert CONNECTOR.check(call_of(server, user_id="98")).condition is Condition.DENIED
    assert CONNECTOR.check(call_of(server, site="https://stackoverflow.com/")).venue == "stackoverflow.com"
    assert CONNECTOR.check(call_of(server, site="no such site!")).condition is Condition.DOWN
    assert CONNECTOR.check(replace(call_of(server), secrets={})).condition is Condition.OK
    assert CONNECTOR.check(replace(call_of(server), secrets={"key": "wrong"})).condition is Condition.REAUTH


@settings(deadline=None, max_examples=400)
@given(piece=st.sampled_from([QUESTION, ANSWER, COMMENT]), data=st.data(), hostile=HOSTILE, removed=st.booleans())
def test_a_post_that_was_mutated_crashes_nothing_and_loses_no_neighbour(
    piece: Piece, data: st.DataObject, hostile: Any, removed: bool
) -> None:
    shape = stackexchange_server.shape(piece)
    path = data.draw(st.sampled_from(list(places(shape))))
    read = {"question": READER.question, "answer": READER.answer, "comment": READER.comment}[piece.kind]
    other = stackexchange_server.shape(replace(piece, number=5))
    posts, skipped = READER.posts([mutated(shape, path, hostile, removed), other], read)
    assert posts[-1].id.endswith("5")
    assert len(posts) + len(skipped) == 2
    for post in posts:
        assert post.created_at.utcoffset() is not None
        "".join([post.id, post.text, post.url, post.author.id, post.author.name]).encode()


def test_a_person_answers_with_a_name_and_says_for_whom_they_work() -> None:
    question: Post = READER.question(stackexchange_server.shape(QUESTION))
    comment = READER.comment(stackexchange_server.shape(COMMENT), question.id)
    call = Call("https://api.stackexchange.com", {}, datetime.now(UTC))
    permitted = CONNECTOR.can_reply(call, question)
    assert isinstance(permitted, Handoff)
    assert permitted.url == "https://stackoverflow.com/q/70000001"
    assert permitted.source == "https://stackoverflow.com/help/promotion"
    assert "work for us" in permitted.reason
    assert (SPEC.policy.disclosure_required, SPEC.policy.ai_text_allowed) == (True, False)
    limits = [CONNECTOR.measure("x", ReplyContext(one, Identity.EMPLOYEE)).limit for one in (question, comment)]
    assert limits == [30_000, 600]
