"""What a Discourse forum keeps, and the shapes in which it shows that."""

import hashlib
import hmac
import html
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

NAMED = re.compile(r"(?<![\w/])@([A-Za-z0-9_.-]*[A-Za-z0-9_])")


@dataclass(eq=False)
class User:
    """A member of the forum; `key` is an API key of their own. Staff see all and are not told to slow down."""

    id: int
    username: str
    name: str
    staff: bool = False

    @property
    def key(self) -> str:
        return f"key-of-{self.username}-4f1c"

    @property
    def basic(self) -> dict[str, Any]:
        return {"id": self.id, "username": self.username, "name": self.name, "avatar_template": "/a/{size}.png"}


@dataclass(eq=False)
class Topic:
    """A topic, or a private message, which has no category."""

    id: int
    title: str
    category_id: int | None = 1
    closed: bool = False
    deleted: bool = False
    members: tuple[User, ...] = ()
    posts: list["Post"] = field(default_factory=list)
    answers: Counter[int | None] = field(default_factory=Counter)
    slug: str = "a-topic"


@dataclass(eq=False)
class Post:
    """A post, by its number in its topic."""

    id: int
    topic: Topic
    number: int
    author: User
    raw: str
    created_at: datetime
    updated_at: datetime
    reply_to: int | None = None
    version: int = 1
    post_type: int = 1
    likes: int = 0
    hidden: bool = False
    deleted_at: datetime | None = None
    user_deleted: bool = False
    cooked_later: str = ""


@dataclass(eq=False)
class Queued:
    """A post that waits for the moderators."""

    id: int
    author: User
    topic: Topic
    raw: str
    reply_to: int | None
    created_at: datetime


def entity(post: Post, users: Iterable[User], *, titled: bool = False) -> dict[str, Any]:
    """A post as Discourse serializes it."""
    above = post.topic.posts[post.reply_to - 1] if post.reply_to else None
    named = [one.basic for one in users if one.username in NAMED.findall(post.raw)]
    title = {"topic_title": post.topic.title, "category_id": post.topic.category_id} if titled else {}
    return {
        "id": post.id,
        "name": post.author.name,
        "username": post.author.username,
        "avatar_template": "/a/{size}.png",
        "created_at": time_text(post.created_at),
        "cooked": post.cooked_later or cook(post.raw),
        "raw": post.raw,
        "post_number": post.number,
        "post_type": post.post_type,
        "updated_at": time_text(post.updated_at),
        "reply_count": post.topic.answers[post.number],
        "reply_to_post_number": post.reply_to,
        "quote_count": 0,
        "topic_id": post.topic.id,
        "topic_slug": post.topic.slug,
        "display_username": post.author.name,
        "version": post.version,
        "user_id": post.author.id,
        "hidden": post.hidden,
        "trust_level": 1,
        "deleted_at": time_text(post.deleted_at) if post.deleted_at else None,
        "user_deleted": post.user_deleted,
        "edit_reason": None,
        "wiki": False,
        "staff": post.author.staff,
        "mentioned_users": named,
        "actions_summary": [{"id": 2, "count": post.likes}, {"id": 3, "can_act": True}],
        **title,
        **({"reply_to_user": above.author.basic} if above else {}),
    }


def action(kind: int, post: Post, me: User) -> dict[str, Any]:
    return {
        "excerpt": post.raw[:300],
        "action_type": kind,
        "created_at": time_text(post.created_at),
        "slug": post.topic.slug,
        "topic_id": post.topic.id,
        "target_user_id": me.id,
        "target_username": me.username,
        "post_number": post.number,
        "post_id": post.id,
        "username": post.author.username,
        "user_id": post.author.id,
        "acting_username": post.author.username,
        "acting_user_id": post.author.id,
        "title": post.topic.title,
        "deleted": False,
        "hidden": post.hidden or None,
        "category_id": post.topic.category_id,
    }


def hit(post: Post) -> dict[str, Any]:
    return {
        "id": post.id,
        "username": post.author.username,
        "created_at": time_text(post.created_at),
        "like_count": post.likes,
        "blurb": post.raw[:200],
        "post_number": post.number,
        "topic_id": post.topic.id,
    }


def time_text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def webhook_request(raw: dict[str, Any], post: Post, secret: str, event: str) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a webhook's request: the body alone is signed."""
    archetype = "regular" if post.topic.category_id else "private_message"
    told = {name: one for name, one in raw.items() if name != "actions_summary"} | {"topic_archetype": archetype}
    body = json.dumps({"post": told}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "x-discourse-instance": "https://forum.example",
        "x-discourse-event-id": "7",
        "x-discourse-event-type": "post",
        "x-discourse-event": event,
        "x-discourse-event-signature": f"sha256={signature}",
    }
    return headers, body


def cook(raw: str) -> str:
    """As much of Discourse's Markdown as the tests need: what looks like HTML is swallowed, signs become prettier."""
    text = re.sub(r"<[A-Za-z/!?][^<>]*>", "", raw)
    text = re.sub(r"&#?\w{1,32};", lambda found: html.unescape(found.group()), text)
    text = re.sub(r'"([^"]*)"', r"“\1”", text).replace("...", "…").replace(" -- ", " – ")
    safe = html.escape(text, quote=False)
    linked = re.sub(r"https?://[^\s<]+", lambda found: f'<a href="{found.group()}">{found.group()}</a>', safe)
    named = NAMED.sub(r'<a class="mention" href="/u/\1">@\1</a>', linked)
    return "".join(f"<p>{one.strip()}</p>" for one in re.split(r"\n{2,}", named.strip())).replace("\n", "<br>\n")
