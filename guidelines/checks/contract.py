"""What a kind of check is: options from the pack go in, a function that finds hits in a reading comes out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from guidelines.reading import Reading, Span


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing a check objects to, `span` in the folded text; `why` and `fix` add to what the rule says.

    `certain` hits stand whatever the trained model hears: a card number is one in any sentence. `doubtful` ones warn at
    most, whatever weight the rule has: the check does not know the language of the text.
    """

    span: Span | None = None
    why: str = ""
    fix: str = ""
    certain: bool = False
    doubtful: bool = False


class CheckTimeoutError(Exception):
    """A pattern ran longer than it may; its rule counts as not run."""


class OptionError(ValueError):
    """An option that a pack cannot mean; the message is shown to the pack's author."""


Check = Callable[[Reading], Iterable[Hit]]


class Options(BaseModel):
    """Base of every check's options: closed, so that a misspelt key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of check. `about` is a line of documentation; `absence` marks kinds that find what is missing.

    `heard` is what to say of a text that breaks it by the trained model's ear alone; without it no model is asked.
    """

    name: str
    options: type[Options]
    build: Callable[[Any, Mapping[str, tuple[str, ...]]], Check]
    about: str
    absence: bool = False
    heard: str = ""


def shorthand(value: object, key: str) -> object:
    """Let a pack write `phrases: [a, b]` for `phrases: {any: [a, b]}`; mappings pass through."""
    return value if isinstance(value, dict) else {key: value}
