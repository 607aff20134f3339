"""Marks what a model's draft claims without a source, as blanks that a person must settle before approving it."""

from collections.abc import Iterable

import regex

from bot.likeness import plain
from guidelines.claims.text import sentence_bounds

MARK = "[no source: check this, then delete the brackets]"

_FEWEST_WORDS = 3
_NUMBER = regex.compile(r"(?<![\w#])\d+(?:[.,:/]\d+)*")
_CLOSING = regex.compile(r"[.!?…:;,\s]*$")


def marked(text: str, unsourced: Iterable[str], *, given: str) -> str:
    """Return the text with a mark behind each sentence that nobody answers for.

    That is a sentence that the model itself names as `unsourced`, and one with a number that `given`, the facts and
    the post, does not hold: models name the first kind and invent the second.
    """
    named = [known for claim in unsourced if (known := plain(claim))]
    numbers = set(_NUMBER.findall(given))
    pieces: list[str] = []
    last = 0
    for start, end in sentence_bounds(text):
        sentence = text[start:end]
        if _is_named(plain(sentence), named) or not numbers.issuperset(_NUMBER.findall(sentence)):
            at = start + len(_CLOSING.sub("", sentence))
            pieces += [text[last:at], f" {MARK}"]
            last = at
    return "".join((*pieces, text[last:]))


def _is_named(sentence: str, named: Iterable[str]) -> bool:
    """Models copy a sentence, a part of it, or several at once."""
    return bool(sentence) and any(_holds(sentence, claim) or _holds(claim, sentence) for claim in named)


def _holds(text: str, part: str) -> bool:
    return text == part or (len(part.split()) >= _FEWEST_WORDS and f" {part} " in f" {text} ")
