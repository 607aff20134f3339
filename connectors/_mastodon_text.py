"""Length as Mastodon counts it."""

import re

import regex  # type: ignore[import-untyped,unused-ignore]

URL_LENGTH = 23
"""What any address counts, however long."""

_URL = (
    r"(?<![\w@$#])https?://(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[a-z0-9-]+)(?::\d+)?"
    r"(?:[/?#](?:[^\s<>\"()]|\([^\s<>\"()]*\))*)?"
)
_NAME = r"(?<![=/\w])@[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*"
_HOST = r"@[\w.-]*\w(?::\d+)?"
_SHORTENED = re.compile(rf"(?P<url>{_URL})|(?P<name>{_NAME})(?:{_HOST})?", re.IGNORECASE)
_TRAILING = ".,;:!?'\"…»”’*_~"


def length(text: str) -> int:
    """Count as Mastodon does: grapheme clusters, any address as 23, a mention without its domain."""
    return len(regex.findall(r"\X", _SHORTENED.sub(_as_counted, text)))


def _as_counted(match: re.Match[str]) -> str:
    if (address := match["url"]) is None:
        return match["name"]
    return "x" * URL_LENGTH + address[len(address.rstrip(_TRAILING)) :]
