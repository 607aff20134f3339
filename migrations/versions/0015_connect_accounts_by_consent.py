"""Keep our apps on the platforms, when a token is to be renewed, and that an account was disconnected."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "platform_app",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("back", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_platform_app"),
        sa.UniqueConstraint("platform", "site", name="uq_platform_app_platform_site"),
    )
    op.add_column("account", sa.Column("renew_at", _MOMENT, nullable=True))
    op.add_column("account", sa.Column("disconnected_at", _MOMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("account", "disconnected_at")
    op.drop_column("account", "renew_at")
    op.drop_table("platform_app")
