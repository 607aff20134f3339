"""Protect the record: entries only ever appended, texts erased only by an entry that says so, rights as small as can be."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

RIGHTS = Path(__file__).parent.parent / "sql" / "audit-rights.sql"

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND = """
insert into audit_head (id, seq, hash) values (1, 0, decode(repeat('00', 32), 'hex'));

create function audit_append(
    at_ timestamptz[], kind_ text[], actor_ text[], subject_ text[], body_ bytea[],
    place_ integer[], field_ text[], salt_ bytea[], text_ text[]
) returns bigint language plpgsql security definer set search_path from current as $$
-- Chains entries and keeps their texts; place_ says to which entry, from 0, a text belongs. Returns the first number.
declare
    before bigint;
    number bigint;
    link bytea;
    last bytea;
    entry record;
begin
    select head.seq, head.hash into strict before, last from audit_head head where head.id = 1 for update;
    number := before;
    for entry in select * from unnest(at_, kind_, actor_, subject_, body_) as e (at, kind, actor, subject, body) loop
        number := number + 1;
        link := last;
        last := sha256(link || int8send(number) || entry.body);
        insert into audit_entry (seq, at, kind, actor, subject, body, prev, hash)
            values (number, entry.at, entry.kind, entry.actor, entry.subject, entry.body, link, last);
    end loop;
    insert into audit_text (seq, field, salt, text)
        select before + 1 + t.place, t.field, t.salt, t.text
        from unnest(place_, field_, salt_, text_) as t (place, field, salt, text);
    update audit_head set seq = number, hash = last where id = 1;
    return before + 1;
end $$;
"""

GUARDS = """
create function audit_refuse() returns trigger language plpgsql set search_path from current as $$
begin
    raise exception 'The record is append-only: % on % is refused.', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

create trigger audit_entry_unchanged before update or delete on audit_entry for each row execute function audit_refuse();
create trigger audit_entry_kept before truncate on audit_entry for each statement execute function audit_refuse();
create trigger audit_text_unchanged before update on audit_text for each row execute function audit_refuse();
create trigger audit_text_kept before truncate on audit_text for each statement execute function audit_refuse();
create trigger audit_head_kept before delete on audit_head for each row execute function audit_refuse();
create trigger audit_head_left before truncate on audit_head for each statement execute function audit_refuse();

create function audit_forward() returns trigger language plpgsql set search_path from current as $$
begin
    if new.seq < old.seq or not exists (select from audit_entry e where e.seq = new.seq and e.hash = new.hash) then
        raise exception 'The head of the record only moves forward, to an entry that exists.'
            using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger audit_head_forward before update on audit_head for each row execute function audit_forward();

create function audit_linked() returns trigger language plpgsql set search_path from current as $$
begin
    if new.hash <> sha256(new.prev || int8send(new.seq) || new.body)
            or new.prev is distinct from (case when new.seq = 1 then decode(repeat('00', 32), 'hex')
                else (select e.hash from audit_entry e where e.seq = new.seq - 1) end) then
        raise exception 'An entry must be linked to the one before it.' using errcode = 'insufficient_privilege';
    end if;
    return new;
