"""Verification finds every change: in thousands of random cases in memory, and in each column of the database."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from bot import audit
from bot.audit import verifier
from bot.audit.recording import canonical, prepare
from bot.audit.verification import verify
from bot.audit.verifier import Checkpoint, Erased, Report, Row
from bot.database import Sessions

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
CASES = 6000


@dataclass
class Stored:
    """A record as it is stored: rows of a table, the head, and a checkpoint kept elsewhere."""

    rows: list[Row]
    head: tuple[int, bytes] = (0, b"")
    signed: tuple[Checkpoint, ...] = ()
    touched: list[int] = field(default_factory=list)

    def verify(self) -> Report:
        erased = Erased((row.seq, row.body) for row in self.rows if b"erasure." in row.body)
        return verifier.verify(self.rows, head=self.head, erased=erased, checkpoints=self.signed, loads=orjson.loads)


def link(seq: int, prev: bytes, body: bytes) -> bytes:
    return hashlib.sha256(prev + seq.to_bytes(8, "big", signed=True) + body).digest()


def chained(length: int) -> Stored:
    rows: list[Row] = []
    last = bytes(32)
    for seq in range(1, length + 1):
        texts = {"text": f"Reply {seq}", "reason": "Because."} if seq % 3 else {}
        data: dict[str, object] = {"mention": seq}
        kind = "reply.approved"
        if seq == length - 2:
            kind, data = "erasure.person", {"erased": {"text": [[2, 2], [4, 5]], "reason": [[4, 4]]}}
        entry = prepare(
            kind, at=AT + timedelta(seconds=seq), actor="employee:3", subject=f"reply:{seq}", data=data, texts=texts
        )
        gone = {2: {"text"}, 4: {"text", "reason"}, 5: {"text"}}.get(seq, set())
        columns = (orjson.loads(entry.body)["at"], entry.kind, entry.actor, entry.subject)
        kept = [item for item in entry.texts if item[0] not in gone]
        rows.append(Row(seq, entry.body, last, link(seq, last, entry.body), kept, columns))
        last = rows[-1].hash
    middle = rows[length // 2]
    return Stored(rows, (length, last), (Checkpoint("chorus", middle.seq, middle.hash, "12:00"),))


WHOLE = chained(24)


def copy() -> Stored:
    rows = [row._replace(texts=list(row.texts)) for row in WHOLE.rows]
    return Stored(rows, WHOLE.head, WHOLE.signed)


def flipped(value: bytes, dice: random.Random) -> bytes:
    if not value:
        return b"x"
    place = dice.randrange(len(value))
    return value[:place] + bytes([value[place] ^ (1 << dice.randrange(8))]) + value[place + 1 :]


def reworded(value: str, dice: random.Random) -> str:
    place = dice.randrange(len(value) + 1)
    return value[:place] + dice.choice("abc 0\u202e'é") + value[place:]


def place_of(stored: Stored, dice: random.Random) -> int:
    place = dice.randrange(len(stored.rows))
    stored.touched.append(stored.rows[place].seq)
    return place


def flip_bytes(stored: Stored, dice: random.Random) -> None:
    place = place_of(stored, dice)
    row = stored.rows[place]
    stored.rows[place] = dice.choice(
        [
            row._replace(body=flipped(row.body, dice)),
            row._replace(prev=flipped(row.prev, dice)),
            row._replace(hash=flipped(row.hash, dice)),
        ]
    )


def change_a_column(stored: Stored, dice: random.Random) -> None:
    place = place_of(stored, dice)
    columns = list(stored.rows[place].columns or ())
    which = dice.randrange(4)
    columns[which] = reworded(columns[which], dice)
    stored.rows[place] = stored.rows[place]._replace(columns=tuple(columns))  # type: ignore[arg-type]


def renumber(stored: Stored, dice: random.Random) -> None:
    place = place_of(stored, dice)
    row = stored.rows[place]
    stored.rows[place] = row._replace(seq=row.seq + dice.choice([-30, -2, -1, 1, 2, 30, 2**40]))
    stored.rows.sort(key=lambda row: row.seq)
    stored.touched.append(min(entry.seq for entry in stored.rows))


def drop(stored: Stored, dice: random.Random) -> None:
    place = place_of(stored, dice)
    del stored.rows[place : place + dice.randint(1, 3)]


def drop_and_close_the_gap(stored: Stored, dice: random.Random) -> None:
    place = place_of(stored, dice)
    del stored.rows[place]
    stored.rows[place:] = [row._replace(seq=row.seq - 1) for row in stored.rows[place:]]


def swap_places(stored: Stored, dice: random.Random) -> None:
    one, other = sorted(dice.sample(range(len(stored.rows)), 2))
    stored.touched += [stored.rows[one].seq, stored.rows[other].seq]
    stored.rows[one], stored.rows[other] = stored.rows[other], stored.rows[one]


def swap_numbers(stored: Stored, dice: random.Random) -> None:
    one, other = sorted(dice.sample(range(len(stored.rows)), 2))
    first, second = stored.rows[one], stored.rows[other]
    stored.touched += [first.seq, second.seq]
    stored.rows[one], stored.rows[other] = second._replace(seq=first.seq), first._replace(seq=second.seq)


def forged(seq: int, prev: bytes, text: str) -> Row:
    entry = prepare("reply.approved", at=AT, actor="employee:9", subject="reply:1", data={}, texts={"text": text})
    columns = (orjson.loads(entry.body)["at"], entry.kind, entry.actor, entry.subject)
    return Row(seq, entry.body, prev, link(seq, prev, entry.body), list(entry.texts), columns)


def insert(stored: Stored, dice: random.Random) -> None:
    place = place_of(stored, dice)
    row = stored.rows[place]
    stored.rows.insert(place, forged(row.seq, row.prev, "We never said so."))
    if dice.random() < 0.5:
        stored.rows[place + 1 :] = [row._replace(seq=row.seq + 1) for row in stored.rows[place + 1 :]]
        stored.touched.append(row.seq + 1)


def repeat(stored: Stored, dice: random.Random) -> None:
    row = stored.rows[place_of(stored, dice)]
    stored.rows.insert(dice.randrange(len(stored.rows)), row)
    stored.touched += [entry.seq for entry in stored.rows]


def replace_by_a_sound_one(stored: Stored, dice: random.Random) -> None:
    place = place_of(stored, dice)
    row = stored.rows[place]
    stored.rows[place] = forged(row.seq, row.prev, "We never said so.")


def rewrite_from_there_on(stored: Stored, dice: random.Random) -> None:
    """What an owner of the database could do with all the time in the world: only the checkpoint shows it."""
    place = dice.randrange(len(stored.rows) // 2)
    last = stored.rows[place].prev
    for here in range(place, len(stored.rows)):
        row = stored.rows[here]
        body = forged(row.seq, last, "We never said so.").body if here == place else row.body
        columns = orjson.loads(body)
        stored.rows[here] = Row(
            row.seq,
            body,
            last,
            link(row.seq, last, body),
            [] if here == place else row.texts,
            (columns["at"], columns["kind"], columns["actor"], columns["subject"]),
        )
        last = stored.rows[here].hash
    stored.head = (stored.rows[-1].seq, last)
    stored.touched += range(stored.rows[place].seq, len(stored.rows) + 1)


def change_a_text(stored: Stored, dice: random.Random) -> None:
    place = place_of(stored, dice)
    texts = stored.rows[place].texts
    if not texts:
        texts.append(("text", b"salt", "We never said so."))
        return
    which = dice.randrange(len(texts))
    name, salt, words = texts[which]
    changes: list[Callable[[], tuple[str, bytes, str]]] = [
        lambda: (name, salt, reworded(words, dice)),
        lambda: (name, flipped(salt, dice), words),
        lambda: (reworded(name, dice), salt, words),
    ]
    texts[which] = dice.choice(changes)()


def drop_a_text(stored: Stored, dice: random.Random) -> None:
    place = dice.choice([place for place, row in enumerate(stored.rows) if row.texts])
    stored.touched.append(stored.rows[place].seq)
    del stored.rows[place].texts[dice.randrange(len(stored.rows[place].texts))]


def bring_an_erased_text_back(stored: Stored, dice: random.Random) -> None:
    place = dice.choice([1, 3, 4])
    stored.touched.append(place + 1)
    stored.rows[place].texts.append(("text", b"salt", "It was like this."))


def change_the_head(stored: Stored, dice: random.Random) -> None:
    seq, digest = stored.head
    stored.touched += [seq, seq + 1]
    stored.head = dice.choice([(seq + 1, digest), (seq - 1, digest), (seq, flipped(digest, dice)), (0, bytes(32))])


def cut_off_the_end_with_its_head(stored: Stored, dice: random.Random) -> None:
    del stored.rows[dice.randrange(len(stored.rows) // 2) :]
    stored.head = (stored.rows[-1].seq, stored.rows[-1].hash) if stored.rows else (0, bytes(32))
    stored.touched.append(len(stored.rows) + 1)


TAMPERING = [
    flip_bytes,
    change_a_column,
    renumber,
    drop,
    drop_and_close_the_gap,
    swap_places,
    swap_numbers,
    insert,
    repeat,
    replace_by_a_sound_one,
    rewrite_from_there_on,
    change_a_text,
    drop_a_text,
    bring_an_erased_text_back,
    change_the_head,
    cut_off_the_end_with_its_head,
]


def test_a_record_that_nobody_touched_is_as_it_was_written() -> None:
    report = WHOLE.verify()
    assert report.ok, report.problems
    assert (report.entries, report.erased, report.checkpoints) == (24, 4, 1)
    assert report.lines()[0] == "Nothing was altered."


@pytest.mark.parametrize("tamper", TAMPERING, ids=lambda tamper: tamper.__name__)
def test_every_way_of_tampering_is_found_and_its_first_place_is_named(
    tamper: Callable[[Stored, random.Random], None],
) -> None:
    for case in range(CASES // len(TAMPERING)):
        stored = copy()
        tamper(stored, random.Random(case))
        report = stored.verify()
        assert not report.ok, f"case {case}"
        assert report.first is not None
        near = range(min(stored.touched) - 1, max(stored.touched) + 2)
        assert report.first.seq in near, f"case {case}: {report.first}, touched {stored.touched}"


def test_an_erasure_explains_only_what_stood_before_it() -> None:
    erased = Erased([(5, canonical({"data": {"erased": {"text": [[1, 900]]}}}))])
    assert erased.by(4, "text") == 5
    assert erased.by(5, "text") is None
    assert erased.by(6, "text") is None
    assert erased.by(3, "reason") is None


def test_erasures_that_overlap_are_all_known() -> None:
    spans = [[[1, 50], [60, 70]], [[3, 4]], [[40, 65]]]
    bodies = [canonical({"data": {"erased": {"text": span}}}) for span in spans]
    erased = Erased([(100 + number, body) for number, body in enumerate(bodies)])
    assert [seq for seq in range(1, 100) if erased.by(seq, "text")] == list(range(1, 71))


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[]", b"3", b'{"data":{"erased":3}}', b'{"data":{"erased":{"a":[1]}}}']
)
def test_an_altered_erasure_explains_nothing_and_breaks_nothing(body: bytes) -> None:
    assert not Erased([(5, body)])


def fill(sessions: Sessions, length: int = 8) -> None:
    for number in range(1, length + 1):
        with sessions.begin() as session:
            texts = {"text": f"Reply {number}"} if number % 2 else {}
            audit.record(session, "reply.posted", at=AT, actor="system", subject=f"reply:{number}", texts=texts)


DATABASE_TAMPERING = [
    "update audit_entry set body = set_byte(body, 3, get_byte(body, 3) # 1) where seq = 3",
    "update audit_entry set prev = set_byte(prev, 3, get_byte(prev, 3) # 1) where seq = 3",
    "update audit_entry set hash = set_byte(hash, 3, get_byte(hash, 3) # 1) where seq = 3",
    "update audit_entry set at = at + interval '1 microsecond' where seq = 3",
    "update audit_entry set kind = 'reply.failed' where seq = 3",
    "update audit_entry set actor = 'employee:1' where seq = 3",
    "update audit_entry set subject = 'reply:4' where seq = 3",
    "update audit_entry set seq = 30 where seq = 3",
    "update audit_entry set body = 'null' where seq = 3",
    "update audit_entry set hash = sha256(prev || int8send(seq) || 'null'), body = 'null' where seq = 3",
    "update audit_entry set seq = 0 where seq = 3",
    "update audit_entry set seq = -3 where seq = 3",
    "delete from audit_entry where seq = 3",
    "update audit_text set text = 'We never said that.' where seq = 3",
    "update audit_text set salt = sha256(salt) where seq = 3",
    "update audit_text set field = 'reason' where seq = 3",
    "update audit_text set seq = 4 where seq = 3",
    "delete from audit_text where seq = 3",
    "insert into audit_text values (4, 'text', 'salt', 'We said this, too.')",
]


@pytest.fixture
def unguarded(sessions: Sessions) -> Callable[[], Session]:
    """A session in which somebody with all rights has switched every trigger off."""

    def begin() -> Session:
        session = sessions()
        for table in ("audit_entry", "audit_text", "audit_head"):
            session.execute(text(f"alter table {table} disable trigger all"))
        return session

    return begin


def test_verification_finds_a_change_in_every_column_of_the_database(
    sessions: Sessions, unguarded: Callable[[], Session]
) -> None:
    fill(sessions)
    for change in DATABASE_TAMPERING:
        with unguarded() as session:
            session.execute(text(change))
            report = verify(session)
        assert report.first is not None, change
        assert report.first.seq in (-3, 0, 1, 2, 3, 4), (change, report.first)
    with sessions() as session:
        assert verify(session).ok


def test_verification_finds_what_is_wrong_with_the_head_and_the_end(
    sessions: Sessions, unguarded: Callable[[], Session]
) -> None:
    fill(sessions)
    changes = [
        "delete from audit_entry where seq = 8",
        "update audit_head set seq = 7",
        "update audit_head set seq = 9",
        "update audit_head set hash = sha256('x')",
        "delete from audit_head",
        "insert into audit_text values (99, 'text', 'salt', 'We said this, too.')",
        "truncate audit_entry",
    ]
    for change in changes:
        with unguarded() as session:
            session.execute(text(change))
            assert not verify(session).ok, change


def test_an_empty_record_verifies(sessions: Sessions) -> None:
    with sessions() as session:
        report = verify(session)
    assert report.ok
    assert report.entries == 0


def test_a_rewritten_chain_shows_against_a_checkpoint_alone(
    sessions: Sessions, unguarded: Callable[[], Session]
) -> None:
    fill(sessions)
    with sessions() as session:
        before = session.execute(text("select seq, hash from audit_head")).one()
    signed = Checkpoint("chorus", before.seq, before.hash, "2026-11-21T12:00:00Z")
    with unguarded() as session:
        rewrite(session.connection())
        assert verify(session).ok
        report = verify(session, [signed])
    assert report.first is not None
    assert report.first.kind == "checkpoint"
    with sessions() as session:
        assert verify(session, [signed]).checkpoints == 1


def rewrite(connection: Connection) -> None:
    last = bytes(32)
    for row in connection.execute(text("select seq, body from audit_entry order by seq")).all():
        body = bytes(row.body).replace(b"reply:4", b"reply:5")
        digest = link(row.seq, last, body)
        connection.execute(
            text(
                "update audit_entry set body = :body, prev = :prev, hash = :hash, subject = :subject where seq = :seq"
            ),
            {
                "body": body,
                "prev": last,
                "hash": digest,
                "seq": row.seq,
                "subject": orjson.loads(body)["subject"],
            },
        )
        last = digest
    connection.execute(text("update audit_head set hash = :hash"), {"hash": last})
