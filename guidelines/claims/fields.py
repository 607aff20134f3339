"""Turns the fields of a fact file into what a fact holds; says of each mistake what is wrong and how to mend it."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from guidelines.claims.entities import name_parts

LISTS = ("aliases", "misstatements", "not_this", "regions", "values", "part_of")
DATES = ("valid_from", "valid_until", "reviewed_at")
LONGEST_ID = 100
_COMPARATORS = ("exactly", "at_least", "up_to")
_POLARITIES = ("affirmative", "negative")
_LONGEST = 1_000
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9].*)?")
_NO_NAMES = frozenset(
    {"a", "an", "the", "this", "that", "these", "those", "i", "he", "she", "it", "we", "you", "they"}
    | {"its", "my", "our", "your", "their", "and", "or", "of", "to", "is", "are", "was"}
)
"""Words that stand in nearly every post, so that nobody could tell a company called so from them."""


class FieldError(ValueError):
    """A field that cannot be used: what is wrong with it, and how to mend it."""

    def __init__(self, reason: str, hint: str = "") -> None:
        self.hint = hint
        super().__init__(reason)


def converted(key: str, value: Any) -> Any:
    """A field as a fact holds it; raises `FieldError`."""
    if value is None:
        return None
    if key in LISTS or key == "value":
        return _texts(key, value)
    if key in DATES:
        return _date(key, value)
    if not isinstance(value, str):
        raise FieldError(f"`{key}` must be a text", "write it behind the colon, in quotes where it holds signs")
    return _CONVERTERS.get(key, _text)(key, value)


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        value = [part for parts in value.values() for part in (parts if isinstance(parts, list) else [parts])]
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in items):
        raise FieldError(f"`{key}` must be a list of texts", f"{key}: [one, two]")
    texts = tuple(item.strip() for item in items if item.strip())
    return tuple(_name(key, text) for text in texts) if key == "aliases" else texts


def _date(key: str, value: Any) -> date:
    try:
        if _DAY.fullmatch(str(value).strip()):
            return datetime.fromisoformat(str(value).strip()).date()
    except ValueError:
        pass
    raise FieldError(f"`{key}` is not a date like 2026-11-21", "write year, month and day with hyphens")


def _text(key: str, value: str) -> str:
    if len(value) > _LONGEST:
        raise FieldError(f"`{key}` is longer than {_LONGEST} characters", "say it more shortly")
    return value.strip()


def _id(key: str, value: str) -> str:
    if len(value) > LONGEST_ID:
        raise FieldError(f"`{key}` is longer than {LONGEST_ID} characters", "a short one is enough: tern-battery")
    return value.strip()


def _name(key: str, value: str) -> str:
    text = _text(key, value)
    parts = name_parts(text)
    if text and not parts:
        raise FieldError(f"`{key}` holds “{text[:40]}”, which no post can be searched for", "write letters or digits")
    if len(parts) == 1 and parts[0] in _NO_NAMES:
        told = f"`{key}` holds “{text}”, a word of nearly every post"
        raise FieldError(told, "write the name as people write it in full")
    return text


def _statement(key: str, value: str) -> str:
    text = _text(key, value)
    if text and not any(sign.isalpha() for sign in text):
        raise FieldError(f"`{key}` is no sentence", "say what is true: The Tern One runs for 14 hours on a charge.")
    return text


def _number(key: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise FieldError(f"`{key}` is not a number", f"{key}: 0.5")
    if number < 0:
        raise FieldError(f"`{key}` is below 0", f"{key}: {-number:g}")
    return number


def _url(key: str, value: str) -> str:
    link = value.strip()
    try:
        parts = urlsplit(link)
    except ValueError:
        raise FieldError(f"`{key}` is not a link", "https://example.com/page") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise FieldError(f"`{key}` is not an http(s) link", "begin it with https://")
    if any(sign.isspace() or not sign.isprintable() for sign in link):
        raise FieldError(f"`{key}` holds a blank or a line break", "copy the link from the browser")
    return link


def _one_of(options: tuple[str, ...]) -> Callable[[str, str], str]:
    def check(key: str, value: str) -> str:
        if value not in options:
            raise FieldError(f"`{key}` must be one of {', '.join(options)}")
        return value

    return check


_CONVERTERS: dict[str, Callable[[str, str], Any]] = {
    "id": _id,
    "entity": _name,
    "statement": _statement,
    "tolerance": _number,
    "source_url": _url,
    "comparator": _one_of(_COMPARATORS),
    "polarity": _one_of(_POLARITIES),
}
