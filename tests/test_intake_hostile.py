"""Reading from platforms and connectors that are broken or hostile: nothing crashes, and no neighbour is lost."""

from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter

import pytest
from booth import Fair, open_fair
from conftest import DrivenClock
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot import cleaning, intake, jobs, showing, sources
from bot.database import Sessions
from bot.deps import utc_now
from bot.models import Mention, MentionState, Notice, PostRecord, SourceState, Thread
from connectors.base import Author, ConnectorError, Cursor, Fault, Followed, Page, Post, SourceKind

WRITER = Author("w", "writer")


@pytest.fixture
def fair(sessions: Sessions, clock: DrivenClock) -> Fair:
    return open_fair(sessions, clock)


def count(fair: Fair, record: type) -> int:
    with fair.deps.sessions() as session:
        return session.scalar(select(func.count()).select_from(record)) or 0


def test_a_connector_that_breaks_is_a_platform_that_fails(fair: Fair) -> None:
    fair.booth.trouble = KeyError("www-authenticate")
    collected = intake.collect(fair.deps, fair.source.id)
    source = fair.source_now()
    assert (collected.failed, source.state) == (Fault.TRANSIENT, SourceState.ACTIVE)
    assert "broke over what it was told (KeyError)" in source.detail
    assert count(fair, Notice) == 1
    fair.booth.trouble = None
    fair.booth.write("Harbour at last")
    assert source.not_before is not None
    fair.clock.moment = source.not_before
    assert len(intake.collect(fair.deps, fair.source.id).mentions) == 1


def test_a_conversation_that_breaks_its_connector_does_not_keep_a_mention_from_its_card(fair: Fair) -> None:
    post_id = fair.booth.write("Does my Harbour float?")
    intake.collect(fair.deps, fair.source.id)
    fair.booth.trouble = RecursionError("a thread that answers itself")
    jobs.prepare_mentions(fair.deps, [fair.mention_of(post_id).id])
    assert fair.mention_of(post_id).state is MentionState.OPEN


def test_a_page_with_the_same_post_twice_brings_it_once(fair: Fair) -> None:
    fair.booth.write("Harbour, twice")
    post = fair.booth.posts["booth-1"]
    fair.booth.page = Page((post, post, replace(post, text="Harbour, twice, and changed")), Cursor("1"))
    assert len(intake.collect(fair.deps, fair.source.id).mentions) == 1
    assert count(fair, PostRecord) == 1


@pytest.mark.parametrize("cursor", ["9" * 200_000, "with a \0 in it"])
def test_a_cursor_that_cannot_be_kept_stops_its_source_and_says_so(fair: Fair, cursor: str) -> None:
    fair.booth.write("Harbour")
    fair.booth.page = Page(tuple(fair.booth.posts.values()), Cursor(cursor))
    intake.collect(fair.deps, fair.source.id)
    source = fair.source_now()
    assert (source.state, source.cursor) == (SourceState.NEEDS_ATTENTION, None)
    assert "cursor of" in source.detail
    assert count(fair, PostRecord) == 0


def test_posts_that_cannot_be_kept_are_skipped_and_counted_and_their_neighbours_stay(fair: Fair) -> None:
    good = fair.booth.write("Harbour is fine")
    post = fair.booth.posts[good]
    odd = [
        replace(post, id=""),
        replace(post, id="x" * 5000),
        replace(post, id="nul\0"),
        replace(post, id="half \ud800"),
        replace(post, id="9", author=replace(post.author, id="\0")),
    ]
    fair.booth.page = Page((*odd, post), Cursor("1"))
    collected = intake.collect(fair.deps, fair.source.id)
    assert (len(collected.mentions), collected.skipped) == (1, 5)
    assert fair.source_now().skipped == 5


def test_what_postgresql_cannot_store_is_taken_out_of_texts_and_names(fair: Fair) -> None:
    fair.booth.write("Har\0bour \ud83d says hello", author="reader")
    post = fair.booth.posts["booth-1"]
    author = replace(post.author, name="A\0na \udfff", handle="a" * 9000, url="https://x.example/\0")
    fair.booth.page = Page((replace(post, author=author, venue="v\0", root_id="\ud800", parent_id="\0"),), Cursor("1"))
    mention = intake.collect(fair.deps, fair.source.id).mentions[0]
    with fair.deps.sessions() as session:
        kept = session.scalars(select(PostRecord)).one()
        assert (kept.text, kept.author_name, kept.author_url) == ("Harbour ? says hello", "Ana ?", "")
        assert len(kept.author_handle) == cleaning.LONGEST_NAME
        assert kept.parent_external_id is None
        assert session.get_one(Mention, mention).state is MentionState.COLLECTED


