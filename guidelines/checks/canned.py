"""Replies that are made of set phrases and say nothing about the matter."""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import Field, model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.checks.lexicon import lexicon, word_sets
from guidelines.checks.links import links_of
from guidelines.reading import Reading

_EMPTY: Final = lexicon("canned")["empty"].pattern
_WORD: Final = re.compile(r"[a-z0-9][\w'-]*")
_FEWEST_SET: Final = 6
_LITTLE: Final = word_sets()["little words"]


class CannedOptions(Options):
    """`own_words`: how many telling words of its own a reply needs beside set phrases."""

    own_words: int = Field(default=4, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else value


def _build(options: CannedOptions, _lists: object) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        spans = [match.span() for match in _EMPTY.finditer(reading.lower)]
        set_words = sum(len(_WORD.findall(reading.lower[start:end])) for start, end in spans)
        if set_words < _FEWEST_SET or "?" in reading.lower or links_of(reading):
            return
        own = [word for word in _WORD.findall(_EMPTY.sub(" ", reading.lower)) if word not in _LITTLE]
        if len(own) < options.own_words:
            yield Hit(spans[0], "Only set phrases: nothing about what the person wrote.")

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (
        Kind(
            "canned",
            CannedOptions,
            _build,
            "not made of set phrases alone",
            heard="Says nothing about what the person wrote.",
        ),
    )
