"""Find posts by their words, however many there are."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WORDS = "to_tsvector('simple', (((left(text, 50000) || ' ') || author_handle) || ' ') || author_name)"


def upgrade() -> None:
    op.create_index("ix_post_words", "post", [sa.text(WORDS)], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("ix_post_words", table_name="post")
