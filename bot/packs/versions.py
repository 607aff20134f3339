"""Guideline packs in all their versions: adding one, putting one in force, and going back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot import audit
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotFound
from bot.models import Employee, PackActivation, PackVersion
from bot.permissions import Act, require
from guidelines import pack as packs
from guidelines.pack import Pack, PackError, Problem
from guidelines.testing import TestReport, run_examples

MOST_VERSIONS = 200
"""So many of the newest versions are listed."""
_UNREADABLE = "\ufffd"
_MOST_REPORTS = 50

_reports: dict[str, TestReport] = {}
"""How packs do on their own examples, by hash: a pack never changes."""


class PackRefused(ChorusError):
    """A pack that cannot be used; `problems` says where and how to mend it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("This pack cannot be used. " + " ".join(f"{problem}." for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Tests:
    """How a pack does on its own examples, in numbers."""

    __test__ = False  # keeps pytest from taking the class for a test

    examples: int
    wrong: int
    crossfires: int
    untested: int
    broken: int

    @classmethod
    def of(cls, report: TestReport) -> "Tests":
        """Count a report."""
        outcomes = [outcome for rule in report.rules for outcome in rule.outcomes]
        wrong = sum(not outcome.right for outcome in outcomes)
        return cls(len(outcomes), wrong, len(report.crossfires), len(report.untested), len(report.pack.problems))


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a pack: who added it and when, and who put it in force last and when."""

    id: int
    name: str
    version: str
    sha256: str
    added_at: datetime
    added_by: str
    activated_at: datetime | None = None
    activated_by: str = ""
    in_force: bool = False


def read(text: str) -> Pack:
    """Read a pack's text, with those broken rules left out that do not block; raises `PackRefused` for the others."""
    if _UNREADABLE in text:
        line = text[: text.index(_UNREADABLE)].count("\n") + 1
        raise PackRefused([Problem("pack", line, "pack", "a character could not be read", "save the file as UTF-8")])
    try:
        return packs.load(text if "\n" in text else f"{text}\n")
    except PackError as error:
        raise PackRefused(error.problems) from error


def tested(pack: Pack) -> TestReport:
    """Return how a pack does on its own examples; run once for each pack."""
    if pack.sha256 not in _reports:
        if len(_reports) >= _MOST_REPORTS:
            _reports.clear()
        _reports[pack.sha256] = run_examples(pack)
    return _reports[pack.sha256]


def add(deps: Deps, text: str, *, by: Employee | None) -> PackVersion:
    """Keep a pack's text as a version. The same text twice is one version. Raises `PackRefused` for no pack.

    Without a person it was the command line, whose user owns the machine.
    """
    _may(by)
    pack = read(text)
    with deps.sessions.begin() as session:
        return _added(session, deps, pack, by)


def activate(deps: Deps, version_id: int, *, by: Employee | None) -> PackVersion:
    """Put a version in force, everywhere and from the next check on; an earlier one is how to go back.

    Raises `PackRefused` where this release of Chorus cannot use it, and `Conflict` where it is in force already.
    """
    _may(by)
    before = deps.pack
    with deps.sessions() as session:
        pack = pack_of(session, version_id)
    tests = Tests.of(tested(pack))
    with deps.sessions.begin() as session:
        chosen = _stored(session, version_id)
        current = _in_force(session)
        if current is None:
            # What held so far came from a file; kept as a version, it can be gone back to.
            _added(session, deps, before, None)
        elif current == chosen.id:
            raise Conflict(f"{chosen.name} {chosen.version} is in force already.")
        session.add(PackActivation(pack_id=chosen.id, at=deps.now(), by_id=by.id if by else None))
        _tell(session, deps, "guidelines.activated", chosen, by, {"tests": asdict(tests), "before": before.sha256})
    deps.rulebook.refresh()
    return chosen


def versions(deps: Deps) -> list[Version]:
    """Return the versions there are, the newest first."""
    with deps.sessions() as session:
        newest = select(PackVersion).order_by(PackVersion.id.desc()).limit(MOST_VERSIONS)
        return _told(session, session.scalars(newest).all())


def version(deps: Deps, version_id: int) -> Version:
    """Return one version; raises `NotFound`."""
    with deps.sessions() as session:
        return _told(session, [_stored(session, version_id)])[0]


def text_of(deps: Deps, version_id: int) -> str:
    """Return the text of a version, also where it cannot be used; raises `NotFound`."""
    with deps.sessions() as session:
        return _stored(session, version_id).text


def pack_of(session: Session, version_id: int) -> Pack:
    """Return a version as a pack to check with; raises `NotFound`, and `PackRefused` where it cannot be used."""
    return read(_stored(session, version_id).text)


def _may(by: Employee | None) -> None:
    if by is not None:
        require(by, Act.EDIT_GUIDELINES)


def _stored(session: Session, version_id: int) -> PackVersion:
    found = session.get(PackVersion, version_id)
    if found is None:
        raise NotFound(f"There is no version no. {version_id} of the guidelines.")
    return found


def _added(session: Session, deps: Deps, pack: Pack, by: Employee | None) -> PackVersion:
    fresh = session.scalar(
        insert(PackVersion)
        .values(
            name=pack.name,
            version=pack.version,
            sha256=pack.sha256,
            text=pack.text,
            added_at=deps.now(),
            added_by_id=by.id if by else None,
        )
        .on_conflict_do_nothing()
        .returning(PackVersion.id)
    )
    stored = session.scalars(select(PackVersion).where(PackVersion.sha256 == pack.sha256)).one()
    if fresh is not None:
        _tell(session, deps, "guidelines.added", stored, by, {"rules": len(pack.rules), "broken": len(pack.problems)})
    return stored


def _in_force(session: Session) -> int | None:
    return session.scalar(select(PackActivation.pack_id).order_by(PackActivation.id.desc()).limit(1))


def _told(session: Session, stored: Sequence[PackVersion]) -> list[Version]:
    ids = [each.id for each in stored]
    last = select(func.max(PackActivation.id)).where(PackActivation.pack_id.in_(ids)).group_by(PackActivation.pack_id)
    found = session.scalars(select(PackActivation).where(PackActivation.id.in_(last)))
    activations = {activation.pack_id: activation for activation in found}
    people = {each.added_by_id for each in stored} | {each.by_id for each in activations.values()}
    names = dict(session.execute(select(Employee.id, Employee.name).where(Employee.id.in_(people - {None}))).all())
    current = _in_force(session)
    return [_version(each, activations.get(each.id), names, is_current=each.id == current) for each in stored]


def _version(
    stored: PackVersion, activation: PackActivation | None, names: Mapping[int, str], *, is_current: bool
) -> Version:
    return Version(
        id=stored.id,
        name=stored.name,
        version=stored.version,
        sha256=stored.sha256,
        added_at=stored.added_at,
        added_by=names.get(stored.added_by_id or 0, ""),
        activated_at=activation.at if activation else None,
        activated_by=names.get(activation.by_id or 0, "") if activation else "",
        in_force=is_current,
    )


def _tell(
    session: Session, deps: Deps, kind: str, stored: PackVersion, by: Employee | None, data: Mapping[str, object]
) -> None:
    known: dict[str, object] = {"name": stored.name, "version": stored.version, "sha256": stored.sha256}
    audit.record(
        session,
        kind,
        at=deps.now(),
        actor=f"employee:{by.id}" if by else "system",
        subject=f"guidelines:{stored.id}",
        data={**known, **data},
    )
