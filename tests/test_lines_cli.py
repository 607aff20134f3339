"""The commands that answer line by line: always UTF-8, always JSON, and a sentence where they cannot go on."""

import codecs
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from bot.cli.guidelines import app, mentions_app
from guidelines.reading import READ_LIMIT

PACK = """guidelines: 1
pack: small
version: 1
rules:
  - id: rivals
    severity: block
    why: It looks small.
    check: {phrases: [Kestrel]}
"""
SUSPICIOUS = [sys.executable, "-c", "from bot.cli.guidelines import mentions_app as app; app()", "suspicious"]
EXPLAIN = [sys.executable, "-c", "from bot.cli.guidelines import app; app()", "explain"]
LINE = '{"id": "😩é", "text": "Which size fits?"}\n'


def run(*arguments: object, entered: bytes = b"") -> Result:
    chosen = mentions_app if arguments[0] == "suspicious" else app
    return CliRunner().invoke(chosen, list(map(str, arguments)), input=entered)


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_answers_are_utf8_whatever_the_terminal_speaks(tmp_path: Path, encoding: str) -> None:
    posts = written(tmp_path / "posts.jsonl", LINE)
    environment = {"PYTHONIOENCODING": encoding}
    ran = subprocess.run([*SUSPICIOUS, posts], capture_output=True, timeout=60, check=False, env=environment)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert json.loads(ran.stdout)["id"] == "😩é"


@pytest.mark.parametrize(
    ("redirected", "said"),
    [
        ("> /dev/full", "The answers could not be written: No space left on device.\n"),
        (">&-", "The answers have nowhere to go: standard output is closed.\n"),
        ("- <&-", "There is nothing to read: standard input is closed.\n"),
    ],
)
def test_where_nothing_can_be_read_or_written_a_sentence_says_so(tmp_path: Path, redirected: str, said: str) -> None:
    posts = "" if redirected.startswith("-") else str(written(tmp_path / "posts.jsonl", LINE))
    ran = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirected}', "sh", *SUSPICIOUS, *filter(None, [posts])],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr.decode()) == (2, said)


def test_explain_shows_halves_of_characters_by_their_number(tmp_path: Path) -> None:
    pack = written(tmp_path / "pack.yml", PACK.replace("It looks small.", '"\\ud800 — small"'))
    environment = {"PYTHONIOENCODING": "latin-1"}
    command = [*EXPLAIN, "--pack", str(pack), "A Kestrel"]
    ran = subprocess.run(command, capture_output=True, timeout=60, check=False, env=environment)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert "\\ud800 — small" in ran.stdout.decode()


def test_a_mark_at_the_beginning_of_a_file_costs_no_line() -> None:
    [answer] = run("suspicious", "-", entered=codecs.BOM_UTF8 + LINE.encode()).stdout.splitlines()
    assert json.loads(answer)["id"] == "😩é"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_utf16_is_named_as_such(encoding: str) -> None:
    result = run("suspicious", "-", entered=LINE.encode(encoding))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "standard input: this is UTF-16; save it as UTF-8.\n"


@pytest.mark.parametrize(
    ("written_id", "said"),
    [
        ("NaN", "NaN is no JSON; write null, or put it in quotes"),
        ("-Infinity", "-Infinity is no JSON; write null, or put it in quotes"),
        ("1e999", "the number 1e999 is too large; put it in quotes"),
    ],
)
def test_what_is_no_json_is_not_answered_with_more_of_it(written_id: str, said: str) -> None:
    [answer] = run("suspicious", "-", entered=f'{{"id": {written_id}, "text": "ok"}}'.encode()).stdout.splitlines()
    assert json.loads(answer) == {"id": None, "line": 1, "error": said}


def test_half_a_character_in_an_id_comes_back_as_it_was_written() -> None:
    [answer] = run("suspicious", "-", entered=b'{"id": "a\\ud800", "text": "ok"}').stdout.splitlines()
    assert '"a\\ud800"' in answer


def test_a_post_that_was_not_read_to_its_end_says_so() -> None:
    short, long = json.dumps({"text": "Fine. " * 10}), json.dumps({"text": "Fine. " * READ_LIMIT})
    first, second = map(json.loads, run("suspicious", "-", entered=f"{short}\n{long}".encode()).stdout.splitlines())
    assert (first["suspicious"], first["reason"]) == (False, "")
    assert (second["suspicious"], second["reason"]) == (False, "only the first 12,000 of 72,000 characters were read")


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    pack = written(tmp_path / "pack.yml", PACK)
    for place, said in ((tmp_path, "Is a directory"), (tmp_path / "none" / "junit.xml", "No such file or directory")):
        result = run("test", "--junit", place, pack)
        assert (result.exit_code, result.stderr) == (2, f"{place}: cannot be written: {said}\n")


def test_a_report_holds_no_character_that_xml_does_not_know(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    run("test", "--junit", report, written(tmp_path / "pack.yml", PACK + '  - {id: "\\ud800"}\n'))
    assert ElementTree.parse(report).getroot().find("testcase[@classname='\ufffd']/failure") is not None


def test_measuring_goes_on_after_bad_lines_and_ends_where_there_is_nothing_to_measure(tmp_path: Path) -> None:
    pack = written(tmp_path / "pack.yml", PACK)
    lines = ["nonsense", '{"id": 1, "rules": []}', '{"id": 2, "reply": "Kestrel", "rules": ["rivals"]}']
    replies = written(tmp_path / "replies.jsonl", "\n".join([*lines, '{"id": 3, "reply": "a", "rules": 5}']))
    result = run("evaluate", "--pack", pack, replies)
    assert result.exit_code == 0
    assert "1 replies, 0 of them fine" in result.stdout
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [f"{replies}:{n}" for n in (1, 2, 4)]
    missing = run("evaluate", "--pack", pack, tmp_path / "none.jsonl")
    assert (missing.exit_code, "cannot be read" in missing.stderr) == (2, True)


def test_measuring_suspicion_of_unlabelled_posts_is_told() -> None:
    result = CliRunner().invoke(mentions_app, ["evaluate", "-"], input='{"text": "a"}\n{"text": 1, "suspicious": true}')
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "standard input:1: `suspicious` must be true or false",
        "standard input:2: `text` must be a text in quotes, not a number",
        "standard input: no line in it could be read.",
    ]
