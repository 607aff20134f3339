"""The Discourse connector: its sources, its queue, its webhooks, its limits, and Discourse's words for a refusal."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import discourse_server
import pytest
from discourse_server import DiscourseServer
from discourse_shapes import Post as Written
from discourse_shapes import User

from connectors.base import (
    Author,
    Call,
    Condition,
    ConnectorError,
    Cursor,
    Delivery,
    Fault,
    Followed,
    Handoff,
    Identity,
    No,
    Page,
    PendingRemote,
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
from connectors.discourse import SPEC, DiscourseConnector
from connectors.fault_proxy import FaultProxy, Mishap, Trouble

CONNECTOR = DiscourseConnector()
MENTIONS = Followed(SourceKind.MENTIONS)


@pytest.fixture
def forum() -> Iterator[DiscourseServer]:
    with DiscourseServer() as running:
        running.user("maya")
        yield running


@pytest.fixture
def us(forum: DiscourseServer) -> User:
    return forum.user("harbour")


def call_as(forum: DiscourseServer, user: User, url: str = "", **options: str) -> Call:
    secrets = {"api_key": user.key, "webhook_secret": forum.webhook_secret}
    return Call(
        url or forum.url,
        secrets,
        datetime.now(UTC),
        account_id=str(user.id),
        handle=user.username,
        options=options,
    )


def seen(forum: DiscourseServer, us: User, written: Written) -> Post:
    """Return a post as the connector reads it for this account."""
    (state,) = CONNECTOR.refresh(call_as(forum, us), (str(written.id),))
    assert state.post is not None, state
    return state.post


def intent_for(parent: Post, text: str = "It lasts twelve hours, we measured it.") -> ReplyIntent:
    rendered = CONNECTOR.render(text, ReplyContext(parent, Identity.BRAND))
    return ReplyIntent(uuid4(), "", parent, rendered, datetime.now(UTC))


def all_pages(forum: DiscourseServer, us: User, followed: Followed, cursor: Cursor | None) -> list[Page]:
    pages = [CONNECTOR.fetch(call_as(forum, us), followed, cursor)]
    while not pages[-1].complete:
        pages.append(CONNECTOR.fetch(call_as(forum, us), followed, pages[-1].cursor))
    return pages


def ids(pages: list[Page]) -> list[str]:
    return [post.id for page in pages for post in page.posts]


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        (SourceKind.SEARCH, "kettle"),
        (SourceKind.HASHTAG, "#kettle"),
        (SourceKind.FEED, ""),
        (SourceKind.FEED, "support"),
        (SourceKind.FEED, "/c/support/2"),
    ],
)
def test_every_source_brings_what_is_new_oldest_first_and_once(
    forum: DiscourseServer, us: User, kind: SourceKind, query: str
) -> None:
    maya, topic = forum.user("maya"), forum.topic("About kettles", category_id=2)
    words = "tags:kettle and so on"
    forum.write(maya, f"The first about it, {words}", topic)
    followed = Followed(kind, query)
    (first,) = all_pages(forum, us, followed, None)
    written = [forum.write(maya, f"Number {number} about it, {words}", topic) for number in range(120)]
    pages = all_pages(forum, us, followed, first.cursor)
    assert ids(pages) == [str(one.id) for one in written]
    assert not any(page.gap for page in pages)
    assert CONNECTOR.fetch(call_as(forum, us), followed, pages[-1].cursor).posts == ()


def test_a_mention_that_is_listed_late_behind_newer_ones_is_not_lost(forum: DiscourseServer, us: User) -> None:
    maya = forum.user("maya")
    forum.write(maya, "@harbour the first of all")
    cursor = CONNECTOR.fetch(call_as(forum, us), MENTIONS, None).cursor
    newer = forum.write(maya, "@harbour written second, listed first")
    page = CONNECTOR.fetch(call_as(forum, us), MENTIONS, cursor)
    assert [post.id for post in page.posts] == [str(newer.id)]
    late = forum.write(maya, "@harbour written first, listed second")
    late.created_at = newer.created_at - timedelta(seconds=30)
    page = CONNECTOR.fetch(call_as(forum, us), MENTIONS, page.cursor)
    assert [post.id for post in page.posts] == [str(late.id)]


def test_a_burst_over_many_topics_is_brought_in_pieces_of_few_requests(forum: DiscourseServer, us: User) -> None:
    maya = forum.user("maya")
    forum.write(maya, "@harbour the first of all")
    cursor = CONNECTOR.fetch(call_as(forum, us), MENTIONS, None).cursor
    written = [forum.write(maya, f"@harbour number {number}") for number in range(75)]
    forum.asked.clear()
    pages = all_pages(forum, us, MENTIONS, cursor)
    assert ids(pages) == [str(one.id) for one in written]
    assert len(forum.asked) / len(pages) <= 15


def test_a_followed_topic_brings_what_was_added(forum: DiscourseServer, us: User) -> None:
    maya = forum.user("maya")
    first = forum.write(maya, "Does anybody know?")
    followed = Followed(SourceKind.THREAD, f"{forum.url}/t/a-topic/{first.topic.id}/1")
    page = CONNECTOR.fetch(call_as(forum, us), followed, None)
    added = [forum.write(maya, f"Something more, {number}", first.topic) for number in range(70)]
    pages = all_pages(forum, us, followed, page.cursor)
    assert ids(pages) == [str(one.id) for one in added]
    assert {post.root_id for one in pages for post in one.posts} == {str(first.id)}
    forum.remove(added[-1])
    newest = forum.write(maya, "After one was removed", first.topic)
    assert ids(all_pages(forum, us, followed, pages[-1].cursor)) == [str(newest.id)]


@pytest.mark.parametrize(
    "followed",
    [
        Followed(SourceKind.WEBHOOK),
        Followed(SourceKind.SEARCH, " "),
        Followed(SourceKind.SEARCH, "x" * 500),
        Followed(SourceKind.HASHTAG, "../x"),
        Followed(SourceKind.FEED, "a b"),
        Followed(SourceKind.THREAD, "../../admin"),
        Followed(SourceKind.THREAD, "https://evil.example/t/a-topic/5"),
    ],
)
def test_what_cannot_be_followed_is_refused_without_a_request(
    forum: DiscourseServer, us: User, followed: Followed
) -> None:
    with pytest.raises(ConnectorError) as refusal:
        CONNECTOR.fetch(call_as(forum, us), followed, None)
    assert refusal.value.fault is Fault.INVALID
    assert forum.asked == []


@pytest.mark.parametrize("cursor", ["", "{", "[]", "7", '{"after": {}}', '{"after": 1e400}', '{"after":5,"seen":[]}'])
def test_a_cursor_that_cannot_be_read_starts_anew_and_says_so(forum: DiscourseServer, us: User, cursor: str) -> None:
    mention = forum.write(forum.user("maya"), "@harbour hello there")
    page = CONNECTOR.fetch(call_as(forum, us), MENTIONS, Cursor(cursor))
    assert [post.id for post in page.posts] == [str(mention.id)]
    assert page.gap


def test_a_giant_topic_is_read_whole_within_a_minute_s_requests(forum: DiscourseServer, us: User) -> None:
    maya = forum.user("maya")
    first = forum.write(maya, "@harbour where it began")
    for number in range(2, 5_001):
        forum.write(maya, f"Number {number}", first.topic, reply_to=number - 1 if number % 2 else None)
    last = first.topic.posts[-1]
    forum.limit = 60
    thread = CONNECTOR.thread(replace(call_as(forum, us), timeout=60), str(last.id))
    assert (len(thread.posts), thread.truncated, thread.root_id) == (5_000, False, str(first.id))
    by_id = {post.id: post for post in thread.posts}
    odd = first.topic.posts[2_000]
    assert by_id[str(odd.id)].parent_id == str(first.topic.posts[1_999].id)
    assert by_id[str(last.id)].parent_id == str(first.id)
    places = {post.id: index for index, post in enumerate(thread.posts)}
    assert all(places[post.parent_id] < places[post.id] for post in thread.posts if post.parent_id)


def test_a_topic_is_given_as_far_as_the_requests_last(forum: DiscourseServer, us: User) -> None:
    first = forum.write(forum.user("maya"), "@harbour where it began")
    for number in range(400):
        forum.write(forum.user("maya"), f"Number {number}", first.topic)
    forum.limit = 4
    thread = CONNECTOR.thread(call_as(forum, us), str(first.id))
    assert thread.truncated
    assert len(thread.posts) == 20 + 100
    with pytest.raises(ConnectorError) as refusal:
        CONNECTOR.thread(call_as(forum, us), str(first.id))
    assert refusal.value.fault is Fault.RATE_LIMITED
    assert refusal.value.retry_at is not None
    assert timedelta(seconds=30) < refusal.value.retry_at - datetime.now(UTC) < timedelta(seconds=61)


def test_a_rate_limit_is_read_from_the_body_where_no_header_says_it(forum: DiscourseServer, us: User) -> None:
    with FaultProxy(forum.url) as proxy:
        call = call_as(forum, us, proxy.url)
        body = '{"errors": ["Slow down"], "error_type": "rate_limit", "extras": {"wait_seconds": %s}}'
        for told, wait in ((31, 31), ('"soon"', 60), (-5, 60), ("null", 60)):
            proxy.next_answer(Trouble(status=429, body=body % told), to_write=False)
            with pytest.raises(ConnectorError) as refusal:
                CONNECTOR.fetch(call, MENTIONS, None)
            assert refusal.value.retry_at == call.now + timedelta(seconds=wait)
        proxy.next_answer(Trouble(status=429, body="Slow down, you're making too many requests."), to_write=False)
        with pytest.raises(ConnectorError) as refusal:
            CONNECTOR.fetch(call, MENTIONS, None)
        assert refusal.value.fault is Fault.RATE_LIMITED


def test_a_category_is_a_venue_with_rules_of_its_own(forum: DiscourseServer, us: User) -> None:
    maya, host = forum.user("maya"), forum.url.removeprefix("http://")
    written = [forum.write(maya, "@harbour hello there", forum.topic(category_id=number)) for number in (1, 2, 3)]
    general, support, printers = (seen(forum, us, one) for one in written)
    venues = [general.venue, support.venue, printers.venue]
    assert venues == [f"{host}/c/general", f"{host}/c/support", f"{host}/c/support/printers"]
    call = call_as(forum, us, closed_categories="c/support/printers", handoff_categories="support, other")
    assert isinstance(CONNECTOR.can_reply(call, general), Yes)
    by_hand, never = CONNECTOR.can_reply(call, support), CONNECTOR.can_reply(call, printers)
    assert isinstance(by_hand, Handoff)
    assert (by_hand.url, by_hand.rule) == (support.url, "discourse.handoff_category")
    assert isinstance(never, No)
    assert "support/printers" in never.source


def test_a_category_that_a_large_forum_does_not_list_is_asked_for_alone(forum: DiscourseServer, us: User) -> None:
    forum.unlisted = {2, 4}
    support, staff = (forum.topic(category_id=number) for number in (2, 4))
    public = [forum.write(forum.user("maya"), f"@harbour number {number}", support) for number in range(3)]
    forum.write(forum.user("maya"), "@harbour among ourselves", staff)
    pages = all_pages(forum, us, MENTIONS, None)
    assert ids(pages) == [str(one.id) for one in public]
    assert {post.venue.partition("/")[2] for page in pages for post in page.posts} == {"c/support"}
    assert forum.asked.count("GET /c/2/show.json") == 1


def test_what_the_staff_reads_alone_never_comes_in_even_when_we_are_staff(forum: DiscourseServer) -> None:
    team, maya = forum.user("team", staff=True), forum.user("maya")
    secret = forum.write(maya, "@team among ourselves", forum.topic(category_id=4))
    whisper = forum.write(maya, "@team whispered", post_type=4)
    hidden = forum.write(maya, "@team flagged by all", hidden=True)
    public = forum.write(maya, "@team for everybody")
    assert ids(all_pages(forum, team, MENTIONS, None)) == [str(public.id)]
    states = CONNECTOR.refresh(call_as(forum, team), tuple(str(one.id) for one in (secret, whisper, hidden, public)))
    hid = [PostStatus.HIDDEN] * 3
    assert [state.status for state in states] == [*hid, PostStatus.LIVE]


def test_a_post_that_its_author_took_away_counts_as_deleted_though_a_shell_remains(
    forum: DiscourseServer, us: User
) -> None:
    written = forum.write(forum.user("maya"), "@harbour I regret this")
    parent = seen(forum, us, written)
    forum.remove(written, by_author=True)
    assert CONNECTOR.refresh(call_as(forum, us), (parent.id,))[0].status is PostStatus.DELETED
    outcome = CONNECTOR.reply(call_as(forum, us), intent_for(parent))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.GONE
    assert "POST /posts.json" not in forum.asked


def test_a_reply_goes_where_the_moderators_moved_its_parent(forum: DiscourseServer, us: User) -> None:
    maya = forum.user("maya")
    forum.write(maya, "Where it began")
    elsewhere = forum.topic("Split off")
    forum.write(maya, "The new beginning", elsewhere)
    written = forum.write(maya, "@harbour does it float?")
    parent = seen(forum, us, written)
    written.topic.posts.remove(written)
    written.topic, written.number = elsewhere, 2
    elsewhere.posts.append(written)
    outcome = CONNECTOR.reply(call_as(forum, us), intent_for(parent))
    assert isinstance(outcome, Posted), outcome
    ours = forum.posts[int(outcome.receipt.id)]
    assert (ours.topic, ours.reply_to) == (elsewhere, 2)
    assert CONNECTOR.find_own_reply(call_as(forum, us), intent_for(parent)) is not None


def test_a_reply_to_the_first_post_answers_the_topic_as_on_discourse_s_own_page(
    forum: DiscourseServer, us: User
) -> None:
    first = forum.write(forum.user("maya"), "@harbour does it float?")
    intent = intent_for(seen(forum, us, first))
    outcome = CONNECTOR.reply(call_as(forum, us), intent)
    assert isinstance(outcome, Posted)
    assert forum.posts[int(outcome.receipt.id)].reply_to is None
    assert CONNECTOR.find_own_reply(call_as(forum, us), intent) == outcome.receipt
    thread = CONNECTOR.thread(call_as(forum, us), str(first.id))
    assert [(post.parent_id, post.is_own) for post in thread.posts] == [(None, False), (str(first.id), True)]


def test_the_same_text_in_another_topic_is_refused_as_a_duplicate(forum: DiscourseServer, us: User) -> None:
    outcomes = []
    for _ in range(2):
        parent = seen(forum, us, forum.write(forum.user("maya"), "@harbour hello there"))
        outcomes.append(CONNECTOR.reply(call_as(forum, us), intent_for(parent)))
    assert isinstance(outcomes[0], Posted)
    assert isinstance(outcomes[1], Rejected)
    assert outcomes[1].fault is Fault.DUPLICATE


def test_a_closed_topic_and_a_text_too_short_are_refused_in_discourse_s_words(forum: DiscourseServer, us: User) -> None:
    written = forum.write(forum.user("maya"), "@harbour hello there")
    parent = seen(forum, us, written)
    short = CONNECTOR.reply(call_as(forum, us), intent_for(parent, "Yes."))
    written.topic.closed = True
    closed = CONNECTOR.reply(call_as(forum, us), intent_for(parent))
    assert isinstance(short, Rejected)
    assert isinstance(closed, Rejected)
    assert (short.fault, closed.fault) == (Fault.INVALID, Fault.GONE)
    assert "minimum is 20 characters" in short.detail


def held(forum: DiscourseServer, us: User) -> tuple[ReplyIntent, str]:
    """Post a reply that the forum holds; return what was sent, and the id it goes by."""
    forum.moderated = True
    intent = intent_for(seen(forum, us, forum.write(forum.user("maya"), "@harbour hello there")))
    outcome = CONNECTOR.reply(call_as(forum, us), intent)
    assert isinstance(outcome, PendingRemote), outcome
    return intent, outcome.receipt.id


def test_a_reply_that_waits_for_moderators_is_followed_until_it_is_let_through(
    forum: DiscourseServer, us: User
) -> None:
    intent, waiting = held(forum, us)
    call = call_as(forum, us)
    (state,) = CONNECTOR.refresh(call, (waiting,))
    assert (state.status, state.post) == (PostStatus.LIVE, None)
    assert CONNECTOR.outcomes(call, (waiting,)) == ()
    assert CONNECTOR.find_own_reply(call, intent) is not None
    assert isinstance(CONNECTOR.edit(call, waiting, "Better and much clearer."), Rejected)
    public = forum.let_through(next(iter(forum.queue)))
    (state,) = CONNECTOR.refresh(call, (waiting,))
    assert state.post is not None
    assert (state.id, state.post.id, state.post.is_own) == (waiting, str(public.id), True)
    found = CONNECTOR.find_own_reply(call, intent)
    assert found is not None
    assert found.id == str(public.id)


def test_a_reply_that_moderators_turned_down_counts_as_removed(forum: DiscourseServer, us: User) -> None:
    _, waiting = held(forum, us)
    forum.queue.clear()
    call = call_as(forum, us)
    assert CONNECTOR.refresh(call, (waiting,))[0].status is PostStatus.DELETED
    assert [signal.kind for signal in CONNECTOR.outcomes(call, (waiting,))] == [SignalKind.REMOVED]


def test_a_reply_that_waits_can_be_withdrawn(forum: DiscourseServer, us: User) -> None:
    _, waiting = held(forum, us)
    for _ in range(2):
        assert isinstance(CONNECTOR.delete(call_as(forum, us), waiting), Posted)
    assert forum.queue == {}


def test_a_held_reply_on_a_forum_that_hides_its_queue_is_not_taken_for_removed(
    forum: DiscourseServer, us: User
) -> None:
    _, waiting = held(forum, us)
    with FaultProxy(forum.url) as proxy:
        proxy.next_answer(
            Trouble(status=404, body='{"errors": ["Not here"], "error_type": "not_found"}'), to_write=False
        )
        (state,) = CONNECTOR.refresh(call_as(forum, us, proxy.url), (waiting,))
    assert (state.status, state.post) == (PostStatus.LIVE, None)


def test_a_held_reply_whose_answer_was_lost_is_found_in_the_queue(forum: DiscourseServer, us: User) -> None:
    forum.moderated = True
    intent = intent_for(seen(forum, us, forum.write(forum.user("maya"), "@harbour hello there")))
    with FaultProxy(forum.url) as proxy:
        proxy.next_answer(Trouble(Mishap.DROP, stored=True))
        call = call_as(forum, us, proxy.url)
        assert isinstance(CONNECTOR.reply(call, intent), Unknown)
        found = CONNECTOR.find_own_reply(call, intent)
    assert found is not None
    assert found.id.startswith("pending-")


def test_only_our_own_posts_can_be_edited_or_deleted(forum: DiscourseServer, us: User) -> None:
    foreign = str(forum.write(forum.user("maya"), "Not ours at all, this one").id)
    for outcome in (
        CONNECTOR.edit(call_as(forum, us), foreign, "Something else entirely, longer"),
        CONNECTOR.delete(call_as(forum, us), foreign),
    ):
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.FORBIDDEN_BY_POLICY


def test_outcomes_count_likes_and_bring_answers_and_removals(forum: DiscourseServer, us: User) -> None:
    maya = forum.user("maya")
    first = forum.write(maya, "Where it began")
    parent = seen(forum, us, forum.write(maya, "@harbour does it float?", first.topic))
    outcome = CONNECTOR.reply(call_as(forum, us), intent_for(parent))
    assert isinstance(outcome, Posted)
    ours = forum.posts[int(outcome.receipt.id)]
    ours.likes = 3
    thanks = [forum.write(maya, f"Thanks, {number}", first.topic, reply_to=ours.number) for number in range(25)]
    signals = CONNECTOR.outcomes(call_as(forum, us), (outcome.receipt.id,))
    assert signals[0].value == 3
    answers = [signal.post for signal in signals if signal.kind is SignalKind.ANSWERED and signal.post]
    assert [post.id for post in answers] == [str(one.id) for one in thanks]
    assert {post.parent_id for post in answers} == {outcome.receipt.id}
    ours.hidden = True
    assert [one.kind for one in CONNECTOR.outcomes(call_as(forum, us), (outcome.receipt.id,))] == [SignalKind.REMOVED]


def test_what_looks_like_html_is_shown_as_it_was_typed(forum: DiscourseServer, us: User) -> None:
    parent = seen(forum, us, forum.write(forum.user("maya"), "@harbour hello there"))
    text = "Put <b>it</b> in a <div> and write &amp; or <!-- so --> there"
    outcome = CONNECTOR.reply(call_as(forum, us), intent_for(parent, text))
    assert isinstance(outcome, Posted)
    assert outcome.text is not None
    assert outcome.text.replace("–", "--") == text.replace(" -- ", " – ").replace("–", "--")
    length = CONNECTOR.measure(text, ReplyContext(parent, Identity.BRAND))
    assert length.used == len(forum.posts[int(outcome.receipt.id)].raw)


def test_a_preview_that_discourse_adds_to_a_link_is_no_edit(forum: DiscourseServer, us: User) -> None:
    written = forum.write(forum.user("maya"), "@harbour look at https://example.org/a")
    before = seen(forum, us, written)
    written.cooked_later = (
        '<p><a class="mention" href="/u/harbour">@harbour</a> look at </p><aside class="onebox allowlistedgeneric" '
        'data-onebox-src="https://example.org/a"><article>A long preview<script>alert(1)</script></article></aside>'
    )
    after = seen(forum, us, written)
    assert (after.text.split(), after.edited_at) == (before.text.split(), None)


def test_a_key_for_all_users_speaks_as_the_one_who_is_named(forum: DiscourseServer, us: User) -> None:
    call = replace(call_as(forum, us), secrets={"api_key": forum.admin_key}, handle="", account_id="")
    named = CONNECTOR.check(replace(call, options={"username": "@harbour"}))
    assert (named.condition, named.handle, named.account_id, named.max_length) == (
        Condition.OK,
        "harbour",
        str(us.id),
        discourse_server.LONGEST,
    )
    assert CONNECTOR.check(call).condition is Condition.REAUTH
    assert CONNECTOR.check(replace(call, options={"username": "é\r\nX: 1"})).condition is Condition.DOWN
    assert set(SPEC.secrets) - SPEC.optional_secrets == {"api_key"}
    single = replace(call, secrets={"api_key": us.key})
    assert CONNECTOR.check(single).handle == "harbour"


def receive(forum: DiscourseServer, us: User, written: Written, *, event: str = "post_created") -> tuple[Post, ...]:
    return CONNECTOR.receive(call_as(forum, us), Delivery(*forum.delivery(written, event)))


def test_a_webhook_brings_a_post_and_its_edit(forum: DiscourseServer, us: User) -> None:
    first = forum.write(forum.user("maya"), "@harbour does it float?", forum.topic("Kettles", category_id=3))
    (post,) = receive(forum, us, first)
    assert post == seen(forum, us, first)
    assert post.text.startswith("Kettles\n\n@harbour")
    forum.edit(first, "@harbour does it sink?")
    (post,) = receive(forum, us, first, event="post_edited")
    assert "sink" in post.text
    assert post.edited_at is not None


def test_a_webhook_about_what_is_gone_or_not_for_all_brings_nothing(forum: DiscourseServer, us: User) -> None:
    maya = forum.user("maya")
    gone = forum.write(maya, "@harbour I regret this")
    forum.remove(gone)
    message = forum.write(maya, "@harbour between us", forum.topic(category_id=None, members=(us, maya)))
    secret = forum.write(maya, "@harbour among the staff", forum.topic(category_id=4))
    assert [receive(forum, us, one, event="post_destroyed") for one in (gone, message, secret)] == [(), (), ()]
    headers, body = forum.delivery(gone)
    assert body.startswith(b'{"post"')
    assert headers["x-discourse-event-signature"].startswith("sha256=")


@pytest.mark.parametrize("bent", ["no_signature", "other_kind", "other_body", "other_secret", "not_ascii", "old"])
def test_a_webhook_that_is_forged_or_stale_is_refused(forum: DiscourseServer, us: User, bent: str) -> None:
    written = forum.write(forum.user("maya"), "@harbour does it float?")
    if bent == "old":
        written.created_at = written.updated_at = datetime.now(UTC) - timedelta(hours=7)
    if bent == "other_secret":
        forum.webhook_secret = "somebody else's"
    headers, body = forum.delivery(written)
    forum.webhook_secret = "webhook-secret-of-the-forum"
    signature = headers["x-discourse-event-signature"]
    spoiled = {
        "no_signature": "",
        "other_kind": signature.replace("sha256", "sha1"),
        "not_ascii": f"{signature[:-1]}é",
    }
    headers["x-discourse-event-signature"] = spoiled.get(bent, signature)
    body = body.replace(b"float", b"sink!") if bent == "other_body" else body
    with pytest.raises(ConnectorError) as refusal:
        CONNECTOR.receive(call_as(forum, us), Delivery(headers, body))
    assert refusal.value.fault is Fault.AUTH
    assert forum.asked == []


def test_a_post_by_its_author_s_name_alone_is_still_known_as_ours(forum: DiscourseServer, us: User) -> None:
    written = forum.write(us, "Our own words, long enough")
    call = replace(call_as(forum, us), account_id="")
    (state,) = CONNECTOR.refresh(call, (str(written.id),))
    assert state.post is not None
    assert state.post.is_own


def test_a_parent_that_was_never_on_the_forum_is_gone(forum: DiscourseServer, us: User) -> None:
    for identity in ("999999", "no-number", "../admin"):
        parent = Post(identity, "Hi", Author("2", "maya"), datetime.now(UTC))
        outcome = CONNECTOR.reply(call_as(forum, us), intent_for(parent))
        assert isinstance(outcome, Rejected)
        assert outcome.fault in (Fault.GONE, Fault.INVALID)


def test_a_longer_topic_is_cut_in_its_middle(forum: DiscourseServer, us: User) -> None:
    topic = forum.topic()
    for number in range(5_100):
        forum.write(forum.user("maya"), f"Number {number}", topic)
    thread = CONNECTOR.thread(replace(call_as(forum, us), timeout=60), str(topic.posts[0].id))
    assert (len(thread.posts), thread.truncated) == (5_000, True)
    assert str(topic.posts[-1].id) in {post.id for post in thread.posts}
