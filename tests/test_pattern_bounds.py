"""Regular expressions of a pack can neither eat the machine nor hold it up, one alone or many together."""

import resource
import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidelines.base import Candidate, Severity, check
from guidelines.checks.contract import OptionError
from guidelines.checks.pattern import MOST_TIMEOUTS, compile_pattern
from guidelines.checks.pattern_size import written_out
from guidelines.pack import load

HEAD = "guidelines: 1\npack: harbour\nversion: 1\nrules:\n"
WHOLE = "  - {id: junk, severity: block, check: {phrases: [junk]}}\n"
MEMORY = 4_000_000_000
"""Bytes that a child may take: far less than what it would take without the bound."""

MONSTERS = (
    "((((a{1000}){1000}){1000}){1000})",
    "a{99999999999}",
    "(?:(?:[^]}]{200,}b){200}|x){200}",
    r"(?<name>\w{30000})",
    "(?i:(?P<n>a{150}){150,})+",
)


def test_a_pattern_that_would_eat_the_machine_is_refused_with_its_line_and_the_other_rules_run() -> None:
    script = (
        "import sys\nfrom guidelines.base import Candidate, check\nfrom guidelines.pack import load\n"
        "pack = load(sys.argv[1])\nprint(pack.problems[0].line, check(Candidate('junk'), pack).blocked)"
    )
    pack = f"{HEAD}{WHOLE}  - {{id: big, check: {{pattern: '{MONSTERS[0]}'}}}}\n"
    ran = subprocess.run(
        [sys.executable, "-c", script, pack],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert ran.stdout == "6 True\n", ran.stderr


@pytest.mark.parametrize("source", MONSTERS)
def test_a_pattern_that_grows_too_large_is_refused_before_it_is_compiled(source: str) -> None:
    with pytest.raises(OptionError, match="too large once its repeats are written out"):
        compile_pattern(source)


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ("abc", 3),
        ("a{3}", 3),
        ("a{0,1000}b", 2),
        ("(ab){3}c", 7),
        ("((ab){3}){2}", 12),
        (r"\d{4}-\d{2}", 7),
        (r"[\]{9}]{2}", 2),
        (r"\({5}", 5),
        ("(?:a|b){2}", 4),
        (")a{2}", 2),
    ],
)
def test_a_pattern_is_as_large_as_its_least_repeats_make_it(source: str, size: int) -> None:
    assert abs(written_out(source) - size) <= 1


@given(st.text(alphabet="ab()[]{}\\,^?:*+|<>=!0129", max_size=40))
def test_any_text_is_measured_and_either_compiled_or_refused(source: str) -> None:
    assert written_out(source) >= 0
    with suppress(OptionError):
        assert compile_pattern(source).fullmatch("") is None


@pytest.mark.parametrize("source", ["", "x*", "^(?!.*sorry)", "a?b?"])
def test_a_pattern_that_fits_where_nothing_stands_is_refused(source: str) -> None:
    with pytest.raises(OptionError, match="one character at least"):
        compile_pattern(source)


def test_many_slow_patterns_cost_no_more_than_a_few_and_those_not_tried_are_told() -> None:
    slow = "".join(f"  - {{id: r{number}, check: {{pattern: '(a|aa)+$'}}}}\n" for number in range(30))
    last = "  - {id: last, severity: block, check: {pattern: 'a!'}}\n"
    verdict = check(Candidate("ab" + "a" * 60 + "!"), load(HEAD + WHOLE + slow + last))
    late = [skip for skip in verdict.skipped if "took longer than" in skip]
    assert len(late) == MOST_TIMEOUTS
    assert len(verdict.skipped) == 31
    assert f"last: not tried, since {MOST_TIMEOUTS} patterns before it took too long" in verdict.skipped[-1]
    assert [(finding.rule, finding.severity) for finding in verdict.findings] == [("last", Severity.BLOCK)]
    assert not check(Candidate("ab!"), load(HEAD + WHOLE + slow + last)).skipped
