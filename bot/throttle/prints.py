"""Does a text read like one of ours? An index of fingerprints brings candidates, the texts themselves the score."""

import re
from functools import lru_cache
from typing import Any

from rapidfuzz.fuzz import ratio
from sqlalchemy import Connection, event, insert, inspect, update
from sqlalchemy.orm import Mapper

from bot.likeness import fingerprint
from bot.models import Reply
from bot.models.limits import ReplyPrint

_WORD = re.compile(r"\w+")


def words_of(text: str) -> list[str]:
    """Return the words that are compared: case, punctuation and spacing say nothing."""
    return _WORD.findall(text.casefold())


@lru_cache(maxsize=256)
def bands_of(text: str) -> list[int]:
    """Return the fingerprint: one signed 64-bit number for each band."""
    return fingerprint(set(words_of(text)))


def likeness(one: str, other: str) -> float:
    """Return how alike two texts read: 0 for nothing in common, 1 for the same words."""
    return float(ratio(" ".join(words_of(one)), " ".join(words_of(other)))) / 100


@event.listens_for(Reply, "after_insert")
def _remember(_mapper: Mapper[Any], connection: Connection, reply: Reply) -> None:
    """Write the fingerprint with every reply, so that no path of code can forget it."""
    connection.execute(insert(ReplyPrint).values(reply_id=reply.id, bands=bands_of(reply.typed)))


@event.listens_for(Reply, "after_update")
def _remember_anew(_mapper: Mapper[Any], connection: Connection, reply: Reply) -> None:
    if inspect(reply).attrs.typed.history.has_changes():
        changed = update(ReplyPrint).where(ReplyPrint.reply_id == reply.id)
        connection.execute(changed.values(bands=bands_of(reply.typed)))
