"""Add the job engine's own tables and functions."""

from alembic import op

from migrations import PROCRASTINATE_SCHEMA

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DROP_EVERYTHING = """
do $$
declare name text;
begin
    for name in select tablename from pg_tables
        where schemaname = current_schema() and tablename like 'procrastinate\\_%' loop
        execute format('drop table %I cascade', name);
    end loop;
    for name in select p.oid::regprocedure::text from pg_proc p
        where p.pronamespace = current_schema()::regnamespace and p.proname like 'procrastinate\\_%' loop
        execute 'drop function ' || name || ' cascade';
    end loop;
    for name in select typname from pg_type t
        where t.typnamespace = current_schema()::regnamespace and t.typname like 'procrastinate\\_%' loop
        execute format('drop type %I cascade', name);
    end loop;
end $$
"""


def upgrade() -> None:
    # The driver's own cursor: the file holds many statements and percent signs.
    op.get_bind().connection.cursor().execute(PROCRASTINATE_SCHEMA.read_text())


def downgrade() -> None:
    op.get_bind().connection.cursor().execute(DROP_EVERYTHING)
