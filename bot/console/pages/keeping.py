"""Holds and retention: what must not be deleted, and how long everything else is kept."""

from sqlalchemy import select
from starlette.responses import Response

from bot.audit import holds, retention
from bot.audit.erasure import CLASSES
from bot.audit.selection import Selection
from bot.console.house import Page, Visit, whole
from bot.console.pages.conversations import day_of, end_of
from bot.errors import ChorusError
from bot.models import Employee, Venue
from bot.permissions import Act

LONGEST = 500
ABOUT = {
    "third_party": "What others wrote",
    "communications": "What we said in public, and its drafts",
    "decisions": "Why we decided so",
}
PRESETS = {
    "three-years": "Everything for three years",
    "six-years": "Everything for six years",
    "broker": "Communications three years, decisions six",
}


def show(visit: Visit) -> Response:
    """Show what is held and how long the rest is kept."""
    return _page(visit)


def place(visit: Visit) -> Response:
    """Place a hold."""
    name, reason = visit.field("name")[:LONGEST], visit.field("reason")[:LONGEST]
    covers = Selection(
        employee=whole(visit.field("employee")),
        author=visit.field("author")[:LONGEST],
        venue=whole(visit.field("venue")),
        since=day_of(visit.field("since")),
        until=end_of(visit.field("until")),
        words=visit.field("words")[:LONGEST],
    )
    if not name or not reason:
        return _page(visit, problem="A hold needs a name and a reason: others read both years from now.", status=422)
    try:
        with visit.deps.sessions.begin() as session:
            holds.place(session, name, covers, reason=reason, at=visit.deps.now(), by=_actor(visit))
    except ChorusError as error:
        return _page(visit, problem=str(error), status=409)
    return visit.go("/keeping", f"From now on nothing of this is deleted: {covers}.")


def lift(visit: Visit) -> Response:
    """Lift a hold."""
    name, reason = visit.field("name"), visit.field("reason")[:LONGEST]
    if not reason:
        return _page(visit, problem="Say why the hold is lifted.", status=422)
    with visit.deps.sessions.begin() as session:
        holds.lift(session, name, reason=reason, at=visit.deps.now(), by=_actor(visit))
    return visit.go("/keeping", f"The hold {name} is lifted; the rules of retention apply again.")


def choose(visit: Visit) -> Response:
    """Choose for how long everything is kept."""
    preset = visit.field("preset")
    with visit.deps.sessions.begin() as session:
        retention.choose_preset(session, preset, at=visit.deps.now(), by=_actor(visit))
    return visit.go("/keeping", f"{PRESETS[preset]}: so it is kept from now on.")


def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    with visit.deps.sessions() as session:
        in_force = [(hold, str(Selection.from_json(hold.covers))) for hold in holds.active(session)]
        rules = retention.rules(session)
        people = session.execute(select(Employee.id, Employee.name).order_by(Employee.name).limit(500)).all()
        venues = session.execute(select(Venue.id, Venue.name).order_by(Venue.name).limit(500)).all()
    names = {f"employee:{number}": name for number, name in people}
    return visit.show(
        "keeping.html",
        status=status,
        title="Holds and retention",
        in_force=in_force,
        names=names,
        classes=[(ABOUT.get(name, name), rules.get(name)) for name in CLASSES],
        presets=PRESETS,
        people=people,
        venues=venues,
        problem=problem,
    )


def _actor(visit: Visit) -> str:
    return f"employee:{visit.person.id}"


PAGES = (
    Page("/keeping", show, Act.AUDIT),
    Page("/keeping/place", place, Act.AUDIT, is_form=True),
    Page("/keeping/lift", lift, Act.AUDIT, is_form=True),
    Page("/keeping/choose", choose, Act.AUDIT, is_form=True),
)
