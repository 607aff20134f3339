"""Reading sources: nothing is lost, nothing is doubled, and trouble is told once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from conftest import DrivenClock
from harbour import Harbour, settle
from sqlalchemy import func, select

from bot import clock as clockwork
from bot import intake, sources
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.errors import ChorusError
from bot.models import Mention, Notice, Outgoing, PostRecord, Reply, Source, SourceState, Thread
from connectors.base import Fault, Followed, SourceKind
from connectors.fault_proxy import FaultProxy, Mishap, Trouble


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock) -> Harbour:
    return settle(plaza, sessions, driven)


def test_a_source_read_twice_brings_each_post_once(harbour: Harbour) -> None:
    harbour.plaza.post_as("One", "Harbour is a good name")
    assert len(intake.collect(harbour.deps, harbour.source.id).mentions) == 1
    assert intake.collect(harbour.deps, harbour.source.id).mentions == ()
    harbour.plaza.post_as("Two", "Harbour is a bad name")
    assert len(intake.collect(harbour.deps, harbour.source.id).mentions) == 1


def test_two_processes_that_read_at_once_do_no_work_twice(harbour: Harbour) -> None:
    for number in range(5):
        harbour.plaza.post_as(f"Author {number}", f"Harbour number {number}")
    with ThreadPoolExecutor(4) as pool:
        collected = list(pool.map(lambda _: intake.collect(harbour.deps, harbour.source.id), range(4)))
    found = [mention for each in collected for mention in each.mentions]
    assert len(found) == len(set(found)) == 5
    assert sum(len(job["mention_ids"]) for job in harbour.asked_for("prepare")) == 5


def test_our_own_posts_never_come_back_as_mentions(harbour: Harbour) -> None:
    mention = harbour.hear("Does the Harbour Reader float?")
    with harbour.deps.sessions() as session:
        parent = session.get_one(PostRecord, mention.post_id).external_id
    harbour.plaza.post_as("harbour", "Harbour team here: it does.", parent)
    intake.collect(harbour.deps, harbour.source.id)
    with harbour.deps.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Mention)) == 1
        assert session.scalars(select(PostRecord.is_own).order_by(PostRecord.id)).all() == [False, True]


def test_posts_of_one_conversation_end_up_in_one_thread(harbour: Harbour) -> None:
    root = harbour.plaza.post_as("Root", "What do you read on?")
    middle = harbour.plaza.post_as("Middle", "Paper, mostly.", root)
    leaf = harbour.hear("I like my Harbour.", author="Leaf", in_reply_to=middle)
    other = harbour.hear("Harbour? Never heard of it.", author="Other", in_reply_to=root)
    assert leaf.thread_id == other.thread_id
    with harbour.deps.sessions() as session:
        assert session.scalars(select(Thread.root_external_id)).all() == [root]
        assert session.scalar(select(func.count()).select_from(PostRecord)) == 4


def test_a_platform_that_is_down_is_told_once_and_tried_later(harbour: Harbour, driven: DrivenClock) -> None:
    harbour.plaza.stop()
    for _ in range(3):
        assert intake.collect(harbour.deps, harbour.source.id).failed is Fault.TRANSIENT
        with harbour.deps.sessions() as session:
            source = session.get_one(Source, harbour.source.id)
        assert source.state is SourceState.ACTIVE
        assert source.not_before is not None
        assert intake.collect(harbour.deps, harbour.source.id).failed is None, "it is left alone until then"
        driven.moment = source.not_before
    assert source.failures == 3
    with harbour.deps.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 1
        assert session.scalar(select(func.count()).select_from(Outgoing)) == 1


def test_a_wrong_token_marks_its_source_and_leaves_the_others_running(harbour: Harbour) -> None:
    with harbour.deps.sessions.begin() as session:
        account = session.merge(harbour.account)
        account.secrets = harbour.deps.vault.seal({"access_token": "wrong"})
    assert intake.collect(harbour.deps, harbour.source.id).failed is Fault.AUTH
    with harbour.deps.sessions() as session:
        source = session.get_one(Source, harbour.source.id)
        assert source.state is SourceState.NEEDS_ATTENTION
        assert "needs attention" in session.scalars(select(Notice.text)).one()
        assert intake.due_sources(session, at=harbour.deps.now()) == []

    with harbour.deps.sessions.begin() as session:
        session.merge(account).secrets = harbour.deps.vault.seal({"access_token": harbour.plaza.token})
    sources.set_state(harbour.deps, harbour.source.id, SourceState.ACTIVE, actor="operator")
    assert intake.collect(harbour.deps, harbour.source.id).failed is None


def test_a_failure_in_the_middle_of_paging_loses_and_repeats_nothing(harbour: Harbour, driven: DrivenClock) -> None:
    followed = Followed(SourceKind.MENTIONS)
    source = sources.add(
        harbour.deps, harbour.account.id, "mentions", followed, channel="C0MENTIONS0", poll_seconds=1, actor="operator"
    )
    harbour.plaza.post_as("First", "@harbour hello")
    with FaultProxy(harbour.plaza.url) as proxy:
        with harbour.deps.sessions.begin() as session:
            session.merge(harbour.account).site = proxy.url
        intake.collect(harbour.deps, source.id)
        for number in range(90):
            harbour.plaza.post_as(f"Author {number % 7}", f"@harbour post {number}")
        for turn in range(8):
            if turn in (1, 2):
                proxy.next_answer(Trouble() if turn == 1 else Trouble(Mishap.DROP), to_write=False)
            intake.collect(harbour.deps, source.id)
            driven.advance(minutes=20)
    with harbour.deps.sessions() as session:
        found = list(session.scalars(select(PostRecord.text).join(Mention, Mention.post_id == PostRecord.id)))
    assert len(found) == len(set(found)) == 91


def test_two_clocks_ask_for_one_look(harbour: Harbour, driven: DrivenClock) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: clockwork.beat(harbour.deps), range(2)))
    assert harbour.asked_for("collect") == [{"source_id": harbour.source.id}]
    driven.advance(seconds=1)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: clockwork.beat(harbour.deps), range(2)))
    assert len(harbour.asked_for("collect")) == 1, "one that already waits is enough"


def test_looking_before_adding_keeps_nothing(harbour: Harbour) -> None:
    harbour.plaza.post_as("One", "Harbour is a good name")
    page = sources.look(harbour.deps, harbour.account.id, Followed(SourceKind.SEARCH, "Harbour"))
    assert [post.text for post in page.posts] == ["Harbour is a good name"]
    with harbour.deps.sessions() as session:
        assert session.scalar(select(func.count()).select_from(PostRecord)) == 0


def test_what_a_platform_does_not_offer_cannot_be_followed(harbour: Harbour) -> None:
    with pytest.raises(ChorusError, match="has no webhook to follow"):
        sources.look(harbour.deps, harbour.account.id, Followed(SourceKind.WEBHOOK))


def test_connecting_with_a_wrong_token_says_so(harbour: Harbour) -> None:
    given = sources.Connecting("mastodon", harbour.plaza.url, {"access_token": "wrong"})
    with pytest.raises(ChorusError, match="did not accept the account"):
        sources.connect(harbour.deps, given, actor="operator")
    with pytest.raises(ChorusError, match="access_token"):
        sources.connect(harbour.deps, replace(given, secrets={}), actor="operator")


def test_near_duplicates_join_one_card(harbour: Harbour) -> None:
    words = "My Harbour Reader stopped syncing after the update and nothing I try brings it back, help"
    first = harbour.hear(words, author="One")
    second = harbour.hear(words + "!!", author="Two")
    assert second.joined_to_id == first.id
    third = harbour.hear("Harbour Mini has a lovely screen and I read on it every single evening", author="Three")
    assert third.joined_to_id is None
    with harbour.deps.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Reply)) == 0
