"""Runs the examples that facts carry: every misstatement must be flagged, everything else left alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from guidelines.claims.verdict import SURE
from guidelines.facts import Fact, FactBase, Label

_PLAINER = (
    "If it is false, let the statement say plainly what it gets wrong, or add the `value` with its `unit`; "
    "if nobody would say it so, put it as people do."
)
_NARROWER = (
    "If it is true, narrow the fact: name the model, plan or region in `statement`, `entity` or `regions`, "
    "or say `comparator`, `tolerance` or `part_of`; if it is false, it belongs under `misstatements`."
)
_CLEARER = "The statement seems to contradict itself or its typed fields: say one thing in it, and compare the fields."


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example of a fact and whether it held."""

    fact_id: str
    line: int
    text: str
    passed: bool
    reason: str
    hint: str = ""


def run_examples(base: FactBase, *, now: datetime) -> Iterator[ExampleResult]:
    """Each `misstatements` text must contradict its own fact, each `not_this` and the statement itself must not."""
    for fact in base.facts.values():
        for text in fact.misstatements:
            yield _misstatement(base, fact, text, now)
        for text in (fact.statement, *fact.not_this):
            yield _harmless(base, fact, text, now)


def _misstatement(base: FactBase, fact: Fact, text: str, now: datetime) -> ExampleResult:
    """An expired fact corrects nobody, but its examples still show whether it is understood."""
    about = _about(fact, text)
    due = Label.CONTRADICTS if fact.stands(now, base.review_days) else Label.UNSURE
    claims = base.check_all(about, now=now)
    found = any(each.fact_id == fact.id and each.label is due and each.confidence >= SURE for each in claims)
    reason = f"should be corrected, but is not: “{text}”"
    return ExampleResult(fact.id, fact.line, text, found, reason, _PLAINER)


def _harmless(base: FactBase, fact: Fact, text: str, now: datetime) -> ExampleResult:
    claims = base.check_all(_about(fact, text), now=now)
    wrong = next((claim for claim in claims if claim.fact_id == fact.id and claim.label is Label.CONTRADICTS), None)
    reason = f"should be left alone: “{text}” ({wrong.reason})" if wrong else ""
    return ExampleResult(
        fact.id, fact.line, text, wrong is None, reason, _CLEARER if text == fact.statement else _NARROWER
    )


def _about(fact: Fact, text: str) -> str:
    """An example may leave the name out; it is about the fact's entity."""
    names = (fact.entity, *fact.aliases)
    return text if any(name.lower() in text.lower() for name in names) else f"{fact.entity}: {text}"
