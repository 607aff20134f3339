"""What a source on Instagram brings: comments below our media, media that tag us, the comments of one of ours."""

import re
from dataclasses import dataclass, field

from connectors._graph_errors import allowance
from connectors._graph_wire import Graph, Listing, node, rows_in
from connectors._instagram_parse import COMMENT_FIELDS, MEDIA_FIELDS, Reader
from connectors._mark import Found, Mark, page_of
from connectors._reading import Json, Unreadable, id_of, list_of, member, optional_time
from connectors._text import web_address
from connectors.base import Call, ConnectorError, Cursor, Fault, Followed, Page, Post, Skipped, SourceKind

GRAPH = Graph.of("Instagram")

_MEDIA_WATCHED = 4
"""So many pages of 25 media are looked through for new comments; those below older media come by webhook alone."""

_MEDIA_PAGE, _COMMENT_PAGE = 25, 50
_MOST_PAGES = 20
_TAGS_SEARCHED = 5
_ID = re.compile(r"\d{1,40}")
_WITH_ANSWERS = f"{COMMENT_FIELDS},replies.limit({_COMMENT_PAGE}){{{COMMENT_FIELDS}}}"
_WHOLE_BRANCH = 100


@dataclass(slots=True)
class Comments:
    """The comments below one of our media, as far as they were read."""

    media_id: str
    url: str
    posts: list[Post] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    reached: bool = True

    def add(self, call: Call, rows: list[Json], parent_id: str | None = None) -> None:
        posts, skipped = reader(call).comments(rows, self.url, parent_id)
        self.posts += posts
        self.skipped += skipped


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
        raise ConnectorError(Fault.INVALID, f"Instagram cannot follow a {followed.kind.value}.")
    return page_of(found, mark, call.now)


def reader(call: Call) -> Reader:
    """Return who reads for this account; raises `ConnectorError` when we do not know our own account."""
    if not call.account_id:
        raise ConnectorError(Fault.INVALID, "The account does not say which one it is: connect it again.")
    return Reader(call.account_id, call.handle)


def answers_of(call: Call, comment_id: str, further: dict[str, str] | None = None) -> Listing:
    """Read the answers to a comment; with `further` those that come after."""
    asked = {"fields": COMMENT_FIELDS, "limit": str(_COMMENT_PAGE), **(further or {})}
    return GRAPH.listed(call, f"{node(comment_id)}/replies", asked, most_pages=_WHOLE_BRANCH)


def _feed(call: Call, mark: Mark) -> Found:
    """Bring the comments below the newest of our media.

    Instagram cannot be asked for what is new: answers below a comment older than its media's newest 50 come by
    webhook alone.
    """
    path = f"{node(reader(call).account_id)}/media"
    asked = {
        "fields": f"{MEDIA_FIELDS},comments.limit({_COMMENT_PAGE}){{{_WITH_ANSWERS}}}",
        "limit": str(_MEDIA_PAGE),
    }
    brought: list[Comments] = []
    for _ in range(_MEDIA_WATCHED):
        answer = GRAPH.read(call, path, asked)
        brought += [_nested(call, row, mark) for row in rows_in(answer.body) if id_of(row) is not None]
        further = GRAPH.further(call, answer.body)
        if not further or mark.after is None:
            break
        asked |= further
    return Found(
        [post for one in brought for post in one.posts],
        [skip for one in brought for skip in one.skipped],
        reached=all(one.reached for one in brought),
        allowance=allowance(answer, call.now),
    )


def _nested(call: Call, media: Json, mark: Mark) -> Comments:
    """Read the comments that came within one of our media, and on from there as far as they are new."""
    found = Comments(id_of(media) or "", web_address(member(media, "permalink")))
    first_look = mark.after is None
    walked = _walk(call, found, member(media, "comments"), mark, 1 if first_look else _MOST_PAGES)
    walked.reached = walked.reached or first_look
    return walked


def _walk(call: Call, found: Comments, page: Json, mark: Mark, most_pages: int) -> Comments:
    """Read pages of comments, beginning with the one that we have, until one reaches back to where we stood."""
    for number in range(most_pages):
        rows = list_of(member(page, "data"))
        _add(call, found, rows)
        further = GRAPH.further(call, page)
        times = [told for told in (optional_time(member(row, "timestamp")) for row in rows) if told is not None]
        if not further or any(mark.is_past(one) for one in times):
            return found
        if number + 1 < most_pages:
            page = GRAPH.read(call, f"{node(found.media_id)}/comments", {**_COMMENTS, **further}).body
    found.reached = False
    return found


def _add(call: Call, found: Comments, rows: list[Json]) -> None:
    """Keep one page of comments with their answers, also those beyond what came within it."""
    found.add(call, rows)
    for row in rows:
        comment_id, within = id_of(row), member(row, "replies")
        if comment_id is None or within is None:
            continue
        found.add(call, list_of(member(within, "data")), comment_id)
        if further := GRAPH.further(call, within):
            found.add(call, answers_of(call, comment_id, further).rows, comment_id)


def _tagged(call: Call, mark: Mark) -> Found:
    """Bring the media in which others tagged us, walking back to where we stood."""
    own = reader(call)
    asked = {"fields": MEDIA_FIELDS, "limit": str(_COMMENT_PAGE)}
    posts: list[Post] = []
    skipped: list[Skipped] = []
    for _ in range(_MOST_PAGES):
        answer = GRAPH.read(call, f"{node(own.account_id)}/tags", asked)
        rows = rows_in(answer.body)
        for row in rows:
            try:
                posts.append(own.media(row))
            except Unreadable as error:
                skipped.append(Skipped(id_of(row) or "", str(error)))
        further = GRAPH.further(call, answer.body, linked=False)
        reached = not further or mark.after is None or any(mark.is_past(post.created_at) for post in posts)
        if reached:
            break
        asked |= further
    return Found(posts, skipped, reached=reached, allowance=allowance(answer, call.now))


def tagged_as(call: Call, media_id: str) -> Post | None:
    """Return one of the newest media that tag us, if it is still among them."""
    own = reader(call)
    asked = {"fields": MEDIA_FIELDS, "limit": str(_COMMENT_PAGE)}
    for _ in range(_TAGS_SEARCHED):
        answer = GRAPH.read(call, f"{node(own.account_id)}/tags", asked)
        for row in rows_in(answer.body):
            if id_of(row) == media_id:
                return own.media(row)
        further = GRAPH.further(call, answer.body, linked=False)
        if not further:
            break
        asked |= further
    return None


def _below(call: Call, query: str, mark: Mark) -> Found:
    if not _ID.fullmatch(query):
        raise ConnectorError(Fault.INVALID, f"“{query}” is no id of one of our media: it is a number.")
    media = GRAPH.read(
        call, node(query), {"fields": f"id,permalink,comments.limit({_COMMENT_PAGE}){{{_WITH_ANSWERS}}}"}
    )
    comments = _nested(call, media.body, mark)
    return Found(comments.posts, comments.skipped, reached=comments.reached, allowance=allowance(media, call.now))


_COMMENTS = {"fields": _WITH_ANSWERS, "limit": str(_COMMENT_PAGE)}
