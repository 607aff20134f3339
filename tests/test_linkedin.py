"""The LinkedIn connector: whose comments, which version, threads one level deep, and a line that lies."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hostile import HOSTILE, mutated, places
from hypothesis import given
from hypothesis import strategies as st
from linkedin_server import (
    ORGANIZATION,
    POST,
    THROTTLED,
    TOKEN,
    LinkedInError,
    LinkedInServer,
    PageSide,
    trouble,
)
from lying_line import NOW, LyingLine

from connectors._linkedin_parse import Reader, Ref, post_named
from connectors.base import (
    Author,
    Call,
    Condition,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Handoff,
    Post,
    Posted,
    Rejected,
    ReplyIntent,
    SignalKind,
    SourceKind,
)
from connectors.fault_proxy import FaultProxy
from connectors.linkedin import LinkedInConnector

CONNECTOR = LinkedInConnector()
OUR_POSTS = Followed(SourceKind.FEED)
ONE_POST = Followed(SourceKind.FEED, POST)
READER = Reader(ORGANIZATION, "harbour")
ABOUT = "urn:li:activity:7095684521727016961"
FIRST = f"urn:li:comment:({ABOUT},7095684947448897536)"
PARENT = Post(FIRST, "Hi", Author("urn:li:person:m1", "a LinkedIn member"), NOW, root_id=FIRST, venue=READER.venue)

COMMENT: dict[str, Any] = {
    "actor": "urn:li:person:zLqTygBP8S",
    "commentsSummary": {"selectedComments": [], "totalFirstLevelComments": 2, "aggregatedTotalComments": 2},
    "created": {"actor": "urn:li:person:zLqTygBP8S", "time": 1691743122924},
    "lastModified": {"actor": "urn:li:person:zLqTygBP8S", "time": 1691743122924},
    "id": "7095684947448897536",
    "$URN": FIRST,
    "message": {"attributes": [], "text": "How <b>long</b> & far?\r\nTell"},
    "likesSummary": {"selectedLikes": [], "aggregatedTotalLikes": 2, "likedByCurrentUser": True, "totalLikes": 2},
    "object": ABOUT,
}
OURS: dict[str, Any] = {
    "actor": ORGANIZATION,
    "created": {"actor": ORGANIZATION, "impersonator": "urn:li:person:zLqTygBP8S", "time": 1691743143936},
    "lastModified": {"actor": ORGANIZATION, "impersonator": "urn:li:person:zLqTygBP8S", "time": 1691743153936},
    "id": "7095684616149176322",
    "message": {"attributes": [], "text": "Far!"},
    "object": ABOUT,
    "parentComment": FIRST,
}
PAGE = {"paging": {"start": 0, "count": 100, "links": [], "total": 2}, "elements": [COMMENT, OURS]}


@pytest.fixture
def side() -> PageSide:
    return PageSide()


@pytest.fixture
def linkedin(side: PageSide) -> Iterator[LinkedInServer]:
    with LinkedInServer(side) as running:
        yield running


@pytest.fixture
def call(linkedin: LinkedInServer) -> Call:
    return call_at(linkedin.url)


def call_at(url: str, **options: str) -> Call:
    told = {"organization": "2414183", **options}
    return Call(
        url, {"access_token": TOKEN}, datetime.now(UTC), account_id=ORGANIZATION, handle="harbour", options=told
    )


def intent(parent: Post, text: str = "Twelve hours.") -> ReplyIntent:
    return ReplyIntent(uuid4(), "key", parent, text, datetime.now(UTC))


def newest(call: Call) -> Post:
    return CONNECTOR.fetch(replace(call, now=datetime.now(UTC)), OUR_POSTS, None).posts[-1]


class TestLyingLine(LyingLine):
    connector = CONNECTOR
    call = replace(call_at("https://x.example"), now=NOW)
    followed = ONE_POST
    parent = PARENT
    page = PAGE
    error = THROTTLED.body


def test_real_comments_are_read_and_members_stay_without_a_name() -> None:
    (first, ours), skipped = READER.comments([COMMENT, OURS])
    assert not skipped
    assert first.text == "How <b>long</b> & far?\nTell"
    assert (first.author.id, first.author.handle, first.author.name) == (COMMENT["actor"], "a LinkedIn member", "")
    assert (first.id, first.parent_id, first.root_id, first.edited_at) == (FIRST, None, FIRST, None)
    assert ours.id == f"urn:li:comment:({ABOUT},7095684616149176322)"
    assert (ours.is_own, ours.parent_id, ours.root_id, ours.author.name) == (True, FIRST, FIRST, "harbour")
    assert ours.edited_at is not None
    assert first.url.startswith(f"https://www.linkedin.com/feed/update/{ABOUT}?commentUrn=urn%3Ali%3Acomment")


@given(path=st.sampled_from(list(places(OURS))), hostile=HOSTILE, removed=st.booleans())
def test_a_mutated_comment_never_takes_its_neighbour_along(path: tuple[Any, ...], hostile: Any, removed: bool) -> None:
    posts, skipped = READER.comments([mutated(OURS, path, hostile, removed), COMMENT])
    assert posts[-1].id == FIRST
    assert len(posts) + len(skipped) == 2
    for post in posts:
        json.dumps([post.id, post.text, post.author.handle, post.url])
        post.text.encode()
        assert post.parent_id != post.id
        assert Ref.of(post.id) is not None


@pytest.mark.parametrize(
    ("given", "post"),
    [
        (POST, POST),
        (f"https://www.linkedin.com/feed/update/{ABOUT}/", ABOUT),
        (f"https://evil.example/{ABOUT}", ""),
        ("urn:li:person:1", ""),
        ("", ""),
    ],
)
def test_a_post_is_named_by_its_urn_or_its_address(given: str, post: str) -> None:
    assert post_named(given) == post


def test_a_post_with_five_thousand_comments_is_read_whole(side: PageSide, call: Call) -> None:
    side.write("First")
    cursor = CONNECTOR.fetch(call, OUR_POSTS, None).cursor
    ids = {side.write(f"Number {number}").urn for number in range(4_999)}
    later = replace(call, now=datetime.now(UTC))
    seen: list[str] = []
    page = CONNECTOR.fetch(later, OUR_POSTS, cursor)
    assert not page.gap
    assert not page.complete
    seen += [post.id for post in page.posts]
    again = CONNECTOR.fetch(later, OUR_POSTS, page.cursor)
    seen += [post.id for post in again.posts]
    assert len(set(seen)) == 80
    assert set(seen) <= ids


def test_a_thread_of_five_thousand_answers_is_read_whole_and_in_order(side: PageSide, call: Call) -> None:
    first = side.write("Who lasts longest?")
    ids = [side.write(f"Number {number}", below=first).urn for number in range(5_000)]
    thread = CONNECTOR.thread(call, ids[-1])
    assert [post.id for post in thread.posts] == [first.urn, *ids]
    assert not thread.truncated


def test_an_answer_to_an_answer_goes_below_the_first_comment(side: PageSide, call: Call) -> None:
    first = side.write("Who?")
    side.write("Me", below=first)
    cursor = CONNECTOR.fetch(call, OUR_POSTS, None).cursor
    late = side.write("Or me", below=first)
    page = CONNECTOR.fetch(replace(call, now=datetime.now(UTC)), OUR_POSTS, cursor)
    assert page.posts[-1].id == late.urn
    posted = CONNECTOR.reply(call, intent(page.posts[-1]))
    assert isinstance(posted, Posted)
    assert side.comments[posted.receipt.id].parent is first


def test_a_receipt_that_is_only_a_header_is_a_receipt(side: PageSide, call: Call) -> None:
    side.replies_with_body = False
    side.write("Who?")
    posted = CONNECTOR.reply(call, intent(newest(call)))
    assert isinstance(posted, Posted)
    assert side.comments[posted.receipt.id].text == "Twelve hours."


def test_answers_are_read_again_only_where_their_number_changed(
    side: PageSide, linkedin: LinkedInServer, call: Call
) -> None:
    first = side.write("Who?")
    side.write("Me", below=first)
    cursor = CONNECTOR.fetch(call, OUR_POSTS, None).cursor
    linkedin.asked.clear()
    page = CONNECTOR.fetch(call, OUR_POSTS, cursor)
    assert (page.posts, len(linkedin.asked)) == ((), 2)


def test_outcomes_are_likes_answers_after_ours_and_removal(side: PageSide, call: Call) -> None:
    side.write("Who?")
    parent = newest(call)
    posted = CONNECTOR.reply(call, intent(parent))
    assert isinstance(posted, Posted)
    ours = posted.receipt.id
    side.comments[ours].likes = 4
    after = side.write("Thanks!", below=side.comments[parent.id])
    after.written = datetime.now(UTC) + timedelta(seconds=1)
    likes, answered = CONNECTOR.outcomes(call, (ours,))
    assert (likes.kind, likes.value) == (SignalKind.LIKES, 4)
    assert answered.post is not None
    assert (answered.kind, answered.post.id) == (SignalKind.ANSWERED, after.urn)
    side.comments[ours].gone = True
    (removed,) = CONNECTOR.outcomes(call, (ours,))
    assert removed.kind is SignalKind.REMOVED


def test_a_version_that_ended_is_told_with_what_to_do(linkedin: LinkedInServer) -> None:
    assert CONNECTOR.check(call_at(linkedin.url, version="202610")).condition is Condition.OK
    with pytest.raises(ConnectorError) as error:
        CONNECTOR.fetch(call_at(linkedin.url, version="202401"), OUR_POSTS, None)
    assert error.value.fault is Fault.INVALID
    assert "20240101 is not active" in error.value.detail
    asked = len(linkedin.asked)
    for version in ("v2", "2026", "202609\r\nX: 1"):
        assert CONNECTOR.check(call_at(linkedin.url, version=version)).condition is Condition.DOWN
    assert len(linkedin.asked) == asked


@pytest.mark.parametrize("organization", ["x", "urn:li:person:1", "../1", "1\r\nX: 1", "9" * 50])
def test_an_organisation_that_is_none_is_told_before_anything_is_asked(
    linkedin: LinkedInServer, organization: str
) -> None:
    call = replace(call_at(linkedin.url, organization=organization), account_id="")
    assert CONNECTOR.check(call).condition is Condition.DOWN
    assert isinstance(CONNECTOR.reply(call, intent(PARENT)), Rejected)
    assert linkedin.asked == []


def test_a_limit_for_the_day_ends_at_midnight(linkedin: LinkedInServer) -> None:
    too_fast = LinkedInError(429, "TOO_MANY_REQUESTS", "Too many requests")
    for error, ends in ((THROTTLED, datetime(2026, 11, 23, tzinfo=UTC)), (too_fast, NOW + timedelta(minutes=15))):
        with FaultProxy(linkedin.url) as proxy:
            proxy.next_answer(trouble(error))
            outcome = CONNECTOR.reply(replace(call_at(proxy.url), now=NOW), intent(PARENT))
        assert isinstance(outcome, Rejected)
        assert (outcome.fault, outcome.retry_at) == (Fault.RATE_LIMITED, ends)


def test_what_stands_below_others_posts_is_handed_to_a_person(call: Call) -> None:
    elsewhere = replace(PARENT, venue="linkedin.com/urn:li:organization:7", url="https://www.linkedin.com/feed/")
    answer = CONNECTOR.can_reply(call, elsewhere)
    assert isinstance(answer, Handoff)
    assert answer.url
    assert answer.source


def test_a_comment_that_is_not_ours_is_not_changed(side: PageSide, call: Call) -> None:
    theirs = side.write("Mine")
    outcome = CONNECTOR.edit(call, theirs.urn, "Yours")
    assert isinstance(outcome, Rejected)
    assert outcome.fault is Fault.FORBIDDEN_BY_POLICY
    assert theirs.text == "Mine"


def test_an_id_that_would_lead_elsewhere_is_refused(linkedin: LinkedInServer, call: Call) -> None:
    for identity in ("", "7", "../x", f"{FIRST}/x", "urn:li:comment:(urn:li:person:1,2)", "urn:li:comment:(a,b)?x=1"):
        with pytest.raises(ConnectorError):
            CONNECTOR.refresh(call, (identity,))
        with pytest.raises(ConnectorError):
            CONNECTOR.thread(call, identity)
        assert isinstance(CONNECTOR.delete(call, identity), Rejected)
        assert isinstance(CONNECTOR.edit(call, identity, "x"), Rejected)
        assert isinstance(CONNECTOR.reply(call, intent(replace(PARENT, id=identity, root_id=identity))), Rejected)
    for followed in (Followed(SourceKind.FEED, "../x"), Followed(SourceKind.SEARCH, "lamp")):
        with pytest.raises(ConnectorError) as error:
            CONNECTOR.fetch(call, followed, None)
        assert error.value.fault is Fault.INVALID
    assert linkedin.asked == []


def test_a_cursor_that_cannot_be_read_starts_anew_and_says_so(side: PageSide, call: Call) -> None:
    side.write("Here")
    for text in ("", "[]", "{}", '{"mark": 7, "answers": {}}', "\ud800"):
        page = CONNECTOR.fetch(call, OUR_POSTS, Cursor(text))
        assert page.gap
        assert len(page.posts) == 1


def test_a_comment_from_the_future_hides_nothing(side: PageSide, call: Call) -> None:
    ahead = side.write("Ahead of its time")
    ahead.written = ahead.changed = datetime.now(UTC) + timedelta(days=400)
    cursor = CONNECTOR.fetch(call, OUR_POSTS, None).cursor
    late = side.write("In time")
    page = CONNECTOR.fetch(replace(call, now=datetime.now(UTC)), OUR_POSTS, cursor)
    assert [post.id for post in page.posts] == [late.urn]
