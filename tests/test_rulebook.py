"""What is in force: from the settings at first, from the database once somebody put something there."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import cast

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.database import Sessions
from bot.models import FactVersion, Json, PackActivation, PackVersion
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


class Slow:
    """Sessions of which the first takes long to be given back: what was read in it is old by then."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.opened = 0
        self.has_read, self.go_on = Event(), Event()

    @contextmanager
    def __call__(self) -> Iterator[Session]:
        self.opened += 1
        first = self.opened == 1
        with self.sessions() as session:
            yield session
        if first:
            self.has_read.set()
            assert self.go_on.wait(10)


def test_what_was_just_changed_is_in_force_though_somebody_was_looking_already(sessions: Sessions) -> None:
    slow = Slow(sessions)
    book = Rulebook(packs.default(), None, cast(Sessions, slow))
    reader = Thread(target=lambda: book.pack)
    reader.start()
    assert slow.has_read.wait(10)
    activate(sessions, PACK.format(name="changed"))
    changer = Thread(target=book.refresh)
    changer.start()
    slow.go_on.set()
    for each in (reader, changer):
        each.join(10)
    assert book.pack.name == "changed"


@pytest.mark.parametrize("sign", ["\x7f", "\x85", "\x9b", "\u2028", "\ufeff", "\uffff", "\U0001f600", "\\", '"'])
def test_no_character_in_one_fact_keeps_the_others_out_or_changes(sessions: Sessions, sign: str) -> None:
    book = in_force(sessions)
    with sessions.begin() as session:
        session.add(FactVersion(key="odd", body=FACT | {"statement": f"Harbour {sign} sells books."}, created_at=AT))
        session.add(FactVersion(key="plain", body=FACT, created_at=AT))
    book.refresh()
    assert book.facts is not None
    assert list(book.facts.facts) == ["odd", "plain"]
    assert book.facts.facts["odd"].statement == f"Harbour {sign} sells books."


DEEP: list[object] = []
for _ in range(400):
    DEEP = [DEEP]


@pytest.mark.parametrize("broken", [{"values": DEEP}, {"k" * 2000: "YAML knows no name as long as that"}])
def test_facts_that_cannot_be_read_at_all_leave_those_before_in_force(
    sessions: Sessions, caplog: pytest.LogCaptureFixture, broken: Json
) -> None:
    book = in_force(sessions)
    with sessions.begin() as session:
        session.add(FactVersion(key="mini-weight", body=FACT, created_at=AT))
    book.refresh()
    with sessions.begin() as session:
        session.add(FactVersion(key="broken", body=FACT | broken, created_at=AT))
    with caplog.at_level(logging.WARNING, "bot.rulebook"):
        book.refresh()
    assert book.facts is not None
    assert list(book.facts.facts) == ["mini-weight"]
    assert caplog.records
