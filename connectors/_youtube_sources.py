"""What a source on YouTube brings: the comments around our channel, below one video, or in one thread."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from connectors._google import Google, quota_begins
from connectors._mark import Found, Mark, page_of
from connectors._reading import Json, Unreadable, list_of, member, optional_id, text_in
from connectors._youtube_parse import Reader, Talk, video_in
from connectors.base import (
    Allowance,
    Call,
    ConnectorError,
    Cursor,
    Fault,
    Followed,
    Page,
    Post,
    Skipped,
    SourceKind,
)

SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
UNITS_A_DAY = 10_000
"""What a Google project may use of the Data API; a read is one unit, a write fifty."""

AT_ONCE = 100
BY_IDS = 50

_WATCHED = 2
"""So many pages of 100 threads are read at every look, for new answers below comments that are not new."""

_MOST_PAGES = 10
_MOST_TALKS = 20
_MOST_ANSWERS = 5
_REMEMBERED = 500

YOUTUBE = Google.of(
    "YouTube",
    SCOPE,
    words=(
        ("(commenttexttoolong)", Fault.TOO_LONG),
        ("(parentcommentnotfound)", Fault.GONE),
        ("(commentnotfound)", Fault.GONE),
        ("(parentcommentisprivate)", Fault.FORBIDDEN_BY_POLICY),
        ("(operationnotsupported)", Fault.FORBIDDEN_BY_POLICY),
        ("(processingfailure)", Fault.INVALID),
    ),
    window=timedelta(minutes=1),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A cursor, opened: how far we are, how many answers each watched thread had, and the day's units used so far."""

    mark: Mark
    answers: Mapping[str, int] = field(default_factory=dict)
    day: str = ""
    units: int = 0

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Standing":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls(Mark())
        try:
            kept = json.loads(cursor)
            mark = Mark.opened(Cursor(kept["mark"]))
            answers = {str(one): int(count) for one, count in kept["answers"].items()}
            return cls(mark, answers, str(kept["day"]), int(kept["units"]))
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError):
            return cls(Mark(lost=True))

    def closed(self, mark: Cursor | None, answers: Mapping[str, int], used: int, now: datetime) -> Cursor:
        """Return the cursor to store."""
        day = quota_begins(now).date().isoformat()
        units = used + (self.units if self.day == day else 0)
        recent = dict(list({**self.answers, **answers}.items())[-_REMEMBERED:])
        kept = {"mark": mark or "", "answers": recent, "day": day, "units": units}
        return Cursor(json.dumps(kept, separators=(",", ":")))


class Asking:
    """Reads for one look, and counts the units that it uses."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.units = 0
        self.reader = Reader(call.account_id)

    def page(self, what: str, params: Mapping[str, str]) -> tuple[list[Json], str]:
        """Return the rows of one page, and the token of the next; raises `ConnectorError`."""
        self.units += 1
        asked = {"part": "snippet", "textFormat": "plainText", **params}
        body = YOUTUBE.ask(self.call, f"/youtube/v3/{what}", asked).body
        rows = member(body, "items")
        if not isinstance(rows, list):
            raise ConnectorError(Fault.TRANSIENT, "YouTube answered with something else than a list.")
        return list_of(rows), text_in(member(body, "nextPageToken"))

    def pages(self, what: str, params: Mapping[str, str], most: int) -> Iterator[tuple[list[Json], bool]]:
        """Yield the rows of page after page, and whether there are more behind it."""
        asked, seen = dict(params), set[str]()
        for _ in range(most):
            rows, token = self.page(what, asked)
            has_more = bool(token) and token not in seen
            yield rows, has_more
            if not has_more:
                return
            seen.add(token)
            asked["pageToken"] = token

    def answers(self, root_id: str, video: str, *, most: int = _MOST_ANSWERS) -> tuple[list[Post], list[Skipped], bool]:
        """Read the answers below a first comment, and whether that were all."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        has_more = False
        for rows, more in self.pages("comments", {"parentId": root_id, "maxResults": str(AT_ONCE)}, most):
            has_more = more
            found, unread = self.reader.comments(rows, video=video)
            posts += [replace(post, parent_id=root_id, root_id=root_id) for post in found if post.id != root_id]
            skipped += unread
        return posts, skipped, not has_more

    def by_ids(self, ids: Sequence[str]) -> tuple[dict[str, Post], dict[str, Json], set[str]]:
        """Read comments by their ids, 50 at once: as posts, raw, and the ids of those that make no sense."""
        posts: dict[str, Post] = {}
        raw: dict[str, Json] = {}
        unread: set[str] = set()
        for start in range(0, len(ids), BY_IDS):
            rows, _ = self.page("comments", {"id": ",".join(ids[start : start + BY_IDS])})
            found, skipped = self.reader.comments(rows)
            posts |= {post.id: post for post in found}
            unread |= {one.id for one in skipped}
            raw |= {one: row for row in rows if (one := optional_id(member(row, "id"))) is not None}
        return posts, raw, unread

    def talk(self, root_id: str) -> Talk:
        """Read a thread by its first comment; raises `ConnectorError`, `GONE` when it is no longer there."""
        rows, _ = self.page("commentThreads", {"part": "snippet,replies", "id": root_id})
        if not rows:
            raise ConnectorError(Fault.GONE, "YouTube no longer shows this comment.")
        try:
            return self.reader.talk(rows[0])
        except Unreadable as error:
            raise ConnectorError(Fault.TRANSIENT, "YouTube sent a comment that cannot be read.") from error


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    standing, asking = Standing.opened(cursor), Asking(call)
    answers: dict[str, int] = {}
    if followed.kind is SourceKind.THREAD:
        found = _one_talk(asking, followed.query)
    else:
        found, answers = _talks(asking, {**_which(call, followed), "order": "time"}, standing)
    page = page_of(found, standing.mark, call.now)
    # Of a thread whose new answers wait for the next look, the count is not remembered yet.
    kept = answers if page.complete else {}
    closed = standing.closed(page.cursor, kept, asking.units, call.now)
    return replace(page, cursor=closed, allowance=_left(call, closed))


