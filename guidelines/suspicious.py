"""Marks posts that try to give orders to a language model. A mark warns people; nothing relies on it."""

import re
import unicodedata
from typing import Final

from guidelines.base import Candidate
from guidelines.checks.lexicon import lexicon
from guidelines.reading import Reading

_LEXICON: Final = lexicon("injection")
_REASONS: Final = {
    "forges structure": "imitates the structure of a prompt",
    "ignores its orders": "asks to ignore instructions",
    "orders a machine": "gives orders to a bot or model",
    "asks for its secrets": "asks for the instructions or secrets of a model",
    "dictates the answer": "dictates what the answer must be or do",
    "in other languages": "asks to ignore instructions, in another language",
}
_TAGS: Final = re.compile("[\U000e0020-\U000e007f]{3,}")
_HIDDEN: Final = re.compile("[\u200b\u2060\u2061-\u2064\ufeff\u202a-\u202e\u2066-\u2069]{8,}")
_SPACED: Final = re.compile(r"(?:\b\w[ ._-]){4,}\w\b")
_LEET: Final = str.maketrans("0134578@$", "oieastbas")
_STRUCTURE: Final = "forges structure"


def suspicion(text: str) -> str | None:
    """Say why a post looks like an attempt to steer a model, or return nothing."""
    if _TAGS.search(text) or _HIDDEN.search(text):
        return "holds hidden characters"
    if _LEXICON[_STRUCTURE].pattern.search(_plain(text)):
        return _REASONS[_STRUCTURE]
    for variant in _variants(text):
        for name, reason in _REASONS.items():
            if name != _STRUCTURE and _matches(name, variant):
                return reason
    return None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:20_000]).lower()


def _variants(text: str) -> list[str]:
    """Return the text as read, and as meant by those who write with digits for letters or with gaps between them."""
    folded = Reading(Candidate(text)).lower
    variants = [re.sub(r"\s+", " ", folded)]
    if re.search(r"[a-z][0134578@$][a-z]", folded):
        variants.append(variants[0].translate(_LEET))
    if _SPACED.search(folded):
        variants.append(re.sub(r"  +", " ", re.sub(r"(?<=\b\w)[ ._-](?=\w\b)", "", folded)))
    return variants


def _matches(name: str, text: str) -> bool:
    for match in _LEXICON[name].pattern.finditer(text):
        quoted = text[max(0, match.start() - 50) : match.start()]
        if not _LEXICON["said about it"].pattern.search(quoted):
            return True
    return False
