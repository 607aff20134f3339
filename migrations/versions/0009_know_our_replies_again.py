"""Know a reply of ours again when its platform brings it: by its id there, or by the link that a person brought."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_reply_external_id", "reply", ["external_id"])
    op.create_index("ix_reply_by_hand", "reply", ["url"], postgresql_where=sa.text("external_id = ''"))


def downgrade() -> None:
    op.drop_index("ix_reply_by_hand", table_name="reply")
    op.drop_index("ix_reply_external_id", table_name="reply")
