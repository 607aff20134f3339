"""Posting exactly once, whatever the platform, the network or the process does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from conftest import DrivenClock
from harbour import ANSWER, Harbour, settle, without_limits
from sqlalchemy import func, select

from bot import approval, delivery, doubt
from bot import clock as clockwork
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.errors import ChorusError, Conflict, Throttled
from bot.models import LimitRecord, Mention, MentionState, Notice, PostRecord, Reply, ReplyState
from guidelines.throttle import Condition, Limit, Scope, terms_of

UNLIKE = (
    "does the screen flicker in the cold?",
    "I dropped mine into soup, now what",
    "my grandmother adores the big letters!",
    "is there a student discount these days?",
    "half of my library vanished overnight",
    "who made the lovely page-turn sound",
    "why no Finnish dictionary yet?",
    "thinking about getting one for my commute",
)
OWN_WORDS = (
    "Harbour team here: below zero the screen slows down, warm it up a little first.",
    "Hi from the Harbour team, rinse it with fresh water and let it dry for two days.",
    "Lovely, says the whole Harbour team! Which size did your grandmother settle on?",
    "Harbour team here. There is one for schools, ask your library about it.",
    "This is the Harbour team, sorry! Does a restart bring the books back?",
    "A colleague on the Harbour team recorded it on an old typewriter.",
    "Harbour team here, Finnish is missing indeed; which one would you want?",
    "Hello, Harbour team. How long is your ride, and do you read standing?",
)
QUESTION = "Does the Harbour Reader work without an account?"


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock) -> Harbour:
    return settle(plaza, sessions, driven)


def test_a_reply_whose_answer_was_lost_is_found_and_not_repeated(harbour: Harbour, driven: DrivenClock) -> None:
    harbour.plaza.faults.fail_after_storing = 1
    harbour.plaza.faults.honour_keys = False
    reply = harbour.approve(harbour.hear(QUESTION))
    delivery.post(harbour.deps, reply.id)
    assert harbour.again(reply).state is ReplyState.IN_DOUBT

    doubt.look(harbour.deps, reply.id)
    assert harbour.again(reply).state is ReplyState.IN_DOUBT, "looking before the platform has settled proves nothing"

    driven.advance(seconds=31)
    doubt.look(harbour.deps, reply.id)
    assert harbour.again(reply).state is ReplyState.POSTED
    assert len(harbour.ours()) == 1


def test_a_reply_that_never_arrived_is_posted_once_more_after_looking_in_vain(
    harbour: Harbour, driven: DrivenClock
) -> None:
    harbour.plaza.faults.fail_before_storing = 1
    reply = harbour.approve(harbour.hear(QUESTION))
    delivery.post(harbour.deps, reply.id)
    for _ in range(doubt.LOOKS):
        driven.advance(minutes=5)
        doubt.look(harbour.deps, reply.id)
    assert harbour.again(reply).state is ReplyState.APPROVED

    delivery.post(harbour.deps, reply.id)
    assert harbour.again(reply).state is ReplyState.POSTED
    assert len(harbour.ours()) == 1


def test_when_nobody_can_tell_a_person_is_asked_and_their_answer_is_taken(
    harbour: Harbour, driven: DrivenClock
) -> None:
    harbour.plaza.faults.fail_before_storing = 2
    mention = harbour.hear(QUESTION)
    reply = harbour.approve(mention)
    for _ in range(doubt.ATTEMPTS):
        delivery.post(harbour.deps, reply.id)
        for _ in range(doubt.LOOKS):
            driven.advance(minutes=5)
            doubt.look(harbour.deps, reply.id)
    asked = harbour.again(reply)
    assert (asked.state, asked.asked_at is not None) == (ReplyState.IN_DOUBT, True)
    with harbour.deps.sessions() as session:
        assert session.scalars(select(Notice.subject)).all() == [f"reply:{reply.id}"]

    doubt.drop(harbour.deps, reply.id, by=harbour.person())
    assert harbour.again(reply).state is ReplyState.CANCELLED
    with harbour.deps.sessions() as session:
        assert session.get_one(Mention, mention.id).state is MentionState.OPEN
    with pytest.raises(Conflict, match="settled already"):
        doubt.post_again(harbour.deps, reply.id, by=harbour.person())


def test_a_rate_limit_delays_and_loses_nothing(harbour: Harbour, driven: DrivenClock) -> None:
    harbour.plaza.faults.too_many_writes = 1
    reply = harbour.approve(harbour.hear(QUESTION))
    delivery.post(harbour.deps, reply.id)
    delayed = harbour.again(reply)
    assert delayed.state is ReplyState.APPROVED
    assert delayed.not_before > driven()

    driven.moment = delayed.not_before
    delivery.post(harbour.deps, reply.id)
    assert len(harbour.ours()) == 1


def test_a_post_deleted_after_the_approval_cancels_the_reply(harbour: Harbour) -> None:
    mention = harbour.hear(QUESTION)
    reply = harbour.approve(mention)
    harbour.plaza.delete(_post_id(harbour, mention))
    delivery.post(harbour.deps, reply.id)
    assert harbour.again(reply).state is ReplyState.CANCELLED
    assert harbour.ours() == []
    with harbour.deps.sessions() as session:
        assert session.get_one(Mention, mention.id).state is MentionState.GONE


def test_a_post_edited_after_the_approval_goes_back_to_people(harbour: Harbour) -> None:
    mention = harbour.hear(QUESTION)
    reply = harbour.approve(mention)
    harbour.plaza.edit(_post_id(harbour, mention), "Does the Harbour Reader explode?")
    delivery.post(harbour.deps, reply.id)
    assert harbour.again(reply).state is ReplyState.CANCELLED
    assert harbour.ours() == []
    with harbour.deps.sessions() as session:
        reopened = session.get_one(Mention, mention.id)
        assert reopened.state is MentionState.OPEN
        assert "edited" in reopened.note


def test_of_eight_approvals_at_once_in_a_thread_with_room_for_two_exactly_two_are_posted(
    harbour: Harbour, driven: DrivenClock
) -> None:
    with harbour.deps.sessions.begin() as session:
        without_limits(session)
        two = Limit("room for two", Scope.THREAD, Condition.COUNT, 2, timedelta(days=7))
        session.add(LimitRecord(name=two.name, terms=terms_of(two), created_at=harbour.deps.now()))
    root = harbour.plaza.post_as("First", QUESTION)
    mentions = [harbour.hear(f"Harbour, {words}", author=words[:9], in_reply_to=root) for words in UNLIKE]
    assert len({mention.thread_id for mention in mentions}) == 1

    def approve(number: int) -> Reply | None:
        try:
            return harbour.approve(mentions[number], OWN_WORDS[number])
        except Throttled:
            return None

    with ThreadPoolExecutor(8) as pool:
        replies = [reply for reply in pool.map(approve, range(8)) if reply is not None]
    assert len(replies) == 2

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda reply: delivery.post(harbour.deps, reply.id), replies * 4))
    driven.advance(seconds=5)
    for reply in replies:
        delivery.post(harbour.deps, reply.id)
    assert len(harbour.ours()) == 2


def test_of_two_people_who_approve_at_once_one_wins_and_the_other_is_told_who_won(harbour: Harbour) -> None:
    mention = harbour.hear(QUESTION)

    def approve(who: str) -> str:
        try:
            harbour.approve(mention, f"{ANSWER} {who}", by=who)
        except ChorusError as error:
            return str(error)
        return "approved"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(approve, ["U0ANA", "U0BEN"]))
    assert answers[1] == "approved"
    assert "has already answered this" in answers[0]


def test_a_double_click_makes_one_reply(harbour: Harbour) -> None:
    mention = harbour.hear(QUESTION)
    harbour.approve(mention)
    with pytest.raises(Conflict):
        harbour.approve(mention)
    with harbour.deps.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Reply)) == 1


def test_an_approval_can_be_undone_only_before_it_leaves(harbour: Harbour) -> None:
    reply = harbour.approve(harbour.hear(QUESTION))
    delivery.post(harbour.deps, reply.id)
    with pytest.raises(Conflict, match="too late"):
        approval.undo(harbour.deps, reply.id, by=harbour.person())


def test_a_worker_killed_between_sending_and_the_receipt_leaves_exactly_one_reply(
    harbour: Harbour, driven: DrivenClock, database_url: str
) -> None:
    harbour.plaza.faults.answer_delay = 30
    harbour.plaza.faults.honour_keys = False
    reply = harbour.approve(harbour.hear(QUESTION))
    worker = _worker(harbour, database_url)
    try:
        _wait_until(lambda: len(harbour.ours()) == 1)
        os.kill(worker.pid, signal.SIGKILL)
    finally:
        worker.kill()
        worker.wait()
    assert harbour.again(reply).state is ReplyState.SENDING
    harbour.plaza.faults.answer_delay = 0

    # The next process: its clock sees the lease run out, and the job that was cut off runs again.
    delivery.post(harbour.deps, reply.id)
    driven.advance(minutes=5)
    clockwork.beat(harbour.deps)
    assert harbour.asked_for("look") == [{"reply_id": reply.id}]
    doubt.look(harbour.deps, reply.id)
    driven.advance(seconds=31)
    doubt.look(harbour.deps, reply.id)
    assert harbour.again(reply).state is ReplyState.POSTED
    assert len(harbour.ours()) == 1


def _worker(harbour: Harbour, database_url: str) -> "subprocess.Popen[bytes]":
    """Start a real worker process, which takes the posting job from the queue."""
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "CHORUS_SECRET_KEY": harbour.key,
        "SLACK_BOT_TOKEN": "xoxb-none",
        "SLACK_API_URL": "http://127.0.0.1:9/api/",
    }
    return subprocess.Popen([sys.executable, "-m", "bot", "run", "--only", "worker"], env=environment)


def _post_id(harbour: Harbour, mention: Mention) -> str:
    with harbour.deps.sessions() as session:
        return session.get_one(PostRecord, mention.post_id).external_id


def _wait_until(holds: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
