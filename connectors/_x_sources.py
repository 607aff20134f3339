"""What a source on X brings: our mentions, a search, one conversation; and how far each has been read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import tweepy

from connectors._conversation import rooted
from connectors._line import Answer
from connectors._reading import count_of, member
from connectors._text import web_address
from connectors._x_parse import Reader, age, checked, id_of
from connectors._x_text import is_from_x
from connectors._x_wire import allowance, ask
from connectors.base import Call, ConnectorError, Cursor, Fault, Followed, Page, Post, SourceKind, Thread

COST_OF_READING = Decimal("0.005")
COST_OF_OWN_MENTION = Decimal("0.001")
"""US dollars for each post that X hands over."""

FIELDS: Mapping[str, list[str]] = {
    "tweet_fields": [
        "author_id",
        "conversation_id",
        "created_at",
        "edit_history_tweet_ids",
        "entities",
        "lang",
        "note_tweet",
        "public_metrics",
        "referenced_tweets",
        "reply_settings",
    ],
    "expansions": ["author_id", "referenced_tweets.id"],
    "user_fields": ["name", "protected", "username"],
}
"""What we ask of every post. The quoted post comes along, as it tells whether its author called us in."""

_PAGE = 100
_PAGES_OF_A_THREAD = 5
"""Every post costs money, so a conversation is read to its newest 500."""

_LONGEST_QUERY = 512
_SEARCHED = timedelta(days=6, hours=23)
"""How far X's search reaches, less an hour for clocks that differ."""

_FIRST_MOMENT = 1_288_834_974_657
_BITS_BELOW_TIME = 22
"""X's ids hold their time: milliseconds since this moment, above 22 other bits."""

Ask = Callable[[tweepy.Client], object]
Listing = Callable[[tweepy.Client, Mapping[str, object]], object]


@dataclass(frozen=True, slots=True)
class Mark:
    """A cursor, opened. `after` is the newest id read; `before` and `newest` a walk back that is not done.

    `read` (epoch seconds) is when we last asked: what came and went while X's search reached no further is lost.
    """

    after: str | None = None
    before: str | None = None
    newest: str | None = None
    read: int | None = None
    lost: bool = False

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Mark":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls()
        try:
            kept = json.loads(cursor)
            after, before, newest = (checked(kept.get(name)) for name in ("after", "before", "newest"))
            return cls(after, before, newest, count_of(kept.get("read")) or None)
        except (ValueError, AttributeError, RecursionError):
            return cls(lost=True)

    def closed(self) -> Cursor | None:
        """Return the cursor to store; none when nothing was read yet."""
        kept = {"after": self.after, "before": self.before, "newest": self.newest, "read": self.read}
        told = {name: value for name, value in kept.items() if value}
        return Cursor(json.dumps(told, separators=(",", ":"))) if self.after or self.newest else None

    def within_reach(self, now: datetime) -> "Mark":
        """Return a mark that X's search takes: it refuses to begin with a post that is a week old."""
        earliest = _id_at(now - _SEARCHED)
        if self.after is None or age(self.after) >= age(earliest):
            return self
        was_away = self.read is None or now.timestamp() - self.read > _SEARCHED.total_seconds()
        return replace(self, after=earliest, lost=self.lost or was_away)


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    mark = Mark.opened(cursor)
    if followed.kind is SourceKind.MENTIONS:
        us = own_id(call)
        return _page(call, lambda client, range_: client.get_users_mentions(us, **range_), mark, COST_OF_OWN_MENTION)
    if followed.kind is SourceKind.SEARCH:
        return _page(call, _searching(_query(followed.query)), mark.within_reach(call.now), COST_OF_READING)
    if followed.kind is SourceKind.THREAD:
        conversation = _conversation_of(call, post_id_of(followed.query))
        listing = _searching(f"conversation_id:{conversation}")
        return _page(call, listing, mark.within_reach(call.now), COST_OF_READING)
    raise ConnectorError(Fault.INVALID, f"X cannot follow a {followed.kind.value}.")


def thread(call: Call, post_id: str) -> Thread:
    """Return the conversation around a post: its first post, and what X's search of the last week still finds."""
    conversation = _conversation_of(call, post_id)
    wanted = list(dict.fromkeys((conversation, post_id)))
    found = {post.id: post for post in lookup(call, wanted).posts()[0]}
    before: str | None = None
    for _ in range(_PAGES_OF_A_THREAD):
        answer = _listed(call, _searching(f"conversation_id:{conversation}"), Mark(before=before))
        reader = Reader(call.account_id, answer.body)
        found |= {post.id: post for post in reader.posts()[0]}
        before = _oldest(reader) if _has_more(answer) else None
        if before is None:
            break
    known = found.keys()
    is_whole = before is None and all(post.parent_id is None or post.parent_id in known for post in found.values())
    return Thread(conversation, rooted(found.values(), conversation), truncated=not is_whole)


