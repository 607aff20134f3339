"""From what Bluesky sent to posts. Nothing in it is trusted: what cannot be read is skipped, never raised."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from connectors._bluesky_text import POST, shown
from connectors._reading import (
    Json,
    Unreadable,
    is_mapping,
    language_of,
    list_of,
    member,
    optional_time,
    text_in,
)
from connectors._text import LONGEST, clean, one_line, web_address
from connectors.base import Author, Post, Skipped

VENUE = "bsky.app"

_DID = r"did:[a-z]{1,20}:[A-Za-z0-9._:%-]{1,200}"
_ADDRESS = re.compile(rf"at://({_DID})/{re.escape(POST)}/([A-Za-z0-9._:~-]{{1,100}})")
_HANDLE = re.compile(r"(?=.{3,253}$)[a-zA-Z0-9-]{1,63}(?:\.[a-zA-Z0-9-]{1,63})+")
_NO_HANDLE = "handle.invalid"

_NOT_FOR_ALL = frozenset({"!no-unauthenticated", "!hide", "!takedown"})
"""Labels of what Bluesky shows only to those who are logged in, or to nobody."""


class Place(NamedTuple):
    """Where a post lives: whose it is, and the key of its record."""

    did: str
    key: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads posts as one account sees them: from a feed, a search, a thread, or out of a notification."""

    own_id: str

    def posts(self, views: Iterable[Json]) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read. Posts that are not open to all never leave this module."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for view in views:
            try:
                post = self.post(view)
            except Unreadable as error:
                skipped.append(Skipped(uri_of(view) or "", str(error)))
            else:
                if post.is_public:
                    posts.append(post)
                else:
                    skipped.append(Skipped(post.id, "It is not open to all: its author or Bluesky hides it."))
        return posts, skipped

    def post(self, view: Json) -> Post:
        """Read one post; raises `Unreadable`."""
        uri = uri_of(view)
        record = member(view, "record")
        if uri is None or not is_mapping(record):
            raise Unreadable("It has no address or no content.")
        place = place_of(uri)
        author = _author(member(view, "author"), place.did)
        is_own = place.did == self.own_id
        parent, root = (_answered(record, name) for name in ("parent", "root"))
        return Post(
            id=uri,
            text=text_of(record),
            author=author,
            created_at=_written_at(view, record),
            url=link_to(uri),
            parent_id=parent,
            root_id=root if parent else uri,
            language=next(filter(None, map(language_of, list_of(record.get("langs")))), None),
            venue=VENUE,
            mentioned=frozenset(_mentioned(record)),
            is_own=is_own,
            is_public=not _NOT_FOR_ALL & (_labels(view) if is_own else _labels(view) | _labels(member(view, "author"))),
        )


def uri_of(view: Json) -> str | None:
    """Return the address of a post, where it has one."""
    return checked(member(view, "uri"))


def checked(value: Json) -> str | None:
    """Return the address of a post that is safe to ask for."""
    return value if isinstance(value, str) and _ADDRESS.fullmatch(value) else None


def did_of(value: Json) -> str | None:
    """Return the lasting name of an account."""
    return value if isinstance(value, str) and re.fullmatch(_DID, value) else None


def place_of(uri: str) -> Place:
    """Take an address apart; raises `Unreadable`."""
    match = _ADDRESS.fullmatch(uri)
    if match is None:
        raise Unreadable("It has no address.")
    return Place(match[1], match[2])


def handle_of(person: Json) -> str:
    """Return a handle; nothing when it could not be addressed."""
    handle = text_in(member(person, "handle"))
    return handle if _HANDLE.fullmatch(handle) and handle != _NO_HANDLE else ""


def link_to(uri: str) -> str:
    """Return where people see a post: by its author's lasting name, as handles change."""
    place = place_of(uri)
    return f"https://{VENUE}/profile/{place.did}/post/{place.key}"


def text_of(record: Json) -> str:
    """Return the plain text of a post with the addresses that its card or its quotation leads to."""
    if not isinstance(member(record, "text"), str):
        raise Unreadable("It has no text.")
    text = clean(shown(record)[: 4 * LONGEST]).strip()
    below = [address for address in _embedded(member(record, "embed")) if address not in text]
    joined = "\n\n".join(filter(None, [text, *below]))
    return joined if len(joined) <= LONGEST else joined[: LONGEST - 1] + "…"


def _author(person: Json, did: str) -> Author:
    if member(person, "did") != did:
        raise Unreadable("Its author is not whose address it has.")
    name = one_line(text_in(member(person, "displayName")))
    is_bot = "bot" in _labels(person)
    return Author(did, handle_of(person) or did, name, f"https://{VENUE}/profile/{did}", is_bot)


def _written_at(view: Json, record: Json) -> datetime:
    """The author's clock may be off or lie: no post is younger than when Bluesky first saw it."""
    written, seen = optional_time(member(record, "createdAt")), optional_time(member(view, "indexedAt"))
    known = [moment for moment in (written, seen) if moment is not None]
    if not known:
        raise Unreadable("It has no time.")
    return min(known)


def _answered(record: Json, name: str) -> str | None:
    return checked(member(member(member(record, "reply"), name), "uri"))


def _mentioned(record: Json) -> Iterable[str]:
    for facet in list_of(member(record, "facets")):
        for feature in list_of(member(facet, "features")):
            if (did := did_of(member(feature, "did"))) is not None:
                yield did


def _labels(labelled: Json) -> frozenset[str]:
    found = list_of(member(labelled, "labels"))
    return frozenset(text_in(member(one, "val")) for one in found if member(one, "neg") is not True)


def _embedded(embed: Json) -> list[str]:
    """Where a post leads besides its words: the link of its card, the post that it quotes."""
    quoted = member(embed, "record")
    uri = checked(member(quoted, "uri")) or checked(member(member(quoted, "record"), "uri"))
    inner = embed if member(embed, "media") is None else member(embed, "media")
    card = web_address(member(member(inner, "external"), "uri"))
    return [address for address in (card, link_to(uri) if uri else "") if address]
