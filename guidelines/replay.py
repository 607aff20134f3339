"""Compares two packs on texts that were written before: what would a new version block, and what would it let pass?"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from guidelines.base import Candidate, FactCheck, Finding, Ruleset, check


@dataclass(frozen=True, slots=True)
class Change:
    """One text that two packs judge differently; `key` is the caller's name for it."""

    key: str
    text: str
    was_blocked: bool
    is_blocked: bool
    appeared: tuple[Finding, ...]
    vanished: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """What a new pack changes over the texts given."""

    total: int
    changes: tuple[Change, ...]

    @property
    def newly_blocked(self) -> tuple[Change, ...]:
        """Texts that only the new pack blocks."""
        return tuple(change for change in self.changes if change.is_blocked and not change.was_blocked)

    @property
    def released(self) -> tuple[Change, ...]:
        """Texts that only the old pack blocks."""
        return tuple(change for change in self.changes if change.was_blocked and not change.is_blocked)

    @property
    def by_rule(self) -> dict[str, tuple[int, int]]:
        """How many texts each rule newly objects to, and how many it no longer does."""
        more = Counter(rule for change in self.changes for rule in {finding.rule for finding in change.appeared})
        fewer = Counter(rule for change in self.changes for rule in {finding.rule for finding in change.vanished})
        return {rule: (more[rule], fewer[rule]) for rule in sorted(more.keys() | fewer.keys())}

    def summary(self) -> str:
        """Return the change in one sentence."""
        return (
            f"Of {self.total} texts {len(self.newly_blocked)} more would be blocked, {len(self.released)} fewer; "
            f"{len(self.changes)} would be judged differently."
        )


def replay(
    texts: Iterable[tuple[str, Candidate]], old: Ruleset, new: Ruleset, *, facts: FactCheck | None = None
) -> Replay:
    """Check every `(key, candidate)` with both packs; findings are compared by rule and severity, not by wording."""
    changes, total = [], 0
    for key, candidate in texts:
        total += 1
        if change := _change(key, candidate, old, new, facts):
            changes.append(change)
    return Replay(total, tuple(changes))


def _change(key: str, candidate: Candidate, old: Ruleset, new: Ruleset, facts: FactCheck | None) -> Change | None:
    before, after = check(candidate, old, facts=facts), check(candidate, new, facts=facts)
    known = {(finding.rule, finding.severity) for finding in before.findings}
    kept = {(finding.rule, finding.severity) for finding in after.findings}
    appeared = tuple(one for one in after.findings if (one.rule, one.severity) not in known)
    vanished = tuple(one for one in before.findings if (one.rule, one.severity) not in kept)
    if not appeared and not vanished:
        return None
    return Change(key, candidate.text, before.blocked, after.blocked, appeared, vanished)
