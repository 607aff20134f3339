"""The time zone of a venue: where it is set, what is refused, and that quiet hours follow it at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time

import pytest
from conftest import DrivenClock
from console_world import Stage, slack_fixture, stage_fixture
from sqlalchemy import select
from throttle_world import World, build, deps_of
from typer.testing import CliRunner

from bot.cli import throttle as throttle_cli
from bot.database import Sessions
from bot.deps import Deps
from bot.errors import ChorusError, NotAllowed, NotFound
from bot.models import AuditEntry, Employee, Outcome, OutcomeKind, Reply, Venue
from bot.throttle import editing, venues
from guidelines.throttle import Action, Condition, Limit, Ruling, Scope, Unless

__all__ = ["slack_fixture", "stage_fixture"]

QUIET = Limit(
    "quiet", Scope.VENUE, Condition.QUIET_HOURS, action=Action.HOLD, unless=frozenset({Unless.URGENT}),
    quiet_from=time(22), quiet_to=time(7),
)  # fmt: skip


@pytest.fixture
def world(sessions: Sessions, clock: DrivenClock) -> World:
    clock.moment = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
    world = build(sessions, clock())
    world.limits(QUIET)
    return world


@pytest.fixture
def deps(sessions: Sessions, clock: DrivenClock) -> Deps:
    return deps_of(sessions, clock)


def test_quiet_hours_follow_the_zone_from_the_next_decision_on(world: World, deps: Deps) -> None:
    assert world.decide(world.proposal(world.post(world.thread()))).allowed, "half past nine in UTC"
    venues.set_zone(deps, world.venues[0], "europe/berlin", by=None)
    held = world.decide(world.proposal(world.post(world.thread())))
    assert (held.ruling, held.reopens_at) == (Ruling.HOLD, datetime(2026, 11, 22, 6, tzinfo=UTC))
    assert "until 07:00 (Europe/Berlin)" in held.message
    assert world.decide(world.proposal(world.post(world.thread()), urgency="high")).allowed
    with deps.sessions() as session:
        assert session.scalars(select(AuditEntry.kind)).all() == ["venue.zone"]


def test_without_a_zone_it_is_said_where_it_matters(world: World, deps: Deps) -> None:
    world.now = datetime(2026, 11, 21, 23, tzinfo=UTC)
    held = world.decide(world.proposal(world.post(world.thread())))
    assert "nobody has set the time zone of this venue" in held.message
    with deps.sessions() as session:
        assert editing.oddities(session, deps) == [
            "Nobody has set the time zone of plaza; quiet hours there are read as UTC."
        ]
    venues.set_zone(deps, world.venues[0], "Etc/UTC", by=None)
    with deps.sessions() as session:
        assert editing.oddities(session, deps) == []


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("Berlin", "Did you mean Europe/Berlin"),
        ("Europe/Berln", "Did you mean Europe/Berlin"),
        ("CEST+1", "There is no time zone"),
        ("", "Name one such as"),
        ("../../etc/passwd", "There is no time zone"),
        ("Mars/Olympus" * 100, "There is no time zone"),
    ],
)
def test_a_zone_that_is_none_is_refused_with_what_to_write(
    deps: Deps, world: World, written: str, complaint: str
) -> None:
    with pytest.raises(ChorusError, match=complaint):
        venues.set_zone(deps, world.venues[0], written, by=None)


def test_only_managers_set_it_and_only_for_venues_there_are(world: World, deps: Deps) -> None:
    with deps.sessions() as session:
        ana = session.get_one(Employee, world.employees[0])
    with pytest.raises(NotAllowed, match="change limits"):
        venues.set_zone(deps, world.venues[0], "Europe/Berlin", by=ana)
    with pytest.raises(NotFound, match="no such venue"):
        venues.set_zone(deps, 999, "Europe/Berlin", by=None)


def test_the_command_line_lists_and_sets_zones(world: World, deps: Deps) -> None:
    @contextmanager
    def opened() -> Iterator[Deps]:
        yield deps

    def ask(*said: str) -> str:
        result = CliRunner().invoke(throttle_cli.build(opened), list(said))
        return str(result.exception) if isinstance(result.exception, ChorusError) else result.output

    assert "not set, read as UTC" in ask("venues")
    assert "plaza: America/New_York" in ask("zone", "plaza", "america/new york")
    assert "America/New_York" in ask("venues")
    assert "There is no venue “nowhere”" in ask("zone", "nowhere", "UTC")


def test_in_the_console_a_manager_sets_a_zone_and_nonsense_stays_in_its_field(stage: Stage) -> None:
    mara, number = stage.visitor("mara"), str(stage.world.venue)
    assert "has no time zone yet" in mara.get("/venues").text
    assert "Nobody has set the time zone of paper.example" in mara.get("/limits").text
    refused = mara.send("/venues", "/venues/zone", venue=number, zone="Atlantis")
    assert refused.status_code == 422
    assert 'value="Atlantis"' in refused.text
    assert "There is no time zone “Atlantis”" in refused.text
    assert mara.send("/venues", "/venues/zone", venue=number, zone="Europe/Madrid").status_code == 303
    assert "The clock of paper.example is that of Europe/Madrid" in mara.get("/venues").text
    with stage.deps.sessions() as session:
        assert session.get_one(Venue, stage.world.venue).timezone == "Europe/Madrid"
    assert "/venues/zone" not in stage.visitor("ana").get("/venues").text


def dispute(world: World, deps: Deps, clock: DrivenClock) -> bool:
    """A reply of ours is disputed; whether that tightened the venue."""
    world.now = clock()
    world.decide(world.proposal(world.post(world.thread()), urgency="high"))
    with deps.sessions.begin() as session:
        reply = session.scalars(select(Reply).order_by(Reply.id.desc()).limit(1)).one()
        session.add(Outcome(reply_id=reply.id, kind=OutcomeKind.DISPUTED, seen_at=clock(), reason="it says “wrong”"))
        return editing.after_dispute(session, deps, reply) is not None


def test_replies_disputed_again_and_again_tighten_the_venue_for_a_while_with_a_way_back(
    world: World, deps: Deps, clock: DrivenClock
) -> None:
    world.limits()
    assert [dispute(world, deps, clock) for _ in range(3)] == [False, False, True]
    world.now = clock()
    asked = world.decide(world.proposal(world.post(world.thread())))
    assert (asked.ruling, [reason.limit for reason in asked.reasons]) == (Ruling.ASK, ["after-disputes-1"])
    assert "3 replies of ours in plaza were disputed lately" in asked.message
    elsewhere = world.thread(world.venue("elsewhere"))
    assert world.decide(world.proposal(world.post(elsewhere))).allowed
    editing.retire(deps, "after-disputes-1", by=None)
    assert world.decide(world.proposal(world.post(world.thread()))).allowed
    editing.undo(deps, "after-disputes-1", by=None)
    world.now = clock.advance(days=15)
    assert world.decide(world.proposal(world.post(world.thread()))).allowed, "it ends by itself"


def test_disputes_of_long_ago_do_not_count(world: World, deps: Deps, clock: DrivenClock) -> None:
    world.limits()
    for _ in range(2):
        assert not dispute(world, deps, clock)
    clock.advance(days=15)
    assert not dispute(world, deps, clock)
