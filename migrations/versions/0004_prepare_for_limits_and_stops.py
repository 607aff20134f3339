"""Add fingerprints of replies, what platform-wide and brand-wide limits count by, and what a stop lets pass."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PLACED = (
    "state in ('approved', 'deleted', 'edited', 'handed_off', 'in_doubt', 'pending_remote', 'posted', 'removed',"
    " 'sending')"
)


def upgrade() -> None:
    op.create_table(
        "reply_print",
        sa.Column("reply_id", sa.BigInteger(), nullable=False),
        sa.Column("bands", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(
            ["reply_id"], ["reply.id"], name=op.f("fk_reply_print_reply_id_reply"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("reply_id", name=op.f("pk_reply_print")),
    )
    op.create_index(
        "ix_reply_print_bands",
        "reply_print",
        ["bands"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.add_column(
        "stop", sa.Column("allowed", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False)
    )
    op.add_column("stop", sa.Column("is_drill", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index("ix_reply_platform_counted_at", "reply", ["platform", "counted_at"])
    op.create_index("ix_reply_counted_at", "reply", ["counted_at"])
    for column in ("account_id", "venue_id"):
        op.create_index(
            f"ix_reply_{column}_commercial",
            "reply",
            [column, "counted_at"],
            postgresql_include=["is_commercial"],
            postgresql_where=sa.text(PLACED),
        )


def downgrade() -> None:
    op.drop_index("ix_reply_venue_id_commercial", table_name="reply")
    op.drop_index("ix_reply_account_id_commercial", table_name="reply")
    op.drop_column("stop", "is_drill")
    op.drop_column("stop", "allowed")
    op.drop_index("ix_reply_counted_at", table_name="reply")
    op.drop_index("ix_reply_platform_counted_at", table_name="reply")
    op.drop_table("reply_print")
