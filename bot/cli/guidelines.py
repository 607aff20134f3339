"""`chorus guidelines` and `chorus mentions`: packs and texts from files, no database and no settings."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from guidelines import evaluate as evaluation
from guidelines import explain as explanation
from guidelines import testing
from guidelines.base import Candidate, check
from guidelines.lint import lint as lint_pack
from guidelines.pack import Pack, PackError, default, load
from guidelines.replay import replay
from guidelines.suspicious import suspicion

app = typer.Typer(no_args_is_help=True, help="Check texts against guideline packs, and test the packs.")
mentions_app = typer.Typer(no_args_is_help=True, help="Look at what others wrote.")

PackOption = Annotated[Path | None, typer.Option("--pack", help="A pack file; the default pack when not given.")]
PackArgument = Annotated[Path | None, typer.Argument(help="A pack file; the default pack when not given.")]
CompanyOption = Annotated[list[str] | None, typer.Option("--company", help="A name that means us; may be repeated.")]
Lines = Annotated[Path, typer.Argument(help="JSON lines; - reads standard input.")]
Record = dict[str, Any]


@app.callback()
def _guidelines() -> None:
    """Keep the sub-commands under their names even while there is only one."""


@mentions_app.callback()
def _mentions() -> None:
    """Keep the sub-commands under their names even while there is only one."""


def _pack(path: Path | None) -> Pack:
    try:
        return default() if path is None else load(path)
    except PackError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


@app.command("check")
def check_replies(replies: Lines, pack: PackOption = None, company: CompanyOption = None) -> None:
    """Check replies, one JSON object a line, and print one verdict a line."""
    chosen, names = _pack(pack), tuple(company or ())
    _each_line(replies, lambda record: _verdict(record, chosen, names))


def _verdict(record: Record, pack: Pack, company: tuple[str, ...]) -> Record:
    candidate = replace(_candidate(record), company=company)
    verdict = check(candidate, pack)
    findings = [
        {
            "rule": finding.rule,
            "severity": finding.severity.value,
            "span": list(finding.span) if finding.span else None,
            "why": finding.why,
            "fix": finding.fix,
        }
        for finding in verdict.findings
    ]
    answer: Record = {"id": record.get("id"), "allowed": not verdict.blocked, "findings": findings}
    return answer | ({"skipped": list(verdict.skipped)} if verdict.skipped else {})


def _candidate(record: Record) -> Candidate:
    identity = _text(record, "identity") or "employee"
    if identity not in ("brand", "employee"):
        raise ValueError(f"identity must be brand or employee, not {identity!r}")
    if not isinstance(record.get("reply"), str):
        raise ValueError("reply must be a text")
    return Candidate(
        text=record["reply"],
        platform=_text(record, "platform"),
        venue=_text(record, "venue"),
        mention=_text(record, "mention"),
        mention_kind=_text(record, "mention_kind") or "other",
        identity=identity,
        language=_text(record, "language") or None,
    )


def _text(record: Record, key: str) -> str:
    value = record.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} must be a text")
    return value or ""


def _each_line(path: Path, answer: Callable[[Record], Record]) -> None:
    """Print one answer per line read; a bad line is answered with an error, and the next one follows."""
    for line in _read(path):
        if not line.strip():
            continue
        name: object = None
        try:
            record = json.loads(line)
            if not isinstance(record, dict):
                raise ValueError("a line must be a JSON object")
            name = record.get("id")
            result = answer(record)
        except (ValueError, RecursionError) as error:
            result = {"id": name, "error": str(error)}
        _print(json.dumps(result, ensure_ascii=False))


def _read(path: Path) -> Iterator[str]:
    if str(path) == "-":
        yield from (raw.decode("utf-8", "replace") for raw in sys.stdin.buffer)
        return
    try:
        with path.open("rb") as lines:
            for raw in lines:
                yield raw.decode("utf-8", "replace")
    except OSError as error:
        typer.echo(f"{path}: {error.strerror}", err=True)
        raise typer.Exit(2) from error


def _print(line: str) -> None:
    """Write a line at once, also when it holds halves of characters that UTF-8 has no code for."""
    sys.stdout.write(line.encode("utf-8", "replace").decode("utf-8") + "\n")
    sys.stdout.flush()


@app.command("test")
def run_tests(
    pack: PackArgument = None,
    strict: Annotated[bool, typer.Option("--strict", help="Also fail on cross-fires and too few examples.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.")] = None,
) -> None:
    """Run the examples of a pack; the exit code is 1 when one does not come out as written."""
    report = testing.run_examples(_pack(pack))
    if junit:
        junit.write_text(testing.as_junit(report, strict=strict), "utf-8")
    typer.echo(testing.as_text(report, strict=strict))
    raise typer.Exit(0 if report.passes(strict=strict) else 1)


@app.command("explain")
def explain_text(
    text: Annotated[str, typer.Argument(help="The reply.")],
    pack: PackOption = None,
    company: CompanyOption = None,
    platform: Annotated[str, typer.Option()] = "",
    mention: Annotated[str, typer.Option(help="The post that it answers.")] = "",
    identity: Annotated[str, typer.Option(help="employee or brand")] = "employee",
) -> None:
    """Say which rules object to a text, and why."""
    candidate = Candidate(text, platform, mention=mention, identity=identity, company=tuple(company or ()))
    typer.echo(explanation.as_text(explanation.explain(candidate, _pack(pack)), text))


def compare_on(replies: Path, old: Pack, new: Pack, company: tuple[str, ...]) -> None:
    """Say what a new pack would change over replies from a file."""
    outcome = replay(_keyed(replies, company), old, new)
    typer.echo(outcome.summary())
    for rule, (more, fewer) in outcome.by_rule.items():
        typer.echo(f"  {rule}: {more} more, {fewer} fewer")
    for change in (*outcome.newly_blocked, *outcome.released):
        typer.echo(f"  {'blocked' if change.is_blocked else 'released'} {change.key}: {change.text[:120]!r}")


def _keyed(path: Path, company: tuple[str, ...]) -> Iterator[tuple[str, Candidate]]:
    for number, line in enumerate(_read(path), 1):
        if line.strip():
            try:
                record = json.loads(line)
                yield str(record.get("id", number)), replace(_candidate(record), company=company)
            except (ValueError, AttributeError) as error:
                typer.echo(f"{path}:{number}: {error}", err=True)


@app.command("lint")
def lint_file(pack: PackArgument = None) -> None:
    """Warn of rules that are slow, unexplained, untested or too broad; the exit code is 1 when there are remarks."""
    remarks = lint_pack(_pack(pack))
    for remark in remarks:
        typer.echo(str(remark))
    raise typer.Exit(1 if remarks else 0)


@app.command("evaluate")
def evaluate_pack(
    replies: Annotated[Path, typer.Argument(help="Labelled replies: JSON lines with `rules`.")],
    pack: PackOption = None,
    split: Annotated[str | None, typer.Option(help="Only this split.")] = None,
) -> None:
    """Measure a pack on labelled replies: precision, recall, confusion, and the ten worst cases."""
    chosen = _pack(pack)
    judged = evaluation.judge_all(evaluation.read_replies(replies, split), chosen)
    labelled = {rule for one in judged for rule in one.labelled.rules}
    typer.echo(evaluation.report(judged, [rule.id for rule in chosen.rules if rule.id in labelled]))


@mentions_app.command("suspicious")
def suspicious_posts(posts: Lines) -> None:
    """Mark posts that try to give orders to a language model, one JSON object a line."""
    _each_line(posts, _suspect)


@mentions_app.command("evaluate")
def evaluate_suspicion(
    posts: Annotated[Path, typer.Argument(help="Labelled posts: JSON lines with `text` and `suspicious`.")],
) -> None:
    """Measure the detector of orders on labelled posts: precision, recall, and ten mistakes."""
    typer.echo(evaluation.suspicion_report(json.loads(line) for line in _read(posts) if line.strip()))


def _suspect(record: Record) -> Record:
    texts = [record[key] for key in ("text", "mention", "post", "body") if isinstance(record.get(key), str)]
    if not texts:
        raise ValueError("text must be a text")
    reason = suspicion(texts[0])
    return {"id": record.get("id"), "suspicious": reason is not None, "reason": reason or ""}
