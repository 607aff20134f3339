"""A professional account on Instagram, as the Graph API tells of it: its media, their comments, tags and mentions."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graph_server import Asked, Field, GraphError, GraphServer, fields_in, gone, no_permission, shown, time_text

TOKEN = "IGAA-token-of-the-account-3e8b"
LONGEST, MOST_HASHTAGS = 2_200, 30
COMMENTS_AT_ONCE = 50


@dataclass
class Media:
    """A picture or a film."""

    id: str
    username: str
    caption: str
    created: datetime
    gone: bool = False


@dataclass
class Comment:
    """A comment below a media; `parent` is the first comment of its branch."""

    id: str
    username: str
    text: str
    created: datetime
    media: Media
    parent: "Comment | None" = None
    hidden: bool = False
    likes: int = 0
    gone: bool = False

    @property
    def is_there(self) -> bool:
        return not self.gone and not self.media.gone and (self.parent is None or self.parent.is_there)


@dataclass
class MediaSide:
    """An account that we speak for. People write by the methods here; we through the API."""

    account_id: str = "17841400000000001"
    username: str = "harbour"
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    media: dict[str, Media] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    server: GraphServer = field(init=False)
    tagging: set[str] = field(default_factory=set)
    mentioning: set[str] = field(default_factory=set)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(17_900_000_000_000_001))

    def publish(self, username: str, caption: str, *, created: datetime | None = None) -> Media:
        """Let somebody publish a picture."""
        made = Media(str(next(self._numbers)), username, caption, created or datetime.now(UTC))
        self.media[made.id] = made
        return made

    def tag(self, username: str, caption: str) -> Media:
        """Let somebody publish a picture that tags us."""
        made = self.publish(username, caption)
        self.tagging.add(made.id)
        return made

    def comment(self, username: str, text: str, below: "Media | Comment", **fields: Any) -> Comment:
        """Let somebody comment; answers to answers are gathered below the first comment."""
        media, parent = (below, None) if isinstance(below, Media) else (below.media, below.parent or below)
        created = fields.pop("created", None) or datetime.now(UTC)
        made = Comment(str(next(self._numbers)), username, text, created, media, parent, **fields)
        self.comments[made.id] = made
        return made

    def mention(self, username: str, text: str, below: Media) -> Comment:
        """Let somebody name us below another's picture."""
        made = self.comment(username, text, below)
        self.mentioning.add(made.id)
        return made

    def user_id(self, username: str) -> str:
        return self.account_id if username == self.username else f"90{sum(map(ord, username))}"

    def change(self, one: "Media | Comment", *, as_mention: bool = False) -> dict[str, Any]:
        """Return what a webhook tells."""
        value: dict[str, Any]
        if as_mention:
            value = {"media_id": one.id} if isinstance(one, Media) else {"media_id": one.media.id, "comment_id": one.id}
        else:
            assert isinstance(one, Comment)
            value = {"id": one.id, "text": one.text, "media": {"id": one.media.id, "media_product_type": "FEED"}}
            value["from"] = {"id": self.user_id(one.username), "username": one.username}
            value |= {"parent_id": one.parent.id} if one.parent else {}
        changes = [{"field": "mentions" if as_mention else "comments", "value": value}]
        now = int(datetime.now(UTC).timestamp())
        return {"object": "instagram", "entry": [{"id": self.account_id, "time": now, "changes": changes}]}

    def answer(self, asked: Asked) -> Any:
        found = self._read(asked) if asked.method == "GET" else self._change(asked)
        if found is None:
            raise GraphError(2500, f"Unknown path components: /{'/'.join(asked.parts)}")
        return found

    def _read(self, asked: Asked) -> Any:
        match asked.parts:
            case (("me" | self.account_id),):
                return self._me(fields_in(asked.query.get("fields", "id")))
            case self.account_id, ("media" | "tags") as edge:
                return self._listed(edge, asked)
            case media_id, "comments" if media_id in self.media:
                return self._below(self._own(self.media[media_id]), asked, asked.path)
            case comment_id, "replies":
                return self._replies(self._there(comment_id, "get"), asked, asked.path)
            case (identity,):
                return self._node(identity, fields_in(asked.query.get("fields", "id")))
        return None

    def _change(self, asked: Asked) -> Any:
        match asked.method, *asked.parts:
            case "POST", media_id, "comments" if media_id in self.media:
                return self._write(self._own(self.media[media_id]), asked.form)
            case "POST", comment_id, "replies":
                return self._write(self._there(comment_id, "post"), asked.form)
            case "DELETE", comment_id:
                self._there(comment_id, "delete").gone = True
                return {"success": True}
        return None

    def _me(self, fields: tuple[Field, ...]) -> dict[str, Any]:
        node = {"id": self.account_id, "user_id": self.account_id, "username": self.username}
        return shown(
            "IGUser",
            {**node, "mentioned_comment": self._mentioned_comment, "mentioned_media": self._mentioned_media},
            fields,
        )

    def _mentioned_comment(self, asked: Field) -> dict[str, Any]:
        one = self.comments.get(asked.modifiers.get("comment_id", ""))
        if one is None or one.id not in self.mentioning or not one.is_there:
            raise gone("GET", asked.modifiers.get("comment_id", ""))
        return self._comment(one, asked.inner)

    def _mentioned_media(self, asked: Field) -> dict[str, Any]:
        one = self.media.get(asked.modifiers.get("media_id", ""))
        if one is None or f"@{self.username}" not in one.caption or one.gone:
            raise gone("GET", asked.modifiers.get("media_id", ""))
        return self._media(one, asked.inner)

    def _own(self, media: Media) -> Media:
        if media.gone or media.username != self.username:
            raise gone("GET", media.id)
        return media

    def _there(self, identity: str, method: str) -> Comment:
        one = self.comments.get(identity)
        if one is None or not one.is_there or one.media.username != self.username:
            raise gone(method, identity)
        return one

    def _node(self, identity: str, fields: tuple[Field, ...]) -> dict[str, Any]:
        if identity in self.media:
            return self._media(self._own(self.media[identity]), fields)
        return self._comment(self._there(identity, "get"), fields)

    def _listed(self, edge: str, asked: Asked) -> dict[str, Any]:
        """Our media, or those that tag us: the latter in pages that tell a cursor and no address."""
        media = [one for one in self.media.values() if one.username == self.username and not one.gone]
        if edge == "tags":
            media = [self.media[one] for one in self.tagging if not self.media[one].gone]
        newest = sorted(media, key=lambda one: (one.created, one.id), reverse=True)
        fields = fields_in(asked.query.get("fields", "id"))
        listed = self.server.page(newest, lambda one: self._media(one, fields), asked, asked.path)
        if edge == "tags":
            listed.get("paging", {}).pop("next", None)
        return listed

    def _below(self, media: Media, asked: Asked | Field, path: str) -> dict[str, Any]:
        """The newest first, the first comments of each branch alone, never more than fifty, and not since a time."""
        tops = [one for one in self.comments.values() if one.media is media and one.parent is None and one.is_there]
        newest = sorted(tops, key=lambda one: (one.created, one.id), reverse=True)
        fields, limited = _asked(asked)
        return self.server.page(newest, lambda one: self._comment(one, fields), limited, path)

    def _replies(self, above: Comment, asked: Asked | Field, path: str) -> dict[str, Any]:
        answers = [one for one in self.comments.values() if one.parent is above and one.is_there]
        fields, limited = _asked(asked)
        return self.server.page(answers, lambda one: self._comment(one, fields), limited, path)

    def _media(self, one: Media, fields: tuple[Field, ...]) -> dict[str, Any]:
        told = {"id": one.id, "caption": one.caption or None, "timestamp": time_text(one.created)}
        told |= {"username": one.username, "permalink": f"https://www.instagram.com/p/{one.id}/"}
        edge = {"comments": lambda asked: self._below(one, asked, f"/v25.0/{one.id}/comments")}
        return shown("IGMedia", {**told, **edge}, fields)

    def _comment(self, one: Comment, fields: tuple[Field, ...]) -> dict[str, Any]:
        told: dict[str, Any] = {"id": one.id, "text": one.text, "timestamp": time_text(one.created)}
        told |= {"username": one.username, "hidden": one.hidden, "like_count": one.likes}
        told |= {"from": {"id": self.user_id(one.username), "username": one.username}}
        told |= {"parent_id": one.parent.id if one.parent else None}
        told |= {"media": {"id": one.media.id, "permalink": f"https://www.instagram.com/p/{one.media.id}/"}}
        edge = {"replies": lambda asked: self._replies(one, asked, f"/v25.0/{one.id}/replies")}
        return shown("IGComment", {**told, **edge}, fields)

    def _write(self, below: "Media | Comment", form: Mapping[str, str]) -> dict[str, Any]:
        message = form.get("message", "")
        if not message.strip():
            raise GraphError(100, "(#100) The parameter message is required")
        if len(message.encode("utf-16-le")) // 2 > LONGEST:
            raise GraphError(100, f"(#100) Length of param message must be less than or equal to {LONGEST}")
        if len(re.findall(r"#\w+", message)) > MOST_HASHTAGS:
            raise GraphError(100, "(#100) Too many hashtags")
        if isinstance(below, Comment) and below.hidden:
            raise no_permission("Permissions error")
        return {"id": self.comment(self.username, message, below).id}


def _asked(asked: Asked | Field) -> tuple[tuple[Field, ...], Field]:
    """Return which fields were asked for, and a page of at most fifty."""
    wanted = dict(asked.query if isinstance(asked, Asked) else asked.modifiers)
    fields = fields_in(wanted.get("fields", "id")) if isinstance(asked, Asked) else asked.inner
    limit = str(min(int(wanted.get("limit", 25)), COMMENTS_AT_ONCE))
    return fields, Field("", {**wanted, "limit": limit})
