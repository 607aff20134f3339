"""What a person typed, as Discourse will show it, and as Discourse wants to be sent it."""

import re

from connectors._text import clean

_BLANKS = re.compile("[\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000]")
"""All of these Discourse turns into plain blanks."""

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=#?\w{1,32};)")


def as_public(text: str) -> str:
    """Return the text as Discourse keeps it."""
    return _BLANKS.sub(" ", clean(text.replace("\r\n", "\n").replace("\r", "\n"))).strip()


def as_source(text: str) -> str:
    """Return the Markdown that shows this text: what looks like HTML would be swallowed, and is written out."""
    return _TAG.sub("&lt;", _ENTITY.sub("&amp;", text))
