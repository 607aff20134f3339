"""From what a Mastodon server sent to posts. Nothing in it is trusted: what cannot be read is skipped, never raised."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connectors._reading import (
    Json,
    Unreadable,
    id_of,
    is_mapping,
    language_of,
    list_of,
    optional_id,
    optional_time,
    time_of,
)
from connectors._text import LONGEST_LINE, clean, one_line, plain, web_address
from connectors.base import Author, Post, Skipped

_OPEN_TO_ALL = ("public", "unlisted")


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
        parent = optional_id(status.get("in_reply_to_id"))
        return Post(
            id=identity,
            text=text_of(status),
            author=author,
            created_at=time_of(status.get("created_at")),
            url=web_address(status.get("url")) or web_address(status.get("uri")),
            parent_id=parent,
            root_id=None if parent else identity,
            edited_at=optional_time(status.get("edited_at")),
            language=language_of(status.get("language")),
            venue=author.handle.rpartition("@")[2] if "@" in author.handle else self.host,
            mentioned=frozenset(filter(None, map(id_of, list_of(status.get("mentions"))))),
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
            name=one_line(name) if isinstance(name, str) else "",
            url=web_address(account.get("url")),
            is_bot=account.get("bot") is True,
        )


def handle_of(account: Mapping[str, Json]) -> str:
    """Return `user` or `user@host`, without a leading @; nothing when it could not be addressed."""
    handle = account.get("acct") or account.get("username")
    if not isinstance(handle, str) or not 0 < len(handle) <= LONGEST_LINE:
        return ""
    return "" if clean(handle) != handle or any(mark.isspace() or mark in "<>/\\" for mark in handle) else handle


def text_of(status: Mapping[str, Json]) -> str:
    """Return the plain text of a status, below its content warning; raises `Unreadable`."""
    content = status.get("content")
    if not isinstance(content, str):
        raise Unreadable("It has no text.")
    mentions = [one for one in list_of(status.get("mentions")) if is_mapping(one)]
    handles = {url: handle_of(one) for one in mentions if (url := web_address(one.get("url"))) and handle_of(one)}
    warning = status.get("spoiler_text")
    above = f"{one_line(warning)}\n\n" if isinstance(warning, str) and warning.strip() else ""
    return above + plain(content, handles)
