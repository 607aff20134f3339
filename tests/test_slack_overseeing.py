"""The Home tab of each role, `/chorus`, and the stop switch, used by people in the local Slack."""

from collections.abc import Iterator

import pytest
from slack_stage import MENTIONS, Stage, stage

from bot import desk, stops, throttle
from bot.demo.slack import Person, PersonError
from bot.demo.slack.blockkit import validate
from bot.demo.slack.person import words
from bot.models import SourceState, Urgency
from bot.people import employee_of


@pytest.fixture(scope="module")
def play(postgres: str) -> Iterator[Stage]:
    with stage(postgres) as play:
        with play.world.sessions.begin() as session:
            throttle.ensure_defaults(session, play.world.deps.now())
        yield play


@pytest.fixture(autouse=True)
def _tidy(play: Stage) -> Iterator[None]:
    yield
    for person in (play.ana, play.ben, play.mara, play.ruth):
        if person.views():
            person.close(everything=True)
    with play.world.sessions() as session:
        thrown = stops.thrown(session, at=play.world.deps.now())
    for stop in thrown:
        stops.lift(play.world.deps, stop.id)


def at_home(person: Person, containing: str = "What you may do") -> str:
    """The words on this person's Home, once these are among them."""
    person.open_home()
    view = person.wait_for(lambda: containing in words(person.home() or {}) and person.home())
    assert validate(view["blocks"], "home") == []
    return words(view)


def asked(person: Person, command: str) -> str:
    """What `/chorus …` answers this person, and nobody else."""
    before = len(person.messages(MENTIONS))
    person.command(command, MENTIONS)
    message = person.wait_for(lambda: person.messages(MENTIONS)[before:])[-1]
    assert message["is_ephemeral"]
    return words(message)


def test_an_employee_finds_their_work_their_standing_and_their_replies(play: Stage) -> None:
    play.mention("Smoke comes out of it!", urgency=Urgency.HIGH)
    shown = at_home(play.ana, "Smoke comes out of it!")
    assert "You may* see conversations, claim a conversation, approve a reply" in shown
    assert "Others may* change limits" in shown
    assert "You have not replied to anyone yet." in shown
    assert "Sources" not in shown


def test_a_reply_can_be_begun_at_home(play: Stage) -> None:
    play.mention("A question for home")
    at_home(play.ben)
    home = play.ben.home()
    assert home is not None
    play.ben.click(home, "reply.open")
    play.ben.wait_for_modal("Reply")


def test_a_manager_finds_the_sources_and_the_switch(play: Stage) -> None:
    shown = at_home(play.mara)
    assert "Our mentions* (paper)" in shown
    assert "Stop replies" in shown
    home = play.mara.home()
    assert home is not None
    play.mara.click(home, "source.pause")
    paused = play.mara.wait_for(lambda: "*paused*" in words(play.mara.home() or {}) and play.mara.home())
    play.mara.click(paused, "source.resume")
    play.mara.wait_for(lambda: "*paused*" not in words(play.mara.home() or {}))


def test_a_reviewer_finds_what_to_review_and_no_reply_button(play: Stage) -> None:
    play.mention()
    shown = at_home(play.ruth)
    assert "Replies to review" in shown
    assert "There is nothing to review." in shown
    assert "reply.open" not in str(play.ruth.home())


def test_the_switch_asks_for_a_reason_and_everyone_reads_it(play: Stage) -> None:
    at_home(play.mara)
    home = play.mara.home()
    assert home is not None
    play.mara.click(home, "stop.ask")
    play.mara.wait_for_modal("Stop replies")
    with pytest.raises(PersonError):
        play.mara.submit(reason="")
    play.mara.submit(reason="A recall is being prepared.", lasting="hour")
    at_home(play.ana, "Replies are stopped* (everything)")
    assert "A recall is being prepared." in asked(play.ana, "/chorus status")
    assert "stop.lift" not in str(play.ana.home())
    at_home(play.mara, "Replies are stopped")
    stopped = play.mara.home()
    assert stopped is not None
    play.mara.click(stopped, "stop.lift")
    play.mara.wait_for(lambda: "Replies are stopped" not in words(play.mara.home() or {}))


def test_help_lists_what_this_person_may(play: Stage) -> None:
    assert "/chorus stop" not in asked(play.ana, "/chorus help")
    assert "/chorus stop" in asked(play.mara, "/chorus")
    assert "What you can ask" in asked(play.ana, "/chorus nonsense <!channel>")


