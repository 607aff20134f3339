"""Drafts: where they come from, and that our own text is held to our own facts."""

from dataclasses import replace

import pytest
from conftest import DrivenClock
from harbour import ANSWER, Harbour, settle
from sqlalchemy import Engine, event, func, select

from bot import delivery, drafting, intake, showing, triage
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.errors import Blocked
from bot.models import Draft, Mention, MentionKind, MentionState, Origin
from bot.rulebook import Rulebook


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


def test_a_past_reply_that_a_fact_has_overtaken_says_so_on_its_draft(harbour: Harbour, driven: DrivenClock) -> None:
    before = replace(harbour, deps=replace(harbour.deps, rulebook=Rulebook(harbour.deps.pack, None)))
    first = before.hear("Can I charge the Harbour Mini with the cable of my old phone?")
    said = before.approve(first, "Hi, the Harbour team here. The Harbour Mini charges over micro-USB, so it depends.")
    delivery.post(before.deps, said.id)
    driven.advance(days=8)
    second = harbour.hear("Can I charge the Harbour Mini with the cable of an old phone?", author="Another")
    draft = showing.card(harbour.deps, second.id).drafts[0]
    assert draft.origin is Origin.PAST_REPLY
    assert "facts" in {finding.rule for finding in draft.findings}


def test_templates_vary_from_mention_to_mention(harbour: Harbour) -> None:
    posts = (
        "I love my Harbour Mini so much",
        "The Harbour Reader is great on trains",
        "Thank you Harbour, best screen",
    )
    texts = {showing.card(harbour.deps, harbour.hear(post, author=post[:8]).id).drafts[-1].text for post in posts}
    assert len(texts) == 3


def test_three_drafts_take_few_statements(harbour: Harbour, engine: Engine, driven: DrivenClock) -> None:
    claim = "The Harbour Mini still charges over micro-USB and I do not like that"
    delivery.post(harbour.deps, harbour.approve(harbour.hear(claim)).id)
    driven.advance(days=8)
    one = _statements(harbour, engine, "What is the Harbour Mini made of?")
    three = _statements(harbour, engine, f"{claim} a bit")
    with harbour.deps.sessions() as session:
        origins = session.scalars(select(Draft.origin).order_by(Draft.id.desc()).limit(4)).all()
    assert origins == [Origin.TEMPLATE, Origin.PAST_REPLY, Origin.FACT, Origin.TEMPLATE]
    assert len(one) <= 12, "\n".join(one)
    assert len(three) <= 13, "\n".join(three)


def test_each_mention_is_given_drafts_once_and_only_after_it_was_judged(harbour: Harbour) -> None:
    said = {"First": "I love my Harbour Mini", "Second": "Harbour rocks my boat"}
    judged = [arrive(harbour, words, author=author) for author, words in said.items()]
    triage.assess(harbour.deps, [mention.id for mention in judged])
    waiting = arrive(harbour, "Where is Harbour from?", author="Third")
    numbers = [mention.id for mention in (*judged, waiting)]
    drafting.suggest(harbour.deps, [*reversed(numbers), *numbers, 4711])
    drafting.suggest(harbour.deps, numbers)
    drafting.suggest(harbour.deps, [])
    with harbour.deps.sessions() as session:
        made = session.execute(select(Draft.mention_id, func.count()).group_by(Draft.mention_id)).all()
        states = [session.get_one(Mention, number).state for number in numbers]
    assert sorted(made) == [(number, 1) for number in numbers[:2]]
    assert states == [MentionState.OPEN, MentionState.OPEN, MentionState.COLLECTED]


def arrive(harbour: Harbour, words: str, *, author: str) -> Mention:
    """Somebody writes on Plaza, and we have collected it."""
    post_id = harbour.plaza.post_as(author, words)
    intake.collect(harbour.deps, harbour.source.id)
    return harbour.mention_of(post_id)


def _statements(harbour: Harbour, engine: Engine, words: str) -> list[str]:
    """Return what the database is asked while a mention is given drafts, but for what the queue of jobs asks."""
    mention = arrive(harbour, words, author=words)
    triage.assess(harbour.deps, [mention.id])
    # What is in force is looked up once a second, and that is counted by nobody's mention.
    deps = replace(harbour.deps, rulebook=Rulebook(harbour.deps.pack, harbour.deps.facts))
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        drafting.suggest(deps, [mention.id])
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return asked
