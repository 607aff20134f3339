"""Keep what Slack was told we have taken until it is done, so that a lost process loses no click."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seen_request", sa.Column("body", postgresql.JSONB(none_as_null=True), nullable=True))
    undone = sa.text("body is not null")
    op.create_index("ix_seen_request_undone", "seen_request", ["at"], postgresql_where=undone)


def downgrade() -> None:
    op.drop_index("ix_seen_request_undone", table_name="seen_request")
    op.drop_column("seen_request", "body")
