"""From what Reddit sent to posts. Nothing in it is trusted: what cannot be read is skipped, never raised."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors._reading import Json, Unreadable, is_mapping
from connectors._text import LONGEST, clean, web_address
from connectors.base import Author, Post, PostStatus, Skipped

_FULL_NAME = re.compile(r"t[13]_[0-9a-z]{1,20}")
_BARE_ID = re.compile(r"[0-9a-z]{1,20}")
_ACCOUNT = re.compile(r"t2_[0-9a-z]{1,20}")
_HANDLE = re.compile(r"[A-Za-z0-9_-]{1,50}")
_SUBREDDIT = re.compile(r"[A-Za-z0-9_]{2,50}")
_PERMALINK = re.compile(r"/(?:r|u|user)/[A-Za-z0-9_-]{2,50}/comments/[0-9a-z]{1,20}/[^\s<>\"'\\?#]{0,300}")

_GONE = {"[deleted]": PostStatus.DELETED, "[removed]": PostStatus.HIDDEN, "[ Removed by Reddit ]": PostStatus.HIDDEN}
_NOT_OPEN = frozenset({"private", "employees_only", "gold_only", "gold_restricted"})
_COMMENT, _SUBMISSION = "t1", "t3"


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads things as one account sees them."""

    own_id: str
    own_name: str

    def posts(self, things: Iterable[Json]) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read. Posts that are not open to all never leave this module."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for thing in things:
            try:
                post = self.post(thing)
            except Unreadable as error:
                skipped.append(Skipped(name_of(thing) or "", str(error)))
            else:
                if post.is_public:
                    posts.append(post)
                else:
                    skipped.append(Skipped(post.id, "It is not open to all."))
        return posts, skipped

    def post(self, thing: Json) -> Post:
        """Read one comment or submission; raises `Unreadable`."""
        identity, data = name_of(thing), data_of(thing)
        if identity is None or data is None:
            raise Unreadable("It is no post.")
        if status_of(thing) is not None:
            raise Unreadable("It was deleted.")
        is_comment = identity.startswith(_COMMENT)
        author = _author(data)
        text = comment_text(data) if is_comment else _submission_text(data)
        link = full_name(data.get("link_id")) if is_comment else identity
        parent = full_name(data.get("parent_id")) if is_comment else None
        if is_comment and (parent is None or link is None):
            raise Unreadable("It answers nothing.")
        is_own = author.id == self.own_id or (
            bool(self.own_name) and author.handle.casefold() == self.own_name.casefold()
        )
        return Post(
            id=identity,
            text=text,
            author=author,
            created_at=time_of(data.get("created_utc")),
            url=_url(data),
            parent_id=parent,
            root_id=link,
            edited_at=edited_at(data),
            venue=_subreddit(data),
            mentioned=frozenset({self.own_id}) if self._names_us(text) else frozenset(),
            is_own=is_own,
            is_public=_is_open(data.get("subreddit_type", "public")),
        )

    def _names_us(self, text: str) -> bool:
        if not self.own_id or not self.own_name:
            return False
        return bool(re.search(rf"(?<![\w/])/?u/{re.escape(self.own_name)}(?![\w-])", text, re.IGNORECASE))


def data_of(thing: Json) -> Mapping[str, Json] | None:
    """Return the inside of a thing: a comment, a submission, a listing."""
    data = thing.get("data") if is_mapping(thing) else None
    return data if is_mapping(data) else None


def children_of(listing: Json) -> list[Json] | None:
    """Return what a listing holds; none when it is no listing."""
    data = data_of(listing)
    found = data.get("children") if data is not None else None
    return found if isinstance(found, list) else None


def full_name(value: Json) -> str | None:
    """Return a full name such as t1_k3x9: what Reddit knows a post by."""
    return value if isinstance(value, str) and _FULL_NAME.fullmatch(value) else None


