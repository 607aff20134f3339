"""Who somebody is: the employee behind a Slack user."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from bot.deps import Deps
from bot.models import Employee, Role
from bot.settings import Settings

EVERYBODY = "*"


def employee_of(deps: Deps, slack_user: str, name: str = "") -> Employee:
    """Return the person behind a Slack user, with the roles they have now; noted when first seen."""
    roles = list(deps.roles_of(slack_user))
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


def roles_from(settings: Settings, slack_user: str) -> tuple[str, ...]:
    """Return the roles that the settings give a Slack user."""
    lists = {
        Role.EMPLOYEE: settings.employees,
        Role.MANAGER: settings.managers,
        Role.REVIEWER: settings.reviewers,
        Role.ADMIN: settings.admins,
    }
    return tuple(role.value for role, users in lists.items() if slack_user in users or EVERYBODY in users)
