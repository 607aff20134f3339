"""LinkedIn's comments as ours. Of members LinkedIn tells a number and no name: they stay without one.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/comments-api
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from connectors._reading import Json, Unreadable, count_of, member, optional_id, text_in
from connectors._text import LONGEST, clean
from connectors.base import Author, Post, Skipped

_COMMENT = re.compile(r"urn:li:comment:\((urn:li:(?:activity|share|ugcPost):\d{1,30}),(\d{1,30})\)")
_TALKED_ABOUT = re.compile(r"urn:li:(?:activity|share|ugcPost):\d{1,30}")
_ORGANIZATION = "urn:li:organization:"


@dataclass(frozen=True, slots=True)
class Ref:
    """A comment: what it stands below, and its number there."""

    about: str
    number: str

    @classmethod
    def of(cls, urn: str) -> "Ref | None":
        """Read the name of a comment; anything else is none."""
        found = _COMMENT.fullmatch(urn)
        return cls(found[1], found[2]) if found else None

    @property
    def id(self) -> str:
        return f"urn:li:comment:({self.about},{self.number})"

    @property
    def url(self) -> str:
        return f"https://www.linkedin.com/feed/update/{self.about}?commentUrn={quote(self.id, safe='')}"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for one organisation; `name` is its own."""

    organization: str
    name: str = ""

    @property
    def venue(self) -> str:
        return f"linkedin.com/{self.organization}"

    def comment(self, raw: Json) -> Post:
        """Read a comment; raises `Unreadable`."""
        ref = ref_in(raw)
        if ref is None:
            raise Unreadable("It has no id.")
        parent = Ref.of(text_in(member(raw, "parentComment")))
        above = parent.id if parent is not None and parent != ref else None
        written = moment(member(member(raw, "created"), "time"))
        if written is None:
            raise Unreadable("It has no time.")
        changed = moment(member(member(raw, "lastModified"), "time"))
        return Post(
            ref.id,
            _text(raw),
            self._author(raw, ref),
            written,
            url=ref.url,
            parent_id=above,
            root_id=above or ref.id,
            edited_at=changed if changed is not None and changed > written else None,
            venue=self.venue,
            is_own=text_in(member(raw, "actor")) == self.organization,
        )

    def comments(self, rows: Iterable[Json]) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read of some comments; what cannot is told, and its neighbours stand."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for raw in rows:
            try:
                posts.append(self.comment(raw))
            except Unreadable as error:
                skipped.append(Skipped(optional_id(member(raw, "id")) or "", str(error)))
        return posts, skipped

    def _author(self, raw: Json, ref: Ref) -> Author:
        actor = optional_id(member(raw, "actor")) or f"unnamed-{ref.number}"
        if actor == self.organization:
            return Author(actor, self.name or actor, self.name)
        return Author(actor, "an organisation on LinkedIn" if actor.startswith(_ORGANIZATION) else "a LinkedIn member")


def ref_in(raw: Json) -> Ref | None:
    """Return which comment this is: by its whole name, else by what it is about and its number."""
    for name in ("$URN", "commentUrn"):
        if (ref := Ref.of(text_in(member(raw, name)))) is not None:
            return ref
    return Ref.of(f"urn:li:comment:({text_in(member(raw, 'object'))},{optional_id(member(raw, 'id')) or ''})")


def answers_of(raw: Json) -> int:
    """How many answers a comment has, by LinkedIn's own count."""
    return count_of(member(member(raw, "commentsSummary"), "aggregatedTotalComments"))


def likes_of(raw: Json) -> int:
    return count_of(member(member(raw, "likesSummary"), "totalLikes"))


def post_named(query: str) -> str:
    """Return the post that a name or an address on LinkedIn is about; anything else is none."""
    found = _TALKED_ABOUT.search(query) if query.startswith(("urn:li:", "https://www.linkedin.com/")) else None
    return found[0] if found else ""


def moment(value: Json) -> datetime | None:
    """Read a time in thousandths of a second; nonsense is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value / 1_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(raw: Json) -> str:
    text = clean(text_in(member(member(raw, "message"), "text"))[: 2 * LONGEST])
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
