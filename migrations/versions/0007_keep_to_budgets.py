"""Keep to what platforms may cost and to the requests they have left, and know when each post was last looked at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)
_DUE = sa.text("not is_own and status in ('live', 'edited') and (text <> '' or author_handle <> '')")


def upgrade() -> None:
    _budgets()
    _spending()
    _requests()
    op.add_column("post", sa.Column("checked_at", _MOMENT, nullable=True))
    op.execute("update post set checked_at = seen_at")
    op.create_index("ix_post_due", "post", ["platform", "site", "checked_at"], postgresql_where=_DUE)
    op.add_column("source", sa.Column("pace", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("source", "pace")
    op.drop_index("ix_post_due", table_name="post")
    op.drop_column("post", "checked_at")
    for table in ("requests_left", "spending", "budget"):
        op.drop_table(table)


def _budgets() -> None:
    op.create_table(
        "budget",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("period", sa.String(40), nullable=False),
        sa.Column("amount", sa.Numeric(14, 4), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", _MOMENT, nullable=True),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_budget_amount_not_negative")),
        sa.CheckConstraint("period in ('day', 'month')", name=op.f("ck_budget_period")),
        sa.ForeignKeyConstraint(["created_by_id"], ["employee.id"], name=op.f("fk_budget_created_by_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget")),
        sa.UniqueConstraint("platform", "period", "version", name=op.f("uq_budget_platform_period_version")),
    )
    current = sa.text("retired_at is null")
    op.create_index("uq_budget_current", "budget", ["platform", "period"], unique=True, postgresql_where=current)


def _spending() -> None:
    op.create_table(
        "spending",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("amount", sa.Numeric(14, 4), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("reply_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind in ('read', 'reply', 'reply_with_link')", name=op.f("ck_spending_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_spending_account_id_account")),
        sa.ForeignKeyConstraint(["reply_id"], ["reply.id"], name=op.f("fk_spending_reply_id_reply")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spending")),
    )
    op.create_index("ix_spending_platform_at", "spending", ["platform", "at"])


def _requests() -> None:
    op.create_table(
        "requests_left",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("remaining", sa.BigInteger(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("told_at", _MOMENT, nullable=False),
        sa.Column("resets_at", _MOMENT, nullable=False),
        sa.Column("a_look", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_requests_left_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "use", name=op.f("pk_requests_left")),
    )
