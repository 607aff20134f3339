"""YouTube's comments as ours. What is held for review, or private, is marked and never open to all.

https://developers.google.com/youtube/v3/docs/comments, .../commentThreads
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from connectors._reading import Json, Unreadable, list_of, member, optional_id, optional_time, text_in, time_of
from connectors._text import LONGEST, clean, one_line, web_address
from connectors.base import Author, Post, Skipped

VENUE = "youtube.com"

_PUBLISHED = frozenset({"", "published"})
_VIDEO = re.compile(r"[A-Za-z0-9_-]{6,20}", re.ASCII)
_WATCH = re.compile(
    r"https://(?:www\.|m\.)?youtu(?:be\.com/watch\?(?:[^#\s]*&)?v=|\.be/)([A-Za-z0-9_-]{6,20})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Talk:
    """A first comment with the answers that came along with it, which may be some of `total` only."""

    first: Post
    answers: tuple[Post, ...]
    skipped: tuple[Skipped, ...]
    total: int

    @property
    def is_whole(self) -> bool:
        return len(self.answers) + len(self.skipped) >= self.total


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads for one channel."""

    channel_id: str

    def comment(self, raw: Json, *, video: str = "", is_open: bool = True) -> Post:
        """Read a comment, first or answer; raises `Unreadable`."""
        identity, snippet = optional_id(member(raw, "id")), member(raw, "snippet")
        if identity is None:
            raise Unreadable("It has no id.")
        parent = optional_id(member(snippet, "parentId"))
        parent = parent if parent != identity else None
        written = time_of(member(snippet, "publishedAt"))
        changed = optional_time(member(snippet, "updatedAt"))
        author = _author(snippet, identity)
        return Post(
            identity,
            _text(snippet),
            author,
            written,
            url=address_of(video_in(member(snippet, "videoId")) or video, identity),
            parent_id=parent,
            root_id=parent or identity,
            edited_at=changed if changed is not None and changed > written else None,
            venue=VENUE,
            is_own=bool(self.channel_id) and author.id == self.channel_id,
            is_public=is_open and text_in(member(snippet, "moderationStatus")) in _PUBLISHED,
        )

    def comments(self, rows: Iterable[Json], *, video: str = "") -> tuple[list[Post], list[Skipped]]:
        """Read what can be read of some comments; what cannot is told, and its neighbours stand."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for raw in rows:
            try:
                posts.append(self.comment(raw, video=video))
            except Unreadable as error:
                skipped.append(Skipped(optional_id(member(raw, "id")) or "", str(error)))
        return posts, skipped

    def talk(self, raw: Json) -> Talk:
        """Read a thread: its first comment, and the answers that came along; raises `Unreadable`."""
        snippet = member(raw, "snippet")
        video = video_in(member(snippet, "videoId"))
        is_open = member(snippet, "isPublic") is not False
        first = self.comment(member(snippet, "topLevelComment"), video=video, is_open=is_open)
        answers, skipped = self.comments(list_of(member(member(raw, "replies"), "comments")), video=video)
        total = member(snippet, "totalReplyCount")
        is_count = isinstance(total, int) and not isinstance(total, bool) and total >= 0
        here = tuple(replace(post, parent_id=first.id, root_id=first.id) for post in answers if post.id != first.id)
        return Talk(first, here if is_open else (), tuple(skipped), total if isinstance(total, int) and is_count else 0)

    def talks(self, rows: Iterable[Json]) -> tuple[list[Talk], list[Skipped]]:
        """Read what can be read of some threads."""
        talks: list[Talk] = []
        skipped: list[Skipped] = []
        for raw in rows:
            try:
                talks.append(self.talk(raw))
            except Unreadable as error:
                skipped.append(Skipped(optional_id(member(raw, "id")) or "", str(error)))
        return talks, skipped


def video_in(value: Json) -> str:
    """Return the id of a video, given as such or as the address of its page; anything else is none."""
    text = text_in(value).strip()
    if _VIDEO.fullmatch(text):
        return text
    found = _WATCH.match(text)
    return found[1] if found else ""


def address_of(video: str, identity: str) -> str:
    """Return the address at which YouTube shows a video with one comment on top."""
    return f"https://www.youtube.com/watch?{urlencode({'v': video, 'lc': identity})}" if video else ""


def _author(snippet: Json, identity: str) -> Author:
    """Read who wrote a comment. Where YouTube names no channel, each counts as one of their own."""
    name = one_line(text_in(member(snippet, "authorDisplayName")))
    channel = optional_id(member(member(snippet, "authorChannelId"), "value")) or f"unnamed-{identity}"
    address = web_address(member(snippet, "authorChannelUrl"))
    return Author(channel, name or "somebody on YouTube", name, address.replace("http://", "https://", 1))


def _text(snippet: Json) -> str:
    """What was written: as its author wrote it where we are the author, else as it is shown."""
    text = clean((text_in(member(snippet, "textOriginal")) or text_in(member(snippet, "textDisplay")))[: 2 * LONGEST])
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