def bare_id(value: Json) -> str | None:
    """Return the part of an id after its kind."""
    return value if isinstance(value, str) and _BARE_ID.fullmatch(value) else None


def name_of(thing: Json) -> str | None:
    """Return the full name of a comment or a submission."""
    data, kind = data_of(thing), thing.get("kind") if is_mapping(thing) else None
    if data is None or kind not in (_COMMENT, _SUBMISSION):
        return None
    named = full_name(data.get("name"))
    if named is not None:
        return named if named.startswith(f"{kind}_") else None
    identity = bare_id(data.get("id"))
    return f"{kind}_{identity}" if identity else None


def status_of(thing: Json) -> PostStatus | None:
    """Return what became of a post that shows no text of its own any more."""
    data = data_of(thing) or {}
    removed_by = data.get("removed_by_category")
    if isinstance(removed_by, str):
        return PostStatus.DELETED if removed_by == "deleted" else PostStatus.HIDDEN
    text = data.get("body", data.get("selftext"))
    told = _GONE.get(text) if isinstance(text, str) else None
    if told is PostStatus.DELETED and data.get("author") not in ("[deleted]", None):
        return None  # somebody wrote just that
    return told


def account_id(value: Json) -> str | None:
    """Return an account's full name such as t2_1w72."""
    return value if isinstance(value, str) and _ACCOUNT.fullmatch(value) else None


def handle_of(value: Json) -> str:
    """Return a user name; nothing when it could not be addressed."""
    return value if isinstance(value, str) and _HANDLE.fullmatch(value) else ""


def time_of(value: Json) -> datetime:
    """Read epoch seconds as UTC; raises `Unreadable`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable("It has no time.")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unreadable("Its time cannot be read.") from error


def edited_at(data: Mapping[str, Json]) -> datetime | None:
    """Reddit says false, or when."""
    try:
        return time_of(data.get("edited"))
    except Unreadable:
        return None


def comment_text(data: Mapping[str, Json]) -> str:
    """Return a comment as it was typed, in Markdown; raises `Unreadable`."""
    body = data.get("body")
    if not isinstance(body, str):
        raise Unreadable("It has no text.")
    return _cut(body)


def subreddit_of(post: Post) -> str:
    """Return a post's subreddit in lower case, from its address where the venue was not kept."""
    if post.venue:
        return post.venue.casefold().removeprefix("r/")
    parts = urlsplit(post.url).path.strip("/").split("/") if web_address(post.url) else []
    return parts[1].casefold() if len(parts) > 1 and parts[0] == "r" else ""


def _is_open(subreddit_type: Json) -> bool:
    return isinstance(subreddit_type, str) and subreddit_type not in _NOT_OPEN


def _submission_text(data: Mapping[str, Json]) -> str:
    title, body, link = data.get("title"), data.get("selftext"), web_address(data.get("url"))
    if not isinstance(title, str):
        raise Unreadable("It has no title.")
    below = body if isinstance(body, str) and body.strip() else ("" if data.get("is_self") is True else link)
    return _cut(f"{' '.join(title[:LONGEST].split())}\n\n{below}")


def _cut(text: str) -> str:
    shown = clean(text[: 2 * LONGEST]).strip()
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"


def _author(data: Mapping[str, Json]) -> Author:
    handle = handle_of(data.get("author"))
    if not handle:
        raise Unreadable("Its author is missing.")
    identity = account_id(data.get("author_fullname")) or f"name:{handle.casefold()}"
    return Author(identity, handle, url=f"https://www.reddit.com/user/{handle}")


def _url(data: Mapping[str, Json]) -> str:
    permalink = data.get("permalink")
    known = isinstance(permalink, str) and _PERMALINK.fullmatch(permalink)
    return f"https://www.reddit.com{permalink}" if known else ""


def _subreddit(data: Mapping[str, Json]) -> str:
    name = data.get("subreddit")
    return f"r/{name}" if isinstance(name, str) and _SUBREDDIT.fullmatch(name) else ""
