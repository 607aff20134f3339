"""Create the first records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("prev", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_actor_seq"), "audit_entry", ["actor", "seq"], unique=False)
    op.create_index(op.f("ix_audit_entry_at"), "audit_entry", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entry_kind_seq"), "audit_entry", ["kind", "seq"], unique=False)
    op.create_index(op.f("ix_audit_entry_subject_seq"), "audit_entry", ["subject", "seq"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_text",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "field", name=op.f("pk_audit_text")),
    )
    op.create_table(
        "employee",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("slack_user", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("first_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employee")),
        sa.UniqueConstraint("slack_user", name=op.f("uq_employee_slack_user")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("over_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index("uq_notice_open", "notice", ["subject"], unique=True, postgresql_where=sa.text("over_at is null"))
    op.create_table(
        "seen_request",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_seen_request")),
    )
    op.create_index(op.f("ix_seen_request_at"), "seen_request", ["at"], unique=False)
    op.create_table(
        "slack_outbox",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "failed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_outbox")),
    )
    op.create_index(op.f("ix_slack_outbox_state_not_before"), "slack_outbox", ["state", "not_before"], unique=False)
    op.create_index(
        "uq_slack_outbox_waiting",
        "slack_outbox",
        ["channel", "subject"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "tick",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("slot", sa.BigInteger(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", "slot", name=op.f("pk_tick")),
    )
    op.create_index(op.f("ix_tick_at"), "tick", ["at"], unique=False)
    op.create_table(
        "venue",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_venue")),
        sa.UniqueConstraint("platform", "name", name=op.f("uq_venue_platform_name")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column(
            "identity",
            sa.Enum("brand", "employee", name="identity", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("connected_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "condition",
            sa.Enum(
                "ok", "reauth", "denied", "down", name="condition", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("condition_detail", sa.Text(), nullable=False),
        sa.Column("max_length", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["employee_id"], ["employee.id"], name=op.f("fk_account_employee_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("platform", "site", "external_id", name=op.f("uq_account_platform_site_external_id")),
    )
    op.create_index(op.f("ix_account_employee_id"), "account", ["employee_id"], unique=False)
    op.create_table(
        "stop",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(
                "all",
                "platform",
                "venue",
                "account",
                "source",
                name="scope",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("thrown_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("thrown_by_id", sa.BigInteger(), nullable=True),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("lifted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("lifted_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["lifted_by_id"], ["employee.id"], name=op.f("fk_stop_lifted_by_id_employee")),
        sa.ForeignKeyConstraint(["thrown_by_id"], ["employee.id"], name=op.f("fk_stop_thrown_by_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stop")),
    )
    op.create_index(op.f("ix_stop_lifted_at"), "stop", ["lifted_at"], unique=False)
    op.create_table(
        "thread",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("root_external_id", sa.Text(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("read_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_thread_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
        sa.UniqueConstraint(
            "platform", "site", "root_external_id", name=op.f("uq_thread_platform_site_root_external_id")
        ),
    )
    op.create_index(op.f("ix_thread_venue_id"), "thread", ["venue_id"], unique=False)
    op.create_table(
        "throttle_limit",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("is_fixed", sa.Boolean(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=True),
        sa.Column("retired_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["employee.id"], name=op.f("fk_throttle_limit_created_by_id_employee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_throttle_limit")),
    )
    op.create_index(
        "uq_throttle_limit_current",
        "throttle_limit",
        ["name"],
        unique=True,
        postgresql_where=sa.text("retired_at is null"),
    )
    op.create_index("uq_throttle_limit_version", "throttle_limit", ["name", "version"], unique=True)
    op.create_table(
        "post",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.Column("author_external_id", sa.Text(), nullable=False),
        sa.Column("author_handle", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_url", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("parent_external_id", sa.Text(), nullable=True),
        sa.Column("edited_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("mentioned", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "live",
                "edited",
                "deleted",
                "hidden",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_post_thread_id_thread")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_post_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint("platform", "site", "external_id", name=op.f("uq_post_platform_site_external_id")),
    )
    op.create_index(
        op.f("ix_post_platform_author_external_id"), "post", ["platform", "author_external_id"], unique=False
    )
    op.create_index(op.f("ix_post_thread_id_created_at"), "post", ["thread_id", "created_at"], unique=False)
    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "mentions",
                "search",
                "hashtag",
                "feed",
                "thread",
                "webhook",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("poll_seconds", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "paused",
                "needs_attention",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("skipped", sa.BigInteger(), nullable=False),
        sa.Column(
            "fault",
            sa.Enum(
                "auth",
                "forbidden_by_policy",
                "not_summoned",
                "gone",
                "too_long",
                "duplicate",
                "rate_limited",
                "over_budget",
                "invalid",
                "transient",
                "unknown_outcome",
                name="fault",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("read_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("poll_seconds > 0", name=op.f("ck_source_poll_seconds_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_source_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.create_index(op.f("ix_source_state"), "source", ["state"], unique=False)
    op.create_table(
        "mention",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("collected_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "collected",
                "triaged",
                "open",
                "answered",
                "dismissed",
                "joined",
                "gone",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "question",
                "complaint",
                "praise",
                "false_claim",
                "lead",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "mood",
            sa.Enum(
                "positive", "neutral", "negative", name="mood", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column(
            "urgency",
            sa.Enum("low", "normal", "high", name="urgency", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("bands", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("suspicious", sa.Text(), nullable=False),
        sa.Column("joined_to_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("dismissed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("dismissed_reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["claimed_by_id"], ["employee.id"], name=op.f("fk_mention_claimed_by_id_employee")),
        sa.ForeignKeyConstraint(["dismissed_by_id"], ["employee.id"], name=op.f("fk_mention_dismissed_by_id_employee")),
        sa.ForeignKeyConstraint(["joined_to_id"], ["mention.id"], name=op.f("fk_mention_joined_to_id_mention")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_mention_post_id_post")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_mention_source_id_source")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_mention_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention")),
        sa.UniqueConstraint("post_id", name=op.f("uq_mention_post_id")),
    )
    op.create_index(op.f("ix_mention_bands"), "mention", ["bands"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_mention_joined_to_id"), "mention", ["joined_to_id"], unique=False)
    op.create_index(op.f("ix_mention_source_id_id"), "mention", ["source_id", "id"], unique=False)
    op.create_index(op.f("ix_mention_state_id"), "mention", ["state", "id"], unique=False)
    op.create_index(op.f("ix_mention_thread_id"), "mention", ["thread_id"], unique=False)
    op.create_table(
        "card",
        sa.Column("mention_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("attempted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("shown_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name=op.f("fk_card_mention_id_mention")),
        sa.PrimaryKeyConstraint("mention_id", name=op.f("pk_card")),
    )
    op.create_index("uq_card_place", "card", ["channel", "ts"], unique=True, postgresql_where=sa.text("ts is not null"))
    op.create_table(
        "draft",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("mention_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "origin",
            sa.Enum(
                "fact",
                "past_reply",
                "template",
                "model",
                "person",
                name="origin",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("origin_detail", sa.Text(), nullable=False),
        sa.Column("verdict", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("forecast", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("based_on_id", sa.BigInteger(), nullable=True),
        sa.Column("written_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["based_on_id"], ["draft.id"], name=op.f("fk_draft_based_on_id_draft")),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name=op.f("fk_draft_mention_id_mention")),
        sa.ForeignKeyConstraint(["written_by_id"], ["employee.id"], name=op.f("fk_draft_written_by_id_employee")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_mention_id_id"), "draft", ["mention_id", "id"], unique=False)
    op.create_table(
        "reply",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("intent_id", sa.Uuid(), nullable=False),
        sa.Column("mention_id", sa.BigInteger(), nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("venue_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_post_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("approved_by_id", sa.BigInteger(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("author_external_id", sa.Text(), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("parent_hash", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("approved_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("counted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("not_before", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("is_commercial", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "approved",
                "sending",
                "posted",
                "pending_remote",
                "in_doubt",
                "failed",
                "cancelled",
                "handed_off",
                "edited",
                "deleted",
                "removed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("attempted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("deferrals", sa.BigInteger(), nullable=False),
        sa.Column("looks", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "fault",
            sa.Enum(
                "auth",
                "forbidden_by_policy",
                "not_summoned",
                "gone",
                "too_long",
                "duplicate",
                "rate_limited",
                "over_budget",
                "invalid",
                "transient",
                "unknown_outcome",
                name="fault",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("posted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_reply_account_id_account")),
        sa.ForeignKeyConstraint(["approved_by_id"], ["employee.id"], name=op.f("fk_reply_approved_by_id_employee")),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_reply_draft_id_draft")),
        sa.ForeignKeyConstraint(["mention_id"], ["mention.id"], name=op.f("fk_reply_mention_id_mention")),
        sa.ForeignKeyConstraint(["parent_post_id"], ["post.id"], name=op.f("fk_reply_parent_post_id_post")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_reply_thread_id_thread")),
        sa.ForeignKeyConstraint(["venue_id"], ["venue.id"], name=op.f("fk_reply_venue_id_venue")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
        sa.UniqueConstraint("intent_id", name=op.f("uq_reply_intent_id")),
    )
    op.create_index(op.f("ix_reply_account_id_counted_at"), "reply", ["account_id", "counted_at"], unique=False)
    op.create_index(op.f("ix_reply_approved_by_id_counted_at"), "reply", ["approved_by_id", "counted_at"], unique=False)
    op.create_index(op.f("ix_reply_mention_id"), "reply", ["mention_id"], unique=False)
    op.create_index(
        op.f("ix_reply_platform_author_external_id_counted_at"),
        "reply",
        ["platform", "author_external_id", "counted_at"],
        unique=False,
    )
    op.create_index(op.f("ix_reply_thread_id_counted_at"), "reply", ["thread_id", "counted_at"], unique=False)
    op.create_index(op.f("ix_reply_venue_id_counted_at"), "reply", ["venue_id", "counted_at"], unique=False)
    op.create_index(
        "ix_reply_waiting",
        "reply",
        ["state", "not_before"],
        unique=False,
        postgresql_where=sa.text("state in ('approved', 'sending', 'in_doubt')"),
    )
    op.create_index(
        "uq_reply_in_flight",
        "reply",
        ["thread_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("state in ('sending', 'in_doubt')"),
    )
    op.create_index(
        "uq_reply_same_text",
        "reply",
        ["account_id", "parent_post_id", "text_hash"],
        unique=True,
        postgresql_where=sa.text("state not in ('cancelled', 'failed', 'deleted', 'removed')"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_reply_same_text",
        table_name="reply",
        postgresql_where=sa.text("state not in ('cancelled', 'failed', 'deleted', 'removed')"),
    )
    op.drop_index(
        "uq_reply_in_flight", table_name="reply", postgresql_where=sa.text("state in ('sending', 'in_doubt')")
    )
    op.drop_index(
        "ix_reply_waiting", table_name="reply", postgresql_where=sa.text("state in ('approved', 'sending', 'in_doubt')")
    )
    op.drop_index(op.f("ix_reply_venue_id_counted_at"), table_name="reply")
    op.drop_index(op.f("ix_reply_thread_id_counted_at"), table_name="reply")
    op.drop_index(op.f("ix_reply_platform_author_external_id_counted_at"), table_name="reply")
    op.drop_index(op.f("ix_reply_mention_id"), table_name="reply")
    op.drop_index(op.f("ix_reply_approved_by_id_counted_at"), table_name="reply")
    op.drop_index(op.f("ix_reply_account_id_counted_at"), table_name="reply")
    op.drop_table("reply")
    op.drop_index(op.f("ix_draft_mention_id_id"), table_name="draft")
    op.drop_table("draft")
    op.drop_index("uq_card_place", table_name="card", postgresql_where=sa.text("ts is not null"))
    op.drop_table("card")
    op.drop_index(op.f("ix_mention_thread_id"), table_name="mention")
    op.drop_index(op.f("ix_mention_state_id"), table_name="mention")
    op.drop_index(op.f("ix_mention_source_id_id"), table_name="mention")
    op.drop_index(op.f("ix_mention_joined_to_id"), table_name="mention")
    op.drop_index(op.f("ix_mention_bands"), table_name="mention", postgresql_using="gin")
    op.drop_table("mention")
    op.drop_index(op.f("ix_source_state"), table_name="source")
    op.drop_table("source")
    op.drop_index(op.f("ix_post_thread_id_created_at"), table_name="post")
    op.drop_index(op.f("ix_post_platform_author_external_id"), table_name="post")
    op.drop_table("post")
    op.drop_index("uq_throttle_limit_version", table_name="throttle_limit")
    op.drop_index(
        "uq_throttle_limit_current", table_name="throttle_limit", postgresql_where=sa.text("retired_at is null")
    )
    op.drop_table("throttle_limit")
    op.drop_index(op.f("ix_thread_venue_id"), table_name="thread")
    op.drop_table("thread")
    op.drop_index(op.f("ix_stop_lifted_at"), table_name="stop")
    op.drop_table("stop")
    op.drop_index(op.f("ix_account_employee_id"), table_name="account")
    op.drop_table("account")
    op.drop_table("venue")
    op.drop_index(op.f("ix_tick_at"), table_name="tick")
    op.drop_table("tick")
    op.drop_index("uq_slack_outbox_waiting", table_name="slack_outbox", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index(op.f("ix_slack_outbox_state_not_before"), table_name="slack_outbox")
    op.drop_table("slack_outbox")
    op.drop_index(op.f("ix_seen_request_at"), table_name="seen_request")
    op.drop_table("seen_request")
    op.drop_index("uq_notice_open", table_name="notice", postgresql_where=sa.text("over_at is null"))
    op.drop_table("notice")
    op.drop_table("employee")
    op.drop_table("audit_text")
    op.drop_table("audit_head")
    op.drop_index(op.f("ix_audit_entry_subject_seq"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_kind_seq"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_at"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_actor_seq"), table_name="audit_entry")
    op.drop_table("audit_entry")
