"""`chorus guidelines` on a real database: packs are put in force, compared, tried on the past, and learn."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from audit_world import AT, Past
from slack_world import build
from typer.testing import CliRunner

from bot import packs
from bot.__main__ import cli
from bot.cli import guidelines as guidelines_cli
from bot.cli import packs as packs_cli
from bot.database import Sessions
from bot.deps import Deps
from bot.errors import ChorusError
from bot.models import Employee
from bot.rulebook import Rulebook
from guidelines.pack import default, load

PACK = """guidelines: 1
pack: small
version: "1"
rules:
  - id: rivals
    severity: block
    why: It looks small.
    fix: Say what ours does.
    check: {phrases: [Kestrel]}
    examples:
      fail:
        - Kestrel!
      pass:
        - ours
"""
SORRY = PACK.replace("[Kestrel]", "[Kestrel, Sorry]").replace('"1"', '"2"')


@pytest.fixture
def deps(sessions: Sessions) -> Deps:
    built = build(sessions, lambda: AT + timedelta(days=2)).deps
    return replace(built, rulebook=Rulebook(load(PACK), None, sessions))


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    return written(tmp_path / "stricter.yml", SORRY)


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def ask(deps: Deps, *words: object, fails: bool = False) -> str:
    @contextmanager
    def opened() -> Iterator[Deps]:
        yield deps

    app = typer.Typer()
    packs_cli.add_to(app, opened)
    result = CliRunner().invoke(app, list(map(str, words)))
    assert (result.exit_code != 0) is fails, result.output
    return str(result.exception) if isinstance(result.exception, ChorusError) else result.output


def test_a_file_comes_into_force_and_an_earlier_version_is_gone_back_to(deps: Deps, stricter: Path) -> None:
    assert "No version is kept yet" in ask(deps, "versions")
    assert "small 2" in ask(deps, "activate", stricter)
    assert deps.pack.version == "2"
    listed = ask(deps, "versions")
    assert "small 1" in listed
    earlier = next(version.id for version in packs.versions(deps) if not version.in_force)
    ask(deps, "activate", "--version", earlier)
    assert deps.pack.version == "1"


def test_a_broken_pack_is_refused_with_file_and_line_and_changes_nothing(deps: Deps, tmp_path: Path) -> None:
    broken = written(tmp_path / "broken.yml", SORRY.replace("phrases", "phrasez"))
    told = ask(deps, "activate", broken, fails=True)
    assert f"{broken}:9 rivals: " in told
    assert "did you mean 'phrases'?" in told
    assert packs.versions(deps) == []
    assert "Name a pack file" in ask(deps, "activate", fails=True)
    assert "no version no. 99" in ask(deps, "activate", "--version", 99, fails=True)


def test_a_replay_says_what_would_have_been_blocked(deps: Deps, stricter: Path) -> None:
    reply = Past(deps.sessions).reply()
    told = ask(deps, "replay", "--since", "90d", "--pack", stricter)
    assert "small 2: 1 more blocked, 0 fewer" in told
    assert f"blocked /replies/{reply.id}: 'Sorry! Version 4 keeps it.'" in told
    assert "No version waits" in ask(deps, "replay", fails=True)
    added = packs.add(deps, SORRY, by=None)
    assert "small 2: 1 more blocked" in ask(deps, "replay")
    assert "1 more blocked" in ask(deps, "replay", "--version", added.id)
    assert "not a length of time" in ask(deps, "replay", "--since", "soon", fails=True)


def test_old_replies_are_queued_for_review(deps: Deps, stricter: Path) -> None:
    reply = Past(deps.sessions).reply()
    assert "No version was activated yet" in ask(deps, "scan", fails=True)
    ask(deps, "activate", stricter)
    assert f"1 replies wait for a reviewer: {reply.id}." in ask(deps, "scan", "--since", "30d")


def test_examples_that_were_taken_are_written_into_the_pack(deps: Deps, tmp_path: Path) -> None:
    with deps.sessions.begin() as session:
        admin = Employee(slack_user="UADMIN", name="Ada", roles=["admin"], first_seen_at=AT)
        session.add(admin)
    first = packs.propose(deps, "rivals", "The kestrel is a bird.", situation={}, by=admin, comment="It is.")
    assert "1 proposed rivals: 'The kestrel is a bird.' should pass (Ada: It is.)" in ask(deps, "learn")
    packs.take(deps, first.id, by=admin)
    told = ask(deps, "learn", "--write", tmp_path / "next.yml")
    assert "+        - The kestrel is a bird." in told
    assert load(tmp_path / "next.yml").version == "2026-11-23.1"


def test_a_file_is_compared_with_the_pack_in_force_with_another_file_and_over_replies(
    deps: Deps, stricter: Path, tmp_path: Path
) -> None:
    changed = "rivals: check.phrases: added Sorry"
    old = written(tmp_path / "old.yml", PACK)
    replies = written(
        tmp_path / "r.jsonl", '{"id":"a","reply":"Kestrel"}\n{"id":"b","reply":"Sorry"}\nx\n{"id":"c","reply":"ok"}\n'
    )
    assert changed in ask(deps, "diff", stricter)
    assert changed in ask(deps, "diff", old, stricter)
    header = f"small 1 ({load(PACK).sha256[:12]}, {old}) → small 2 ({load(SORRY).sha256[:12]}, {stricter})\n"
    assert ask(deps, "diff", old, stricter).startswith(header)
    assert ", pack), the pack in force, → small 2 (" in ask(deps, "diff", stricter)
    assert ask(deps, "diff", old, old).endswith("  They say the same.\n")
    told = ask(deps, "diff", old, stricter, replies)
    assert "Of 3 texts 1 more would be blocked, 0 fewer" in told
    assert "blocked b: 'Sorry'" in told
    assert "Give the new pack" in ask(deps, "diff", old, old, old, old, fails=True)


def test_a_comparison_says_which_rules_of_the_new_pack_are_broken_and_where_no_reply_could_be_read(
    deps: Deps, tmp_path: Path
) -> None:
    old = written(tmp_path / "old.yml", PACK)
    new = written(tmp_path / "new.yml", PACK + "  - {id: bad, check: {pattern: '('}}\n")
    told = ask(deps, "diff", old, new, fails=True)
    assert "new rule: bad" in told
    assert f"broken, so it does not run: {new}:15 bad: pattern: the pattern '(' is not valid" in told
    assert "broken" not in ask(deps, "diff", new, old)
    assert f"{old}: no line in it could be read." in ask(deps, "diff", old, old, old, fails=True)


def test_a_file_is_compared_with_the_pack_of_the_settings_while_there_is_no_database(
    stricter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "CHORUS_GUIDELINE_PACK", "CHORUS_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(cli, ["guidelines", "diff", str(stricter)])
    assert told.exit_code == 0, told.output
    assert told.output.startswith(f"default {default().version} ({default().sha256[:12]}, ")
    assert "rule taken out: hard-sell" in told.output
    old = written(tmp_path / "old.yml", PACK)
    monkeypatch.setenv("CHORUS_GUIDELINE_PACK", str(old))
    assert CliRunner().invoke(cli, ["guidelines", "diff", str(stricter)]).output.startswith("small 1 (")
    assert not (tmp_path / ".chorus").exists(), "looking makes no database"


def test_checking_testing_and_explaining_ask_for_no_database() -> None:
    result = CliRunner().invoke(guidelines_cli.app, ["explain", "Order today and get 30% off!!"])
    assert "hard-sell" in result.output
