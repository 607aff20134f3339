"""How people, posts and threads look on Plaza's page."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from markupsafe import Markup

from bot.demo.plaza.content import MAX_LENGTH, counted
from bot.demo.plaza.entities import Shapes, stamp
from bot.demo.plaza.records import Account, Entry, Role, State
from bot.demo.plaza.store import Store

_DEEPEST = 3
_GONE = {
    State.DELETED: "Deleted by its author.",
    State.REMOVED: "Removed by the keeper of this place.",
    State.HIDDEN: "Hidden by the keeper of this place.",
}


@dataclass(slots=True)
class Composer:
    """What someone is about to say, kept when it could not be posted. `post_id` is what they answer or edit."""

    text: str = ""
    post_id: int | None = None
    is_edit: bool = False
    trouble: str = ""

    def check(self, text: str) -> bool:
        """Say what is wrong with a text, if anything."""
        used = counted(text)
        if not self.text:
            self.trouble = "There is nothing to post yet."
        elif used > MAX_LENGTH:
            self.trouble = f"That is {used - MAX_LENGTH} too long; {MAX_LENGTH} fit."
        return not self.trouble


@dataclass(frozen=True, slots=True)
class PostView:
    """One post as this reader sees it."""

    entry: Entry
    html: Markup
    depth: int
    ago: str
    stamp: str
    gone: str
    is_mine: bool
    is_liked: bool
    is_focus: bool
    can_moderate: bool

    @property
    def author(self) -> Account:
        return self.entry.account

    @property
    def is_company(self) -> bool:
        return self.entry.account.role is Role.COMPANY

    @property
    def is_open(self) -> bool:
        """Whether its text is shown: also hidden ones, to the keeper."""
        return not self.gone or (self.entry.state is State.HIDDEN and self.can_moderate)

    @property
    def key(self) -> str:
        """Changes whenever this post must be drawn anew."""
        edited = int(self.entry.edited_at.timestamp() * 1000) if self.entry.edited_at else 0
        return f"{edited}.{self.entry.likes}.{int(self.is_liked)}.{self.entry.state.value}.{self.depth}"


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A thread, or the part of it that is shown."""

    root_id: int
    address: str
    posts: tuple[PostView, ...]
    left_out: int = 0
    is_about_company: bool = False


@dataclass
class Looks:
    """Draws for one reader at one moment."""

    store: Store
    now: datetime
    person: Account
    _shapes: Shapes = field(init=False)

    def __post_init__(self) -> None:
        self._shapes = Shapes(self.store, "")

    def thread(self, entries: list[Entry], *, focus: int = 0, answers: int | None = None) -> ThreadView:
        """Draw a thread in the order of its branches; with `answers`, only the newest so many, flat."""
        root = entries[0]
        kept = [one for one in entries if one.is_live or one.state is State.HIDDEN or _has_answers(one, entries)]
        if answers is None:
            ordered, left_out = _branches(kept, root), 0
        else:
            below = [one for one in kept if one.id != root.id]
            newest = below[-answers:]
            ordered = [(one, 0 if one.id == root.id else 1) for one in [*kept[:1], *newest] if one in kept]
            left_out = len(below) - len(newest)
        liked = self.store.likes_of(self.person, entries)
        posts = tuple(self._post(one, depth, one.id in liked, focus) for one, depth in ordered)
        address = f"/@{root.account.username}/{root.id}"
        return ThreadView(root.id, address, posts, left_out, any(map(_concerns_company, entries)))

    def alone(self, entry: Entry) -> ThreadView:
        """Draw one post, apart from its thread."""
        liked = entry.id in self.store.likes_of(self.person, [entry])
        address = f"/@{entry.account.username}/{entry.id}"
        return ThreadView(entry.id, address, (self._post(entry, 0, liked, 0),))

    def _post(self, entry: Entry, depth: int, is_liked: bool, focus: int) -> PostView:
        return PostView(
            entry=entry,
            html=Markup(self._shapes.html(entry.text)),  # noqa: S704  written by content.to_html, which escapes
            depth=min(depth, _DEEPEST),
            ago=_ago(self.now - entry.created_at),
            stamp=stamp(entry.created_at),
            gone=_GONE.get(entry.state, ""),
            is_mine=entry.account.id == self.person.id,
            is_liked=is_liked,
            is_focus=entry.id == focus and entry.parent_id is not None,
            can_moderate=self.person.role is Role.MODERATOR,
        )


def _branches(entries: list[Entry], root: Entry) -> list[tuple[Entry, int]]:
    """Put every answer under what it answers. A post whose parent is not shown stands under the first."""
    known = {one.id for one in entries}
    below: dict[int, list[Entry]] = {}
    for one in entries:
        if one.id != root.id:
            parent = one.parent_id if one.parent_id in known else root.id
            below.setdefault(parent or root.id, []).append(one)
    ordered: list[tuple[Entry, int]] = []
    waiting = [(root, 0)] if root.id in known else [(one, 1) for one in reversed(below.get(root.id, []))]
    while waiting:
        one, depth = waiting.pop()
        ordered.append((one, depth))
        waiting += [(answer, depth + 1) for answer in reversed(below.get(one.id, []))]
    return ordered


def _has_answers(entry: Entry, entries: list[Entry]) -> bool:
    return any(one.parent_id == entry.id and one.is_live for one in entries)


def _concerns_company(entry: Entry) -> bool:
    return entry.is_live and (entry.account.role is Role.COMPANY or "harbour" in entry.text.casefold())


def _ago(since: timedelta) -> str:
    minutes = int(since.total_seconds() // 60)
    if minutes < 1:
        return "now"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 24 * 60 else f"{minutes // (24 * 60)} d"
