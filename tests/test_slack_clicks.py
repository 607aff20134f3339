"""The buttons of a card, pressed by people in the local Slack: claim, no reply, doubt, conversation, details."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from slack_stage import MENTIONS, Json, Stage, stage

from bot.approval import Wish, approve
from bot.demo.slack import PersonError
from bot.demo.slack.person import words
from bot.errors import NotAllowed
from bot.models import MentionState, Reply, ReplyState, Role
from bot.people import employee_of
from bot.permissions import ALLOWED, Act, require
from bot.slack import app as slack_app
from bot.slack import commands
from bot.slack.visit import Listener
from connectors.base import Receipt


@pytest.fixture(scope="module")
def play(postgres: str) -> Iterator[Stage]:
    with stage(postgres) as play:
        yield play


@pytest.fixture(autouse=True)
def _tidy(play: Stage) -> Iterator[None]:
    yield
    play.world.paper.own = None
    for person in (play.ana, play.ben, play.mara, play.ruth):
        if person.views():
            person.close(everything=True)


def replied(play: Stage, change: Callable[[Reply], None] = lambda reply: None) -> int:
    """A mention that Ana answered, its reply moved on as a worker would."""
    mention = play.mention()
    ana = employee_of(play.world.deps, play.ana.id, "Ana Reyes")
    approve(
        play.world.deps, mention, Wish(play.world.account, f"A good answer, no. {mention}. I work for Harbour."), by=ana
    )
    play.world.change_reply(mention, change)
    return mention


def doubted(reply: Reply) -> None:
    """Nobody knows whether it is there, and a person is asked."""
    reply.begin_sending(owner="test", at=reply.approved_at, lease=timedelta(seconds=30))
    reply.doubt("The platform did not answer.", look_at=reply.approved_at)
    reply.ask(at=reply.approved_at)


def test_a_claim_is_shown_to_all_and_given_back(play: Stage) -> None:
    mention = play.mention()
    play.ana.click(play.show(mention), "mention.claim")
    assert f"Claimed* by <@{play.ana.id}>" in play.read(mention)
    play.ana.click(play.show(mention), "mention.release")
    assert "Claimed" not in play.read(mention)


def test_what_another_holds_can_be_taken_over_and_they_are_told(play: Stage) -> None:
    mention = play.mention()
    play.ana.click(play.show(mention), "mention.claim")
    play.ben.click(play.show(mention), "mention.release")
    assert "Only the person who claimed this" in play.whispered(play.ben, "Only the person")["text"]

    play.ben.choose(play.show(mention), "mention.more", f"take_over:{mention}")
    assert f"Claimed* by <@{play.ben.id}>" in play.read(mention)
    told = play.ana.last(play.ana.direct_message("chorus"))
    assert f"<@{play.ben.id}> has taken over" in told["text"]


def test_a_refused_click_is_answered_to_the_person_alone(play: Stage) -> None:
    mention = play.mention()
    play.ruth.click(play.show(mention), "mention.claim")
    assert "Employees cleared to reply" in play.whispered(play.ruth, "You may not claim")["text"]
    assert play.world.card(mention).claimed_by == ""


def test_silence_needs_a_reason_and_can_be_taken_back(play: Stage) -> None:
    mention = play.mention()
    play.ana.click(play.show(mention), "mention.dismiss")
    play.ana.wait_for_modal("No reply")
    with pytest.raises(PersonError):
        play.ana.submit(reason="other")
    play.ana.submit(reason="other", note="They said thanks already.")
    assert "No reply*, decided by Ana Reyes: They said thanks already." in play.read(mention)
    play.ben.click(play.show(mention), "mention.reopen")
    assert play.world.card(mention).state is MentionState.OPEN
    assert "Reopened by Ben Okafor" in play.read(mention)


def test_the_conversation_and_the_details_are_one_click_away(play: Stage) -> None:
    mention = play.mention("My <b>Reader</b> <!channel> broke :(")
    play.ruth.click(play.show(mention), "mention.thread")
    assert "My <b>Reader</b> <!channel> broke :(" in words(play.ruth.wait_for_modal("Conversation"))
    play.ruth.close()
    play.ruth.choose(play.show(mention), "mention.more", f"details:{mention}")
    assert "Here because" in words(play.ruth.wait_for_modal("Details"))


def test_doubt_is_settled_by_the_link_of_what_is_there(play: Stage) -> None:
    mention = replied(play, doubted)
    play.ana.click(play.show(mention), "doubt.found")
    play.ana.wait_for_modal("It is there")
    with pytest.raises(PersonError):
        play.ana.submit(url="https://")
    play.ana.submit(url="https://paper.example/there")
    assert play.world.reply(mention).state is ReplyState.POSTED
    assert "https://paper.example/there" in play.read(mention)


def test_doubt_is_settled_without_a_link_when_the_platform_shows_it(play: Stage) -> None:
    mention = replied(play, doubted)
    play.world.paper.own = Receipt("own-1", "https://paper.example/own-1")
    play.ana.click(play.show(mention), "doubt.found")
    play.ana.wait_for_modal("It is there")
    play.ana.submit()
    assert play.world.reply(mention).url == "https://paper.example/own-1"


@pytest.mark.parametrize(
    ("button", "state"), [("doubt.again", ReplyState.APPROVED), ("doubt.drop", ReplyState.CANCELLED)]
)
def test_doubt_is_settled_as_not_there(play: Stage, button: str, state: ReplyState) -> None:
    mention = replied(play, doubted)
    play.ana.click(play.show(mention), button)
    assert play.world.reply(mention).state is state


def test_a_stale_card_says_what_happened_meanwhile(play: Stage) -> None:
    mention = play.mention()
    stale = play.show(mention)
    play.ana.click(stale, "mention.dismiss")
    play.ana.submit(reason="answered")
    play.ben.click(stale, "reply.open")
    assert "Reopen it from its card" in play.whispered(play.ben, "dismissed")["text"]


def lone_button(play: Stage, action_id: str, value: str) -> Json:
    """A message with one button, as some other version may have posted it."""
    button = {"type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": "x"}}
    play.client.chat_postMessage(channel=play.channel, text="old", blocks=[{"type": "actions", "elements": [button]}])
    return play.ana.last(MENTIONS)


@pytest.mark.parametrize("value", ["999999999", "no number", "-1", "9" * 30, "١٢"])
def test_a_button_about_nothing_gets_a_clear_answer(play: Stage, value: str) -> None:
    play.ana.click(lone_button(play, "mention.thread", value), "mention.thread")
    assert "no longer" in play.whispered(play.ana, "no longer")["text"]


def test_an_unknown_button_is_refused_without_harm(play: Stage) -> None:
    play.ana.click(lone_button(play, "mention.explode", "1"), "mention.explode")
    assert "no longer offered" in play.whispered(play.ana, "no longer offered")["text"]


def test_a_window_of_an_earlier_version_says_so(play: Stage) -> None:
    mention = play.mention()
    play.ana.click(play.show(mention), "mention.dismiss")
    view = play.ana.wait_for_modal("No reply")
    old = {key: view[key] for key in ("type", "callback_id", "title", "submit", "close", "blocks")}
    play.client.views_update(view_id=view["id"], view=old | {"private_metadata": '{"thing": 1}'})
    with pytest.raises(PersonError) as refused:
        play.ana.submit(reason="answered")
    assert "earlier version" in str(refused.value.details)


@pytest.mark.parametrize("code", ["expired_trigger_id", "ratelimited"])
def test_what_slack_would_not_show_in_time_is_asked_for_again(play: Stage, code: str) -> None:
    card = play.show(play.mention())
    play.slack.faults.error("views.open", code)
    play.ana.click(card, "mention.thread")
    assert play.whispered(play.ana, "please click once more")


def test_a_window_that_was_closed_meanwhile_is_no_accident(play: Stage, caplog: pytest.LogCaptureFixture) -> None:
    play.ana.click(play.show(play.mention()), "reply.open")
    modal = play.ana.wait_for_modal("Reply")
    play.slack.faults.error("views.update", "not_found")
    play.ana.click(modal, "text", value="Typed, and then closed.")
    assert not [record for record in caplog.records if "incident" in record.getMessage()]


def test_an_accident_gives_a_number_that_the_log_knows(
    play: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mention = play.mention()
    card = play.show(mention)
    with play.world.sessions.begin() as session:
        session.connection().exec_driver_sql("alter table mention rename column claimed_until to gone_away")
    try:
        play.ana.click(card, "mention.claim")
        told = play.whispered(play.ana, "tell an admin this number")["text"]
    finally:
        with play.world.sessions.begin() as session:
            session.connection().exec_driver_sql("alter table mention rename column gone_away to claimed_until")
    assert any(f"incident {told[-9:-1]}" in record.getMessage() for record in caplog.records)


ROLES = {
    Role.EMPLOYEE: "ana",
    Role.MANAGER: "mara",
    Role.REVIEWER: "ruth",
}
TABLES = {
    **{f"action {name}": each for name, each in slack_app.ACTIONS.items()},
    **{f"view {name}": each for name, each in slack_app.VIEWS.items()},
    **{f"shortcut {name}": each for name, each in slack_app.SHORTCUTS.items()},
    **{f"command {name}": each for name, each in commands.COMMANDS.items()},
}


def test_every_listener_asks_for_a_permission_that_the_table_knows() -> None:
    assert {each.act for each in TABLES.values()} <= set(ALLOWED)
    assert len(TABLES) > 30


@pytest.mark.parametrize("role", list(ROLES))
@pytest.mark.parametrize("name", list(TABLES))
def test_the_table_decides_for_every_role_and_listener(play: Stage, role: Role, name: str) -> None:
    listener: Listener = TABLES[name]
    person = employee_of(play.world.deps, play.slack.person(ROLES[role]).id)
    if role in ALLOWED[listener.act]:
        require(person, listener.act)
    else:
        with pytest.raises(NotAllowed, match="ask one of them"):
            require(person, listener.act)


@pytest.mark.parametrize("act", list(Act))
def test_somebody_may_do_each_thing_and_nobody_without_a_role(play: Stage, act: Act) -> None:
    play.world.roles["U0NOBODY1"] = ()
    assert ALLOWED[act]
    with pytest.raises(NotAllowed):
        require(employee_of(play.world.deps, "U0NOBODY1"), act)
