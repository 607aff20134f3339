"""Keep what replies led to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS = (
    "answered",
    "thanked",
    "resolved",
    "corrected",
    "disputed",
    "lead",
    "opted_out",
    "edited",
    "deleted",
    "removed",
)


def upgrade() -> None:
    op.add_column("reply", sa.Column("watched_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.create_table(
        "outcome",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("reply_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind", sa.Enum(*KINDS, name="kind", native_enum=False, create_constraint=True, length=40), nullable=False
        ),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_outcome_post_id_post")),
        sa.ForeignKeyConstraint(["reply_id"], ["reply.id"], name=op.f("fk_outcome_reply_id_reply")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
    )
    op.create_index("uq_outcome_of_post", "outcome", ["reply_id", "post_id"], unique=True)
    op.create_index(op.f("ix_outcome_kind_seen_at"), "outcome", ["kind", "seen_at"])


def downgrade() -> None:
    op.drop_table("outcome")
    op.drop_column("reply", "watched_at")
