"""A text before the guidelines: what is kept between two looks is never older than what it depends on."""

from dataclasses import replace

import pytest
from conftest import DrivenClock
from harbour import ANSWER, Harbour, settle

from bot.checking import RECENT, blanks, facts_of, newest, verdict
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.models import Mention, PostRecord
from bot.rulebook import Rulebook
from connectors.base import Identity
from guidelines import pack
from guidelines.facts import FactBase

WRONG = "Hi, the Harbour team here. The Harbour Mini charges over micro-USB."


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock) -> Harbour:
    return settle(plaza, sessions, driven)


def known(port: str, until: str) -> Rulebook:
    """One fact, which stands until a day."""
    facts = (
        f'facts:\n  - {{id: port, entity: "Harbour Mini", statement: "The Harbour Mini charges over {port}.", '
        f'source_url: "https://harbour.example/mini", valid_until: {until}}}\n'
    )
    return Rulebook(pack.default(), FactBase.load(facts))


def test_a_text_is_held_against_the_facts_of_the_day(harbour: Harbour, driven: DrivenClock) -> None:
    today = driven.moment.date()
    deps = replace(harbour.deps, rulebook=known("USB-C", str(today)))
    found = facts_of(deps)(WRONG)
    assert found
    assert facts_of(deps)(WRONG) == found
    driven.advance(days=1)
    assert not facts_of(deps)(WRONG), "since midnight the fact stands no longer"


def test_a_text_is_held_against_the_facts_in_force(harbour: Harbour, driven: DrivenClock) -> None:
    until = str(driven.moment.date())
    assert facts_of(replace(harbour.deps, rulebook=known("USB-C", until)))(WRONG)
    assert not facts_of(replace(harbour.deps, rulebook=known("micro-USB", until)))(WRONG)
    assert facts_of(replace(harbour.deps, rulebook=Rulebook(pack.default(), None)))(WRONG) == ()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("See [our guide](https://harbour.example/help) for more.", []),
        ("See [the wiki](/r/harbour/wiki) for more.", []),
        ("See [our guide] (https://harbour.example/help).", ["[our guide]"]),
        ("[What we did] and [our guide](https://harbour.example/help)", ["[What we did]"]),
        ("[Your answer](if you know it)", ["[Your answer]"]),
    ],
)
def test_a_link_in_markdown_is_no_blank(text: str, left: list[str]) -> None:
    assert [text[slice(*finding.span)] for finding in blanks(text) if finding.span] == left


def test_texts_that_are_checked_together_fare_as_each_alone(harbour: Harbour) -> None:
    harbour.approve(harbour.hear("Can I read on the Harbour Reader without an account?"))
    mention = harbour.hear("Is there a way to use the Harbour Reader without any account?", author="Another")
    with harbour.deps.sessions() as session:
        post = session.get_one(PostRecord, mention.post_id)
        recent = newest(session, mention, RECENT * 2)
        assert [said.text for said in recent] == [ANSWER]
        for text in (ANSWER, WRONG, "Hi, the Harbour team here. [Your answer.]"):
            alone = verdict(session, harbour.deps, mention, post, text, identity=Identity.BRAND)
            together = verdict(session, harbour.deps, mention, post, text, identity=Identity.BRAND, recent=recent)
            assert together == alone
            assert alone.findings


def test_what_we_said_long_ago_may_be_said_again(harbour: Harbour, driven: DrivenClock) -> None:
    harbour.approve(harbour.hear("Can I read on the Harbour Reader without an account?"))
    mention = harbour.hear("Is there a way to use the Harbour Reader without any account?", author="Another")

    def repeats() -> bool:
        with harbour.deps.sessions() as session:
            post = session.get_one(PostRecord, mention.post_id)
            found = verdict(session, harbour.deps, mention, post, ANSWER, identity=Identity.BRAND)
            return any(finding.rule == "no-repeat" for finding in found.findings)

    driven.advance(days=30)
    assert repeats()
    driven.advance(days=1)
    assert not repeats(), "the default pack looks back thirty days"


def test_the_newest_replies_come_first_and_none_to_the_mention_itself(harbour: Harbour, driven: DrivenClock) -> None:
    first = harbour.approve(harbour.hear("Can I read on the Harbour Reader without an account?"))
    driven.advance(hours=1)
    said = "Hi, the Harbour team here. It swims for half an hour. Does that help?"
    second = harbour.approve(harbour.hear("Does the Harbour Reader swim?", author="Another"), said)
    with harbour.deps.sessions() as session:
        other, own = session.get_one(Mention, first.mention_id), session.get_one(Mention, second.mention_id)
        assert [(reply.text, reply.at) for reply in newest(session, other)] == [(said, second.approved_at)]
        assert [reply.text for reply in newest(session, own)] == [ANSWER]
        assert newest(session, own, 0) == []
