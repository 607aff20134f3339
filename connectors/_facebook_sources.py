"""What a source on Facebook brings: our posts with their comments, posts that tag us, the comments of one post."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors._facebook_parse import COMMENT_FIELDS, POST_FIELDS, Reader
from connectors._graph_errors import allowance
from connectors._graph_wire import Graph, node, rows_in, seconds
from connectors._mark import Found, Mark, page_of
from connectors._reading import Json, id_of, list_of, member, optional_time
from connectors.base import Allowance, Call, ConnectorError, Cursor, Fault, Followed, Page, Post, Skipped, SourceKind

GRAPH = Graph.of("Facebook")

_POSTS_WATCHED = 4
"""So many pages of 25 posts are looked through for new comments; those below older posts come by webhook alone."""

_FEED_PAGE, _COMMENT_PAGE, _NESTED = 25, 100, 50
_MOST_PAGES = 20
_POST_ID = re.compile(r"\d{1,40}_\d{1,40}")


@dataclass(frozen=True, slots=True)
class Comments:
    """The comments below one post, as far as they were read. `until` is the last one's time when there are more."""

    posts: list[Post]
    skipped: list[Skipped]
    until: datetime | None
    allowance: Allowance | None = None


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    mark = Mark.opened(cursor)
    if followed.kind is SourceKind.FEED:
        found = _feed(call, mark)
    elif followed.kind is SourceKind.MENTIONS:
        found = _tagged(call, mark)
    elif followed.kind is SourceKind.THREAD:
        found = _below(call, followed.query.strip(), mark)
    else:
        raise ConnectorError(Fault.INVALID, f"Facebook cannot follow a {followed.kind.value}.")
    return page_of(found, mark, call.now)


def reader(call: Call) -> Reader:
    """Return who reads for this account; raises `ConnectorError` when we do not know our own Page."""
    if not call.account_id:
        raise ConnectorError(Fault.INVALID, "The account does not say which Page it is: connect it again.")
    return Reader(call.account_id)


def comments_below(call: Call, path: str, root_id: str, since: datetime | None, *, most_pages: int) -> Comments:
    """Read all comments below a post or a comment, the oldest first, answers to answers among them."""
    listing = GRAPH.listed(call, f"{path}/comments", _stream(since), most_pages=most_pages)
    return _comments(call, root_id, listing.rows, listing.whole, listing.allowance)


def _feed(call: Call, mark: Mark) -> Found:
    """Bring the posts on our Page, ours and visitors', and the comments below the newest of them."""
    page_id = node(reader(call).page_id)
    asked = {"fields": f"{POST_FIELDS},{_nested(mark.since)}", "limit": str(_FEED_PAGE)}
    brought: list[Comments] = []
    for _ in range(_POSTS_WATCHED):
        answer = GRAPH.read(call, f"{page_id}/feed", asked)
        rows = rows_in(answer.body)
        brought.append(Comments(*_posts(call, rows), None, allowance(answer, call.now)))
        brought += [_nested_below(call, row, mark) for row in rows if id_of(row) is not None]
        further = GRAPH.further(call, answer.body)
        if not further or mark.after is None:
            break
        asked |= further
    return Found(
        [post for one in brought for post in one.posts],
        [skip for one in brought for skip in one.skipped],
        min((one.until for one in brought if one.until is not None), default=None),
        allowance=next((one.allowance for one in reversed(brought) if one.allowance is not None), None),
    )


def _nested_below(call: Call, row: Json, mark: Mark) -> Comments:
    """Read the comments that came within a row of the feed, and on from there when there are more of them."""
    root_id, nested = id_of(row) or "", member(row, "comments")
    if nested is None:
        return Comments([], [], None)
    rows = list_of(member(nested, "data"))
    if isinstance(member(nested, "data"), list) and (mark.after is None or not GRAPH.further(call, nested)):
        return _comments(call, root_id, rows, True, None)
    try:
        return comments_below(call, node(root_id), root_id, mark.since, most_pages=_MOST_PAGES)
    except ConnectorError as error:
        if error.fault is not Fault.GONE:
            raise
        return _comments(call, root_id, rows, True, None)  # the post was taken away while we read


def _tagged(call: Call, mark: Mark) -> Found:
    """Bring the public posts that tag our Page, walking back to where we stood."""
    asked = {"fields": POST_FIELDS, "limit": str(_NESTED)}
    posts: list[Post] = []
    skipped: list[Skipped] = []
    for _ in range(_MOST_PAGES):
        answer = GRAPH.read(call, f"{node(reader(call).page_id)}/tagged", asked)
        found, unread = _posts(call, rows_in(answer.body))
        posts, skipped = posts + found, skipped + unread
        further = GRAPH.further(call, answer.body)
        reached = not further or mark.after is None or any(mark.is_past(post.created_at) for post in found)
        if reached:
            break
        asked |= further
    return Found(posts, skipped, reached=reached, allowance=allowance(answer, call.now))


def _below(call: Call, query: str, mark: Mark) -> Found:
    root_id = query if _POST_ID.fullmatch(query) else f"{reader(call).page_id}_{query}"
    if not _POST_ID.fullmatch(root_id):
        raise ConnectorError(Fault.INVALID, f"“{query}” is no id of a post: it looks like 123456_7890.")
    comments = comments_below(call, node(root_id), root_id, mark.since, most_pages=_MOST_PAGES)
    until = comments.until if mark.after is not None else None
    return Found(comments.posts, comments.skipped, until, allowance=comments.allowance)


def _posts(call: Call, rows: list[Json]) -> tuple[list[Post], list[Skipped]]:
    return reader(call).posts(rows)


def _comments(call: Call, root_id: str, rows: list[Json], whole: bool, left: Allowance | None) -> Comments:
    posts, skipped = reader(call).comments(rows, root_id)
    times = [told for told in (optional_time(member(row, "created_time")) for row in rows) if told is not None]
    return Comments(posts, skipped, None if whole or not times else times[-1], left)


def _stream(since: datetime | None) -> Mapping[str, str]:
    asked = {"fields": COMMENT_FIELDS, "filter": "stream", "order": "chronological", "limit": str(_COMMENT_PAGE)}
    return asked if since is None else {**asked, "since": seconds(since)}


def _nested(since: datetime | None) -> str:
    """The comments within each row of the feed: those since we last looked; at the very first look the newest."""
    which = "order(reverse_chronological)" if since is None else f"order(chronological).since({seconds(since)})"
    return f"comments.filter(stream).{which}.limit({_NESTED}){{{COMMENT_FIELDS}}}"
