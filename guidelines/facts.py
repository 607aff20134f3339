"""The fact base: does this text contradict a fact? Abstains unless it is sure; never reads a clock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from guidelines.base import Conflict
from guidelines.checks.language import may_be_english
from guidelines.claims.clauses import are_all_read
from guidelines.claims.evidence import Prepared
from guidelines.claims.inference import Inference
from guidelines.claims.judge import Judge, Judgement
from guidelines.claims.load import FactFile, Problem, load
from guidelines.claims.namesakes import Namesakes
from guidelines.claims.record import Fact
from guidelines.claims.verdict import SURE, weigh

__all__ = ["Claim", "Fact", "FactBase", "FactsError", "Label", "Problem"]

LIKELY = 0.5
"""An agreement below this confidence is no agreement: the text says more than the fact."""

_READ_IN_PART = " The text is too long to be read whole, and some of it was not read."


class Label(StrEnum):
    """What a text says about the facts."""

    CONTRADICTS = "contradicts"
    AGREES = "agrees"
    UNSURE = "unsure"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a text claims about one fact. `spans` are code points of the text; `reason` is a plain sentence."""

    label: Label
    fact_id: str | None = None
    confidence: float = 0.0
    spans: tuple[tuple[int, int], ...] = ()
    reason: str = ""


class FactsError(ValueError):
    """A fact file that cannot be used; the message names each file:line, fact, reason and hint."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class FactBase:
    """All facts of one or several companies, read once and ready to be checked against."""

    def __init__(self, file: FactFile, *, trained: bool = True) -> None:
        self.facts = {fact.id: fact for fact in file.facts}
        self.problems = file.problems
        self.review_days = file.review_days
        self._judge = Judge(file.facts)
        self._namesakes = Namesakes(self.facts, self._judge.facts, self._judge.entities)
        self._inference = Inference(file.facts, self._judge.entities) if trained else None

    @classmethod
    def load(cls, source: Path | str, *, strict: bool = True, trained: bool = True) -> "FactBase":
        """Read a file (a path) or the text of one. Strict: any mistake raises FactsError; else sound facts are used.

        `trained=False` leaves the trained model out: then the typed comparisons decide alone.
        """
        text, name = (_read(source), str(source)) if isinstance(source, Path) else (source, "facts")
        file = load(text, name)
        if strict and file.problems:
            raise FactsError(file.problems)
        return cls(file, trained=trained)

    @property
    def prepared(self) -> Sequence[Prepared]:
        """The facts as they were understood."""
        return self._judge.facts

    def check(self, text: str, *, parent: str | None = None, now: datetime) -> Claim:
        """The one claim of a text that matters most: a contradiction before anything else, or `none`."""
        claims = self.check_all(text, parent=parent, now=now)
        found = claims[0] if claims else Claim(Label.NONE, reason="No claim about a fact was found.")
        if found.label is Label.CONTRADICTS or self._reads_all(text):
            return found
        return replace(found, reason=found.reason + _READ_IN_PART)

    def check_all(self, text: str, *, parent: str | None = None, now: datetime, ours: bool = False) -> list[Claim]:
        """Every claim found, at most one per fact; contradictions first, surest first.

        A text of `ours` is compared alone: the model was taught on strangers' posts.
        """
        standing = {fact.id for fact in self.facts.values() if fact.stands(now, self.review_days)}
        claims = [self._claim(found, standing) for found in self._judged(text, parent, ours=ours)]
        claims = [claim for claim in claims if claim.label is not Label.NONE]
        order = (Label.CONTRADICTS, Label.UNSURE, Label.AGREES, Label.NONE)
        return sorted(claims, key=lambda claim: (order.index(claim.label), -claim.confidence))

    def conflicts(self, text: str, *, now: datetime) -> tuple[Conflict, ...]:
        """Where a text of ours contradicts a fact: what would be corrected in others is not to be posted."""
        return tuple(
            Conflict(claim.spans[0] if claim.spans else (0, len(text)), claim.reason)
            for claim in self.check_all(text, now=now, ours=True)
            if claim.label is Label.CONTRADICTS
        )

    def _reads_all(self, text: str) -> bool:
        return are_all_read(text) and (self._inference is None or self._inference.reads_all(text))

    def _judged(self, text: str, parent: str | None, *, ours: bool) -> list[Judgement]:
        compared = self._judge.judge(text, parent)
        if self._inference is None or ours or not may_be_english(text):
            return self._namesakes.settle(compared, (), text, parent)
        heard = self._inference.hear(text, parent, also=[each.fact_id for each in compared])
        found = weigh(heard, {each.fact_id: each for each in compared})
        return [self._placed(each, text) for each in self._namesakes.settle(found, compared, text, parent)]

    def _placed(self, found: Judgement, text: str) -> Judgement:
        """A contradiction with its place, which the comparisons know and a reading of the whole does not."""
        if self._inference is None or found.spans or not found.contradicts:
            return found
        place = self._inference.sentence(text, found.fact_id)
        return replace(found, spans=(place,) if place else ())

    def _claim(self, found: Judgement, standing: set[str]) -> Claim:
        reason = found.reason
        if not found.contradicts:
            label = Label.AGREES if found.confidence >= LIKELY else Label.NONE
        elif found.fact_id not in standing:
            label = Label.UNSURE
            reason += " The fact is out of date or unreviewed, so it corrects nobody."
        else:
            label = Label.CONTRADICTS if found.confidence >= SURE else Label.UNSURE
        if label is not Label.CONTRADICTS:
            reason += found.doubt
        return Claim(label, found.fact_id, round(found.confidence, 3), found.spans, reason)


def _read(path: Path) -> str:
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FactsError((Problem(str(path), line, "", "not UTF-8 text", "save the file as UTF-8"),)) from error
