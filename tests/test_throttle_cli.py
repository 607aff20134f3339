"""`chorus throttle` on a real database: limits are shown, changed, undone, and tried on the past."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import DrivenClock
from sqlalchemy import select
from throttle_world import World, build, deps_of
from typer.testing import CliRunner

from bot import throttle
from bot.cli import throttle as throttle_cli
from bot.database import Sessions
from bot.deps import Deps
from bot.errors import ChorusError, NotAllowed, NotFound
from bot.models import Employee, LimitRecord, Reply
from bot.throttle import editing, limit_files
from bot.throttle.limits import in_force
from guidelines.throttle import Condition, Limit, Ruling, Scope, platform_rule, sentence


@pytest.fixture
def world(sessions: Sessions, clock: DrivenClock) -> World:
    world = build(sessions, clock())
    with sessions.begin() as session:
        throttle.ensure_defaults(session, clock())
    return world


@pytest.fixture
def deps(sessions: Sessions, clock: DrivenClock) -> Deps:
    return deps_of(sessions, clock)


def ask(deps: Deps, *words: str, fails: bool = False) -> str:
    @contextmanager
    def opened() -> Iterator[Deps]:
        yield deps

    result = CliRunner().invoke(throttle_cli.build(opened), list(words))
    assert (result.exit_code != 0) is fails, result.output
    if isinstance(result.exception, ChorusError):
        return str(result.exception)
    return result.output


def names(deps: Deps) -> set[str]:
    with deps.sessions() as session:
        return {limit.name for limit in in_force(session)}


@pytest.mark.usefixtures("world")
class TestTheCommandLine:
    def test_it_shows_the_limits_as_sentences(self, deps: Deps) -> None:
        assert "thread-most" in ask(deps, "list")

    def test_a_sentence_becomes_a_limit_that_holds_for_the_next_decision(self, deps: Deps, world: World) -> None:
        said = "At most 0 replies in a venue per 7 days; then refuse"
        assert "Mind: “closed” blocks everything" in ask(deps, "set", "closed", said).replace("\n", " ")
        assert world.decide(world.proposal(world.post(world.thread()))).ruling is Ruling.REFUSE
        ask(deps, "retire", "closed")
        assert world.decide(world.proposal(world.post(world.thread()))).allowed

    def test_nonsense_is_answered_in_words(self, deps: Deps) -> None:
        assert "longer than nothing" in ask(deps, "set", "odd", "At most 2 replies in a thread per 0 days", fails=True)
        assert "no limit called" in ask(deps, "retire", "nowhere", fails=True)
        assert "There has never been" in ask(deps, "history", "nowhere", fails=True)
        assert "not a length of time" in ask(deps, "simulate", "--since", "soon", fails=True)

    def test_a_change_can_be_undone_and_the_undoing_too(self, deps: Deps) -> None:
        ask(deps, "set", "mine", "At most 2 replies in a thread")
        ask(deps, "set", "mine", "At most 9 replies in a thread")
        assert "At most 2" in ask(deps, "undo", "mine")
        assert "At most 9" in ask(deps, "undo", "mine")
        assert ask(deps, "history", "mine").count("At most") == 4

    def test_undoing_the_first_version_takes_the_limit_away_and_back(self, deps: Deps) -> None:
        ask(deps, "set", "mine", "At most 2 replies in a thread")
        assert "no longer in force" in ask(deps, "undo", "mine")
        assert "mine" not in names(deps)
        ask(deps, "undo", "mine")
        assert "mine" in names(deps)

    def test_check_points_out_what_does_not_fit(self, deps: Deps) -> None:
        assert "Nobody has set the time zone of plaza" in ask(deps, "check", fails=True)
        ask(deps, "zone", "plaza", "Europe/Berlin")
        assert "fit together" in ask(deps, "check")
        ask(deps, "set", "wide", "At most 30 replies in a thread; then ask a manager")
        assert "“wide” can never bind" in ask(deps, "check", fails=True).replace("\n", " ")

    def test_a_file_of_limits_is_tried_on_the_past(self, deps: Deps, world: World, tmp_path: Path) -> None:
        for _ in range(3):
            world.now -= timedelta(days=1)
            world.decide(world.proposal(world.post(world.thread())))
        page = tmp_path / "limits.yaml"
        page.write_text("slow: At most 1 reply in a venue per 7 days; then refuse\nvenue-day: off\n")
        said = ask(deps, "simulate", "--since", "10d", "--limits", str(page))
        assert "3 replies from" in said
        assert "slow" in said
        assert "unanswered" in said

    def test_what_is_printed_as_a_file_can_be_read_again(self, deps: Deps) -> None:
        page = ask(deps, "list", "--as-file")
        with deps.sessions() as session:
            today = in_force(session)
        assert set(limit_files.laid_over(page, ())) == set(today)


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("- a\n- b", "maps names"),
        ("a: [", "not readable YAML"),
        ("a: nonsense", "does not begin"),
        ("x-one: off", "own rule"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_in_words(page: str, complaint: str) -> None:
    rule = platform_rule("x", 1)
    fixed = Limit("x-one", rule.scope, rule.condition, 1, where=rule.where, is_fixed=True)
    with pytest.raises(ChorusError, match=complaint):
        limit_files.laid_over(page, [fixed])


def test_only_managers_change_limits_and_nobody_a_platforms_own(world: World, deps: Deps) -> None:
    world.person("Boss", ("manager",))
    limit = Limit("mine", Scope.THREAD, Condition.COUNT, 1)
    with deps.sessions.begin() as session:
        ana, boss = (session.get_one(Employee, number) for number in world.employees)
        session.add(throttle.limits.record_of(platform_rule("x", 1), deps.now()))
    with pytest.raises(NotAllowed, match="change limits"):
        editing.put(deps, limit, by=ana)
    assert editing.put(deps, limit, by=boss).created_by_id == boss.id
    with pytest.raises(NotAllowed, match="own rule"):
        editing.retire(deps, "x-interaction", by=boss)
    with pytest.raises(NotFound):
        editing.undo(deps, "nowhere", by=boss)


def test_a_removal_makes_a_venue_careful_for_a_month_and_it_can_be_taken_back(world: World, deps: Deps) -> None:
    world.limits()
    world.decide(world.proposal(world.post(world.thread())))
    with deps.sessions.begin() as session:
        record = editing.after_removal(session, deps, session.scalars(select(Reply)).one())
    again = world.proposal(world.post(world.thread()))
    decision = world.decide(again)
    assert decision.ruling is Ruling.ASK
    assert decision.reopens_at == world.now + timedelta(days=7)
    assert "Moderators of plaza removed a reply of ours" in decision.message
    assert world.decide(world.proposal(world.post(world.thread(world.venue())))).allowed
    editing.retire(deps, record.name, by=None)
    assert world.decide(again).allowed


def test_somebody_who_opted_out_is_left_alone_until_a_manager_decides_otherwise(world: World, deps: Deps) -> None:
    world.limits()
    with deps.sessions.begin() as session:
        record = editing.after_opt_out(session, deps, "mastodon", "shy")
    asked = world.proposal(world.post(world.thread(), author="shy"), addressed=True)
    decision = world.decide(asked)
    assert (decision.ruling, decision.reopens_at) == (Ruling.REFUSE, None)
    assert world.decide(world.proposal(world.post(world.thread(), author="bold"))).allowed
    editing.retire(deps, record.name, by=None)
    assert world.decide(asked).allowed


def test_a_limit_that_cannot_be_read_stops_replies_and_says_whom_to_ask(world: World, deps: Deps) -> None:
    with deps.sessions.begin() as session:
        session.add(LimitRecord(name="broken", terms={"scope": "galaxy"}, created_at=deps.now()))
    with pytest.raises(ChorusError, match=r"“broken”.*community manager mends it"):
        world.decide(world.proposal(world.post(world.thread())))


def test_defaults_are_written_once_and_platform_rules_follow_their_connectors(world: World, deps: Deps) -> None:
    before = names(deps)
    with deps.sessions.begin() as session:
        throttle.ensure_defaults(session, deps.now())
    assert names(deps) == before
    with deps.sessions() as session:
        assert all(sentence(limit) for limit in in_force(session))
