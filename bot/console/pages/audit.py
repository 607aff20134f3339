"""The record: searching it, verifying it, and taking parts of it out of the house."""

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response, StreamingResponse

from bot.audit import export, holds, selection, verification
from bot.audit.checkpoints import FILE, kept, open_signer
from bot.audit.narration import SENTENCES
from bot.audit.selection import Selection
from bot.audit.story import Step, tell
from bot.audit.verifier import Report
from bot.console import exporting
from bot.console.exporting import ARCHIVES, FORMS, LINE_FORMS, Watched
from bot.console.house import Page, Visit, whole
from bot.console.pages.conversations import day_of, end_of
from bot.console.tables import attachment
from bot.errors import ChorusError
from bot.models import Employee, Venue
from bot.permissions import Act

LONGEST = 200
NAMES = ("q", "kind", "employee", "author", "venue", "since", "until", "subject", "hold", "entry")
"""What narrows a search, as it stands in addresses and in the form of an export."""

watched = Watched()


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in the list of what was found, with where it leads."""

    step: Step
    subject: str
    href: str


def show(visit: Visit) -> Response:
    """Search the record, newest entries first."""
    return _page(visit)


def verify(visit: Visit) -> Response:
    """Follow the whole chain and say what was found."""
    data_dir = visit.house.data_dir
    signed = kept(data_dir / FILE, open_signer(data_dir).key) if (data_dir / FILE).exists() else []
    with visit.deps.sessions() as session:
        report = verification.verify(session, signed)
    return _page(visit, report=report)


def take_out(visit: Visit) -> Response:
    """Send an export. That it was taken is recorded before the first byte leaves."""
    form, deps = visit.field("form"), visit.deps
    if form not in FORMS:
        raise ChorusError("Choose a form: jsonl, csv, html, eml or bundle.")
    with deps.sessions.begin() as session:
        chosen = _chosen(session, {name: visit.field(name) for name in NAMES})
        export.note_export(session, chosen, form, at=deps.now(), actor=f"employee:{visit.person.id}")
    progress = watched.begin(f"{visit.session}:{visit.field('watch')[:64]}", exporting.entries(deps.sessions, chosen))
    if form in ARCHIVES:
        file = exporting.archive(deps.sessions, chosen, form, progress, at=deps.now(), data_dir=visit.house.data_dir)
        answer = StreamingResponse(exporting.pieces(file), media_type="application/zip")
        ending = "zip"
    else:
        parts = exporting.lines(deps.sessions, chosen, form, progress, at=deps.now())
        answer = StreamingResponse(parts, media_type=LINE_FORMS[form])
        ending = form
    answer.headers["Content-Disposition"] = attachment(visit.field("name") or f"chorus-record-{form}", ending)
    return answer


def how_far(visit: Visit) -> Response:
    """Say how far an export of this session is."""
    progress = watched.of(f"{visit.session}:{visit.asked('of')[:64]}")
    if progress is None:
        return JSONResponse({})
    return JSONResponse({"total": progress.total, "done": progress.done, "over": progress.over})


def _page(visit: Visit, *, report: Report | None = None) -> Response:
    asked = {name: visit.asked(name)[:LONGEST] for name in NAMES}
    with visit.deps.sessions() as session:
        chosen = _chosen(session, asked)
        found = selection.search(session, chosen, before=visit.number("before"))
        lines = [
            Line(step, entry.subject, _href(entry.subject))
            for entry, step in zip(found.entries, tell(session, found.entries), strict=True)
        ]
        people = session.execute(select(Employee.id, Employee.name).order_by(Employee.name).limit(500)).all()
        venues = session.execute(select(Venue.id, Venue.name).order_by(Venue.name).limit(500)).all()
        in_force = holds.active(session)
    return visit.show(
        "audit.html",
        title="Audit",
        asked=asked,
        is_narrowed=any(asked.values()),
        lines=lines,
        before=found.before,
        people=people,
        venues=venues,
        holds=in_force,
        kinds=sorted(SENTENCES),
        forms=FORMS,
        report=report,
    )


def _chosen(session: Session, asked: dict[str, str]) -> Selection:
    entry = whole(asked["entry"])
    given = Selection(
        employee=whole(asked["employee"]),
        author=asked["author"],
        venue=whole(asked["venue"]),
        since=day_of(asked["since"]),
        until=end_of(asked["until"]),
        words=asked["q"],
        kind=asked["kind"],
        subject=asked["subject"],
    )
    given = replace(given, seqs=(entry,)) if entry is not None else given
    if not asked["hold"]:
        return given
    return Selection.from_json(holds.named(session, asked["hold"]).covers).narrowed(given)


def _href(subject: str) -> str:
    kind, _, number = subject.partition(":")
    places = {"reply": f"/replies/{number}", "mention": f"/conversations/{number}"}
    return places.get(kind, "") if number.isdigit() else ""


PAGES = (
    Page("/audit", show, Act.AUDIT),
    Page("/audit/verify", verify, Act.AUDIT, is_form=True, quiet=True),
    Page("/audit/export", take_out, Act.AUDIT, is_form=True),
    Page("/audit/progress", how_far, Act.AUDIT),
)
