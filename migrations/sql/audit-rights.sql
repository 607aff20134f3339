-- Gives the role chorus_app what the bot needs for its daily work and no more. Safe to repeat.
do $$
declare
    place text := quote_ident(current_schema());
begin
    if not exists (select from pg_roles where rolname = 'chorus_app') then
        begin
            create role chorus_app nologin;
        exception
            when duplicate_object or unique_violation then null;
            when insufficient_privilege then return;
        end;
    end if;
    begin
        execute format('grant chorus_app to %I', current_user);
    exception when insufficient_privilege then null;
    end;
    execute 'grant usage on schema ' || place || ' to chorus_app';
    execute 'grant select, insert, update, delete on all tables in schema ' || place || ' to chorus_app';
    execute 'grant usage on all sequences in schema ' || place || ' to chorus_app';
    execute 'alter default privileges in schema ' || place
        || ' grant select, insert, update, delete on tables to chorus_app';
    execute 'alter default privileges in schema ' || place || ' grant usage on sequences to chorus_app';
    revoke insert, update, delete on audit_entry, audit_text, audit_head, alembic_version from chorus_app;
    revoke delete on audit_hold, review_rules, review_item from chorus_app;
    grant execute on function audit_append, audit_erase, audit_listed to chorus_app;
end $$;
