"""Whether a text contradicts the fact base, asked of whatever fact check the host hands in."""

from collections.abc import Iterator
from typing import Literal

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options, shorthand
from guidelines.reading import Reading


class FactOptions(Options):
    """`facts: consistent` is all there is to say."""

    mode: Literal["consistent"] = "consistent"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return shorthand(value, "mode")


def _build(_options: FactOptions, _lists: object) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        if reading.facts is not None:
            for conflict in reading.facts(reading.raw):
                yield Hit(reading.folded_span(conflict.span), conflict.why)

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (Kind("facts", FactOptions, _build, "nothing that contradicts a fact"),)
