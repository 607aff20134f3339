"""“This finding is wrong” and “this should have been found”, said in the reply window and in the review window."""

from collections.abc import Iterator

import pytest
from harbour import without_limits
from plaza_stage import Company, Json, company
from sqlalchemy import delete, select
from test_slack_reviewing import QUESTION, SUBJECTS

from bot import packs
from bot.audit import sampling
from bot.demo.slack import Person
from bot.demo.slack.blockkit import validate
from bot.demo.slack.person import words
from bot.models import Draft, ProposedExample, Reply
from bot.models.audit import ReviewItem
from bot.packs import Proposal, Subject

_subjects = iter(SUBJECTS)
SELLING = "Hi, the Harbour team here. Order today and get 30% off!!"
UNSEEN = "Hi, the Harbour team here. It does. Our shop has the larger one too."
SHOUTED = "Hi, the Harbour team here. Yes, it opens ALL YOUR BOOKS WITHOUT A PROBLEM."


@pytest.fixture(scope="module")
def play(postgres: str) -> Iterator[Company]:
    with company(postgres) as play:
        with play.harbour.deps.sessions.begin() as session:
            without_limits(session)
        yield play


@pytest.fixture(autouse=True)
def _tidy(play: Company) -> Iterator[None]:
    yield
    for person in (play.ana, play.mara, play.ruth):
        if person.views():
            person.close(everything=True)
    with play.harbour.deps.sessions.begin() as session:
        session.execute(delete(ProposedExample))
        session.execute(delete(ReviewItem))


def proposed(play: Company) -> list[Proposal]:
    return packs.proposals(play.harbour.deps)


def typed(play: Company, person: Person, text: str) -> Json:
    """The reply window of a card, with a text that was looked at."""
    mention = play.harbour.hear(QUESTION.format(next(_subjects)))
    play.prepare(mention.id)
    person.click(play.show(mention.id), "reply.open")
    person.wait_for_modal("Reply")
    person.click(person.modal(), "text", value=text)
    window: Json = person.wait_for(lambda: text in words(person.modal()) and person.modal())
    assert validate(window["blocks"], "modal") == []
    return window


def test_a_manager_doubts_a_finding_while_writing_and_loses_nothing(play: Company) -> None:
    window = typed(play, play.mara, SELLING)
    play.mara.click(window, "finding.doubt")
    asked = play.mara.wait_for_modal("This finding is wrong")
    assert validate(asked["blocks"], "modal") == []
    assert SELLING in words(asked)
    play.mara.submit(rule="hard-sell", comment="They asked for it.")
    assert "Thank you" in words(play.mara.modal())
    [waiting] = proposed(play)
    assert (waiting.rule, waiting.text, waiting.should_pass) == ("hard-sell", SELLING, True)
    assert waiting.comment == "They asked for it."
    assert waiting.situation["platform"] == "mastodon"
    assert "mention" not in waiting.situation
    with play.harbour.deps.sessions() as session:
        assert session.scalars(select(Draft.text).order_by(Draft.id.desc()).limit(1)).one() == SELLING
    play.mara.close()
    assert SELLING in words(play.mara.modal())


def test_who_only_replies_is_not_asked(play: Company) -> None:
    assert "This finding is wrong" not in words(typed(play, play.ana, SELLING))


def test_a_text_without_findings_offers_nothing_to_doubt(play: Company) -> None:
    fine = "Hi, the Harbour team here. Yes, it opens EPUB files. Does that help?"
    assert "This finding is wrong" not in words(typed(play, play.mara, fine))
    assert proposed(play) == []


def offered(view: Json | None, action_id: str) -> list[str]:
    """The values of a view's buttons for an action."""
    accessories = [block.get("accessory", {}) for block in (view or {}).get("blocks", [])]
    return [each["value"] for each in accessories if each.get("action_id") == action_id]


def under_review(play: Company, text: str) -> tuple[Reply, Json]:
    """A reply that was approved, and the window in which Ruth judges it."""
    mention = play.harbour.hear(QUESTION.format(next(_subjects)))
    play.prepare(mention.id)
    reply = play.harbour.approve(mention, text, by=play.ana.id)
    with play.harbour.deps.sessions.begin() as session:
        queued = sampling.enqueue(session, reply.id, ["override"], at=play.harbour.deps.now())
        session.flush()
        item = queued.id
    play.ruth.open_home()
    # What another test left on the page goes away with the page that shows this item.
    home = play.ruth.wait_for(lambda: offered(play.ruth.home(), "review.open") == [str(item)] and play.ruth.home())
    play.ruth.click(home, "review.open")
    window: Json = play.ruth.wait_for_modal("Review")
    assert validate(window["blocks"], "modal") == []
    return reply, window


def test_a_reviewer_doubts_a_finding_of_a_reply_under_review(play: Company) -> None:
    reply, window = under_review(play, SHOUTED)
    play.ruth.click(window, "finding.doubt")
    asked = play.ruth.wait_for_modal("This finding is wrong")
    assert SHOUTED in words(asked)
    play.ruth.submit()
    [waiting] = proposed(play)
    assert (waiting.text, waiting.comment) == (SHOUTED, "")
    assert waiting.situation["identity"] == "brand"
    assert waiting.rule in {
        finding.rule for finding in packs.objections(play.harbour.deps, Subject(reply_id=reply.id))[1]
    }
    play.ruth.close()
    assert "What is public" in words(play.ruth.modal())


def test_a_manager_says_while_writing_which_rule_should_have_spoken(play: Company) -> None:
    window = typed(play, play.mara, UNSEEN)
    play.mara.click(window, "finding.missed")
    asked = play.mara.wait_for_modal("Should have been found")
    assert validate(asked["blocks"], "modal") == []
    assert UNSEEN in words(asked)
    play.mara.submit(rule="hard-sell", comment="It sells.")
    assert "Thank you" in words(play.mara.modal())
    [waiting] = proposed(play)
    assert (waiting.rule, waiting.text, waiting.should_pass) == ("hard-sell", UNSEEN, False)
    assert (waiting.comment, waiting.situation["platform"]) == ("It sells.", "mastodon")
    play.mara.close()
    assert UNSEEN in words(play.mara.modal())


def test_only_rules_that_miss_the_text_are_offered(play: Company) -> None:
    play.mara.click(typed(play, play.mara, SELLING), "finding.missed")
    asked = str(play.mara.wait_for_modal("Should have been found"))
    offered = {rule.id for rule in play.harbour.deps.pack.rules if f"'value': '{rule.id}'" in asked}
    assert len(offered) > 5
    assert "hard-sell" not in offered


def test_who_only_replies_is_not_asked_what_was_missed(play: Company) -> None:
    assert "This should have been found" not in words(typed(play, play.ana, UNSEEN))


def test_a_reviewer_says_which_rule_should_have_found_a_reply(play: Company) -> None:
    _, window = under_review(play, UNSEEN)
    play.ruth.click(window, "finding.missed")
    asked = play.ruth.wait_for_modal("Should have been found")
    assert UNSEEN in words(asked)
    play.ruth.submit(rule="hard-sell")
    [waiting] = proposed(play)
    assert (waiting.rule, waiting.should_pass, waiting.situation["identity"]) == ("hard-sell", False, "brand")
    play.ruth.close()
    assert "What is public" in words(play.ruth.modal())
