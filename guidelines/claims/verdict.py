"""Weighs what the comparisons found and what the trained model read: one confidence a fact, and abstains by default."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from guidelines.claims.inference import Heard
from guidelines.claims.judge import Judgement

SURE = 0.6
"""A contradiction below this confidence is shown as unsure and gets no draft."""

_SURELY_COMPARED = 0.6


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression: one weight a sign, and the probabilities from which a claim is sure or worth a look."""

    contradicts: Sequence[float]
    bias: float
    sure: float
    worth_a_look: float
    agrees: float

    def probability(self, signs: Sequence[float]) -> float:
        """How likely a contradiction is."""
        odds = self.bias + sum(weight * sign for weight, sign in zip(self.contradicts, signs, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds))))


@cache
def weights() -> Weights:
    """The weights that ship with Chorus; see models/claims.md."""
    stored = json.loads(resources.files("guidelines.models").joinpath("claims.json").read_text("utf-8"))
    return Weights(**stored)


def signs(heard: Heard, among: Sequence[Heard], compared: Judgement | None) -> list[float]:
    """What a contradiction is weighed by: what was read, what was compared, and whether the post agrees with another
    fact `among` those it was read against: who says what is true of children says nothing false of adults."""
    against = compared.confidence if compared is not None and compared.contradicts else 0.0
    return [
        heard.lead,
        heard.agrees - heard.neither,
        against,
        float(against >= _SURELY_COMPARED),
        compared.confidence if compared is not None and not compared.contradicts else 0.0,
        max((math.exp(each.agrees) for each in among if each.fact_id != heard.fact_id), default=0.0),
    ]


def weigh(heard: Sequence[Heard], compared: Mapping[str, Judgement]) -> list[Judgement]:
    """One judgement a fact; facts of which the post says nothing are left out."""
    found = [_weighed(each, heard, compared.get(each.fact_id)) for each in heard]
    return [each for each in found if each is not None]


def _weighed(heard: Heard, among: Sequence[Heard], compared: Judgement | None) -> Judgement | None:
    trained = weights()
    likely = trained.probability(signs(heard, among, compared))
    if likely >= trained.worth_a_look:
        known = compared if compared is not None and compared.contradicts else None
        confidence = _confidence(likely, trained)
        if known is None:
            return Judgement(heard.fact_id, True, confidence, (), _OTHERWISE)
        return replace(known, confidence=confidence)
    same = math.exp(heard.agrees)
    if compared is not None and not compared.contradicts and compared.confidence > same > _HALF_HEARD:
        return compared
    return Judgement(heard.fact_id, False, same, (), _THE_SAME) if same >= trained.agrees else None


def _confidence(likely: float, trained: Weights) -> float:
    """A probability on the scale that people see: `SURE` where a correction is worth drafting."""
    if likely >= trained.sure:
        return SURE + (1 - SURE) * (likely - trained.sure) / max(1 - trained.sure, 1e-9)
    return SURE * likely / trained.sure


_HALF_HEARD = 0.2
_OTHERWISE = "Read as a whole, the post says something that cannot be true beside the fact."
_THE_SAME = "Read as a whole, the post says what the fact says."
