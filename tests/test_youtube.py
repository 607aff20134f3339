"""The YouTube connector: threads one level deep, held comments, units of the day, consent, and a line that lies."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from google_server import APP, CODE, REFRESH, TOKEN, GoogleServer, trouble
from hostile import HOSTILE, mutated, places
from hypothesis import given
from hypothesis import strategies as st
from lying_line import NOW, LyingLine
from youtube_server import (
    CANNOT_REPLY,
    CHANNEL,
    DISABLED,
    ELSEWHERE,
    OTHER_VIDEO,
    SPENT,
    VIDEO,
    ChannelSide,
    error_of,
)

from connectors._consent import challenge
from connectors._youtube_parse import Reader, video_in
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
    PendingRemote,
    Post,
    Posted,
    PostStatus,
    Rejected,
    ReplyContext,
    ReplyIntent,
    SignalKind,
    SourceKind,
)
from connectors.fault_proxy import FaultProxy
from connectors.youtube import YouTubeConnector

CONNECTOR = YouTubeConnector()
AROUND_US = Followed(SourceKind.MENTIONS)
READER = Reader(CHANNEL)
PARENT = Post("Ugx1", "Hi", Author("UCmaya", "@maya"), NOW, root_id="Ugx1", venue="youtube.com")

COMMENT: dict[str, Any] = {
    "kind": "youtube#comment",
    "etag": "x",
    "id": "Ugx1",
    "snippet": {
        "channelId": CHANNEL,
        "videoId": VIDEO,
        "textDisplay": "How <b>long</b> & far?\r\nTell",
        "authorDisplayName": "@maya",
        "authorProfileImageUrl": "https://yt3.ggpht.example/x",
        "authorChannelUrl": "http://www.youtube.com/@maya",
        "authorChannelId": {"value": "UCmaya"},
        "canRate": True,
        "viewerRating": "none",
        "likeCount": 3,
        "publishedAt": "2026-11-21T10:00:00Z",
        "updatedAt": "2026-11-21T11:00:00Z",
    },
}
ANSWER = {
    **COMMENT,
    "id": "Ugx1.9r1",
    "snippet": {
        **COMMENT["snippet"],
        "parentId": "Ugx1",
        "authorChannelId": {"value": CHANNEL},
        "textOriginal": "Far!",
    },
}
THREAD: dict[str, Any] = {
    "kind": "youtube#commentThread",
    "etag": "x",
    "id": "Ugx1",
    "snippet": {
        "channelId": CHANNEL,
        "videoId": VIDEO,
        "topLevelComment": COMMENT,
        "canReply": True,
        "totalReplyCount": 1,
        "isPublic": True,
    },
    "replies": {"comments": [ANSWER]},
}
NEIGHBOUR = {
    "id": "Ugx2",
    "snippet": {"topLevelComment": {**COMMENT, "id": "Ugx2"}, "videoId": VIDEO, "totalReplyCount": 0},
}
PAGE = {"kind": "youtube#commentThreadListResponse", "nextPageToken": "", "items": [THREAD, NEIGHBOUR]}


@pytest.fixture
def side() -> ChannelSide:
    return ChannelSide()


@pytest.fixture
def google(side: ChannelSide) -> Iterator[GoogleServer]:
    with GoogleServer(side) as running:
        yield running


@pytest.fixture
def call(google: GoogleServer) -> Call:
    return call_at(google.url)


def call_at(url: str) -> Call:
    return Call(url, {"access_token": TOKEN}, datetime.now(UTC), account_id=CHANNEL, handle="@harbour")


def intent(parent: Post, text: str = "Twelve hours.") -> ReplyIntent:
    return ReplyIntent(uuid4(), "key", parent, text, datetime.now(UTC))


def newest(call: Call) -> Post:
    return CONNECTOR.fetch(replace(call, now=datetime.now(UTC)), AROUND_US, None).posts[-1]


class TestLyingLine(LyingLine):
    connector = CONNECTOR
    call = replace(call_at("https://x.example"), now=NOW)
    followed = AROUND_US
    parent = PARENT
    page = PAGE
    error = SPENT.body


def test_a_real_thread_is_read_whole() -> None:
    talk = READER.talk(THREAD)
    assert talk.first.text == "How <b>long</b> & far?\nTell"
    assert (talk.first.author.id, talk.first.author.handle) == ("UCmaya", "@maya")
    assert talk.first.author.url == "https://www.youtube.com/@maya"
    assert talk.first.url == f"https://www.youtube.com/watch?v={VIDEO}&lc=Ugx1"
    assert talk.first.edited_at == datetime(2026, 11, 21, 11, tzinfo=UTC)
    (answer,) = talk.answers
    assert (answer.text, answer.is_own, answer.parent_id, answer.root_id) == ("Far!", True, "Ugx1", "Ugx1")
    assert talk.is_whole


@given(path=st.sampled_from(list(places(THREAD))), hostile=HOSTILE, removed=st.booleans())
def test_a_mutated_thread_never_takes_its_neighbour_along(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    talks, skipped = READER.talks([mutated(THREAD, path, hostile, removed), NEIGHBOUR])
    assert talks[-1].first.id == "Ugx2"
    assert len(talks) + len(skipped) == 2
    for post in (one for talk in talks for one in (talk.first, *talk.answers)):
        json.dumps([post.id, post.text, post.author.handle, post.url])
        post.text.encode()
        assert post.parent_id != post.id


@pytest.mark.parametrize(
    ("given", "video"),
    [
        (VIDEO, VIDEO),
        (f"https://www.youtube.com/watch?v={VIDEO}&t=3s", VIDEO),
        (f"https://m.youtube.com/watch?app=m&v={VIDEO}", VIDEO),
        (f"https://youtu.be/{VIDEO}?si=x", VIDEO),
        ("https://evil.example/watch?v=dQw4w9WgXcQ", ""),
        ("../../x", ""),
        ("", ""),
    ],
)
def test_a_video_is_named_by_its_id_or_its_address(given: str, video: str) -> None:
    assert video_in(given) == video


def test_a_thread_of_five_thousand_answers_is_read_whole_and_in_order(side: ChannelSide, call: Call) -> None:
    first = side.write("Who lasts longest?")
    ids = [side.write(f"Number {number}", below=first.id).id for number in range(5_000)]
    thread = CONNECTOR.thread(call, ids[-1])
    assert [post.id for post in thread.posts] == [first.id, *ids]
    assert not thread.truncated
    assert side.used == 52


def test_an_answer_to_an_answer_goes_below_the_first_comment_and_names_whom_it_means(
    side: ChannelSide, call: Call
) -> None:
    first = side.write("Who?")
    side.write("Me", below=first.id, channel="UCjo")
    parent = newest(call)
    assert parent.parent_id == first.id
    text = CONNECTOR.render("Twelve hours.", ReplyContext(parent, Identity.BRAND))
    assert text == "@jo Twelve hours."
    assert CONNECTOR.render(text, ReplyContext(parent, Identity.BRAND)) == text
    posted = CONNECTOR.reply(call, intent(parent, text))
    assert isinstance(posted, Posted)
    assert side.comments[posted.receipt.id].parent == first.id
    assert posted.receipt.url == f"https://www.youtube.com/watch?v={VIDEO}&lc={posted.receipt.id}"


def test_what_another_channels_owner_sees_first_is_pending_until_it_is_shown(side: ChannelSide, call: Call) -> None:
    side.write("Is Harbour any good?", video=OTHER_VIDEO, channel=ELSEWHERE)
    video = Followed(SourceKind.FEED, f"https://youtu.be/{OTHER_VIDEO}")
    (parent,) = CONNECTOR.fetch(call, video, None).posts
    pending = CONNECTOR.reply(call, intent(parent))
    assert isinstance(pending, PendingRemote)
    (state,) = CONNECTOR.refresh(call, (pending.receipt.id,))
    assert (state.status, state.post) == (PostStatus.LIVE, None)
    assert CONNECTOR.outcomes(call, (pending.receipt.id,)) == ()
    side.comments[pending.receipt.id].status = "published"
    (state,) = CONNECTOR.refresh(call, (pending.receipt.id,))
    assert state.post is not None
    assert state.post.is_own
    side.comments[pending.receipt.id].status = "rejected"
    (state,) = CONNECTOR.refresh(call, (pending.receipt.id,))
    assert state.status is PostStatus.HIDDEN


def test_new_answers_below_old_comments_come_in_once_and_cost_one_unit_each(side: ChannelSide, call: Call) -> None:
    first = side.write("Who lasts longest?")
    for number in range(7):
        side.write(f"Number {number}", below=first.id)
    cursor = CONNECTOR.fetch(call, AROUND_US, None).cursor
    late = side.write("And me", below=first.id)
    later = replace(call, now=datetime.now(UTC))
    page = CONNECTOR.fetch(later, AROUND_US, cursor)
    assert page.posts[-1].id == late.id
    used = side.used
    again = CONNECTOR.fetch(later, AROUND_US, page.cursor)
    assert again.posts == ()
    assert side.used == used + 1, "A thread whose number of answers is the same is not read again."


def test_what_is_left_of_the_days_units_is_told_and_begins_anew(side: ChannelSide, call: Call) -> None:
    for number in range(250):
        side.write(f"Number {number}")
    morning = replace(call, now=datetime(2026, 11, 22, 7, 59, tzinfo=UTC), options={"daily_units": "500"})
    first = CONNECTOR.fetch(morning, AROUND_US, None)
    assert first.allowance is not None
    assert (first.allowance.remaining, first.allowance.resets_at) == (499, datetime(2026, 11, 22, 8, tzinfo=UTC))
    second = CONNECTOR.fetch(morning, AROUND_US, first.cursor)
    assert second.allowance is not None
    assert second.allowance.remaining == 500 - side.used
    third = CONNECTOR.fetch(replace(morning, now=morning.now + timedelta(minutes=2)), AROUND_US, second.cursor)
    assert third.allowance is not None
    assert third.allowance.remaining > second.allowance.remaining
    assert third.allowance.resets_at == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_a_spent_quota_comes_back_when_the_day_begins_in_california(side: ChannelSide, call: Call) -> None:
    side.write("Hi")
    parent = newest(call)
    side.units = 0
    outcome = CONNECTOR.reply(replace(call, now=NOW), intent(parent))
    assert isinstance(outcome, Rejected)
    assert (outcome.fault, outcome.retry_at) == (Fault.RATE_LIMITED, datetime(2026, 11, 23, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (CANNOT_REPLY, Fault.FORBIDDEN_BY_POLICY),
        (error_of(400, "parentCommentIsPrivate", "The parent comment is private."), Fault.FORBIDDEN_BY_POLICY),
        (error_of(403, "ineligibleAccount", "The account must merge with Google+."), Fault.FORBIDDEN_BY_POLICY),
        (error_of(400, "invalidCommentMetadata", "The request metadata is invalid."), Fault.INVALID),
        (error_of(403, "rateLimitExceeded", "Too fast.", "usageLimits"), Fault.RATE_LIMITED),
    ],
)
def test_every_documented_refusal_has_its_fault(google: GoogleServer, error: Any, fault: Fault) -> None:
    with FaultProxy(google.url) as proxy:
        proxy.next_answer(trouble(error))
        outcome = CONNECTOR.reply(call_at(proxy.url), intent(PARENT))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is fault
    assert error.reason in outcome.detail


def test_a_video_without_comments_says_why(side: ChannelSide, call: Call) -> None:
    side.disabled.add(VIDEO)
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call, Followed(SourceKind.FEED, VIDEO), None)
    assert error.value.fault is Fault.FORBIDDEN_BY_POLICY
    assert DISABLED.reason in error.value.detail
    for followed in (
        Followed(SourceKind.FEED, "../x"),
        Followed(SourceKind.THREAD, "a,b"),
        Followed(SourceKind.SEARCH),
    ):
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.fetch(call, followed, None)
        assert error.value.fault is Fault.INVALID


def test_one_thread_can_be_followed(side: ChannelSide, call: Call) -> None:
    first = side.write("Who?")
    side.write("Elsewhere")
    followed = Followed(SourceKind.THREAD, first.id)
    page = CONNECTOR.fetch(call, followed, None)
    ids = [side.write(f"Number {number}", below=first.id).id for number in range(8)]
    later = CONNECTOR.fetch(replace(call, now=datetime.now(UTC)), followed, page.cursor)
    assert [post.id for post in page.posts] == [first.id]
    assert [post.id for post in later.posts] == ids


def test_outcomes_are_likes_answers_after_ours_and_removal(side: ChannelSide, call: Call) -> None:
    side.write("Who?")
    parent = newest(call)
    side.write("Before", below=parent.id)
    posted = CONNECTOR.reply(call, intent(parent))
    assert isinstance(posted, Posted)
    ours = posted.receipt.id
    side.comments[ours].likes = 4
    after = side.write("Thanks!", below=parent.id)
    after.written = datetime.now(UTC) + timedelta(seconds=1)
    likes, answered = CONNECTOR.outcomes(call, (ours,))
    assert (likes.kind, likes.value) == (SignalKind.LIKES, 4)
    assert answered.post is not None
    assert (answered.kind, answered.post.id) == (SignalKind.ANSWERED, after.id)
    side.comments[ours].gone = True
    (removed,) = CONNECTOR.outcomes(call, (ours,))
    assert removed.kind is SignalKind.REMOVED


def test_a_comment_from_the_future_hides_nothing(side: ChannelSide, call: Call) -> None:
    ahead = side.write("Ahead of its time")
    ahead.written = ahead.changed = datetime.now(UTC) + timedelta(days=400)
    cursor = CONNECTOR.fetch(call, AROUND_US, None).cursor
    late = side.write("In time")
    page = CONNECTOR.fetch(replace(call, now=datetime.now(UTC)), AROUND_US, cursor)
    assert [post.id for post in page.posts] == [late.id]


def test_a_cursor_that_cannot_be_read_starts_anew_and_says_so(side: ChannelSide, call: Call) -> None:
    side.write("Here")
    for text in ("", "[]", "{}", '{"mark": 7, "answers": {}, "day": "", "units": 0}', "\ud800"):
        page = CONNECTOR.fetch(call, AROUND_US, Cursor(text))
        assert page.gap
        assert len(page.posts) == 1


def test_an_id_that_would_lead_elsewhere_is_refused(google: GoogleServer, call: Call) -> None:
    for identity in ("", "../x", "a/b", "a&b=c#d", "a,b", "a b"):
        with pytest.raises(ConnectorError):
            CONNECTOR.refresh(call, (identity,))
        with pytest.raises(ConnectorError):
            CONNECTOR.thread(call, identity)
    for identity in ("", "../x", "a b"):
        assert isinstance(CONNECTOR.delete(call, identity), Rejected)
        assert isinstance(CONNECTOR.edit(call, identity, "x"), Rejected)
    assert google.asked == []


def test_a_comment_that_is_not_ours_is_neither_changed_nor_deleted(side: ChannelSide, call: Call) -> None:
    theirs = side.write("Mine")
    for outcome in (CONNECTOR.edit(call, theirs.id, "Yours"), CONNECTOR.delete(call, theirs.id)):
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.FORBIDDEN_BY_POLICY
    assert theirs.text == "Mine"


def test_a_private_comment_is_not_answered(call: Call) -> None:
    answer = CONNECTOR.can_reply(call, replace(PARENT, is_public=False))
    assert isinstance(answer, No)
    assert answer.source


def test_an_account_is_connected_by_consent_renewed_and_given_back(side: ChannelSide, google: GoogleServer) -> None:
    way, back = CONNECTOR.spec.authorization, "https://chorus.example/back"
    assert way is not None
    verifier = "v" * 60
    app = replace(call_at(google.url), secrets=APP)
    address = urlsplit(way.begin(replace(app, base_url=way.site), back=back, state="s", verifier=verifier))
    asked = dict(parse_qsl(address.query))
    assert (address.netloc, address.path) == ("accounts.google.com", "/o/oauth2/v2/auth")
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
    assert asked["scope"] == "https://www.googleapis.com/auth/youtube.force-ssl"
    google.codes[CODE] = challenge(verifier)
    assert asked["code_challenge"] == google.codes[CODE]
    secrets = way.finish(app, back=back, code=CODE, verifier=verifier)
    assert set(secrets) <= set(CONNECTOR.spec.secrets) | CONNECTOR.spec.renewed
    account = replace(app, secrets=secrets)
    assert CONNECTOR.check(account).condition is Condition.OK
    renewed = way.renew(account)
    assert renewed is not None
    assert renewed["access_token"] != secrets["access_token"]
    assert renewed["refresh_token"] == REFRESH
    way.revoke(account)
    with pytest.raises(ConnectorError) as error:
        way.renew(account)
    assert error.value.fault is Fault.AUTH
