"""What is kept and what is let go: retention, holds, erasure of a person; and the chain verifies after each."""

from datetime import UTC, datetime, timedelta

import pytest
from audit_world import AT, Past
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from bot import audit, database
from bot.audit import erasure, holds, people, retention
from bot.audit.checkpoints import Signer
from bot.audit.people import Certificate, erase_person
from bot.audit.protection import as_app
from bot.audit.purging import purge_deleted
from bot.audit.recording import keyed_hash
from bot.audit.selection import Selection, stream
from bot.audit.story import story
from bot.audit.verifier import Erased, open_note
from bot.database import Sessions
from bot.errors import Conflict, NotFound
from bot.models import AuditText, Draft, Mention, PostRecord, Reply
from connectors.base import PostStatus

LATER = AT + timedelta(days=4000)


@pytest.fixture
def past(sessions: Sessions) -> Past:
    return Past(sessions)


def verified(sessions: Sessions) -> audit.Report:
    with sessions() as session:
        report = audit.verify(session)
    assert report.ok, report.problems
    return report


def texts(sessions: Sessions) -> list[str]:
    with sessions() as session:
        return list(session.scalars(select(AuditText.text).order_by(AuditText.seq, AuditText.field)))


def everywhere(sessions: Sessions) -> str:
    """All that is stored anywhere, as one text."""
    with sessions() as session:
        tables = session.scalars(text("select tablename from pg_tables where schemaname = 'public'")).all()
        rows = [str(row) for table in tables for row in session.execute(text(f"select * from {table}"))]
        bodies = [str(bytes(body)) for body in session.scalars(text("select body from audit_entry"))]
    return "\n".join([*rows, *bodies])


def hold(sessions: Sessions, covers: Selection, name: str = "Case 7") -> None:
    with sessions.begin() as session:
        holds.place(session, name, covers, reason="Counsel asked.", at=AT, by="employee:3")


def keep(sessions: Sessions, **days: int) -> None:
    with sessions.begin() as session:
        retention.keep(session, days, at=AT, by="employee:3")


def erase(sessions: Sessions, person: str = "mona") -> Certificate:
    with sessions.begin() as session:
        return erase_person(session, "plaza", person, basis="GDPR 17(1)(b)", at=LATER, by="employee:3")


def test_without_a_rule_everything_is_kept(past: Past, sessions: Sessions) -> None:
    past.reply()
    applied = retention.apply(sessions, at=LATER)
    assert applied.texts == {}
    assert applied.rows == 0
    assert len(texts(sessions)) == 6


def test_each_class_goes_when_its_own_time_has_passed(past: Past, sessions: Sessions) -> None:
    reply = past.reply()
    keep(sessions, third_party=10, communications=100)
    applied = retention.apply(sessions, at=AT + timedelta(days=11))
    assert applied.texts == {"third_party": 2, "communications": 0}
    assert texts(sessions) == ["Sorry! Version 4 keeps it."] * 4
    assert verified(sessions).erased == 2
    applied = retention.apply(sessions, at=AT + timedelta(days=101))
    assert applied.texts["communications"] == 4
    assert texts(sessions) == []
    assert verified(sessions).erased == 6
    with sessions() as session:
        told = story(session, reply.id)
    assert "because its time had passed" in told.steps[3].erased["public"]
    assert (told.public, told.thread[0].text) == ("", "")


def test_letting_go_again_lets_nothing_go(past: Past, sessions: Sessions) -> None:
    past.reply()
    keep(sessions, third_party=10)
    retention.apply(sessions, at=LATER)
    entries = verified(sessions).entries
    assert retention.apply(sessions, at=LATER).texts == {"third_party": 0}
    assert verified(sessions).entries == entries


def test_a_long_past_goes_in_batches_and_the_runs_stay_short(past: Past, sessions: Sessions) -> None:
    for _number in range(7):
        past.reply()
    keep(sessions, third_party=10)
    applied = retention.apply(sessions, at=LATER, batch=5)
    assert applied.texts == {"third_party": 14}
    verified(sessions)
    with sessions() as session:
        runs = [entry.data["erased"] for entry in stream(session, Selection(kind="erasure.retention"))]
    assert len(runs) == 3
    assert all(len(spans) == 1 for erased in runs for spans in erased.values())


def test_a_reply_that_is_underway_keeps_its_text(past: Past, sessions: Sessions) -> None:
    reply = past.reply()
    with sessions.begin() as session:
        session.execute(text("update reply set state = 'in_doubt'"))
    keep(sessions, communications=1)
    retention.apply(sessions, at=LATER)
    with sessions() as session:
        assert session.get_one(Reply, reply.id).text == "Sorry! Version 4 keeps it."


