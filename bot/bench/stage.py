"""Where measuring takes place: a PostgreSQL of its own with its usual settings, and fresh databases in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import Engine, make_url, text

from bot import database

Size = TypeVar("Size", int, float)


@dataclass(frozen=True, slots=True)
class Stage:
    """What a measurement is given. `quick` asks for sizes that show the way and prove nothing about speed.

    `template` is a migrated database on the server, of which fresh ones are copied.
    """

    server: str
    folder: Path
    quick: bool
    template: str = "bench_template"

    def size(self, whole: Size, quick: Size) -> Size:
        """Return how large to measure."""
        return quick if self.quick else whole

    @contextmanager
    def database(self) -> Iterator[str]:
        """Yield the address of a fresh, migrated database, dropped afterwards."""
        name = f"bench_{uuid4().hex[:12]}"
        _administer(self.server, f"create database {name} template {self.template}")
        try:
            yield _named(self.server, name)
        finally:
            _administer(self.server, f"drop database {name} with (force)")

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """Yield an engine on a fresh, migrated database."""
        with self.database() as url:
            engine = database.connect(url)
            try:
                yield engine
            finally:
                engine.dispose()


@contextmanager
def built(*, quick: bool) -> Iterator[Stage]:
    """Start a PostgreSQL in a folder that goes away again."""
    with TemporaryDirectory(prefix="chorus-bench-") as name, database.server(None, Path(name)) as server:
        stage = Stage(server, Path(name), quick)
        _administer(server, f"create database {stage.template}")
        template = database.connect(_named(server, stage.template))
        database.migrate(template)
        template.dispose()
        yield stage


def _administer(server: str, statement: str) -> None:
    engine = database.connect(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    engine.dispose()


def _named(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)
