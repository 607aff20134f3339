"""What Instagram tells by itself: comments below our media, and where somebody named us.

https://developers.facebook.com/docs/instagram-platform/webhooks
"""

from collections.abc import Iterator

from connectors._graph_webhook import Change, changes
from connectors._instagram_nodes import read_mention
from connectors._instagram_parse import Reader
from connectors._instagram_sources import reader
from connectors._reading import Json, Unreadable, member, optional_id
from connectors.base import Call, ConnectorError, Delivery, Fault, Post


def receive(call: Call, delivery: Delivery) -> tuple[Post, ...]:
    """Return the posts of a genuine request. A mention tells no more than where: that is read besides."""
    return tuple(_read(call, changes(call, delivery, "instagram")))


def _read(call: Call, told: Iterator[Change]) -> Iterator[Post]:
    for change in told:
        try:
            if change.field == "comments":
                yield _comment(reader(call), change)
            elif change.field == "mentions" and (post := _mention(call, change.value)) is not None:
                yield post
        except Unreadable:
            continue


def _comment(own: Reader, change: Change) -> Post:
    """Read a comment as the API would have told it; its time is when Instagram noticed it."""
    value = change.value
    raw = {
        "id": member(value, "id"),
        "text": member(value, "text"),
        "timestamp": change.at.isoformat(),
        "from": member(value, "from"),
        "parent_id": member(value, "parent_id"),
        "media": member(value, "media"),
    }
    return own.comment(raw)


def _mention(call: Call, value: Json) -> Post | None:
    comment_id, media_id = optional_id(member(value, "comment_id")), optional_id(member(value, "media_id"))
    try:
        return read_mention(call, comment_id=comment_id, media_id=media_id)
    except ConnectorError as error:
        if error.fault in (Fault.GONE, Fault.INVALID):
            return None
        raise
