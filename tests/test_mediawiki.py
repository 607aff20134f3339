"""The MediaWiki connector on a line that lies; what a real wiki does is in test_servers_mediawiki."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hostile import HOSTILE, mutated, places
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import (
    Author,
    Call,
    Condition,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Identity,
    No,
    Outcome,
    Post,
    Posted,
    PostStatus,
    Rejected,
    ReplyContext,
    ReplyIntent,
    SourceKind,
    Unknown,
    Yes,
)
from connectors.fault_proxy import FaultProxy, Mishap, Trouble
from connectors.mediawiki import MediaWikiConnector

CONNECTOR = MediaWikiConnector()
NOW = datetime(2026, 11, 21, 12, 40, tzinfo=UTC)
CHANGES = Followed(SourceKind.FEED)
TEXT = (
    "== How long? ==\n"
    "It lasts? {{ping|Harbour}} [[User:Sam|Sam]] ([[User talk:Sam|talk]]) 12:34, 21 November 2026 (UTC)\n"
    ": A week. [[User:Eva]] 12:36, 21 November 2026 (UTC)\n"
)
PAGE: dict[str, Any] = {
    "pageid": 7,
    "ns": 1,
    "title": "Talk:Reader",
    "revisions": [
        {
            "revid": 21,
            "parentid": 20,
            "user": "Eva",
            "timestamp": "2026-11-21T12:36:10Z",
            "slots": {"main": {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": TEXT}},
        }
    ],
    "contentmodel": "wikitext",
    "lastrevid": 21,
    "canonicalurl": "https://wiki.example/wiki/Talk:Reader",
    "fullurl": "https://wiki.example/wiki/Talk:Reader",
}
OTHER = PAGE | {"pageid": 8, "title": "Talk:Other", "canonicalurl": "https://wiki.example/wiki/Talk:Other"}
ANSWER: dict[str, Any] = {
    "batchcomplete": True,
    "query": {
        "general": {"timezone": "UTC", "time": "2026-11-21T12:40:00Z", "maxarticlesize": 2_097_152},
        "namespaces": {"2": {"id": 2, "name": "User", "canonical": "User"}, "3": {"id": 3, "name": "User talk"}},
        "namespacealiases": [{"id": 3, "alias": "UT"}],
        "userinfo": {"id": 4, "name": "Harbour"},
        "tokens": {"csrftoken": "abc+\\"},
        "pages": [PAGE, OTHER],
    },
}
SESSION = json.dumps({"wiki_session": "s3cret-cookie"})


@pytest.fixture
def line() -> Iterator[FaultProxy]:
    """A wiki that is nothing but the answers a test gives it."""
    with FaultProxy("http://127.0.0.1:9") as running:
        yield running


@pytest.fixture
def call(line: FaultProxy) -> Call:
    secrets = {"bot_username": "Harbour@chorus", "bot_password": "pass", "session": SESSION}
    return Call(f"{line.url}/w", secrets, NOW, account_id="Harbour", handle="Harbour", timeout=5)


def answering(body: Any, status: int = 200, **headers: str) -> Trouble:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Trouble(status=status, body=body if isinstance(body, str) else json.dumps(body), headers=named)


def refusing(code: str) -> Trouble:
    return answering({"error": {"code": code, "info": "No."}})


def with_pages(*pages: Mapping[str, Any], **further: Any) -> dict[str, Any]:
    return {**ANSWER, **further, "query": {**ANSWER["query"], "pages": list(pages)}}


def the_post(call: Call, line: FaultProxy) -> Post:
    line.next_answer(answering(with_pages(PAGE)), to_write=False)
    return CONNECTOR.fetch(call, CHANGES, None).posts[0]


def replied(call: Call, line: FaultProxy, trouble: Trouble) -> Outcome:
    parent = the_post(call, line)
    line.next_answer(answering(with_pages(PAGE)), to_write=False)
    line.next_answer(trouble)
    return CONNECTOR.reply(call, ReplyIntent(uuid4(), "", parent, "Twelve hours.", NOW))


def test_a_real_answer_is_read_whole(call: Call, line: FaultProxy) -> None:
    line.next_answer(answering(with_pages(PAGE)), to_write=False)
    first, second = CONNECTOR.fetch(call, CHANGES, None).posts
    assert first.text == "How long?\n\nIt lasts? @Harbour"
    assert first.author == Author("Sam", "Sam", "Sam", "https://wiki.example/wiki/User:Sam")
    assert (first.url, first.parent_id) == ("https://wiki.example/wiki/Talk:Reader#How_long%3F", None)
    assert first.mentioned == {"Harbour"}
    assert not first.is_own
    assert (second.text, second.parent_id, second.root_id) == ("A week.", first.id, first.id)
    assert [one.headers.get("Cookie") for one in line.seen] == [None]


@settings(deadline=None, max_examples=150)
@given(
    path=st.sampled_from(list(places(ANSWER))),
    hostile=HOSTILE,
    removed=st.booleans(),
    cursor=st.sampled_from([None, '{"after":"2026-11-21T12:00:00+00:00","further":"","seen":["x"]}']),
)
def test_an_answer_that_was_mutated_is_read_or_refused(
    path: tuple[Any, ...], hostile: Any, removed: bool, cursor: Cursor | None
) -> None:
    body = json.dumps(mutated(ANSWER, path, hostile, removed))
    with FaultProxy("http://127.0.0.1:9") as lying:
        lying.next_answer(Trouble(status=200, body=body), to_write=False)
        call = Call(f"{lying.url}/w", {}, NOW, account_id="Harbour")
        with suppress(ConnectorError):
            page = CONNECTOR.fetch(call, CHANGES, cursor)
            assert isinstance(json.loads(page.cursor or ""), dict)
            for post in page.posts:
                for text in (post.id, post.text, post.url, post.author.id):
                    text.encode()


@settings(deadline=None, max_examples=80)
@given(path=st.sampled_from(list(places(PAGE))), hostile=HOSTILE, removed=st.booleans())
def test_a_broken_page_takes_no_neighbour_along(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    body = json.dumps(with_pages(mutated(PAGE, path, hostile, removed), OTHER))
    with FaultProxy("http://127.0.0.1:9") as lying:
        lying.next_answer(Trouble(status=200, body=body), to_write=False)
        page = CONNECTOR.fetch(Call(f"{lying.url}/w", {}, NOW), CHANGES, None)
        assert len([post for post in page.posts if post.id.startswith("8:")]) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        *(Trouble(status=status, body="<h1>Error</h1>") for status in (500, 502, 503, 504)),
        Trouble(status=200, body="", headers={"x-database-lag": "7", "Retry-After": "5"}),
        Trouble(status=503, body="", headers={"x-database-lag": "7", "Retry-After": "5"}),
        *(Trouble(mishap) for mishap in (Mishap.DROP, Mishap.TRUNCATE)),
        refusing("internal_api_error_DBQueryError"),
        refusing("internal_api_error_DBConnectionError"),
        refusing("moderation-edit-queued"),
        *(
            answering(body)
            for body in ("[]", "7", "{}", '{"edit": {}}', '{"edit": {"result": "Success"}}', "[" * 5_000)
        ),
    ],
)
def test_a_reply_is_one_post_and_what_became_of_it_is_not_known(call: Call, line: FaultProxy, trouble: Trouble) -> None:
    """mwclient by itself sends such a request 26 times."""
    assert isinstance(replied(call, line, trouble), Unknown)
    assert len(line.writes) == 1


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("editconflict", Fault.TRANSIENT),
        ("badtoken", Fault.TRANSIENT),
        ("readonly", Fault.TRANSIENT),
        ("missingtitle", Fault.GONE),
        ("pagedeleted", Fault.GONE),
        ("ratelimited", Fault.RATE_LIMITED),
        ("contenttoobig", Fault.TOO_LONG),
        ("assertuserfailed", Fault.AUTH),
        ("mwoauth-invalid-authorization", Fault.AUTH),
        ("blocked", Fault.FORBIDDEN_BY_POLICY),
        ("protectedpage", Fault.FORBIDDEN_BY_POLICY),
        ("abusefilter-disallowed", Fault.FORBIDDEN_BY_POLICY),
        ("something-new", Fault.INVALID),
    ],
)
def test_a_refusal_is_named_by_its_code(call: Call, line: FaultProxy, code: str, fault: Fault) -> None:
    outcome = replied(call, line, refusing(code))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is fault
    assert code in outcome.detail
    assert (outcome.retry_at == NOW + timedelta(minutes=1)) is (fault is Fault.RATE_LIMITED)
    assert len(line.writes) == 1


def test_a_wiki_that_wants_a_proof_did_not_take_it(call: Call, line: FaultProxy) -> None:
    outcome = replied(call, line, answering({"edit": {"result": "Failure", "captcha": {"type": "image"}}}))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.FORBIDDEN_BY_POLICY


def test_a_reply_is_known_even_when_it_cannot_be_read_back(call: Call, line: FaultProxy) -> None:
    parent = the_post(call, line)
    line.next_answer(answering(with_pages(PAGE)), to_write=False)
    line.next_answer(answering("", 500), to_write=False)
    done = {"edit": {"result": "Success", "newrevid": 22, "newtimestamp": "2026-11-21T12:41:30Z"}}
    line.next_answer(answering(done))
    outcome = CONNECTOR.reply(call, ReplyIntent(uuid4(), "", parent, "Twelve hours.", NOW))
    assert isinstance(outcome, Posted)
    assert outcome.receipt.id.startswith("7:202611211241:")
    assert outcome.text == "Twelve hours."
    assert [one.method for one in line.seen] == ["GET", "GET", "POST", "GET"]
    assert "assert=user" in line.seen[1].path
    assert line.seen[1].headers["Cookie"] == "wiki_session=s3cret-cookie"
    assert "Cookie" not in line.seen[3].headers


def test_signing_in_happens_once_for_reads_alone_and_is_handed_to_the_host(call: Call, line: FaultProxy) -> None:
    kept: list[Mapping[str, str]] = []
    call = replace(call, save_secrets=kept.append)
    line.next_answer(refusing("assertuserfailed"), to_write=False)
    line.next_answer(
        answering({"query": {"tokens": {"logintoken": "t+\\"}}}, Set_Cookie="wiki_session=new; path=/"), to_write=False
    )
    line.next_answer(answering({"login": {"result": "Success"}}, Set_Cookie="wiki_BPsession=bot; path=/; HttpOnly"))
    line.next_answer(answering(ANSWER), to_write=False)
    assert CONNECTOR.check(call).condition is Condition.OK
    assert [json.loads(one["session"]) for one in kept] == [{"wiki_session": "new", "wiki_BPsession": "bot"}]
    assert kept[0]["bot_password"] == "pass"
    assert set(line.seen[3].headers["Cookie"].split("; ")) == {"wiki_session=new", "wiki_BPsession=bot"}


@pytest.mark.parametrize(
    ("login", "condition"),
    [
        ({"result": "Failed", "reason": "Incorrect username or password"}, Condition.REAUTH),
        ({"result": "Aborted", "reason": {"code": "x", "text": "No."}}, Condition.REAUTH),
        ({"result": "Throttled", "wait": 300}, Condition.DOWN),
        ({"result": ["x"]}, Condition.REAUTH),
        ("x", Condition.REAUTH),
    ],
)
def test_who_may_not_sign_in_is_told_why_and_does_not_try_again(
    call: Call, line: FaultProxy, login: Any, condition: Condition
) -> None:
    call = replace(call, secrets={**call.secrets, "session": ""})
    line.next_answer(answering({"query": {"tokens": {"logintoken": "t"}}}), to_write=False)
    line.next_answer(answering({"login": login}))
    health = CONNECTOR.check(call)
    assert health.condition is condition
    assert "sign in" in health.detail
    assert [one.method for one in line.seen] == ["GET", "POST"]


def test_a_token_goes_in_place_of_a_session(call: Call, line: FaultProxy) -> None:
    line.next_answer(answering(ANSWER), to_write=False)
    assert CONNECTOR.check(replace(call, secrets={"access_token": "t0ken"})).condition is Condition.OK
    assert line.seen[0].headers["Authorization"] == "Bearer t0ken"
    line.next_answer(refusing("assertuserfailed"), to_write=False)
    assert CONNECTOR.check(replace(call, secrets={"access_token": "t0ken"})).condition is Condition.REAUTH
    assert len(line.seen) == 2


def test_an_account_that_is_blocked_is_denied(call: Call, line: FaultProxy) -> None:
    blocked = {"id": 4, "name": "Harbour", "blockedby": "Owner", "blockreason": "Too loud", "blockpartial": False}
    line.next_answer(answering({"query": {**ANSWER["query"], "userinfo": blocked}}), to_write=False)
    health = CONNECTOR.check(call)
    assert health.condition is Condition.DENIED
    assert "Too loud" in health.detail


@pytest.mark.parametrize(
    "secrets",
    [{}, {"bot_username": "x", "bot_password": ""}, {"bot_username": "x\n", "bot_password": "y\x00"},
     {"access_token": "a b"}, {"bot_username": "x", "bot_password": "y", "session": "a\r\nb"}],
)  # fmt: skip
def test_without_usable_secrets_nothing_is_sent(call: Call, line: FaultProxy, secrets: dict[str, str]) -> None:
    outcome = CONNECTOR.edit(replace(call, secrets=secrets), "7:x", "y")
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.AUTH
    assert line.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(call: Call, line: FaultProxy, status: int) -> None:
    with FaultProxy("http://127.0.0.1:9") as elsewhere:
        away = answering("", status, Location=f"{elsewhere.url}/w/api.php")
        assert isinstance(replied(call, line, away), Unknown if status == 303 else Rejected)
        line.next_answer(away, to_write=False)
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.fetch(call, CHANGES, None)
        assert error.value.fault is Fault.INVALID
        assert elsewhere.seen == []


@pytest.mark.parametrize("base", ["http://wiki.example/w", "ftp://a.example", "https://", "", "https://u:p@a.example"])
def test_no_password_leaves_for_an_address_that_is_not_safe(call: Call, base: str) -> None:
    outcome = CONNECTOR.delete(replace(call, base_url=base), "7:x")
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.INVALID
    assert CONNECTOR.check(replace(call, base_url=base)).condition is Condition.DOWN


@pytest.mark.parametrize("body", ["[]", "null", "7", "<p>", "[", "", '{"error": "x"}', '{"error": {"code": 7}}'])
def test_an_answer_of_another_shape_is_a_passing_fault(call: Call, line: FaultProxy, body: str) -> None:
    line.next_answer(answering(body), to_write=False)
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call, CHANGES, None)
    assert error.value.fault in (Fault.TRANSIENT, Fault.INVALID)


@pytest.mark.parametrize("cursor", ["", "[]", "{", "7", "null", '{"after": 7}', "[" * 5_000])
def test_a_cursor_that_cannot_be_read_starts_anew_and_says_so(call: Call, line: FaultProxy, cursor: str) -> None:
    line.next_answer(answering(with_pages(PAGE)), to_write=False)
    page = CONNECTOR.fetch(call, CHANGES, Cursor(cursor))
    assert page.gap
    assert len(page.posts) == 2


def test_a_wiki_on_which_nothing_is_said_for_long_misses_nothing(call: Call, line: FaultProxy) -> None:
    cursor, later = None, call
    for days in (0, 20, 40, 60):
        later = replace(call, now=NOW + timedelta(days=days))
        line.next_answer(answering(with_pages() if days else with_pages(PAGE)), to_write=False)
        page = CONNECTOR.fetch(later, CHANGES, cursor)
        assert not page.gap
        cursor = page.cursor
    line.next_answer(answering(with_pages()), to_write=False)
    assert CONNECTOR.fetch(replace(call, now=NOW + timedelta(days=100)), CHANGES, cursor).gap


def test_a_wiki_that_answers_in_parts_is_read_to_the_end_and_no_further(call: Call, line: FaultProxy) -> None:
    empty = {name: value for name, value in OTHER.items() if name != "revisions"}
    part = with_pages(PAGE, empty) | {"continue": {"rvcontinue": "8|1", "continue": "||info"}}
    del part["batchcomplete"]
    line.next_answer(answering(part), to_write=False)
    line.next_answer(answering(with_pages(OTHER)), to_write=False)
    assert len(CONNECTOR.fetch(call, CHANGES, None).posts) == 4
    assert "rvcontinue=8%7C1" in line.seen[1].path
    for _ in range(70):
        line.next_answer(answering(part), to_write=False)
    with pytest.raises(ConnectorError):
        CONNECTOR.fetch(call, CHANGES, None)
    assert len(line.seen) < 70


def test_comments_on_a_page_that_cannot_be_read_are_not_called_deleted(call: Call, line: FaultProxy) -> None:
    line.next_answer(answering(with_pages({"pageid": 7, "title": "Talk:Reader"})), to_write=False)
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.refresh(call, ("7:202611211234:abc",))
    assert error.value.fault is Fault.TRANSIENT
    line.next_answer(answering(with_pages({"pageid": 7, "missing": True})), to_write=False)
    assert CONNECTOR.refresh(call, ("7:202611211234:abc",))[0].status is PostStatus.DELETED


@pytest.mark.parametrize("post_id", ["", "7", "7:", "x:y", ":1", "7:../x", "7|8:x", "٤:x", "9" * 21 + ":x"])
def test_an_id_that_is_none_is_refused_before_anything_is_asked(call: Call, line: FaultProxy, post_id: str) -> None:
    for act in (CONNECTOR.thread, CONNECTOR.delete):
        outcome: object = None
        with suppress(ConnectorError):
            outcome = act(call, post_id)
        assert outcome is None or (isinstance(outcome, Rejected) and outcome.fault is Fault.INVALID)
    assert line.seen == []


@pytest.mark.parametrize(
    ("host", "identity", "options", "rule"),
    [
        ("https://wiki.example/w", Identity.BRAND, {}, None),
        ("https://notwikipedia.org/w", Identity.BRAND, {}, None),
        ("https://en.wikipedia.org/w", Identity.BRAND, {}, "mediawiki.one_person"),
        ("https://en.wikipedia.org:443/w", Identity.EMPLOYEE, {}, "mediawiki.paid_disclosure"),
        ("https://wikidata.org/w", Identity.EMPLOYEE, {"paid_disclosure": "https://…/User:Ada"}, None),
    ],
)
def test_wikimedias_rules_hold_on_its_wikis(
    host: str, identity: Identity, options: dict[str, str], rule: str | None
) -> None:
    call = Call(host, {}, NOW, identity, options=options)
    answer = CONNECTOR.can_reply(call, Post("7:x", "Hi", Author("Sam", "Sam"), NOW))
    assert isinstance(answer, Yes) if rule is None else isinstance(answer, No) and answer.rule == rule
    if isinstance(answer, No):
        assert answer.source.startswith("https://")


def test_a_reply_is_counted_in_the_bytes_of_its_wikitext() -> None:
    context = ReplyContext(Post("7:x", "Hi", Author("Sam", "Sam"), NOW), Identity.BRAND, max_length=100)
    assert CONNECTOR.measure("a [b] é", context).used == len(":a &#91;b] é".encode())
    assert not CONNECTOR.measure("[" * 30, context).fits


@pytest.mark.parametrize(
    "followed",
    [
        Followed(SourceKind.SEARCH, " "),
        Followed(SourceKind.HASHTAG, "x"),
        Followed(SourceKind.FEED, "|".join(f"Talk:{number}" for number in range(51))),
        Followed(SourceKind.THREAD, ""),
    ],
)
def test_a_source_that_makes_no_sense_is_refused(call: Call, line: FaultProxy, followed: Followed) -> None:
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call, followed, None)
    assert error.value.fault is Fault.INVALID
    assert line.seen == []


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("Talk:Reader_One#How_long?", "Talk%3AReader+One"),
        ("https://wiki.example/wiki/Talk:Caf%C3%A9#X", "Talk%3ACaf%C3%A9"),
        ("https://wiki.example/w/index.php?title=Talk:Reader&action=edit", "Talk%3AReader"),
    ],
)
def test_a_section_is_followed_by_its_title_or_its_address(
    call: Call, line: FaultProxy, query: str, title: str
) -> None:
    line.next_answer(answering(with_pages(PAGE)), to_write=False)
    CONNECTOR.fetch(call, Followed(SourceKind.THREAD, query), None)
    assert f"titles={title}&" in line.seen[0].path
