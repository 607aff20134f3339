"""Single posts and comments on Facebook: what became of them, the talk around them, and what followed ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from connectors._conversation import rooted
from connectors._facebook_parse import COMMENT_FIELDS, POST_FIELDS, Reader, address_of
from connectors._facebook_sources import GRAPH, comments_below, reader
from connectors._graph_wire import node
from connectors._reading import Json, Unreadable, count_of, id_of, member
from connectors._text import same
from connectors.base import (
    Call,
    ConnectorError,
    Fault,
    Post,
    PostState,
    PostStatus,
    Receipt,
    ReplyIntent,
    Signal,
    SignalKind,
    Thread,
)

CLOCK_SKEW = timedelta(minutes=5)
"""How far Facebook's clock and ours may be apart."""

_WHOLE_THREAD = 50
"""So many pages of 100 comments are read of one thread."""

_ANSWERS = 2


@dataclass(frozen=True, slots=True)
class Node:
    """A post or a comment, read, with its raw self for what a `Post` does not hold."""

    post: Post
    raw: Json
    is_comment: bool


def read_node(call: Call, post_id: str) -> Node:
    """Read a post or a comment; raises `ConnectorError`, `GONE` when it is no longer there."""
    own = reader(call)
    if not post_id.startswith(f"{own.page_id}_"):
        try:
            return _node(own, _raw(call, post_id, COMMENT_FIELDS), is_comment=True)
        except ConnectorError as error:
            # The id does not tell a comment from somebody else's post; Facebook does, by the fields it refuses.
            if error.fault is not Fault.INVALID or "nonexisting field" not in error.detail:
                raise
    return _node(own, _raw(call, post_id, POST_FIELDS), is_comment=False)


def state_of(call: Call, post_id: str) -> PostState:
    """Return what became of a post. Facebook does not say that a comment was edited; its present text does."""
    try:
        found = read_node(call, post_id)
    except ConnectorError as error:
        if error.fault is Fault.GONE:
            return PostState(post_id, PostStatus.DELETED)
        raise
    is_hidden = member(found.raw, "is_hidden") is True
    return PostState(post_id, PostStatus.HIDDEN if is_hidden else PostStatus.LIVE, found.post)


def thread(call: Call, post_id: str) -> Thread:
    """Return a post of a Page with all that is said below it."""
    found = read_node(call, post_id)
    root_id = found.post.root_id or found.post.id
    root = found.post if root_id == found.post.id else read_node(call, root_id).post
    below = comments_below(call, node(root_id), root_id, None, most_pages=_WHOLE_THREAD)
    posts = [root, *(post for post in (*below.posts, found.post) if post.is_public)]
    return Thread(root_id, rooted(posts, root_id), truncated=below.until is not None)


def find_own_reply(call: Call, intent: ReplyIntent) -> Receipt | None:
    """Look among the comments since the attempt. Facebook moves an answer to an answer up to the first comment."""
    root_id = intent.parent.root_id or read_node(call, intent.parent.id).post.root_id or intent.parent.id
    since = intent.attempted_at - CLOCK_SKEW
    below = comments_below(call, node(root_id), root_id, since, most_pages=_WHOLE_THREAD)
    above = intent.parent.parent_id if intent.parent.parent_id != root_id else None
    ours = [post for post in below.posts if post.is_own and post.created_at >= since and same(post.text, intent.text)]
    for parent_id in (intent.parent.id, above):
        for post in ours:
            if parent_id is not None and post.parent_id == parent_id:
                return Receipt(post.id, post.url, post.created_at)
    return None


def signals_of(call: Call, post_id: str) -> list[Signal]:
    """Return what followed a comment of ours: likes, answers, or that it was taken away."""
    try:
        found = read_node(call, post_id)
    except ConnectorError as error:
        if error.fault is Fault.GONE:
            return [Signal(SignalKind.REMOVED, post_id)]
        raise
    if member(found.raw, "is_hidden") is True:
        return [Signal(SignalKind.REMOVED, post_id)]
    likes = Signal(SignalKind.LIKES, post_id, count_of(member(found.raw, "like_count")))
    return [likes, *(Signal(SignalKind.ANSWERED, post_id, post=post) for post in _answers(call, found.post))]


def receipt_in(body: Json) -> Receipt | None:
    """Read the receipt of a comment that was just written."""
    identity = id_of(body)
    return None if identity is None else Receipt(identity, address_of(identity))


def _answers(call: Call, ours: Post) -> list[Post]:
    """What others said after ours below the same first comment, where Facebook gathers the answers to answers."""
    root_id = ours.root_id or ours.id
    branch = ours.parent_id if ours.parent_id not in (None, root_id) else ours.id
    since = ours.created_at
    below = comments_below(call, node(branch or ours.id), root_id, since, most_pages=_ANSWERS)
    return [post for post in below.posts if not post.is_own and post.is_public and post.created_at >= since]


def _raw(call: Call, post_id: str, fields: str) -> Json:
    params: Mapping[str, str] = {"fields": fields}
    return GRAPH.read(call, node(post_id), params).body


def _node(own: Reader, raw: Json, *, is_comment: bool) -> Node:
    try:
        return Node(own.comment(raw) if is_comment else own.post(raw), raw, is_comment)
    except Unreadable as error:
        raise ConnectorError(Fault.TRANSIENT, "Facebook sent a post that cannot be read.") from error
