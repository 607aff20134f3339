"""Runs the examples of a pack as its tests: hits and misses per rule, cross-fires, and rules with too few examples."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from xml.etree import ElementTree

from guidelines.base import Candidate, FactCheck, Judge, Severity, check
from guidelines.pack import Pack
from guidelines.pack_places import unknown_platforms
from guidelines.pack_schema import Example
from guidelines.pack_source import Problem
from guidelines.rule import FEWEST_EXAMPLES, Rule
from guidelines.statistics import wilson

_FEWEST_TO_COUNT: Final = 3
"""Of fewer texts no share is told."""


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
    """The tests of a whole pack. `doubts` are names in it that nobody knows."""

    __test__ = False  # keeps pytest from taking the class for a test

    pack: Pack
    rules: tuple[RuleResult, ...]
    doubts: tuple[Problem, ...] = ()

    @property
    def crossfires(self) -> tuple[Outcome, ...]:
        """Passing examples that another rule blocks."""
        return tuple(one for rule in self.rules for one in rule.outcomes if one.crossfires)

    @property
    def untested(self) -> tuple[str, ...]:
        """Rules with too few examples."""
        return tuple(rule.rule for rule in self.rules if rule.untested)

    def passes(self, *, strict: bool = False) -> bool:
        """Whether the pack is fit for use: no broken rule, and every example comes out as written.

        `strict` also asks for enough examples, no cross-fire and no name that nobody knows.
        """
        right = not self.pack.problems and all(rule.passed for rule in self.rules)
        return right and not (strict and (self.untested or self.crossfires or self.doubts))


def _share(part: int, whole: int) -> tuple[float, float, float]:
    return (part / whole if whole else 1.0, *wilson(part, whole))


def run_examples(
    pack: Pack, *, facts: FactCheck | None = None, judge: Judge | None = None, platforms: Collection[str] = ()
) -> TestReport:
    """Run every example of `pack` against its own rule, and passing ones against all others.

    `platforms` are the names that the pack may speak of; without them no name is doubted.
    """
    whole = replace(pack, problems=())  # a broken blocking rule blocks every text, which says nothing of the others
    results = (RuleResult(rule.id, tuple(_outcomes(rule, whole, facts, judge)), rule.untested) for rule in pack.rules)
    return TestReport(pack, tuple(results), tuple(unknown_platforms(pack, platforms)))


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
    """Return the report for a person: a line a rule, what came out wrong, and what to do about it."""
    lines = [f"{report.pack.name} {report.pack.version} ({report.pack.sha256[:12]})", ""]
    lines.append(f"{'rule':<24}{'found':>10}{'let pass':>10}{'precision':>19}{'recall':>19}")
    lines += [*map(_line, report.rules), *_LEGEND, *_remarks(report), *_advice(report), ""]
    return "\n".join([*lines, _outcome(report, strict=strict)])


def _remarks(report: TestReport) -> Iterator[str]:
    """Yield what came out wrong, after an empty line."""
    wrong = [
        (rule.rule, f"{_fault(one)}: {one.text!r}") for rule in report.rules for one in rule.outcomes if not one.right
    ]
    crossed = [
        (one.rule, f"passes, but {', '.join(one.crossfires)} blocks it: {one.text!r}") for one in report.crossfires
    ]
    said = [f"  {rule}: {what}" for rule, what in (*wrong, *crossed, *((rule, _TOO_FEW) for rule in report.untested))]
    said += [f"  {problem}" for problem in (*report.pack.problems, *report.doubts)]
    yield from ("", *said) if said else ()


_LEGEND: Final = (
    "",
    "found: examples under `fail` that the rule found; let pass: examples under `pass` that it left alone.",
    "precision: of the examples it objected to, the share it should have; recall: of those it should find, the share",
    "found. In brackets what so few examples leave open; – where there are too few to tell.",
)
_TOO_FEW: Final = f"fewer than {FEWEST_EXAMPLES} examples that pass or that fail"


def _line(rule: RuleResult) -> str:
    found, missed = rule.count(should_fail=True, failed=True), rule.count(should_fail=True, failed=False)
    passed, alarms = rule.count(should_fail=False, failed=False), rule.count(should_fail=False, failed=True)
    counted = f"{rule.rule:<24}{_part(found, found + missed):>10}{_part(passed, passed + alarms):>10}"
    precision = _shown(rule.precision, found + alarms)
    return f"{counted}{precision:>19}{_shown(rule.recall, found + missed):>19}"


def _part(part: int, whole: int) -> str:
    return f"{part} of {whole}" if whole else "–"


def _shown(share: Sequence[float], whole: int) -> str:
    return f"{share[0]:.2f} ({share[1]:.2f}-{share[2]:.2f})" if whole >= _FEWEST_TO_COUNT else "–"


def _fault(outcome: Outcome) -> str:
    return "should be found and is not" if outcome.should_fail else "should pass and does not"


def _advice(report: TestReport) -> Iterator[str]:
    """Yield what to do about each kind of remark that was made."""
    outcomes = [one for rule in report.rules for one in rule.outcomes if not one.right]
    advice = (
        (any(one.should_fail for one in outcomes), "Not found: widen the rule's check, or move the example to `pass`."),
        (
            any(not one.should_fail for one in outcomes),
            "Should pass: narrow the rule with `near`, `except`, `when` or `unless`, or move the example to `fail`.",
        ),
        (
            bool(report.crossfires),
            "Blocked by another rule: two rules contradict each other; reword the example, or narrow the other rule.",
        ),
        (bool(report.untested), f"Too few examples: write {FEWEST_EXAMPLES} each way, near misses best."),
        (bool(report.pack.problems), "Broken rules are left out until they are mended: nothing they ask is checked."),
        (bool(report.doubts), "Unknown platforms: such a rule never holds. `chorus connectors` lists their names."),
    )
    found = [f"  {what}" for applies, what in advice if applies]
    yield from ("", "What to do:", *found) if found else ()


def _outcome(report: TestReport, *, strict: bool) -> str:
    if not report.passes(strict=strict):
        return "not ok"
    return "ok" if report.passes(strict=True) else "ok, but for the remarks above; --strict does not accept them"


def as_junit(report: TestReport, *, strict: bool = False) -> str:
    """Return the report as JUnit XML: a test case per example, and one per thing that is wrong with the pack itself."""
    suite = ElementTree.Element("testsuite", name=_printable(f"guidelines.{report.pack.name}"))
    cases = [*_example_cases(report, strict=strict), *_pack_cases(report, strict=strict)]
    for case in cases:
        element = ElementTree.SubElement(suite, "testcase", classname=_printable(case.rule), name=case.name)
        if case.failure:
            ElementTree.SubElement(element, "failure", message=_printable(case.failure)).text = _printable(case.text)
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(bool(case.failure) for case in cases)))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True)


@dataclass(frozen=True, slots=True)
class _Case:
    rule: str
    name: str
    failure: str = ""
    text: str = ""


def _example_cases(report: TestReport, *, strict: bool) -> Iterator[_Case]:
    for rule in report.rules:
        for number, one in enumerate(rule.outcomes, 1):
            crossed = f"{', '.join(one.crossfires)} blocks it" if strict and one.crossfires else ""
            name = f"{'fail' if one.should_fail else 'pass'} {number}"
            yield _Case(rule.rule, name, crossed if one.right else _fault(one), one.text)
        if strict and rule.untested:
            yield _Case(rule.rule, "has enough examples", _TOO_FEW)


def _pack_cases(report: TestReport, *, strict: bool) -> Iterator[_Case]:
    for problem in report.pack.problems:
        yield _Case(problem.rule, f"is read, line {problem.line}", problem.reason, str(problem))
    for doubt in report.doubts if strict else ():
        yield _Case(doubt.rule, f"names what is known, line {doubt.line}", doubt.reason, str(doubt))


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)
