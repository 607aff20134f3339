"""What all tests share: one PostgreSQL for the run, a fresh database for each test that asks, and a clock to drive."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, make_url, text

from bot import database
from bot.demo.plaza import Plaza
from bot.deps import utc_now

_numbers = count(1)

settings.register_profile("chorus", deadline=None)
settings.load_profile("chorus")
"""The first example pays for what is loaded once, and machines are shared; `--timeout` bounds every test."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL for this run, tuned for tests: nothing in it needs to survive a power cut."""
    with tempfile.TemporaryDirectory(prefix="chorus-test-") as folder, database.server(None, Path(folder)) as url:
        engine = database.connect(url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for setting in ("fsync", "full_page_writes"):
                connection.execute(text(f"alter system set {setting} = off"))
            connection.execute(text("select pg_reload_conf()"))
            connection.execute(text("create database template_chorus"))
        engine.dispose()
        template = database.connect(_named(url, "template_chorus"))
        database.migrate(template)
        template.dispose()
        yield url


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """Address of a fresh, migrated database."""
    with _database(postgres, "template template_chorus") as url:
        yield url


@pytest.fixture
def empty_database_url(postgres: str) -> Iterator[str]:
    """Address of a database without any schema."""
    with _database(postgres) as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated database."""
    engine = database.connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> database.Sessions:
    """Sessions on a fresh, migrated database."""
    return database.sessions_of(engine)


class DrivenClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, start: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)) -> None:
        self.moment = start

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **parts: float) -> datetime:
        """Move it by `timedelta(**parts)`."""
        self.moment += timedelta(**parts)
        return self.moment


@pytest.fixture
def clock() -> DrivenClock:
    """A clock to drive."""
    return DrivenClock()


@pytest.fixture
def driven(clock: DrivenClock) -> DrivenClock:
    """A clock to drive that begins now, for tests beside a Plaza, which lives in real time."""
    clock.moment = utc_now()
    return clock


@pytest.fixture
def plaza() -> Iterator[Plaza]:
    """A public platform on which nobody has said anything yet."""
    with Plaza(lively=False) as plaza:
        yield plaza


@contextmanager
def _database(postgres: str, how: str = "") -> Iterator[str]:
    name = f"chorus_{next(_numbers)}"
    admin = database.connect(postgres)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"create database {name} {how}"))
        yield _named(postgres, name)
        connection.execute(text(f"drop database {name} with (force)"))
    admin.dispose()


def _named(url: str, database_name: str) -> str:
    return make_url(url).set(database=database_name).render_as_string(hide_password=False)
