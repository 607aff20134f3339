"""Drafts: where they come from, and that our own text is held to our own facts."""

import pytest
from conftest import DrivenClock
from harbour import ANSWER, Harbour, settle

from bot import delivery, showing
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.errors import Blocked
from bot.models import MentionKind, Origin


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock) -> Harbour:
    return settle(plaza, sessions, driven)


def test_a_false_claim_gets_a_correction_that_cites_its_fact(harbour: Harbour) -> None:
    mention = harbour.hear("The Harbour Mini still charges over micro-USB.")
    card = showing.card(harbour.deps, mention.id)
    assert card.kind is MentionKind.FALSE_CLAIM
    assert card.fact == "The Harbour Mini charges over USB-C."
    first = card.drafts[0]
    assert (first.origin, first.origin_text) == (Origin.FACT, "from the fact “mini-usb”")
    assert "https://harbour.example/mini/charging" in first.text
    assert "Harbour team" in first.text
    assert "you are wrong" not in first.text.lower()
    assert not [finding for finding in first.findings if finding.severity == "block"]


def test_a_question_like_an_earlier_one_gets_the_reply_that_was_posted_then(
    harbour: Harbour, driven: DrivenClock
) -> None:
    first = harbour.hear("Can I read on the Harbour Reader without making an account first?")
    delivery.post(harbour.deps, harbour.approve(first).id)
    driven.advance(days=8)
    second = harbour.hear("Can I read on the Harbour Reader without first making an account?", author="Another")
    drafts = showing.card(harbour.deps, second.id).drafts
    assert (drafts[0].origin, drafts[0].text) == (Origin.PAST_REPLY, ANSWER)


def test_what_nobody_asked_before_gets_a_template(harbour: Harbour) -> None:
    mention = harbour.hear("What is the Harbour Mini made of, aluminium?")
    assert [draft.origin for draft in showing.card(harbour.deps, mention.id).drafts] == [Origin.TEMPLATE]


def test_what_we_would_correct_in_others_we_do_not_post_ourselves(harbour: Harbour) -> None:
    mention = harbour.hear("What does the Harbour Mini charge with?")
    with pytest.raises(Blocked):
        harbour.approve(mention, "Hi, the Harbour team here. The Harbour Mini charges over micro-USB.")
    assert showing.card(harbour.deps, mention.id).drafts[0].text.endswith("micro-USB."), "what was typed is kept"


def test_templates_vary_from_mention_to_mention(harbour: Harbour) -> None:
    posts = (
        "I love my Harbour Mini so much",
        "The Harbour Reader is great on trains",
        "Thank you Harbour, best screen",
    )
    texts = {showing.card(harbour.deps, harbour.hear(post, author=post[:8]).id).drafts[-1].text for post in posts}
    assert len(texts) == 3
