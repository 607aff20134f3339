"""Single posts on Threads: what became of them, the talk around them, and what followed ours."""

from datetime import timedelta

from connectors._conversation import rooted
from connectors._graph_wire import node
from connectors._reading import Json, Unreadable, count_of, list_of, member, text_in
from connectors._text import same
from connectors._threads_parse import FIELDS
from connectors._threads_sources import GRAPH, conversation, mention_of, own_answers, reader, us
from connectors.base import (
    Allowance,
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
"""How far Threads' clock and ours may be apart."""

_UNTOLD = (Fault.FORBIDDEN_BY_POLICY, Fault.INVALID, Fault.GONE)
"""What a token says that may not read something besides: not a reason to do nothing."""


def read_node(call: Call, post_id: str) -> Post:
    """Read a post; raises `ConnectorError`, `GONE` when it is no longer there. A mere container is no post."""
    raw = GRAPH.read(call, node(post_id), {"fields": FIELDS}).body
    try:
        return reader(call).post(raw)
    except Unreadable as error:
        raise ConnectorError(Fault.TRANSIENT, "Threads sent a post that cannot be read.") from error


def state_of(call: Call, post_id: str) -> PostState:
    """Return what became of a post. Threads does not say that one was edited; its present text does."""
    try:
        post = read_node(call, post_id)
    except ConnectorError as error:
        if error.fault is not Fault.GONE:
            raise
        named = mention_of(call, post_id)
        return PostState(post_id, PostStatus.DELETED if named is None else PostStatus.LIVE, named)
    return PostState(post_id, PostStatus.LIVE if post.is_public else PostStatus.HIDDEN, post)


def thread(call: Call, post_id: str) -> Thread:
    """Return a post with all that is said below it; of other people's threads what Threads lets us see."""
    found = read_node(call, post_id)
    root_id = found.root_id or found.id
    try:
        root = found if root_id == found.id else read_node(call, root_id)
        listing = conversation(call, root_id)
    except ConnectorError as error:
        if error.fault not in _UNTOLD:
            raise
        return Thread(root_id, rooted([found], root_id), truncated=True)
    below = reader(call).posts(listing.rows)[0]
    posts = [root, *(post for post in (*below, found) if post.is_public)]
    return Thread(root_id, rooted(posts, root_id), truncated=not listing.whole)


def find_own_reply(call: Call, intent: ReplyIntent) -> Receipt | None:
    """Look among the answers that we wrote since the attempt."""
    since = intent.attempted_at - CLOCK_SKEW
    for post in own_answers(call, since):
        is_it = post.parent_id == intent.parent.id and same(post.text, intent.text)
        if is_it and post.created_at >= since:
            return Receipt(post.id, post.url, post.created_at)
    return None


def replies_left(call: Call) -> Allowance | None:
    """Return how many answers Threads still publishes for us; None when it does not tell. The window rolls."""
    asked = {"fields": "reply_quota_usage,reply_config"}
    try:
        rows = list_of(member(GRAPH.read(call, f"{us(call)}/threads_publishing_limit", asked).body, "data"))
    except ConnectorError as error:
        if error.fault in _UNTOLD:
            return None
        raise
    told = rows[0] if rows else None
    most = count_of(member(member(told, "reply_config"), "quota_total"))
    if not most:
        return None
    left = most - count_of(member(told, "reply_quota_usage"))
    return Allowance(max(left, 0), call.now + timedelta(hours=1))


def signals_of(call: Call, post_id: str) -> list[Signal]:
    """Return what followed a post of ours: likes, shares, answers, or that it was taken away."""
    state = state_of(call, post_id)
    if state.post is None or state.status is PostStatus.HIDDEN:
        return [Signal(SignalKind.REMOVED, post_id)]
    listing = GRAPH.listed(call, f"{node(post_id)}/replies", {"fields": FIELDS, "limit": "100"}, most_pages=2)
    answers = [post for post in reader(call).posts(listing.rows)[0] if not post.is_own and post.is_public]
    answered = [Signal(SignalKind.ANSWERED, post_id, post=post) for post in answers]
    return [*_counts(call, post_id), *answered]


def _counts(call: Call, post_id: str) -> list[Signal]:
    try:
        body = GRAPH.read(call, f"{node(post_id)}/insights", {"metric": "likes,reposts,quotes"}).body
    except ConnectorError as error:
        if error.fault in _UNTOLD:
            return []
        raise
    told = {text_in(member(one, "name")): _value(one) for one in list_of(member(body, "data"))}
    shares = told.get("reposts", 0) + told.get("quotes", 0)
    return [Signal(SignalKind.LIKES, post_id, told.get("likes", 0)), Signal(SignalKind.SHARES, post_id, shares)]


def _value(metric: Json) -> int:
    values = list_of(member(metric, "values"))
    return count_of(member(values[0], "value")) if values else 0
