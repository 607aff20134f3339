"""Conversations on a talk page: which comments stand there, under which heading, and which answers which."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from connectors._mediawiki_signatures import Signature, Wiki, user_name
from connectors._mediawiki_text import called, indent_of, is_outdented, masked, shown
from connectors._text import one_line

LARGEST_PAGE = 4_000_000
"""Characters beyond which a page is not read: twice of what MediaWiki stores."""

_MARKUP = " \t'—–-~•|"


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment. `start` to `end` is all of it in the page, `words_end` where its signature begins.

    `parent` and `root` are the comments that it answers and that began its section, by their place in the list.
    """

    id: str
    author: str
    signed_at: datetime
    heading: str
    level: int
    indent: str
    source: str
    start: int
    words_start: int
    words_end: int
    end: int
    parent: int | None
    root: int

    @property
    def text(self) -> str:
        """What a reader sees."""
        return shown(self.source)

    @property
    def key(self) -> tuple[str, datetime]:
        return self.author, self.signed_at


@dataclass(frozen=True, slots=True)
class TalkPage:
    """A page read: its comments in their order, and what seems to be one but cannot be read."""

    comments: tuple[Comment, ...]
    unreadable: tuple[str, ...] = ()

    def named(self, comment_id: str) -> Comment | None:
        """Return the comment of this id."""
        return next((one for one in self.comments if one.id == comment_id), None)


def read_page(page_id: str, source: str, wiki: Wiki) -> TalkPage:
    """Read all comments of a page, in time that grows with its length alone."""
    reading = _Reading(page_id, source[:LARGEST_PAGE])
    offset = 0
    for line in masked(reading.source).split("\n"):
        title = heading_in(line)
        if title is not None:
            reading.begin_section(title, offset + len(line) + 1)
        else:
            reading.take_line(line, offset, list(wiki.signatures(line)))
        offset += len(line) + 1
    return TalkPage(tuple(reading.comments), tuple(reading.unreadable))


def called_in(comment: Comment, wiki: Wiki) -> frozenset[str]:
    """Return the names of those whom a comment addresses: by a link to their page, or by a template."""
    linked = {name for _, name in wiki.users_in(masked(comment.source))}
    return frozenset(linked | {user_name(name) for name in called(comment.source)})


def heading_in(line: str) -> str | None:
    """Return the title when a line is a heading."""
    stripped = line.rstrip()
    if not stripped.startswith("=") or not stripped.endswith("=") or len(stripped) < 3:
        return None
    before = len(stripped) - len(stripped.lstrip("="))
    after = len(stripped) - len(stripped.rstrip("="))
    depth = min(before, after, 6, (len(stripped) - 1) // 2)
    return one_line(shown(stripped[depth:-depth].strip()[:1_000]))


@dataclass(slots=True)
class _Reading:
    """A page half read."""

    page_id: str
    source: str
    comments: list[Comment] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    _heading: str = ""
    _begin: int = 0
    _root: int | None = None
    _above: list[tuple[int, int]] = field(default_factory=list)
    _same: dict[object, int] = field(default_factory=dict)

    def begin_section(self, title: str, offset: int) -> None:
        self._heading, self._begin, self._root, self._above = title, offset, None, []

    def take_line(self, line: str, offset: int, signatures: list[Signature]) -> None:
        for signature in signatures:
            if signature.signed_at is None:
                self.unreadable.append(f"{self.page_id}:{signature.author}")
            else:
                self._add(signature, signature.signed_at, offset)
            self._begin = offset + signature.end
        if signatures:
            # What follows a signature in its line is a postscript, and begins no comment.
            self._begin = offset + len(line) + 1

    def _add(self, signature: Signature, signed_at: datetime, offset: int) -> None:
        start = self._first_line()
        words_end = _without_markup(self.source, start, offset + signature.start)
        line = self.source[start:words_end].partition("\n")[0]
        indent = indent_of(line)
        place = len(self.comments)
        parent = place - 1 if self._root is not None and is_outdented(line) else self._parent(len(indent))
        root = place if self._root is None else self._root
        comment = Comment(
            id=self._identity(signature.author, signed_at, parent),
            author=signature.author,
            signed_at=signed_at,
            heading=self._heading,
            level=len(indent),
            indent=indent,
            source=self.source[start:words_end],
            start=start,
            words_start=start + len(indent),
            words_end=words_end,
            end=self._end_of_line(offset + signature.end),
            parent=parent,
            root=root,
        )
        self.comments.append(comment)
        self._above.append((comment.level, place))
        self._root = root

    def _first_line(self) -> int:
        """Where the comment begins: behind the blank lines that follow what stands above."""
        start = self._begin
        while start < len(self.source) and self.source[start].isspace():
            start += 1
        return start

    def _end_of_line(self, offset: int) -> int:
        end = self.source.find("\n", offset)
        return len(self.source) if end < 0 else end + 1

    def _parent(self, level: int) -> int | None:
        """The nearest comment above that stands less deep; else the one that began the section."""
        while self._above and self._above[-1][0] >= level:
            self._above.pop()
        return self._above[-1][1] if self._above else self._root

    def _identity(self, author: str, signed_at: datetime, parent: int | None) -> str:
        """Name a comment by what stays when others come or are edited, and its own text may change too.

        MediaWiki has no ids. Its own reply tool, too, goes by author, minute, and what stands above.
        """
        above = self._heading if parent is None else "|".join(map(str, self.comments[parent].key))
        known = "|".join((author, signed_at.isoformat(), above))
        number = self._same[known] = self._same.get(known, 0) + 1
        digest = sha256(known.encode("utf-8", "replace")).hexdigest()[:12]
        named = f"{self.page_id}:{signed_at.astimezone(UTC):%Y%m%d%H%M}:{digest}"
        return named if number == 1 else f"{named}:{number}"


def _without_markup(source: str, start: int, end: int) -> int:
    """Where the words end: before dashes and opened elements that belong to the signature."""
    while end > start:
        if source[end - 1] in _MARKUP:
            end -= 1
        elif source[end - 1] == ">" and (opened := source.rfind("<", max(start, end - 200), end)) >= 0:
            end = opened
        else:
            break
    return end
