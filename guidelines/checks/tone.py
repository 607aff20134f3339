"""Tone toward the person who is answered: rude, dismissive, condescending or sarcastic words."""

import re
from collections.abc import Collection, Iterator
from typing import Final

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.checks.language import may_be_english
from guidelines.checks.lexicon import lexicon
from guidelines.reading import Reading, Span
from guidelines.tone_model import tone_model

_LEXICON: Final = lexicon("tone")
_KINDS: Final = {
    "insult": "Sounds like an insult.",
    "dismissive": "Brushes the person off.",
    "condescending": "Talks down to the person.",
    "sarcasm": "Sounds sarcastic.",
}
_ALWAYS_MEANT: Final = "sarcasm"
_FEWEST_WORDS: Final = 3
_CLAUSE: Final = re.compile(r"[,;:(]|\b(?:but|because|since)\b| - ")


class ToneOptions(Options):
    """Which tones count, all when not said; `model: false` listens to phrases alone."""

    insult: bool = True
    dismissive: bool = True
    condescending: bool = True
    sarcasm: bool = True
    model: bool = True

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else value


def phrase_hits(reading: Reading) -> Iterator[tuple[str, Span]]:
    """Yield the first phrase of each kind that is meant for the person who is answered."""
    for kind in _KINDS:
        for match in _LEXICON[kind].pattern.finditer(reading.lower):
            if _is_meant(reading, kind, match.span()):
                yield kind, match.span()
                break


def _build(options: ToneOptions, _lists: object) -> Check:
    wanted = [kind for kind in _KINDS if getattr(options, kind)]

    def check(reading: Reading) -> Iterator[Hit]:
        found = dict(phrase_hits(reading))
        score = _score(reading, found) if options.model else None
        if score is None or score >= tone_model().civil:
            for kind in wanted:
                if kind in found:
                    yield Hit(found[kind], _KINDS[kind])
        if not found and score is not None and _is_rude(reading, score):
            yield Hit(why="Sounds rude as a whole.")

    return check


def _score(reading: Reading, found: Collection[str]) -> float | None:
    """Return how rude the model finds a text; nothing of one that is not English, by its grammar or by its words."""
    model = tone_model()
    if not may_be_english(reading.raw) or not model.understands(reading.own_words):
        return None
    return model.score(reading.own_words, found)


def _is_rude(reading: Reading, score: float) -> bool:
    """Whether the model alone may call a text rude: it has words enough, and without a post beside it rude ones."""
    if len(reading.words) < _FEWEST_WORDS or score <= tone_model().threshold:
        return False
    return bool(reading.candidate.mention) or tone_model().is_loud(reading.own_words)


def _is_meant(reading: Reading, kind: str, span: Span) -> bool:
    if reading.is_quoted(span):
        return False
    if kind == _ALWAYS_MEANT:
        return True
    before = _CLAUSE.split(reading.before(span[0], 70))[-1]
    return not _LEXICON["turned on ourselves"].pattern.search(before)


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (
        Kind(
            "tone",
            ToneOptions,
            _build,
            "nothing rude, dismissive, condescending or sarcastic",
            heard="Sounds rude as a whole.",
        ),
    )
