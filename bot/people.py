"""Who somebody is: the employee behind a Slack user."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from bot.deps import Deps
from bot.models import Employee, Role
from bot.settings import Settings

EVERYBODY = "*"

InGroup = Callable[[str, str], bool]
"""Whether a Slack user is in a Slack user group, by their ids."""


def _in_no_group(_group: str, _slack_user: str) -> bool:
    return False


def employee_of(deps: Deps, slack_user: str, name: str = "") -> Employee:
    """Return the person behind a Slack user, with the roles they have now; noted when first seen."""
    roles = list(deps.roles_of(slack_user))
    with deps.sessions() as session:
        known = session.scalar(select(Employee).where(Employee.slack_user == slack_user))
    if known is not None and known.roles == roles and known.name == (name or known.name):
        return known
    return _noted(deps, slack_user, name, roles)


def _noted(deps: Deps, slack_user: str, name: str, roles: list[str]) -> Employee:
    with deps.sessions.begin() as session:
        row = insert(Employee).values(
            slack_user=slack_user, name=name or slack_user, roles=roles, first_seen_at=deps.now()
        )
        session.execute(row.on_conflict_do_nothing(index_elements=["slack_user"]))
        person = session.scalars(select(Employee).where(Employee.slack_user == slack_user)).one()
        if person.roles != roles:
            person.roles = roles
        if name and person.name != name:
            person.name = name
    return person


def roles_from(settings: Settings, slack_user: str, in_group: InGroup = _in_no_group) -> tuple[str, ...]:
    """Return the roles that the settings give a Slack user, by name or through a Slack user group (S…)."""
    lists = {
        Role.EMPLOYEE: settings.employees,
        Role.MANAGER: settings.managers,
        Role.REVIEWER: settings.reviewers,
        Role.ADMIN: settings.admins,
    }

    def named(entries: tuple[str, ...]) -> bool:
        groups = (entry for entry in entries if entry.startswith("S"))
        return slack_user in entries or EVERYBODY in entries or any(in_group(group, slack_user) for group in groups)

    return tuple(role.value for role, entries in lists.items() if named(entries))
