"""Choosing entries: by person, venue, time, words, kind; for searching, for exports, and for what a hold covers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from bot.models.audit import AuditEntry, AuditText
from bot.models.base import Json
from bot.models.conversation import Mention, PostRecord
from bot.models.replies import Reply

PAGE = 50
CHUNK = 1000
COMMON = 10_000
"""Words that stand in more texts than this are looked for from the newest entry backwards."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries. What is left empty does not narrow; `until` itself is no longer included.

    `employee` is by number; what they did, and all about replies they approved. `author` is a stranger's handle or id
    on their platform. `subject` is such as reply:12; `kind` such as reply.approved, or reply for all that begin so.
    """

    employee: int | None = None
    author: str = ""
    venue: int | None = None
    platform: str = ""
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""
    kind: str = ""
    subject: str = ""
    seqs: tuple[int, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether it narrows nothing."""
        return self == Selection()

    def as_json(self) -> Json:
        """Return what narrows, for storing and for the record."""
        return {name: _stored(value) for name, value in asdict(self).items() if value not in (None, "", ())}

    def narrowed(self, other: "Selection") -> "Selection":
        """Return both in one; where both narrow the same, `other` counts."""
        return Selection.from_json(self.as_json() | other.as_json())

    @classmethod
    def from_json(cls, stored: Json) -> "Selection":
        """Read what `as_json` gave."""
        given = {part.name: stored[part.name] for part in fields(cls) if part.name in stored}
        for name in ("since", "until"):
            if name in given:
                given[name] = datetime.fromisoformat(given[name])
        if "seqs" in given:
            given["seqs"] = tuple(given["seqs"])
        return cls(**given)

    def __str__(self) -> str:
        said = [f"{name} {_stored(value)}" for name, value in self.as_json().items()]
        return ", ".join(said) or "everything"


@dataclass(frozen=True, slots=True)
class Found:
    """One entry with the texts that are still there; `absent` names those that are not."""

    seq: int
    at: datetime
    kind: str
    actor: str
    subject: str
    body: bytes
    prev: bytes
    hash: bytes
    texts: Mapping[str, str] = field(default_factory=dict)
    salts: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def data(self) -> Json:
        """What the entry says apart from texts."""
        data: Json = orjson.loads(self.body)["data"]
        return data

    @property
    def absent(self) -> tuple[str, ...]:
        """The texts that were erased."""
        return tuple(name for name in orjson.loads(self.body)["texts"] if name not in self.texts)


@dataclass(frozen=True, slots=True)
class FoundPage:
    """Entries, newest first; `before` asks for the next page and is None when there is none."""

    entries: tuple[Found, ...]
    before: int | None


def search(session: Session, selection: Selection, *, before: int | None = None, most: int = PAGE) -> FoundPage:
    """Return the newest entries that fit, older than entry `before` where it is given."""
    demanded = conditions(replace(selection, words=""))
    if selection.words:
        demanded.append(_said_here(session, selection.words))
    query = select(AuditEntry.seq).where(*demanded).order_by(AuditEntry.seq.desc()).limit(most + 1)
    if before is not None:
        query = query.where(AuditEntry.seq < before)
    seqs = list(session.scalars(query))
    more = len(seqs) > most
    found = _found(session, _whole().where(AuditEntry.seq.in_(seqs[:most])).order_by(AuditEntry.seq.desc()))
    return FoundPage(tuple(found), before=seqs[most - 1] if more else None)


def stream(session: Session, selection: Selection) -> Iterator[Found]:
    """Yield all entries that fit, oldest first, through a cursor on the server: memory does not grow with them."""
    query = _whole().where(*conditions(selection)).order_by(AuditEntry.seq)
    yield from _found(session, query.execution_options(yield_per=CHUNK))


def fetch(session: Session, *demanded: ColumnElement[bool]) -> Iterator[Found]:
    """Yield the entries that meet some conditions, oldest first."""
    return _found(session, _whole().where(*demanded).order_by(AuditEntry.seq))


def count(session: Session, selection: Selection) -> int:
    """Return how many entries fit."""
    return session.scalar(select(func.count()).select_from(AuditEntry).where(*conditions(selection))) or 0


