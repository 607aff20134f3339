"""Find who else says the same wrong thing, and keep where we said something wrong ourselves."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "own_error",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "reply_id",
            sa.BigInteger(),
            sa.ForeignKey("reply.id", ondelete="CASCADE", name="fk_own_error_reply_id_reply"),
            nullable=False,
        ),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("fact_version", sa.BigInteger(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("found_at", AT, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("decided_at", AT, nullable=True),
        sa.Column(
            "decided_by_id",
            sa.BigInteger(),
            sa.ForeignKey("employee.id", name="fk_own_error_decided_by_id_employee"),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state in ('open', 'edited', 'followed_up', 'dismissed', 'lapsed')", name=op.f("ck_own_error_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_error")),
        sa.UniqueConstraint(
            "reply_id",
            "fact",
            "fact_version",
            "text_hash",
            name=op.f("uq_own_error_reply_id_fact_fact_version_text_hash"),
        ),
    )
    op.create_index(op.f("ix_own_error_state_id"), "own_error", ["state", "id"])
    op.create_index(op.f("ix_own_error_fact"), "own_error", ["fact"])
    op.create_index(
        "ix_mention_fact",
        "mention",
        [sa.text("(reasons ->> 'fact')"), "id"],
        postgresql_where=sa.text("reasons ->> 'fact' is not null"),
    )


def downgrade() -> None:
    op.drop_index("ix_mention_fact", table_name="mention")
    op.drop_table("own_error")
