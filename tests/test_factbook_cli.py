"""`chorus facts` with the database: put, review, withdraw, and files in and out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from conftest import DrivenClock
from harbour import Harbour, settle
from typer.testing import CliRunner

from bot.cli import factbook
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.deps import Deps
from bot.errors import ChorusError, NotFound

PUT = ("put", "mini-weight", "The Harbour Mini weighs 160 grams.", "--entity", "Harbour Mini")
SOURCE = ("--source", "https://harbour.example/mini")


@pytest.fixture
def harbour(sessions: Sessions, plaza: Plaza, driven: DrivenClock) -> Harbour:
    return settle(plaza, sessions, driven)


def run(harbour: Harbour, *arguments: str, given: str | None = None) -> tuple[int, str]:
    @contextmanager
    def opened() -> Iterator[Deps]:
        yield harbour.deps

    app = typer.Typer()
    factbook.add_to(app, opened)
    result = CliRunner().invoke(app, list(arguments), input=given)
    if isinstance(result.exception, ChorusError):
        raise result.exception
    return result.exit_code, result.output


def test_what_was_understood_is_shown_before_a_fact_is_put(harbour: Harbour) -> None:
    code, said = run(harbour, *PUT, *SOURCE, given="n\n")
    assert code == 1
    assert "amount: mass, exactly: 160 grams" in said
    assert harbour.deps.facts is not None
    assert "mini-weight" not in harbour.deps.facts.facts
    code, said = run(harbour, *PUT, *SOURCE, "--field", "misstatements=The Mini weighs 300 g", given="y\n")
    assert code == 0
    assert "“mini-weight” is in force, in version 1." in said


def test_facts_are_listed_reviewed_and_withdrawn(harbour: Harbour) -> None:
    run(harbour, *PUT, *SOURCE, "--yes")
    assert "mini-weight" in run(harbour, "list")[1]
    assert "in version 2" in run(harbour, "review", "mini-weight", "--owner", "maria")[1]
    assert "corrects nobody" in run(harbour, "withdraw", "mini-weight")[1]
    assert "mini-weight" not in run(harbour, "list")[1]
    assert len(run(harbour, "history", "mini-weight")[1].splitlines()) == 2
    with pytest.raises(NotFound):
        run(harbour, "withdraw", "mini-weight")


def test_a_file_goes_out_and_comes_back(harbour: Harbour, tmp_path: Path) -> None:
    path = tmp_path / "facts.yml"
    assert run(harbour, "export", str(path))[0] == 0
    path.write_text(path.read_text().replace("up to 6 weeks", "up to 8 weeks"))
    assert "1 new or changed, 3 as they were. reader-battery" in run(harbour, "import", str(path))[1]
    assert "up to 8 weeks" in run(harbour, "export")[1]


def test_the_policy_of_a_file_is_taken_over_and_shown(harbour: Harbour, tmp_path: Path) -> None:
    path = tmp_path / "facts.yml"
    assert run(harbour, "export", str(path))[0] == 0
    path.write_text(f"policy: {{review_days: 60}}\n{path.read_text()}")
    assert "due for a review every 60 days" in run(harbour, "import", str(path))[1]
    assert "due for a review every 60 days" in run(harbour, "list")[1]
    assert "review_days: 60" in run(harbour, "export")[1]


def test_reviews_are_asked_for_and_let_go(harbour: Harbour) -> None:
    assert "every 60 days" in run(harbour, "review-every", "60")[1]
    assert "due for a review every 60 days" in run(harbour, "list")[1]
    assert "No review is due" in run(harbour, "review-every", "never")[1]
    assert "due for a review" not in run(harbour, "list")[1]
    with pytest.raises(ChorusError, match="no number of days"):
        run(harbour, "review-every", "²")


def test_mistakes_are_told_in_words(harbour: Harbour, tmp_path: Path) -> None:
    with pytest.raises(ChorusError, match="not an http"):
        run(harbour, *PUT, "--source", "mini", "--yes")
    with pytest.raises(ChorusError, match="not NAME=VALUE"):
        run(harbour, *PUT, *SOURCE, "--field", "colour=red")
    with pytest.raises(ChorusError, match="cannot be read"):
        run(harbour, "import", str(tmp_path / "none.yml"))
    with pytest.raises(ChorusError, match="never been a fact"):
        run(harbour, "history", "nothing")


def test_a_look_back_is_asked_for(harbour: Harbour) -> None:
    run(harbour, "look-back")
    assert [asked["fact"] for asked in harbour.asked_for("look_back")] == [None]
