"""What a source on a Stack Exchange site brings: questions by tag or words, or all that is said below one."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connectors._reading import Json, member, optional_id
from connectors._stackexchange_parse import ANSWER, COMMENT, QUESTION, Reader, Ref
from connectors._stackexchange_wire import Batch, ask, site_of
from connectors._text import one_line
from connectors.base import Allowance, Call, ConnectorError, Cursor, Fault, Followed, Page, Post, Skipped, SourceKind

_OVERLAP = timedelta(minutes=5)
"""How late a question may appear: the API's answers are cached, and its search is behind."""

_PER_PAGE = 100
_AT_ONCE = 40
_MOST_PAGES = 50
_REMEMBERED = 6_000
_TAG = re.compile(r"[\w.#+-]{1,35}")
_ADDRESS = re.compile(r"https?://([\w.-]{1,100})/(q|questions|a)/(\d{1,18})(?:[/?#]\S*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mark:
    """A cursor, opened: from when on to ask, in epoch seconds, and which posts from then on were brought already.

    In a thread each look brings everything, so there the mark keeps all of it.
    """

    begin: int | None = None
    seen: Mapping[str, int] = field(default_factory=dict)
    lost: bool = field(default=False, compare=False)

    @classmethod
    def opened(cls, cursor: Cursor | None) -> "Mark":
        """Read a cursor. One that cannot be read starts anew, and says that something may be missing."""
        if cursor is None:
            return cls()
        try:
            kept = json.loads(cursor)
            return cls(max(0, int(kept["begin"])), {str(one): int(at) for one, at in kept["seen"].items()})
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError):
            return cls(lost=True)

    def closed(self) -> Cursor:
        """Return the cursor to store."""
        return Cursor(json.dumps({"begin": self.begin, "seen": self.seen}, separators=(",", ":")))

    def knows(self, post: Post) -> bool:
        return post.id in self.seen

    def past(self, posts: Sequence[Post], now: datetime, *, overlap: bool = True, all_of_it: bool = False) -> "Mark":
        """Return the mark after these posts. One from the future must not hide what is written until then.

        Without `overlap` there is more to catch up with, which begins where these posts end.
        """
        latest = int(now.timestamp())
        times = {post.id: min(int(post.created_at.timestamp()), latest) for post in posts}
        newest = max([*times.values(), *([self.begin] if self.begin is not None else [])], default=latest)
        oldest = newest - int(_OVERLAP.total_seconds())
        kept = sorted(
            ((at, one) for one, at in {**self.seen, **times}.items() if all_of_it or at >= oldest), reverse=True
        )
        begin = max(oldest, self.begin or 0) if overlap else newest
        return Mark(begin, {one: at for at, one in kept[:_REMEMBERED]})


@dataclass(frozen=True, slots=True)
class Conversation:
    """A question with its answers and comments; not `is_whole` when the site had more, or told us to wait."""

    root_id: str
    posts: tuple[Post, ...]
    skipped: tuple[Skipped, ...]
    is_whole: bool
    allowance: Allowance | None


