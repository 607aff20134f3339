"""`chorus audit`, as an operator types it."""

import csv
import io
import zipfile
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from audit_world import Past
from sqlalchemy import text
from typer.testing import CliRunner, Result

from bot import audit
from bot.audit.selection import Selection, stream
from bot.cli import audit as audit_cli
from bot.database import Sessions
from bot.errors import ChorusError


class Commands:
    """Runs commands against a database and a data folder of the test's own."""

    def __init__(self, sessions: Sessions, folder: Path) -> None:
        def opened() -> AbstractContextManager[Sessions]:
            return nullcontext(sessions)

        self.app = audit_cli.build(opened, data_dir=lambda: folder / "data")
        self.sessions = sessions
        self.folder = folder

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(self.app, list(words), env={"COLUMNS": "200"})

    def said(self, *words: str) -> str:
        result = self(*words)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.output


@pytest.fixture
def commands(sessions: Sessions, tmp_path: Path) -> Commands:
    return Commands(sessions, tmp_path)


@pytest.fixture
def past(sessions: Sessions) -> Past:
    return Past(sessions)


def test_show_tells_the_story_of_a_reply(past: Past, commands: Commands) -> None:
    reply = past.reply()
    said = commands.said("show", str(reply.id))
    assert "Approved this exact text." in said
    assert "parent: Why does the reader lose my place?" in said


def test_search_finds_and_pages(past: Past, commands: Commands) -> None:
    past.reply()
    past.reply(author="otto", said="The prices!")
    assert commands.said("search", "prices").count("#") == 2
    assert "That is all." in commands.said("search", "--author", "otto")
    tomorrow = (past.now + timedelta(days=1)).strftime("%Y-%m-%d")
    assert "#" not in commands.said("search", "--since", tomorrow)


def test_verify_compares_with_the_checkpoints_that_were_kept(past: Past, commands: Commands, tmp_path: Path) -> None:
    past.reply()
    note = commands.said("checkpoint")
    (tmp_path / "kept.txt").write_text(note)
    key = commands.said("key").strip()
    assert "1 signed checkpoints agree" in commands.said("verify")
    assert "1 signed checkpoints agree" in commands.said(
        "verify", "--checkpoint", str(tmp_path / "kept.txt"), "--key", key
    )


def test_verify_fails_loudly_and_names_the_first_change(past: Past, commands: Commands) -> None:
    past.reply()
    with commands.sessions.begin() as session:
        session.execute(text("alter table audit_entry disable trigger all"))
        session.execute(text("update audit_entry set actor = 'employee:9' where seq = 4"))
    result = commands("verify")
    assert result.exit_code == 1
    assert (
        "The record was altered. Entry 4 was altered: actor says 'employee:9', written was 'employee:1'"
        in result.output
    )


@pytest.mark.parametrize("form", ["jsonl", "csv", "html", "eml"])
def test_export_writes_every_form_and_records_it(past: Past, commands: Commands, tmp_path: Path, form: str) -> None:
    past.reply()
    commands.said("export", form, str(tmp_path / "out"))
    assert (tmp_path / "out").stat().st_size > 500
    with commands.sessions() as session:
        [entry] = stream(session, Selection(kind="record.exported"))
    assert entry.data == {"form": form}
    with pytest.raises(ChorusError, match="is there already"):
        raise commands("export", form, str(tmp_path / "out")).exception or AssertionError


def test_export_can_be_narrowed_to_a_hold(past: Past, commands: Commands, tmp_path: Path) -> None:
    past.reply()
    past.reply(author="otto")
    commands.said("holds", "place", "Case 7", "--reason", "Counsel asked.", "--author", "otto")
    assert "Case 7" in commands.said("holds", "list")
    commands.said("export", "csv", str(tmp_path / "out.csv"), "--hold", "Case 7", "--kind", "reply.posted")
    rows = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_text("utf-8-sig"))))
    assert [row[4] for row in rows[1:]] == ["reply:2"]
    commands.said("holds", "lift", "Case 7", "--reason", "Settled.")
    assert "No hold" in commands.said("holds", "list")


def test_a_bundle_is_written_and_verified(past: Past, commands: Commands, tmp_path: Path) -> None:
    past.reply()
    target = tmp_path / "bundle.zip"
    commands.said("export", "bundle", str(target))
    assert "verify.py" in zipfile.ZipFile(target).namelist()
    assert "Nothing was altered." in commands.said("verify", "--bundle", str(target))


def test_retention_is_shown_set_and_applied(past: Past, commands: Commands) -> None:
    past.reply()
    assert "third_party: for ever" in commands.said("retention", "show")
    assert "decisions: 2192 days" in commands.said("retention", "preset", "broker")
    assert "third_party: 9 days" in commands.said("retention", "keep", "third_party", "9")
    assert "third_party: 0 texts erased" in commands.said("retention", "apply")


def test_a_person_is_erased_only_when_it_is_meant(past: Past, commands: Commands) -> None:
    past.reply()
    asked = commands("erase", "plaza", "mona", "--basis", "GDPR 17(1)(b)")
    assert "cannot be undone" in str(asked.exception)
    said = commands.said("erase", "plaza", "mona", "--basis", "GDPR 17(1)(b)", "--yes")
    assert said.startswith("Certificate of erasure")
    assert "— chorus " in said
    with commands.sessions() as session:
        assert audit.verify(session).erased > 0


def test_a_wrong_key_is_told_plainly(commands: Commands) -> None:
    commands.said("checkpoint")
    assert "verifier key" in str(commands("verify", "--key", "nonsense").exception)
