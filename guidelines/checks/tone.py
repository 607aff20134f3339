"""Tone toward the person who is answered: rude, dismissive, condescending or sarcastic words."""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.checks.lexicon import lexicon
from guidelines.reading import Reading, Span

_LEXICON: Final = lexicon("tone")
_KINDS: Final = {
    "insult": "Sounds like an insult.",
    "dismissive": "Brushes the person off.",
    "condescending": "Talks down to the person.",
    "sarcasm": "Sounds sarcastic.",
}
_ALWAYS_MEANT: Final = "sarcasm"
_CLAUSE: Final = re.compile(r"[,;:(]|\b(?:but|because|since)\b| - ")


class ToneOptions(Options):
    """Which tones count; all when not said."""

    insult: bool = True
    dismissive: bool = True
    condescending: bool = True
    sarcasm: bool = True

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else value


def _build(options: ToneOptions, _lists: object) -> Check:
    sections = [_LEXICON[name] for name in _KINDS if getattr(options, name)]

    def check(reading: Reading) -> Iterator[Hit]:
        for section in sections:
            for match in section.pattern.finditer(reading.lower):
                if _is_meant(reading, section.name, match.span()):
                    yield Hit(match.span(), _KINDS[section.name])
                    break

    return check


def _is_meant(reading: Reading, kind: str, span: Span) -> bool:
    if reading.is_quoted(span):
        return False
    if kind == _ALWAYS_MEANT:
        return True
    before = _CLAUSE.split(reading.before(span[0], 70))[-1]
    return not _LEXICON["turned on ourselves"].pattern.search(before)


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (Kind("tone", ToneOptions, _build, "nothing rude, dismissive, condescending or sarcastic"),)
