"""From what a Mastodon server sent to posts. Nothing in it is trusted: what cannot be read is skipped, never raised."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeGuard

from connectors._mastodon_text import clean, plain, web_address
from connectors.base import Author, Post, Skipped

Json = object
"""Anything that came out of a server's JSON."""

_OPEN_TO_ALL = ("public", "unlisted")

_LONGEST_ID = 200
_LONGEST_NAME = 200


class Unreadable(ValueError):
    """One post that makes no sense; its neighbours may."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads posts as one account on one instance sees them."""

    own_id: str
    host: str

    def posts(self, statuses: Iterable[Json]) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read. Posts that are not open to all never leave this module."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for status in statuses:
            try:
                post = self.post(status)
            except Unreadable as error:
                skipped.append(Skipped(id_of(status) or "", str(error)))
            else:
                if post.is_public:
                    posts.append(post)
                else:
                    skipped.append(Skipped(post.id, "It is not open to all."))
        return posts, skipped

    def post(self, status: Json) -> Post:
        """Read one status; raises `Unreadable`."""
        if not is_mapping(status):
            raise Unreadable("It is no object.")
        if is_mapping(status.get("reblog")):
            raise Unreadable("It only repeats another post.")
        identity = id_of(status)
        if identity is None:
            raise Unreadable("It has no id.")
        author = self._author(status.get("account"))
        parent = _optional_id(status.get("in_reply_to_id"))
        return Post(
            id=identity,
            text=text_of(status),
            author=author,
            created_at=time_of(status.get("created_at")),
            url=web_address(status.get("url")) or web_address(status.get("uri")),
            parent_id=parent,
            root_id=None if parent else identity,
            edited_at=_optional_time(status.get("edited_at")),
            language=_language(status.get("language")),
            venue=author.handle.rpartition("@")[2] if "@" in author.handle else self.host,
            mentioned=frozenset(filter(None, map(id_of, _list(status.get("mentions"))))),
            is_own=bool(self.own_id) and author.id == self.own_id,
            is_public=status.get("visibility") in _OPEN_TO_ALL,
        )

    def _author(self, account: Json) -> Author:
        if not is_mapping(account):
            raise Unreadable("It has no author.")
        identity = id_of(account)
        handle = handle_of(account)
        if identity is None or not handle:
            raise Unreadable("Its author has no id or no name.")
        name = account.get("display_name")
        return Author(
            id=identity,
            handle=handle,
            name=_one_line(name) if isinstance(name, str) else "",
            url=web_address(account.get("url")),
            is_bot=account.get("bot") is True,
        )


def is_mapping(value: Json) -> TypeGuard[Mapping[str, Json]]:
    """Whether the server sent an object."""
    return isinstance(value, dict)


def id_of(value: Json) -> str | None:
    """Return the id of an object as text: integers and ULIDs alike, never parsed."""
    return _optional_id(value.get("id")) if is_mapping(value) else None


def handle_of(account: Mapping[str, Json]) -> str:
    """Return `user` or `user@host`, without a leading @; nothing when it could not be addressed."""
    handle = account.get("acct") or account.get("username")
    if not isinstance(handle, str) or not 0 < len(handle) <= _LONGEST_NAME:
        return ""
    return "" if clean(handle) != handle or any(mark.isspace() or mark in "<>/\\" for mark in handle) else handle


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


def text_of(status: Mapping[str, Json]) -> str:
    """Return the plain text of a status, below its content warning; raises `Unreadable`."""
    content = status.get("content")
    if not isinstance(content, str):
        raise Unreadable("It has no text.")
    mentions = [one for one in _list(status.get("mentions")) if is_mapping(one)]
    handles = {url: handle_of(one) for one in mentions if (url := web_address(one.get("url"))) and handle_of(one)}
    warning = status.get("spoiler_text")
    above = f"{_one_line(warning)}\n\n" if isinstance(warning, str) and warning.strip() else ""
    return above + plain(content, handles)


def _optional_time(value: Json) -> datetime | None:
    try:
        return time_of(value)
    except Unreadable:
        return None


def _optional_id(value: Json) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**_LONGEST_ID else None
    plain_id = 0 < len(value) <= _LONGEST_ID and value.isprintable() and not set(value) & set(" /?#%\\")
    return value if plain_id and value not in (".", "..") else None


def _language(value: Json) -> str | None:
    return value if isinstance(value, str) and 2 <= len(value) <= 20 and value.replace("-", "").isalnum() else None


def _one_line(text: str) -> str:
    return " ".join(clean(text[: 10 * _LONGEST_NAME]).split())[:_LONGEST_NAME]


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
