"""Single comments and media on Instagram: what became of them, the talk around them, and what followed ours."""

from dataclasses import dataclass, replace
from datetime import timedelta

from connectors._conversation import rooted
from connectors._graph_wire import node
from connectors._instagram_parse import COMMENT_FIELDS, MEDIA_FIELDS
from connectors._instagram_sources import GRAPH, answers_of, reader, tagged_as
from connectors._reading import Json, Unreadable, count_of, member
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

ELSEWHERE = "instagram.com"
"""The venue of what stands below other people's media."""

_MENTIONED_COMMENT = "id,text,timestamp,username,media{id,permalink}"

CLOCK_SKEW = timedelta(minutes=5)
"""How far Instagram's clock and ours may be apart."""


@dataclass(frozen=True, slots=True)
class Node:
    """A comment or one of our media, read, with its raw self for what a `Post` does not hold."""

    post: Post
    raw: Json
    is_comment: bool = True


def read_node(call: Call, post_id: str) -> Node:
    """Read a comment or a media; raises `ConnectorError`, `GONE` when it is no longer there."""
    own = reader(call)
    try:
        try:
            raw = GRAPH.read(call, node(post_id), {"fields": COMMENT_FIELDS}).body
            return Node(own.comment(raw), raw)
        except ConnectorError as error:
            # The id does not tell a comment from a picture; Instagram does, by the fields it refuses.
            if error.fault is not Fault.INVALID or "nonexisting field" not in error.detail:
                raise
        raw = GRAPH.read(call, node(post_id), {"fields": MEDIA_FIELDS}).body
        return Node(own.media(raw), raw, is_comment=False)
    except Unreadable as error:
        raise ConnectorError(Fault.TRANSIENT, "Instagram sent a post that cannot be read.") from error


def read_mention(call: Call, *, comment_id: str | None = None, media_id: str | None = None) -> Post:
    """Read a comment or a caption elsewhere that names us, which only the account that is named may read."""
    own = reader(call)
    kind, which = ("comment", comment_id) if comment_id else ("media", media_id)
    if which is None or not which.isalnum():
        raise ConnectorError(Fault.INVALID, "This is no id of a mention.")
    fields = _MENTIONED_COMMENT if comment_id else MEDIA_FIELDS
    asked = {"fields": f"mentioned_{kind}.{kind}_id({which}){{{fields}}}"}
    raw = member(GRAPH.read(call, node(own.account_id), asked).body, f"mentioned_{kind}")
    try:
        post = own.comment(raw) if comment_id else own.media(raw)
    except Unreadable as error:
        raise ConnectorError(Fault.GONE, "Instagram no longer shows where we were named.") from error
    return replace(post, venue=ELSEWHERE, mentioned=frozenset({own.account_id}))


def state_of(call: Call, post_id: str) -> PostState:
    """Return what became of a comment. Nobody can edit one."""
    try:
        post = read_node(call, post_id).post
    except ConnectorError as error:
        if error.fault is not Fault.GONE:
            raise
        elsewhere = _elsewhere(call, post_id)
        return PostState(post_id, PostStatus.DELETED if elsewhere is None else PostStatus.LIVE, elsewhere)
    return PostState(post_id, PostStatus.LIVE if post.is_public else PostStatus.HIDDEN, post)


def thread(call: Call, post_id: str) -> Thread:
    """Return the branch in which a comment stands: one first comment, and the answers gathered below it."""
    try:
        read = read_node(call, post_id)
    except ConnectorError as error:
        elsewhere = _elsewhere(call, post_id) if error.fault is Fault.GONE else None
        if elsewhere is None:
            raise
        return Thread(post_id, (replace(elsewhere, root_id=post_id),))
    found = read.post
    if not read.is_comment:
        return Thread(found.id, (found,))
    root_id = found.root_id or found.id
    root = found if root_id == found.id else read_node(call, root_id).post
    listing = answers_of(call, root_id)
    below = reader(call).comments(listing.rows, root.url, root_id)[0]
    posts = [root, *(post for post in (*below, found) if post.is_public)]
    return Thread(root_id, rooted(posts, root_id), truncated=not listing.whole)


def find_own_reply(call: Call, intent: ReplyIntent) -> Receipt | None:
    """Look among the answers to the first comment, where Instagram puts the answers to answers too."""
    since = intent.attempted_at - CLOCK_SKEW
    for post in _answers(call, intent.parent):
        if post.is_own and post.created_at >= since and same(post.text, intent.text):
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
    ours = found.post
    if not ours.is_public:
        return [Signal(SignalKind.REMOVED, post_id)]
    later = [
        post
        for post in _answers(call, ours)
        if post.is_public and not post.is_own and post.created_at >= ours.created_at
    ]
    likes = Signal(SignalKind.LIKES, post_id, count_of(member(found.raw, "like_count")))
    return [likes, *(Signal(SignalKind.ANSWERED, post_id, post=post) for post in later)]


def _elsewhere(call: Call, post_id: str) -> Post | None:
    """Look where somebody named or tagged us: what stands there is hidden from a plain question."""
    for asked in ({"comment_id": post_id}, {"media_id": post_id}):
        try:
            return read_mention(call, **asked)
        except ConnectorError as error:
            if error.fault not in (Fault.GONE, Fault.INVALID):
                raise
    return tagged_as(call, post_id)


def _answers(call: Call, post: Post) -> list[Post]:
    """Return what answers the first comment of the branch in which a comment stands."""
    first = post.parent_id or post.id
    return reader(call).comments(answers_of(call, first).rows, post.url, first)[0]
