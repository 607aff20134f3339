"""What a source on Threads brings: answers to our posts, mentions, searches, topics, one conversation."""

import re
from collections.abc import Mapping
from datetime import datetime

from connectors._graph_errors import allowance
from connectors._graph_wire import Graph, Listing, node, rows_in, seconds
from connectors._mark import Found, Mark, page_of
from connectors._reading import id_of, member
from connectors._threads_parse import FIELDS, Reader
from connectors.base import Call, ConnectorError, Cursor, Fault, Followed, Page, Post, Skipped, SourceKind

VERSION = "v1.0"
"""Threads has a version of its own."""

GRAPH = Graph.of("Threads", VERSION)

_POSTS_WATCHED = 25
"""So many of our newest posts are looked at for new answers; those to older posts come by webhook alone."""

_AT_ONCE = 100
_MOST_PAGES = 20
_WHOLE_CONVERSATION = 50
_MENTIONS_SEARCHED = 3
_ID = re.compile(r"\d{1,40}")


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    mark, query = Mark.opened(cursor), followed.query.strip()
    match followed.kind:
        case SourceKind.FEED:
            found = _answers_to_us(call, mark)
        case SourceKind.MENTIONS:
            found = _walk(call, f"{us(call)}/mentions", {}, mark)
        case SourceKind.SEARCH | SourceKind.HASHTAG:
            found = _walk(call, "/keyword_search", _search(followed.kind, query), mark)
        case SourceKind.THREAD:
            if not _ID.fullmatch(query):
                raise ConnectorError(Fault.INVALID, f"“{query}” is no id of a post: it is a number.")
            found = _walk(call, f"{node(query)}/conversation", {"reverse": "true"}, mark, since=False)
        case _:
            raise ConnectorError(Fault.INVALID, f"Threads cannot follow a {followed.kind.value}.")
    return page_of(found, mark, call.now)


def reader(call: Call) -> Reader:
    return Reader(call.handle)


def us(call: Call) -> str:
    """Return the path of our own profile; raises `ConnectorError` when we do not know it."""
    if not call.account_id:
        raise ConnectorError(Fault.INVALID, "The account does not say which one it is: connect it again.")
    return node(call.account_id)


def conversation(call: Call, root_id: str) -> Listing:
    """Read all that is said below a post, the oldest first."""
    asked = {"fields": FIELDS, "limit": str(_AT_ONCE), "reverse": "false"}
    return GRAPH.listed(call, f"{node(root_id)}/conversation", asked, most_pages=_WHOLE_CONVERSATION)


def own_answers(call: Call, since: datetime) -> list[Post]:
    """Read the answers that we wrote."""
    asked = {"fields": FIELDS, "limit": str(_AT_ONCE), "since": seconds(since)}
    listing = GRAPH.listed(call, f"{us(call)}/replies", asked, most_pages=_MOST_PAGES)
    return reader(call).posts(listing.rows)[0]


def mention_of(call: Call, post_id: str) -> Post | None:
    """Return one of the newest mentions of us: other people's posts may not always be read alone."""
    asked = {"fields": FIELDS, "limit": str(_AT_ONCE)}
    listing = GRAPH.listed(call, f"{us(call)}/mentions", asked, most_pages=_MENTIONS_SEARCHED)
    return next((post for post in reader(call).posts(listing.rows)[0] if post.id == post_id), None)


def _answers_to_us(call: Call, mark: Mark) -> Found:
    asked = {"fields": "id,has_replies,timestamp", "limit": str(_POSTS_WATCHED)}
    answer = GRAPH.read(call, f"{us(call)}/threads", asked)
    posts: list[Post] = []
    skipped: list[Skipped] = []
    reached = True
    for row in rows_in(answer.body):
        root_id = id_of(row)
        if root_id is None or member(row, "has_replies") is False:
            continue
        try:
            found = _walk(call, f"{node(root_id)}/conversation", {"reverse": "true"}, mark, since=False)
        except ConnectorError as error:
            if error.fault is Fault.GONE:
                continue  # the post was taken away while we read
            raise
        posts += found.posts
        skipped += found.skipped
        reached = reached and found.reached
    return Found(posts, skipped, reached=reached, allowance=allowance(answer, call.now))


def _walk(call: Call, path: str, asked: Mapping[str, str], mark: Mark, *, since: bool = True) -> Found:
    """Read a list, the newest first, back to where we stood; at the very first look its newest page."""
    params = {"fields": FIELDS, "limit": str(_AT_ONCE), **asked}
    if since and mark.since is not None:
        params["since"] = seconds(mark.since)
    posts: list[Post] = []
    skipped: list[Skipped] = []
    for _ in range(_MOST_PAGES):
        answer = GRAPH.read(call, path, params)
        found, unread = reader(call).posts(rows_in(answer.body))
        posts, skipped = posts + found, skipped + unread
        further = GRAPH.further(call, answer.body)
        reached = not further or mark.after is None or any(mark.is_past(post.created_at) for post in found)
        if reached:
            break
        params |= further
    return Found(posts, skipped, reached=reached, allowance=allowance(answer, call.now))


def _search(kind: SourceKind, query: str) -> Mapping[str, str]:
    wanted = query.lstrip("#") if kind is SourceKind.HASHTAG else query
    if not 0 < len(wanted) <= 200:
        raise ConnectorError(Fault.INVALID, "A search needs 1 to 200 characters.")
    mode = "TAG" if kind is SourceKind.HASHTAG else "KEYWORD"
    return {"q": wanted, "search_type": "RECENT", "search_mode": mode}
