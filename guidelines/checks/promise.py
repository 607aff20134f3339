"""Promises: a date, money, a feature or certainty that the company would be held to."""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.checks.lexicon import Section, lexicon
from guidelines.reading import Reading, Span

_LEXICON: Final = lexicon("promise")
_KINDS: Final = {
    "a date": "Promises a date.",
    "money": "Promises money, a refund or a replacement.",
    "a feature": "Promises a feature.",
    "certainty": "Promises more than anyone can be sure of.",
}
_NOT: Final = re.compile(
    r"\b(?:no|not|never|can't|cannot|couldn't|don't|doesn't|won't|without|isn't|nobody)\b[^.!?;,]{0,25}$"
)
_CLAUSE: Final = re.compile(r"[,;:]|\b(?:but|although|though)\b| - ")


class PromiseOptions(Options):
    """`of`: which kinds of promise count; all when not said."""

    dates: bool = True
    money: bool = True
    features: bool = True
    certainty: bool = True

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else value

    def sections(self) -> list[Section]:
        """Return the word lists that count."""
        wanted = (self.dates, self.money, self.features, self.certainty)
        return [_LEXICON[name] for name, chosen in zip(_KINDS, wanted, strict=True) if chosen]


def _build(options: PromiseOptions, _lists: object) -> Check:
    sections = options.sections()

    def check(reading: Reading) -> Iterator[Hit]:
        for section in sections:
            for match in section.pattern.finditer(reading.lower):
                if _is_meant(reading, section.name, match.span()):
                    yield Hit(match.span(), _KINDS[section.name])
                    return

    return check


def _is_meant(reading: Reading, kind: str, span: Span) -> bool:
    if reading.is_quoted(span):
        return False
    start, end = reading.sentence_at(span[0])
    sentence = reading.lower[start:end]
    if sentence.rstrip("\"') ").endswith("?"):
        return False
    if kind == "certainty":
        return not _NOT.search(reading.before(span[0], 40)) and not _asks_or_denies(reading.lower[slice(*span)])
    around = _clause(reading, span)
    if _LEXICON["never means it"].pattern.search(around):
        return False
    return kind != "a date" or not _LEXICON["only a follow-up"].pattern.search(around)


def _asks_or_denies(text: str) -> bool:
    return bool(re.match(r"(?:can|could|will) you\b|(?:i|we) (?:can't|cannot|don't|won't|never|couldn't) ", text))


def _clause(reading: Reading, span: Span) -> str:
    """Return the clause around `span`: hedges beyond its commas belong to something else."""
    start, end = reading.sentence_at(span[0])
    before = _CLAUSE.split(reading.lower[start : span[0]])[-1]
    after = _CLAUSE.split(reading.lower[span[1] : end])[0]
    return before + reading.lower[slice(*span)] + after


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (
        Kind(
            "promise",
            PromiseOptions,
            _build,
            "no promise of a date, money, a feature or certainty",
            heard="Reads like a promise.",
        ),
    )
