"""Does a text read like one of ours? An index of fingerprints brings candidates, the texts themselves the score.

The fingerprint is MinHash over words, 16 bands of 4 rows: texts that share most of their words nearly always share a
band, and equal ones always do.
"""

import re
import struct
from functools import lru_cache
from hashlib import blake2b
from random import Random
from typing import Any

from rapidfuzz.fuzz import ratio
from sqlalchemy import Connection, event, insert, inspect, update
from sqlalchemy.orm import Mapper

from bot.models import Reply
from bot.models.limits import ReplyPrint

BANDS, ROWS = 16, 4
_MODULUS = (1 << 61) - 1
_random = Random(20_261_121)  # noqa: S311 - the same numbers in every process, for ever; nothing here is secret
_PERMUTATIONS = tuple((_random.randrange(1, _MODULUS), _random.randrange(_MODULUS)) for _ in range(BANDS * ROWS))
_WORD = re.compile(r"\w+")
_PACK = struct.Struct(f">{ROWS + 1}Q")


def words_of(text: str) -> list[str]:
    """Return the words that are compared: case, punctuation and spacing say nothing."""
    return _WORD.findall(text.casefold())


@lru_cache(maxsize=256)
def bands_of(text: str) -> list[int]:
    """Return the fingerprint: one signed 64-bit number for each band."""
    hashes = [_hash(word.encode()) for word in set(words_of(text))] or [0]
    lowest = [min([(a * value + b) % _MODULUS for value in hashes]) for a, b in _PERMUTATIONS]
    return [_signed(_PACK.pack(band, *lowest[band * ROWS : (band + 1) * ROWS])) for band in range(BANDS)]


def likeness(one: str, other: str) -> float:
    """Return how alike two texts read: 0 for nothing in common, 1 for the same words."""
    return float(ratio(" ".join(words_of(one)), " ".join(words_of(other)))) / 100


def _hash(word: bytes) -> int:
    return int.from_bytes(blake2b(word, digest_size=8).digest())


def _signed(packed: bytes) -> int:
    return int.from_bytes(blake2b(packed, digest_size=8).digest(), signed=True)


@event.listens_for(Reply, "after_insert")
def _remember(_mapper: Mapper[Any], connection: Connection, reply: Reply) -> None:
    """Write the fingerprint with every reply, so that no path of code can forget it."""
    connection.execute(insert(ReplyPrint).values(reply_id=reply.id, bands=bands_of(reply.typed)))


@event.listens_for(Reply, "after_update")
def _remember_anew(_mapper: Mapper[Any], connection: Connection, reply: Reply) -> None:
    if inspect(reply).attrs.typed.history.has_changes():
        changed = update(ReplyPrint).where(ReplyPrint.reply_id == reply.id)
        connection.execute(changed.values(bands=bands_of(reply.typed)))
