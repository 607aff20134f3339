"""Replies that wait: they leave in order with the gap between them, and are judged anew when they wake."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from conftest import DrivenClock
from slack_world import Paper, World, build
from sqlalchemy import select

from bot import approval, delivery, stops
from bot.approval import Wish
from bot.database import Sessions
from bot.models import Employee, Outgoing, Reply, ReplyState, StopScope
from bot.people import employee_of
from bot.throttle import editing
from connectors.base import Call, PostState, PostStatus
from guidelines.throttle import Action, Condition, Limit, Scope

MINUTE = timedelta(minutes=1)
GAP = Limit("gap", Scope.VENUE, Condition.GAP, window=20 * MINUTE, action=Action.HOLD)
TEXTS = (
    "It opens EPUB 3. I work for Harbour.",
    "Ten minutes. I work for Harbour.",
    "Not yet, sorry. I work for Harbour.",
)


class Steady(Paper):
    """Paper on which nothing that was written is ever taken away."""

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        return tuple(PostState(post_id, PostStatus.LIVE) for post_id in post_ids)


@pytest.fixture
def world(sessions: Sessions, clock: DrivenClock) -> World:
    world = build(sessions, clock)
    world.deps = replace(world.deps, connectors={"paper": Steady()}, undo=timedelta(0))
    editing.put(world.deps, GAP, by=None)
    return world


@pytest.fixture
def ana(world: World) -> Employee:
    return employee_of(world.deps, "UANA", "Ana")


def approved(world: World, ana: Employee, number: int) -> int:
    """A reply that Ana approved, and scheduled where it is held; returns its mention."""
    mention = world.mention(f"Question {number}?", handle=f"lena{number}")
    approval.approve(world.deps, mention, Wish(world.account, TEXTS[number], accept_hold=True), by=ana)
    return mention


def wake(world: World) -> list[Reply]:
    """Do what the clock asks for; returns all replies as they stand then."""
    with world.sessions() as session:
        leaving, _ = delivery.due(session, at=world.deps.now())
    for reply_id, _ in sorted(leaving, key=lambda each: each[1]):
        delivery.post(world.deps, reply_id)
    with world.sessions() as session:
        return list(session.scalars(select(Reply).order_by(Reply.id)))


def posted_at(replies: list[Reply]) -> list[datetime | None]:
    return [reply.posted_at for reply in replies]


def test_each_leaves_at_its_time(world: World, ana: Employee, clock: DrivenClock) -> None:
    start = clock()
    for number in range(3):
        approved(world, ana, number)
    for _ in range(41):
        replies = wake(world)
        clock.advance(minutes=1)
    assert posted_at(replies) == [start, start + 20 * MINUTE, start + 40 * MINUTE]


def test_after_an_outage_they_still_leave_one_by_one(world: World, ana: Employee, clock: DrivenClock) -> None:
    for number in range(3):
        approved(world, ana, number)
    late = clock.advance(hours=3)
    for minute in range(41):
        clock.moment = late + minute * MINUTE
        replies = wake(world)
    assert posted_at(replies) == [late, late + 20 * MINUTE, late + 40 * MINUTE]


def test_a_limit_that_was_tightened_meanwhile_gives_the_reply_back_with_the_reason(
    world: World, ana: Employee, clock: DrivenClock
) -> None:
    approved(world, ana, 0)
    wake(world)
    held = approved(world, ana, 1)
    editing.put(world.deps, Limit("one", Scope.VENUE, Condition.COUNT, 1, timedelta(days=1)), by=None)
    clock.advance(minutes=20)
    assert [reply.state for reply in wake(world)] == [ReplyState.POSTED, ReplyState.CANCELLED]
    card = world.card(held)
    assert "a limit is against it" in card.note
    assert "At most 1 reply in a venue per day" in card.note
    assert card.drafts[0].text == TEXTS[1], "what was written is kept"
    with world.sessions() as session:
        shown = session.scalars(select(Outgoing.subject).where(Outgoing.subject == f"mention:{held}")).all()
    assert shown, "the card says so"


def test_a_stop_keeps_it_where_it_is_and_asks_again_afterwards(world: World, ana: Employee, clock: DrivenClock) -> None:
    approved(world, ana, 0)
    wake(world)
    held = approved(world, ana, 1)
    stop = stops.throw(world.deps, StopScope.ALL, reason="A recall.")
    clock.advance(minutes=20)
    frozen = wake(world)[-1]
    assert (frozen.state, frozen.detail) == (ReplyState.APPROVED, "Stopped: A recall.")
    assert stops.lift(world.deps, stop.id) == (frozen.id,)
    assert wake(world)[-1].state is ReplyState.CANCELLED
    assert "please look at it again" in world.card(held).note
