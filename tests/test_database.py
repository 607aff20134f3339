"""The schema: up, like the records, and down again."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from procrastinate.schema import SchemaManager
from sqlalchemy import Engine, inspect, text

from bot import database
from bot.models import Record
from migrations import PROCRASTINATE_SCHEMA


def ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and str(name).startswith("procrastinate_"))


def test_the_migrations_make_exactly_what_the_records_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": ours, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Record.metadata) == []


def test_going_down_to_the_base_leaves_nothing(empty_database_url: str) -> None:
    engine = database.connect(empty_database_url)
    database.migrate(engine)
    assert not database.pending(engine)
    database.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    with engine.connect() as connection:
        left = connection.execute(
            text("select count(*) from pg_proc where pronamespace = 'public'::regnamespace")
        ).scalar_one()
    assert left == 0
    assert database.pending(engine)
    database.migrate(engine)
    assert not database.pending(engine)
    engine.dispose()


def test_the_job_engine_has_the_schema_its_release_ships() -> None:
    """When this fails, procrastinate was upgraded: wrap its new SQL files in a migration."""
    assert PROCRASTINATE_SCHEMA.read_text().strip() == SchemaManager.get_schema().strip()
