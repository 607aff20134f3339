"""Text as Bluesky has it: its two lengths, what stands at which bytes of it, and the keys that posts are kept under."""

import re
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import regex  # type: ignore[import-untyped,unused-ignore]
from atproto_client import models  # type: ignore[import-untyped,unused-ignore]
from atproto_client.utils.facet_detection import (  # type: ignore[import-untyped,unused-ignore]
    MentionMatch,
    detect_facets,
    detect_mentions,
)

from connectors._reading import Json, is_mapping, list_of, member, text_in
from connectors._text import web_address
from connectors.base import Length

GRAPHEMES = 300
BYTES = 3_000
"""What a post may hold: as many signs as people count, and as many bytes."""

POST = "app.bsky.feed.post"

_TAG_GRAPHEMES = 64
_TAG_BYTES = 640

_KEY = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_DIGITS = "234567" + string.ascii_lowercase
_CLOCKS = 1 << 10


def length(text: str, graphemes: int = GRAPHEMES) -> Length:
    """Count both ways, and tell the count that is nearer to its end."""
    used, stored = len(regex.findall(r"\X", text)), len(text.encode())
    if stored * graphemes > used * BYTES:
        return Length(stored, BYTES, "bytes")
    return Length(used, graphemes, "graphemes")


def new_key(intent_id: UUID, now: datetime) -> str:
    """Return a record key as Bluesky makes them: microseconds, then a clock's number, here taken from the intent."""
    microseconds = int(now.timestamp() * 1_000_000)
    number = (microseconds << 10 | intent_id.int % _CLOCKS) & (1 << 63) - 1
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(13)))


def is_key(key: str) -> bool:
    """Whether Bluesky takes this as the key of a post."""
    return _KEY.fullmatch(key) is not None


def made_at(key: str) -> datetime | None:
    """Return when a record key says that it was made."""
    if not is_key(key):
        return None
    number = 0
    for sign in key:
        number = number << 5 | _DIGITS.index(sign)
    return datetime.fromtimestamp((number >> 10) // 1_000_000, UTC)


def mentions(text: str) -> list[MentionMatch]:
    """Return the handles that the text names, each with the bytes at which it stands."""
    return list(detect_mentions(text))


def facets(text: str, dids: Mapping[str, str]) -> list[Any]:
    """Return what of the text is a link, a tag, or a mention of somebody in `dids` (handle → DID), in order."""
    main = models.AppBskyRichtextFacet
    found = [one for one in detect_facets(text) if all(map(_is_taken, one.features))]
    for one in mentions(text):
        if (did := dids.get(one.handle.lower())) is not None:
            index = main.ByteSlice(byte_start=one.byte_start, byte_end=one.byte_end)
            found.append(main.Main(features=[main.Mention(did=did)], index=index))
    return sorted(found, key=lambda facet: facet.index.byte_start)


def shown(record: Json) -> str:
    """Return the text that a reader sees: a link says where it leads, so that nobody is led elsewhere by its words."""
    raw = text_in(member(record, "text")).encode(errors="replace")
    pieces: list[bytes] = []
    at = 0
    for start, end, address in _links(record, len(raw)):
        if start >= at:
            pieces += [raw[at:start], _told(raw[start:end].decode(errors="replace"), address).encode()]
            at = end
    return b"".join([*pieces, raw[at:]]).decode(errors="replace")


def _is_taken(feature: Any) -> bool:
    """Whether Bluesky takes a record with this in it: for one tag that is too long it refuses the whole."""
    if isinstance(feature, models.AppBskyRichtextFacet.Tag):
        return len(feature.tag.encode()) <= _TAG_BYTES and len(regex.findall(r"\X", feature.tag)) <= _TAG_GRAPHEMES
    return bool(web_address(feature.uri))


def _links(record: Json, size: int) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for facet in list_of(member(record, "facets")):
        start, end = (member(member(facet, "index"), name) for name in ("byteStart", "byteEnd"))
        addresses = [web_address(member(one, "uri")) for one in list_of(member(facet, "features")) if is_mapping(one)]
        address = next(filter(None, addresses), "")
        if address and isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= size:
            found.append((start, end, address))
    return sorted(found)


def _told(words: str, address: str) -> str:
    bare = words.strip().rstrip("….").removeprefix("https://").removeprefix("http://")
    return address if not bare or bare in address else f"{words.rstrip()} ({address})"