def test_presets_say_three_and_six_years(sessions: Sessions) -> None:
    with sessions.begin() as session:
        retention.choose_preset(session, "broker", at=AT, by="employee:3")
    with sessions() as session:
        assert retention.rules(session) == {"communications": 1096, "decisions": 2192, "third_party": 1096}
        with pytest.raises(NotFound, match="six-years"):
            retention.choose_preset(session, "forever", at=AT, by="employee:3")
        with pytest.raises(NotFound, match="third_party"):
            retention.keep(session, {"everything": 3}, at=AT, by="employee:3")


def test_a_hold_keeps_what_it_covers_and_nothing_else(past: Past, sessions: Sessions) -> None:
    first = past.reply(by=0)
    second = past.reply(by=1, author="otto", said="And mine?")
    hold(sessions, Selection(employee=past.people[0].id))
    keep(sessions, third_party=10, communications=10, decisions=10)
    retention.apply(sessions, at=LATER)
    verified(sessions)
    with sessions() as session:
        kept, gone = story(session, first.id), story(session, second.id)
        assert session.get_one(Reply, first.id).text
        assert not session.get_one(Reply, second.id).text
    assert kept.steps[3].texts["parent"] == "Why does the reader lose my place?"
    assert not gone.steps[3].texts
    assert kept.thread[0].text
    assert not gone.thread[0].text


def test_when_a_hold_is_lifted_the_rules_apply_again(past: Past, sessions: Sessions) -> None:
    past.reply()
    hold(sessions, Selection())
    keep(sessions, third_party=10, communications=10)
    assert sum(retention.apply(sessions, at=LATER).texts.values()) == 0
    with sessions.begin() as session:
        holds.lift(session, "Case 7", reason="Settled.", at=AT, by="employee:3")
    assert sum(retention.apply(sessions, at=LATER).texts.values()) == 6
    verified(sessions)


def test_a_hold_has_a_name_of_its_own_and_is_recorded(sessions: Sessions) -> None:
    hold(sessions, Selection(author="mona"))
    with pytest.raises(Conflict, match="Case 7"):
        hold(sessions, Selection())
    with sessions() as session:
        [entry] = stream(session, Selection(kind="hold"))
        assert entry.texts["covers"] == "author mona"
        assert holds.named(session, "Case 7").covers == {"author": "mona"}
        with pytest.raises(NotFound):
            holds.named(session, "Case 8")


def test_a_person_is_erased_everywhere_and_others_are_not(past: Past, sessions: Sessions) -> None:
    past.reply(author="otto", said="Otto asks", name="Otto Oak")
    past.reply(said="I, Mona, ask.", answer="Sorry, @mona! Version 4 keeps it.")
    past.reply(author="otto", said="I agree with @mona there, harmonally.", name="Otto Oak")
    certificate = erase(sessions)
    left = everywhere(sessions).lower()
    assert "@mona" not in left
    assert "mona moon" not in left
    assert "id-mona" not in left
    assert "i, mona, ask" not in left
    assert "harmonally" in left
    assert "otto asks" in left
    report = verified(sessions)
    assert report.erased == certificate.texts > 0
    assert certificate.posts == 1


def test_a_certificate_proves_to_its_holder_alone_whom_the_entry_is_about(past: Past, sessions: Sessions) -> None:
    past.reply()
    certificate = erase(sessions, "@mona")
    signer = Signer("chorus", Ed25519PrivateKey.generate())
    assert open_note(certificate.signed(signer), signer.key) == certificate.text()
    with sessions() as session:
        [entry] = stream(session, Selection(kind="erasure.person"))
    assert (entry.seq, entry.hash) == (certificate.entry, certificate.hash)
    assert entry.data["person"] == keyed_hash(certificate.salt, "plaza:@mona")
    assert certificate.salt.hex() not in everywhere(sessions)


def test_a_hold_is_stronger_than_a_request_and_the_certificate_says_so(past: Past, sessions: Sessions) -> None:
    past.reply()
    hold(sessions, Selection(author="mona"))
    certificate = erase(sessions)
    assert (certificate.posts, certificate.texts) == (0, 0)
    assert certificate.kept > 0
    assert "kept under legal hold 1" in certificate.text()
    assert "Why does the reader lose my place?" in texts(sessions)
    with sessions() as session:
        assert session.scalars(select(PostRecord.author_handle)).one() == "mona"
    verified(sessions)


def test_nobody_unknown_is_erased(past: Past, sessions: Sessions) -> None:
    past.reply()
    with pytest.raises(NotFound, match="zoe"):
        erase(sessions, "zoe")
    assert len(texts(sessions)) == 6


