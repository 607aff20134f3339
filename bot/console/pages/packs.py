"""Versions of the guidelines: adding one, trying it on the past, putting it in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from bot import packs
from bot.console.house import Page, Visit, whole
from bot.console.pages.examples import missed_address
from bot.errors import ChorusError
from bot.packs import PackRefused, PackReplay, Version
from bot.packs.learning import changed_lines
from bot.permissions import Act
from guidelines.compare import difference
from guidelines.pack import Pack, Problem
from guidelines.testing import RuleResult, TestReport

DAYS = (30, 90)
MOST = 2_000
"""So many texts a page replays; the command line takes more."""
SHOWN = 50
LONGEST_DIFF = 400


@dataclass(frozen=True, slots=True)
class Looked:
    """A pack that somebody typed or chose: how its tests come out, and what is different from the one in force."""

    pack: Pack
    report: TestReport
    tests: packs.Tests
    differences: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def wrong(self) -> tuple[RuleResult, ...]:
        """The rules of which an example does not come out as written."""
        return tuple(rule for rule in self.report.rules if not rule.passed)


def new(visit: Visit) -> Response:
    """Show the form for a version: what was typed, a version to start from, or the pack with its new examples."""
    return _form(visit)


def look(visit: Visit) -> Response:
    """Say what is understood of a text: its problems, its tests, and what it changes. Nothing is kept of it."""
    try:
        looked = _looked(visit, packs.read(_text(visit)))
    except PackRefused as error:
        return _form(visit, problems=error.problems, status=422)
    return _form(visit, looked=looked)


def add(visit: Visit) -> Response:
    """Keep a text as a version, and show what it would do."""
    try:
        kept = packs.add(visit.deps, _text(visit), by=visit.person)
    except PackRefused as error:
        return _form(visit, problems=error.problems, status=422)
    notice = f"{kept.name} {kept.version} is kept. It is not in force yet: look at what it would do, then activate it."
    return visit.go(f"/guidelines/versions/{kept.id}", notice)


def show(visit: Visit) -> Response:
    """Show a version; with a number of days, also what it would have done over them."""
    return _version(visit, packs.version(visit.deps, visit.subject()))


def activate(visit: Visit) -> Response:
    """Put a version in force."""
    version = packs.version(visit.deps, whole(visit.field("version")) or 0)
    try:
        packs.activate(visit.deps, version.id, by=visit.person)
    except ChorusError as error:
        return _version(visit, version, problem=str(error), status=409)
    notice = f"{version.name} {version.version} is in force from the next check on, everywhere."
    return visit.go(f"/guidelines/versions/{version.id}", notice)


def scan(visit: Visit) -> Response:
    """Have old replies looked at with a version."""
    version = packs.version(visit.deps, whole(visit.field("version")) or 0)
    days = whole(visit.field("days")) or DAYS[0]
    days = days if days in DAYS else DAYS[0]
    packs.begin_scan(visit.deps, version.id, days=days, by=visit.person)
    notice = f"The replies of the last {days} days are being looked at with {version.name} {version.version}. "
    return visit.go(
        f"/guidelines/versions/{version.id}", f"{notice}What it finds comes before the compliance reviewers."
    )


def _text(visit: Visit) -> str:
    """Return what was typed, or the file that was chosen instead."""
    return f"{visit.field('file') or visit.field('text')}\n"


def _looked(visit: Visit, pack: Pack) -> Looked:
    report = packs.tested(pack)
    now = visit.deps.pack
    lines = tuple(changed_lines(now.text, pack.text))
    return Looked(pack, report, packs.Tests.of(report), tuple(difference(now, pack).lines()), lines[:LONGEST_DIFF])


def _begun(visit: Visit) -> str:
    """Return the text that the form begins with."""
    if visit.typed:
        return _text(visit)
    if visit.asked("learned"):
        return packs.learned(visit.deps)
    chosen = visit.number("from")
    return visit.deps.pack.text if chosen is None else packs.text_of(visit.deps, chosen)


def _form(
    visit: Visit, *, problems: tuple[Problem, ...] = (), looked: Looked | None = None, status: int = 200
) -> Response:
    text = _begun(visit)
    learned = visit.asked("learned") and looked is None and not visit.typed
    return visit.show(
        "guidelines_new.html",
        status=status,
        title="New version of the guidelines",
        text=text,
        problems=problems,
        looked=_looked(visit, packs.read(text)) if learned else looked,
    )


def _version(visit: Visit, version: Version, *, problem: str = "", status: int = 200) -> Response:
    days = visit.number("days")
    values: Mapping[str, object]
    try:
        with visit.deps.sessions() as session:
            pack = packs.pack_of(session, version.id)
        values = {
            "looked": _looked(visit, pack),
            "report": _replayed(visit, pack, days) if days in DAYS else None,
            "problems": (),
        }
    except PackRefused as error:
        values = {"looked": None, "report": None, "problems": error.problems}
    return visit.show(
        "guidelines_version.html",
        status=status,
        title=f"{version.name} {version.version}",
        version=version,
        problem=problem,
        days=days,
        spans=DAYS,
        shown=SHOWN,
        missed_address=missed_address,
        **values,
    )


def _replayed(visit: Visit, pack: Pack, days: int) -> PackReplay | None:
    if not visit.may(Act.LOOK_BACK.name):
        return None
    return packs.replay(visit.deps, pack, since=visit.deps.now() - timedelta(days=days), most=MOST)


PAGES = (
    Page("/guidelines/new", new, Act.EDIT_GUIDELINES),
    Page("/guidelines/look", look, Act.EDIT_GUIDELINES, is_form=True, quiet=True),
    Page("/guidelines/add", add, Act.EDIT_GUIDELINES, is_form=True),
    Page("/guidelines/versions/{id}", show),
    Page("/guidelines/activate", activate, Act.EDIT_GUIDELINES, is_form=True),
    Page("/guidelines/scan", scan, Act.LOOK_BACK, is_form=True),
)
