"""Replaying the past under other limits: the replay decides as the database would have, and always the same."""

from datetime import datetime, timedelta
from random import Random

import pytest
from conftest import DrivenClock
from sqlalchemy import delete
from throttle_world import World, build, insert_reply

from bot import throttle
from bot.database import Sessions
from bot.models import PostRecord, ReplyState
from bot.throttle import Proposal
from bot.throttle.history import read_history
from bot.throttle.replay import Replay
from bot.throttle.simulation import Simulation, simulate
from guidelines.throttle import DEFAULTS, Action, Condition, Decision, Limit, Ruling, Scope, decide

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta")


@pytest.fixture
def world(sessions: Sessions, clock: DrivenClock) -> World:
    return build(sessions, clock())


def run(world: World, *limits: Limit, since: datetime) -> Simulation:
    with world.sessions() as session:
        return simulate(session, limits, (), since=since, until=world.now + DAY)


def say(world: World, thread: int, **fields: object) -> Proposal:
    proposal = world.proposal(world.post(thread), **fields)
    world.decide(proposal)
    world.move(ReplyState.POSTED, posted_at=world.now, external_id=f"ours-{proposal.parent_post_id}")
    return proposal


def test_it_says_what_would_have_been_refused_and_what_came_of_it(world: World) -> None:
    start, thread = world.now, world.thread()
    for _ in range(3):
        say(world, thread)
        world.now += HOUR
    world.move(ReplyState.REMOVED)
    report = run(world, Limit("two", Scope.THREAD, Condition.COUNT, 2), since=start)
    assert report.truth.rulings == {Ruling.ALLOW: 3}
    assert report.proposed.rulings == {Ruling.ALLOW: 2, Ruling.REFUSE: 1}
    assert report.proposed.by_limit == {"two": 1}
    (refused,) = report.proposed.judged
    assert (refused.limits, refused.became, refused.at) == (("two",), "removed", start + 2 * HOUR)


def test_a_reply_that_would_have_been_held_counts_when_it_would_have_left(world: World) -> None:
    start = world.now
    for _ in range(4):
        say(world, world.thread())
        world.now += timedelta(minutes=1)
    gap = Limit("gap", Scope.VENUE, Condition.GAP, window=HOUR, action=Action.HOLD)
    report = run(world, gap, since=start)
    leaves = [judged.leaves_at for judged in report.proposed.judged]
    assert leaves == [start + HOUR, start + 2 * HOUR, start + 3 * HOUR]


def test_days_and_shares_are_drawn_before_and_after(world: World) -> None:
    start, thread = world.now, world.thread()
    for _ in range(2):
        say(world, thread)
        world.now += DAY
    report = run(world, Limit("one", Scope.THREAD, Condition.COUNT, 1), since=start)
    assert list(report.truth.per_day.values()) == [1, 1]
    assert list(report.proposed.per_day.values()) == [1]
    assert report.truth.shares == {thread: 0.5}
    assert report.proposed.shares == {thread: 1 / 3}


def test_what_was_said_before_counts_and_is_not_judged(world: World) -> None:
    thread = world.thread()
    say(world, thread)
    world.now += DAY
    since = world.now
    say(world, thread)
    report = run(world, Limit("one", Scope.THREAD, Condition.COUNT, 1), since=since)
    assert report.proposed.rulings == {Ruling.REFUSE: 1}


def test_an_answer_by_somebody_else_is_what_came_of_a_reply(world: World) -> None:
    start, thread = world.now, world.thread()
    parent = say(world, thread).parent_post_id
    world.post(thread, parent_external_id=f"ours-{parent}")
    report = run(world, Limit("none", Scope.BRAND, Condition.COUNT, 0, DAY), since=start)
    assert report.proposed.became == {(Ruling.REFUSE, "answered"): 1}


def test_the_replay_decides_as_the_database_did(world: World) -> None:
    """Everything is posted whatever the limits say, so that each of them is often over its number."""
    dice, start = Random(5), world.now
    for _ in range(2):
        world.person()
        world.account()
        world.venue(timezone="Europe/Berlin")
    threads = [world.thread(dice.choice(world.venues)) for _ in range(6)]
    limits = (*DEFAULTS, Limit("day", Scope.BRAND, Condition.COUNT, 9, DAY, Action.HOLD))
    world.limits(*limits)
    decided = []
    for _ in range(60):
        world.now += timedelta(minutes=dice.choice([1, 7, 30, 200]))
        asks = ["account-1"] if dice.random() < 0.5 else []
        at = world.now - timedelta(seconds=30)
        post = world.post(dice.choice(threads), author=f"u{dice.randrange(5)}", mentioned=asks, at=at)
        proposal = world.proposal(
            post,
            employee_id=dice.choice(world.employees),
            account_id=dice.choice(world.accounts),
            is_commercial=dice.random() < 0.2,
            text=" ".join(Random(dice.randrange(40)).choices(GREEK, k=12)),
        )
        with world.sessions.begin() as session:
            decided.append(throttle.forecast(session, proposal, world.now))
            insert_reply(session, proposal, world.now).state = ReplyState.POSTED
    with world.sessions() as session:
        history = read_history(session, since=start, until=world.now + DAY, context=DAY)
    replay = Replay(limits, history)
    for said, decision in zip(history.said, decided, strict=True):
        found = decide(limits, replay.ledger(said), said.at)
        assert _seen(found) == _seen(decision)
        replay.note(said, said.at)
    assert {Ruling.ALLOW, Ruling.REFUSE} <= {decision.ruling for decision in decided}
    assert len({reason.limit for decision in decided for reason in decision.reasons}) > 10


def _seen(decision: Decision) -> object:
    reasons = sorted(
        (reason.limit, reason.ruling, reason.reopens_at) for reason in decision.reasons if reason.reopens_at
    )
    return decision.ruling, decision.reopens_at, reasons, len(decision.reasons)


def test_the_same_past_gives_the_same_report(world: World) -> None:
    start = world.now
    for _ in range(5):
        say(world, world.thread())
        world.now += timedelta(minutes=9)
    assert run(world, *DEFAULTS, since=start) == run(world, *DEFAULTS, since=start)


def test_a_past_without_replies_gives_an_empty_report(world: World) -> None:
    with world.sessions.begin() as session:
        session.execute(delete(PostRecord))
        throttle.ensure_defaults(session, world.now)
    report = run(world, *DEFAULTS, since=world.now - DAY)
    assert (report.proposed.replies, report.proposed.per_day, report.proposed.judged) == (0, {}, ())
