"""Writing entries: collected while a transaction runs, chained at its very end.

Entries are kept with the session and written right before its commit, after everything else is flushed. So the head of
the chain, which all transactions share, is always the last lock that any of them takes: whoever holds it waits for
nobody and commits at once, and no order of thread, account and audit locks can end in a deadlock. What is rolled back,
even to a savepoint, leaves no entry; and when an entry cannot be written, what it speaks of is not committed.
"""

import hmac
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType

import orjson
from sqlalchemy import bindparam, event, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.types import TIMESTAMP, Integer, LargeBinary, Text

NOTHING: Mapping[str, object] = MappingProxyType({})
NO_TEXTS: Mapping[str, str] = MappingProxyType({})

ERASING = "erasure."
"""The kinds that begin so take texts away; only `bot.audit.erasure` writes them."""

_WAITING = "chorus.audit.waiting"
_MARKS = "chorus.audit.marks"


@dataclass(slots=True, eq=False)
class Pending:
    """An entry on its way into the chain; `seq` is its number there, known once it is written."""

    at: datetime
    kind: str
    actor: str
    subject: str
    body: bytes
    texts: tuple[tuple[str, bytes, str], ...]
    seq: int | None = field(default=None)


def record(
    session: Session,
    kind: str,
    *,
    at: datetime,
    actor: str,
    subject: str,
    data: Mapping[str, object] = NOTHING,
    texts: Mapping[str, str] = NO_TEXTS,
) -> Pending:
    """Note that something happened: `kind` such as reply.approved, `actor` such as employee:3 or system, `subject` such
    as reply:12. May be called at any point of the transaction and as often as needed; order is kept.

    `data` can never be taken away again: ids, numbers, hashes, dates, verdicts. What people wrote, and their names and
    handles, belongs into `texts`: the entry holds only a keyed hash of each, so that the law can erase the text.
    Raises `ValueError` or `TypeError` at once for what cannot be stored: a time without zone, a NUL character, NaN.
    """
    if kind.startswith(ERASING):
        raise ValueError(f"{kind}: entries that erase are written by bot.audit.erasure alone.")
    entry = prepare(kind, at=at, actor=actor, subject=subject, data=data, texts=texts)
    if not session.in_transaction():
        session.begin()
    session.info.setdefault(_WAITING, []).append(entry)
    return entry


def write(session: Session) -> None:
    """Chain what was recorded so far, now. Only for the last step of a transaction that needs `seq` before its commit:
    from here on it holds the lock that every other transaction will wait for."""
    waiting: list[Pending] = session.info.get(_WAITING, [])
    if not waiting:
        return
    session.flush()
    session.info[_WAITING] = []
    first = session.execute(_APPEND, _columns(waiting)).scalar_one()
    for offset, entry in enumerate(waiting):
        entry.seq = first + offset


def prepare(
    kind: str, *, at: datetime, actor: str, subject: str, data: Mapping[str, object], texts: Mapping[str, str]
) -> Pending:
    """Return an entry with its canonical bytes, the texts replaced by their keyed hashes."""
    salted = tuple((name, secrets.token_bytes(32), texts[name]) for name in sorted(texts))
    moment = _moment(at)
    body = canonical(
        {
            "kind": _clean(kind),
            "at": moment,
            "actor": _clean(actor),
            "subject": _clean(subject),
            "data": data,
            "texts": {_clean(name): keyed_hash(salt, _clean(text)) for name, salt, text in salted},
        }
    )
    return Pending(at=at, kind=kind, actor=actor, subject=subject, body=body, texts=salted)


def canonical(value: object) -> bytes:
    """Return the one sequence of bytes that stands for `value`: JSON with sorted keys, no spaces, UTF-8.

    Takes what JSON holds, and dataclasses, sets, dates, UUIDs, enums and decimals. Raises `TypeError` for anything
    else, and `ValueError` for NaN and infinities, which JSON cannot tell apart.
    """
    return orjson.dumps(_plain(value), option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)


def keyed_hash(salt: bytes, text: str) -> str:
    """Return HMAC-SHA-256 of a text under its own random salt: without the salt it tells nothing of the text."""
    return hmac.digest(salt, text.encode(), "sha256").hex()


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("NaN and infinity cannot be recorded.")
    if isinstance(value, Mapping):
        return {str(key) if isinstance(key, str) else key: _plain(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((_plain(item) for item in value), key=orjson.dumps)
    if isinstance(value, Decimal):
        return str(value)
    return value


def _moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("An entry's time must have a zone.")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _clean(text: str) -> str:
    if "\0" in text:
        raise ValueError("A text with a NUL character cannot be recorded.")
    return text


def _columns(entries: list[Pending]) -> dict[str, object]:
    texts = [(number, *text) for number, entry in enumerate(entries) for text in entry.texts]
    return {
        "at": [entry.at for entry in entries],
        "kind": [entry.kind for entry in entries],
        "actor": [entry.actor for entry in entries],
        "subject": [entry.subject for entry in entries],
        "body": [entry.body for entry in entries],
        "place": [row[0] for row in texts],
        "field": [row[1] for row in texts],
        "salt": [row[2] for row in texts],
        "text": [row[3] for row in texts],
    }


_APPEND = text(
    "select audit_append(:at, :kind, :actor, :subject, :body, :place, :field, :salt, :text)",
).bindparams(
    bindparam("at", type_=ARRAY(TIMESTAMP(timezone=True))),
    *(bindparam(name, type_=ARRAY(Text())) for name in ("kind", "actor", "subject", "field", "text")),
    *(bindparam(name, type_=ARRAY(LargeBinary())) for name in ("body", "salt")),
    bindparam("place", type_=ARRAY(Integer())),
)


@event.listens_for(Session, "before_commit")
def _write_before_commit(session: Session) -> None:
    # Fired for a released savepoint too, when the transaction is not over yet.
    if not session.in_nested_transaction():
        write(session)


@event.listens_for(Session, "after_transaction_create")
def _remember_place(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_MARKS, {})[transaction] = len(session.info.get(_WAITING, []))


@event.listens_for(Session, "after_soft_rollback")
def _forget_rolled_back(session: Session, transaction: SessionTransaction) -> None:
    # A failed flush rolls back what surrounds it, up to the nearest savepoint.
    ended: SessionTransaction | None = transaction
    while ended is not None and not ended.nested:
        ended = ended.parent
    waiting: list[Pending] = session.info.get(_WAITING, [])
    del waiting[session.info.get(_MARKS, {}).get(ended, 0) :]


@event.listens_for(Session, "after_commit")
def _refuse_to_lose(session: Session) -> None:
    if session.info.get(_WAITING) and not session.in_nested_transaction():
        raise RuntimeError("Audit entries were lost: a savepoint was still open when its transaction was committed.")


@event.listens_for(Session, "after_transaction_end")
def _forget_all(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_WAITING, None)
        session.info.pop(_MARKS, None)
