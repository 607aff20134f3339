"""The job engine: asked for in the transaction, done by one of several, and again after a crash."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from conftest import DrivenClock
from harbour import Harbour, settle
from sqlalchemy import Engine, func, select, text

from bot import drafting, housekeeping, intake, jobs, outbox, queue
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.deps import utc_now
from bot.jobs import Worker
from bot.models import Mention, MentionState, OutboxState, Outgoing, SeenRequest, Tick
from bot.queue import Lane


@pytest.fixture
def harbour(sessions: Sessions, clock: DrivenClock) -> Iterator[Harbour]:
    clock.moment = utc_now()
    with Plaza(lively=False) as plaza:
        yield settle(plaza, sessions, clock)


def nothing(_channel: str) -> datetime | None:
    return None


def until(holds: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def state_of(harbour: Harbour, mention_id: int) -> MentionState:
    with harbour.deps.sessions() as session:
        return session.get_one(Mention, mention_id).state


def test_what_is_rolled_back_asks_for_nothing(harbour: Harbour) -> None:
    with harbour.deps.sessions() as session:
        queue.post(session, 7)
        queue.collect(session, 7)
        session.rollback()
    assert harbour.asked_for("post") == harbour.asked_for("collect") == []


def test_asking_twice_for_a_drain_leaves_the_transaction_whole(harbour: Harbour) -> None:
    with harbour.deps.sessions.begin() as session:
        queue.drain(session, "C1")
        queue.drain(session, "C1")
        queue.post(session, 7)
    assert harbour.asked_for("drain") == [{"channel": "C1"}]
    assert harbour.asked_for("post") == [{"reply_id": 7}]


def test_ten_changes_of_a_mention_wait_as_one_message(harbour: Harbour) -> None:
    mention = harbour.hear("Is Harbour any good?")
    for _ in range(10):
        with harbour.deps.sessions.begin() as session:
            outbox.show(session, mention.id, at=harbour.deps.now())
    with harbour.deps.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Outgoing)) == 1


def test_two_workers_take_a_post_to_its_card_once(harbour: Harbour, engine: Engine) -> None:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    workers = [Worker(jobs.build(url, harbour.deps, nothing)) for _ in range(2)]
    for worker in workers:
        worker.start()
    try:
        for number in range(6):
            harbour.plaza.post_as(f"Author {number}", f"Harbour, {number} things come to mind about {number * 7}")
        with harbour.deps.sessions.begin() as session:
            queue.collect(session, harbour.source.id)
        until(lambda: _count(harbour, MentionState.OPEN) + _count(harbour, MentionState.JOINED) == 6)
    finally:
        for worker in workers:
            worker.stop()
    with harbour.deps.sessions() as session:
        counted = session.execute(
            text("select count(*), count(distinct subject) from audit_entry where kind = 'mention.triaged'")
        )
        assert counted.one() == (6, 6)


def test_a_mention_that_breaks_does_not_hold_up_its_neighbours(
    harbour: Harbour, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, words in enumerate(("Harbour makes me happy", "Harbour BREAKS things", "Where is Harbour from?")):
        harbour.plaza.post_as(f"Author {number}", words)
    suggestions = drafting.suggestions

    def breaking(session, deps, place):  # type: ignore[no-untyped-def]
        if "BREAKS" in place.post.text:
            raise RuntimeError("broken on purpose")
        return suggestions(session, deps, place)

    monkeypatch.setattr(drafting, "suggestions", breaking)
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    worker = Worker(jobs.build(url, harbour.deps, nothing), [Lane.INTAKE])
    worker.start()
    try:
        with harbour.deps.sessions.begin() as session:
            queue.collect(session, harbour.source.id)
        until(lambda: _count(harbour, MentionState.OPEN) == 2)
    finally:
        worker.stop()
    assert _count(harbour, MentionState.TRIAGED) == 1


def test_the_jobs_of_a_dead_worker_are_done_by_another(harbour: Harbour) -> None:
    with harbour.deps.sessions.begin() as session:
        queue.post(session, 7)
        session.execute(text("update procrastinate_jobs set status = 'doing', worker_id = null"))
    assert harbour.asked_for("post") == []
    with harbour.deps.sessions.begin() as session:
        assert housekeeping.revive(session) == 1
    assert harbour.asked_for("post") == [{"reply_id": 7}]


def test_a_job_whose_twin_waits_is_not_revived_beside_it(harbour: Harbour) -> None:
    with harbour.deps.sessions.begin() as session:
        queue.drain(session, "C1")
        session.execute(text("update procrastinate_jobs set status = 'doing', worker_id = null"))
        queue.drain(session, "C1")
        assert housekeeping.revive(session) == 0
    assert harbour.asked_for("drain") == [{"channel": "C1"}]


def test_a_job_that_kills_its_workers_is_given_up(harbour: Harbour) -> None:
    with harbour.deps.sessions.begin() as session:
        queue.post(session, 7)
        session.execute(text("update procrastinate_jobs set status = 'doing', worker_id = null, attempts = 5"))
        assert housekeeping.revive(session) == 0
        assert session.execute(text("select status::text from procrastinate_jobs")).scalar_one() == "failed"


def test_mentions_left_halfway_are_taken_up_again(harbour: Harbour, clock: DrivenClock) -> None:
    mention = harbour.hear("Is Harbour any good?")
    with harbour.deps.sessions.begin() as session:
        session.get_one(Mention, mention.id).state = MentionState.COLLECTED
        session.execute(text("delete from procrastinate_jobs"))
    clock.advance(minutes=2)
    with harbour.deps.sessions.begin() as session:
        assert housekeeping.resume(session, at=clock()) == 1
    jobs.prepare_mentions(harbour.deps, [mention.id])
    assert state_of(harbour, mention.id) is MentionState.OPEN


def test_a_claim_that_ended_is_taken_off_its_card(harbour: Harbour, clock: DrivenClock) -> None:
    mention = harbour.hear("Is Harbour any good?")
    with harbour.deps.sessions.begin() as session:
        session.execute(text("update slack_outbox set state = 'sent'"))
        held = session.get_one(Mention, mention.id)
        held.claim(harbour.person(), at=clock(), lasting=timedelta(minutes=15))
    clock.advance(minutes=16)
    with harbour.deps.sessions.begin() as session:
        assert housekeeping.end_claims(session, at=clock()) == 1
        assert session.get_one(Mention, mention.id).claimed_by_id is None
        waiting = select(func.count()).select_from(Outgoing).where(Outgoing.state == OutboxState.WAITING)
        assert session.scalar(waiting) == 1


def test_old_rows_are_pruned_and_young_ones_kept(harbour: Harbour, clock: DrivenClock) -> None:
    with harbour.deps.sessions.begin() as session:
        for age in (1, 4):
            at = clock() - timedelta(days=age)
            session.add(Tick(kind="old", subject="", slot=age, at=at))
            session.add(SeenRequest(key=f"event-{age}", at=at))
    with harbour.deps.sessions.begin() as session:
        housekeeping.prune(session, at=clock())
    with harbour.deps.sessions() as session:
        assert session.scalars(select(Tick.slot)).all() == [1]
        assert session.scalars(select(SeenRequest.key)).all() == ["event-1"]


def _count(harbour: Harbour, state: MentionState) -> int:
    with harbour.deps.sessions() as session:
        counted = session.scalar(select(func.count()).select_from(Mention).where(Mention.state == state))
        return counted or 0


def test_of_very_many_all_are_judged_before_any_gets_drafts(harbour: Harbour) -> None:
    for number in range(intake.FEW + 1):
        harbour.plaza.post_as(f"Author {number}", f"Harbour {number}")
    mentions = intake.collect(harbour.deps, harbour.source.id).mentions
    jobs.prepare_mentions(harbour.deps, mentions)
    assert {state_of(harbour, mention_id) for mention_id in mentions} == {MentionState.TRIAGED}
    assert harbour.asked_for("suggest") == [{"mention_ids": list(mentions)}]
    jobs.suggest_drafts(harbour.deps, mentions)
    assert {state_of(harbour, mention_id) for mention_id in mentions} == {MentionState.OPEN}
