"""`chorus facts`: check posts against a fact file, run its examples, show what was understood, measure. No database."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

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


@app.callback()
def _facts() -> None:
    """Write UTF-8, whatever the terminal claims to speak."""
    lines.speak_utf8()


@app.command()
def check(facts: FactsOption, posts: PostsArgument, now: NowOption = None) -> None:
    """Judge every post; prints one JSON object a line, in the order read, as it goes.

    A line that cannot be read is answered with its number and an `error`; the exit code is then 1.
    """
    base = load(facts)
    moment = _moment(now)
    lines.answer_each(posts, lambda row: _checked(base, row, moment))


@app.command()
def test(facts: Annotated[Path, typer.Argument(help="The fact file (YAML).", exists=True, dir_okay=False)]) -> None:
    """Run the `misstatements` and `not_this` of every fact; exits with 1 when one fails."""
    results = list(run_examples(load(facts), now=datetime.now(UTC)))
    for result in results:
        if not result.passed:
            typer.echo(f"{facts}:{result.line} {result.fact_id}: {result.reason}\n  {result.hint}")
    failed = sum(not result.passed for result in results)
    typer.echo(f"{len(results)} examples, {failed} failed")
    raise typer.Exit(1 if failed else 0)


@app.command()
def show(facts: Annotated[Path, typer.Argument(help="The fact file (YAML).", exists=True, dir_okay=False)]) -> None:
    """Print what was understood of every fact, for a person to confirm."""
    base = load(facts)
    for description in describe(base, now=datetime.now(UTC)):
        typer.echo(description)


@app.command("evaluate")
def evaluate_posts(facts: FactsOption, posts: PostsArgument, now: NowOption = None) -> None:
    """Measure on posts that carry a `label` (and a `fact_id`): precision, recall, confusion, worst cases."""
    base = load(facts)
    typer.echo(str(evaluate(base, _labelled(lines.read(posts)), now=_moment(now))))


def load(path: Path) -> FactBase:
    """Read a fact file; one that cannot be used ends the command with file:line, and an empty one is worth a word."""
    try:
        base = FactBase.load(path)
        if not base.facts:
            typer.echo(f"note: {path} holds no facts, so nothing can contradict it.", err=True)
        return base
    except FactsError as error:
        typer.echo(str(error), err=True)
    except (OSError, UnicodeDecodeError) as error:
        typer.echo(f"{path}: cannot be read: {error}", err=True)
    raise typer.Exit(2)


def _moment(now: datetime | None) -> datetime:
    return datetime.now(UTC) if now is None else now.replace(tzinfo=now.tzinfo or UTC)


def _checked(base: FactBase, row: Record, now: datetime) -> Record:
    text, parent = _texts(row)
    return {"id": row.get("id"), **_shown(base.check(text, parent=parent, now=now))}


def _shown(claim: Claim) -> Record:
    return {
        "label": str(claim.label),
        "fact_id": claim.fact_id,
        "confidence": claim.confidence,
        "spans": [list(span) for span in claim.spans],
        "reason": claim.reason,
    }


def _texts(row: Record) -> tuple[str, str | None]:
    """Return a post and the one it answers, if any; raises `UnusableError` in plain words."""
    return lines.text_of(row, "text", needed=True), lines.text_of(row, "parent") or None


def _labelled(read: Iterable[str]) -> Iterator[Labelled]:
    for number, line in lines.numbered(read):
        try:
            row = lines.record_of(line)
            text, parent = _texts(row)
            label = _label(lines.text_of(row, "label", needed=True))
        except lines.UnusableError as error:
            typer.echo(f"line {number}: {error}", err=True)
            continue
        yield Labelled(str(row.get("id", number)), text, label, row.get("fact_id"), parent)


def _label(written: str) -> Label:
    if written not in tuple(Label):
        raise lines.UnusableError(f"`label` must be one of {', '.join(Label)}, not {written!r}")
    return Label(written)
