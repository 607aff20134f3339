"""Promises that the company would be held to, and favours promised for a text that is taken down or changed."""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.checks.lexicon import Section, lexicon
from guidelines.reading import Reading, Span

_LEXICON: Final = lexicon("promise")
_PRESSURE: Final = lexicon("pressure")
_KINDS: Final = {
    "a date": "Promises a date.",
    "money": "Promises money, a refund or a replacement.",
    "a feature": "Promises a feature.",
    "certainty": "Promises more than anyone can be sure of.",
}
_BARGAIN: Final = "Ties what we do to a review or rating."
_NOT: Final = re.compile(
    r"\b(?:no|not|never|can't|cannot|couldn't|don't|doesn't|won't|without|isn't|nobody)\b[^.!?;,]{0,25}$"
)
_CLAUSE: Final = re.compile(r"[,;:]|\b(?:but|although|though)\b| - ")


_BEFORE: Final = 24


class PressureOptions(Options):
    """Nothing to choose."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else value


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
                    yield _hit(reading, section.name, match.span())
                    return

    return check


def _hit(reading: Reading, kind: str, span: Span) -> Hit:
    """Return what to say of a promise: of one that hangs on a review, the date or the money is the lesser fault."""
    bargain = next(_pressing(reading, "a bargain"), None)
    return Hit(bargain, _BARGAIN, "Leave the review out of it.") if bargain else Hit(span, _KINDS[kind])


def _build_pressure(_options: PressureOptions, _lists: object) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        for name, why in (("a bargain", _BARGAIN), ("take it down", "Asks to take a text down or to change it.")):
            if span := next(_pressing(reading, name), None):
                yield Hit(reading.sentence_at(span[0]), why)
                return

    return check


def _pressing(reading: Reading, name: str) -> Iterator[Span]:
    """Yield where a text presses somebody; what we do ourselves, allow or deny is no pressure."""
    for match in _PRESSURE[name].pattern.finditer(reading.lower):
        before = _CLAUSE.split(reading.before(match.start(), _BEFORE))[-1]
        harmless = name == "take it down" and _PRESSURE["no pressure"].pattern.search(before)
        if not harmless and not reading.is_quoted(match.span()):
            yield match.span()


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
        Kind("pressure", PressureOptions, _build_pressure, "nobody pressed to take a text down or to change a rating"),
    )
