"""Taking texts away where law or time asks for it: by an entry that lists them, so that the chain still verifies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, func, not_, or_, select, text, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import TIMESTAMP, LargeBinary, Text

from bot.audit import recording
from bot.audit.recording import NO_TEXTS, prepare
from bot.models.audit import AuditEntry, AuditText

Spans = dict[str, list[tuple[int, int]]]
"""For each field the runs of entries, first to last, whose text goes."""

THEIRS = ("parent", "parent_url", "post", "thread", "context", "author", "handle", "quote")
"""The fields in which others' words stand, whatever the entry is about."""
ABOUT_THEM = ("mention.triaged", "mention.judged_again", "mention.collected")
"""The entries all of whose texts are others' words or quote them."""

THIRD_PARTY = or_(AuditEntry.kind.in_(ABOUT_THEM), AuditText.field.in_(THEIRS))
OURS = or_(AuditEntry.kind.startswith("reply."), AuditEntry.kind.startswith("draft."))
CLASSES: Mapping[str, ColumnElement[bool]] = {
    "third_party": THIRD_PARTY,
    "communications": and_(OURS, not_(THIRD_PARTY)),
    "decisions": not_(or_(OURS, THIRD_PARTY)),
}
"""What a text is, for the time it is kept: others' words, what we say in public, and why we decided so."""


def erase(
    session: Session,
    kind: str,
    spans: Spans,
    *,
    at: datetime,
    actor: str,
    subject: str,
    data: Mapping[str, object],
    texts: Mapping[str, str] = NO_TEXTS,
) -> int:
    """Append the entry that lists texts, delete exactly these, and return its number; the last thing to do in a
    transaction. Who calls it holds `holds.LOCK` and has left out what a hold covers."""
    recording.write(session)
    entry = prepare(kind, at=at, actor=actor, subject=subject, data={**data, "erased": spans}, texts=texts)
    seq: int = session.execute(
        _ERASE,
        {
            "at": entry.at,
            "kind": entry.kind,
            "actor": entry.actor,
            "subject": entry.subject,
            "body": entry.body,
            "field": [name for name, _, _ in entry.texts],
            "salt": [salt for _, salt, _ in entry.texts],
            "text": [words for _, _, words in entry.texts],
        },
    ).scalar_one()
    return seq


@dataclass(frozen=True, slots=True)
class Chosen:
    """Texts that are to go: the runs that name them, and how many they are."""

    spans: Spans
    texts: int


def choose(session: Session, *demanded: ColumnElement[bool], universe: ColumnElement[bool], most: int) -> Chosen:
    """Return the oldest texts that meet some conditions, among those in a universe that is cheap to read whole.

    A run may pass over entries that have no such text (any more), and over nothing else.
    """
    before = func.lag(AuditText.seq).over(partition_by=AuditText.field, order_by=AuditText.seq)
    texts = (
        select(AuditText.seq, AuditText.field, before.label("before"), and_(true(), *demanded).label("chosen"))
        .join(AuditEntry, AuditEntry.seq == AuditText.seq)
        .where(universe)
        .subquery()
    )
    found = select(texts.c.seq, texts.c.field, texts.c.before).where(texts.c.chosen).order_by(texts.c.seq).limit(most)
    rows: dict[str, list[tuple[int, int | None]]] = {}
    for seq, name, previous in session.execute(found):
        rows.setdefault(name, []).append((seq, previous))
    return Chosen({name: runs_of(chosen) for name, chosen in rows.items()}, sum(map(len, rows.values())))


def runs_of(texts: Iterable[tuple[int, int | None]]) -> list[tuple[int, int]]:
    """Return the runs that name some texts of one field, each given as its entry and the entry of the one before it,
    whether that one is named or not."""
    runs: list[tuple[int, int]] = []
    for seq, before in texts:
        if runs and runs[-1][1] == before:
            runs[-1] = (runs[-1][0], seq)
        else:
            runs.append((seq, seq))
    return runs


_ERASE = text("select audit_erase(:at, :kind, :actor, :subject, :body, :field, :salt, :text)").bindparams(
    bindparam("at", type_=TIMESTAMP(timezone=True)),
    bindparam("body", type_=LargeBinary()),
    *(bindparam(name, type_=ARRAY(Text())) for name in ("field", "text")),
    bindparam("salt", type_=ARRAY(LargeBinary())),
)
