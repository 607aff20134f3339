"""From what Discourse sent to posts. Nothing in it is trusted: what cannot be read is skipped, never raised."""

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime

from connectors._reading import Json, Unreadable, id_of, is_mapping, list_of, member, optional_id, text_in, time_of
from connectors._text import LONGEST, LONGEST_LINE, clean, one_line, plain, web_address
from connectors.base import Author, Post, Skipped

_REGULAR = 1
"""The type of what people write; others are notes of moderators, small actions, and whispers among the staff."""

_PREVIEW = '<aside class="onebox'
_PREVIEWED = re.compile(r'data-onebox-src="([^"<>]{1,2000})"')
_TITLED = re.compile(r'<a\b[^<>]{0,300}\bhref="([^"<>]{1,2000})"[^<>]{0,300}\binline-onebox[^<>]{0,300}>[^<]*</a>')
_NAMED = re.compile(r'class="mention"[^<>]{0,200}\bhref="[^"<>]{0,500}/u/([^"<>/]{1,200})"')
_SLUG = re.compile(r"[\w.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Category:
    """A part of a forum: its address below the forum's, and whether everybody may read it."""

    path: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where posts stand: their topic and its category, as far as Discourse told. A private message is no topic."""

    category: Category | None = None
    title: str = ""
    root_id: str | None = None
    by_number: Mapping[int, str] = field(default_factory=dict)
    is_topic: bool = True


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads posts as one account on one forum sees them. `home` is the forum's address, `host` its name."""

    own_id: str
    own_name: str
    home: str
    host: str

    def posts(self, raw: Iterable[Json], place: Place) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read. Posts that are not open to all never leave this module."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for one in raw:
            try:
                post = self.post(one, place)
            except Unreadable as error:
                skipped.append(Skipped(id_of(one) or "", str(error)))
            else:
                if post.is_public:
                    posts.append(post)
                else:
                    skipped.append(Skipped(post.id, "It is not open to all."))
        return posts, skipped

    def post(self, raw: Json, place: Place) -> Post:
        """Read one post; raises `Unreadable`."""
        identity = id_of(raw)
        if identity is None or not is_mapping(raw):
            raise Unreadable("It has no id.")
        if is_gone(raw):
            raise Unreadable("Its author or a moderator took it away.")
        author = self._author(raw)
        number = number_of(raw.get("post_number"))
        is_root = number == 1
        is_open = place.is_topic and place.category is not None and place.category.is_open
        return Post(
            id=identity,
            text=f"{place.title}\n\n{text_of(raw)}" if is_root and place.title else text_of(raw),
            author=author,
            created_at=time_of(raw.get("created_at")),
            url=self._url(raw, number),
            parent_id=None if is_root else _parent(raw, place),
            root_id=identity if is_root else place.root_id,
            edited_at=edited_at(raw),
            venue=f"{self.host}/{place.category.path}" if place.category else self.host,
            mentioned=self._mentioned(raw),
            is_own=self.is_own(raw),
            is_public=is_open and is_shown(raw),
        )

    def is_own(self, raw: Mapping[str, Json]) -> bool:
        if self.own_id:
            return optional_id(raw.get("user_id")) == self.own_id
        return bool(self.own_name) and text_in(raw.get("username")).casefold() == self.own_name.casefold()

    def _author(self, raw: Mapping[str, Json]) -> Author:
        name = text_in(raw.get("username"))
        if not 0 < len(name) <= LONGEST_LINE or clean(name) != name or any(c.isspace() or c in "<>/\\@" for c in name):
            raise Unreadable("Its author has no name.")
        identity = optional_id(raw.get("user_id")) or name
        shown = one_line(text_in(raw.get("name")) or text_in(raw.get("display_username")))
        return Author(identity, name, shown, web_address(f"{self.home}/u/{name}"))

    def _url(self, raw: Mapping[str, Json], number: int | None) -> str:
        topic, slug = optional_id(raw.get("topic_id")), text_in(raw.get("topic_slug"))
        if topic is None:
            return ""
        named = f"/t/{slug}/{topic}" if _SLUG.fullmatch(slug) else f"/t/{topic}"
        return web_address(f"{self.home}{named}/{number}" if number else f"{self.home}{named}")

    def _mentioned(self, raw: Mapping[str, Json]) -> frozenset[str]:
        named = {one for one in map(id_of, list_of(raw.get("mentioned_users"))) if one is not None}
        called = {name.casefold() for name in _NAMED.findall(text_in(raw.get("cooked"))[: 4 * LONGEST])}
        return frozenset(named | ({self.own_id} if self.own_id and self.own_name.casefold() in called else set()))


def is_gone(raw: Json) -> bool:
    """Whether a post was taken away: by the staff, or by its author, of whom Discourse then keeps an empty shell."""
    return bool(member(raw, "deleted_at")) or member(raw, "user_deleted") is True


def is_shown(raw: Json) -> bool:
    """Whether a post is what people write, and was not hidden after being flagged."""
    return member(raw, "post_type") in (_REGULAR, None) and member(raw, "hidden") is not True


def number_of(value: Json) -> int | None:
    """Read the number of a post within its topic, which Discourse documents as a text and sends as a number."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31 else None


def text_of(raw: Json) -> str:
    """Return what a reader sees, without the previews that Discourse adds to links later; raises `Unreadable`."""
    cooked = member(raw, "cooked")
    if not isinstance(cooked, str):
        raise Unreadable("It has no text.")
    return plain(_without_previews(cooked[: 4 * LONGEST]))


def edited_at(raw: Mapping[str, Json]) -> datetime | None:
    """When a post was last changed. Its author's changes of the first minutes make no new version."""
    version = raw.get("version")
    if not isinstance(version, int) or version < 2:
        return None
    try:
        return time_of(raw.get("updated_at"))
    except Unreadable:
        return None


def numbers_in(raw: Iterable[Json]) -> dict[int, str]:
    """Return the ids of posts by their number in the topic: an answer names only the number."""
    found = ((number_of(member(one, "post_number")), id_of(one)) for one in raw)
    return {number: identity for number, identity in found if number is not None and identity is not None}


def categories_in(raw: Iterable[Json]) -> dict[str, Category]:
    """Read the categories of a forum by their ids, each below its parent."""
    known = {identity: one for one in raw if is_mapping(one) and (identity := id_of(one)) is not None}
    return {identity: Category(_path(identity, known, set()), _is_open(one)) for identity, one in known.items()}


def _is_open(category: Mapping[str, Json]) -> bool:
    return category.get("read_restricted") is False


def _path(identity: str, known: Mapping[str, Mapping[str, Json]], above: Set[str]) -> str:
    category = known[identity]
    slug = text_in(category.get("slug"))
    own = slug.casefold() if _SLUG.fullmatch(slug) else f"{identity}-category"
    parent = optional_id(category.get("parent_category_id"))
    if parent is None or parent not in known or parent in above or len(above) > 4:
        return f"c/{own}"
    return f"{_path(parent, known, above | {identity})}/{own}"


def _parent(raw: Mapping[str, Json], place: Place) -> str | None:
    """An answer that names no post answers the topic as a whole: its first post."""
    answered = number_of(raw.get("reply_to_post_number"))
    return place.root_id if answered is None else place.by_number.get(answered)


def _without_previews(cooked: str) -> str:
    """Put the address in place of a preview: it comes seconds after the post, and is no edit of its author's.

    Cut and joined instead of matched: an aside that a hostile server never closes would cost quadratic time.
    """
    first, *others = cooked.split(_PREVIEW)
    shown = [first]
    for other in others:
        preview, _, rest = other.partition("</aside>")
        address = _PREVIEWED.search(preview[:4000])
        shown.append(f"<p>{address.group(1)}</p>{rest}" if address else rest)
    return _TITLED.sub(r"\1", "".join(shown))
