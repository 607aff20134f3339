"""The Reddit connector: off without approval, one POST for a reply, whole trees, and answers that make no sense."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import reddit_server
from reddit_server import RedditServer, Thing

from connectors.base import (
    Call,
    Condition,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Handoff,
    Identity,
    No,
    Outcome,
    Page,
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
from connectors.reddit import SPEC, RedditConnector

CONNECTOR = RedditConnector()
MENTIONS = Followed(SourceKind.MENTIONS)
SUBREDDIT = Followed(SourceKind.FEED, "r/ereaders")
APPROVED = {"platform_approval": "Letter of 2026-01-07"}


@pytest.fixture
def reddit() -> Iterator[RedditServer]:
    with RedditServer() as running:
        running.person("harbour")
        yield running


def call_of(reddit: RedditServer, url: str = "", **options: str) -> Call:
    """A call with an access token that still lasts, so that every request is the one asked for."""
    reddit.tokens["access-token-for-tests"] = "harbour"
    secrets = {
        "client_id": reddit_server.CLIENT[0],
        "client_secret": reddit_server.CLIENT[1],
        "refresh_token": reddit.refresh_token("harbour"),
        "access_token": "access-token-for-tests",
        "access_token_expires": "2099-01-01T00:00:00+00:00",
    }
    us, now = reddit.person("harbour"), datetime.now(UTC)
    return Call(url or reddit.url, secrets, now, account_id=us, handle="harbour", options=APPROVED | options)


def seen(reddit: RedditServer, thing: Thing) -> Post:
    post = CONNECTOR.refresh(call_of(reddit), (thing.name,))[0].post
    assert post is not None
    return post


def intent_for(parent: Post, text: str = "It lasts **twelve** hours.") -> ReplyIntent:
    rendered = CONNECTOR.render(text, ReplyContext(parent, Identity.BRAND))
    return ReplyIntent(uuid4(), "", parent, rendered, datetime.now(UTC))


def mention(reddit: RedditServer, text: str = "u/harbour how long?") -> Post:
    return seen(reddit, reddit.comment("maya", text, reddit.submit("sam", "Readers")))


def names(page: Page) -> list[str]:
    return [post.id for post in page.posts]


def test_everything_but_knowing_who_we_are_is_off_until_the_approval_is_recorded(reddit: RedditServer) -> None:
    post = mention(reddit)
    reddit.requests.clear()
    for options in ({}, {"platform_approval": "  "}):
        call = replace(call_of(reddit), options=options)
        permission = CONNECTOR.can_reply(call, post)
        assert isinstance(permission, No)
        assert permission.rule == "reddit.platform_approval"
        outcome = CONNECTOR.reply(call, intent_for(post))
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.FORBIDDEN_BY_POLICY
        for read in (
            lambda call=call: CONNECTOR.fetch(call, MENTIONS, None),
            lambda call=call: CONNECTOR.thread(call, post.id),
        ):
            with pytest.raises(ConnectorError) as refusal:
                read()
            assert refusal.value.fault is Fault.FORBIDDEN_BY_POLICY
        assert reddit.requests == []
        assert CONNECTOR.check(call).condition is Condition.OK
        reddit.requests.clear()
    assert isinstance(CONNECTOR.can_reply(call_of(reddit), post), Yes)


def test_the_policy_says_what_reddit_demands() -> None:
    policy = SPEC.policy
    assert (policy.operator_approval_required, policy.label_required, policy.identity_matching_allowed) == (
        True,
        True,
        False,
    )
    assert policy.purge_within == timedelta(hours=48)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, Yes),
        ({"closed_subreddits": "kindle, r/EReaders"}, No),
        ({"handoff_subreddits": "/r/ereaders"}, Handoff),
        ({"allowed_subreddits": "kindle"}, No),
        ({"allowed_subreddits": "ereaders kindle"}, Yes),
        ({"allowed_subreddits": "ereaders", "closed_subreddits": "ereaders"}, No),
    ],
)
def test_every_subreddit_has_its_own_rule_also_when_only_the_address_was_kept(
    reddit: RedditServer, options: dict[str, str], expected: type
) -> None:
    post = mention(reddit)
    for known in (post, replace(post, venue="")):
        permission = CONNECTOR.can_reply(call_of(reddit, **options), known)
        assert isinstance(permission, expected)
        if not isinstance(permission, Yes):
            assert "r/ereaders" in permission.reason
            assert permission.source == "https://www.reddit.com/r/ereaders/about/rules"


@pytest.mark.parametrize(
    "trouble",
    [Trouble(status=code) for code in (500, 502, 503, 504, 520, 522, 408, 401, 429)]
    + [
        Trouble(Mishap.DROP),
        Trouble(Mishap.TRUNCATE),
        Trouble(status=200, body="<html>"),
        Trouble(status=204, body=""),
    ],
    ids=str,
)
@pytest.mark.parametrize("stored", [True, False])
def test_a_reply_is_exactly_one_post(reddit: RedditServer, trouble: Trouble, stored: bool) -> None:
    intent = intent_for(mention(reddit))
    with FaultProxy(reddit.url) as proxy:
        proxy.next_answer(replace(trouble, stored=stored))
        outcome = CONNECTOR.reply(call_of(reddit, proxy.url), intent)
        assert not isinstance(outcome, Posted)
        assert len(proxy.writes) == 1
    assert reddit.comments_sent == int(stored)
    assert len(reddit.of("harbour")) == int(stored)


@pytest.mark.parametrize("said", ["9 minutes", "3 seconds", "700 milliseconds", "0 seconds"])
def test_a_rate_limit_in_the_body_is_never_tried_again_by_the_library(reddit: RedditServer, said: str) -> None:
    intent = intent_for(mention(reddit))
    body = json.dumps({"json": {"errors": [["RATELIMIT", f"Take a break for {said} before trying again.", ""]]}})
    with FaultProxy(reddit.url) as proxy:
        proxy.next_answer(Trouble(status=200, body=body))
        call = call_of(reddit, proxy.url)
        outcome = CONNECTOR.reply(call, intent)
        assert len(proxy.writes) == 1
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.RATE_LIMITED
    assert outcome.retry_at is not None
    waits = {"9 minutes": 540, "3 seconds": 3, "700 milliseconds": 1, "0 seconds": 1}
    assert outcome.retry_at - call.now == timedelta(seconds=waits[said])


def reply(reddit: RedditServer, how: str) -> tuple[Outcome, ReplyIntent]:
    intent = intent_for(mention(reddit))
    reddit.next_comment = how
    return CONNECTOR.reply(call_of(reddit), intent), intent


def test_a_rate_limit_that_names_a_comment_means_that_it_was_posted(reddit: RedditServer) -> None:
    outcome, _ = reply(reddit, "ratelimit but posted")
    assert isinstance(outcome, Posted)
    assert outcome.receipt.id == reddit.of("harbour")[0].name


def test_a_rate_limit_without_a_comment_means_that_it_was_not(reddit: RedditServer) -> None:
    outcome, _ = reply(reddit, "ratelimit")
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.RATE_LIMITED
    assert reddit.of("harbour") == []


def test_a_reply_that_reddit_does_not_show_is_in_doubt_and_found_again(reddit: RedditServer) -> None:
    outcome, intent = reply(reddit, "posted but not shown")
    assert isinstance(outcome, Unknown)
    found = CONNECTOR.find_own_reply(call_of(reddit), intent)
    assert found is not None
    assert found.id == reddit.of("harbour")[0].name
    assert CONNECTOR.find_own_reply(call_of(reddit), replace(intent, text="Something else")) is None
    later = replace(intent, attempted_at=datetime.now(UTC) + timedelta(minutes=5))
    assert CONNECTOR.find_own_reply(call_of(reddit), later) is None


def test_a_reply_far_back_among_our_own_is_found(reddit: RedditServer) -> None:
    _, intent = reply(reddit, "posted but not shown")
    about = reddit.submit("sam", "More")
    for number in range(250):
        reddit.comment("harbour", f"Another {number}", about)
    found = CONNECTOR.find_own_reply(call_of(reddit), intent)
    assert found is not None


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("THREAD_LOCKED", Fault.FORBIDDEN_BY_POLICY),
        ("TOO_OLD", Fault.FORBIDDEN_BY_POLICY),
        ("USER_REQUIRED", Fault.AUTH),
        ("DELETED_LINK", Fault.GONE),
        ("A_NEW_ONE", Fault.INVALID),
    ],
)
def test_a_refusal_inside_a_success_is_named(reddit: RedditServer, code: str, fault: Fault) -> None:
    intent = intent_for(mention(reddit))
    with FaultProxy(reddit.url) as proxy:
        proxy.next_answer(Trouble(status=200, body=json.dumps({"json": {"errors": [[code, "No.", None]]}})))
        outcome = CONNECTOR.reply(call_of(reddit, proxy.url), intent)
    assert isinstance(outcome, Rejected)
    assert outcome.fault is fault


def test_a_subreddit_is_followed_with_its_posts_and_comments(reddit: RedditServer) -> None:
    first = reddit.submit("sam", "One")
    elsewhere = reddit.submit("sam", "Elsewhere", subreddit="kindle")
    page = CONNECTOR.fetch(call_of(reddit), SUBREDDIT, None)
    assert names(page) == [first.name]
    answer = reddit.comment("maya", "Two", first)
    reddit.comment("maya", "Not this", elsewhere)
    second = CONNECTOR.fetch(call_of(reddit), SUBREDDIT, page.cursor)
    assert names(second) == [answer.name]
    assert names(CONNECTOR.fetch(call_of(reddit), SUBREDDIT, second.cursor)) == []


def test_a_burst_of_posts_is_read_back_to_what_is_known(reddit: RedditServer) -> None:
    start = int(datetime.now(UTC).timestamp()) - 100_000
    first = reddit.submit("sam", "One", at=start)
    page = CONNECTOR.fetch(call_of(reddit), SUBREDDIT, None)
    made = [reddit.submit("sam", f"Number {number}", at=start + 4_000 + number).name for number in range(350)]
    page = CONNECTOR.fetch(call_of(reddit), SUBREDDIT, page.cursor)
    assert names(page) == made
    assert not page.gap
    assert first.name not in names(page)


def test_a_burst_beyond_reddit_s_listings_is_told_as_a_gap(reddit: RedditServer) -> None:
    start = int(datetime.now(UTC).timestamp()) - 100_000
    reddit.submit("sam", "One", at=start)
    page = CONNECTOR.fetch(call_of(reddit), SUBREDDIT, None)
    for number in range(1_050):
        reddit.submit("sam", f"Number {number}", at=start + 4_000 + number)
    page = CONNECTOR.fetch(call_of(reddit), SUBREDDIT, page.cursor)
    assert page.gap
    assert len(page.posts) == 1_000


def test_a_deleted_anchor_breaks_nothing(reddit: RedditServer) -> None:
    made = [reddit.submit("sam", f"Number {number}") for number in range(3)]
    page = CONNECTOR.fetch(call_of(reddit), SUBREDDIT, None)
    for one in made:
        del reddit.things[one.name]
    late = reddit.submit("sam", "Late")
    assert names(CONNECTOR.fetch(call_of(reddit), SUBREDDIT, page.cursor)) == [late.name]


def test_the_inbox_brings_mentions_and_answers_but_no_private_subreddit(reddit: RedditServer) -> None:
    about = reddit.submit("sam", "Readers")
    ours = reddit.comment("harbour", "We are Harbour.", about)
    answer = reddit.comment("maya", "Thanks!", ours)
    named = reddit.comment("sam", "Ask /u/harbour about it", about)
    secret = reddit.comment("sam", "u/harbour between us", reddit.submit("sam", "x", subreddit="secret"))
    reddit.private.add("secret")
    page = CONNECTOR.fetch(call_of(reddit), MENTIONS, None)
    assert names(page) == [answer.name, named.name]
    assert page.posts[1].mentioned == {reddit.person("harbour")}
    assert [one.id for one in page.skipped] == [secret.name]
    assert "between us" not in repr(page)
    assert page.allowance is not None
    assert page.allowance.resets_at is not None


def test_a_thread_and_a_search_can_be_followed(reddit: RedditServer) -> None:
    root = reddit.submit("sam", "Which kettle?")
    reddit.submit("sam", "Something else")
    search = Followed(SourceKind.SEARCH, "kettle")
    assert names(CONNECTOR.fetch(call_of(reddit), search, None)) == [root.name]
    for query in (root.name, f"https://www.reddit.com/r/ereaders/comments/{root.bare}/which_kettle/"):
        followed = Followed(SourceKind.THREAD, query)
        page = CONNECTOR.fetch(call_of(reddit), followed, None)
        answer = reddit.comment("maya", "This one.", root)
        assert names(CONNECTOR.fetch(call_of(reddit), followed, page.cursor)) == [answer.name]


@pytest.mark.parametrize(
    "followed",
    [
        Followed(SourceKind.HASHTAG, "x"),
        Followed(SourceKind.FEED, "../api"),
        Followed(SourceKind.SEARCH, " "),
        Followed(SourceKind.THREAD, "t1_../x"),
        Followed(SourceKind.THREAD, "https://evil.example/r/a/comments/b/c/"),
    ],
)
def test_what_cannot_be_followed_is_refused_without_a_request(reddit: RedditServer, followed: Followed) -> None:
    with pytest.raises(ConnectorError) as refusal:
        CONNECTOR.fetch(call_of(reddit), followed, None)
    assert refusal.value.fault is Fault.INVALID
    assert reddit.requests == []


@pytest.mark.parametrize("cursor", ["", "{", "[]", "7", '{"newest": "x", "seen": {}}', '{"newest": 1, "seen": []}'])
def test_a_cursor_that_cannot_be_read_starts_anew_and_says_so(reddit: RedditServer, cursor: str) -> None:
    made = reddit.submit("sam", "One")
    page = CONNECTOR.fetch(call_of(reddit), SUBREDDIT, Cursor(cursor))
    assert (names(page), page.gap) == ([made.name], True)


def test_refresh_tells_deleted_from_removed(reddit: RedditServer) -> None:
    about = reddit.submit("sam", "Readers")
    live, edited, deleted, removed = (reddit.comment("maya", f"Number {number}", about) for number in range(4))
    reddit.edit(edited.name, "Changed")
    reddit.delete(deleted.name)
    removed.text = "[removed]"
    states = CONNECTOR.refresh(call_of(reddit), (live.name, edited.name, deleted.name, removed.name, "t1_zzz"))
    wanted = [PostStatus.LIVE, PostStatus.EDITED, PostStatus.DELETED, PostStatus.HIDDEN, PostStatus.DELETED]
    assert [state.status for state in states] == wanted


def test_outcomes_bring_answers_and_tell_a_removal(reddit: RedditServer) -> None:
    ours = reddit.comment("harbour", "We are Harbour.", reddit.submit("sam", "Readers"))
    ours.score = 6
    thanks = reddit.comment("sam", "Thanks!", ours)
    signals = {one.kind: one for one in CONNECTOR.outcomes(call_of(reddit), (ours.name,))}
    assert signals[SignalKind.LIKES].value == 5
    answer = signals[SignalKind.ANSWERED].post
    assert answer is not None
    assert answer.id == thanks.name
    ours.text = "[removed]"
    assert [one.kind for one in CONNECTOR.outcomes(call_of(reddit), (ours.name,))] == [SignalKind.REMOVED]
