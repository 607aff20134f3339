"""`chorus facts`: check posts against a fact file, run its examples, show what was understood, measure. No database."""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TextIO

import orjson
import typer

from guidelines.claims.describe import describe
from guidelines.claims.evaluate import Labelled, evaluate
from guidelines.claims.examples import run_examples
from guidelines.facts import Claim, FactBase, FactsError, Label

app = typer.Typer(help="Facts the company stands behind: check posts, test, show, measure.", no_args_is_help=True)

FactsOption = Annotated[Path, typer.Option("--facts", "-f", help="The fact file (YAML).", exists=True, dir_okay=False)]
PostsArgument = Annotated[
    Path, typer.Argument(help="Posts, one JSON object a line; - reads standard input.", allow_dash=True)
]
NowOption = Annotated[
    datetime | None, typer.Option("--now", help="The moment to judge validity by; default: this one.")
]


@app.command()
def check(facts: FactsOption, posts: PostsArgument, now: NowOption = None) -> None:
    """Judge every post; prints one JSON object a line, in the order read, as it goes."""
    base = _load(facts)
    moment = _moment(now)
    with _opened(posts) as lines:
        for line in lines:
            if line.strip():
                sys.stdout.buffer.write(orjson.dumps(_checked(base, line, moment), option=orjson.OPT_APPEND_NEWLINE))
                sys.stdout.buffer.flush()


@app.command()
def test(facts: Annotated[Path, typer.Argument(help="The fact file (YAML).", exists=True, dir_okay=False)]) -> None:
    """Run the `misstatements` and `not_this` of every fact; exits with 1 when one fails."""
    results = list(run_examples(_load(facts), now=datetime.now(UTC)))
    for result in results:
        if not result.passed:
            typer.echo(f"{facts}:{result.line} {result.fact_id}: {result.reason}")
    failed = sum(not result.passed for result in results)
    typer.echo(f"{len(results)} examples, {failed} failed")
    raise typer.Exit(1 if failed else 0)


@app.command()
def show(facts: Annotated[Path, typer.Argument(help="The fact file (YAML).", exists=True, dir_okay=False)]) -> None:
    """Print what was understood of every fact, for a person to confirm."""
    base = _load(facts)
    for description in describe(base, now=datetime.now(UTC)):
        typer.echo(description)


@app.command("evaluate")
def evaluate_posts(facts: FactsOption, posts: PostsArgument, now: NowOption = None) -> None:
    """Measure on posts that carry a `label` (and a `fact_id`): precision, recall, confusion, worst cases."""
    base = _load(facts)
    with _opened(posts) as lines:
        typer.echo(str(evaluate(base, _labelled(lines), now=_moment(now))))


def _load(path: Path) -> FactBase:
    try:
        return FactBase.load(path)
    except FactsError as error:
        typer.echo(str(error), err=True)
    except (OSError, UnicodeDecodeError) as error:
        typer.echo(f"{path}: cannot be read: {error}", err=True)
    raise typer.Exit(2)


def _moment(now: datetime | None) -> datetime:
    return datetime.now(UTC) if now is None else now.replace(tzinfo=now.tzinfo or UTC)


def _opened(posts: Path) -> TextIO:
    source = sys.stdin.fileno() if str(posts) == "-" else posts
    try:
        return open(source, encoding="utf-8", errors="replace", closefd=str(posts) != "-")
    except OSError as error:
        typer.echo(f"{posts}: cannot be read: {error.strerror}", err=True)
        raise typer.Exit(2) from error


def _checked(base: FactBase, line: str, now: datetime) -> dict[str, Any]:
    try:
        row = _row(line)
    except ValueError as error:
        return {"id": None, "error": str(error)}
    claim = base.check(row["text"], parent=row.get("parent"), now=now)
    return {"id": row.get("id"), **_shown(claim)}


def _shown(claim: Claim) -> dict[str, Any]:
    return {
        "label": str(claim.label),
        "fact_id": claim.fact_id,
        "confidence": claim.confidence,
        "spans": [list(span) for span in claim.spans],
        "reason": claim.reason,
    }


def _row(line: str) -> dict[str, Any]:
    """One line's object; raises ValueError in plain words."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")
    if not isinstance(row.get("text"), str):
        raise ValueError("`text` is missing or not a string")
    if not isinstance(row.get("parent"), str | None):
        raise ValueError("`parent` is not a string")
    return row


def _labelled(lines: Iterable[str]) -> Iterator[Labelled]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = _row(line)
            label = Label(row.get("label") or "")
        except ValueError as error:
            typer.echo(f"line {number}: {error}", err=True)
            continue
        yield Labelled(str(row.get("id", number)), row["text"], label, row.get("fact_id"), row.get("parent"))
