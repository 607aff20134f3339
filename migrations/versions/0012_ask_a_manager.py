"""Keep the questions that limits leave to managers, and their answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "manager_question",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("mention_id", sa.BigInteger(), nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("limits", postgresql.JSONB(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("answered_by_id", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint("state in ('open', 'allowed', 'declined')", name="ck_manager_question_state"),
        sa.ForeignKeyConstraint(
            ["mention_id"], ["mention.id"], ondelete="CASCADE", name="fk_manager_question_mention_id_mention"
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], ondelete="CASCADE", name="fk_manager_question_draft_id_draft"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_manager_question_account_id_account"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["employee.id"], name="fk_manager_question_asked_by_id_employee"),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["employee.id"], name="fk_manager_question_answered_by_id_employee"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_manager_question"),
    )
    op.create_index("ix_manager_question_state_id", "manager_question", ["state", "id"])
    op.create_index("ix_manager_question_mention_id", "manager_question", ["mention_id"])


def downgrade() -> None:
    op.drop_table("manager_question")
