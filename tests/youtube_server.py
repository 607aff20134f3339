"""A channel and its videos, as the YouTube Data API tells of them: threads one level deep, held comments, units.

https://developers.google.com/youtube/v3/docs
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from google_server import Asked, GoogleError

CHANNEL = "UCharbour00000000000000"
ELSEWHERE = "UCelsewhere000000000000"
VIDEO = "dQw4w9WgXcQ"
OTHER_VIDEO = "xvFZjo5PgG0"
LONGEST = 10_000
_CAME_ALONG = 5
_COSTS = {"GET": 1, "POST": 50, "PUT": 50, "DELETE": 50}


@dataclass
class Comment:
    """A comment; `parent` is the first one of its thread."""

    id: str
    channel: str
    name: str
    text: str
    written: datetime
    changed: datetime
    video: str
    parent: str = ""
    status: str = "published"
    likes: int = 0
    gone: bool = False


def error_of(status: int, reason: str, message: str, domain: str = "youtube.comment") -> GoogleError:
    return GoogleError(status, reason, message, domain)


SPENT = error_of(403, "quotaExceeded", 'You have exceeded your <a href="/x">quota</a>.', "youtube.quota")
NO_PARENT = error_of(404, "parentCommentNotFound", "The specified parent comment could not be found.")
NOT_THERE = error_of(404, "commentNotFound", "The specified comment could not be found.")
TOO_LONG = error_of(400, "commentTextTooLong", "The comment text is too long.")
NOT_ALLOWED = error_of(403, "forbidden", "The comment cannot be created due to insufficient permissions.")
CANNOT_REPLY = error_of(400, "operationNotSupported", "The API user is not able to insert a comment in reply to this.")
FAILED = error_of(400, "processingFailure", "The API server failed to successfully process the request.")
DISABLED = error_of(403, "commentsDisabled", "The video has disabled comments.", "youtube.commentThread")


class ChannelSide:
    """Our channel with a video, and a video elsewhere whose owner looks at comments first."""

    def __init__(self, units: int = 10_000) -> None:
        self.comments: dict[str, Comment] = {}
        self.units = units
        self.used = 0
        self.disabled: set[str] = set()
        self._numbers = itertools.count(1)
        self._begun = datetime.now(UTC)

    def write(self, text: str, *, video: str = VIDEO, below: str = "", channel: str = "UCmaya", **more: Any) -> Comment:
        number = next(self._numbers)
        identity = f"{below}.9r{number:05}" if below else f"Ugx{number:05}aB-_4AaABAg"
        now = min(self._begun + timedelta(milliseconds=number), datetime.now(UTC))
        name = "@harbour" if channel == CHANNEL else f"@{channel.removeprefix('UC')}"
        made = Comment(identity, channel, name, text, now, now, video, below, **more)
        self.comments[identity] = made
        return made

    def change(self, identity: str, text: str) -> None:
        comment = self.comments[identity]
        comment.text, comment.changed = text, max(datetime.now(UTC), comment.written) + timedelta(seconds=1)

    def answer(self, asked: Asked) -> Any:
        self.used += _COSTS[asked.method]
        if self.used > self.units:
            raise SPENT
        what = asked.path.removeprefix("/youtube/v3/")
        if what == "channels" and asked.query.get("mine") == "true":
            title = {"title": "Harbour", "customUrl": "@harbour"}
            return {"kind": "youtube#channelListResponse", "items": [{"id": CHANNEL, "snippet": title}]}
        if what == "commentThreads":
            return self._threads(asked)
        if what == "comments":
            return {"GET": self._listed, "POST": self._insert, "PUT": self._update, "DELETE": self._delete}[
                asked.method
            ](asked)
        raise error_of(404, "notFound", "Not Found", "global")

    def there(self, identity: str) -> Comment | None:
        comment = self.comments.get(identity)
        if comment is None or comment.gone:
            return None
        return comment if not comment.parent or self.there(comment.parent) is not None else None

    def below(self, root: str) -> list[Comment]:
        return [one for one in self.comments.values() if one.parent == root and not one.gone]

    def _threads(self, asked: Asked) -> Any:
        query = asked.query
        firsts = [one for one in self.comments.values() if not one.parent and not one.gone]
        if "id" in query:
            return self._page(asked, [one for one in firsts if one.id in query["id"].split(",")])
        if (video := query.get("videoId")) is not None:
            if video in self.disabled:
                raise DISABLED
            firsts = [one for one in firsts if one.video == video]
        elif query.get("allThreadsRelatedToChannelId") == CHANNEL:
            firsts = [one for one in firsts if one.video == VIDEO]
        else:
            raise error_of(404, "channelNotFound", "The channel could not be found.", "youtube.commentThread")
        published = [one for one in firsts if one.status == "published"]
        return self._page(asked, sorted(published, key=lambda one: one.written, reverse=True))

    def _page(self, asked: Asked, firsts: Sequence[Comment]) -> Any:
        limit, start = int(asked.query.get("maxResults", "20")), int(asked.query.get("pageToken", "0"))
        here = firsts[start : start + limit]
        body: dict[str, Any] = {
            "kind": "youtube#commentThreadListResponse",
            "items": [self._thread(one) for one in here],
        }
        return body | ({"nextPageToken": str(start + limit)} if start + limit < len(firsts) else {})

    def _thread(self, first: Comment) -> dict[str, Any]:
        answers = [one for one in self.below(first.id) if one.status == "published"]
        snippet = {
            "channelId": CHANNEL,
            "videoId": first.video,
            "topLevelComment": shown(first),
            "canReply": True,
            "totalReplyCount": len(answers),
            "isPublic": True,
        }
        thread: dict[str, Any] = {"kind": "youtube#commentThread", "id": first.id, "snippet": snippet}
        if answers:
            thread["replies"] = {"comments": [shown(one) for one in answers[:_CAME_ALONG]]}
        return thread

    def _listed(self, asked: Asked) -> Any:
        if "id" in asked.query:
            found = [self.there(one) for one in asked.query["id"].split(",")]
            return {"items": [shown(one) for one in found if one is not None]}
        root = asked.query.get("parentId", "")
        if self.there(root) is None:
            raise NOT_THERE
        rows = [one for one in self.below(root) if one.status == "published"]
        limit, start = int(asked.query.get("maxResults", "20")), int(asked.query.get("pageToken", "0"))
        body: dict[str, Any] = {"items": [shown(one) for one in rows[start : start + limit]]}
        return body | ({"nextPageToken": str(start + limit)} if start + limit < len(rows) else {})

    def _insert(self, asked: Asked) -> Any:
        snippet = asked.body["snippet"]
        self._check(snippet.get("textOriginal", ""))
        parent = self.there(snippet.get("parentId", ""))
        if parent is None:
            raise NO_PARENT
        if parent.parent:
            raise CANNOT_REPLY
        held = "heldForReview" if parent.video == OTHER_VIDEO else "published"
        text = snippet["textOriginal"]
        return shown(self.write(text, video=parent.video, below=parent.id, channel=CHANNEL, status=held), ours=True)

    def _update(self, asked: Asked) -> Any:
        text = asked.body["snippet"].get("textOriginal", "")
        self._check(text)
        comment = self._ours(asked.body.get("id", ""))
        self.change(comment.id, text)
        return shown(comment, ours=True)

    def _delete(self, asked: Asked) -> Any:
        self._ours(asked.query.get("id", "")).gone = True

    def _ours(self, identity: str) -> Comment:
        comment = self.there(identity)
        if comment is None:
            raise NOT_THERE
        if comment.channel != CHANNEL:
            raise NOT_ALLOWED
        return comment

    def _check(self, text: str) -> None:
        if not text.strip():
            raise error_of(400, "commentTextRequired", "Comments cannot be empty.")
        if len(text.encode("utf-16-le")) // 2 > LONGEST:
            raise TOO_LONG


def shown(comment: Comment, *, ours: bool = False) -> dict[str, Any]:
    snippet: dict[str, Any] = {
        "channelId": CHANNEL,
        "videoId": comment.video,
        "textDisplay": comment.text,
        "authorDisplayName": comment.name,
        "authorProfileImageUrl": "https://yt3.ggpht.example/x=s48",
        "authorChannelUrl": f"http://www.youtube.com/{comment.name}",
        "authorChannelId": {"value": comment.channel},
        "canRate": True,
        "viewerRating": "none",
        "likeCount": comment.likes,
        "publishedAt": comment.written.isoformat().replace("+00:00", "Z"),
        "updatedAt": comment.changed.isoformat().replace("+00:00", "Z"),
    }
    snippet |= {"parentId": comment.parent} if comment.parent else {}
    snippet |= {"textOriginal": comment.text} if ours or comment.channel == CHANNEL else {}
    snippet |= {"moderationStatus": comment.status} if comment.status != "published" else {}
    return {"kind": "youtube#comment", "etag": "x", "id": comment.id, "snippet": snippet}
