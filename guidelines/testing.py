"""Runs the examples of a pack as its tests: hits and misses per rule, cross-fires, and rules with too few examples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from guidelines.base import Candidate, FactCheck, Judge, Severity, check
from guidelines.pack import Pack
from guidelines.pack_schema import Example
from guidelines.rule import Rule
from guidelines.statistics import wilson

FEWEST_EXAMPLES: Final = 3
"""A rule with fewer passing or fewer failing examples counts as untested."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One example of one rule: what was wanted, what came, and which other rules object to a passing one."""

    rule: str
    text: str
    should_fail: bool
    failed: bool
    crossfires: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the rule did what its example says."""
        return self.should_fail == self.failed


@dataclass(frozen=True, slots=True)
class RuleResult:
    """All examples of one rule."""

    rule: str
    outcomes: tuple[Outcome, ...]
    untested: bool

    def count(self, *, should_fail: bool, failed: bool) -> int:
        """Return how many examples were wanted so and came so."""
        return sum(one.should_fail is should_fail and one.failed is failed for one in self.outcomes)

    @property
    def precision(self) -> tuple[float, float, float]:
        """The share of alarms that are right, with its 95 % interval."""
        hits = self.count(should_fail=True, failed=True)
        return _share(hits, hits + self.count(should_fail=False, failed=True))

    @property
    def recall(self) -> tuple[float, float, float]:
        """The share of failing examples that are found, with its 95 % interval."""
        hits = self.count(should_fail=True, failed=True)
        return _share(hits, hits + self.count(should_fail=True, failed=False))

    @property
    def passed(self) -> bool:
        """Whether every example came out as wanted."""
        return all(one.right for one in self.outcomes)


@dataclass(frozen=True, slots=True)
class TestReport:
    """The tests of a whole pack."""

    __test__ = False  # keeps pytest from taking the class for a test

    pack: Pack
    rules: tuple[RuleResult, ...]

    @property
    def crossfires(self) -> tuple[Outcome, ...]:
        """Passing examples that another rule blocks."""
        return tuple(one for rule in self.rules for one in rule.outcomes if one.crossfires)

    @property
    def untested(self) -> tuple[str, ...]:
        """Rules with too few examples."""
        return tuple(rule.rule for rule in self.rules if rule.untested)

    def passes(self, *, strict: bool = False) -> bool:
        """Whether the pack is fit for use; `strict` also asks for enough examples, no cross-fire and no problem."""
        right = all(rule.passed for rule in self.rules)
        return right and not (strict and (self.untested or self.crossfires or self.pack.problems))


def _share(part: int, whole: int) -> tuple[float, float, float]:
    return (part / whole if whole else 1.0, *wilson(part, whole))


def run_examples(pack: Pack, *, facts: FactCheck | None = None, judge: Judge | None = None) -> TestReport:
    """Run every example of `pack` against its own rule, and passing ones against all others."""
    results = []
    for rule in pack.rules:
        outcomes = tuple(_outcomes(rule, pack, facts, judge))
        untested = rule.kinds != ("facts",) and min(len(rule.passing), len(rule.failing)) < FEWEST_EXAMPLES
        results.append(RuleResult(rule.id, outcomes, untested))
    return TestReport(pack, tuple(results))


def _outcomes(rule: Rule, pack: Pack, facts: FactCheck | None, judge: Judge | None) -> Iterator[Outcome]:
    for example, should_fail in [*((one, True) for one in rule.failing), *((one, False) for one in rule.passing)]:
        verdict = check(candidate_of(example), pack, facts=facts, judge=judge)
        failed = any(finding.rule == rule.id for finding in verdict.findings)
        crossfires = () if should_fail else _crossfires(rule, pack, example, facts)
        yield Outcome(rule.id, example.text, should_fail, failed, crossfires)


def _crossfires(rule: Rule, pack: Pack, example: Example, facts: FactCheck | None) -> tuple[str, ...]:
    """Return other rules that block a passing example by what it says; what it lacks is not its business."""
    absences = {other.id for other in pack.rules if other.absence}
    findings = check(candidate_of(example), pack, facts=facts).findings
    blocked = (
        finding.rule
        for finding in findings
        if finding.severity is Severity.BLOCK and finding.rule not in absences and finding.rule != rule.id
    )
    return tuple(dict.fromkeys(blocked))


def candidate_of(example: Example) -> Candidate:
    """Return the example as a candidate reply."""
    return Candidate(
        text=example.text,
        platform=example.platform,
        venue=example.venue,
        mention=example.mention,
        mention_kind=example.mention_kind,
        identity=example.identity,
        company=example.company,
        recent=example.recent,
        language=example.language,
    )


def as_text(report: TestReport, *, strict: bool = False) -> str:
    """Return the report for a person."""
    lines = [f"{report.pack.name} {report.pack.version} ({report.pack.sha256[:12]})", ""]
    lines.append(f"{'rule':<24}{'found':>6}{'missed':>7}{'alarms':>7}{'precision':>20}{'recall':>20}")
    lines += [_line(rule) for rule in report.rules]
    for rule in report.rules:
        lines += [f"  {rule.rule}: {_fault(one)}: {one.text!r}" for one in rule.outcomes if not one.right]
    lines += [
        f"  {one.rule}: passes, but {', '.join(one.crossfires)} blocks it: {one.text!r}" for one in report.crossfires
    ]
    lines += [f"  {rule}: fewer than {FEWEST_EXAMPLES} examples that pass or that fail" for rule in report.untested]
    lines += [f"  {problem}" for problem in report.pack.problems]
    return "\n".join([*lines, "", "ok" if report.passes(strict=strict) else "not ok"])


def _line(rule: RuleResult) -> str:
    found, missed = rule.count(should_fail=True, failed=True), rule.count(should_fail=True, failed=False)
    alarms = rule.count(should_fail=False, failed=True)
    return f"{rule.rule:<24}{found:>6}{missed:>7}{alarms:>7}{_shown(rule.precision):>20}{_shown(rule.recall):>20}"


def _shown(share: Sequence[float]) -> str:
    return f"{share[0]:.2f} ({share[1]:.2f}-{share[2]:.2f})"


def _fault(outcome: Outcome) -> str:
    return "should be found and is not" if outcome.should_fail else "should pass and does not"


def as_junit(report: TestReport, *, strict: bool = False) -> str:
    """Return the report as JUnit XML, one test case per example."""
    suite = ElementTree.Element("testsuite", name=f"guidelines.{report.pack.name}")
    failures = 0
    for rule in report.rules:
        for number, one in enumerate(rule.outcomes, 1):
            kind = "fail" if one.should_fail else "pass"
            case = ElementTree.SubElement(suite, "testcase", classname=rule.rule, name=f"{kind} {number}")
            message = _fault(one) if not one.right else f"{', '.join(one.crossfires)} blocks it" if strict else ""
            if not one.right or (strict and one.crossfires):
                failures += 1
                ElementTree.SubElement(case, "failure", message=message).text = _printable(one.text)
        if strict and rule.untested:
            failures += 1
            case = ElementTree.SubElement(suite, "testcase", classname=rule.rule, name="has enough examples")
            ElementTree.SubElement(case, "failure", message=f"fewer than {FEWEST_EXAMPLES}")
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)
