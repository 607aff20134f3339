"""Looks at a pack as a careful colleague would: slow patterns, unexplained rules, rules that go too far."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from guidelines.base import Candidate
from guidelines.checks.contract import CheckTimeoutError
from guidelines.pack import Pack
from guidelines.pack_places import unknown_platforms
from guidelines.reading import Reading
from guidelines.rule import FEWEST_EXAMPLES, Rule

_HARD_TEXTS: Final = ("a" * 3000, "a" * 3000 + "!", "ab " * 1500, "1" * 3000 + "x", " " * 3000 + "x", "x@" * 1500)
_PAY: Final = re.compile(
    r"\b(?:wages?|salar(?:y|ies)|pay|paid|paycheck|bonus(?:es)?|working (?:conditions|hours)|overtime|shifts?|"
    r"schedules?|unions?|strikes?|organi[sz]ing|bargaining|benefits|pension|staffing|layoffs?|harassment|discipline|grievances?|"
    r"(?:un)?safe (?:work|conditions)|safety at work|co-?workers?|colleagues?|manager|boss|supervisor|"
    r"employer|management)\b",
    re.IGNORECASE,
)
_NEGATIVE: Final = re.compile(
    r"\b(?:no|not|never|don't|avoid|forbid(?:den)?|ban(?:ned)?)\b.{0,40}\b(?:negative|critici[sz]\w*|disparag\w*|"
    r"complain\w*|disrespect\w*|embarrass\w*|bad light|damag\w+ (?:the )?(?:reputation|image|brand)|"
    r"unprofessional|inappropriate|offensive)\b"
    r"|\b(?:only positive|always positive|stay positive|loyal(?:ty)?|respect the company)\b",
    re.IGNORECASE,
)

LEAST_LIKENESS: Final = 0.55
"""From here on a text that is like an example was judged like it in 46 of 47 labelled replies; at 0.5 in four of five,
at 0.45 in two of three."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark on a pack."""

    file: str
    line: int
    rule: str
    remark: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line} {self.rule}: {self.remark}{hint}"


def lint(pack: Pack, *, platforms: Collection[str] = ()) -> list[Remark]:
    """Return remarks on every rule of `pack`, in order; `platforms` are the names that a pack may speak of."""
    remarks = [
        Remark(problem.file, problem.line, problem.rule, problem.reason, problem.hint)
        for problem in (*pack.problems, *unknown_platforms(pack, platforms))
    ]
    for rule in pack.rules:
        remarks += [Remark(pack.file, rule.line, rule.id, remark, hint) for remark, hint in _remarks(rule)]
    return remarks


def _remarks(rule: Rule) -> Iterator[tuple[str, str]]:
    yield from _missing_words(rule)
    yield from _overbroad(rule)
    if _is_slow(rule):
        yield "a pattern is slow on hard text", "avoid one repetition inside another, such as (a+)+"
    if rule.judge and rule.without_model is None:
        yield "without a model this rule asks a person every time", "say what happens in `without_model`"
    nearest = rule.without_model.nearest_example if rule.without_model else None
    if nearest is not None and nearest < LEAST_LIKENESS:
        yield f"`nearest_example: {nearest:g}` guesses: unrelated texts are as alike", f"say {LEAST_LIKENESS} or more"


def _missing_words(rule: Rule) -> Iterator[tuple[str, str]]:
    if not rule.why:
        yield "says no why", "people keep rules that they understand"
    if not rule.fix and rule.scope.may_block:
        yield "blocks without a fix", "say what to write instead"
    if rule.untested:
        yield f"has fewer than {FEWEST_EXAMPLES} examples that pass or that fail", "near misses are the best examples"


def _overbroad(rule: Rule) -> Iterator[tuple[str, str]]:
    """Find rules that reach into what employees may lawfully say among themselves and in public (NLRA section 7)."""
    said = " ".join([rule.id, rule.title, rule.why, rule.fix, rule.judge])
    if _NEGATIVE.search(said):
        yield (
            "may forbid lawful criticism of the employer",
            "name the harm instead, for example insults toward the person answered; have it looked at by a lawyer",
        )
    forbidden = " ".join(example.text for example in rule.failing)
    if {"phrases", "pattern"} & set(rule.kinds) and (found := _PAY.search(f"{said} {forbidden}")):
        yield (
            f"touches pay or working conditions (“{found[0]}”)",
            "employees may speak of these; keep the rule to replies in the company's name",
        )


def _is_slow(rule: Rule) -> bool:
    if "pattern" not in rule.kinds and "pii" not in rule.kinds:
        return False
    for text in _HARD_TEXTS:
        reading = Reading(Candidate(text))
        try:
            for check in rule.checks:
                for _ in check(reading):
                    pass
        except CheckTimeoutError:
            return True
    return False
