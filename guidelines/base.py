"""What is checked, what a check finds, and the verdict that all findings together make."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Severity(StrEnum):
    """How much a finding weighs: `block` forbids posting, `warn` is shown and counted, `info` is a hint."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that may become public, and what the checks may know of the place where it would stand.

    `identity` is `brand` or `employee`. `mention` is the post it answers, untrusted; `mention_kind` is triage's word
    for it. `company` holds the names that mean us. `recent` holds our own recent replies elsewhere, newest first, and
    `recent_days` how many days old each of them is; those beyond its end count as new.
    """

    text: str
    platform: str = ""
    venue: str = ""
    mention: str = ""
    mention_kind: str = "other"
    identity: str = "employee"
    language: str | None = None
    company: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    max_length: int | None = None
    recent_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says. `span` is the offending part as `(start, end)` in code points, where there is one."""

    rule: str
    severity: Severity
    why: str
    fix: str = ""
    span: tuple[int, int] | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings of one pack on one text, with the pack's name, version and SHA-256.

    `skipped` names rules that could not run, each as `file:line rule: reason`: shown, never silent.
    """

    pack: str
    version: str
    sha256: str
    findings: tuple[Finding, ...] = ()
    skipped: tuple[str, ...] = field(default=())

    @property
    def blocked(self) -> bool:
        """Whether any finding forbids posting."""
        return any(finding.severity is Severity.BLOCK for finding in self.findings)

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that forbid posting."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.BLOCK)


@dataclass(frozen=True, slots=True)
class Conflict:
    """A part of a text, in code points, that contradicts a fact, and how."""

    span: tuple[int, int]
    why: str


FactCheck = Callable[[str], Iterable[Conflict]]
"""Finds what a text says against the fact base; given from outside, since packs hold no facts."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a judged rule asks a model: never more than the text, the post it answers and the rule's own examples."""

    rule: str
    question: str
    text: str
    mention: str
    passing: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """A model's answer. It counts only when `quote` stands literally in the text."""

    violates: bool
    quote: str = ""
    confidence: float = 1.0


Judge = Callable[[Question], Judgement | None]
"""Asks a model; nothing means that no answer came, for whatever reason."""


class Ruleset(Protocol):
    """What can give a verdict: a guideline pack."""

    def verdict(
        self, candidate: Candidate, *, facts: FactCheck | None = None, judge: Judge | None = None, trained: bool = True
    ) -> Verdict: ...


def check(
    candidate: Candidate,
    pack: Ruleset,
    *,
    facts: FactCheck | None = None,
    judge: Judge | None = None,
    trained: bool = True,
) -> Verdict:
    """Check a text against a pack. Never raises on any text; what could not be checked is said in the verdict.

    Without `facts` the fact rules abstain; without `judge` the judged rules do what their `without_model` says;
    `trained=False` leaves out the model that ships with Chorus, so that the checks' own words decide alone.
    """
    return pack.verdict(candidate, facts=facts, judge=judge, trained=trained)
