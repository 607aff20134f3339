"""From card to approved reply, by people in the local Slack, over a real Socket Mode connection."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from slack_stage import MENTIONS, Json, Stage, stage

from bot.demo.slack import Person, PersonError
from bot.demo.slack.person import words
from bot.models import Draft, LimitRecord, MentionState, Origin, ReplyState
from connectors.base import Handoff, Yes
from guidelines.throttle import Action, Condition, Limit, Scope, terms_of

TYPED = "Yes, EPUB 3 works. I work for Harbour, so I may be biased."


@pytest.fixture(scope="module")
def play(postgres: str) -> Iterator[Stage]:
    with stage(postgres) as play:
        yield play


@pytest.fixture(autouse=True)
def _tidy(play: Stage) -> Iterator[None]:
    yield
    play.world.paper.permission = Yes()
    for person in (play.ana, play.ben, play.mara):
        if person.views():
            person.close(everything=True)


def opened(play: Stage, person: Person, mention: int, title: str = "Reply") -> Json:
    person.click(play.show(mention), "reply.open")
    return person.wait_for_modal(title)


def looks_at(person: Person, text: str) -> Json:
    """Type, pause, and wait for the look at it."""
    person.click(person.modal(), "text", value=text)
    modal: Json = person.wait_for(lambda: text in words(person.modal()) and person.modal())
    return modal


def test_a_person_replies_and_sees_exactly_what_will_be_public(play: Stage) -> None:
    mention = play.mention()
    modal = opened(play, play.ana, mention)
    assert "@lena Yes, it reads EPUB 3. I work for Harbour." in words(modal)

    looked = looks_at(play.ana, TYPED)
    assert looked["id"] == modal["id"]
    assert f"@lena {TYPED}" in words(looked)
    assert f"{len(TYPED) + 6} of 200 characters" in words(looked)
    play.ana.submit(text=TYPED)

    reply = play.world.reply(mention)
    assert (reply.state, reply.typed, reply.text) == (ReplyState.APPROVED, TYPED, f"@lena {TYPED}")
    assert "Approved" in words(play.ana.modal())
    assert "About to be posted" in play.read(mention)


def test_typing_survives_the_look_at_it(play: Stage) -> None:
    modal = opened(play, play.ana, play.mention())
    looked = looks_at(play.ana, TYPED)
    assert [block["block_id"] for block in modal["blocks"] if block["type"] == "input"] == [
        block["block_id"] for block in looked["blocks"] if block["type"] == "input"
    ]
    assert looked["state"]["values"]["text.0"]["text"]["value"] == TYPED


def test_a_text_that_was_not_looked_at_is_shown_once_more(play: Stage) -> None:
    mention = play.mention()
    opened(play, play.ana, mention)
    play.ana.submit(text=TYPED)
    assert "Please look once more" in words(play.ana.modal())
    assert play.world.card(mention).reply is None
    play.ana.submit(text=TYPED)
    assert play.world.reply(mention).typed == TYPED


def test_a_blocked_text_says_which_rule_why_and_how_to_mend_it(play: Stage) -> None:
    mention = play.mention()
    opened(play, play.ana, mention)
    blocked = "Yes! [say how long] it takes. I work for Harbour."
    looked = looks_at(play.ana, blocked)
    assert "Must be mended – Fill the blanks" in words(looked)
    with pytest.raises(PersonError) as refused:
        play.ana.submit(text=blocked)
    assert "There is a blank" in refused.value.details["errors"]["text.0"]
    assert play.world.card(mention).reply is None


def test_an_empty_reply_is_refused_where_it_is_typed(play: Stage) -> None:
    opened(play, play.ana, play.mention(drafts=()))
    with pytest.raises(PersonError):
        play.ana.submit(text=" ")
    assert play.ana.modal()["callback_id"] == "reply.confirm"


def test_a_second_draft_can_be_chosen_and_what_was_typed_is_kept(play: Stage) -> None:
    mention = play.mention(drafts=("First suggestion. I work for Harbour.", "Second suggestion. I work for Harbour."))
    modal = opened(play, play.ana, mention)
    second = next(draft.id for draft in play.world.card(mention).drafts if draft.text.startswith("Second"))
    state = {"text.0": {"text": {"value": TYPED}}}
    play.ana.choose(modal, "start", str(second), state=state)
    turned = play.ana.wait_for(lambda: "@lena Second suggestion" in words(play.ana.modal()) and play.ana.modal())
    assert turned["state"]["values"]["text.1"]["text"]["value"] == "Second suggestion. I work for Harbour."
    with play.world.sessions() as session:
        kept = session.query(Draft).filter_by(mention_id=mention, origin=Origin.PERSON).one()
    assert kept.text == TYPED


def test_no_reply_is_a_choice_beside_the_drafts(play: Stage) -> None:
    mention = play.mention()
    play.ana.choose(opened(play, play.ana, mention), "start", "silence")
    play.ana.wait_for_modal("No reply")
    play.ana.submit(reason="answered")
    assert play.world.card(mention).state is MentionState.DISMISSED
    assert "It is already answered" in play.read(mention)


@pytest.mark.parametrize("where", ["window", "card"])
def test_an_approval_can_be_undone_in_the_window_and_on_the_card(play: Stage, where: str) -> None:
    mention = play.mention()
    opened(play, play.ana, mention)
    looks_at(play.ana, TYPED)
    play.ana.submit(text=TYPED)
    place = play.ana.modal() if where == "window" else play.show(mention)
    play.ana.click(place, "reply.undo")
    assert play.world.reply(mention).state is ReplyState.CANCELLED
    assert play.world.card(mention).state is MentionState.OPEN
    if where == "window":
        assert "Nothing was posted" in words(play.ana.wait_for_modal("Undone"))


def test_of_two_people_one_wins_and_the_other_is_told_who(play: Stage) -> None:
    mention = play.mention()
    for person in (play.ana, play.ben):
        opened(play, person, mention)
        looks_at(person, f"{TYPED} {person.id}")
    play.ana.submit(text=f"{TYPED} {play.ana.id}")
    with pytest.raises(PersonError) as refused:
        play.ben.submit(text=f"{TYPED} {play.ben.id}")
    assert "Ana Reyes has already answered this" in str(refused.value.details)


def test_a_post_for_which_the_api_may_not_answer_is_answered_by_hand(play: Stage) -> None:
    url = "https://paper.example/by-hand"
    play.world.paper.permission = Handoff(url, "not_summoned", "The API may answer only those who ask us.")
    mention = play.mention()
    opened(play, play.ana, mention, "Reply")
    looks_at(play.ana, TYPED)
    play.ana.submit(text=TYPED)
    handed = play.ana.wait_for_modal("Reply by hand")
    assert f"@lena {TYPED}" in words(handed)
    assert url in str(handed)
    assert "To be posted by hand" in play.read(mention)

    with pytest.raises(PersonError):
        play.ana.submit(url="https://")
    play.ana.submit(url="https://paper.example/mine")
    assert play.world.reply(mention).state is ReplyState.POSTED
    assert "https://paper.example/mine" in play.read(mention)


def test_what_was_handed_off_can_be_finished_later_or_given_up_from_the_card(play: Stage) -> None:
    play.world.paper.permission = Handoff("https://paper.example/x", "rule", "Only people may answer here.")
    mention = play.mention()
    opened(play, play.ana, mention, "Reply")
    looks_at(play.ana, TYPED)
    play.ana.submit(text=TYPED)
    play.ana.close()
    play.ana.click(play.show(mention), "handoff.open")
    play.ana.wait_for_modal("Reply by hand")
    play.ana.close()
    play.ana.click(play.show(mention), "handoff.give_up")
    assert play.world.card(mention).state is MentionState.OPEN


def limit(play: Stage, only: Limit | None) -> None:
    """Have exactly this limit in force, or none."""
    now = play.world.deps.now()
    with play.world.sessions.begin() as session:
        session.query(LimitRecord).delete()
        if only is not None:
            session.add(LimitRecord(name=only.name, terms=terms_of(only), created_at=now))


HELD = Limit("pause", Scope.BRAND, Condition.GAP, window=timedelta(hours=1), action=Action.HOLD)


def test_a_held_reply_is_scheduled_for_the_time_it_reopens(play: Stage) -> None:
    first = play.mention()
    opened(play, play.ana, first)
    play.ana.submit(text="Yes, it reads EPUB 3. I work for Harbour.")
    play.ana.close()
    limit(play, HELD)
    try:
        mention = play.mention()
        opened(play, play.ana, mention)
        looked = looks_at(play.ana, TYPED)
        assert looked["submit"]["text"] == "Schedule reply"
        assert "On hold until <!date^" in words(looked)
        play.ana.submit(text=TYPED)
        reply = play.world.reply(mention)
        assert reply.state is ReplyState.APPROVED
        assert reply.not_before > datetime.now(UTC) + timedelta(minutes=50)
    finally:
        limit(play, None)


def test_only_a_manager_is_offered_to_pass_the_limits(play: Stage) -> None:
    opened(play, play.ana, play.mention())
    looks_at(play.ana, TYPED)
    play.ana.submit(text=TYPED)
    limit(play, replace(HELD, action=Action.REFUSE))
    try:
        mention = play.mention()
        assert "override" not in str(opened(play, play.ben, mention))
        modal = opened(play, play.mara, mention)
        assert "override" in str([block["block_id"] for block in modal["blocks"] if block["type"] == "input"])
        looks_at(play.mara, TYPED + " Mara")
        with pytest.raises(PersonError):
            play.mara.submit(text=TYPED + " Mara")
        play.mara.submit(text=TYPED + " Mara", override="A safety matter: the battery recall.")
        assert play.world.reply(mention).state is ReplyState.APPROVED
    finally:
        limit(play, None)


def test_the_shortcut_on_a_card_opens_the_reply(play: Stage) -> None:
    mention = play.mention()
    play.ana.message_shortcut("draft_reply", play.show(mention))
    play.ana.wait_for_modal("Reply")
    play.ana.close()
    said = play.ana.say(MENTIONS, "Just words")
    play.ana.message_shortcut("draft_reply", said)
    assert "no card" in words(play.ana.wait_for_modal("That did not work"))


def test_nothing_that_is_typed_into_the_thread_of_a_card_is_ever_posted(play: Stage) -> None:
    mention = play.mention()
    card = play.show(mention)
    play.ana.say(MENTIONS, "Post this: buy now!", thread=card["ts"])
    assert play.world.card(mention).reply is None
