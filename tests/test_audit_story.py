"""Finding entries, and telling the story of a reply."""

import ast
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from audit_world import AT, Past
from rich.console import Console

from bot import audit
from bot.audit.narration import SENTENCES
from bot.audit.selection import Selection, search, stream
from bot.audit.story import render, story
from bot.database import Sessions
from bot.errors import NotFound

RECORDING = ("record", "_tell", "_note", "_record", "note")
"""What the functions are called that write an entry, or hand its kind on."""


@pytest.fixture
def past(sessions: Sessions) -> Past:
    return Past(sessions)


def shown(sessions: Sessions, reply_id: int) -> str:
    lines = io.StringIO()
    with sessions() as session:
        Console(width=100, file=lines).print(render(story(session, reply_id)))
    return lines.getvalue()


def test_a_story_tells_everything_from_the_post_to_the_receipt_in_order(past: Past, sessions: Sessions) -> None:
    past.reply(author="otto")
    reply = past.reply()
    with sessions() as session:
        told = story(session, reply.id)
    assert [step.kind for step in told.steps] == [
        "source.read",
        "mention.triaged",
        "draft.written",
        "reply.approved",
        "reply.sending",
        "reply.posted",
    ]
    assert [step.at for step in told.steps] == sorted(step.at for step in told.steps)
    approval = told.steps[3]
    assert approval.who == "Ada"
    assert approval.texts["public"] == "Sorry! Version 4 keeps it."
    assert approval.texts["parent"] == "Why does the reader lose my place?"
    assert any("guidelines default 1 (abababababab): 1 finding" in line for line in approval.details)
    assert [post.author for post in told.thread] == ["mona"]


def test_a_story_reads_well_in_a_terminal_and_others_words_cannot_steer_it(past: Past, sessions: Sessions) -> None:
    reply = past.reply(said="Look [red]here[/red] \x1b]0;owned\x07 \u202eevil")
    words = shown(sessions, reply.id)
    assert "Ada  Approved this exact text." in words
    assert "It is public: https://plaza.example/@harbour/" in words
    assert "[red]here[/red]" in words
    assert "\x1b" not in words
    assert "\u202e" not in words


def test_there_is_no_story_without_a_reply(sessions: Sessions) -> None:
    with sessions() as session, pytest.raises(NotFound):
        story(session, 99)


def kinds(sessions: Sessions, selection: Selection) -> list[str]:
    with sessions() as session:
        found = [entry.kind for entry in reversed(search(session, selection).entries)]
        assert found == [entry.kind for entry in stream(session, selection)]
    return found


def test_entries_are_found_by_who_where_what_when_and_words(past: Past, sessions: Sessions) -> None:
    first = past.reply(by=0)
    after_first = past.now + timedelta(seconds=1)
    second = past.reply(author="otto", by=1, venue=1, said="The prices are too high", answer="We hear you.")
    everything = kinds(sessions, Selection())
    assert len(everything) == 12
    about_second = ["mention.triaged", "draft.written", "reply.approved", "reply.sending", "reply.posted"]
    assert kinds(sessions, Selection(venue=past.other_venue.id)) == about_second
    assert kinds(sessions, Selection(author="otto")) == about_second
    assert kinds(sessions, Selection(employee=past.people[1].id)) == about_second[2:]
    assert kinds(sessions, Selection(subject=f"reply:{first.id}")) == about_second[2:]
    assert kinds(sessions, Selection(since=after_first)) == ["source.read", *about_second]
    assert kinds(sessions, Selection(until=after_first)) == everything[:6]
    assert kinds(sessions, Selection(words="prices")) == ["mention.triaged", "reply.approved"]
    assert kinds(sessions, Selection(words="prices -asks")) == ["reply.approved"]
    assert kinds(sessions, Selection(kind="reply", employee=past.people[0].id)) == about_second[2:]
    assert kinds(sessions, Selection(kind="reply.posted", subject=f"reply:{second.id}")) == ["reply.posted"]
    assert kinds(sessions, Selection(kind="rep%")) == []
    assert kinds(sessions, Selection(platform="elsewhere")) == []
    assert kinds(sessions, Selection(words="'; drop table audit_entry --")) == []


def test_long_lists_are_read_page_by_page(sessions: Sessions) -> None:
    with sessions.begin() as session:
        for number in range(23):
            audit.record(session, "reply.posted", at=AT, actor="system", subject=f"reply:{number}")
    seen: list[int] = []
    before: int | None = None
    with sessions() as session:
        for _page in range(3):
            page = search(session, Selection(), before=before, most=10)
            seen += [entry.seq for entry in page.entries]
            before = page.before
    assert seen == list(range(23, 0, -1))
    assert before is None


def test_a_selection_survives_being_stored(past: Past) -> None:
    chosen = Selection(employee=3, author="mona", since=AT, until=AT, words="a b", seqs=(1, 2))
    assert Selection.from_json(chosen.as_json()) == chosen
    assert Selection.from_json({}).is_everything


def recorded_kinds() -> set[str]:
    """Every kind of entry that the source writes: texts of that form, in modules that record something."""
    kinds = set()
    for module in Path(audit.__file__).parents[1].rglob("*.py"):
        source = module.read_text()
        if "audit.record(" not in source and "import record" not in source:
            continue
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        texts = [
            text.value
            for call in calls
            if getattr(call.func, "attr", getattr(call.func, "id", "")) in RECORDING
            for argument in call.args
            for text in ast.walk(argument)
            if isinstance(text, ast.Constant) and isinstance(text.value, str)
        ]
        kinds |= {text for text in texts if re.fullmatch(r"[a-z]+\.[a-z_]+", text)}
    return kinds


def test_every_kind_that_is_recorded_is_told_in_a_sentence() -> None:
    kinds = recorded_kinds()
    assert len(kinds) > 30
    assert kinds - set(SENTENCES) == set()
