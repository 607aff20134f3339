"""What Facebook tells by itself about a Page: new and edited comments, visitors' posts, and where we were named.

https://developers.facebook.com/docs/graph-api/webhooks/reference/page
"""

from collections.abc import Iterator
from dataclasses import replace

from connectors._facebook_parse import Reader
from connectors._graph_webhook import Change, changes, moment
from connectors._reading import Json, Unreadable, is_mapping, member, optional_id, text_in
from connectors._text import web_address
from connectors.base import Call, Delivery, Post

_FIELDS = frozenset({"feed", "mention"})
_SAID = frozenset({"add", "edited", "edit"})
_POSTS = frozenset({"post", "status", "photo", "video", "share", "link"})


def receive(call: Call, delivery: Delivery) -> tuple[Post, ...]:
    """Return the posts of a genuine request: none for likes, for what was taken away, and for what is not for all."""
    return tuple(_read(changes(call, delivery, "page")))


def _read(told: Iterator[Change]) -> Iterator[Post]:
    for change in told:
        value = change.value
        if change.field not in _FIELDS or not is_mapping(value) or text_in(value.get("verb")) not in _SAID:
            continue
        try:
            post = _post(Reader(change.about), value)
        except Unreadable:
            continue
        if post is not None and post.is_public:
            yield post


def _post(own: Reader, value: Json) -> Post | None:
    """Read a change as the API would have told the same post; None for what is neither post nor comment."""
    root_id = optional_id(member(value, "post_id"))
    created = moment(member(value, "created_time"))
    raw = {
        "message": member(value, "message"),
        "created_time": created.isoformat() if created else member(value, "created_time"),
        "from": member(value, "from"),
        "is_hidden": member(value, "is_hidden") is True or member(value, "published") == 0,
    }
    if member(value, "item") == "comment":
        comment_id = optional_id(member(value, "comment_id"))
        parent_id = optional_id(member(value, "parent_id"))
        return own.comment({**raw, "id": comment_id, "parent": {"id": parent_id}}, root_id)
    if text_in(member(value, "item")) not in _POSTS or root_id is None:
        return None
    post = own.post({**raw, "id": root_id})
    address = web_address(member(member(value, "post"), "permalink_url"))
    return replace(post, url=address or post.url)
