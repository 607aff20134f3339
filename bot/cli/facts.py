"""`chorus facts`: check posts against a fact file, run its examples, show what was understood, measure. No database."""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TextIO

import orjson
import typer

from bot.cli import lines
from bot.cli.lines import Record
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
    """Judge every post; prints one JSON object a line, in the order read, as it goes.

    A line that cannot be read is answered with its number and an `error`; the exit code is then 1.
    """
    base = _load(facts)
    moment = _moment(now)
    unread = False
    with _opened(posts) as read:
        for number, line in lines.numbered(read):
            answer = _checked(base, number, line, moment)
            unread |= "error" in answer
            sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE))
            sys.stdout.buffer.flush()
    raise typer.Exit(1 if unread else 0)


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
    with _opened(posts) as read:
        typer.echo(str(evaluate(base, _labelled(read), now=_moment(now))))


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


def _checked(base: FactBase, number: int, line: str, now: datetime) -> Record:
    name: object = None
    try:
        row = lines.record_of(line, orjson.loads)
        name = row.get("id")
        text, parent = _texts(row)
    except ValueError as error:
        return lines.refusal(number, name, error)
    return {"id": name, **_shown(base.check(text, parent=parent, now=now))}


def _shown(claim: Claim) -> Record:
    return {
        "label": str(claim.label),
        "fact_id": claim.fact_id,
        "confidence": claim.confidence,
        "spans": [list(span) for span in claim.spans],
        "reason": claim.reason,
    }


def _texts(row: Record) -> tuple[str, str | None]:
    """Return a post and the one it answers, if any; raises `ValueError` in plain words."""
    return lines.text_of(row, "text", needed=True), lines.text_of(row, "parent") or None


def _labelled(read: Iterable[str]) -> Iterator[Labelled]:
    for number, line in lines.numbered(read):
        try:
            row = lines.record_of(line, orjson.loads)
            text, parent = _texts(row)
            label = Label(row.get("label") or "")
        except ValueError as error:
            typer.echo(f"line {number}: {error}", err=True)
            continue
        yield Labelled(str(row.get("id", number)), text, label, row.get("fact_id"), parent)
