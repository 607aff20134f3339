"""What a source on Mastodon brings: mentions, a hashtag, a search, one thread; and how far each has been read."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from connectors._line import Answer
from connectors._mastodon_parse import Reader
from connectors._mastodon_wire import Client, allowance, ask, host_of
from connectors._reading import Json, id_of, is_mapping
from connectors._text import web_address
from connectors.base import Call, ConnectorError, Cursor, Fault, Followed, Page, Post, SourceKind

_PAGE = 40
"""What every server gives at most in one page of a timeline."""

_REMEMBERED = 4_096
"""As many posts of a thread as Mastodon itself gives."""

_HASHTAG = re.compile(r"\w{1,100}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A cursor, opened. `after` is the newest id read; `before` and `newest` a search's walk back that is not done."""

    after: str | None = None
    before: str | None = None
    newest: str | None = None
    seen: tuple[str, ...] = ()
    lost: bool = field(default=False, compare=False)

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Mark":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls()
        try:
            kept = json.loads(cursor)
            seen = tuple(one for one in kept.get("seen", ()) if isinstance(one, str))
            after, before, newest = (_text_or_none(kept.get(name)) for name in ("after", "before", "newest"))
            return cls(after, before, newest, seen)
        except (ValueError, AttributeError, TypeError):
            return cls(lost=True)

    def closed(self) -> Cursor | None:
        """Return the cursor to store; none when nothing was read yet."""
        kept = {"after": self.after, "before": self.before, "newest": self.newest, "seen": list(self.seen)}
        told = {name: value for name, value in kept.items() if value}
        return Cursor(json.dumps(told, separators=(",", ":"))) if told else None


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    source = _SOURCES.get(followed.kind)
    if source is None:
        raise ConnectorError(Fault.INVALID, f"Mastodon cannot follow a {followed.kind.value}.")
    return source(call, followed.query, Mark.opened(cursor))


def status_id(call: Call, query: str) -> str:
    """Return the id, as this instance has it, of the post that an id or an address names."""
    if not web_address(query):
        return checked_id(query)
    if urlsplit(query).netloc == host_of(call):
        return checked_id(urlsplit(query).path.rstrip("/").rpartition("/")[2])
    answer = ask(call, lambda client: client.search_v2(query, resolve=True, result_type="statuses", limit=1))
    for status in _listed(_member(answer, "statuses")):
        if (found := id_of(status)) is not None:
            return found
    raise ConnectorError(Fault.GONE, f"{host_of(call)} does not know the post {query}.")


def checked_id(post_id: str) -> str:
    """Return an id that is safe in a path; raises `ConnectorError`."""
    found = id_of({"id": post_id})
    if found is None:
        raise ConnectorError(Fault.INVALID, "This is no id of a post.")
    return found


class Surroundings(NamedTuple):
    """A post with what came before and after it, as the server sent them."""

    statuses: list[Json]
    is_whole: bool
    answer: Answer


def surroundings(call: Call, post_id: str) -> Surroundings:
    """Read the whole thread of a post: siblings too, so its context is asked from its first post."""
    status = ask(call, lambda client: client.status(post_id))
    answer = ask(call, lambda client: client.status_context(post_id))
    before, after = _context(answer)
    first = before[0] if before else status.body
    root = id_of(first)
    if before and root is not None:
        answer = ask(call, lambda client: client.status_context(root))
        _, after = _context(answer)
        known = set(map(id_of, after))
        middle = [one for one in [*before[1:], status.body] if id_of(one) not in known]
        statuses = [first, *middle, *after]
    else:
        statuses = [status.body, *after]
    begins = is_mapping(first) and first.get("in_reply_to_id") is None
    fetching_more = "Mastodon-Async-Refresh" in answer.headers
    return Surroundings(statuses, begins and not fetching_more and len(after) < _REMEMBERED, answer)


def reader(call: Call) -> Reader:
    """Read posts as this account sees them."""
    return Reader(call.account_id, host_of(call))


