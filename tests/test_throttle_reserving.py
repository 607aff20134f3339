"""Reserving a place under the limits, on a real database."""

from datetime import timedelta

import pytest
from conftest import DrivenClock
from throttle_world import World, build

from bot import throttle
from bot.database import Sessions
from bot.errors import NotAllowed, Throttled
from bot.models import Employee, ReplyState
from bot.throttle import Override
from guidelines.throttle import Action, Condition, Limit, Ruling, Scope


@pytest.fixture
def world(sessions: Sessions, clock: DrivenClock) -> World:
    world = build(sessions, clock())
    with sessions.begin() as session:
        throttle.ensure_defaults(session, clock())
    return world


def test_the_first_reply_in_a_thread_is_allowed_and_the_second_refused(world: World) -> None:
    thread = world.thread()
    first = world.decide(world.proposal(world.post(thread)))
    assert first.ruling is Ruling.ALLOW
    again = world.decide(world.proposal(world.post(thread)))
    assert again.ruling is Ruling.REFUSE
    assert {"thread-until-asked", "thread-last-word"} <= {reason.limit for reason in again.reasons}
    with pytest.raises(Throttled, match="never speak twice in a row"):
        world.approve(world.proposal(world.post(thread))).raise_if_refused()


def test_a_second_reply_is_allowed_when_somebody_asks_us(world: World) -> None:
    thread = world.thread()
    world.decide(world.proposal(world.post(thread)))
    world.now += timedelta(hours=1)
    asked = world.proposal(world.post(thread, mentioned=["account-1"]), addressed=True)
    assert world.decide(asked).ruling is Ruling.ALLOW
    assert world.decide(world.proposal(asked.parent_post_id, addressed=True)).ruling is Ruling.REFUSE


def test_a_reply_too_soon_after_another_in_the_venue_is_held_until_the_gap_has_passed(world: World) -> None:
    world.decide(world.proposal(world.post(world.thread())))
    held = [world.approve(world.proposal(world.post(world.thread()))) for _ in range(3)]
    assert [reservation.decision.ruling for reservation in held] == [Ruling.HOLD] * 3
    assert [reservation.departs_at - world.now for reservation in held] == [
        timedelta(minutes=20), timedelta(minutes=40), timedelta(minutes=60),
    ]  # fmt: skip
    assert held[0].raise_if_refused() is held[0]


def test_words_that_were_used_before_are_refused_across_people_and_accounts(world: World) -> None:
    text = "Thanks for asking! The export is on the settings page since version 4, under Data."
    world.decide(world.proposal(world.post(world.thread()), text=text))
    world.now += timedelta(days=2)
    copied = world.proposal(
        world.post(world.thread(world.venue())), text=text.replace("asking", "asking this"),
        employee_id=world.person(), account_id=world.account(),
    )  # fmt: skip
    decision = world.decide(copied)
    assert [reason.limit for reason in decision.reasons] == ["same-words"]
    assert decision.reopens_at == world.now + timedelta(days=28)


@pytest.mark.parametrize("state", [ReplyState.CANCELLED, ReplyState.FAILED])
def test_a_reply_that_was_not_posted_frees_its_place_at_once(world: World, state: ReplyState) -> None:
    thread = world.thread()
    world.decide(world.proposal(world.post(thread)))
    world.move(state)
    assert world.decide(world.proposal(world.post(thread))).allowed


def test_a_deleted_reply_keeps_its_place_unless_the_limit_says_otherwise(world: World) -> None:
    limit = Limit("thread", Scope.THREAD, Condition.COUNT, 1)
    thread = world.thread()
    world.decide(world.proposal(world.post(thread)))
    world.move(ReplyState.DELETED)
    world.limits(limit)
    assert world.decide(world.proposal(world.post(thread))).ruling is Ruling.REFUSE
    world.limits(Limit("thread", Scope.THREAD, Condition.COUNT, 1, counts_deleted=False))
    assert world.decide(world.proposal(world.post(thread))).allowed


def test_only_a_manager_with_a_reason_lifts_a_limit_and_it_stays_named(world: World) -> None:
    thread = world.thread()
    world.decide(world.proposal(world.post(thread)))
    again = world.proposal(world.post(thread))
    with world.sessions() as session:
        ana = session.get_one(Employee, world.employees[0])
        boss = session.get_one(Employee, world.person("Boss", ("manager",)))
    for refused in (Override(ana, "because"), Override(boss, " ")):
        with pytest.raises(NotAllowed):
            world.decide(again, override=refused)
    decision = world.decide(again, override=Override(boss, "We were asked on the phone."))
    assert decision.allowed
    assert {reason.limit for reason in decision.overridden} >= {"thread-last-word"}


def test_a_platforms_own_rule_is_never_lifted(world: World) -> None:
    world.limits(Limit("x-interaction", Scope.POST, Condition.COUNT, 1, is_fixed=True))
    post = world.post(world.thread())
    world.decide(world.proposal(post))
    with world.sessions() as session:
        boss = session.get_one(Employee, world.person("Boss", ("manager",)))
    assert world.decide(world.proposal(post), override=Override(boss, "Please.")).ruling is Ruling.REFUSE


def test_the_forecast_says_what_the_reservation_would(world: World) -> None:
    world.limits(Limit("slow", Scope.VENUE, Condition.GAP, window=timedelta(hours=1), action=Action.ASK))
    world.decide(world.proposal(world.post(world.thread())))
    next_one = world.proposal(world.post(world.thread()))
    with world.sessions() as session:
        foreseen = throttle.forecast(session, next_one, world.now)
    assert foreseen == world.decide(next_one)
    assert foreseen.ruling is Ruling.ASK
