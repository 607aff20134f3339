"""A small logistic regression that hears rudeness where no single phrase is rude; see models/tone.md."""

import json
import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Final

from guidelines.checks.lexicon import lexicon

_TOKEN: Final = re.compile(r"[a-z]+(?:'[a-z]+)?|[?!.,:]|\d+|[^\x00-\x7f]")
_WORD: Final = re.compile(r"[a-z']+|[?!]")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_MOST_TOKENS: Final = 400
_MOST_CHARACTERS: Final = 3_000
_SIGNS: Final = lexicon("tone_signs")
_SHAPE_WEIGHT: Final = 0.6
_BLANK: Final = "_"
_FULL_STOP: Final = "."
_ALONE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Features:
    """What the model knows of a text: words and shapes, which count by the text's length, and signs, which count whole.

    A shape is a run of words in which all but the commonest are blanks: how something is said, whatever it is about.
    """

    words: frozenset[str]
    shapes: frozenset[str]
    signs: frozenset[str]

    def weighted(self) -> Iterator[tuple[str, float]]:
        """Yield each feature with how much it counts."""
        scale = 3 / math.sqrt(max(len(self.words), 9))
        yield from ((word, scale) for word in self.words)
        yield from ((shape, scale * _SHAPE_WEIGHT) for shape in self.shapes)
        yield from ((sign, 1.0) for sign in self.signs)


@dataclass(frozen=True, slots=True)
class ToneModel:
    """Weights of features, the common words that shapes keep, and the score above which a text counts as rude."""

    weights: dict[str, float]
    common: frozenset[str]
    bias: float
    threshold: float
    civil: float

    def score(self, lower: str, phrase_kinds: Collection[str]) -> float:
        """Return how rude a lower-case folded text sounds, as log-odds; `phrase_kinds` are the phrases found."""
        return self.bias + sum(self._parts(lower, phrase_kinds).values())

    def is_loud(self, lower: str, phrase_kinds: Collection[str] = ()) -> bool:
        """Whether a text sounds rude by itself, without the post that it answers: its words must say so.

        Short statements were rude more often than not among the replies that the model learnt from, and so it takes a
        full stop for a sign. Of 7,400 replies by other authors it called 436 rude that hold no known phrase, 81 % of
        them rightly, and 218 of them, 91 % rightly, without counting the stop.
        """
        parts = self._parts(lower, phrase_kinds)
        score = self.bias + sum(parts.values())
        return score > self.threshold and score - parts.get(_FULL_STOP, 0.0) > _ALONE

    def understands(self, lower: str) -> bool:
        """Whether the model knows at least half of the words of a text: of other languages it heard nothing."""
        words = {token for token in tokens_of(lower) if token.isascii() and token[0].isalpha()}
        return 2 * sum(word in self.weights for word in words) >= len(words)

    def _parts(self, lower: str, phrase_kinds: Collection[str]) -> dict[str, float]:
        found = features(lower, phrase_kinds, self.common)
        return {name: self.weights.get(name, 0.0) * weight for name, weight in found.weighted()}


def features(lower: str, phrase_kinds: Collection[str], common: Collection[str]) -> Features:
    """Return what a lower-case folded text is weighed by."""
    lower = lower[:_MOST_CHARACTERS]
    tokens = tokens_of(lower)
    spoken = [word for word in tokens if word not in ",:"]
    words = frozenset(spoken) | {f"{one} {two}" for one, two in pairwise(["<s>", *spoken])}
    signs = {f"sign {name}" for name, section in _SIGNS.items() if section.pattern.search(lower)}
    signs |= {f"phrase {kind}" for kind in phrase_kinds}
    signs.add(f"you {min(sum(token.startswith('you') for token in tokens), 3)}")
    return Features(words, frozenset(_shapes(lower, tokens, common)), frozenset(signs))


def tokens_of(lower: str) -> list[str]:
    """Return the words and marks of a lower-case text; all numbers are one."""
    return ["0" if token.isdigit() else token for token in _TOKEN.findall(lower)[:_MOST_TOKENS]]


def _shapes(lower: str, tokens: Sequence[str], common: Collection[str]) -> Iterator[str]:
    blanked = ["<s>", *_blanked(tokens, common)]
    for at in range(len(blanked) - 2):
        yield "sk " + " ".join(blanked[at : at + 3])
        if at + 4 <= len(blanked):
            yield "sk " + " ".join(blanked[at : at + 4])
    for sentence in _SENTENCE.split(lower.strip()):
        if found := _WORD.findall(sentence)[:_MOST_TOKENS]:
            yield "first1 " + found[0]
            yield "first " + " ".join(_blanked(found[:2], common))
            yield "last " + " ".join(_blanked(found[-2:], common))


def _blanked(tokens: Sequence[str], common: Collection[str]) -> list[str]:
    return [token if token in common else _BLANK for token in tokens]


@lru_cache(maxsize=1)
def tone_model() -> ToneModel:
    """Return the model that ships with Chorus."""
    stored = json.loads(resources.files("guidelines.models").joinpath("tone.json").read_text("utf-8"))
    common = frozenset(stored["common"].split(" "))
    return ToneModel(stored["weights"], common, stored["bias"], stored["threshold"], stored["civil"])
