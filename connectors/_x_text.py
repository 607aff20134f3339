"""Text as X has it: its weighted length, what it stores of a reply, and whether two texts are one."""

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from twitter_text import extract_urls, parse_tweet  # type: ignore[import-untyped,unused-ignore]
from twitter_text.config import config  # type: ignore[import-untyped,unused-ignore]

from connectors._reading import Json, is_mapping
from connectors._text import LONGEST, clean, web_address

COUNTING: Mapping[str, object] = config["defaults"]
"""X's present configuration for counting: version 3, which counts any emoji as 2."""

LIMIT = 280
"""Weighted characters that X takes of an account without a paid plan."""

_LONGEST_WORD = 320
_LONGEST_ADDRESS = 13_000
_MOST_DOTS = 40
"""What of a word is given to the official counting, which needs cubic time where a long word is full of dots."""

_BLANKS = re.compile(r"(\s+)")
_LONG_ADDRESS = re.compile(r"https?://[\w.-]+[/?#][!-~]*", re.ASCII | re.IGNORECASE)
_NONCHARACTERS = re.compile(r"[\ufffe\uffff]")
_SHORT_LINK = re.compile(r"https?://t\.co/[A-Za-z0-9]+")
_SCHEME = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)
_LEADING_NAMES = re.compile(r"(?:\s*@\w{1,15}(?=\s|$))+")
_NOT_WRITING = re.compile(r"[^\w\u2190-\u2bff\U0001f000-\U0001faff]+")


def as_public(text: str) -> str:
    """Return what X stores of a text: composed letters, simple line ends, nothing it refuses."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _NONCHARACTERS.sub("", clean(lines))).strip()


def length(text: str, counting: Mapping[str, object] = COUNTING) -> int:
    """Count as X does: any link 23, an emoji 2, most scripts of Asia 2 a sign.

    Word by word, as no link and no emoji holds a blank: what X's own counting makes of each word adds up.
    """
    return sum(_word_length(word, counting) for word in _BLANKS.split(text) if word)


def has_link(text: str) -> bool:
    """Whether X counts and charges this text as one with a link: a bare domain is one too."""
    return any(_links(text))


def plain(text: str, entities: Json) -> str:
    """Return the text a reader sees: full addresses for X's short ones, and no escaped signs."""
    shown = text[: 4 * LONGEST]
    for short, address in addresses(entities).items():
        shown = shown.replace(short, address)
    joined = clean(html.unescape(shown)).strip()
    return joined if len(joined) <= LONGEST else joined[: LONGEST - 1] + "…"


def addresses(entities: Json) -> Mapping[str, str]:
    """Return X's short addresses with where they lead."""
    links = entities.get("urls") if is_mapping(entities) else None
    pairs = [
        (one.get("url"), one.get("expanded_url"))
        for one in (links if isinstance(links, list) else [])
        if is_mapping(one)
    ]
    return {
        short: address
        for short, expanded in pairs
        if isinstance(short, str) and _SHORT_LINK.fullmatch(short) and (address := web_address(expanded))
    }


def same(one: str, other: str) -> bool:
    """Whether two texts say the same: X adds names before a reply, rewrites links and blanks, never letters.

    A short address that X did not explain stands for any.
    """
    texts = [_LEADING_NAMES.sub("", text, count=1) if _LEADING_NAMES.match(text) else text for text in (one, other)]
    if any(map(_SHORT_LINK.search, texts)):
        texts = [_without_links(text) for text in texts]
    letters = [_letters(text) for text in texts]
    return letters[0] == letters[1] if all(letters) else texts[0].split() == texts[1].split()


def is_from_x(address: str) -> bool:
    """Whether an address is one of X's own."""
    return urlsplit(address).hostname in {"x.com", "www.x.com", "twitter.com", "www.twitter.com", "mobile.twitter.com"}


def _word_length(word: str, counting: Mapping[str, object]) -> int:
    if _is_quick(word):
        return int(parse_tweet(word, counting).weightedLength)
    counted = int(parse_tweet(word[:_LONGEST_WORD], counting).weightedLength)
    return counted if _LONG_ADDRESS.fullmatch(word) else counted + len(word) - _LONGEST_WORD


def _is_quick(word: str) -> bool:
    """Whether X's own counting reads a word in no time."""
    is_plain = word.isascii() and len(word) <= _LONGEST_ADDRESS and word.count(".") <= _MOST_DOTS
    return len(word) <= _LONGEST_WORD or "." not in word or is_plain


def _links(text: str) -> Iterator[str]:
    for word in text.split():
        found = extract_urls(word[:_LONGEST_WORD])
        yield from [word] if found and _LONG_ADDRESS.fullmatch(word) else found


def _without_links(text: str) -> str:
    for address in sorted(_links(text[:LONGEST]), key=len, reverse=True):
        text = text.replace(address, " ")
    return text


def _letters(text: str) -> str:
    return _NOT_WRITING.sub("", _SCHEME.sub("", unicodedata.normalize("NFKC", text))).casefold()
