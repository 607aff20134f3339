"""Runs rules on a reading: collects findings, turns a rule that could not run into a visible skip."""

from collections.abc import Iterator, Sequence
from typing import Final

from guidelines.base import Finding, Judge, Judgement, Question, Severity
from guidelines.checks.contract import CheckTimeoutError
from guidelines.checks.similarity import likeness
from guidelines.pack_schema import OFF
from guidelines.reading import READ_LIMIT, Reading
from guidelines.rule import Rule

_GRAVITY: Final = {Severity.BLOCK: 0, Severity.WARN: 1, Severity.INFO: 2}
UNREAD: Final = "unread"
"""The finding on a text that is too long to be read whole: it is never called fine."""

EMPTY: Final = "empty"
"""The finding on a text in which there is nothing to read."""


def run(
    rules: Sequence[Rule], reading: Reading, judge: Judge | None, file: str
) -> tuple[list[Finding], tuple[str, ...]]:
    """Return the findings, gravest first and then by place, and the rules that could not run, with the reason."""
    findings: list[Finding] = []
    skipped: list[str] = []
    if not reading.folded.strip():
        findings.append(_empty())
    if not reading.complete:
        findings.append(_unread(reading))
    for rule in rules:
        effect = rule.scope.effect(reading.candidate)
        if effect == OFF:
            continue
        severity = Severity(effect)
        try:
            findings.extend(rule.findings(reading, severity))
        except CheckTimeoutError as error:
            skipped.append(f"{file}:{rule.line} {rule.id}: {error}")
            if severity is Severity.BLOCK:
                findings.append(_not_run(rule, error))
        if rule.judge:
            findings.extend(_judged(rule, reading, severity, judge))
    findings.sort(key=lambda finding: (_GRAVITY[finding.severity], finding.span or (-1, -1)))
    return findings, tuple(skipped)


def _empty() -> Finding:
    why = "The text is empty, or made of what nobody sees."
    return Finding(EMPTY, Severity.BLOCK, why, "Write what the person should read.", None, "Nothing to post")


def _unread(reading: Reading) -> Finding:
    length = len(reading.candidate.text)
    why = f"Only the first {READ_LIMIT:,} of {length:,} characters were checked."
    return Finding(UNREAD, Severity.BLOCK, why, "Shorten the text.", (READ_LIMIT, length), "Too long to check")


def _not_run(rule: Rule, error: CheckTimeoutError) -> Finding:
    return Finding(
        rule.id,
        Severity.BLOCK,
        f"This rule could not be checked: {error}.",
        "Ask whoever keeps the guidelines.",
        None,
        rule.title,
    )


def _judged(rule: Rule, reading: Reading, severity: Severity, judge: Judge | None) -> Iterator[Finding]:
    judgement = judge(_question(rule, reading)) if judge else None
    text = reading.candidate.text
    if judgement is not None and (not judgement.violates or _is_literal(judgement, text)):
        if judgement.violates:
            start = text.index(judgement.quote)
            span = (start, start + len(judgement.quote))
            yield Finding(rule.id, severity, rule.why or rule.judge, rule.fix, span, rule.title)
        return
    yield from _without_model(rule, reading, severity)


def _is_literal(judgement: Judgement, text: str) -> bool:
    return bool(judgement.quote) and judgement.quote in text


def _question(rule: Rule, reading: Reading) -> Question:
    candidate = reading.candidate
    passing = tuple(example.text for example in rule.passing)
    failing = tuple(example.text for example in rule.failing)
    return Question(rule.id, rule.judge, candidate.text, candidate.mention, passing, failing)


def _without_model(rule: Rule, reading: Reading, severity: Severity) -> Iterator[Finding]:
    """Compare with the rule's examples; when they do not decide, a person must."""
    fallback = rule.without_model
    text = reading.candidate.text
    if fallback and fallback.nearest_example is not None:
        bad = max((likeness(text, example.text) for example in rule.failing), default=0.0)
        good = max((likeness(text, example.text) for example in rule.passing), default=0.0)
        if max(bad, good) >= fallback.nearest_example:
            if bad >= good:
                yield Finding(
                    rule.id,
                    severity,
                    f"Much like an example that is not allowed. {rule.why}".strip(),
                    rule.fix,
                    None,
                    rule.title,
                )
            return
    otherwise = fallback.otherwise if fallback else "ask_human"
    weight = Severity.BLOCK if otherwise == "block" else Severity.WARN
    said = "Please judge this yourself" if otherwise == "ask_human" else "No model could answer"
    yield Finding(rule.id, weight, f"{said}: {rule.judge}", rule.fix, None, rule.title)
