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


def likeness(one: str, other: str, *, least: float = 0.0) -> float:
    """Return how alike two texts are, 0 to 1: the greater of edit likeness and shared runs of four words.

    What is less than `least` may come out as 0, which is found sooner.
    """
    first, second = _normal(one), _normal(other)
    if not first or not second:
        return 0.0
    edited = float(fuzz.ratio(first, second, score_cutoff=100 * least)) / 100
    alike_in_length = min(len(first), len(second)) > max(len(first), len(second)) / 2
    return max(edited, _shared(first, second) if alike_in_length else 0.0)


def _shared(first: str, second: str) -> float:
    ours, theirs = _shingles(first), _shingles(second)
    return len(ours & theirs) / max(min(len(ours), len(theirs)), 1)


def _build(options: SimilarOptions, _lists: object) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        text = reading.candidate.text
        if len(_normal(text).split()) < _FEWEST_WORDS:
            return
        ages = chain(reading.candidate.recent_days, repeat(0))
        for recent, age in zip(reading.candidate.recent[:_MOST_RECENT], ages, strict=False):
            if age > options.days:
                continue
            alike = likeness(text, recent, least=options.sim)
            if alike >= options.sim:
                yield Hit(why=f"{alike:.0%} the same as a recent reply of ours: “{recent[:80]}”.")
                return

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (Kind("similar_to_recent", SimilarOptions, _build, "not nearly the same as a recent reply of ours"),)
