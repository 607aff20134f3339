"""What a source on a wiki brings: talk pages, recent changes, what names us, a search, one section; and how far."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from connectors._mediawiki_pages import Sheet, in_order, read_sheets
from connectors._mediawiki_wire import Visit
from connectors._reading import is_mapping, list_of, member, optional_time, text_in
from connectors._text import one_line
from connectors.base import Call, ConnectorError, Cursor, Fault, Followed, Page, Post, SourceKind

OVERLAP = timedelta(minutes=2)
"""How far back is looked again: signatures tell no seconds, and a change is listed a moment after it was made."""

_MOST_TITLES = 50
_AT_ONCE = 25
_NEWEST = 50
_REMEMBERED = 2_000
_TALK = "1|3|5|7|9|11|13|15"
_QUIET = timedelta(days=1)
_KEPT = timedelta(days=30)
"""What any wiki keeps of its recent changes, at least."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A cursor, opened. What changed after `after` is to be read; `further` is where a long list of changes goes on."""

    after: datetime | None = None
    further: str = ""
    newest: datetime | None = None
    seen: tuple[str, ...] = ()
    lost: bool = field(default=False, compare=False)

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Mark":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls()
        try:
            kept = json.loads(cursor)
        except (ValueError, RecursionError):
            return cls(lost=True)
        after, newest = optional_time(member(kept, "after")), optional_time(member(kept, "newest"))
        seen = tuple(one for one in list_of(member(kept, "seen")) if isinstance(one, str))
        return cls(after, text_in(member(kept, "further")), newest, seen, lost=after is None)

    def closed(self) -> Cursor:
        """Return the cursor to store."""
        times = {name: one.isoformat() for name, one in (("after", self.after), ("newest", self.newest)) if one}
        return Cursor(json.dumps(times | {"further": self.further, "seen": list(self.seen)}, separators=(",", ":")))


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    mark, visit, query = Mark.opened(cursor), Visit(call), followed.query.strip()
    if followed.kind is SourceKind.THREAD:
        return _read_titles(visit, [query.partition("#")[0]], mark, _in_section(query.partition("#")[2]))
    if followed.kind is SourceKind.FEED and query:
        return _read_titles(visit, query.replace("\n", "|").split("|"), mark, lambda _sheet, _post: True)
    if followed.kind is SourceKind.FEED:
        return _read_changes(visit, mark, lambda _sheet, _post: True)
    if followed.kind is SourceKind.MENTIONS:
        return _read_changes(visit, mark, _names_us(call))
    if followed.kind is SourceKind.SEARCH and query:
        return _read_changes(visit, mark, _has_all(query.casefold().split()))
    raise ConnectorError(Fault.INVALID, f"A wiki cannot follow a {followed.kind.value} like this.")


Choice = Callable[[Sheet, Post], bool]


def _in_section(heading: str) -> Choice:
    wanted = one_line(unquote(heading).replace("_", " ")).casefold()

    def chosen(sheet: Sheet, post: Post) -> bool:
        comment = sheet.page.named(post.id)
        return not wanted or (comment is not None and comment.heading.casefold() == wanted)

    return chosen


def _names_us(call: Call) -> Choice:
    """Addressed to us: it links to our page or calls us, answers a comment of ours, or stands on our own talk page."""

    def chosen(sheet: Sheet, post: Post) -> bool:
        by_id = {one.id: one.author for one in sheet.page.comments}
        is_home = sheet.source.namespace == 3 and sheet.source.title.partition(":")[2] == call.account_id
        return is_home or call.account_id in post.mentioned or by_id.get(post.parent_id or "") == call.account_id

    return chosen


def _has_all(words: Sequence[str]) -> Choice:
    return lambda _sheet, post: all(word in post.text.casefold() for word in words)


def _read_titles(visit: Visit, titles: Sequence[str], mark: Mark, chosen: Choice) -> Page:
    wanted = [one for title in titles if (one := _title(title))]
    if not wanted or len(wanted) > _MOST_TITLES:
        raise ConnectorError(Fault.INVALID, f"Name one to {_MOST_TITLES} talk pages, with “|” between them.")
    sheets, _ = read_sheets(visit, {"titles": "|".join(wanted)})
    return _page(visit.call, sheets, mark, chosen, "")


def _read_changes(visit: Visit, mark: Mark, chosen: Choice) -> Page:
    """Read the talk pages that changed, in the order of their changes; each comes with its present text."""
    changes = {"generator": "recentchanges", "grcnamespace": _TALK, "grctoponly": "1", "grctype": "edit|new"}
    changes |= {"grclimit": str(_AT_ONCE), "grcdir": "older"}
    if mark.after is not None:
        changes |= {"grcdir": "newer", "grcstart": f"{mark.after:%Y-%m-%dT%H:%M:%SZ}"}
    if mark.further:
        changes["grccontinue"] = mark.further
    sheets, answer = read_sheets(visit, changes)
    told = member(answer.body, "continue")
    further = text_in(told.get("grccontinue")) if is_mapping(told) and mark.after is not None else ""
    page = _page(visit.call, sheets, mark, chosen, further)
    is_behind = mark.after is not None and visit.call.now - mark.after > _KEPT
    return replace(page, gap=page.gap or is_behind)


def _page(call: Call, sheets: Sequence[Sheet], mark: Mark, chosen: Choice, further: str) -> Page:
    since = None if mark.after is None else mark.after.replace(second=0, microsecond=0)
    found = in_order(post for sheet in sheets for post in sheet.posts(call) if chosen(sheet, post))
    seen = set(mark.seen)
    new = [one for one in found if (since is None or one.created_at >= since) and one.id not in seen]
    new = new[-_NEWEST:] if since is None else new
    known = found if since is None else new
    ids = dict.fromkeys([*mark.seen, *(post.id for post in known)])
    closed = replace(_moved_on(mark, sheets, call.now, further), seen=tuple(ids)[-_REMEMBERED:]).closed()
    skipped = tuple(one for sheet in sheets for one in sheet.skipped) if since is None else ()
    return Page(tuple(new), closed, complete=not further, gap=mark.lost, skipped=skipped)


def _moved_on(mark: Mark, sheets: Sequence[Sheet], now: datetime, further: str) -> Mark:
    """The wiki's own clock says how far we are: the newest change that was read, once all of them are.

    Where nothing changed for long, the cursor follows at a distance that no two clocks are apart.
    """
    times = [*(sheet.source.changed_at for sheet in sheets), *([mark.newest] if mark.newest else [])]
    newest = max(times, default=None)
    if further:
        return replace(mark, further=further, newest=newest)
    rested = max(newest or mark.after or now, now - _QUIET) - OVERLAP
    return Mark(rested if mark.after is None else max(rested, mark.after))


def _title(query: str) -> str:
    """Return the title that was typed, or that an address names."""
    text = query.strip()
    if "://" not in text:
        return one_line(text.replace("_", " "))
    parts = urlsplit(text)
    asked = [one.removeprefix("title=") for one in parts.query.split("&") if one.startswith("title=")]
    last = asked[0] if asked else parts.path.partition("/index.php/")[2] or parts.path.partition("/wiki/")[2]
    return one_line(unquote(last).replace("_", " "))
