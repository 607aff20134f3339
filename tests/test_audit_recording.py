"""Writing entries: one chain, whatever happens at the same time or is rolled back."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import audit
from bot.audit.recording import keyed_hash, write
from bot.database import Sessions
from bot.models import AuditEntry, AuditHead, AuditText, Tick

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def note(session: Session, number: int = 1, **texts: str) -> audit.Pending:
    return audit.record(
        session,
        "reply.approved",
        at=AT,
        actor="employee:3",
        subject=f"reply:{number}",
        data={"mention": 7},
        texts=texts,
    )


def entries(sessions: Sessions) -> list[AuditEntry]:
    with sessions() as session:
        return list(session.query(AuditEntry).order_by(AuditEntry.seq))


def assert_one_chain(sessions: Sessions, length: int) -> None:
    last = bytes(32)
    found = entries(sessions)
    for number, entry in enumerate(found, start=1):
        assert entry.seq == number
        assert entry.prev == last
        last = hashlib.sha256(last + number.to_bytes(8, "big") + entry.body).digest()
        assert entry.hash == last
    with sessions() as session:
        head = session.get_one(AuditHead, 1)
    assert (head.seq, head.hash, len(found)) == (length, last, length)


def test_an_entry_holds_who_did_what_to_what_and_when(sessions: Sessions) -> None:
    with sessions.begin() as session:
        pending = note(session, text="We mended it.")
    [entry] = entries(sessions)
    body = orjson.loads(entry.body)
    assert pending.seq == entry.seq == 1
    assert (entry.kind, entry.actor, entry.subject, entry.at) == ("reply.approved", "employee:3", "reply:1", AT)
    assert body["at"] == "2026-11-21T12:00:00.000000Z"
    assert body["data"] == {"mention": 7}
    assert_one_chain(sessions, 1)


def test_a_text_stands_beside_its_entry_which_holds_only_a_keyed_hash(sessions: Sessions) -> None:
    with sessions.begin() as session:
        note(session, text="We mended it.", handle="@mona")
    with sessions() as session:
        kept = session.get_one(AuditText, (1, "text"))
        body = session.get_one(AuditEntry, 1).body
    assert kept.text == "We mended it."
    assert b"mended" not in body
    assert orjson.loads(body)["texts"]["text"] == keyed_hash(kept.salt, kept.text)


def test_what_is_rolled_back_leaves_no_entry(sessions: Sessions) -> None:
    with sessions() as session:
        note(session)
        session.rollback()
        session.commit()
    with sessions() as session:
        note(session)
    assert_one_chain(sessions, 0)


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_entries_along(sessions: Sessions) -> None:
    with sessions.begin() as session:
        note(session, 1)
        with session.begin_nested():
            note(session, 2)
        with session.begin_nested() as savepoint:
            note(session, 3)
            savepoint.rollback()
        note(session, 4)
    assert [entry.subject for entry in entries(sessions)] == ["reply:1", "reply:2", "reply:4"]


def test_a_flush_that_fails_within_a_savepoint_keeps_what_was_recorded_before_it(sessions: Sessions) -> None:
    with sessions.begin() as session:
        note(session, 1)
        session.execute(text("insert into tick values ('collect', '1', 1, now())"))
        savepoint = session.begin_nested()
        note(session, 2)
        session.add(Tick(kind="collect", subject="1", slot=1, at=AT))
        with pytest.raises(IntegrityError):
            session.flush()
        savepoint.rollback()
        note(session, 3)
    assert [entry.subject for entry in entries(sessions)] == ["reply:1", "reply:3"]


def test_a_savepoint_left_open_is_not_a_way_to_lose_an_entry(sessions: Sessions) -> None:
    with sessions() as session, session.begin() as transaction:
        note(session)
        session.begin_nested()
        with pytest.raises(RuntimeError, match="savepoint"):
            transaction.commit()


def test_a_session_can_be_used_again_after_its_commit(sessions: Sessions) -> None:
    with sessions() as session:
        note(session, 1)
        session.commit()
        note(session, 2)
        session.rollback()
        note(session, 3)
        session.commit()
    assert [entry.subject for entry in entries(sessions)] == ["reply:1", "reply:3"]


def test_a_number_can_be_had_before_the_commit(sessions: Sessions) -> None:
    with sessions.begin() as session:
        first = note(session, 1)
        write(session)
        assert first.seq == 1
        second = note(session, 2)
    assert second.seq == 2
    assert_one_chain(sessions, 2)


def test_threads_that_record_at_once_make_one_chain(sessions: Sessions) -> None:
    def work(thread: int) -> None:
        for number in range(15):
            with sessions.begin() as session:
                note(session, thread * 100 + number, text=f"{thread} {number}")
                note(session, thread * 100 + number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert_one_chain(sessions, 8 * 15 * 2)


def test_recording_before_waiting_for_another_lock_cannot_end_in_a_deadlock(sessions: Sessions) -> None:
    """Two transactions record first and lock the same row after; chaining at once would make a ring."""
    with sessions.begin() as session:
        session.execute(text("insert into tick values ('lock', 'row', 1, now())"))
    meet = threading.Barrier(2)

    def work(number: int) -> None:
        with sessions.begin() as session:
            if number == 0:
                session.execute(text("select from tick for update"))
            meet.wait(10)
            note(session, number)
            session.execute(text("select from tick for update"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert_one_chain(sessions, 2)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"data": {"share": float("nan")}}, ValueError),
        ({"data": {"what": object()}}, TypeError),
        ({"data": {1: "one"}}, TypeError),
        ({"texts": {"text": "a\0b"}}, ValueError),
        ({"subject": "reply:\0"}, ValueError),
        ({"at": datetime(2026, 1, 1)}, ValueError),  # noqa: DTZ001
        ({"kind": "erasure.person"}, ValueError),
    ],
)
def test_what_cannot_be_recorded_is_refused_at_once(
    sessions: Sessions, wrong: dict[str, object], error: type[Exception]
) -> None:
    given = {"kind": "reply.approved", "at": AT, "actor": "system", "subject": "reply:1"} | wrong
    with sessions() as session, pytest.raises(error):
        audit.record(session, **given)  # type: ignore[arg-type]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(json_values)
def test_canonical_bytes_are_the_same_after_reading_them_back(value: object) -> None:
    written = audit.canonical(value)
    assert audit.canonical(orjson.loads(written)) == written


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), json_values, min_size=2))
def test_canonical_bytes_do_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    assert audit.canonical(dict(reversed(value.items()))) == audit.canonical(value)


@given(json_values, json_values)
def test_different_values_have_different_bytes(one: object, other: object) -> None:
    if audit.canonical(one) == audit.canonical(other):
        assert orjson.loads(audit.canonical(one)) == orjson.loads(audit.canonical(other))
