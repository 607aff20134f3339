"""Keep after how many days without a review a fact corrects nobody."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fact_policy",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("review_days", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["employee.id"], name="fk_fact_policy_by_id_employee"),
        sa.PrimaryKeyConstraint("id", name="pk_fact_policy"),
    )


def downgrade() -> None:
    op.drop_table("fact_policy")
