"""One topic on Discourse: where its posts stand, all of them in order, and what was added to it."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from connectors._conversation import rooted
from connectors._discourse_parse import Category, Place, Reader, categories_in, numbers_in
from connectors._discourse_wire import checked_id, home_of, host_of, listed, posts_in, posts_of, read, user_name
from connectors._reading import Json, id_of, list_of, member, optional_id, text_in
from connectors._text import one_line, web_address
from connectors.base import Call, ConnectorError, Cursor, Fault, Page, Thread

_AT_ONCE = 60
"""So many posts of a followed topic are brought in one look."""

_IN_ONE_REQUEST = 100
_MOST = 5_000
"""Of a longer topic we read the beginning and the end: a reader needs no more, and a key has 60 requests a minute."""

_BEGINNING = 500
_TOPIC_IN_PATH = re.compile(r"/t/(?:[^/]+/)?(\d+)(?:/\d+)?/?$")


def reader(call: Call) -> Reader:
    """Read posts as this account sees them."""
    return Reader(call.account_id, user_name(call), home_of(call), host_of(call))


class Categories:
    """The categories that an account sees: listed once, and asked for alone where a large forum leaves them out."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._known: dict[str, Category | None] | None = None

    def of(self, category_id: Json) -> Category | None:
        """Return a category; nothing for none, and for one that this account may not see. Raises `ConnectorError`."""
        identity = optional_id(category_id)
        if identity is None:
            return None
        if self._known is None:
            self._known = {**categories_in(listed(read(self._call, "/site.json"), "categories"))}
        if identity not in self._known:
            self._known[identity] = self._alone(identity)
        return self._known[identity]

    def _alone(self, identity: str) -> Category | None:
        try:
            body = read(self._call, f"/c/{identity}/show.json")
        except ConnectorError as error:
            if error.fault in (Fault.GONE, Fault.FORBIDDEN_BY_POLICY):
                return None
            raise
        return categories_in([member(body, "category")]).get(identity)


def place_of(topic: Json, known: Categories, posts: Iterable[Json] = ()) -> Place:
    """Return where the posts of a topic stand, from the topic's own page; raises `ConnectorError`."""
    stream = _stream(topic)
    return Place(
        category=known.of(member(topic, "category_id")),
        title=one_line(text_in(member(topic, "title"))),
        root_id=stream[0] if stream else None,
        by_number=numbers_in(posts),
        is_topic=member(topic, "archetype") in ("regular", None),
    )


def topic_of(call: Call, query: str) -> str:
    """Return the id of the topic that an address or a number names; raises `ConnectorError`."""
    query = query.strip()
    if not web_address(query):
        return checked_id(query)
    if urlsplit(query).netloc != host_of(call) or (found := _TOPIC_IN_PATH.search(urlsplit(query).path)) is None:
        raise ConnectorError(Fault.INVALID, f"{query} is no address of a topic on {host_of(call)}.")
    return found.group(1)


def page_of_topic(call: Call, topic_id: str, cursor: Cursor | None) -> Page:
    """Return what was added to a topic after `cursor`: its stream names all its posts in order."""
    topic = read(call, f"/t/{topic_id}.json")
    stream = _stream(topic)
    last, lost = _last(cursor)
    fresh = _after(stream, last) if last is not None else stream[-_AT_ONCE:]
    brought = fresh[:_AT_ONCE]
    raw = posts_of(call, topic_id, brought) if brought else []
    place = place_of(topic, Categories(call), [*posts_in(topic), *raw]) if raw else Place()
    posts, skipped = reader(call).posts(raw, place)
    end = brought[-1] if brought else last
    return Page(
        posts=tuple(sorted(posts, key=lambda post: (post.created_at, len(post.id), post.id))),
        cursor=Cursor(json.dumps({"last": end})) if end is not None else None,
        complete=len(brought) == len(fresh),
        gap=lost,
        skipped=tuple(skipped),
    )


def thread(call: Call, post_id: str) -> Thread:
    """Return the topic around a post. When the requests run out on the way, what was read so far."""
    post = read(call, f"/posts/{checked_id(post_id)}.json")
    topic_id = optional_id(member(post, "topic_id"))
    if topic_id is None:
        raise ConnectorError(Fault.TRANSIENT, "Discourse did not say in which topic the post stands.")
    topic = read(call, f"/t/{topic_id}.json")
    stream = _stream(topic)
    raw = {identity: one for one in [post, *posts_in(topic)] if (identity := id_of(one)) is not None}
    wanted = stream if len(stream) <= _MOST else [*stream[:_BEGINNING], *stream[_BEGINNING - _MOST :]]
    place = place_of(topic, Categories(call))
    whole = _read_rest(call, topic_id, [one for one in wanted if one not in raw], raw)
    posts, _ = reader(call).posts(raw.values(), replace(place, by_number=numbers_in(raw.values())))
    root_id = place.root_id or post_id
    return Thread(root_id, rooted(posts, root_id), truncated=not whole or len(wanted) < len(stream))


def _read_rest(call: Call, topic_id: str, missing: Sequence[str], raw: dict[str, Json]) -> bool:
    for start in range(0, len(missing), _IN_ONE_REQUEST):
        asked = missing[start : start + _IN_ONE_REQUEST]
        try:
            found = posts_of(call, topic_id, asked)
        except ConnectorError as error:
            if error.fault is Fault.RATE_LIMITED:
                return False
            raise
        raw |= {identity: one for one in found if (identity := id_of(one)) in asked and identity is not None}
    return True


def _stream(topic: Json) -> list[str]:
    """The ids of all posts of a topic, in order; raises `ConnectorError` when the answer is no topic."""
    posts_in(topic)
    named = map(optional_id, list_of(member(member(topic, "post_stream"), "stream")))
    return list(dict.fromkeys(one for one in named if one is not None))


def _last(cursor: Cursor | None) -> tuple[str | None, bool]:
    if cursor is None:
        return None, False
    try:
        last = optional_id(json.loads(cursor)["last"])
    except (ValueError, TypeError, KeyError, RecursionError):
        last = None
    return last, last is None


def _after(stream: Sequence[str], last: str) -> list[str]:
    """What follows a post in its topic; when it is gone, what is younger by its number."""
    if last in stream:
        return list(stream[stream.index(last) + 1 :])
    return [one for one in stream if (len(one), one) > (len(last), last)]