def conditions(selection: Selection) -> list[ColumnElement[bool]]:
    """Return what a statement about entries must demand."""
    demanded: list[ColumnElement[bool]] = []
    if selection.since is not None:
        demanded.append(AuditEntry.at >= selection.since)
    if selection.until is not None:
        demanded.append(AuditEntry.at < selection.until)
    if selection.subject:
        demanded.append(AuditEntry.subject == selection.subject)
    if selection.kind:
        demanded.append(_of_kind(selection.kind))
    if selection.seqs:
        demanded.append(_among(selection.seqs))
    if selection.words:
        demanded.append(_said(selection.words))
    return [*demanded, *_about(selection)]


def _about(selection: Selection) -> Iterator[ColumnElement[bool]]:
    if selection.employee is not None:
        theirs = Reply.approved_by_id == selection.employee
        person = f"employee:{selection.employee}"
        approved = select(literal("reply:", String()) + cast(Reply.id, String())).where(theirs)
        yield or_(AuditEntry.actor == person, AuditEntry.subject == person, AuditEntry.subject.in_(approved))
    if selection.author:
        by_them = or_(PostRecord.author_handle == selection.author, PostRecord.author_external_id == selection.author)
        yield AuditEntry.subject.in_(subjects_of(by_them))
    if selection.venue is not None:
        here = subjects_of(PostRecord.venue_id == selection.venue)
        yield or_(AuditEntry.subject == f"venue:{selection.venue}", AuditEntry.subject.in_(here))
    if selection.platform:
        yield AuditEntry.subject.in_(subjects_of(PostRecord.platform == selection.platform))


def subjects_of(posts: ColumnElement[bool]) -> Select[tuple[str]]:
    """The mentions of some posts, and the replies to them, in the words of the record."""
    mentions = select(("mention:" + cast(Mention.id, String())).label("subject")).join(
        PostRecord, and_(PostRecord.id == Mention.post_id, posts)
    )
    replies = select(("reply:" + cast(Reply.id, String())).label("subject")).join(
        PostRecord, and_(PostRecord.id == Reply.parent_post_id, posts)
    )
    return select(union_all(mentions, replies).subquery().c.subject)


def _of_kind(kind: str) -> ColumnElement[bool]:
    return AuditEntry.kind == kind if "." in kind else AuditEntry.kind.startswith(f"{kind}.", autoescape=True)


def _said(words: str) -> ColumnElement[bool]:
    return AuditEntry.seq.in_(select(AuditText.seq).where(_matches(words)))


def _said_here(session: Session, words: str) -> ColumnElement[bool]:
    """The same, but rare words are looked up first: the planner guesses their number badly, and scans for nothing."""
    fitting = session.scalars(select(AuditText.seq).where(_matches(words)).limit(COMMON + 1)).all()
    return _said(words) if len(fitting) > COMMON else _among(fitting)


def _among(seqs: Sequence[int]) -> ColumnElement[bool]:
    return AuditEntry.seq == func.any(cast(list(seqs), ARRAY(BigInteger())))


def _matches(words: str) -> ColumnElement[bool]:
    return AuditText.words.op("@@")(func.websearch_to_tsquery(literal_column("'simple'"), words))


def _whole() -> Select[tuple[Any, ...]]:
    texts = (
        select(
            func.jsonb_object_agg(
                AuditText.field, func.jsonb_build_array(func.encode(AuditText.salt, "hex"), AuditText.text)
            )
        )
        .where(AuditText.seq == AuditEntry.seq)
        .scalar_subquery()
    )
    entry = AuditEntry.__table__.c
    return select(
        entry.seq, entry.at, entry.kind, entry.actor, entry.subject, entry.body, entry.prev, entry.hash, texts
    )


def _found(session: Session, query: Select[tuple[Any, ...]]) -> Iterator[Found]:
    # Closed at once when nobody wants the rest, such as an export that was broken off.
    with session.execute(query) as rows:
        for row in rows:
            kept: dict[str, tuple[str, str]] = row[8] or {}
            texts = {name: text for name, (_salt, text) in sorted(kept.items())}
            salts = {name: bytes.fromhex(salt) for name, (salt, _text) in sorted(kept.items())}
            yield Found(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], texts, salts)


def _stored(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
