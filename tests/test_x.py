"""The X connector: the summons, the length, the cost, X's words for a refusal, and answers that make no sense."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
import x_server
from x_server import Person, Tweet, XServer

from connectors.base import (
    Call,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Handoff,
    Identity,
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
from connectors.fault_proxy import FaultProxy, Mishap, Trouble
from connectors.x import SPEC, XConnector

CONNECTOR = XConnector()
MENTIONS = Followed(SourceKind.MENTIONS)
OFFICIAL = Path(__file__).parents[2] / "shared" / "data" / "x-text-conformance-validate.yml"


@pytest.fixture
def x() -> Iterator[XServer]:
    with XServer() as running:
        yield running


def call_as(x: XServer, person: Person, url: str = "", **options: str) -> Call:
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    secrets = dict(zip(names, (*x_server.CONSUMER, person.token, person.secret), strict=True))
    return Call(url or x.url, secrets, datetime.now(UTC), account_id=person.id, handle=person.username, options=options)


def seen(x: XServer, person: Person, tweet: Tweet) -> Post:
    """Return a post as the connector reads it for this account."""
    state = CONNECTOR.refresh(call_as(x, person), (tweet.id,))[0]
    assert state.post is not None
    return state.post


def intent_for(parent: Post, text: str) -> ReplyIntent:
    rendered = CONNECTOR.render(text, ReplyContext(parent, Identity.BRAND))
    return ReplyIntent(uuid4(), "", parent, rendered, datetime.now(UTC))


def test_only_an_account_that_the_author_called_in_may_answer_and_the_server_agrees(x: XServer) -> None:
    acme, alice, sam = x.person("acme"), x.person("alice"), x.person("sam")
    ours = x.tweet(acme, "Our news")
    named = x.tweet(sam, "@acme does it fly?")
    quoting = x.tweet(sam, "Look at that", quoted=ours.id)
    closed = x.tweet(sam, "Look at that too", quoted=ours.id, reply_settings="mentionedUsers")
    naming_closed = x.tweet(sam, "@acme and nobody else", reply_settings="mentionedUsers")
    complaint = x.tweet(sam, "acme is terrible")
    allowed = {(acme.id, named.id), (acme.id, quoting.id), (acme.id, naming_closed.id), (acme.id, ours.id)}
    for person in (acme, alice):
        for tweet in (named, quoting, closed, naming_closed, complaint, ours):
            post = seen(x, person, tweet)
            permission = CONNECTOR.can_reply(call_as(x, person), post)
            outcome = CONNECTOR.reply(call_as(x, person), intent_for(post, f"On {tweet.id} by {person.username}"))
            if (person.id, tweet.id) in allowed:
                assert isinstance(permission, Yes)
                assert isinstance(outcome, Posted)
            else:
                assert isinstance(permission, Handoff)
                assert permission.url == f"https://x.com/intent/post?in_reply_to={tweet.id}"
                assert f"@{person.username}" in permission.reason
                assert permission.rule == "x.summoned"
                assert "docs.x.com" in permission.source
                assert isinstance(outcome, Rejected)
                assert outcome.fault is Fault.NOT_SUMMONED


def test_an_enterprise_contract_lets_the_account_reply_unasked(x: XServer) -> None:
    acme, post = x.person("acme"), x.tweet(x.person("sam"), "acme is terrible")
    assert isinstance(CONNECTOR.can_reply(call_as(x, acme, plan="enterprise"), seen(x, acme, post)), Yes)


def test_the_policy_says_what_x_demands() -> None:
    policy = SPEC.policy
    assert (policy.summons_required, policy.ai_approval_required, policy.cross_account_duplicate_ban) == (True,) * 3
    assert policy.max_replies_per_interaction == 1
    assert policy.purge_within == timedelta(hours=24)
    assert "stop" in policy.opt_out_words
    prices = policy.cost_per_reply, policy.cost_per_reply_with_link, policy.cost_per_read
    assert prices == (Decimal("0.01"), Decimal("0.20"), Decimal("0.005"))


def test_a_second_identical_reply_is_named_a_duplicate(x: XServer) -> None:
    acme, sam = x.person("acme"), x.person("sam")
    for expected in (Posted, Rejected):
        post = seen(x, acme, x.tweet(sam, "@acme hello"))
        outcome = CONNECTOR.reply(call_as(x, acme), intent_for(post, "Hello!"))
        assert isinstance(outcome, expected)
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.DUPLICATE


def test_a_reply_to_others_can_never_be_edited_and_no_request_is_made(x: XServer) -> None:
    acme = x.person("acme")
    outcome = CONNECTOR.edit(call_as(x, acme), "1", "Better")
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.FORBIDDEN_BY_POLICY
    assert "Delete it" in outcome.detail
    assert x.used == 0


def test_reading_costs_money_by_the_post(x: XServer) -> None:
    acme, sam = x.person("acme"), x.person("sam")
    for number in range(7):
        x.tweet(sam, f"@acme kettle {number}")
    assert CONNECTOR.fetch(call_as(x, acme), MENTIONS, None).cost == 7 * Decimal("0.001")
    page = CONNECTOR.fetch(call_as(x, acme), Followed(SourceKind.SEARCH, "kettle"), None)
    assert page.cost == 7 * Decimal("0.005")
    assert CONNECTOR.fetch(call_as(x, acme), Followed(SourceKind.SEARCH, "kettle"), page.cursor).cost == 0


def test_a_search_walks_back_over_all_that_is_new(x: XServer) -> None:
    acme, sam = x.person("acme"), x.person("sam")
    followed = Followed(SourceKind.SEARCH, "kettle")
    ids = [x.tweet(sam, "kettle first").id]
    page = CONNECTOR.fetch(call_as(x, acme), followed, None)
    read = [post.id for post in page.posts]
    ids += [x.tweet(sam, f"kettle {number}").id for number in range(230)]
    completed = []
    for _ in range(3):
        page = CONNECTOR.fetch(call_as(x, acme), followed, page.cursor)
        read += [post.id for post in page.posts]
        completed.append(page.complete)
    assert completed == [False, False, True]
    assert not page.gap
    assert sorted(read) == sorted(ids)
    assert len(read) == len(ids)
    assert CONNECTOR.fetch(call_as(x, acme), followed, page.cursor).posts == ()


@pytest.mark.parametrize(("away", "gap"), [(timedelta(hours=1), False), (timedelta(days=9), True)])
def test_a_search_that_brought_nothing_for_a_week_goes_on_and_tells_a_gap_only_when_nobody_looked(
    x: XServer, away: timedelta, gap: bool
) -> None:
    acme, sam = x.person("acme"), x.person("sam")
    old = x.tweet(sam, "kettle", at=datetime.now(UTC) - timedelta(days=20))
    new = x.tweet(sam, "kettle too")
    looked = int((datetime.now(UTC) - away).timestamp())
    cursor = Cursor(json.dumps({"after": old.id, "read": looked}))
    page = CONNECTOR.fetch(call_as(x, acme), Followed(SourceKind.SEARCH, "kettle"), cursor)
    assert [post.id for post in page.posts] == [new.id]
    assert page.gap is gap


@pytest.mark.parametrize("cursor", ["", "{", "[]", "7", '{"after": {}}', '{"after": "../x"}'])
def test_a_cursor_that_cannot_be_read_starts_anew(x: XServer, cursor: str) -> None:
    acme = x.person("acme")
    mention = x.tweet(x.person("sam"), "@acme hello")
    assert [post.id for post in CONNECTOR.fetch(call_as(x, acme), MENTIONS, Cursor(cursor)).posts] == [mention.id]


def test_a_conversation_is_read_from_its_first_post_and_says_when_it_is_too_long(x: XServer) -> None:
    acme, sam = x.person("acme"), x.person("sam")
    first = x.tweet(sam, "@acme one", at=datetime.now(UTC) - timedelta(days=30))
    ids = [first.id]
    for number in range(40):
        ids.append(x.tweet(sam, f"Number {number}", parent=ids[-1]).id)
    thread = CONNECTOR.thread(call_as(x, acme), ids[20])
    assert [post.id for post in thread.posts] == ids
    assert {post.root_id for post in thread.posts} == {first.id}
    assert not thread.truncated
    for number in range(500):
        x.tweet(sam, f"More {number}", parent=first.id)
    thread = CONNECTOR.thread(call_as(x, acme), first.id)
    assert thread.truncated
    assert len(thread.posts) == 501


def test_a_followed_conversation_brings_what_is_new_in_it(x: XServer) -> None:
    acme, sam = x.person("acme"), x.person("sam")
    first = x.tweet(sam, "@acme one")
    second = x.tweet(sam, "two", parent=first.id)
    followed = Followed(SourceKind.THREAD, f"https://x.com/sam/status/{first.id}")
    page = CONNECTOR.fetch(call_as(x, acme), followed, None)
    third = x.tweet(sam, "three", parent=second.id)
    assert [post.id for post in CONNECTOR.fetch(call_as(x, acme), followed, page.cursor).posts] == [third.id]


@pytest.mark.parametrize(
    "followed",
    [
        Followed(SourceKind.HASHTAG, "x"),
        Followed(SourceKind.SEARCH, " "),
        Followed(SourceKind.SEARCH, "x" * 600),
        Followed(SourceKind.THREAD, "../../2/users"),
        Followed(SourceKind.THREAD, "https://evil.example/sam/status/1"),
    ],
)
def test_what_cannot_be_followed_is_refused_without_a_request(x: XServer, followed: Followed) -> None:
    with pytest.raises(ConnectorError) as refusal:
        CONNECTOR.fetch(call_as(x, x.person("acme")), followed, None)
    assert refusal.value.fault is Fault.INVALID
    assert x.used == 0


def test_refresh_tells_live_edited_deleted_and_hidden(x: XServer) -> None:
    acme, sam = x.person("acme"), x.person("sam")
    live, edited, gone, hidden = (x.tweet(sam, f"@acme {number}") for number in range(4))
    newest = x.edit(edited.id, "@acme changed")
    x.delete(gone.id)
    x.hidden.add(hidden.id)
    states = CONNECTOR.refresh(call_as(x, acme), (hidden.id, gone.id, edited.id, live.id, newest.id))
    wanted = [PostStatus.HIDDEN, PostStatus.DELETED, PostStatus.EDITED, PostStatus.LIVE, PostStatus.EDITED]
    assert [state.status for state in states] == wanted
    assert states[2].post is not None
    assert (states[2].id, states[2].post.id, states[2].post.text) == (edited.id, edited.id, "@acme changed")


def test_outcomes_count_likes_and_bring_answers(x: XServer) -> None:
    acme, sam = x.person("acme"), x.person("sam")
    mention = x.tweet(sam, "@acme does it fly?")
    reply = CONNECTOR.reply(call_as(x, acme), intent_for(seen(x, acme, mention), "It does."))
    assert isinstance(reply, Posted)
    ours = reply.receipt.id
    x.tweets[ours].likes = 3
    thanks = x.tweet(sam, "Thank you!", parent=ours)
    signals = CONNECTOR.outcomes(call_as(x, acme), (ours,))
    counted = {signal.kind: signal for signal in signals}
    assert counted[SignalKind.LIKES].value == 3
    answer = counted[SignalKind.ANSWERED].post
    assert answer is not None
    assert (answer.id, answer.text) == (thanks.id, "@acme Thank you!")
    x.delete(ours)
    assert [one.kind for one in CONNECTOR.outcomes(call_as(x, acme), (ours,))] == [SignalKind.REMOVED]


def test_a_lost_reply_is_known_again_by_its_words_though_x_rewrote_its_links(x: XServer) -> None:
    acme, sam = x.person("acme"), x.person("sam")
    post = seen(x, acme, x.tweet(sam, "@acme help"))
    intent = intent_for(post, "Café & co: https://example.org/a?x=1&y=2 and acme.com/help\n\nBye")
    with FaultProxy(x.url) as proxy:
        x.reached_at.append(proxy.url)
        proxy.next_answer(Trouble(Mishap.DROP, stored=True))
        assert isinstance(CONNECTOR.reply(call_as(x, acme, proxy.url), intent), Unknown)
    found = CONNECTOR.find_own_reply(call_as(x, acme), intent)
    assert found is not None
    assert (found.id, x.posts_made) == (x.of(acme)[0].id, 1)
    for other in ("Café & co: https://example.org/b and acme.com/help\n\nBye", "Café"):
        assert CONNECTOR.find_own_reply(call_as(x, acme), replace(intent, text=other)) is None
    later = replace(intent, attempted_at=datetime.now(UTC) + timedelta(minutes=10))
    assert CONNECTOR.find_own_reply(call_as(x, acme), later) is None


def test_the_limit_is_told_before_and_after_it_is_reached(x: XServer) -> None:
    acme = x.person("acme")
    x.limit = 2
    page = CONNECTOR.fetch(call_as(x, acme), MENTIONS, None)
    assert page.allowance is not None
    assert (page.allowance.remaining, page.allowance.resets_at) == (1, x.resets_at.replace(microsecond=0))
    CONNECTOR.fetch(call_as(x, acme), MENTIONS, None)
    with pytest.raises(ConnectorError) as refusal:
        CONNECTOR.fetch(call_as(x, acme), MENTIONS, None)
    assert refusal.value.fault is Fault.RATE_LIMITED
    assert refusal.value.retry_at == x.resets_at.replace(microsecond=0)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, timedelta(minutes=15)),
        ({"x-rate-limit-reset": "soon"}, timedelta(minutes=15)),
        ({"x-rate-limit-reset": "12"}, timedelta(seconds=1)),
        ({"x-rate-limit-reset": "99999999999"}, timedelta(days=1)),
    ],
)
def test_a_limit_without_a_sensible_time_reopens_all_the_same(
    x: XServer, headers: dict[str, str], after: timedelta
) -> None:
    with FaultProxy(x.url) as proxy:
        proxy.next_answer(Trouble(status=429, body="{}", headers=headers), to_write=False)
        call = call_as(x, x.person("acme"), proxy.url)
        with pytest.raises(ConnectorError) as refusal:
            CONNECTOR.fetch(call, MENTIONS, None)
    assert refusal.value.retry_at == call.now + after


def test_a_day_that_is_used_up_reopens_when_x_says(x: XServer) -> None:
    resets = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=7)
    headers = {
        "x-rate-limit-remaining": "90",
        "x-rate-limit-reset": "1",
        "x-user-limit-24hour-remaining": "0",
        "x-user-limit-24hour-reset": str(int(resets.timestamp())),
    }
    acme = x.person("acme")
    post = seen(x, acme, x.tweet(x.person("sam"), "@acme hi"))
    with FaultProxy(x.url) as proxy:
        proxy.next_answer(Trouble(status=429, body='{"title": "Too Many Requests"}', headers=headers))
        outcome = CONNECTOR.reply(call_as(x, acme, proxy.url), intent_for(post, "Hello"))
    assert isinstance(outcome, Rejected)
    assert (outcome.fault, outcome.retry_at) == (Fault.RATE_LIMITED, resets)


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (
            403,
            '{"detail": "Your client app is not configured with the appropriate oauth1 app permissions"}',
            Fault.AUTH,
        ),
        (403, '{"errors": [{"code": 326, "message": "this account is temporarily locked"}]}', Fault.AUTH),
        (402, '{"title": "CreditsDepleted", "detail": "No credits."}', Fault.OVER_BUDGET),
        (429, '{"title": "UsageCapExceeded", "detail": "Usage cap exceeded"}', Fault.OVER_BUDGET),
        (404, "<html>not here</html>", Fault.INVALID),
        (403, "<html>firewall</html>", Fault.INVALID),
        (404, '{"errors": null, "title": 7}', Fault.GONE),
        (403, '{"errors": [], "detail": null}', Fault.FORBIDDEN_BY_POLICY),
        (403, "[]", Fault.INVALID),
        (418, "{}", Fault.INVALID),
    ],
)
def test_a_refusal_is_named_by_x_s_words(x: XServer, status: int, body: str, fault: Fault) -> None:
    acme = x.person("acme")
    post = seen(x, acme, x.tweet(x.person("sam"), "@acme hi"))
    with FaultProxy(x.url) as proxy:
        proxy.next_answer(Trouble(status=status, body=body))
        outcome = CONNECTOR.reply(call_as(x, acme, proxy.url), intent_for(post, "Hello"))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is fault
    assert outcome.detail
