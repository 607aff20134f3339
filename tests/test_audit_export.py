"""What leaves the house: formats that others can read, and a bundle that a stranger can verify."""

import csv
import email
import email.policy
import io
import json
import random
import subprocess
import sys
import tracemalloc
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from audit_world import AT, Past
from hypothesis import given
from hypothesis import strategies as st

from bot import audit
from bot.audit import checkpoints, verifier
from bot.audit.bundle import verify_bundle, write_bundle
from bot.audit.checkpoints import open_signer
from bot.audit.export import book, csv_rows, harmless, jsonl, mails, note_export
from bot.audit.selection import Selection
from bot.audit.verifier import VerifierKey
from bot.database import Sessions
from bot.errors import ChorusError

HOSTILE = "=cmd|'/C calc'!A0 <script>alert(1)</script> \"quoted\", and\na new line"


@pytest.fixture
def past(sessions: Sessions) -> Past:
    return Past(sessions)


def test_json_lines_hold_all_that_is_needed_to_verify_an_entry(past: Past, sessions: Sessions) -> None:
    past.reply(said=HOSTILE)
    with sessions() as session:
        lines = [json.loads(line) for line in jsonl(session, Selection())]
    assert [line["seq"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert lines[3]["texts"]["parent"] == HOSTILE
    assert json.loads(lines[3]["body"])["kind"] == lines[3]["kind"] == "reply.approved"


def test_no_cell_of_a_table_is_a_formula(past: Past, sessions: Sessions) -> None:
    past.reply(said=HOSTILE, answer="+1 from us", author="@mona")
    with sessions() as session:
        table = b"".join(csv_rows(session, Selection())).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert all(len(row) == len(rows[0]) for row in rows)
    cells = [cell for row in rows for cell in row]
    assert f"'{HOSTILE}" in cells
    assert "'+1 from us" in cells
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r\n|%" and cell]


@given(st.text())
def test_a_harmless_cell_never_begins_like_a_formula(cell: str) -> None:
    made = harmless(cell)
    assert made in (cell, f"'{cell}")
    assert not made or made.strip()[:1] not in tuple("=+-@|%＝＋－＠")


@pytest.mark.parametrize("cell", ["=1", " =1", "\u00a0=1", "\t=1", "＝1", "-1+1", "@sum(1)", "\r=1", "|cmd"])
def test_what_a_spreadsheet_would_run_is_made_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self.found.add(tag)


def test_the_book_shows_hostile_words_as_words(past: Past, sessions: Sessions) -> None:
    past.reply(said=HOSTILE, name="<img src=x onerror=alert(1)>")
    with sessions() as session:
        page = b"".join(book(session, Selection(), at=AT)).decode()
    tags = Tags()
    tags.feed(page)
    assert not tags.found & {"script", "img", "b", "iframe", "a"}
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page


def test_mails_can_be_read_by_an_archive_and_cannot_smuggle_headers(past: Past, sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.merge(past.people[0]).name = "Ada\r\nBcc: all@example.org"
    past.reply(author="mona\r\nX-Evil: 1", answer="Grüße, we mended it.")
    with sessions() as session:
        [(name, content)] = list(mails(session, Selection()))
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert name == "reply-1.eml"
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert message["X-Chorus-Reply"] == "1"
    body = message.get_body()
    assert body is not None
    assert body.get_content().strip() == "Grüße, we mended it."
    [attached] = message.iter_attachments()
    assert "Approved this exact text." in attached.get_content()


def test_memory_does_not_grow_with_what_is_exported(sessions: Sessions) -> None:
    for _batch in range(6):
        with sessions.begin() as session:
            for number in range(1000):
                texts = {"text": "word " * 500}
                audit.record(session, "reply.posted", at=AT, actor="system", subject=f"x:{number}", texts=texts)
    with sessions() as session:
        tracemalloc.start()
        written = sum(len(line) for line in jsonl(session, Selection()))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert written > 15_000_000
    assert peak < written / 2


def test_taking_entries_out_is_itself_recorded(sessions: Sessions) -> None:
    with sessions.begin() as session:
        note_export(session, Selection(author="mona"), "csv", at=AT, actor="employee:3")
    with sessions() as session:
        [line] = [json.loads(line) for line in jsonl(session, Selection())]
    assert (line["kind"], line["actor"], line["texts"]) == (
        "record.exported",
        "employee:3",
        {"selection": "author mona"},
    )


@pytest.fixture
def bundle(past: Past, sessions: Sessions, tmp_path: Path) -> Path:
    signer = open_signer(tmp_path / "data")
    past.reply(said="The secret word is heron.")
    with sessions() as session:
        checkpoints.append(checkpoints.take(session, signer, at=AT), tmp_path / "data" / "checkpoints.txt")
    past.reply(author="otto")
    return made(sessions, tmp_path, Selection(author="otto"), "otto.zip")


def made(sessions: Sessions, folder: Path, selection: Selection, name: str) -> Path:
    signer = open_signer(folder / "data")
    with sessions() as session:
        kept = folder / "data" / "checkpoints.txt"
        write_bundle(session, folder / name, selection, signer=signer, checkpoints=kept, at=AT)
    return folder / name


def test_a_bundle_verifies_and_holds_only_the_texts_that_were_selected(bundle: Path, tmp_path: Path) -> None:
    report = verify_bundle(bundle, open_signer(tmp_path / "data").key)
    assert report.ok
    assert (report.entries, report.checkpoints) == (12, 2)
    assert report.withheld > 0
    with zipfile.ZipFile(bundle) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"heron" not in everything


def test_a_bundle_of_everything_withholds_nothing(bundle: Path, past: Past, sessions: Sessions, tmp_path: Path) -> None:
    report = verify_bundle(made(sessions, tmp_path, Selection(), "all.zip"))
    assert report.ok
    assert report.withheld == 0


def run_verifier(folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), *more], capture_output=True, text=True, check=False, cwd="/"
    )


def test_a_stranger_can_verify_a_bundle_with_nothing_but_the_file_in_it(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    zipfile.ZipFile(bundle).extractall(folder)
    key = str(open_signer(tmp_path / "data").key)
    alone = run_verifier(folder, "--key", key)
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout.startswith("Nothing was altered.")
    other = str(open_signer(tmp_path / "other").key)
    assert run_verifier(folder, "--key", other).returncode == 1
    content = (folder / "texts.jsonl").read_text()
    (folder / "texts.jsonl").write_text(content.replace("Why", "Wha", 1))
    changed = run_verifier(folder)
    assert changed.returncode == 1
    assert "texts.jsonl" in changed.stdout


def test_the_verifier_needs_only_the_standard_library_and_cryptography() -> None:
    source = Path(verifier.__file__).read_text()
    imported = {line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


def test_any_change_to_any_file_of_a_bundle_is_noticed(bundle: Path, tmp_path: Path) -> None:
    key, dice = open_signer(tmp_path / "data").key, random.Random(11)
    folder = tmp_path / "unpacked"
    zipfile.ZipFile(bundle).extractall(folder)
    # The key is not part of what is signed: who verifies brings their own.
    names = sorted(path.name for path in folder.iterdir() if path.name != "key.txt")
    assert len(names) == 7
    for case in range(350):
        path = folder / names[case % len(names)]
        whole = path.read_bytes()
        path.write_bytes(tampered(whole, dice))
        assert path.read_bytes() != whole
        with pytest.raises(ChorusError):
            verify_bundle(folder, key)
        path.write_bytes(whole)
    assert verify_bundle(folder, key).ok


def tampered(whole: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(whole))
    lines = whole.splitlines(keepends=True)
    line = dice.randrange(len(lines))
    flipped = whole[:place] + bytes([whole[place] ^ (1 << dice.randrange(8))]) + whole[place + 1 :]
    dropped = b"".join(lines[:line] + lines[line + 1 :])
    doubled = b"".join([*lines[:line], lines[line], *lines[line:]])
    return dice.choice([flipped, whole[:place], dropped, doubled, b""])


def test_who_holds_the_key_out_of_the_bundle_alone_believes_a_forger_but_is_told(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "unpacked"
    zipfile.ZipFile(bundle).extractall(folder)
    assert "Compare it with the one you know" in run_verifier(folder).stdout


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a/b.txt"])
def test_an_archive_cannot_write_beside_its_folder(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(ChorusError, match="does not belong there"):
        verify_bundle(tmp_path / "evil.zip", VerifierKey("chorus", b"", b""))


def test_what_is_no_archive_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_text("hello")
    with pytest.raises(ChorusError, match="cannot be trusted"):
        verify_bundle(tmp_path / "no.zip")