def test_what_one_may_not_is_refused_with_who_may(play: Stage) -> None:
    assert "Community managers and admins may" in asked(play.ana, "/chorus stop now")


def test_stop_and_resume_by_command(play: Stage) -> None:
    assert "We look into it." in asked(play.mara, "/chorus stop We look into it.")
    assert "is lifted" in asked(play.mara, "/chorus resume")
    assert "Nothing is stopped" in asked(play.mara, "/chorus resume")
    play.mara.command("/chorus stop", MENTIONS)
    play.mara.wait_for_modal("Stop replies")


def test_find_looks_in_words_and_authors_and_takes_them_literally(play: Stage) -> None:
    play.mention("My needle is 100% here", name="Rita Haystack")
    assert "My needle is 100% here" in asked(play.ana, "/chorus find 100%")
    assert "My needle" in asked(play.ana, "/chorus find haystack")
    assert "No conversation was found" in asked(play.ana, "/chorus find _n_e_e_")
    assert "Say what to look for" in asked(play.ana, "/chorus find")


def test_a_source_is_muted_and_read_again(play: Stage) -> None:
    assert "is not read any more" in asked(play.mara, "/chorus mute our ment")
    by = employee_of(play.world.deps, play.mara.id)
    assert desk.sources(play.world.deps, by=by)[0].state is SourceState.PAUSED
    assert "is read again" in asked(play.mara, "/chorus unmute our ment")
    assert "no source called" in asked(play.mara, "/chorus mute nowhere")


def test_limits_are_told_as_sentences(play: Stage) -> None:
    assert "At most" in asked(play.ana, "/chorus limits")


def test_chorus_joins_a_channel_when_asked(play: Stage) -> None:
    assert "is in this channel now" in asked(play.mara, "/chorus join")
    play.slack.faults.error("conversations.join", "method_not_supported_for_channel_type")
    assert "Invite it to the channel instead" in asked(play.mara, "/chorus join")


def test_a_stop_is_thrown_though_slack_will_not_show_it(play: Stage) -> None:
    at_home(play.mara)
    home = play.mara.home()
    assert home is not None
    play.mara.click(home, "stop.ask")
    play.mara.wait_for_modal("Stop replies")
    play.slack.faults.server_error("views.publish")
    play.mara.submit(reason="A recall is being prepared.")
    play.slack.faults.clear()
    assert "Stopped." in words(play.mara.modal())


def test_a_limit_is_changed_as_a_sentence_that_is_read_back(play: Stage) -> None:
    at_home(play.mara, "At most 2 employees in a thread")
    home = play.mara.home()
    assert home is not None
    one = [block for block in home["blocks"] if "At most 2 employees" in str(block)]
    place = one[0]["accessory"]["value"]
    change = {"blocks": one, "id": home["id"]}
    play.mara.click(change, "limit.change")
    modal = play.mara.wait_for_modal("Limit")
    play.mara.click(modal, "limit.sentence", value="At most many employees")
    play.mara.wait_for(lambda: "Not understood yet" in words(play.mara.modal()))
    with pytest.raises(PersonError):
        play.mara.submit(**{"limit.sentence": "At most many employees"})
    play.mara.submit(**{"limit.sentence": "At most 3 employees in a thread; then refuse"})
    assert "In force from now on" in words(play.mara.modal())
    by = employee_of(play.world.deps, play.mara.id)
    limits = {limit.name: limit.sentence for limit in desk.limits(play.world.deps, by=by)}
    assert limits[place] == "At most 3 employees in a thread; then refuse"


def test_a_new_limit_is_made_and_taken_out_of_force(play: Stage) -> None:
    at_home(play.mara, "New limit")
    home = play.mara.home()
    assert home is not None
    play.mara.click(home, "limit.new")
    play.mara.wait_for_modal("Limit")
    play.mara.submit(**{"limit.name": "calm", "limit.sentence": "At most 7 replies in all per day; then hold"})
    play.mara.close()
    at_home(play.mara, "At most 7 replies in all per day")
    by = employee_of(play.world.deps, play.mara.id)
    assert "calm" in {limit.name for limit in desk.limits(play.world.deps, by=by)}
    home = play.mara.home()
    assert home is not None
    one = {"blocks": [block for block in home["blocks"] if "At most 7 replies" in str(block)], "id": home["id"]}
    play.mara.click(one, "limit.change")
    play.mara.click(play.mara.wait_for_modal("Limit"), "limit.retire")
    assert "calm" not in {limit.name for limit in desk.limits(play.world.deps, by=by)}