def lookup(call: Call, post_ids: list[str]) -> Reader:
    """Read up to a hundred posts by their ids; what X says of those that it withholds stands in the body."""
    answer = ask(call, lambda client: client.get_tweets(post_ids, user_auth=True, **FIELDS))
    return Reader(call.account_id, answer.body)


def own_id(call: Call) -> str:
    """Return who we are on X; asks X only when the host does not know yet."""
    if call.account_id:
        return must_be_id(call.account_id)
    answer = ask(call, lambda client: client.get_me(user_auth=True))
    identity = id_of(member(answer.body, "data"))
    if identity is None:
        raise ConnectorError(Fault.TRANSIENT, "X did not say who we are.")
    return identity


def post_id_of(query: str) -> str:
    """Return the id that an id or an address on X names; raises `ConnectorError`."""
    query = query.strip()
    if web_address(query):
        parts = urlsplit(query).path.strip("/").split("/")
        if not is_from_x(query) or len(parts) < 3 or parts[1] != "status":
            raise ConnectorError(Fault.INVALID, f"{query} is no address of a post on X.")
        return must_be_id(parts[2])
    return must_be_id(query)


def must_be_id(post_id: str) -> str:
    """Return an id that is safe in a path; raises `ConnectorError`."""
    if checked(post_id) is None:
        raise ConnectorError(Fault.INVALID, "This is no id on X.")
    return post_id


def _query(query: str) -> str:
    if not query.strip() or len(query) > _LONGEST_QUERY:
        raise ConnectorError(Fault.INVALID, f"A search on X needs 1 to {_LONGEST_QUERY} characters.")
    return query.strip()


def _searching(query: str) -> Listing:
    return lambda client, range_: client.search_recent_tweets(query, **range_)


def _page(call: Call, listing: Listing, mark: Mark, cost: Decimal) -> Page:
    """Read one page. X gives the newest first whatever is asked, so a full page is followed backwards."""
    answer = _listed(call, listing, mark)
    reader = Reader(call.account_id, answer.body)
    posts, skipped = reader.posts()
    oldest = _oldest(reader)
    has_more = (mark.after is not None or mark.before is not None) and _has_more(answer)
    newest = mark.newest or _newest(reader) or mark.after
    read = int(call.now.timestamp())
    goes_on = has_more and oldest is not None
    next_mark = Mark(mark.after, oldest, newest, read) if goes_on else Mark(newest, read=read)
    return Page(
        posts=tuple(sorted(posts, key=_by_time)),
        cursor=next_mark.closed(),
        complete=not goes_on,
        gap=mark.lost or (has_more and not goes_on),
        skipped=tuple(skipped),
        allowance=allowance(answer),
        cost=cost * len(reader.raw),
    )


def _listed(call: Call, listing: Listing, mark: Mark) -> Answer:
    range_: dict[str, object] = {"max_results": _PAGE, "user_auth": True, **FIELDS}
    range_ |= {"since_id": mark.after} if mark.after else {}
    range_ |= {"until_id": mark.before} if mark.before else {}
    answer = ask(call, lambda client: listing(client, range_))
    is_empty = member(member(answer.body, "meta"), "result_count") == 0
    if not is_empty and not isinstance(member(answer.body, "data"), list):
        raise ConnectorError(Fault.TRANSIENT, "X answered with something else than a list of posts.")
    return answer


def _conversation_of(call: Call, post_id: str) -> str:
    reader = lookup(call, [must_be_id(post_id)])
    for raw in reader.raw:
        if id_of(raw) == post_id and (conversation := checked(member(raw, "conversation_id"))):
            return conversation
    raise ConnectorError(Fault.GONE, "X no longer shows this post.")


def _has_more(answer: Answer) -> bool:
    meta = member(answer.body, "meta")
    return bool(member(meta, "next_token")) and count_of(member(meta, "result_count")) > 0


def _oldest(reader: Reader) -> str | None:
    return min(_ids(reader), key=age, default=None)


def _newest(reader: Reader) -> str | None:
    return max(_ids(reader), key=age, default=None)


def _ids(reader: Reader) -> list[str]:
    """The ids X can be asked by: it refuses a range that does not begin or end with a number."""
    return [one for one in map(id_of, reader.raw) if one is not None and one.isdigit()]


def _id_at(moment: datetime) -> str:
    return str(max(int(moment.timestamp() * 1000) - _FIRST_MOMENT, 0) << _BITS_BELOW_TIME)


def _by_time(post: Post) -> tuple[object, ...]:
    return post.created_at, age(post.id)
