"""Limits: how much we may say, as sentences that a community manager reads, changes, takes back and tries out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console.house import Page, Visit
from bot.deps import Deps
from bot.errors import ChorusError, NotFound
from bot.models import Employee, LimitRecord
from bot.permissions import Act
from bot.throttle import editing, in_force
from bot.throttle.limits import limit_of
from guidelines.throttle import Limit, Scope, sentence
from guidelines.throttle.sentences import EXAMPLES

LONGEST = 600
PLACES: Mapping[Scope, str] = {
    Scope.THREAD: "In a thread",
    Scope.POST: "To one post",
    Scope.AUTHOR: "To one person",
    Scope.VENUE: "In a venue",
    Scope.PLATFORM: "On a platform",
    Scope.ACCOUNT: "From one account",
    Scope.EMPLOYEE: "By one of us",
    Scope.BRAND: "By all of us",
}


@dataclass(frozen=True, slots=True)
class Version:
    """A limit as it was, or is, from one moment to another."""

    record: LimitRecord
    asks: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood of what somebody typed: the limit, or what is wrong; and what would be odd with it."""

    limit: Limit | None
    problem: str = ""
    oddities: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """The limit, said back."""
        return sentence(self.limit) if self.limit else ""


def show_all(visit: Visit) -> Response:
    """Show the limits in force."""
    with visit.deps.sessions() as session:
        records = session.scalars(select(LimitRecord).where(LimitRecord.retired_at.is_(None))).all()
        names = _names(session, records)
        oddities = editing.oddities(session, visit.deps)
        retired = session.scalars(
            select(LimitRecord.name)
            .where(LimitRecord.name.not_in([record.name for record in records]))
            .distinct()
            .order_by(LimitRecord.name)
            .limit(50)
        ).all()
    versions = [_version(record, names) for record in records]
    groups = [
        (title, [each for each in versions if limit_of(each.record).scope is scope]) for scope, title in PLACES.items()
    ]
    return visit.show(
        "limits.html",
        title="Limits",
        groups=[(title, sorted(group, key=lambda each: each.record.name)) for title, group in groups if group],
        oddities=oddities,
        retired=retired,
    )


def show_one(visit: Visit) -> Response:
    """Show one limit with its form and its past; without a name, the form for a new one."""
    return page(visit, visit.asked("name"))


def check(visit: Visit) -> Response:
    """Say what is understood of what is being typed."""
    return visit.part("limit_reading.html", reading=read(visit))


def save(visit: Visit) -> Response:
    """Put what was typed in force."""
    reading = read(visit)
    if reading.limit is None:
        return page(visit, visit.field("known"), status=422)
    try:
        record = editing.put(visit.deps, reading.limit, by=visit.person)
    except ChorusError as error:
        return page(visit, visit.field("known"), problem=str(error), status=409)
    return visit.go("/limits", f"“{record.name}” is in force, in version {record.version}: {reading.says}.")


def undo(visit: Visit) -> Response:
    """Take the last change of a limit back."""
    name = visit.field("known")
    record = editing.undo(visit.deps, name, by=visit.person)
    said = f"{sentence(limit_of(record))}." if record else "It is no longer in force."
    return visit.go("/limits", f"The last change of “{name}” was taken back. {said}")


def retire(visit: Visit) -> Response:
    """Take a limit out of force."""
    name = visit.field("known")
    editing.retire(visit.deps, name, by=visit.person)
    return visit.go("/limits", f"“{name}” is no longer in force. Undo on its page brings it back.")


def read(visit: Visit) -> Reading:
    """Read what was typed, and say what would be odd with it that is not odd today."""
    name = visit.field("known") or visit.field("name")
    said = visit.field("sentence")[:LONGEST]
    if not name:
        return Reading(None, "Give the limit a name, such as quick-replies.")
    try:
        limit = editing.read(name, {"sentence": said, "reason": visit.field("reason")[:LONGEST]})
    except ChorusError as error:
        return Reading(None, str(error))
    with visit.deps.sessions() as session:
        today = in_force(session)
        if any(each.name == name and each.is_fixed for each in today):
            return Reading(None, f"“{name}” is the platform's own rule. Nobody can change it here.")
        return Reading(limit, oddities=tuple(editing.oddities_with(session, visit.deps, limit)))


def laid_over(limit: Limit, today: Sequence[Limit]) -> tuple[Limit, ...]:
    """Return today's limits with one put in force."""
    return (*(each for each in today if each.name != limit.name), limit)


def page(visit: Visit, name: str, *, problem: str = "", status: int = 200, **values: object) -> Response:
    """Show a limit's page, with what was typed where something was."""
    versions = _history(visit.deps, name) if name else ()
    if name and not versions:
        raise NotFound(f"There has never been a limit called “{name}”.")
    newest = versions[0] if versions else None
    typed = {
        "name": visit.field("name"),
        "sentence": visit.field("sentence", newest.asks if newest else ""),
        "reason": visit.field("reason", newest.reason if newest else ""),
        "days": visit.field("days", "30"),
    }
    return visit.show(
        "limit.html",
        status=status,
        title=f"Limit {name}" if name else "New limit",
        name=name,
        newest=newest,
        versions=versions,
        typed=typed,
        examples=EXAMPLES,
        reading=read(visit) if visit.typed else None,
        problem=problem,
        **({"report": None} | values),
    )


def _history(deps: Deps, name: str) -> tuple[Version, ...]:
    with deps.sessions() as session:
        records = editing.history(session, name)
        names = _names(session, records)
    return tuple(_version(record, names) for record in reversed(records))


def _version(record: LimitRecord, names: Mapping[int, str]) -> Version:
    limit = limit_of(record)
    by = names.get(record.created_by_id or 0, "")
    return Version(record, sentence(limit), limit.reason, by)


def _names(session: Session, records: Sequence[LimitRecord]) -> dict[int, str]:
    ids = {record.created_by_id for record in records if record.created_by_id is not None}
    return dict(session.execute(select(Employee.id, Employee.name).where(Employee.id.in_(ids))).all())


PAGES = (
    Page("/limits", show_all),
    Page("/limit", show_one),
    Page("/limits/check", check, Act.EDIT_LIMITS, is_form=True, quiet=True),
    Page("/limits/save", save, Act.EDIT_LIMITS, is_form=True),
    Page("/limits/undo", undo, Act.EDIT_LIMITS, is_form=True),
    Page("/limits/retire", retire, Act.EDIT_LIMITS, is_form=True),
)
