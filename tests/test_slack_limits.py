"""Limits, stops and saturation at Home, as a manager uses them in the local Slack."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from slack_stage import Stage, stage

from bot import approval, asking, desk, stops
from bot.approval import Wish
from bot.demo.slack import Person
from bot.demo.slack.blockkit import validate
from bot.demo.slack.person import words
from bot.models import StopScope
from bot.people import employee_of
from bot.slack.saturated import bar
from bot.throttle import editing
from guidelines.throttle import Action, Condition, Limit, Scope

CALM = Limit("calm", Scope.BRAND, Condition.COUNT, 40, timedelta(days=1), Action.ASK)


@pytest.fixture(scope="module")
def play(postgres: str) -> Iterator[Stage]:
    with stage(postgres) as play:
        editing.put(play.world.deps, CALM, by=None)
        yield play


@pytest.fixture(autouse=True)
def _tidy(play: Stage) -> Iterator[None]:
    yield
    if play.mara.views():
        play.mara.close(everything=True)
    with play.world.sessions() as session:
        thrown = stops.thrown(session, at=play.world.deps.now())
    for stop in thrown:
        stops.lift(play.world.deps, stop.id)


def at_home(person: Person, containing: str) -> dict[str, object]:
    person.open_home()
    view = person.wait_for(lambda: containing in words(person.home() or {}) and person.home())
    assert validate(view["blocks"], "home") == []
    return dict(view)


def block_with(view: dict[str, object], text: str) -> dict[str, object]:
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    return {"id": view["id"], "blocks": [block for block in blocks if text in str(block)]}


def sentences(play: Stage) -> dict[str, str]:
    by = employee_of(play.world.deps, play.mara.id)
    return {limit.name: limit.sentence for limit in desk.limits(play.world.deps, by=by)}


def test_what_is_odd_about_a_limit_is_said_while_it_is_written_and_the_change_is_undone(play: Stage) -> None:
    view = at_home(play.mara, "At most 40 replies in all per day")
    play.mara.click(block_with(view, "At most 40 replies"), "limit.change")
    modal = play.mara.wait_for_modal("Limit")
    play.mara.click(modal, "limit.sentence", value="At most 0 replies in all per day")
    play.mara.wait_for(lambda: "blocks everything it is about" in words(play.mara.modal()))
    play.mara.submit(**{"limit.sentence": "At most 0 replies in all per day"})
    saved = play.mara.modal()
    assert "In force from now on" in words(saved)
    assert "blocks everything it is about" in words(saved)
    assert sentences(play)["calm"] == "At most 0 replies in all per day; then refuse"
    play.mara.click(saved, "limit.undo")
    play.mara.wait_for(lambda: "40 replies in all" in words(play.mara.modal()))
    assert sentences(play)["calm"] == "At most 40 replies in all per day; then ask a manager"


def test_a_limit_taken_out_of_force_is_brought_back_at_once(play: Stage) -> None:
    view = at_home(play.mara, "At most 40 replies in all per day")
    play.mara.click(block_with(view, "At most 40 replies"), "limit.change")
    play.mara.click(play.mara.wait_for_modal("Limit"), "limit.retire")
    play.mara.wait_for(lambda: "no longer in force" in words(play.mara.modal()))
    assert "calm" not in sentences(play)
    play.mara.click(play.mara.modal(), "limit.undo")
    play.mara.wait_for(lambda: "In force from now on" in words(play.mara.modal()))
    assert "calm" in sentences(play)


def test_a_stop_lets_pass_what_is_chosen_and_shows_what_it_froze(play: Stage) -> None:
    ana = employee_of(play.world.deps, play.ana.id, "Ana Reyes")
    wish = Wish(play.world.account, "It opens EPUB 3. I work for Harbour.")
    approval.approve(play.world.deps, play.mention(), wish, by=ana)
    view = at_home(play.mara, "Stop replies")
    play.mara.click(view, "stop.ask")
    modal = play.mara.wait_for_modal("Stop replies")
    assert "The venue paper.example (paper)" in str(modal)
    play.mara.submit(reason="A recall.", place=f"account:{play.world.account}")
    at_home(play.ana, "Frozen by the stop")
    view = at_home(play.mara, "It opens EPUB 3.")
    stops.throw(play.world.deps, StopScope.ALL, reason="More.", allowed=[f"venue:{play.world.venue}"])
    assert "Passing all the same: venue:1." in words(at_home(play.mara, "More."))


def test_home_draws_where_we_speak_who_speaks_and_what_is_near(play: Stage) -> None:
    ben = employee_of(play.world.deps, play.ben.id, "Ben Okafor")
    approval.approve(play.world.deps, play.mention(), Wish(play.world.account, "Yes. I work for Harbour."), by=ben)
    shown = words(at_home(play.mara, "Ben Okafor"))
    assert "Are we still guests?" in shown
    assert "paper.example" in shown
    assert "all of us: calm" in shown
    assert "█" in shown
    assert "Are we still guests?" not in words(at_home(play.ana, "Your replies"))


def test_questions_wait_at_home_until_they_are_answered(play: Stage) -> None:
    mara = employee_of(play.world.deps, play.mara.id, "Mara Lindqvist")
    ana = employee_of(play.world.deps, play.ana.id, "Ana Reyes")
    one = Limit("one", Scope.BRAND, Condition.COUNT, 0, timedelta(days=1), Action.ASK)
    editing.put(play.world.deps, one, by=mara)
    wish = Wish(play.world.account, "Under Settings. I work for Harbour.")
    question = asking.ask(play.world.deps, play.mention("Where is the export?"), wish, by=ana)
    view = at_home(play.mara, "Questions to you")
    play.mara.click(block_with(view, "Under Settings."), "question.open")
    play.mara.wait_for_modal("A question to managers")
    play.mara.submit(answer="decline", reason="They have an answer already.")
    assert "It is not posted." in words(play.mara.modal())
    assert asking.look(play.world.deps, question.id, by=mara).answer == "They have an answer already."
    editing.retire(play.world.deps, "one", by=mara)


@pytest.mark.parametrize(("part", "drawn"), [(0, 0), (0.01, 1), (0.5, 5), (1, 10), (3, 10)])
def test_a_bar_shows_whatever_is_there_and_never_more_than_all(part: float, drawn: int) -> None:
    assert bar(part) == "█" * drawn + "░" * (10 - drawn)
