"""The stop switch: what it holds, who may throw it, how fast it is seen, and that nothing bursts out afterwards."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from queue import Queue
from threading import Thread

import pytest
from conftest import DrivenClock
from sqlalchemy import select
from throttle_world import PLATFORM, World, build, deps_of, wait_for_a_stop
from typer.testing import CliRunner

from bot import stops
from bot.cli import stops as stops_cli
from bot.database import Sessions
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotAllowed, NotFound
from bot.models import AuditEntry, Employee, Mention, MentionState, Reply, ReplyState, Stop, StopScope

HOUR = timedelta(hours=1)


@pytest.fixture
def world(sessions: Sessions, clock: DrivenClock) -> World:
    return build(sessions, clock())


@pytest.fixture
def deps(sessions: Sessions, clock: DrivenClock) -> Deps:
    return deps_of(sessions, clock)


def active(deps: Deps, world: World, *, venue: int = 0, platform: str = PLATFORM) -> Stop | None:
    with deps.sessions() as session:
        return stops.active(
            session, platform, venue or world.venues[0], world.accounts[0], world.source, at=deps.now()
        )  # fmt: skip


def waiting_reply(world: World, deps: Deps) -> int:
    world.now = deps.now()
    world.decide(world.proposal(world.post(world.thread())))
    with deps.sessions.begin() as session:
        reply = session.scalars(select(Reply).order_by(Reply.id.desc()).limit(1)).one()
        session.get_one(Mention, reply.mention_id).state = MentionState.ANSWERED
        return reply.id


@pytest.mark.parametrize(
    ("scope", "subject", "holds_here", "holds_elsewhere"),
    [
        (StopScope.ALL, "", True, True),
        (StopScope.PLATFORM, PLATFORM, True, False),
        (StopScope.PLATFORM, "x", False, False),
        (StopScope.VENUE, "1", True, True),
        (StopScope.VENUE, "2", False, False),
        (StopScope.ACCOUNT, "1", True, True),
        (StopScope.SOURCE, "1", True, True),
        (StopScope.SOURCE, "9", False, False),
    ],
)
def test_a_stop_holds_what_is_in_its_scope(
    world: World, deps: Deps, scope: StopScope, subject: str, holds_here: bool, holds_elsewhere: bool
) -> None:
    stops.throw(deps, scope, subject, reason="A crisis.")
    assert (active(deps, world) is not None) is holds_here
    assert (active(deps, world, platform="reddit") is not None) is holds_elsewhere


def test_what_is_on_the_list_may_pass(world: World, deps: Deps) -> None:
    stops.throw(deps, StopScope.ALL, reason="A crisis.", allowed=[f"venue:{world.venues[0]}"])
    assert active(deps, world) is None
    assert active(deps, world, venue=world.venue()) is not None


def test_a_stop_ends_by_itself_at_its_end(world: World, deps: Deps, clock: DrivenClock) -> None:
    stops.throw(deps, StopScope.ALL, reason="Lunch.", until=clock() + HOUR)
    clock.advance(seconds=3599)
    assert active(deps, world) is not None
    clock.advance(seconds=1)
    assert active(deps, world) is None


def test_the_person_who_approves_meanwhile_is_told_why(world: World, deps: Deps) -> None:
    stops.throw(deps, StopScope.PLATFORM, PLATFORM, reason="We are checking a leak.")
    place = (PLATFORM, world.venues[0], world.accounts[0], world.source)
    with deps.sessions() as session, pytest.raises(Conflict, match="stopped for platform mastodon: We are checking"):
        stops.raise_if_stopped(session, *place, at=deps.now())


def test_what_was_due_while_stopped_goes_back_to_its_people_and_never_bursts_out(
    world: World, deps: Deps, clock: DrivenClock
) -> None:
    frozen = [waiting_reply(world, deps) for _ in range(3)]
    stop = stops.throw(deps, StopScope.ALL, reason="A crisis.")
    with deps.sessions() as session:
        assert [reply.id for reply in stops.frozen(session, at=clock())] == frozen
    clock.advance(minutes=30)
    assert stops.lift(deps, stop.id) == tuple(frozen)
    with deps.sessions() as session:
        for reply in session.scalars(select(Reply)):
            mention = session.get_one(Mention, reply.mention_id)
            assert (reply.state, mention.state) == (ReplyState.CANCELLED, MentionState.OPEN)
            assert "A crisis." in mention.note
        kinds = list(session.scalars(select(AuditEntry.kind).order_by(AuditEntry.seq)))
    assert kinds == ["stop.thrown", "stop.lifted", *["reply.thawed"] * 3]


def test_what_was_not_due_yet_still_leaves_when_it_is(world: World, deps: Deps, clock: DrivenClock) -> None:
    reply_id = waiting_reply(world, deps)
    with deps.sessions.begin() as session:
        session.get_one(Reply, reply_id).not_before = clock() + 5 * HOUR
    stop = stops.throw(deps, StopScope.ALL, reason="A crisis.")
    clock.advance(hours=1)
    assert stops.lift(deps, stop.id) == ()
    with deps.sessions() as session:
        assert session.get_one(Reply, reply_id).state is ReplyState.APPROVED


def test_what_was_approved_after_the_stop_is_not_asked_about(world: World, deps: Deps, clock: DrivenClock) -> None:
    stop = stops.throw(deps, StopScope.ALL, reason="A crisis.")
    stops.lift(deps, stop.id)
    clock.advance(seconds=1)
    waiting_reply(world, deps)
    assert stops.thaw(deps) == ()


def test_a_stop_that_ran_out_freezes_what_was_due_until_the_clock_gives_it_back(
    world: World, deps: Deps, clock: DrivenClock
) -> None:
    reply_id = waiting_reply(world, deps)
    stops.throw(deps, StopScope.ALL, reason="Lunch.", until=clock() + HOUR)
    clock.advance(hours=2)
    with deps.sessions() as session:
        reply = session.get_one(Reply, reply_id)
        assert stops.interrupted(session, reply, world.source, at=clock()) is not None
    assert stops.thaw(deps) == (reply_id,)
    assert stops.thaw(deps) == ()


def test_under_a_second_stop_nothing_is_given_back_yet(world: World, deps: Deps, clock: DrivenClock) -> None:
    reply_id = waiting_reply(world, deps)
    first = stops.throw(deps, StopScope.ALL, reason="A crisis.")
    second = stops.throw(deps, StopScope.PLATFORM, PLATFORM, reason="Another.")
    clock.advance(minutes=5)
    assert stops.lift(deps, first.id) == ()
    assert stops.lift(deps, second.id) == (reply_id,)


def test_only_managers_throw_and_lift(world: World, deps: Deps) -> None:
    world.person("Boss", ("manager",))
    with deps.sessions() as session:
        ana, boss = (session.get_one(Employee, number) for number in world.employees)
    with pytest.raises(NotAllowed, match="stop switch"):
        stops.throw(deps, StopScope.ALL, reason="Why not.", by=ana)
    stop = stops.throw(deps, StopScope.ALL, reason="A crisis.", by=boss)
    with pytest.raises(NotAllowed):
        stops.lift(deps, stop.id, by=ana)
    stops.lift(deps, stop.id, by=boss)
    with pytest.raises(Conflict, match="over already"):
        stops.lift(deps, stop.id, by=boss)
    with pytest.raises(NotFound):
        stops.lift(deps, 99)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"reason": " "}, "needs a reason"),
        ({"scope": StopScope.VENUE}, "Say what to stop"),
        ({"subject": "x"}, "Say what to stop"),
        ({"until": timedelta(0)}, "cannot end before"),
        ({"allowed": ["everything"]}, "cannot be let pass"),
    ],
)
def test_a_stop_that_makes_no_sense_is_refused(deps: Deps, fields: dict[str, object], complaint: str) -> None:
    given = {"scope": StopScope.ALL, "subject": "", "reason": "A crisis."} | fields
    if isinstance(given.get("until"), timedelta):
        given["until"] = deps.now()
    with pytest.raises(ChorusError, match=complaint):
        stops.throw(deps, given.pop("scope"), given.pop("subject"), **given)  # type: ignore[arg-type]


def test_once_thrown_no_other_process_begins_to_send(world: World, deps: Deps) -> None:
    """A sender that has looked keeps the stop waiting until it has committed; whoever looks later sees it."""
    done = Queue[Stop]()
    with deps.sessions.begin() as sending:
        place = (PLATFORM, world.venues[0], world.accounts[0], world.source)
        assert stops.active(sending, *place, at=deps.now()) is None
        thrower = Thread(target=lambda: done.put(stops.throw(deps, StopScope.ALL, reason="A crisis.")))
        thrower.start()
        thrower.join(timeout=0.3)
        assert done.empty()
    thrower.join(timeout=30)
    assert done.get().id
    assert active(deps, world) is not None


def test_every_process_sees_a_stop_within_two_seconds(
    world: World, deps: Deps, database_url: str, clock: DrivenClock
) -> None:
    place = (PLATFORM, world.venues[0], world.accounts[0], world.source)
    spawning = multiprocessing.get_context("forkserver")
    spawning.set_forkserver_preload(["throttle_world"])
    ready, answers = spawning.Queue(), spawning.Queue()
    arguments = (database_url, place, clock(), ready, answers)
    processes = [spawning.Process(target=wait_for_a_stop, args=arguments) for _ in range(3)]
    for process in processes:
        process.start()
    assert all(ready.get(timeout=60) for _ in processes)
    began = time.monotonic()
    stops.throw(deps, StopScope.ALL, reason="A crisis.")
    seen = [answers.get(timeout=40) for _ in processes]
    for process in processes:
        process.join(timeout=30)
    assert max(seen) - began < 2


def test_a_drill_measures_and_stops_nothing(world: World, deps: Deps) -> None:
    waiting = waiting_reply(world, deps)
    found = stops.drill(deps)
    assert timedelta(0) < found.seen_after < timedelta(seconds=2)
    assert found.would_freeze == (waiting,)
    assert active(deps, world) is None
    assert stops.thaw(deps) == ()


@pytest.mark.parametrize(
    ("due", "asked"), [(-5, True), (0, True), (30, True), (60, True), (61, True), (62, False), (300, False)]
)
def test_a_reply_is_asked_about_when_it_was_due_before_the_stop_was_over(
    world: World, deps: Deps, clock: DrivenClock, due: int, asked: bool
) -> None:
    """Minutes from the stop, which lasts an hour; a minute is allowed for a reply that was put off meanwhile."""
    reply_id = waiting_reply(world, deps)
    with deps.sessions.begin() as session:
        session.get_one(Reply, reply_id).not_before = clock() + timedelta(minutes=due)
    stops.throw(deps, StopScope.ALL, reason="Lunch.", until=clock() + HOUR)
    clock.advance(hours=10)
    assert (stops.thaw(deps) == (reply_id,)) is asked


def ask(deps: Deps, *words: str, fails: bool = False) -> str:
    @contextmanager
    def opened() -> Iterator[Deps]:
        yield deps

    result = CliRunner().invoke(stops_cli.build(opened), list(words))
    assert (result.exit_code != 0) is fails, result.output
    return str(result.exception) if isinstance(result.exception, ChorusError) else result.output


def test_the_command_line_stops_and_resumes(world: World, deps: Deps, clock: DrivenClock) -> None:
    waiting_reply(world, deps)
    assert "1 approved reply is frozen" in ask(deps, "stop", "venue:plaza", "--reason", "A crisis.")
    assert "venue 1" in ask(deps, "stops")
    clock.advance(minutes=1)
    assert "to their people: 1." in ask(deps, "resume")
    assert "Nothing is stopped" in ask(deps, "stops")
    assert "Nothing is stopped" in ask(deps, "resume", fails=True)


def test_the_command_line_answers_nonsense_in_words(world: World, deps: Deps) -> None:
    assert "needs a reason" in ask(deps, "stop", fails=True)
    assert "no such venue" in ask(deps, "stop", "venue:nowhere", "--reason", "x", fails=True)
    assert "nothing that can be stopped" in ask(deps, "stop", "weather", "--reason", "x", fails=True)
    assert "not a length of time" in ask(deps, "stop", "--for", "ages", "--reason", "x", fails=True)
    assert "Nothing was stopped" in ask(deps, "stop", "--drill")
    said = ask(deps, "stop", "--for", "2 hours", "--allow", f"account:{world.accounts[0]}", "--reason", "x")
    assert "until" in said
    assert "account:1" in said
