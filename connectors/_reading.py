"""Reading what a server sent. Nothing in it is trusted: what makes no sense is `Unreadable`, never a crash."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeGuard

Json = object
"""Anything that came out of a server's JSON."""

_LONGEST_ID = 200


class Unreadable(ValueError):
    """One post that makes no sense; its neighbours may."""


def is_mapping(value: Json) -> TypeGuard[Mapping[str, Json]]:
    """Whether the server sent an object."""
    return isinstance(value, dict)


def id_of(value: Json) -> str | None:
    """Return the id of an object as text: integers and ULIDs alike, never parsed."""
    return optional_id(value.get("id")) if is_mapping(value) else None


def member(value: Json, name: str) -> Json:
    """Return a member of an object; nothing when there is neither."""
    return value.get(name) if is_mapping(value) else None


def list_of(value: Json) -> list[Json]:
    """Return a list; anything else is empty."""
    return value if isinstance(value, list) else []


def text_in(value: Json) -> str:
    """Return a text; anything else is empty."""
    return value if isinstance(value, str) else ""


def time_of(value: Json) -> datetime:
    """Read an ISO time as UTC; raises `Unreadable`."""
    if not isinstance(value, str):
        raise Unreadable("It has no time.")
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable("Its time cannot be read.") from error


def count_of(value: Json) -> int:
    """Read a count; nonsense is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0


def optional_time(value: Json) -> datetime | None:
    """Read an ISO time as UTC; nonsense is none."""
    try:
        return time_of(value)
    except Unreadable:
        return None


def optional_id(value: Json) -> str | None:
    """Return an id as text, when it could stand in an address; it is never parsed."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_LONGEST_ID else None
    plain_id = 0 < len(value) <= _LONGEST_ID and value.isprintable() and not set(value) & set(" /?#%\\")
    return value if plain_id and value not in (".", "..") else None


def language_of(value: Json) -> str | None:
    """Read a language tag; nonsense is none."""
    return value if isinstance(value, str) and 2 <= len(value) <= 20 and value.replace("-", "").isalnum() else None
