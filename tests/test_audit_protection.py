"""What the database refuses, as the owner and as the bot's own role."""

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from bot import audit, database
from bot.audit.protection import as_app
from bot.database import Sessions

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)

REFUSAL = r"record|entry"
NO_RIGHT = r"permission denied|must be owner"

CHANGES = [
    "update audit_entry set kind = 'reply.cancelled' where seq = 1",
    "update audit_entry set body = body",
    "delete from audit_entry where seq = 2",
    "truncate audit_entry",
    "truncate audit_text",
    "truncate audit_head",
    "insert into audit_entry select seq, at, kind, actor, subject, body, prev, hash from audit_entry"
    " on conflict (seq) do update set kind = 'forged'",
    "insert into audit_entry select 9, at, kind, actor, subject, body, prev, hash from audit_entry where seq = 2",
    "insert into audit_entry select 3, at, kind, actor, subject, 'x', prev, sha256('x') from audit_entry where seq = 2",
    "update audit_text set text = 'We never said that.'",
    "delete from audit_text where seq = 1",
    "delete from audit_text",
    "update audit_head set seq = 1",
    "update audit_head set hash = sha256('x')",
    "delete from audit_head",
]


def fill(sessions: Sessions) -> None:
    with sessions.begin() as session:
        for number in (1, 2):
            audit.record(
                session,
                "reply.approved",
                at=AT,
                actor="employee:3",
                subject=f"reply:{number}",
                texts={"text": "We mended it."},
            )


@pytest.fixture
def app(database_url: str) -> Iterator[Engine]:
    engine = database.connect(as_app(database_url))
    yield engine
    engine.dispose()


def test_the_owner_is_refused_every_change(sessions: Sessions) -> None:
    fill(sessions)
    for change in CHANGES:
        with sessions() as session, pytest.raises(DBAPIError, match=REFUSAL):
            session.execute(text(change))


def test_the_owner_is_refused_even_where_triggers_are_said_to_be_a_replicas(sessions: Sessions) -> None:
    fill(sessions)
    for change in CHANGES:
        with sessions() as session:
            session.execute(text("set session_replication_role = replica"))
            with pytest.raises(DBAPIError, match=REFUSAL):
                session.execute(text(change))


def test_the_bots_own_role_has_no_right_to_change_or_unprotect_anything(app: Engine, sessions: Sessions) -> None:
    fill(sessions)
    attempts = [
        *CHANGES,
        "insert into audit_entry select * from audit_entry where false",
        "insert into audit_text (seq, field, salt, text) values (1, 'note', 'salt', 'forged')",
        "alter table audit_entry disable trigger all",
        "drop table audit_entry",
        "drop function audit_refuse() cascade",
        "set session_replication_role = replica",
        "update alembic_version set version_num = '0001'",
    ]
    for attempt in attempts:
        with app.connect() as connection, pytest.raises(ProgrammingError, match=NO_RIGHT):
            connection.execute(text(attempt))


def test_the_bots_own_role_can_do_its_daily_work(app: Engine) -> None:
    sessions = database.sessions_of(app)
    fill(sessions)
    with sessions.begin() as session:
        assert session.execute(text("select current_user")).scalar_one() == "chorus_app"
        session.execute(text("insert into venue (platform, name, timezone, rules) values ('plaza', 'here', 'UTC', '')"))
        session.execute(text("delete from venue"))
        assert session.execute(text("select seq from audit_head")).scalar_one() == 2


@pytest.mark.parametrize("given", ["", "options=-cstatement_timeout%3D9s", "application_name=a%2Bb"])
def test_the_address_of_the_bots_own_role_is_understood_by_every_driver(database_url: str, given: str) -> None:
    address = as_app(f"{database_url}{'&' if '?' in database_url else '?'}{given}")
    with psycopg.connect(address) as connection:
        assert connection.execute("select current_user").fetchone() == ("chorus_app",)
        assert connection.info.parameter_status("application_name") in ("", "a+b")
    engine = database.connect(address)
    with engine.connect() as session:
        assert session.execute(text("select current_user")).scalar_one() == "chorus_app"
        timeout = session.execute(text("show statement_timeout")).scalar_one()
    engine.dispose()
    assert timeout == ("9s" if "timeout" in given else "0")


def test_a_session_that_only_says_it_erases_is_refused(sessions: Sessions) -> None:
    fill(sessions)
    with sessions() as session:
        session.execute(text("set chorus.erasure = '1'"))
        with pytest.raises(DBAPIError, match="lists it"):
            session.execute(text("delete from audit_text where seq = 1"))


def test_protection_says_what_holds_for_the_owner(engine: Engine) -> None:
    found = audit.protection(engine)
    assert found.triggers
    assert found.superuser
    assert found.app_role
    assert not found.complete
    assert "could switch the protection off" in " ".join(found.lines())


def test_protection_says_what_holds_for_the_bots_own_role(app: Engine) -> None:
    found = audit.protection(app)
    assert found.complete
    assert found.lines()[-1] == "The user chorus_app has no right to change the record."


def test_protection_notices_a_trigger_that_was_switched_off(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("alter table audit_entry disable trigger audit_entry_unchanged"))
    found = audit.protection(engine)
    assert not found.triggers
    assert "somebody disabled or dropped them" in found.lines()[0]


@pytest.fixture
def plain_owner(empty_database_url: str, postgres: str) -> Iterator[Engine]:
    """An engine for somebody who owns a database and may do nothing else."""
    name = make_url(empty_database_url).database
    admin = database.connect(postgres)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"create role {name}_owner login nosuperuser nocreaterole"))
        connection.execute(text(f"alter database {name} owner to {name}_owner"))
    url = make_url(empty_database_url).set(username=f"{name}_owner", password=None)
    owner = database.connect(url.render_as_string(hide_password=False))
    yield owner
    owner.dispose()
    admin.dispose()


def test_a_plain_owner_gets_the_triggers_and_is_told_what_they_cannot_do(plain_owner: Engine) -> None:
    database.migrate(plain_owner)
    found = audit.protection(plain_owner)
    with plain_owner.connect() as connection, pytest.raises(DBAPIError, match=REFUSAL):
        connection.execute(text("truncate audit_entry"))
    assert found.triggers
    assert found.owner
    assert not found.superuser
    assert "owns the tables" in found.lines()[1]


def test_rights_can_be_granted_once_somebody_has_made_the_role(
    plain_owner: Engine, empty_database_url: str, app: Engine
) -> None:
    database.migrate(plain_owner)
    assert audit.grant_rights(plain_owner).triggers
    bot = database.connect(as_app(empty_database_url))
    try:
        fill(database.sessions_of(bot))
        with bot.connect() as connection, pytest.raises(ProgrammingError, match=NO_RIGHT):
            connection.execute(text("delete from audit_entry"))
    finally:
        bot.dispose()
