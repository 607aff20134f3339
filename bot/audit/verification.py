"""Verifying the record where it lives: entries, texts and head are read in one pass and followed one by one."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice

import orjson
import psycopg
from psycopg.rows import TupleRow
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.audit import verifier
from bot.audit.verifier import NAMED, Checkpoint, Erased, Problem, Report, Row

CHUNK = 5000
"""How many rows are fetched at a time; memory does not grow with the record."""


def verify(session: Session, checkpoints: Iterable[Checkpoint] = ()) -> Report:
    """Follow the whole record, while others go on recording. What this session itself changed is seen too."""
    with read(session, _EVERYTHING) as found:
        # These rows stand for the moment they were asked for; an erasure that is listed after it does no harm.
        erased = Erased((row.seq, row.body) for row in session.execute(_ERASURES))
        first = list(islice(found, 1))
        head = first[0][11:] if first else _head_apart(session)
        report = verifier.verify(
            _rows(chain(first, found)),
            head=(-1, b"") if head[0] is None else head,
            erased=erased,
            checkpoints=checkpoints,
            loads=orjson.loads,
        )
    return _with_orphans(session, report)


@contextmanager
def read(session: Session, query: str, parameters: dict[str, object] | None = None) -> Iterator[Iterator[TupleRow]]:
    """Yield the rows of a query as they come, a chunk at a time, through a cursor on the server."""
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    with raw.cursor(name="chorus_audit") as cursor:
        cursor.execute(query.encode(), parameters, binary=True)
        yield chain.from_iterable(_chunks(cursor))


def _chunks(cursor: "psycopg.ServerCursor[TupleRow]") -> Iterator[list[TupleRow]]:
    """Ask for the next chunk while the present one is worked on."""
    with ThreadPoolExecutor(1, thread_name_prefix="audit") as reader:
        coming = reader.submit(cursor.fetchmany, CHUNK)
        while chunk := coming.result():
            coming = reader.submit(cursor.fetchmany, CHUNK)
            yield chunk


def _rows(found: Iterable[TupleRow]) -> Iterator[Row]:
    """Make one row of the several that a join gives for an entry with several texts."""
    row: Row | None = None
    for seq, at, kind, actor, subject, body, prev, digest, field, salt, words, _size, _newest in found:
        if row is None or row.seq != seq:
            if row is not None:
                yield row
            row = Row(seq, body, prev, digest, [], (at, kind, actor, subject))
        if field is not None:
            row.texts.append((field, salt, words))
    if row is not None:
        yield row


def _head_apart(session: Session) -> TupleRow:
    return tuple(session.execute(_HEAD).one_or_none() or (None, None))


def _with_orphans(session: Session, report: Report) -> Report:
    orphans = [
        Problem(seq, "text inserted", f"There is a text '{field}' of entry {seq}, which does not exist.")
        for seq, field in session.execute(_ORPHANS, {"most": NAMED})
    ]
    return replace(report, problems=(*report.problems, *orphans)[:NAMED], found=report.found + len(orphans))


MOMENT = """to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
"""An entry's time as its body writes it."""

_EVERYTHING = f"""
    select e.seq, {MOMENT}, e.kind, e.actor, e.subject, e.body, e.prev, e.hash, t.field, t.salt, t.text,
        (select h.seq from audit_head h), (select h.hash from audit_head h)
    from audit_entry e left join audit_text t on t.seq = e.seq
    order by e.seq
"""  # noqa: S608
_ERASURES = text("select seq, body from audit_entry where kind like 'erasure.%'")
_HEAD = text("select seq, hash from audit_head where not exists (select from audit_entry)")
_ORPHANS = text(
    "select t.seq, t.field from audit_text t left join audit_entry e on e.seq = t.seq"
    " where e.seq is null order by 1, 2 limit :most"
)
