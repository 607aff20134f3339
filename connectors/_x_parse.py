"""From what X sent to posts. Nothing in it is trusted: what cannot be read is skipped, never raised."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors._reading import Json, Unreadable, is_mapping, member, time_of
from connectors._text import clean
from connectors._x_text import plain
from connectors.base import Author, Post, Skipped

VENUE = "x.com"

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HANDLE = re.compile(r"\w{1,50}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")
_NO_LANGUAGE = frozenset({"und", "zxx", "qme", "qht", "qam", "qct", "qst", "art"})
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one answer as one account sees it: its posts, with the authors and the quoted posts that came along."""

    own_id: str
    body: Json
    _people: Mapping[str, Mapping[str, Json]] = field(init=False)
    _cited: Mapping[str, Mapping[str, Json]] = field(init=False)

    def __post_init__(self) -> None:
        included = member(self.body, "includes")
        object.__setattr__(self, "_people", _by_id(member(included, "users")))
        object.__setattr__(self, "_cited", _by_id(member(included, "tweets")))

    @property
    def raw(self) -> list[Json]:
        """The posts of the answer, as they came."""
        found = member(self.body, "data")
        return found if isinstance(found, list) else []

    def posts(self) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read. Posts of protected accounts never leave this module."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for raw in self.raw:
            try:
                post = self.post(raw)
            except Unreadable as error:
                skipped.append(Skipped(id_of(raw) or "", str(error)))
            else:
                if post.is_public:
                    posts.append(post)
                else:
                    skipped.append(Skipped(post.id, "It is not open to all."))
        return posts, skipped

    def post(self, raw: Json) -> Post:
        """Read one post; raises `Unreadable`."""
        identity = id_of(raw)
        if identity is None or not is_mapping(raw):
            raise Unreadable("It has no id.")
        if related(raw, "retweeted"):
            raise Unreadable("It only repeats another post.")
        author, is_protected = self._author(raw.get("author_id"))
        created_at = time_of(raw.get("created_at"))
        conversation = checked(raw.get("conversation_id"))
        parent = related(raw, "replied_to")
        return Post(
            id=identity,
            text=text_of(raw),
            author=author,
            created_at=created_at,
            url=f"https://x.com/{author.handle}/status/{identity}",
            parent_id=parent,
            root_id=conversation if parent else identity,
            edited_at=_edited_at(raw, created_at),
            language=_language(raw.get("lang")),
            venue=VENUE,
            mentioned=self._summoned(raw),
            is_own=bool(self.own_id) and author.id == self.own_id,
            is_public=not is_protected,
        )

    def _author(self, author_id: Json) -> tuple[Author, bool]:
        identity = checked(author_id)
        person = self._people.get(identity or "", {})
        handle = handle_of(person)
        if identity is None or not handle:
            raise Unreadable("Its author is missing.")
        name = person.get("name")
        shown = " ".join(clean(name[: 10 * _LONGEST_NAME]).split())[:_LONGEST_NAME] if isinstance(name, str) else ""
        return Author(identity, handle, shown, f"https://x.com/{handle}"), person.get("protected") is True

    def _summoned(self, raw: Mapping[str, Json]) -> frozenset[str]:
        """The accounts that the author called in: those named, and whom they quote unless replies are restricted.

        Who is named may answer whatever the reply settings say; who is only quoted needs them open.
        """
        mentions = member(raw.get("entities"), "mentions")
        named = {checked(one.get("id")) for one in _list(mentions) if is_mapping(one)}
        if raw.get("reply_settings", "everyone") == "everyone" and (quoted := related(raw, "quoted")):
            named.add(checked(self._cited.get(quoted, {}).get("author_id")))
        return frozenset(one for one in named if one is not None)


def checked(value: Json) -> str | None:
    """Return an id that is safe in a path; X's are decimal, and nobody promised that they stay so."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64:
        return str(value)
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def id_of(raw: Json) -> str | None:
    """Return the id of an object, as text."""
    return checked(raw.get("id")) if is_mapping(raw) else None


def age(post_id: str) -> tuple[int, str]:
    """Return what orders ids: X's grow with time, and are compared as numbers though kept as text."""
    return (int(post_id), "") if post_id.isascii() and post_id.isdigit() else (-1, post_id)


def related(raw: Mapping[str, Json], kind: str) -> str | None:
    """Return the post that this one answers, quotes or repeats."""
    for one in _list(raw.get("referenced_tweets")):
        if is_mapping(one) and one.get("type") == kind:
            return id_of(one)
    return None


def handle_of(person: Json) -> str:
    """Return a user name; nothing when it could not be addressed."""
    handle = member(person, "username")
    return handle if isinstance(handle, str) and _HANDLE.fullmatch(handle) else ""


def text_of(raw: Mapping[str, Json]) -> str:
    """Return the plain text of a post, the whole of a long one; raises `Unreadable`."""
    long = raw.get("note_tweet")
    source = long if is_mapping(long) and isinstance(long.get("text"), str) else raw
    text = source.get("text")
    if not isinstance(text, str):
        raise Unreadable("It has no text.")
    return plain(text, source.get("entities"))


def newest_version(raw: Json) -> str | None:
    """Return the id under which an edited post now stands; its own id when it was never edited."""
    versions = [one for one in map(checked, _list(member(raw, "edit_history_tweet_ids"))) if one is not None]
    return max(versions, key=age) if versions else id_of(raw)


def _edited_at(raw: Mapping[str, Json], created_at: datetime) -> datetime | None:
    """An edit makes a post of its own, so the newest version's time is the time of the edit."""
    versions = _list(raw.get("edit_history_tweet_ids"))
    return created_at if len(versions) > 1 and newest_version(raw) == id_of(raw) else None


def _language(value: Json) -> str | None:
    known = isinstance(value, str) and _LANGUAGE.fullmatch(value) and value not in _NO_LANGUAGE
    return value if known and isinstance(value, str) else None


def _by_id(things: Json) -> dict[str, Mapping[str, Json]]:
    return {identity: one for one in _list(things) if is_mapping(one) and (identity := id_of(one)) is not None}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
