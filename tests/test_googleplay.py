"""The Google Play connector: what reviews say, one answer each, tokens of service accounts, and a line that lies."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from google_server import TOKEN, GoogleError, GoogleServer, trouble
from googleplay_server import PACKAGE, StoreSide
from hostile import HOSTILE, mutated, places
from hypothesis import given
from hypothesis import strategies as st
from lying_line import NOW, LyingLine

from connectors._googleplay_parse import Reader
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
from connectors.googleplay import GooglePlayConnector

CONNECTOR = GooglePlayConnector()
REVIEWS = Followed(SourceKind.FEED)
READER = Reader(PACKAGE, "Harbour")
PARENT = Post("gp:1", "Hi", Author("review-gp:1", "Jane"), NOW, venue=f"play.google.com/{PACKAGE}")

REVIEW: dict[str, Any] = {
    "reviewId": "11223344",
    "authorName": "John Doe",
    "comments": [
        {
            "userComment": {
                "text": "Great\tI <b>love</b> it & more",
                "lastModified": {"seconds": "141582134", "nanos": 213000000},
                "starRating": 5,
                "reviewerLanguage": "en_GB",
                "device": "trltecan",
                "androidOsVersion": 21,
                "appVersionCode": 12345,
                "appVersionName": "1.2.3",
                "thumbsUpCount": 10,
                "thumbsDownCount": 3,
                "deviceMetadata": {"productName": "E5333 (Xperia™ C4 Dual)", "screenWidthPx": 1080},
            }
        },
        {"developerComment": {"text": "Thanks!", "lastModified": {"seconds": "141582135", "nanos": 0}}},
    ],
}
NEIGHBOUR = {
    "reviewId": "12345678",
    "authorName": "Jane Bloggs",
    "comments": [{"userComment": {"text": "Fine", "lastModified": {"seconds": "1443676826"}, "starRating": 3}}],
}
PAGE = {"reviews": [REVIEW, NEIGHBOUR], "tokenPagination": {"nextPageToken": "1"}, "pageInfo": {"totalResults": 2}}
SPENT = GoogleError(403, "quotaExceeded", 'You have exceeded your <a href="/x">quota</a>.', "youtube.quota")


@pytest.fixture
def side() -> StoreSide:
    return StoreSide()


@pytest.fixture
def google(side: StoreSide) -> Iterator[GoogleServer]:
    with GoogleServer(side) as running:
        yield running


@pytest.fixture
def call(google: GoogleServer) -> Call:
    return call_at(google.url)


def call_at(url: str, **secrets: str) -> Call:
    options = {"package_name": PACKAGE}
    return Call(url, secrets or {"access_token": TOKEN}, datetime.now(UTC), account_id=PACKAGE, options=options)


def intent(parent: Post, text: str = "Thank you.") -> ReplyIntent:
    return ReplyIntent(uuid4(), "key", parent, text, datetime.now(UTC))


class TestLyingLine(LyingLine):
    connector = CONNECTOR
    call = replace(call_at("https://x.example"), now=NOW)
    followed = REVIEWS
    parent = PARENT
    page = PAGE
    error = SPENT.body
    read_first = ({**NEIGHBOUR, "reviewId": PARENT.id},)


def test_a_real_review_is_read_with_its_stars_and_our_answer() -> None:
    review = READER.review(REVIEW)
    assert review.post.text == "★★★★★\nGreat\nI <b>love</b> it & more"
    assert (review.post.author.name, review.post.language, review.stars) == ("John Doe", "en-GB", 5)
    assert review.post.created_at == datetime(1974, 6, 27, 16, 22, 14, 213000, tzinfo=UTC)
    assert review.post.url == f"https://play.google.com/store/apps/details?id={PACKAGE}&reviewId=11223344"
    assert review.answer is not None
    assert (review.answer.text, review.answer.is_own, review.answer.parent_id) == ("Thanks!", True, "11223344")


@given(path=st.sampled_from(list(places(REVIEW))), hostile=HOSTILE, removed=st.booleans())
def test_a_mutated_review_never_takes_its_neighbour_along(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    found, skipped = READER.reviews([mutated(REVIEW, path, hostile, removed), NEIGHBOUR])
    assert found[-1].post.id == "12345678"
    assert len(found) + len(skipped) == 2
    for review in found:
        json.dumps([review.post.id, review.post.text, review.post.author.handle, review.post.language])
        review.post.text.encode()
        assert review.post.created_at.utcoffset() is not None


def test_what_a_person_wrote_by_hand_is_never_replaced(side: StoreSide, call: Call) -> None:
    review = side.write("Crashes")
    review.answer, review.answered = "Written in the console.", datetime.now(UTC)
    (post,) = CONNECTOR.fetch(call, REVIEWS, None).posts
    outcome = CONNECTOR.reply(call, intent(post))
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.DUPLICATE
    assert review.answer == "Written in the console."
    assert CONNECTOR.find_own_reply(call, intent(post)) is None


def test_an_edit_takes_the_place_of_the_answer_and_the_thread_shows_one(side: StoreSide, call: Call) -> None:
    review = side.write("Crashes")
    (post,) = CONNECTOR.fetch(call, REVIEWS, None).posts
    posted = CONNECTOR.reply(call, intent(post))
    assert isinstance(posted, Posted)
    for _ in range(2):
        assert isinstance(CONNECTOR.edit(call, posted.receipt.id, "Mended in 2.1."), Posted)
    thread = CONNECTOR.thread(call, posted.receipt.id)
    assert [(one.id, one.is_own) for one in thread.posts] == [(review.id, False), (posted.receipt.id, True)]
    assert thread.posts[1].text == "Mended in 2.1."
    (state,) = CONNECTOR.refresh(call, (posted.receipt.id,))
    assert (state.status, state.post) == (PostStatus.LIVE, thread.posts[1])


def test_stars_that_change_after_our_answer_are_its_outcome(side: StoreSide, call: Call) -> None:
    review = side.write("Crashes", 1)
    (post,) = CONNECTOR.fetch(call, REVIEWS, None).posts
    posted = CONNECTOR.reply(call, intent(post))
    assert isinstance(posted, Posted)
    assert CONNECTOR.outcomes(call, (posted.receipt.id,)) == ()
    side.change(review.id, "Works now, thank you!", 5)
    (signal,) = CONNECTOR.outcomes(call, (posted.receipt.id,))
    assert (signal.kind, signal.about, signal.value) == (SignalKind.ANSWERED, posted.receipt.id, 5)
    assert signal.post is not None
    assert signal.post.text == "★★★★★\nWorks now, thank you!"
    review.gone = True
    (signal,) = CONNECTOR.outcomes(call, (posted.receipt.id,))
    assert signal.kind is SignalKind.REMOVED


def test_five_thousand_reviews_are_asked_for_within_the_hours_limit(
    side: StoreSide, google: GoogleServer, call: Call
) -> None:
    side.write("First")
    first = CONNECTOR.fetch(call, REVIEWS, None)
    for number in range(5_000):
        side.write(f"Number {number}")
    google.asked.clear()
    page = CONNECTOR.fetch(replace(call, now=datetime.now(UTC)), REVIEWS, first.cursor)
    assert len(google.asked) == 10
    assert page.gap
    assert not page.complete


def test_a_source_that_slept_longer_than_a_week_says_that_something_is_missing(side: StoreSide, call: Call) -> None:
    side.write("Old", age=timedelta(days=6))
    first = CONNECTOR.fetch(call, REVIEWS, None)
    assert not first.gap
    assert not CONNECTOR.fetch(call, REVIEWS, first.cursor).gap
    assert CONNECTOR.fetch(replace(call, now=call.now + timedelta(days=2)), REVIEWS, first.cursor).gap


def test_a_review_from_the_future_hides_nothing(side: StoreSide, call: Call) -> None:
    side.write("Ahead of its time", age=timedelta(days=-400))
    first = CONNECTOR.fetch(call, REVIEWS, None)
    late = side.write("In time")
    page = CONNECTOR.fetch(replace(call, now=datetime.now(UTC)), REVIEWS, first.cursor)
    assert late.id in [post.id for post in page.posts]


def test_a_cursor_that_cannot_be_read_starts_anew_and_says_so(side: StoreSide, call: Call) -> None:
    side.write("Here")
    for text in ("", "[]", "{}", '{"after": "x", "seen": []}', "\ud800"):
        page = CONNECTOR.fetch(call, REVIEWS, Cursor(text))
        assert page.gap
        assert len(page.posts) == 1


def test_what_looks_like_a_tag_is_kept_in_other_brackets(side: StoreSide, call: Call) -> None:
    side.write("How?")
    (post,) = CONNECTOR.fetch(call, REVIEWS, None).posts
    context = ReplyContext(post, Identity.BRAND)
    text = CONNECTOR.render("Open <Settings> → 2 < 3 <script>alert(1)</script>\r\n", context)
    assert text == "Open ‹Settings› → 2 < 3 ‹script›alert(1)‹/script›"
    posted = CONNECTOR.reply(call, intent(post, text))
    assert isinstance(posted, Posted)
    assert posted.text == text
    assert CONNECTOR.measure("🦊" * 175, context).fits
    assert not CONNECTOR.measure("🦊" * 176, context).fits


def test_only_our_own_apps_reviews_are_answered_and_our_answer_is_not(call: Call) -> None:
    for post in (replace(PARENT, venue="play.google.com/com.other.app"), replace(PARENT, is_own=True)):
        answer = CONNECTOR.can_reply(call, post)
        assert isinstance(answer, No)
        assert answer.source
    outcome = CONNECTOR.delete(call, "gp:1:reply")
    assert isinstance(outcome, Rejected)
    assert "Play Console" in outcome.detail


@pytest.mark.parametrize("package", ["", "x", "../../x", "com.harbour/lamp", "com.harbour.lamp\r\nX: 1", "c" * 500])
def test_a_package_that_is_none_is_told_before_anything_is_asked(google: GoogleServer, package: str) -> None:
    call = replace(call_at(google.url), account_id="", options={"package_name": package})
    health = CONNECTOR.check(call)
    assert health.condition is Condition.DOWN
    assert "package_name" in health.detail
    assert google.asked == []


def test_an_id_that_would_lead_elsewhere_is_refused(google: GoogleServer, call: Call) -> None:
    for identity in ("", "../x", "a/b", "a?b", "a#b", "a%2fb", "a b"):
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.refresh(call, (identity,))
        assert error.value.fault is Fault.INVALID
        outcome = CONNECTOR.edit(call, identity, "x")
        assert isinstance(outcome, Rejected)
    assert google.asked == []


def test_a_service_accounts_token_is_made_once_and_handed_back(side: StoreSide, google: GoogleServer) -> None:
    side.write("Here")
    kept: list[dict[str, str]] = []
    call = replace(
        call_at(google.url, service_account_key=google.key_file()), save_secrets=lambda s: kept.append({**s})
    )
    assert CONNECTOR.check(call).condition is Condition.OK
    assert google.claims[0]["scope"] == "https://www.googleapis.com/auth/androidpublisher"
    (secrets,) = kept
    assert set(secrets) <= set(CONNECTOR.spec.secrets) | CONNECTOR.spec.renewed
    assert CONNECTOR.fetch(replace(call, secrets=secrets), REVIEWS, None).posts
    assert len(google.claims) == 1
    later = replace(call, secrets=secrets, now=call.now + timedelta(hours=2))
    assert CONNECTOR.fetch(later, REVIEWS, None).posts
    assert len(google.claims) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"},
        {"private_key": None},
        {"client_email": ""},
        {"token_uri": "http://evil.example/token"},
        {"token_uri": 7},
    ],
)
def test_a_key_file_that_cannot_be_used_is_refused_without_being_told(
    google: GoogleServer, changed: dict[str, object]
) -> None:
    file = google.key_file(**changed)
    for text in (file, file[: len(file) // 2], "[]", "7"):
        call = call_at(google.url, service_account_key=text)
        assert CONNECTOR.check(call).condition is Condition.REAUTH
        outcome = CONNECTOR.reply(call, intent(PARENT))
        assert isinstance(outcome, Rejected)
        assert outcome.fault is Fault.AUTH
        assert "BEGIN" not in repr(outcome)
    assert google.asked == []


def test_a_service_account_that_google_does_not_know_must_be_connected_again(google: GoogleServer) -> None:
    call = call_at(google.url, service_account_key=google.key_file(client_email="someone@else.example"))
    assert CONNECTOR.check(call).condition is Condition.REAUTH


def test_a_quota_spent_for_the_day_comes_back_when_the_day_begins_in_california(google: GoogleServer) -> None:
    for hour, day in ((3, 22), (8, 23), (20, 23)):
        now = datetime(2026, 11, 22, hour, tzinfo=UTC)
        with FaultProxy(google.url) as proxy:
            proxy.next_answer(trouble(SPENT), to_write=False)
            with pytest.raises(ConnectorError) as error:
                CONNECTOR.fetch(replace(call_at(proxy.url), now=now), REVIEWS, None)
        assert error.value.fault is Fault.RATE_LIMITED
        assert error.value.retry_at == datetime(2026, 11, day, 8, tzinfo=UTC)
        assert "<a" not in error.value.detail
