"""A small transformer that reads a reply beside the post it answers, and posts for orders to a machine.

The checks weigh what it hears with what they found by their words.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from guidelines.checks.disclosure import company_forms
from guidelines.reading import Reading, Span, fold

KINDS: Final = (
    "hard_sell",
    "disclosure",
    "tone",
    "pii",
    "promise",
    "bashing",
    "legal_admission",
    "confidential",
    "canned",
)
"""The kinds of check that it was taught to hear."""

ORDERS: Final = "orders"
"""What it hears in a post that gives orders to a machine."""

SCORES: Final = (*KINDS, ORDERS)
"""What its scores stand for, in their order."""

_MODEL: Final = "replies"
_WEIGHTS: Final = resources.files("guidelines.models").joinpath(f"{_MODEL}.json")
_NAME: Final = "company"
_ANSWERS: Final = " < "
_POST: Final = "post"
_LONGEST_MENTION: Final = 140
_LONGEST_REPLY: Final = 420
_MOST_SENTENCES: Final = 8
_PAGE: Final = 250
_OVERLAP: Final = 120
_MOST_PAGES: Final = 12


def heard(reading: Reading) -> Mapping[str, float]:
    """Return how strongly each kind is heard in a reply, in log-odds."""
    candidate = reading.candidate
    return _heard(candidate.identity, candidate.mention, reading.folded, tuple(candidate.company))


def orders(text: str) -> bool:
    """Whether a post gives orders to a machine that reads it; a long one is read page by page, up to a point."""
    pages = range(0, max(1, min(len(text), _MOST_PAGES * _PAGE) - _OVERLAP), _PAGE)
    scores = _scores([post(text[at : at + _PAGE + _OVERLAP]) for at in pages])
    return any(_decides(ORDERS, row[SCORES.index(ORDERS)], found=False) for row in scores)


def sounds(reading: Reading, kind: str, *, found: bool) -> bool:
    """Whether a reply breaks a rule of this kind, given whether the words that the check knows were found in it."""
    return _decides(kind, heard(reading)[kind], found=found)


def loudest(reading: Reading, kind: str) -> Span | None:
    """Return the sentence in which a kind is heard most; nothing where there is one sentence alone."""
    sentences = reading.sentences[:_MOST_SENTENCES]
    if len(sentences) < 2:
        return None
    candidate = reading.candidate
    pairs = [
        pair(candidate.identity, candidate.mention, reading.folded[start:end], tuple(candidate.company))
        for start, end in sentences
    ]
    scores = [row[SCORES.index(kind)] for row in _scores(pairs)]
    return sentences[scores.index(max(scores))]


def pair(identity: str, mention: str, reply: str, company: tuple[str, ...]) -> tuple[str, str]:
    """Return what the model reads: who answers what, and the answer, with every name of ours made one word."""
    asked = _masked(fold(mention[: 2 * _LONGEST_MENTION]), company)[:_LONGEST_MENTION]
    return f"{identity}{_ANSWERS}{asked}", _masked(reply, company)[:_LONGEST_REPLY]


def post(text: str) -> tuple[str, str]:
    """Return what the model reads of a post by itself."""
    return _POST, fold(text)[:_LONGEST_REPLY]


@lru_cache(maxsize=128)
def _heard(identity: str, mention: str, reply: str, company: tuple[str, ...]) -> Mapping[str, float]:
    return dict(zip(SCORES, _scores([pair(identity, mention, reply, company)])[0], strict=True))


def _scores(pairs: Sequence[tuple[str, str]]) -> Sequence[Sequence[float]]:
    """What the model answers. It is loaded when the first text needs it: a bot that rests stays small."""
    from guidelines.transformer import transformer

    return transformer(_MODEL).scores(pairs)


def _decides(kind: str, score: float, *, found: bool) -> bool:
    weighed = _weights()[kind]
    return weighed["bias"] + weighed["found"] * found + weighed["heard"] * score > 0


def _masked(text: str, company: tuple[str, ...]) -> str:
    names = _names(company)
    return names.sub(_NAME, text) if names else text


@lru_cache(maxsize=256)
def _names(company: tuple[str, ...]) -> re.Pattern[str] | None:
    forms = company_forms(company)
    return re.compile(rf"(?<!\w)[@#]?{forms}(?!\w)", re.IGNORECASE) if forms else None


@cache
def _weights() -> Mapping[str, Mapping[str, float]]:
    stored: Mapping[str, Mapping[str, float]] = json.loads(_WEIGHTS.read_text("utf-8"))
    return stored
