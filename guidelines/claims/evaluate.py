"""Measures the fact base on labelled posts: precision, recall, confusion, and the ten worst cases."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from guidelines.facts import Claim, FactBase, Label

_WORST = 10


@dataclass(frozen=True, slots=True)
class Labelled:
    """A post whose right answer is known. Without `fact_id` any fact will do."""

    id: str
    text: str
    label: Label
    fact_id: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A labelled post and what was said about it."""

    post: Labelled
    claim: Claim

    @property
    def flagged(self) -> bool:
        """Whether a correction would have been drafted."""
        return self.claim.label is Label.CONTRADICTS

    @property
    def right(self) -> bool:
        """Whether a correction was due, and of this fact."""
        due = self.post.label is Label.CONTRADICTS
        return due and (self.post.fact_id is None or self.post.fact_id == self.claim.fact_id)

    @property
    def mistake(self) -> float:
        """How bad a mistake it is: a sure wrong correction is the worst, a missed one less so; 0 for none."""
        if self.flagged:
            return 0.0 if self.right else 1.0 + self.claim.confidence
        return 1.0 - self.claim.confidence if self.post.label is Label.CONTRADICTS else 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a run over labelled posts showed."""

    outcomes: Sequence[Outcome]

    @property
    def precision(self) -> float:
        """Of the corrections made, the share that was due."""
        flagged = [outcome for outcome in self.outcomes if outcome.flagged]
        return _share([outcome.right for outcome in flagged])

    @property
    def recall(self) -> float:
        """Of the corrections due, the share that was made."""
        due = [outcome for outcome in self.outcomes if outcome.post.label is Label.CONTRADICTS]
        return _share([outcome.flagged and outcome.right for outcome in due])

    @property
    def wrongly_flagged(self) -> float:
        """Of the correct and neutral posts, the share that would have been corrected; doubtful ones are neither."""
        rest = [outcome for outcome in self.outcomes if outcome.post.label in (Label.AGREES, Label.NONE)]
        return sum(outcome.flagged for outcome in rest) / len(rest) if rest else 0.0

    @property
    def confusion(self) -> Counter[tuple[Label, Label]]:
        """How often each right label met each given one."""
        return Counter((outcome.post.label, outcome.claim.label) for outcome in self.outcomes)

    @property
    def worst(self) -> list[Outcome]:
        """The ten worst mistakes, the worst first."""
        mistakes = [outcome for outcome in self.outcomes if outcome.mistake > 0]
        return sorted(mistakes, key=lambda outcome: -outcome.mistake)[:_WORST]

    def __str__(self) -> str:
        lines = [
            f"posts {len(self.outcomes)}",
            f"precision {self.precision:.3f}  recall {self.recall:.3f}  wrongly flagged {self.wrongly_flagged:.3f}",
            "",
            "right \\ given  " + "  ".join(f"{label:>11}" for label in Label),
        ]
        for right in Label:
            row = "  ".join(f"{self.confusion[right, given]:>11}" for given in Label)
            lines.append(f"{right:<13}  {row}")
        if self.worst:
            lines += ["", "worst cases"]
        return "\n".join(lines + [_line(outcome) for outcome in self.worst])


def evaluate(base: FactBase, posts: Iterable[Labelled], *, now: datetime) -> Report:
    """Check every labelled post."""
    return Report([Outcome(post, base.check(post.text, parent=post.parent, now=now)) for post in posts])


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 1.0


def _line(outcome: Outcome) -> str:
    post, claim = outcome.post, outcome.claim
    text = " ".join(post.text.split())
    shown = text if len(text) <= 100 else text[:99] + "…"
    right, given = f"{post.label} {post.fact_id or '-'}", f"{claim.label} {claim.fact_id or '-'} {claim.confidence}"
    return f"{post.id}: {shown}\n    right {right}; given {given}: {claim.reason}"
