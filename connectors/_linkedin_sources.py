"""What a source on LinkedIn brings: the comments below our organisation's posts, or below one of them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors._linkedin_parse import Reader, answers_of, post_named, ref_in
from connectors._linkedin_wire import comments_path, listed, organization_of
from connectors._mark import Found, Mark, page_of
from connectors._reading import Json, member, text_in
from connectors.base import Call, ConnectorError, Cursor, Fault, Followed, Page, Post, Skipped, SourceKind

_POSTS_WATCHED = 20
"""So many of our posts, those changed last, are looked through for new comments."""

_WHOLE_POST = 50
"""So many pages of 100 comments are read of one post: LinkedIn does not say in which order they come."""

_MOST_PAGES = 10
_MOST_TALKS = 20
_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """A cursor, opened: how far we are, and how many answers each comment had."""

    mark: Mark
    answers: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Standing":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls(Mark())
        try:
            kept = json.loads(cursor)
            counts = {str(one): int(count) for one, count in kept["answers"].items()}
            return cls(Mark.opened(Cursor(kept["mark"])), counts)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError):
            return cls(Mark(lost=True))

    def closed(self, mark: Cursor | None, answers: Mapping[str, int]) -> Cursor:
        """Return the cursor to store."""
        recent = dict(list({**self.answers, **answers}.items())[-_REMEMBERED:])
        return Cursor(json.dumps({"mark": mark or "", "answers": recent}, separators=(",", ":")))


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    if followed.kind is not SourceKind.FEED:
        raise ConnectorError(Fault.INVALID, f"LinkedIn cannot follow a {followed.kind.value}.")
    standing = Standing.opened(cursor)
    posts: list[Post] = []
    skipped: list[Skipped] = []
    counted: dict[str, int] = {}
    whole = True
    for about in _posts(call, followed.query.strip()):
        rows, is_whole = listed(call, comments_path(about), {}, most_pages=_WHOLE_POST)
        found, unread, counts = _with_answers(call, rows, standing, _MOST_TALKS - len(counted))
        posts, skipped, counted, whole = posts + found, skipped + unread, counted | counts, whole and is_whole
    page = page_of(Found(posts, skipped, reached=whole), standing.mark, call.now)
    # While new answers wait for the next look, the counts that tell of them are not remembered.
    return replace(page, cursor=standing.closed(page.cursor, counted if page.complete else {}))


def reader(call: Call) -> Reader:
    """Return who reads for this account; raises `ConnectorError`."""
    return Reader(organization_of(call), call.handle)


def answers_below(call: Call, root_id: str, *, most_pages: int = _MOST_PAGES) -> tuple[list[Post], list[Skipped], bool]:
    """Read the answers below a first comment, and whether those were all."""
    rows, is_whole = listed(call, comments_path(root_id), {}, most_pages=most_pages)
    posts, skipped = reader(call).comments(rows)
    here = [replace(post, parent_id=root_id, root_id=root_id) for post in posts if post.id != root_id]
    return here, skipped, is_whole


def _posts(call: Call, query: str) -> Sequence[str]:
    """Return the posts to look at: the one that is named, else our newest that are open to all."""
    if query:
        about = post_named(query)
        if not about:
            raise ConnectorError(Fault.INVALID, f"“{query[:100]}” is no post: give its address or its urn:li: name.")
        return (about,)
    params = {
        "q": "author",
        "author": organization_of(call),
        "sortBy": "LAST_MODIFIED",
        "count": str(_POSTS_WATCHED),
    }
    rows, _ = listed(call, "/rest/posts", params, most_pages=1, finds=True)
    named = [post_named(text_in(member(row, "id"))) for row in rows if _is_open(row)]
    return list(dict.fromkeys(one for one in named if one))


def _is_open(row: Json) -> bool:
    return text_in(member(row, "visibility")) == "PUBLIC" and text_in(member(row, "lifecycleState")) == "PUBLISHED"


def _with_answers(
    call: Call, rows: Sequence[Json], standing: Standing, most: int
) -> tuple[list[Post], list[Skipped], dict[str, int]]:
    """Read below each comment that has another number of answers than at the last look; at the first look none."""
    posts, skipped = reader(call).comments(rows)
    counted: dict[str, int] = {}
    for row in rows:
        ref, count = ref_in(row), answers_of(row)
        if ref is None or not count or standing.answers.get(ref.id) == count:
            continue
        if standing.mark.after is not None:
            if len(counted) >= most:
                continue  # not noted, so the next look finds it changed
            below, unread, _ = answers_below(call, ref.id)
            posts, skipped = posts + below, skipped + unread
        counted[ref.id] = count
    return posts, skipped, counted
