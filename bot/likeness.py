"""Near-duplicates: texts that say the same in almost the same words.

MinHash, folded into bands that an index can look up; what shares a band is then compared in full.
"""

import struct
from collections.abc import Collection, Iterable
from functools import lru_cache
from hashlib import blake2b

import regex
from rapidfuzz import fuzz, process

HASHES = 64
ROWS = 4
BANDS = HASHES // ROWS
FEWEST_WORDS = 4
MOST_WORDS = 400
ALIKE = 85.0
"""Of 100: two texts at least so similar are the same."""

_MASK = (1 << 64) - 1
_NOISE = regex.compile(r"https?://\S+|[@#]\S+|[^\p{L}\p{N}]+")
_LOUDER = regex.compile(r"(?<=[\w\s])!+\s*\Z|(?<=([!?]))\1+")
_SEEDS = tuple(int.from_bytes(blake2b(bytes([n]), digest_size=8).digest()) | 1 for n in range(HASHES))


def bands(text: str) -> list[int]:
    """Return the bands of a text, read as pairs of words; none for a text too short to compare."""
    words = plain(text).split()[:MOST_WORDS]
    if len(words) < FEWEST_WORDS:
        return []
    return fingerprint({" ".join(words[start : start + 2]) for start in range(len(words) - 1)})


def fingerprint(features: Collection[str]) -> list[int]:
    """Return one signed 64-bit number for each band, stable for ever: sets that share most of their features nearly
    always share a band, and equal ones always do."""
    hashes = [int.from_bytes(blake2b(feature.encode(), digest_size=8).digest()) for feature in features] or [0]
    least = [min((value * seed & _MASK) >> 16 for value in hashes) for seed in _SEEDS]
    return [_band(number, least[number * ROWS : (number + 1) * ROWS]) for number in range(BANDS)]


def alike(one: str, other: str) -> bool:
    """Whether two texts say nearly the same."""
    return bool(fuzz.ratio(plain(one), plain(other)) >= ALIKE)


def most_alike(text: str, others: Iterable[str], *, least: float) -> tuple[float, int] | None:
    """Return how alike the other text is that shares most words with this one, of 100, and its place among the others:
    the first of several that are equally alike; None when all are less alike than `least`."""
    found = process.extractOne(in_order(text), map(in_order, others), scorer=fuzz.ratio, score_cutoff=least)
    return (found[1], found[2]) if found else None


@lru_cache(maxsize=4096)
def in_order(text: str) -> str:
    """Return the words of a text in the order of the alphabet: what has the same words reads the same."""
    return " ".join(sorted(plain(text).split()))


@lru_cache(maxsize=2048)
def plain(text: str) -> str:
    """Return a text without what copies differ in: case, links, handles, punctuation."""
    return " ".join(_NOISE.sub(" ", text[:5000].casefold()).split())


def calm(text: str) -> str:
    """Return a text with one mark where several stand, and none to shout at its end: a louder copy claims the same."""
    return str(_LOUDER.sub("", text))


def _band(number: int, rows: list[int]) -> int:
    digest = blake2b(struct.pack(f">B{ROWS}Q", number, *rows), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