def test_a_post_from_the_future_is_dated_now(fair: Fair) -> None:
    fair.booth.write("Harbour tomorrow", created_at=fair.clock() + timedelta(days=400))
    fair.booth.write("Harbour without a zone", created_at=datetime(2020, 1, 1))  # noqa: DTZ001
    intake.collect(fair.deps, fair.source.id)
    with fair.deps.sessions() as session:
        moments = session.scalars(select(PostRecord.created_at).order_by(PostRecord.id)).all()
    assert moments[0] == fair.clock()
    assert moments[1].year == 2020


def test_cycles_and_missing_parents_become_threads_that_can_be_shown(fair: Fair) -> None:
    fair.booth.write("Harbour one", parent="booth-2")
    fair.booth.write("Harbour two", parent="booth-1")
    fair.booth.write("Harbour three", parent="booth-3")
    fair.booth.write("Harbour four", parent="never-seen")
    mentions = intake.collect(fair.deps, fair.source.id).mentions
    assert len(mentions) == 4
    for mention in mentions:
        intake.gather_context(fair.deps, mention)
        assert showing.thread(fair.deps, mention, by=fair.person())
    assert count(fair, PostRecord) == 4


def test_a_thread_of_five_thousand_posts_is_kept_whole_and_shown(fair: Fair) -> None:
    for number in range(5000):
        fair.booth.write(f"Voice {number}", author=f"a{number % 900}", parent=f"booth-{number}" if number else None)
    root = fair.booth.posts["booth-1"]
    fair.booth.page = Page((replace(root, text="Harbour, what do you all think?"),), Cursor("1"))
    mention = intake.collect(fair.deps, fair.source.id).mentions[0]
    began = perf_counter()
    intake.gather_context(fair.deps, mention)
    jobs.prepare_mentions(fair.deps, [mention])
    assert perf_counter() - began < 60, "bounded, on a busy machine too"
    assert count(fair, PostRecord) == 5000
    assert count(fair, Thread) == 1
    assert showing.card(fair.deps, mention).thread_posts == 5000
    assert len(showing.thread(fair.deps, mention, by=fair.person())) == 5000


def test_near_identical_posts_on_two_platforms_join_one_card(fair: Fair) -> None:
    words = "My Harbour Reader stopped syncing after the update and nothing I try brings it back, help"
    first = fair.hear(words, author="one")
    second = fair.hear(f"{words}!! https://elsewhere.example", booth=fair.stall, author="two")
    third = fair.hear("Harbour Mini has a lovely screen and I read on it every evening", booth=fair.stall)
    assert (second.joined_to_id, second.state) == (first.id, MentionState.JOINED)
    assert third.joined_to_id is None
    card = showing.card(fair.deps, first.id)
    assert [post.handle for post in card.duplicates] == ["two"]


TEXTS = st.text(max_size=40) | st.just("\0") | st.just("\ud800") | st.just("x" * 3000)


@given(
    st.lists(
        st.builds(
            Post,
            id=TEXTS,
            text=TEXTS,
            author=st.builds(Author, id=TEXTS, handle=TEXTS, name=TEXTS, url=TEXTS),
            created_at=st.datetimes() | st.datetimes(timezones=st.timezones()),
            url=TEXTS,
            parent_id=st.none() | TEXTS,
            root_id=st.none() | TEXTS,
            venue=TEXTS,
            mentioned=st.frozensets(TEXTS, max_size=3),
        ),
        max_size=6,
    )
)
def test_whatever_posts_hold_what_is_fit_can_be_stored(posts: list[Post]) -> None:
    now = utc_now()
    kept, skipped = cleaning.fit(posts, at=now)
    assert len(kept) + len(skipped) <= len(posts)
    for post in kept:
        every = (post.id, post.text, post.author.id, post.author.handle, post.author.name, post.author.url, post.url)
        for text in (*every, post.venue, post.parent_id or "", post.root_id or "", *post.mentioned):
            assert "\0" not in text
            text.encode()
        assert post.created_at <= now


def test_looking_before_adding_survives_a_connector_that_breaks_and_is_paid_for(fair: Fair) -> None:
    fair.booth.trouble = ZeroDivisionError()
    with pytest.raises(ConnectorError, match="broke over what it was told"):
        sources.look(fair.deps, fair.account.id, Followed(SourceKind.MENTIONS))
    fair.booth.trouble = None
    fair.booth.write("Harbour")
    assert len(sources.look(fair.deps, fair.account.id, Followed(SourceKind.MENTIONS)).posts) == 1
    assert count(fair, PostRecord) == 0
