"""Who may do what: one table, asked by every surface."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from bot.errors import NotAllowed
from bot.models import Employee, Role


class Act(StrEnum):
    """Something a person may want to do. The value completes the sentence “You may not …”."""

    READ = "see conversations"
    CLAIM = "claim a conversation"
    REPLY = "approve a reply"
    DISMISS = "decide for no reply"
    UNDO = "undo a reply"
    RESOLVE_DOUBT = "settle a reply in doubt"
    EDIT_LIMITS = "change limits"
    OVERRIDE = "override a limit"
    STOP = "throw or lift the stop switch"
    EDIT_SOURCES = "change sources"
    CONNECT = "connect an account of your own"
    CONNECT_BRAND = "connect the company's accounts"
    EDIT_GUIDELINES = "change guidelines or facts"
    DOUBT_FINDINGS = "say that a finding is wrong"
    LOOK_BACK = "have old replies looked at with other guidelines"
    REVIEW = "review replies"
    AUDIT = "search and export the record"


_EVERYBODY = frozenset(Role)
_WORKERS = frozenset({Role.EMPLOYEE, Role.MANAGER, Role.ADMIN})
_MANAGERS = frozenset({Role.MANAGER, Role.ADMIN})
_OVERSEERS = _MANAGERS | {Role.REVIEWER}

ALLOWED: Mapping[Act, frozenset[Role]] = MappingProxyType(
    {
        Act.READ: _EVERYBODY,
        Act.CLAIM: _WORKERS,
        Act.REPLY: _WORKERS,
        Act.DISMISS: _WORKERS,
        Act.UNDO: _WORKERS,
        Act.RESOLVE_DOUBT: _WORKERS,
        Act.EDIT_LIMITS: _MANAGERS,
        Act.OVERRIDE: _MANAGERS,
        Act.STOP: _MANAGERS,
        Act.EDIT_SOURCES: _MANAGERS,
        Act.CONNECT: _WORKERS,
        Act.CONNECT_BRAND: frozenset({Role.ADMIN}),
        Act.EDIT_GUIDELINES: _MANAGERS,
        Act.DOUBT_FINDINGS: _OVERSEERS,
        Act.LOOK_BACK: _OVERSEERS,
        Act.REVIEW: frozenset({Role.REVIEWER}),
        Act.AUDIT: frozenset({Role.REVIEWER, Role.ADMIN}),
    }
)
"""The whole of it. A test walks every row and column."""

_TITLES = {
    Role.EMPLOYEE: "employees cleared to reply",
    Role.MANAGER: "community managers",
    Role.REVIEWER: "compliance reviewers",
    Role.ADMIN: "admins",
}


def may(person: Employee, act: Act) -> bool:
    """Whether this person may do this."""
    return any(Role(role) in ALLOWED[act] for role in person.roles)


def require(person: Employee, act: Act) -> None:
    """Raise `NotAllowed`, saying who may, unless this person may."""
    if not may(person, act):
        titles = [title for role, title in _TITLES.items() if role in ALLOWED[act]]
        raise NotAllowed(f"You may not {act.value}. {' and '.join(titles).capitalize()} may; ask one of them.")
