"""A small logistic regression that hears rudeness where no single phrase is rude; see models/tone.md."""

import json
import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Final

from guidelines.checks.lexicon import lexicon

_TOKEN: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|[?!.]|\d+|[^\x00-\x7f]")
_MOST_TOKENS: Final = 400
_SIGNS: Final = lexicon("tone_signs")
_POINTED: Final = frozenset(
    f"sign {name}"
    for name in (
        *("mocks", "bad words", "other people", "your this and that", "this not that"),
        *("belittles", "wonders", "distances", "dry", "shrugs"),
    )
)
_ADDRESSED: Final = frozenset({"you 1", "you 2", "you 3"})
_UNPOINTED: Final = -5.0
"""The score of a text that neither addresses nor mocks anybody: nothing in it can be rude to a person."""


@dataclass(frozen=True, slots=True)
class ToneModel:
    """Weights of features, and the score above which a text counts as rude."""

    weights: dict[str, float]
    bias: float
    threshold: float

    def score(self, lower: str, phrase_kinds: Collection[str]) -> float:
        """Return how rude a lower-case folded text sounds, as log-odds; `phrase_kinds` are the phrases found."""
        words, signs = features(lower, phrase_kinds)
        if not phrase_kinds and not (signs & _POINTED or signs & _ADDRESSED):
            return _UNPOINTED
        scale = 3 / math.sqrt(max(len(words), 9))
        return (
            self.bias
            + scale * sum(self.weights.get(word, 0.0) for word in words)
            + sum(self.weights.get(sign, 0.0) for sign in signs)
        )


def features(lower: str, phrase_kinds: Collection[str]) -> tuple[set[str], set[str]]:
    """Return words and pairs of words, which count by the text's length, and signs, which count whole."""
    tokens = ["0" if token.isdigit() else token for token in _TOKEN.findall(lower)[:_MOST_TOKENS]]
    framed = ["<s>", *tokens]
    words = set(tokens) | {f"{one} {two}" for one, two in pairwise(framed)}
    signs = {f"sign {name}" for name, section in _SIGNS.items() if section.pattern.search(lower)}
    signs |= {f"phrase {kind}" for kind in phrase_kinds}
    signs.add(f"you {min(sum(token.startswith('you') for token in tokens), 3)}")
    return words, signs


@lru_cache(maxsize=1)
def tone_model() -> ToneModel:
    """Return the model that ships with Chorus."""
    stored = json.loads(resources.files("guidelines.models").joinpath("tone.json").read_text("utf-8"))
    return ToneModel(stored["weights"], stored["bias"], stored["threshold"])
