"""Keep guideline packs and facts in all their versions, and examples that people propose."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "guideline_pack",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("added_at", AT, nullable=False),
        sa.Column(
            "added_by_id",
            sa.BigInteger(),
            sa.ForeignKey("employee.id", name="fk_guideline_pack_added_by_id_employee"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guideline_pack")),
        sa.UniqueConstraint("sha256", name=op.f("uq_guideline_pack_sha256")),
    )
    op.create_table(
        "guideline_activation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "pack_id",
            sa.BigInteger(),
            sa.ForeignKey("guideline_pack.id", name="fk_guideline_activation_pack_id_guideline_pack"),
            nullable=False,
        ),
        sa.Column("at", AT, nullable=False),
        sa.Column(
            "by_id",
            sa.BigInteger(),
            sa.ForeignKey("employee.id", name="fk_guideline_activation_by_id_employee"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guideline_activation")),
    )
    op.create_table(
        "fact_version",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_by_id",
            sa.BigInteger(),
            sa.ForeignKey("employee.id", name="fk_fact_version_created_by_id_employee"),
            nullable=True,
        ),
        sa.Column("retired_at", AT, nullable=True),
        sa.Column(
            "retired_by_id",
            sa.BigInteger(),
            sa.ForeignKey("employee.id", name="fk_fact_version_retired_by_id_employee"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_version")),
    )
    op.create_index(
        "uq_fact_version_current", "fact_version", ["key"], unique=True, postgresql_where=sa.text("retired_at is null")
    )
    op.create_index("uq_fact_version_number", "fact_version", ["key", "version"], unique=True)
    op.create_table(
        "proposed_example",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("should_pass", sa.Boolean(), nullable=False),
        sa.Column("situation", postgresql.JSONB(), nullable=False),
        sa.Column("pack_sha256", sa.Text(), nullable=False),
        sa.Column("proposed_at", AT, nullable=False),
        sa.Column(
            "proposed_by_id",
            sa.BigInteger(),
            sa.ForeignKey("employee.id", name="fk_proposed_example_proposed_by_id_employee"),
            nullable=False,
        ),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("decided_at", AT, nullable=True),
        sa.Column(
            "decided_by_id",
            sa.BigInteger(),
            sa.ForeignKey("employee.id", name="fk_proposed_example_decided_by_id_employee"),
            nullable=True,
        ),
        sa.CheckConstraint("state in ('proposed', 'taken', 'declined')", name=op.f("ck_proposed_example_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposed_example")),
    )
    op.create_index(op.f("ix_proposed_example_state_id"), "proposed_example", ["state", "id"])


def downgrade() -> None:
    for table in ("proposed_example", "fact_version", "guideline_activation", "guideline_pack"):
        op.drop_table(table)
