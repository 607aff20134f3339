"""Questions, answers and comments as the Stack Exchange API gives them, read as far as they make sense."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape

from connectors._reading import Json, Unreadable, member, optional_id, text_in
from connectors._text import one_line, plain, web_address
from connectors.base import Author, Post, Skipped

QUESTION, ANSWER, COMMENT = "q", "a", "c"
_ID = re.compile(r"([qac])(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Ref:
    """What an id names. Comments are counted apart from questions and answers, so an id says which it is."""

    kind: str
    number: str

    @property
    def id(self) -> str:
        return f"{self.kind}{self.number}"

    @classmethod
    def of(cls, post_id: str) -> "Ref | None":
        """Read an id; nothing when it is none of ours."""
        found = _ID.fullmatch(post_id)
        return cls(*found.groups()) if found and post_id.isascii() else None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what one site of the network told. `own_id` is our number there, empty when none was recorded."""

    site: str
    own_id: str = ""

    def posts(
        self, raw: Sequence[Json], read: Callable[[Json, str | None], Post], root: str | None = None
    ) -> tuple[list[Post], list[Skipped]]:
        """Read what can be read with one of the methods below."""
        posts: list[Post] = []
        skipped: list[Skipped] = []
        for one in raw:
            try:
                posts.append(read(one, root))
            except Unreadable as error:
                told = (optional_id(member(one, f"{name}_id")) for name in ("comment", "answer", "question"))
                skipped.append(Skipped(next((number for number in told if number), ""), str(error)))
        return posts, skipped

    def question(self, raw: Json, _root: str | None = None) -> Post:
        """Read a question; raises `Unreadable`."""
        number = _number(raw, "question_id")
        title = one_line(unescape(text_in(member(raw, "title"))))
        return self._post(raw, Ref(QUESTION, number), f"/q/{number}", title, None, f"{QUESTION}{number}")

    def answer(self, raw: Json, _root: str | None = None) -> Post:
        """Read an answer; raises `Unreadable`."""
        number, question = _number(raw, "answer_id"), f"{QUESTION}{_number(raw, 'question_id')}"
        return self._post(raw, Ref(ANSWER, number), f"/a/{number}", "", question, question)

    def comment(self, raw: Json, root: str | None = None) -> Post:
        """Read a comment; raises `Unreadable`. What it stands below is a question when the site says so, or is the
        thread's own question, else an answer."""
        number, below = _number(raw, "comment_id"), _number(raw, "post_id")
        is_question = member(raw, "post_type") == "question" or root == f"{QUESTION}{below}"
        parent = f"{QUESTION if is_question else ANSWER}{below}"
        path = f"/{QUESTION if is_question else ANSWER}/{below}#comment{number}_{below}"
        return self._post(raw, Ref(COMMENT, number), path, "", parent, root or (parent if is_question else None))

    def _post(self, raw: Json, ref: Ref, path: str, title: str, parent: str | None, root: str | None) -> Post:
        body = plain(text_in(member(raw, "body")))
        text = "\n\n".join(part for part in (title, body) if part)
        if not text:
            raise Unreadable("It has no text.")
        author = self._author(member(raw, "owner"))
        edited = _moment(member(raw, "last_edit_date"))
        return Post(
            id=ref.id,
            text=text,
            author=author,
            created_at=_time(member(raw, "creation_date")),
            url=f"https://{self.site}{path}",
            parent_id=parent,
            root_id=root,
            edited_at=edited or (_time(member(raw, "creation_date")) if member(raw, "edited") is True else None),
            venue=self.site,
            is_own=bool(self.own_id) and author.id == self.own_id,
        )

    def _author(self, raw: Json) -> Author:
        """Who wrote it; of those whose account is gone only a name is left, or nothing."""
        name = one_line(unescape(text_in(member(raw, "display_name")))) or "someone"
        number = optional_id(member(raw, "user_id"))
        return Author(number or f"name:{name}", name, name, web_address(member(raw, "link")))


def _number(raw: Json, name: str) -> str:
    number = optional_id(member(raw, name))
    if number is None or not (number.isascii() and number.isdigit() and len(number) <= 18):
        raise Unreadable(f"It has no {name.replace('_', ' ')}.")
    return number


def _time(value: Json) -> datetime:
    moment = _moment(value)
    if moment is None:
        raise Unreadable("It has no time.")
    return moment


def _moment(value: Json) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
