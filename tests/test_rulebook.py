"""What is in force: from the settings at first, from the database once somebody put something there."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from bot.database import Sessions
from bot.models import FactVersion, PackActivation, PackVersion
from bot.rulebook import Rulebook
from guidelines import pack as packs
from guidelines.facts import FactBase

AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
PACK = """guidelines: 1
pack: {name}
version: "1"
owner: maria@harbour.example
rules:
  - id: no-shouting
    title: No shouting
    why: It is loud.
    severity: block
    check: {{phrases: [SHOUT]}}
    fix: Say it calmly.
    examples: {{pass: [quiet], fail: [SHOUT]}}
"""
FACT = {
    "entity": "Harbour Mini",
    "statement": "The Harbour Mini weighs 160 grams.",
    "source_url": "https://harbour.example/mini",
}


def in_force(sessions: Sessions) -> Rulebook:
    return Rulebook(packs.default(), None, sessions)


def activate(sessions: Sessions, text: str) -> None:
    with sessions.begin() as session:
        added = PackVersion(name="any", version="1", sha256=str(hash(text)), text=text, added_at=AT)
        session.add(added)
        session.flush()
        session.add(PackActivation(pack_id=added.id, at=AT))


def test_the_pack_of_the_settings_holds_until_one_is_activated(sessions: Sessions) -> None:
    book = in_force(sessions)
    assert book.pack is packs.default()
    activate(sessions, PACK.format(name="first"))
    book.refresh()
    assert book.pack.name == "first"
    activate(sessions, PACK.format(name="second"))
    book.refresh()
    assert book.pack.name == "second"


@pytest.mark.parametrize("broken", ["", "nonsense", "rules: [", PACK.format(name="x").replace("phrases", "phrasez")])
def test_a_pack_that_cannot_be_read_leaves_the_one_before_in_force(sessions: Sessions, broken: str) -> None:
    book = in_force(sessions)
    activate(sessions, PACK.format(name="good"))
    book.refresh()
    activate(sessions, broken)
    book.refresh()
    assert book.pack.name == "good"


def test_facts_come_from_the_database_once_there_was_one(sessions: Sessions) -> None:
    named = FactBase.load("facts: [{id: a, entity: E, statement: E is old., source_url: 'https://e.example'}]")
    book = Rulebook(packs.default(), named, sessions)
    assert book.facts is named
    with sessions.begin() as session:
        session.add(FactVersion(key="mini-weight", body=FACT, created_at=AT))
    book.refresh()
    assert book.facts is not None
    assert [fact.statement for fact in book.facts.facts.values()] == [FACT["statement"]]
    with sessions.begin() as session:
        session.execute(update(FactVersion).values(retired_at=AT))
    book.refresh()
    assert book.facts is not None
    assert book.facts.facts == {}


def test_a_fact_that_cannot_be_used_keeps_none_of_the_others_out(sessions: Sessions) -> None:
    book = in_force(sessions)
    with sessions.begin() as session:
        session.add(FactVersion(key="bad", body={"entity": "Mini"}, created_at=AT))
        session.add(FactVersion(key="good", body=FACT, created_at=AT))
    book.refresh()
    assert book.facts is not None
    assert list(book.facts.facts) == ["good"]
