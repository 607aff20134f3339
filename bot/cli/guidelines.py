"""`chorus guidelines` and `chorus mentions`: packs and texts from files, no database and no settings."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import facts as fact_files
from bot.cli import lines
from bot.cli.lines import Record
from connectors.base import Identity
from connectors.registry import GROUP
from guidelines import evaluate as evaluation
from guidelines import explain as explanation
from guidelines import testing
from guidelines.base import Candidate, FactCheck, check
from guidelines.lint import lint as lint_pack
from guidelines.pack import Pack, PackError, default, load
from guidelines.pack_places import said_of
from guidelines.pack_schema import MENTION_KINDS, KindOfMention, kind_name
from guidelines.replay import replay
from guidelines.suspicious import suspicion, unread

app = typer.Typer(no_args_is_help=True, help="Check texts against guideline packs, and test the packs.")
mentions_app = typer.Typer(no_args_is_help=True, help="Look at what others wrote.")

PackOption = Annotated[Path | None, typer.Option("--pack", help="A pack file; the default pack when not given.")]
PackArgument = Annotated[Path | None, typer.Argument(help="A pack file; the default pack when not given.")]
FactsOption = Annotated[
    Path | None,
    typer.Option("--facts", help="A fact file that replies must not contradict.", exists=True, dir_okay=False),
]
CompanyOption = Annotated[list[str] | None, typer.Option("--company", help="A name that means us; may be repeated.")]
Lines = Annotated[Path, typer.Argument(help="JSON lines; - reads standard input.")]


@app.callback()
def _guidelines() -> None:
    """Keep the sub-commands under their names even while there is only one."""
    lines.speak_utf8()


@mentions_app.callback()
def _mentions() -> None:
    """Keep the sub-commands under their names even while there is only one."""
    lines.speak_utf8()


def _pack(path: Path | None, *, strict: bool = False) -> Pack:
    try:
        return default() if path is None else load(path, strict=strict)
    except PackError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


@app.command("check")
def check_replies(
    replies: Lines, pack: PackOption = None, company: CompanyOption = None, facts: FactsOption = None
) -> None:
    """Check replies, one JSON object a line, and print one verdict a line.

    A line that cannot be read is answered with its number and an `error`; the exit code is then 1. Broken rules, kinds
    of mention and platforms that nobody knows are named once on standard error; a broken rule that forbids posting
    blocks every reply.
    """
    chosen, names, notes = _pack(pack), tuple(company or ()), lines.Notes()
    notes.say(map(str, chosen.problems))
    known = _facts(facts)

    def answer(record: Record) -> Record:
        candidate = replace(_candidate(record), company=names)
        notes.say(_notes(candidate))
        return {"id": record.get("id"), **_verdict(candidate, chosen, known)}

    lines.answer_each(replies, answer)


def _facts(path: Path | None) -> FactCheck | None:
    return None if path is None else partial(fact_files.load(path).conflicts, now=datetime.now(UTC))


def _verdict(candidate: Candidate, pack: Pack, facts: FactCheck | None) -> Record:
    verdict = check(candidate, pack, facts=facts)
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
    answer: Record = {"allowed": not verdict.blocked, "findings": findings}
    return answer | ({"skipped": list(verdict.skipped)} if verdict.skipped else {})


def _candidate(record: Record) -> Candidate:
    identity = lines.text_of(record, "identity") or Identity.EMPLOYEE.value
    if identity not in tuple(Identity):
        raise lines.UnusableError(f"`identity` must be {' or '.join(Identity)}, not {identity!r}")
    return Candidate(
        text=lines.text_of(record, "reply", needed=True),
        platform=lines.text_of(record, "platform"),
        venue=lines.text_of(record, "venue"),
        mention=lines.text_of(record, "mention"),
        mention_kind=lines.text_of(record, "mention_kind") or "other",
        identity=identity,
        language=lines.text_of(record, "language") or None,
    )


def _notes(candidate: Candidate) -> list[str]:
    """Say which names of a record look like a slip: rules that ask for them hold, or do not hold, by mistake."""
    notes = []
    if kind_name(candidate.mention_kind) not in MENTION_KINDS:
        known = ", ".join(MENTION_KINDS)
        notes.append(f"no kind of mention is called {candidate.mention_kind!r} (known: {known})")
    if candidate.platform and candidate.platform.lower() not in _platforms():
        said, hint = said_of(candidate.platform, _platforms())
        notes.append(f"{said} ({hint})" if hint.startswith("did you mean") else said)
    return notes


@cache
def _platforms() -> frozenset[str]:
    """Return the names of the platforms that a connector is installed for, without loading one."""
    return frozenset(point.name for point in entry_points(group=GROUP))


@app.command("test")
def run_tests(
    pack: PackArgument = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Also fail on cross-fires, too few examples and unknown platforms.")
    ] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.")] = None,
) -> None:
    """Run the examples of a pack; the exit code is 1 when one does not come out as written, or a rule is broken."""
    report = testing.run_examples(_pack(pack), platforms=_platforms())
    if junit:
        _write(junit, testing.as_junit(report, strict=strict))
    typer.echo(testing.as_text(report, strict=strict))
    raise typer.Exit(0 if report.passes(strict=strict) else 1)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        typer.echo(f"{path}: cannot be written: {error.strerror}", err=True)
        raise typer.Exit(2) from error


@app.command("explain")
def explain_text(
    text: Annotated[str, typer.Argument(help="The reply.")],
    pack: PackOption = None,
    company: CompanyOption = None,
    platform: Annotated[str, typer.Option(help="Where it would stand, such as x or reddit.")] = "",
    venue: Annotated[str, typer.Option(help="The community there, such as r/cycling.")] = "",
    mention: Annotated[str, typer.Option(help="The post that it answers.")] = "",
    mention_kind: Annotated[KindOfMention, typer.Option(help="What that post is.")] = "other",
    identity: Annotated[Identity, typer.Option(help="Who says it.")] = Identity.EMPLOYEE,
    facts: FactsOption = None,
) -> None:
    """Say which rules object to a text, and why."""
    names = tuple(company or ())
    candidate = Candidate(text, platform, venue, mention, mention_kind, identity.value, company=names)
    for note in _notes(candidate):
        typer.echo(f"note: {note}", err=True)
    typer.echo(explanation.as_text(explanation.explain(candidate, _pack(pack), facts=_facts(facts)), text))


def compare_on(replies: Path, old: Pack, new: Pack, company: tuple[str, ...]) -> None:
    """Say what a new pack would change over replies from a file."""
    keyed = list(lines.readable(replies, partial(_keyed, company=company)))
    outcome = replay(((str(number if key is None else key), candidate) for number, (key, candidate) in keyed), old, new)
    typer.echo(outcome.summary())
    for rule, (more, fewer) in outcome.by_rule.items():
        typer.echo(f"  {rule}: {more} more, {fewer} fewer")
    for change in (*outcome.newly_blocked, *outcome.released):
        typer.echo(f"  {'blocked' if change.is_blocked else 'released'} {change.key}: {change.text[:120]!r}")


def _keyed(record: Record, company: tuple[str, ...]) -> tuple[object, Candidate]:
    return record.get("id"), replace(_candidate(record), company=company)


@app.command("lint")
def lint_file(pack: PackArgument = None) -> None:
    """Warn of rules that are slow, unexplained, untested or too broad; the exit code is 1 when there are remarks."""
    remarks = lint_pack(_pack(pack), platforms=_platforms())
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
    chosen = _pack(pack, strict=True)
    read = (one for _, one in lines.readable(replies, _labelled))
    judged = evaluation.judge_all((one for one in read if split is None or one.split == split), chosen)
    labelled = {rule for one in judged for rule in one.labelled.rules}
    typer.echo(evaluation.report(judged, [rule.id for rule in chosen.rules if rule.id in labelled]))


def _labelled(record: Record) -> evaluation.Labelled:
    candidate = replace(_candidate(record), company=_names(record, "company"))
    name = str(record.get("id", ""))
    return evaluation.Labelled(name, lines.text_of(record, "split"), candidate, frozenset(_names(record, "rules")))


def _names(record: Record, key: str) -> tuple[str, ...]:
    value = record.get(key) or ()
    names = (value,) if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise lines.UnusableError(f"`{key}` must be a list of texts in quotes")
    return tuple(names)


@mentions_app.command("suspicious")
def suspicious_posts(posts: Lines) -> None:
    """Mark posts that try to give orders to a language model, one JSON object a line."""
    lines.answer_each(posts, _suspect)


@mentions_app.command("evaluate")
def evaluate_suspicion(
    posts: Annotated[Path, typer.Argument(help="Labelled posts: JSON lines with `text` and `suspicious`.")],
) -> None:
    """Measure the detector of orders on labelled posts: precision, recall, and ten mistakes."""
    typer.echo(evaluation.suspicion_report(post for _, post in lines.readable(posts, _labelled_post)))


def _labelled_post(record: Record) -> Record:
    if not isinstance(record.get("suspicious"), bool | int):
        raise lines.UnusableError("`suspicious` must be true or false")
    return {"text": lines.text_of(record, "text", needed=True), "suspicious": bool(record["suspicious"])}


def _suspect(record: Record) -> Record:
    named = next((key for key in ("text", "mention", "post", "body") if isinstance(record.get(key), str)), "text")
    text = lines.text_of(record, named, needed=True)
    reason = suspicion(text)
    return {"id": record.get("id"), "suspicious": reason is not None, "reason": reason or unread(text) or ""}
