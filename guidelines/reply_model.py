"""A small transformer that reads a reply beside the post it answers, and posts for orders to a machine.

The checks weigh what it hears with what they found by their words.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from guidelines.checks.disclosure import company_forms
from guidelines.reading import READ_LIMIT, Reading, Span, fold, without_markup

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
_PAGE_OF_REPLY: Final = 160
_MANY_PAGES: Final = 60
"""Beyond about so many, pages grow instead: a reply of any length is checked in bounded time."""

_FRAME: Final = 100
_READ_AGAIN: Final = 50
"""What opens the next page too: a last sentence up to this length, or so much of one that fills pages alone."""

_MOST_SENTENCES: Final = 8
_PAGE: Final = 250
_OVERLAP: Final = 120
_MOST_PAGES: Final = 12


def heard(reading: Reading, kind: str) -> float:
    """Return how strongly a kind is heard in a reply, in log-odds; a long one is read page by page, to its end."""
    pages = _pages(reading)
    must_say_who = kind == "disclosure" and reading.candidate.identity != "brand"
    texts = _framed(reading, pages) if must_say_who else _texts(reading, pages)
    strengths = [page[kind] for page in _heard_of(reading, texts)]
    return min(strengths) if kind == "canned" else max(strengths)


def orders(text: str) -> bool:
    """Whether a post gives orders to a machine that reads it; a long one is read page by page, up to a point."""
    pages = range(0, max(1, min(len(text), _MOST_PAGES * _PAGE) - _OVERLAP), _PAGE)
    scores = _scores([post(text[at : at + _PAGE + _OVERLAP]) for at in pages])
    return any(_decides(ORDERS, row[SCORES.index(ORDERS)], found=False) for row in scores)


def sounds(reading: Reading, kind: str, *, found: bool) -> bool:
    """Whether a reply breaks a rule of this kind, given whether the words that the check knows were found in it."""
    return _decides(kind, heard(reading, kind), found=found)


def loudest(reading: Reading, kind: str) -> Span | None:
    """Return the sentence in which a kind is heard most; nothing where there is one alone, or too many to ask."""
    pages = _pages(reading)
    start, end = pages[_loudest(reading, pages, kind)]
    sentences = tuple(span for span in reading.sentences if start <= span[0] < end)
    if len(reading.sentences) < 2 or not 0 < len(sentences) <= _MOST_SENTENCES:
        return None
    return sentences[_loudest(reading, sentences, kind)]


def pair(identity: str, mention: str, reply: str, company: tuple[str, ...]) -> tuple[str, str]:
    """Return what the model reads: who answers what, and the answer, with every name of ours made one word."""
    plain = without_markup(mention[:READ_LIMIT])
    asked = _masked(fold(plain[: 2 * _LONGEST_MENTION]), company)[:_LONGEST_MENTION]
    return f"{identity}{_ANSWERS}{asked}", _masked(reply, company)[:_LONGEST_REPLY]


def post(text: str) -> tuple[str, str]:
    """Return what the model reads of a post by itself."""
    return _POST, fold(text)[:_LONGEST_REPLY]


def is_long(reply: str) -> bool:
    """Whether a reply is read page by page."""
    return len(fold(reply)) > _LONGEST_REPLY


def passages(reading: Reading) -> tuple[str, ...]:
    """Return the pages of a reply, or all of it where it is short."""
    return _texts(reading, _pages(reading))


def _pages(reading: Reading) -> Sequence[Span]:
    """The parts in which a reply is read: one where it fits, else a few sentences each.

    Two rude lines are lost on the model among ten polite ones, so a page is far shorter than what it could take in.
    """
    length = len(reading.folded)
    size = max(_PAGE_OF_REPLY, length // _MANY_PAGES)
    pages = tuple(_pages_of(_short(reading.sentences, size), size)) if length > _LONGEST_REPLY else ()
    return pages or ((0, length),)


def _pages_of(sentences: Iterable[Span], size: int) -> Iterator[Span]:
    page: list[Span] = []
    for sentence in sentences:
        if page and sentence[1] - page[0][0] > size:
            yield page[0][0], page[-1][1]
            page = [last for last in page[-1:] if sentence[0] - last[0] <= _READ_AGAIN]
        page.append(sentence)
    if page:
        yield page[0][0], page[-1][1]


def _short(sentences: Iterable[Span], size: int) -> Iterator[Span]:
    """The sentences, those that fill more than a page in pieces that overlap."""
    for start, end in sentences:
        for at in range(start, max(start + 1, end - _READ_AGAIN), size - _READ_AGAIN):
            yield at, min(at + size, end)


def _texts(reading: Reading, parts: Iterable[Span]) -> tuple[str, ...]:
    return tuple(reading.folded[start:end] for start, end in parts)


def _framed(reading: Reading, pages: Sequence[Span]) -> tuple[str, ...]:
    """The pages, each between the first and the last sentence: there people say who they are, for all of the reply."""
    if len(pages) == 1:
        return _texts(reading, pages)
    first, last = reading.sentences[0], reading.sentences[-1]
    opening = reading.folded[first[0] : min(first[1], first[0] + _FRAME)]
    ending = reading.folded[max(last[0], last[1] - _FRAME) : last[1]]
    before = (opening if start >= first[1] else "" for start, _ in pages)
    after = (ending if end <= last[0] else "" for _, end in pages)
    return tuple(map(" ".join, zip(before, _texts(reading, pages), after, strict=True)))


def _loudest(reading: Reading, parts: Sequence[Span], kind: str) -> int:
    strengths = [part[kind] for part in _heard_of(reading, _texts(reading, parts))]
    return strengths.index(max(strengths))


def _heard_of(reading: Reading, texts: tuple[str, ...]) -> Sequence[Mapping[str, float]]:
    candidate = reading.candidate
    return _heard(candidate.identity, candidate.mention, texts, tuple(candidate.company))


@lru_cache(maxsize=128)
def _heard(
    identity: str, mention: str, texts: tuple[str, ...], company: tuple[str, ...]
) -> Sequence[Mapping[str, float]]:
    scores = _scores([pair(identity, mention, text, company) for text in texts])
    return [dict(zip(SCORES, row, strict=True)) for row in scores]


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
