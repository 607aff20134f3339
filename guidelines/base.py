"""What is checked, what a check finds, and the verdict that all findings together make."""

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs: `block` forbids posting, `warn` is shown and counted, `info` is a hint."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A text that may become public, and what the checks may know of the place where it would stand.

    `identity` is `brand` or `employee`. `mention` is the post it answers, untrusted; `mention_kind` is triage's word
    for it. `company` holds the names that mean us. `recent` holds our own recent replies elsewhere, newest first.
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