class _Walk:
    """Asks method after method, and none again that told us to back off."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._waiting: set[str] = set()
        self.allowance: Allowance | None = None
        self.is_whole = True

    def all_of(self, path: str) -> list[Json]:
        """Return all items of a method, page by page, as far as we may ask."""
        items: list[Json] = []
        method = re.sub(r"\d[\d;]*", "ids", path)
        for page in range(1, _MOST_PAGES + 1):
            if method in self._waiting:
                break
            batch = ask(self._call, path, {"pagesize": str(_PER_PAGE), "page": str(page)})
            items += batch.items
            self._note(batch, method)
            if not batch.has_more:
                return items
        self.is_whole = False
        return items

    def _note(self, batch: Batch, method: str) -> None:
        if batch.allowance is None:
            return
        if batch.allowance.remaining == 0:
            self._waiting.add(method)
        if self.allowance is None or batch.allowance.remaining <= self.allowance.remaining:
            self.allowance = batch.allowance


def fetch(call: Call, followed: Followed, cursor: Cursor | None) -> Page:
    """Return what came after `cursor`; raises `ConnectorError`."""
    mark = Mark.opened(cursor)
    if followed.kind is SourceKind.THREAD:
        return _below(call, followed.query, mark)
    path, asked = _asked(followed)
    # At first the newest; afterwards the oldest of what came since, so that nothing is jumped over.
    order = {"order": "desc"} if mark.begin is None else {"order": "asc", "fromdate": str(mark.begin)}
    size = _AT_ONCE if mark.begin is None else _PER_PAGE
    batch = ask(call, path, {**asked, "sort": "creation", **order, "pagesize": str(size)})
    found, skipped = reader(call).posts(batch.items, reader(call).question)
    fresh = sorted((post for post in found if not mark.knows(post)), key=_age)
    catches_up = mark.begin is not None and batch.has_more
    after = mark.past(found, call.now, overlap=not catches_up)
    is_stuck = catches_up and after.begin == mark.begin
    if is_stuck:
        # More of one second than a page holds: the rest of it cannot be asked for.
        after = replace(after, begin=(after.begin or 0) + 1)
    return Page(tuple(fresh), after.closed(), not catches_up, mark.lost or is_stuck, tuple(skipped), batch.allowance)


def conversation(call: Call, question: str) -> Conversation:
    """Read a question with all its answers and the comments below each; raises `ConnectorError`."""
    root, reads, walk = f"{QUESTION}{question}", reader(call), _Walk(call)
    questions, unread = reads.posts(walk.all_of(f"/questions/{question}"), reads.question)
    if not questions and not unread:
        raise ConnectorError(Fault.GONE, "The site no longer shows this question.")
    answers, unanswered = reads.posts(walk.all_of(f"/questions/{question}/answers"), reads.answer)
    raw = walk.all_of(f"/questions/{question}/comments")
    for numbers in _by_hundred([post.id[1:] for post in answers]):
        raw += walk.all_of(f"/answers/{numbers}/comments")
    comments, unsaid = reads.posts(raw, reads.comment, root)
    posts, skipped = (*questions, *answers, *comments), (*unread, *unanswered, *unsaid)
    return Conversation(root, posts, skipped, walk.is_whole, walk.allowance)


def question_of(call: Call, post_id: str) -> str:
    """Return the number of the question that a post stands below; raises `ConnectorError`."""
    ref = must_be_ref(post_id)
    if ref.kind == COMMENT:
        below = _first(call, f"/comments/{ref.number}")
        ref = Ref(ANSWER, _told(below, "post_id"))
        if member(below, "post_type") == "question":
            return ref.number
    if ref.kind == QUESTION:
        return ref.number
    found = ask(call, f"/answers/{ref.number}").items
    # A comment's post is a question when it is no answer.
    return _told(found[0], "question_id") if found else ref.number


def by_numbers(call: Call, kind: str, numbers: Sequence[str]) -> list[Json]:
    """Read questions, answers or comments by their numbers; raises `ConnectorError` where we may not ask for all."""
    method = {QUESTION: "/questions", ANSWER: "/answers", COMMENT: "/comments"}[kind]
    walk = _Walk(call)
    found = [one for some in _by_hundred(numbers) for one in walk.all_of(f"{method}/{some}")]
    if not walk.is_whole:
        until = walk.allowance.resets_at if walk.allowance else None
        raise ConnectorError(Fault.RATE_LIMITED, "Stack Exchange told us to wait.", retry_at=until)
    return found


def reader(call: Call) -> Reader:
    """Read posts as this account sees them."""
    return Reader(site_of(call), call.options.get("user_id", "").strip())


def must_be_ref(post_id: str) -> Ref:
    """Read an id; raises `ConnectorError`."""
    ref = Ref.of(post_id)
    if ref is None:
        raise ConnectorError(Fault.INVALID, "This is no id of a question, an answer or a comment.")
    return ref


def _asked(followed: Followed) -> tuple[str, dict[str, str]]:
    query = followed.query.strip()
    if followed.kind is SourceKind.SEARCH:
        if not 0 < len(query) <= 200:
            raise ConnectorError(Fault.INVALID, "A search needs 1 to 200 characters.")
        return "/search/advanced", {"q": query}
    if followed.kind is SourceKind.HASHTAG:
        tags = [one.lstrip("#") for one in query.replace(",", " ").replace(";", " ").split()]
        if not 0 < len(tags) <= 5 or not all(map(_TAG.fullmatch, tags)):
            raise ConnectorError(Fault.INVALID, "Name one to five tags; questions have them all.")
        return "/questions", {"tagged": ";".join(tags)}
    raise ConnectorError(Fault.INVALID, f"Stack Exchange cannot be followed as {followed.kind.value}.")


def _below(call: Call, query: str, mark: Mark) -> Page:
    """All of one question that was not brought yet: it, its answers, and every comment."""
    found = conversation(call, question_of(call, _named(call, query)))
    fresh = sorted((post for post in found.posts if not mark.knows(post)), key=_age)
    is_first = mark.begin is None
    brought = fresh[-_AT_ONCE:] if is_first else fresh[:_AT_ONCE]
    after = mark.past(fresh if is_first else brought, call.now, all_of_it=True)
    complete = is_first or len(brought) == len(fresh)
    return Page(tuple(brought), after.closed(), complete, mark.lost, found.skipped, found.allowance)


def _named(call: Call, query: str) -> str:
    """Return the id that a source names: by an address on the site, or a question by its number."""
    query = query.strip()
    if query.isascii() and query.isdigit():
        return f"{QUESTION}{query[:18]}"
    if Ref.of(query):
        return query
    found = _ADDRESS.fullmatch(query)
    if found is None or found[1].casefold().removeprefix("www.") != site_of(call):
        raise ConnectorError(Fault.INVALID, f"“{one_line(query)[:100]}” is no question on {site_of(call)}.")
    return f"{ANSWER if found[2] == 'a' else QUESTION}{found[3]}"


def _first(call: Call, path: str) -> Json:
    found = ask(call, path).items
    if not found:
        raise ConnectorError(Fault.GONE, "The site no longer shows this post.")
    return found[0]


def _told(raw: Json, name: str) -> str:
    number = optional_id(member(raw, name))
    if number is None or not number.isdigit():
        raise ConnectorError(Fault.TRANSIENT, "Stack Exchange did not say where the post stands.")
    return number


def _by_hundred(numbers: Sequence[str]) -> list[str]:
    """The API takes a hundred numbers at a time."""
    return [";".join(numbers[start : start + _PER_PAGE]) for start in range(0, len(numbers), _PER_PAGE)]


def _age(post: Post) -> tuple[datetime, int, str]:
    return post.created_at, len(post.id), post.id
