"""Texts that are nearly the same as one of our recent replies, in whole or in long parts."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, repeat
from typing import Final

from pydantic import Field, model_validator
from rapidfuzz import fuzz

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.reading import Reading, fold

_WORD: Final = re.compile(r"[^\W_]+")
_SHINGLE: Final = 4
_MOST_RECENT: Final = 200
_MOST_CHARACTERS: Final = 2_000
_FEWEST_WORDS: Final = 5


class SimilarOptions(Options):
    """`sim`: from this likeness (0 to 1) on; `days`: replies older than this do not count, where their age is known."""

    sim: float = Field(default=0.85, gt=0, le=1)
    days: int = Field(default=30, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else value


@lru_cache(maxsize=1024)
def _normal(text: str) -> str:
    return " ".join(_WORD.findall(fold(text[:_MOST_CHARACTERS]).lower()))


@lru_cache(maxsize=1024)
def _shingles(normal: str) -> frozenset[str]:
    words = normal.split()
    return frozenset(" ".join(words[at : at + _SHINGLE]) for at in range(max(len(words) - _SHINGLE + 1, 1)))


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are, 0 to 1: the greater of edit likeness and shared runs of four words."""
    first, second = _normal(one), _normal(other)
    if not first or not second:
        return 0.0
    ours, theirs = _shingles(first), _shingles(second)
    shared = len(ours & theirs) / max(min(len(ours), len(theirs)), 1)
    smaller = min(len(first), len(second)) / max(len(first), len(second))
    return max(float(fuzz.ratio(first, second)) / 100, shared if smaller > 0.5 else 0.0)


def _build(options: SimilarOptions, _lists: object) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        text = reading.candidate.text
        if len(_normal(text).split()) < _FEWEST_WORDS:
            return
        ages = chain(reading.candidate.recent_days, repeat(0))
        for recent, age in zip(reading.candidate.recent[:_MOST_RECENT], ages, strict=False):
            if age > options.days:
                continue
            alike = likeness(text, recent)
            if alike >= options.sim:
                yield Hit(why=f"{alike:.0%} the same as a recent reply of ours: “{recent[:80]}”.")
                return

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (Kind("similar_to_recent", SimilarOptions, _build, "not nearly the same as a recent reply of ours"),)
