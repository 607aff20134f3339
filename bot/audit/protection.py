"""What keeps the record from being changed in this database, and what does not."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, make_url, text

APP_ROLE = "chorus_app"
"""The role with the least rights; made by the migrations where they may."""

_RIGHTS = Path(__file__).parents[2] / "migrations" / "sql" / "audit-rights.sql"

GUARDS = 9
"""How many triggers stand on the tables of the record, each firing always."""


@dataclass(frozen=True, slots=True)
class Protection:
    """What holds for the database user that Chorus runs as."""

    user: str
    superuser: bool
    owner: bool
    app_role: bool
    may_become_app: bool
    guards: int

    @property
    def triggers(self) -> bool:
        """Whether every trigger that refuses a change is in place."""
        return self.guards == GUARDS

    @property
    def complete(self) -> bool:
        """Whether the bot itself could not quietly change the record, even by mistake or by injected SQL."""
        return self.triggers and not self.superuser and not self.owner

    def lines(self) -> tuple[str, ...]:
        """Say it to a person, with what to do."""
        return (self._about_triggers(), self._about_rights())

    def _about_triggers(self) -> str:
        if self.triggers:
            return "The database refuses to change, delete or truncate audit entries."
        return f"Only {self.guards} of {GUARDS} triggers protect the audit entries: somebody disabled or dropped them."

    def _about_rights(self) -> str:
        if self.complete:
            return f"The user {self.user} has no right to change the record."
        power = "is a superuser" if self.superuser else "owns the tables"
        start = f"The user {self.user} {power} and could switch the protection off; only checkpoints would show it."
        if not self.app_role:
            return f"{start} It may not create roles: have a role {APP_ROLE} made, then run chorus migrate again."
        return f"{start} For a stricter house run the bot as a user of its own: grant {APP_ROLE} to chorus_bot."


def protection(engine: Engine) -> Protection:
    """Look at what protects the record for the user of this engine."""
    with engine.connect() as connection:
        row = connection.execute(_LOOK, {"role": APP_ROLE}).one()
    return Protection(
        user=row.name,
        superuser=row.superuser,
        owner=row.owner,
        app_role=row.app_role,
        may_become_app=row.may_become_app,
        guards=row.guards,
    )


def grant_rights(engine: Engine) -> Protection:
    """Give the bot's own role its rights, where there is one by now or may be made one, and tell what holds. Part of
    every `chorus migrate`: the role may have been made after the tables."""
    with engine.begin() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        # The driver's own cursor: the file has percent signs.
        raw.cursor().execute(_RIGHTS.read_text())
    return protection(engine)


def as_app(url: str) -> str:
    """Return the address under which each connection gives up the rights it does not need for the bot's daily work.

    It works for every driver, since the server itself sets the role at the start of a connection. A connection that is
    made to run hostile SQL could take the rights back; a database user of its own for the bot is stricter.
    """
    address = make_url(url)
    given = address.query.get("options", "")
    options = given if isinstance(given, str) else " ".join(given)
    changed = address.update_query_dict({"options": f"{options} -crole={APP_ROLE}".strip()})
    where, _, query = changed.render_as_string(hide_password=False).partition("?")
    # PostgreSQL's own client does not take a plus sign for a blank.
    return f"{where}?{query.replace('+', '%20')}"


_LOOK = text(
    """
    select current_user as name,
        (select rolsuper from pg_roles where rolname = current_user) as superuser,
        pg_has_role(current_user, (select relowner from pg_class where oid = 'audit_entry'::regclass), 'member')
            as owner,
        exists (select from pg_roles where rolname = :role) as app_role,
        coalesce((select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = :role), false)
            as may_become_app,
        (select count(*) from pg_trigger
            where tgrelid in ('audit_entry'::regclass, 'audit_text'::regclass, 'audit_head'::regclass)
            and not tgisinternal and tgenabled = 'A') as guards
    """
)
