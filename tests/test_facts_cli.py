"""`chorus facts`: streams one answer a line, and says in plain words what is wrong with its input."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.facts import app

DATA = Path(__file__).parent / "data"
FACTS = str(DATA / "facts.yml")
NOW = ["--now", "2026-11-21"]


def run(*arguments: str, given: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments), input=given)
    return result.exit_code, result.stdout, result.stderr


def written(folder: Path, *lines: str) -> str:
    path = folder / "posts.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_check_answers_every_line_and_goes_on_after_a_broken_one(tmp_path: Path) -> None:
    posts = written(
        tmp_path,
        '{"id": "a", "text": "Pebble is only IPX4"}',
        "not json",
        '{"id": "b"}',
        "",
        '["a list"]',
        '{"id": "c", "text": "nice weather", "parent": null}',
        '{"id": 2, "text": "so I heard", "parent": 5}',
        '{"id": 7, "text": "4 hours tops", "parent": "How long does the Pebble last on a charge?"}',
    )
    code, out, told = run("check", "--facts", FACTS, posts, *NOW)
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    assert [row.get("label", "error") for row in rows] == [
        "contradicts",
        "error",
        "error",
        "error",
        "none",
        "error",
        "contradicts",
    ]
    assert [row for row in rows if "error" in row] == [
        {"id": None, "line": 2, "error": "not valid JSON from character 1 on; a line holds one JSON object"},
        {"id": "b", "line": 3, "error": "`text` is missing; every line needs it"},
        {"id": None, "line": 5, "error": 'a line must be a JSON object, such as {"id": 1, …}'},
        {"id": 2, "line": 7, "error": "`parent` must be a text in quotes, not a number"},
    ]
    assert told == f"{posts}: 4 lines could not be read (2, 3, 5, 7); the answer to each says what to mend.\n"
    assert list(rows[0]) == ["id", "label", "fact_id", "confidence", "spans", "reason"]
    assert rows[0]["id"] == "a"
    assert rows[0]["spans"] == [[15, 19]]
    assert rows[-1]["id"] == 7


def test_a_broken_fact_file_is_refused_with_its_line(tmp_path: Path) -> None:
    facts = tmp_path / "facts.yml"
    facts.write_text("facts:\n  - id: one\n    entity: One\n", encoding="utf-8")
    code, out, error = run("check", "--facts", str(facts), written(tmp_path, "{}"))
    assert (code, out) == (2, "")
    assert f"{facts}:2 one: `statement` is missing" in error


def test_a_fact_file_without_facts_is_worth_a_word(tmp_path: Path) -> None:
    empty = tmp_path / "facts.yml"
    empty.write_text("facts: []\n")
    posts = tmp_path / "posts.jsonl"
    posts.write_text('{"id": 1, "text": "hello"}\n')
    result = CliRunner().invoke(app, ["check", "--facts", str(empty), str(posts)])
    assert (result.exit_code, json.loads(result.stdout)["label"]) == (0, "none")
    assert "holds no facts" in result.stderr


def test_test_runs_the_examples_and_fails_when_one_does(tmp_path: Path) -> None:
    code, out, _ = run("test", FACTS)
    assert code == 0
    assert "0 failed" in out
    facts = tmp_path / "facts.yml"
    facts.write_text(
        "facts:\n  - id: one\n    entity: One\n    statement: One is free.\n    source_url: https://one.example\n"
        "    misstatements: [One is green]\n",
        encoding="utf-8",
    )
    code, out, _ = run("test", str(facts))
    assert code == 1
    assert f"{facts}:2 one: should be corrected, but is not: “One is green”\n  If it is false, let the statement" in out


def test_test_says_what_to_do_where_a_fact_corrects_what_it_should_leave_alone(tmp_path: Path) -> None:
    facts = tmp_path / "facts.yml"
    facts.write_text(
        "facts:\n  - id: run\n    entity: Tern\n    statement: The Tern runs for 14 hours on a charge.\n"
        "    source_url: https://tern.example\n    not_this: [The Tern runs for 5 hours on a charge]\n",
        encoding="utf-8",
    )
    code, out, _ = run("test", str(facts))
    assert code == 1
    assert "facts.yml:2 run: should be left alone: “The Tern runs for 5 hours on a charge”" in out
    assert "\n  If it is true, narrow the fact: name the model, plan or region" in out


def test_show_says_what_was_understood() -> None:
    code, out, _ = run("show", FACTS)
    assert code == 0
    assert "amount: time, exactly: 9 hours" in out
    assert "connector: usb-c" in out
    assert "about: \n" not in out


def test_show_tells_a_threshold_from_a_price(tmp_path: Path) -> None:
    facts = tmp_path / "facts.yml"
    facts.write_text(
        "facts:\n  - id: ship\n    entity: Tern\n    statement: Tern ships free of charge from 40 euros.\n"
        "    source_url: https://tern.example\n",
        encoding="utf-8",
    )
    _, out, _ = run("show", str(facts))
    assert "  free on condition of: from 40 euros\n" in out
    assert "amount" not in out


def test_evaluate_prints_precision_recall_confusion_and_worst_cases() -> None:
    code, out, _ = run("evaluate", "--facts", FACTS, str(DATA / "posts.jsonl"), *NOW)
    assert code == 0
    assert "precision" in out
    assert "worst cases" in out


@pytest.mark.parametrize("command", ["check", "evaluate"])
def test_a_missing_posts_file_is_said_plainly(command: str) -> None:
    code, _, error = run(command, "--facts", FACTS, "/nowhere/posts.jsonl")
    assert code == 2
    assert "cannot be read" in error
