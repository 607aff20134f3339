"""The Mastodon connector against Plaza, over real HTTP: what it reads, what it posts, and how it counts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.plaza import Plaza
from bot.demo.plaza.content import counted
from connectors._mastodon_text import length
from connectors.base import (
    Author,
    Call,
    Condition,
    ConnectorError,
    Fault,
    Followed,
    Handoff,
    Identity,
    No,
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
from connectors.mastodon import MastodonConnector

MENTIONS = Followed(SourceKind.MENTIONS)
CONNECTOR = MastodonConnector()


@pytest.fixture
def plaza() -> Iterator[Plaza]:
    with Plaza(lively=False) as running:
        yield running


def call_of(plaza: Plaza, name: str = "harbour", **options: str) -> Call:
    secrets = {"access_token": plaza.token_of(name)}
    return Call(plaza.url, secrets, datetime.now(UTC), account_id=plaza.account_id(name), handle=name, options=options)


def intent_for(parent: Post, text: str) -> ReplyIntent:
    identity = uuid4()
    now = datetime.now(UTC)
    rendered = CONNECTOR.render(text, ReplyContext(parent, Identity.BRAND, "harbour", 500))
    return ReplyIntent(identity, CONNECTOR.new_key(identity, now), parent, rendered, now)


def mention(plaza: Plaza, text: str = "@harbour how long does the battery last?") -> Post:
    post_id = plaza.post_as("Maya Okafor", text)
    page = CONNECTOR.fetch(call_of(plaza), MENTIONS, None)
    return next(post for post in page.posts if post.id == post_id)


def test_check_says_who_we_are_and_what_fits(plaza: Plaza) -> None:
    health = CONNECTOR.check(call_of(plaza))
    assert (health.condition, health.handle, health.max_length) == (Condition.OK, "harbour", 500)
    assert (health.account_id, health.venue) == (plaza.account_id("harbour"), plaza.url.removeprefix("http://"))


def test_check_of_a_dead_token_asks_for_a_new_one(plaza: Plaza) -> None:
    health = CONNECTOR.check(replace(call_of(plaza), secrets={"access_token": "gone"}))
    assert health.condition is Condition.REAUTH
    assert "access token is invalid" in health.detail


def test_a_mention_arrives_as_plain_text_with_its_author_and_its_links(plaza: Plaza) -> None:
    link = "https://example.org/a/path/that/is/rather/long?x=1&y=2"
    post = mention(plaza, f"@harbour is <b>this</b> right?\n\n{link}\n#ereaders")
    assert post.text == f"@harbour is <b>this</b> right?\n\n{link}\n#ereaders"
    assert (post.author.handle, post.author.name) == ("maya", "Maya Okafor")
    assert post.mentioned == {plaza.account_id("harbour")}
    assert (post.is_own, post.is_public, post.parent_id, post.root_id) == (False, True, None, post.id)


def test_mentions_come_oldest_first_page_by_page_and_none_is_lost(plaza: Plaza) -> None:
    first = CONNECTOR.fetch(call_of(plaza), MENTIONS, None)
    assert (first.posts, first.cursor) == ((), None)
    ids = [plaza.post_as("Maya", "@harbour zero")]
    page = CONNECTOR.fetch(call_of(plaza), MENTIONS, None)
    ids += [plaza.post_as("Maya", f"@harbour {number}") for number in range(95)]
    seen = [post.id for post in page.posts]
    complete = []
    for _ in range(3):
        page = CONNECTOR.fetch(call_of(plaza), MENTIONS, page.cursor)
        seen += [post.id for post in page.posts]
        complete.append(page.complete)
    assert seen == ids
    assert complete == [False, False, True]
    assert CONNECTOR.fetch(call_of(plaza), MENTIONS, page.cursor).posts == ()


def test_a_search_walks_back_over_all_that_is_new(plaza: Plaza) -> None:
    following = Followed(SourceKind.SEARCH, "reader")
    ids = [plaza.post_as("Maya", "reader zero")]
    page = CONNECTOR.fetch(call_of(plaza), following, None)
    seen = [post.id for post in page.posts]
    ids += [plaza.post_as("Maya", f"reader {number}") for number in range(95)]
    for _ in range(3):
        page = CONNECTOR.fetch(call_of(plaza), following, page.cursor)
        seen += [post.id for post in page.posts]
    assert page.complete
    assert not page.gap
    assert sorted(seen) == ids
    late = plaza.post_as("Maya", "reader late")
    assert [post.id for post in CONNECTOR.fetch(call_of(plaza), following, page.cursor).posts] == [late]


def test_a_hashtag_and_a_thread_can_be_followed(plaza: Plaza) -> None:
    root = plaza.post_as("Maya", "About #EReaders")
    tag = Followed(SourceKind.HASHTAG, "#ereaders")
    page = CONNECTOR.fetch(call_of(plaza), tag, None)
    assert [post.id for post in page.posts] == [root]
    assert CONNECTOR.fetch(call_of(plaza), tag, page.cursor).posts == ()
    for query in (root, f"{plaza.url}/@maya/{root}"):
        thread = Followed(SourceKind.THREAD, query)
        page = CONNECTOR.fetch(call_of(plaza), thread, None)
        answer = plaza.post_as("Sam", "An answer", root)
        assert [post.id for post in CONNECTOR.fetch(call_of(plaza), thread, page.cursor).posts] == [answer]


@pytest.mark.parametrize(
    "followed",
    [Followed(SourceKind.HASHTAG, "#a/../b"), Followed(SourceKind.SEARCH, " "), Followed(SourceKind.FEED, "x")],
)
def test_what_cannot_be_followed_is_refused(plaza: Plaza, followed: Followed) -> None:
    with pytest.raises(ConnectorError) as refusal:
        CONNECTOR.fetch(call_of(plaza), followed, None)
    assert refusal.value.fault is Fault.INVALID


@pytest.mark.parametrize("visibility", ["private", "direct"])
def test_what_is_not_open_to_all_never_comes_in(plaza: Plaza, visibility: str) -> None:
    secret = plaza.post_as("Maya", "@harbour my address is …", visibility=visibility)
    page = CONNECTOR.fetch(call_of(plaza), MENTIONS, None)
    assert page.posts == ()
    assert [skipped.id for skipped in page.skipped] == [secret]
    assert "address" not in repr(page)


def test_a_thread_holds_siblings_too_and_marks_our_own(plaza: Plaza) -> None:
    parent = mention(plaza)
    aside = plaza.post_as("Sam", "I wonder too", parent.id)
    outcome = CONNECTOR.reply(call_of(plaza), intent_for(parent, "Twelve hours. ^AD"))
    assert isinstance(outcome, Posted)
    thread = CONNECTOR.thread(call_of(plaza), outcome.receipt.id)
    assert (thread.root_id, thread.truncated) == (parent.id, False)
    assert [(post.id, post.is_own) for post in thread.posts] == [
        (parent.id, False),
        (aside, False),
        (outcome.receipt.id, True),
    ]
    assert {post.root_id for post in thread.posts} == {parent.id}


def test_a_reply_stands_under_its_parent_exactly_as_rendered(plaza: Plaza) -> None:
    parent = mention(plaza)
    intent = intent_for(parent, "  Twelve hours, see https://harbour.example/battery?from=plaza\r\n^AD ")
    outcome = CONNECTOR.reply(call_of(plaza), intent)
    assert isinstance(outcome, Posted)
    assert intent.text == "@maya Twelve hours, see https://harbour.example/battery?from=plaza\n^AD"
    assert plaza.posts_of("harbour") == [(outcome.receipt.id, intent.text, parent.id)]
    assert outcome.text == intent.text
    assert outcome.allowance is not None


def test_the_same_intent_sent_twice_is_one_post(plaza: Plaza) -> None:
    intent = intent_for(mention(plaza), "Twelve hours.")
    first = CONNECTOR.reply(call_of(plaza), intent)
    second = CONNECTOR.reply(call_of(plaza), intent)
    assert isinstance(first, Posted)
    assert isinstance(second, Posted)
    assert first.receipt == second.receipt


def test_a_reply_whose_receipt_was_lost_is_found_again(plaza: Plaza) -> None:
    plaza.faults.fail_after_storing = 1
    intent = intent_for(mention(plaza), "Twelve **hours**: https://harbour.example/ *really*.")
    assert isinstance(CONNECTOR.reply(call_of(plaza), intent), Unknown)
    receipt = CONNECTOR.find_own_reply(call_of(plaza), intent)
    assert receipt is not None
    assert receipt.id == plaza.posts_of("harbour")[0][0]
    later = replace(intent, attempted_at=intent.attempted_at + timedelta(hours=1))
    assert CONNECTOR.find_own_reply(call_of(plaza), later) is None
    assert CONNECTOR.find_own_reply(call_of(plaza), replace(intent, text="Another text")) is None
    elsewhere = replace(intent, parent=replace(intent.parent, id="1"))
    assert CONNECTOR.find_own_reply(call_of(plaza), elsewhere) is None


def test_a_lost_reply_is_found_behind_many_newer_posts_of_ours(plaza: Plaza) -> None:
    parent = mention(plaza)
    intent = intent_for(parent, "The one we look for.")
    CONNECTOR.reply(call_of(plaza), intent)
    for number in range(60):
        plaza.post_as("Harbour", f"Something else {number}")
    assert CONNECTOR.find_own_reply(call_of(plaza), intent) is not None


def test_refresh_tells_live_edited_hidden_and_deleted_apart_in_the_order_asked(plaza: Plaza) -> None:
    live, edited, hidden, deleted = (plaza.post_as("Maya", f"@harbour {number}") for number in range(4))
    plaza.edit(edited, "@harbour changed")
    plaza.hide(hidden)
    plaza.delete(deleted)
    states = CONNECTOR.refresh(call_of(plaza), (deleted, edited, live, hidden))
    assert [(state.id, state.status) for state in states] == [
        (deleted, PostStatus.DELETED),
        (edited, PostStatus.EDITED),
        (live, PostStatus.LIVE),
        (hidden, PostStatus.DELETED),
    ]
    assert states[1].post is not None
    assert states[1].post.text == "@harbour changed"
    many = tuple(plaza.post_as("Maya", f"{number}") for number in range(45))
    assert [state.id for state in CONNECTOR.refresh(call_of(plaza), many)] == list(many)


def test_our_reply_can_be_mended_and_withdrawn(plaza: Plaza) -> None:
    outcome = CONNECTOR.reply(call_of(plaza), intent_for(mention(plaza), "Eleven hours."))
    assert isinstance(outcome, Posted)
    mended = CONNECTOR.edit(call_of(plaza), outcome.receipt.id, "@maya Twelve hours.")
    assert isinstance(mended, Posted)
    assert plaza.posts_of("harbour")[0][1] == "@maya Twelve hours."
    for _ in range(2):
        assert isinstance(CONNECTOR.delete(call_of(plaza), outcome.receipt.id), Posted)
    assert plaza.posts_of("harbour") == []
    gone = CONNECTOR.edit(call_of(plaza), outcome.receipt.id, "Too late")
    assert isinstance(gone, Rejected)
    assert gone.fault is Fault.GONE


def test_what_a_reply_led_to_can_be_seen(plaza: Plaza) -> None:
    outcome = CONNECTOR.reply(call_of(plaza), intent_for(mention(plaza), "Twelve hours."))
    assert isinstance(outcome, Posted)
    ours = outcome.receipt.id
    plaza.like_as("Maya Okafor", ours)
    answer = plaza.post_as("Maya Okafor", "Thank you!", ours)
    plaza.post_as("Sam", "@maya lucky you", answer)
    signals = CONNECTOR.outcomes(call_of(plaza), (ours,))
    assert [(one.kind, one.value, one.post and one.post.id) for one in signals] == [
        (SignalKind.LIKES, 1, None),
        (SignalKind.SHARES, 0, None),
        (SignalKind.ANSWERED, 0, answer),
    ]
    plaza.remove(ours)
    assert [one.kind for one in CONNECTOR.outcomes(call_of(plaza), (ours,))] == [SignalKind.REMOVED]


def test_venues_that_do_not_want_us_are_left_alone(plaza: Plaza) -> None:
    post = mention(plaza)
    far = replace(post, venue="quiet.example", url="https://quiet.example/1")
    assert CONNECTOR.can_reply(call_of(plaza), post) == Yes()
    closed = CONNECTOR.can_reply(call_of(plaza, closed_instances="other.example, Quiet.example"), far)
    assert isinstance(closed, No)
    assert closed.rule == "mastodon.closed_instance"
    by_hand = CONNECTOR.can_reply(call_of(plaza, handoff_instances="quiet.example"), far)
    assert isinstance(by_hand, Handoff)
    assert by_hand.url == far.url
    assert isinstance(CONNECTOR.can_reply(call_of(plaza), replace(post, is_public=False)), No)


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("hi", 5),
        ("https://example.org/" + "x" * 300, 26),
        ("see https://example.org/x.", 31),
        ("👨‍👩‍👧‍👦", 4),
        ("@sam@far.away.example hi", 10),
        ("@m hi", 5),
        ("@M, hi", 6),
        ("@m\nhi", 5),
        ("", 2),
        ("nothttps://example.org/" + "x" * 20, 46),
        ("http://localhost/" + "x" * 20, 40),
    ],
)
def test_length_counts_the_mention_and_what_mastodon_shortens(text: str, used: int) -> None:
    parent = Post("1", "", Author("2", "m"), datetime(2026, 1, 1, tzinfo=UTC))
    measured = CONNECTOR.measure(text, ReplyContext(parent, Identity.BRAND))
    assert (measured.used, measured.limit) == (used, 500)
    assert CONNECTOR.measure(text, ReplyContext(parent, Identity.BRAND, max_length=5)).limit == 5


PIECES = st.sampled_from(
    ["https://example.org/", "http://a.bc", "https://localhost/x", "@sam", "@sam@far.example", "#tag", "(", ")", ".",
     ",", " ", "\n", "é", "e\u0301", "👨‍👩‍👧‍👦", "漢字", "x", "?q=1&r=2", "/path", "_", "@", "://", "https", "'", "…"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=12).map("".join))
def test_the_connector_and_the_platform_count_alike(text: str) -> None:
    """Two counts, written apart: the connector's and Plaza's."""
    assert length(text) == counted(text)


def test_a_reply_to_ourselves_mentions_nobody() -> None:
    own = Post("1", "", Author("2", "harbour"), datetime(2026, 1, 1, tzinfo=UTC), is_own=True)
    assert CONNECTOR.render("One more thing.", ReplyContext(own, Identity.BRAND)) == "One more thing."