def _mentions(call: Call, _query: str, mark: Mark) -> Page:
    answer = ask(call, lambda client: client.notifications(types=["mention"], min_id=mark.after, limit=_PAGE))
    notices = _listed(answer.body)
    mentions = [one for one in notices if not is_mapping(one) or one.get("type") == "mention"]
    statuses = [one.get("status") if is_mapping(one) else None for one in mentions]
    return _page(call, answer, statuses, Mark(_first_id(notices) or mark.after, lost=mark.lost), len(notices) < _PAGE)


def _hashtag(call: Call, query: str, mark: Mark) -> Page:
    tag = query.strip().lstrip("#")
    if not _HASHTAG.fullmatch(tag):
        raise ConnectorError(Fault.INVALID, f"“{query}” is no hashtag.")
    answer = ask(call, lambda client: client.timeline_hashtag(tag, min_id=mark.after, limit=_PAGE))
    statuses = _listed(answer.body)
    return _page(call, answer, statuses, Mark(_first_id(statuses) or mark.after, lost=mark.lost), len(statuses) < _PAGE)


def _search(call: Call, query: str, mark: Mark) -> Page:
    """Search gives the newest first whatever is asked, so a full page is followed backwards by the next calls."""
    if not query.strip():
        raise ConnectorError(Fault.INVALID, "A search needs words.")
    answer = ask(call, _searching(query, mark))
    found = _listed(_member(answer, "statuses"))
    ids = [identity for status in found if (identity := id_of(status)) is not None]
    fresh = found
    reached = mark.after is None or len(found) < _PAGE
    if mark.after in ids:
        fresh, reached = found[: list(map(id_of, found)).index(mark.after)], True
    stuck = not reached and (not ids or ids[-1] == mark.before)
    newest = mark.newest or (ids[0] if ids else mark.after)
    after = Mark(newest) if reached or stuck else Mark(mark.after, ids[-1], newest)
    page = _page(call, answer, fresh, after, complete=reached or stuck)
    return page if not (stuck or mark.lost) else _with_gap(page)


def _searching(query: str, mark: Mark) -> Callable[[Client], object]:
    return lambda client: client.search_v2(
        query, resolve=False, result_type="statuses", min_id=mark.after, max_id=mark.before, limit=_PAGE
    )


def _thread(call: Call, query: str, mark: Mark) -> Page:
    found = surroundings(call, status_id(call, query))
    seen = set(mark.seen)
    fresh = [one for one in found.statuses if id_of(one) not in seen]
    now_seen = tuple(identity for one in found.statuses if (identity := id_of(one)))[-_REMEMBERED:]
    return _page(call, found.answer, fresh, Mark(seen=now_seen, lost=mark.lost), complete=True)


_SOURCES: Mapping[SourceKind, Callable[[Call, str, Mark], Page]] = {
    SourceKind.MENTIONS: _mentions,
    SourceKind.HASHTAG: _hashtag,
    SourceKind.SEARCH: _search,
    SourceKind.THREAD: _thread,
}


def _page(call: Call, answer: Answer, statuses: Sequence[Json], mark: Mark, complete: bool) -> Page:
    posts, skipped = reader(call).posts(statuses)
    return Page(
        posts=tuple(sorted(posts, key=_age)),
        cursor=mark.closed(),
        complete=complete,
        gap=mark.lost,
        skipped=tuple(skipped),
        allowance=allowance(answer),
    )


def _with_gap(page: Page) -> Page:
    return Page(page.posts, page.cursor, page.complete, True, page.skipped, page.allowance)


def _age(post: Post) -> tuple[object, ...]:
    return post.created_at, len(post.id), post.id


def _context(answer: Answer) -> tuple[list[Json], list[Json]]:
    return _listed(_member(answer, "ancestors")), _listed(_member(answer, "descendants"))


def _member(answer: Answer, name: str) -> Json:
    return answer.body.get(name) if is_mapping(answer.body) else None


def _listed(value: Json) -> list[Json]:
    """Return a list the server promised; anything else is an answer that cannot be trusted to be complete."""
    if not isinstance(value, list):
        raise ConnectorError(Fault.TRANSIENT, "The server answered with something else than a list.")
    return value


def _first_id(things: Sequence[Json]) -> str | None:
    return next((identity for one in things if (identity := id_of(one)) is not None), None)


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