end $$;
create trigger audit_entry_linked before insert on audit_entry for each row execute function audit_linked();
"""

ERASURE = """
create function audit_listed(entry bigint) returns table (field text, named int8multirange)
language sql stable set search_path from current as $$
    select listed.key, range_agg(int8range((span.value ->> 0)::bigint, (span.value ->> 1)::bigint, '[]'))
    from audit_entry e,
        jsonb_each(convert_from(e.body, 'UTF8')::jsonb #> '{data,erased}') listed,
        jsonb_array_elements(listed.value) span
    where e.seq = entry and e.kind like 'erasure.%'
    group by listed.key
$$;

create function audit_erase(
    at_ timestamptz, kind_ text, actor_ text, subject_ text, body_ bytea,
    field_ text[], salt_ bytea[], text_ text[]
) returns bigint language plpgsql security definer set search_path from current as $$
-- Appends an entry that lists texts, then deletes exactly the texts it lists; the only way in which a text can go.
declare
    entry bigint;
begin
    if kind_ not like 'erasure.%' then
        raise exception 'Texts are erased by entries of the kind erasure.…, not by %.', kind_;
    end if;
    entry := audit_append(array[at_], array[kind_], array[actor_], array[subject_], array[body_],
        array_fill(0, array[cardinality(field_)]), field_, salt_, text_);
    perform set_config('chorus.erasure', entry::text, true);
    delete from audit_text t using audit_listed(entry) l
        where t.field = l.field and t.seq < entry
            and t.seq between lower(l.named) and upper(l.named) and l.named @> t.seq;
    perform set_config('chorus.erasure', '', true);
    return entry;
end $$;

create function audit_text_guard() returns trigger language plpgsql set search_path from current as $$
declare
    entry bigint := nullif(current_setting('chorus.erasure', true), '')::bigint;
begin
    if exists (
        select from gone g left join audit_listed(entry) l on l.field = g.field
        where l.named is null or not l.named @> g.seq
    ) then
        raise exception 'A text of the record can only be erased by an entry that lists it.'
            using errcode = 'insufficient_privilege';
    end if;
    return null;
end $$;
create trigger audit_text_erased after delete on audit_text
    referencing old table as gone for each statement execute function audit_text_guard();
"""

ALWAYS = """
do $$
declare
    guard record;
begin
    for guard in select tgname, tgrelid::regclass as place from pg_trigger
        where tgrelid in ('audit_entry'::regclass, 'audit_text'::regclass, 'audit_head'::regclass) and not tgisinternal
    loop
        execute format('alter table %s enable always trigger %I', guard.place, guard.tgname);
    end loop;
end $$;
"""

NOT_FOR_ALL = """
revoke execute on function audit_append, audit_erase, audit_listed, audit_refuse, audit_forward, audit_linked,
    audit_text_guard from public;
"""

# The role belongs to the whole server and may serve another database: it stays, without any right here.
NO_RIGHTS = """
do $$
begin
    if exists (select from pg_roles where rolname = 'chorus_app') then
        execute 'drop owned by chorus_app';
    end if;
exception when insufficient_privilege then null;
end $$;
"""

DROP = """
drop trigger audit_entry_unchanged on audit_entry;
drop trigger audit_entry_kept on audit_entry;
drop trigger audit_entry_linked on audit_entry;
drop trigger audit_text_unchanged on audit_text;
drop trigger audit_text_kept on audit_text;
drop trigger audit_text_erased on audit_text;
drop trigger audit_head_kept on audit_head;
drop trigger audit_head_left on audit_head;
drop trigger audit_head_forward on audit_head;
drop function audit_append, audit_erase, audit_text_guard, audit_listed, audit_linked, audit_forward, audit_refuse;
delete from audit_head;
"""


def upgrade() -> None:
    op.add_column(
        "audit_text",
        sa.Column(
            "words",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('simple', left(text, 50000))", persisted=True),
            nullable=False,
        ),
    )
    op.create_index("ix_audit_text_words", "audit_text", ["words"], postgresql_using="gin")
    op.create_table(
        "audit_hold",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("covers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("placed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_hold")),
    )
    op.create_index(
        "uq_audit_hold_name", "audit_hold", ["name"], unique=True, postgresql_where=sa.text("lifted_at is null")
    )
    op.create_table(
        "audit_retention",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("set_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.CheckConstraint("days > 0", name=op.f("ck_audit_retention_days_positive")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_retention")),
    )
    op.create_table(
        "review_rules",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("terms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_rules")),
    )
    op.create_table(
        "review_item",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("reply_id", sa.BigInteger(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("risk", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "disposition",
            sa.Enum(
                "fine",
                "coach",
                "fix",
                "remove",
                "escalate",
                name="disposition",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("reviewed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["reply_id"], ["reply.id"], name=op.f("fk_review_item_reply_id_reply")),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["employee.id"], name=op.f("fk_review_item_reviewed_by_id_employee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        sa.UniqueConstraint("reply_id", name=op.f("uq_review_item_reply_id")),
    )
    op.create_index(op.f("ix_review_item_reviewed_by_id_reviewed_at"), "review_item", ["reviewed_by_id", "reviewed_at"])
    op.create_index(
        "ix_review_item_waiting", "review_item", ["risk", "id"], postgresql_where=sa.text("disposition is null")
    )
    for part in (APPEND, GUARDS, ERASURE, ALWAYS, NOT_FOR_ALL, RIGHTS.read_text()):
        _run(part)


def downgrade() -> None:
    _run(NO_RIGHTS)
    _run(DROP)
    op.drop_index("ix_review_item_waiting", table_name="review_item", postgresql_where=sa.text("disposition is null"))
    op.drop_index(op.f("ix_review_item_reviewed_by_id_reviewed_at"), table_name="review_item")
    op.drop_table("review_item")
    op.drop_table("review_rules")
    op.drop_table("audit_retention")
    op.drop_index("uq_audit_hold_name", table_name="audit_hold", postgresql_where=sa.text("lifted_at is null"))
    op.drop_table("audit_hold")
    op.drop_index("ix_audit_text_words", table_name="audit_text", postgresql_using="gin")
    op.drop_column("audit_text", "words")


def _run(statements: str) -> None:
    # The driver's own cursor: the text holds many statements and percent signs.
    op.get_bind().connection.cursor().execute(statements)
