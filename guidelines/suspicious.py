"""Marks posts that try to give orders to a language model: people are warned, and no model is asked to answer them."""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from guidelines.base import Candidate
from guidelines.checks.lexicon import lexicon
from guidelines.reading import READ_LIMIT, Reading
from guidelines.reply_model import orders

_LEXICON: Final = lexicon("injection")
_REASONS: Final = {
    "ignores its orders": "asks to ignore instructions",
    "orders a machine": "gives orders to a bot or model",
    "asks for its secrets": "asks for the instructions or secrets of a model",
    "dictates the answer": "dictates what the answer must be or do",
    "in other languages": "asks to ignore instructions, in another language",
}
_RAW_REASONS: Final = {
    "forges structure": "imitates the structure of a prompt",
    "in other scripts": "asks to ignore instructions, in another language",
}
_SIGNS: Final = tuple(section for name, section in _LEXICON.items() if name.startswith("sign of "))
_ENOUGH_SIGNS: Final = 2
_SEVERAL_SIGNS: Final = "shows several signs of orders to a model"
_ENCODED: Final = "hides orders by an encoding"
_HIDES: Final = "holds hidden characters"
_HEARD: Final = "reads like orders to whatever machine reads it"
_TAGS: Final = re.compile("[\U000e0020-\U000e007f]{3,}")
_HIDDEN: Final = re.compile("[\u200b\u2060\u2061-\u2064\ufeff\u202a-\u202e\u2066-\u2069]{8,}")
_SPACED: Final = re.compile(r"(?:\b\w[ ._-]){4,}\w\b")
_DOTTED: Final = re.compile(r"\b(?:\w[._-]){3,}\w\b")
_JOINED: Final = re.compile(r"(?<=[a-z]{2})[._-](?=[a-z]{2})")
_JOINED_PHRASE: Final = re.compile(r"(?<![a-z])[a-z]{2,}(?:[._-][a-z]{2,}){3}")
_SPACE: Final = re.compile(r"\s+")
_PARAGRAPH: Final = re.compile(r"\n\s*\n\s*")
_ATTRIBUTE: Final = re.compile(
    r"(?:alt|title|content|aria-label|data-\w+)\s*=\s*[\"']([^\"'<>]{8,400})|<!--(.{8,400}?)-->", re.DOTALL
)
_BASE64: Final = re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{24,2000}={0,2}(?![\w+/])")
_HEX: Final = re.compile(r"(?<!\w)(?:[0-9a-f]{2}[ :]?){16,1000}(?!\w)", re.IGNORECASE)
_LEET: Final = str.maketrans("0134578@$", "oieastbas")
_READ: Final = 20_000


def suspicion(text: str) -> str | None:
    """Say why a post looks like an attempt to steer a model, or return nothing."""
    return known_orders(text) or (_HEARD if orders(text) else None)


def unread(text: str) -> str:
    """Say how much of a post nobody looked at; empty where all of it was read."""
    length = len(text)
    return f"only the first {READ_LIMIT:,} of {length:,} characters were read" if length > READ_LIMIT else ""


def known_orders(text: str) -> str | None:
    """Say what known form an attempt to steer a model has, or return nothing."""
    if _TAGS.search(text) or _HIDDEN.search(text):
        return _HIDES
    plain = _SPACE.sub(_one_space, html.unescape(unicodedata.normalize("NFKC", text[:_READ])).lower())
    for name, reason in _RAW_REASONS.items():
        if _LEXICON[name].pattern.search(plain):
            return reason
    for variant in _variants(text, plain):
        if found := _reason(variant):
            return found
    return _ENCODED if any(map(_reason, _decoded(text[:_READ]))) else None


def _one_space(run: re.Match[str]) -> str:
    """A break of lines where one stood: patterns that look past white space would cost the square of its length."""
    return "\n" if "\n" in run[0] else " "


def _reason(text: str) -> str | None:
    found = next((reason for name, reason in _REASONS.items() if _matches(name, text)), None)
    return found or (_SEVERAL_SIGNS if _has_several_signs(text) else None)


def _has_several_signs(text: str) -> bool:
    return sum(section.pattern.search(text) is not None for section in _SIGNS) >= _ENOUGH_SIGNS


def _variants(text: str, plain: str) -> Iterator[str]:
    """Yield the text as read, and as meant by those who write with digits for letters or gaps, or hide it in markup."""
    folded = Reading(Candidate(text)).lower
    spaced = re.sub(r"\s+", " ", _PARAGRAPH.sub(". ", folded))
    yield spaced
    if re.search(r"[a-z][0134578@$][a-z]", folded):
        yield spaced.translate(_LEET)
    if _DOTTED.search(folded):
        yield re.sub(r"(?<=\w)[._-](?=\w)", "", folded)
    if _SPACED.search(folded):
        yield re.sub(r"  +", " ", re.sub(r"(?<=\b\w)[ ._-](?=\w\b)", "", folded))
    if _JOINED_PHRASE.search(spaced):
        yield _JOINED.sub(" ", spaced)
    for hidden in _ATTRIBUTE.finditer(plain):
        yield hidden[1] or hidden[2]


def _decoded(text: str) -> Iterator[str]:
    """Yield what a text says once decoded: base64, hexadecimal, ROT13 and backwards."""
    for match in _BASE64.finditer(text):
        yield from _readable(match[0])
    for match in _HEX.finditer(text):
        yield bytes.fromhex(re.sub(r"[ :]", "", match[0])).decode("latin-1").lower()
    lower = re.sub(r"\s+", " ", text[:2_000].lower())
    yield codecs.decode(lower, "rot13")
    yield lower[::-1]


def _readable(encoded: str) -> Iterator[str]:
    try:
        decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return
    yield decoded.lower()


def _matches(name: str, text: str) -> bool:
    for match in _LEXICON[name].pattern.finditer(text):
        quoted = text[max(0, match.start() - 50) : match.start()]
        if not _LEXICON["said about it"].pattern.search(quoted):
            return True
    return False
