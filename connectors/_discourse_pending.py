"""Replies that a forum holds for its moderators, and replies of ours whose receipt was lost.

What waits has no id as a post yet, and gets one when it is let through. Until then it goes by an id of ours that names
the entry in the queue, the topic, and the letters of the text, by which it is found again.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from connectors._discourse_parse import is_gone, number_of, text_of
from connectors._discourse_topic import Categories, place_of, reader
from connectors._discourse_wire import checked_id, home_of, listed, posts_in, posts_of, read, user_name
from connectors._reading import (
    Json,
    Unreadable,
    id_of,
    is_mapping,
    list_of,
    member,
    optional_id,
    optional_time,
    text_in,
)
from connectors._text import same
from connectors.base import (
    Call,
    ConnectorError,
    Fault,
    PendingRemote,
    PostState,
    PostStatus,
    Receipt,
    ReplyIntent,
    Unknown,
)

CLOCK_SKEW = timedelta(minutes=2)
"""How far the clocks of a forum and ours may be apart when we look for a reply of ours."""

_NEWEST = 60
_PENDING = re.compile(r"pending-(\d{1,20})-(\d{1,20})-([0-9a-f]{16})")
_PLACE = re.compile(r"/t/(?:[^/]+/)?(\d+)/(\d+)$")


def is_pending(post_id: str) -> bool:
    """Whether an id names something that waited for the moderators when we posted it."""
    return _PENDING.fullmatch(post_id) is not None


def path_of(post_id: str) -> str | None:
    """Return where something that waits is withdrawn."""
    found = _PENDING.fullmatch(post_id)
    return f"/review/{found.group(1)}.json" if found else None


def queued(answer: Json, topic_id: str, text: str) -> PendingRemote | Unknown:
    """Return the receipt for a reply that the forum holds."""
    entry = id_of(member(answer, "pending_post"))
    if entry is None or not entry.isdigit():
        return Unknown("Discourse holds the reply for its moderators, but gave no receipt that can be read.")
    return PendingRemote(Receipt(_name(entry, topic_id, text)), "The forum's moderators look at it first.")


def state(call: Call, post_id: str) -> PostState:
    """Return what became of something that waited: still waiting, let through, or turned down."""
    found = _PENDING.fullmatch(post_id)
    if found is None:
        raise ConnectorError(Fault.INVALID, "This is no id of a post.")
    entry, topic_id, digest = found.groups()
    waiting = _waiting(call)
    if entry in map(id_of, waiting or ()):
        return PostState(post_id, PostStatus.LIVE)
    topic = _ours_in(call, topic_id)
    through = [raw for raw in _newest_of(call, topic_id, topic) if digest == _digest(_shown(raw))]
    posts, _ = reader(call).posts(through, place_of(topic, Categories(call))) if through else ([], [])
    may_wait = waiting is None
    return PostState(post_id, PostStatus.LIVE if posts or may_wait else PostStatus.DELETED, posts[0] if posts else None)


def find(call: Call, intent: ReplyIntent) -> Receipt | None:
    """Look for a reply among our own posts in the parent's topic, then among what waits there."""
    topic_id, number = _place(call, intent)
    for raw in _newest_of(call, topic_id, _ours_in(call, topic_id)):
        answered = number_of(member(raw, "reply_to_post_number")) or 1
        at = optional_time(member(raw, "created_at"))
        if answered == number and _is_sought(_shown(raw), at, intent) and (identity := id_of(raw)) is not None:
            own_number = number_of(member(raw, "post_number"))
            return Receipt(identity, f"{home_of(call)}/t/{topic_id}/{own_number}", at)
    for one in _waiting(call) or ():
        entry, at = id_of(one), optional_time(member(one, "created_at"))
        text = text_in(member(one, "raw_text"))
        is_here = optional_id(member(one, "topic_id")) == topic_id
        if entry is not None and entry.isdigit() and is_here and _is_sought(text, at, intent):
            return Receipt(_name(entry, topic_id, intent.text), "", at)
    return None


def _place(call: Call, intent: ReplyIntent) -> tuple[str, int]:
    """The topic and the number of the parent: as Discourse says now, else as its address said when it was read."""
    try:
        parent = read(call, f"/posts/{checked_id(intent.parent.id)}.json")
        topic_id, number = optional_id(member(parent, "topic_id")), number_of(member(parent, "post_number"))
    except ConnectorError as error:
        if error.fault not in (Fault.GONE, Fault.FORBIDDEN_BY_POLICY):
            raise
        found = _PLACE.search(intent.parent.url)
        topic_id, number = (found.group(1), int(found.group(2))) if found else (None, None)
    if topic_id is None or number is None:
        raise ConnectorError(Fault.TRANSIENT, "Discourse did not say in which topic the post stands.")
    return topic_id, number


def _ours_in(call: Call, topic_id: str) -> Json:
    """Our own posts in a topic; nothing when the topic is gone."""
    try:
        return read(call, f"/t/{topic_id}.json", {"username_filters": user_name(call)})
    except ConnectorError as error:
        if error.fault in (Fault.GONE, Fault.FORBIDDEN_BY_POLICY):
            return None
        raise


def _newest_of(call: Call, topic_id: str, topic: Json) -> Iterable[Mapping[str, Json]]:
    if topic is None:
        return
    posts_in(topic)
    stream = [one for one in map(optional_id, list_of(member(member(topic, "post_stream"), "stream"))) if one]
    own = reader(call)
    for raw in reversed(posts_of(call, topic_id, stream[-_NEWEST:]) if stream else []):
        if is_mapping(raw) and own.is_own(raw) and not is_gone(raw):
            yield raw


def _waiting(call: Call) -> list[Json] | None:
    """What we wrote and the moderators have not looked at; nothing at all where the forum does not say."""
    try:
        return listed(read(call, f"/posts/{user_name(call)}/pending.json"), "pending_posts")
    except ConnectorError as error:
        if error.fault in (Fault.GONE, Fault.FORBIDDEN_BY_POLICY):
            return None
        raise


def _is_sought(text: str, at: datetime | None, intent: ReplyIntent) -> bool:
    return at is not None and at >= intent.attempted_at - CLOCK_SKEW and same(text, intent.text)


def _shown(raw: Json) -> str:
    try:
        return text_of(raw)
    except Unreadable:
        return ""


def _name(entry: str, topic_id: str, text: str) -> str:
    return f"pending-{entry}-{topic_id}-{_digest(text)}"


def _digest(text: str) -> str:
    """The letters alone: Discourse changes quotation marks and dashes."""
    letters = "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()[:16]