def must_be_ids(ids: Sequence[str]) -> list[str]:
    """Return ids that can be asked for together; raises `ConnectorError`."""
    if any(optional_id(one) is None or "," in one for one in ids):
        raise ConnectorError(Fault.INVALID, "This is no id of a comment.")
    return list(dict.fromkeys(ids))


def _which(call: Call, followed: Followed) -> Mapping[str, str]:
    if followed.kind is SourceKind.MENTIONS:
        if not call.account_id:
            raise ConnectorError(Fault.INVALID, "The account does not say which channel it is: connect it again.")
        return {"allThreadsRelatedToChannelId": call.account_id}
    if followed.kind is not SourceKind.FEED:
        raise ConnectorError(Fault.INVALID, f"YouTube cannot follow a {followed.kind.value}.")
    video = video_in(followed.query)
    if not video:
        raise ConnectorError(Fault.INVALID, f"“{followed.query[:100]}” is no video: give its id or its address.")
    return {"videoId": video}


def _talks(asking: Asking, which: Mapping[str, str], standing: Standing) -> tuple[Found, dict[str, int]]:
    """Bring first comments and answers, walking back to where we stood, and a little further for new answers."""
    mark, talks, skipped = standing.mark, list[Talk](), list[Skipped]()
    reached = False
    asked = {**which, "part": "snippet,replies", "maxResults": str(AT_ONCE)}
    for number, (rows, has_more) in enumerate(asking.pages("commentThreads", asked, _MOST_PAGES), start=1):
        found, unread = asking.reader.talks(rows)
        talks, skipped = talks + found, skipped + unread
        stood = mark.after is None or any(mark.is_past(one.first.created_at) for one in found)
        reached = not has_more or stood
        if reached and (mark.after is None or number >= _WATCHED):
            break
    posts, counted, unread = _with_answers(asking, talks, standing)
    return Found(posts, [*skipped, *unread], reached=reached), counted


def _with_answers(
    asking: Asking, talks: Sequence[Talk], standing: Standing
) -> tuple[list[Post], dict[str, int], list[Skipped]]:
    """Read on where a thread has more answers than came along, and another number of them than at the last look."""
    posts: list[Post] = []
    counted: dict[str, int] = {}
    skipped: list[Skipped] = []
    read = 0
    for talk in talks:
        answers: Sequence[Post] = talk.answers
        changed = standing.answers.get(talk.first.id) != talk.total
        if talk.first.is_public and not talk.is_whole and changed and standing.mark.after is not None:
            if read == _MOST_TALKS:
                continue  # its count is not noted, so the next look finds it changed
            read += 1
            answers, unread, _ = asking.answers(talk.first.id, video_in(talk.first.url))
            skipped += unread
        counted[talk.first.id] = talk.total
        posts += [talk.first, *answers]
        skipped += talk.skipped
    return posts, counted, skipped


def _one_talk(asking: Asking, query: str) -> Found:
    (root_id,) = must_be_ids([query.strip()])
    talk = asking.talk(root_id)
    if talk.is_whole:
        return Found([talk.first, *talk.answers], talk.skipped)
    answers, skipped, _ = asking.answers(root_id, video_in(talk.first.url), most=_MOST_PAGES)
    return Found([talk.first, *answers], skipped)


def _left(call: Call, closed: Cursor) -> Allowance:
    """What this source left of the day's units. YouTube does not tell; what others of the project use is not in it."""
    told = call.options.get("daily_units", "").strip()
    units = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else UNITS_A_DAY
    begins = quota_begins(call.now.astimezone(UTC)) + timedelta(days=1)
    return Allowance(max(units - Standing.opened(closed).units, 0), begins)
