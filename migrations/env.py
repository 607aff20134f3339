"""How Alembic sees the database: our records, without the tables that the job engine owns."""

from alembic import context

from bot.models import Record

_connection = context.config.attributes["connection"]


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


context.configure(
    connection=_connection,
    target_metadata=Record.metadata,
    include_name=_ours,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