@pytest.mark.parametrize("handle", ["a.*b", "x'y", "mo%na", "(mona", "mona\\", "моника", "mona@plaza.example"])
def test_a_strange_name_is_only_a_name(past: Past, sessions: Sessions, handle: str) -> None:
    past.reply(author="otto", said="Nothing of theirs", name="O")
    past.reply(author=handle, said="Strange", answer=f"Sorry, @{handle}!", name="M")
    erase(sessions, handle)
    verified(sessions)
    left = everywhere(sessions)
    assert handle not in left
    assert "Nothing of theirs" in left


def test_somebody_who_left_is_known_by_number_alone(past: Past, sessions: Sessions) -> None:
    reply = past.reply(by=1)
    hold(sessions, Selection(employee=past.people[1].id))

    def forget() -> None:
        with sessions.begin() as session:
            people.forget_employee(session, past.people[1].id, basis="GDPR 17(1)(a)", at=LATER, by="employee:1")

    with pytest.raises(Conflict, match="legal hold"):
        forget()
    with sessions.begin() as session:
        holds.lift(session, "Case 7", reason="Settled.", at=AT, by="employee:1")
    forget()
    assert "Bea" not in everywhere(sessions)
    with sessions() as session:
        told = story(session, reply.id)
    assert told.approved_by == "Former employee 2"
    assert told.public == "Sorry! Version 4 keeps it."
    verified(sessions)


def test_what_the_platform_deleted_is_emptied_here_too(past: Past, sessions: Sessions) -> None:
    past.reply(said="Please forget this.")
    past.reply(author="otto", said="Keep this.", name="Otto Oak")
    with sessions.begin() as session:
        session.scalars(select(PostRecord).where(PostRecord.author_handle == "mona")).one().status = PostStatus.DELETED
    with sessions.begin() as session:
        assert purge_deleted(session, at=LATER) == 1
    with sessions.begin() as session:
        assert purge_deleted(session, at=LATER) == 0
    left = everywhere(sessions)
    assert "forget this" not in left
    assert "Keep this." in left
    assert "Sorry! Version 4 keeps it." in left
    verified(sessions)


def test_the_bots_own_role_may_do_all_of_it(past: Past, sessions: Sessions, database_url: str) -> None:
    past.reply()
    past.reply(author="otto", name="O")
    app = database.connect(as_app(database_url))
    try:
        as_bot = database.sessions_of(app)
        hold(as_bot, Selection(author="otto"))
        keep(as_bot, third_party=10)
        erase(as_bot)
        retention.apply(as_bot, at=LATER)
    finally:
        app.dispose()
    verified(sessions)


def test_an_erasure_that_fails_erases_nothing(past: Past, sessions: Sessions) -> None:
    past.reply()
    with sessions() as session:
        erase_person(session, "plaza", "mona", basis="x", at=LATER, by="employee:3")
        session.rollback()
    assert len(texts(sessions)) == 6
    assert verified(sessions).erased == 0
    with sessions() as session:
        assert session.scalars(select(Mention.reasons)).one()
        assert session.scalars(select(Draft.text)).one()


def test_a_text_that_was_erased_lawfully_is_told_from_one_that_was_taken_away(
    past: Past, sessions: Sessions, engine: Engine
) -> None:
    past.reply()
    erase(sessions)
    with sessions() as session:
        session.execute(text("alter table audit_text disable trigger all"))
        session.execute(text("delete from audit_text where field = 'typed'"))
        report = audit.verify(session)
    assert report.first is not None
    assert (report.first.kind, report.found) == ("text missing", 1)
    assert report.erased > 0


@given(st.sets(st.tuples(st.integers(1, 60), st.sampled_from("ab")), max_size=40), st.integers(61, 99))
def test_runs_explain_exactly_the_texts_that_were_chosen(chosen: set[tuple[int, str]], by: int) -> None:
    present: dict[str, list[int]] = {name: sorted(seq for seq, field in chosen if field == name) for name in "ab"}
    spans: erasure.Spans = {name: erasure.runs_of([(seq, seq - 1) for seq in seqs]) for name, seqs in present.items()}
    erased = Erased([(by, audit.canonical({"data": {"erased": spans}}))])
    for seq in range(1, 61):
        for name in "ab":
            assert (erased.by(seq, name) == by) is ((seq, name) in chosen)


def test_time_is_told_in_utc() -> None:
    certificate = Certificate(
        number="1",
        platform="plaza",
        person="mona",
        salt=b"s",
        basis="x",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        by="employee:3",
        posts=0,
        texts=0,
        kept=0,
        held_by=(),
        entry=1,
        hash=b"h",
    )
    assert "2026-01-01T00:00:00Z" in certificate.text()
