"""The stop switch: what is stopped and why, what is frozen, throwing it and lifting it."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot import stops
from bot.console.house import Page, Visit, whole
from bot.errors import ChorusError
from bot.models import Employee, PostRecord, Reply, Stop, StopScope
from bot.permissions import Act

MOST_PAST = 20
MOST_FROZEN = 200
LONGEST = 500
LASTING: Mapping[str, timedelta] = {
    "1 hour": timedelta(hours=1),
    "4 hours": timedelta(hours=4),
    "1 day": timedelta(days=1),
    "3 days": timedelta(days=3),
}


def show(visit: Visit) -> Response:
    """Show the stops."""
    return _page(visit)


def throw(visit: Visit) -> Response:
    """Stop everything in a scope."""
    kind, _, subject = visit.field("what").partition(":")
    lasting = LASTING.get(visit.field("lasting"))
    try:
        if kind not in {scope.value for scope in StopScope}:
            raise ChorusError("Choose what to stop.")
        until = visit.deps.now() + lasting if lasting else None
        reason = visit.field("reason")[:LONGEST]
        allowed = [visit.field("allowed")] if visit.field("allowed") else []
        stops.throw(visit.deps, StopScope(kind), subject, reason=reason, by=visit.person, until=until, allowed=allowed)
    except ChorusError as error:
        return _page(visit, problem=str(error), status=422)
    return visit.go("/stops", "Stopped. Nothing in this scope leaves any more.")


def lift(visit: Visit) -> Response:
    """End a stop; what it froze goes back to its people."""
    given_back = stops.lift(visit.deps, whole(visit.field("stop")) or 0, by=visit.person)
    replies = f"{len(given_back)} {'reply goes' if len(given_back) == 1 else 'replies go'} back to its people first."
    return visit.go("/stops", f"Lifted. {replies if given_back else 'No reply had been frozen.'}")


def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    now = visit.deps.now()
    with visit.deps.sessions() as session:
        thrown = stops.thrown(session, at=now)
        over = or_(Stop.lifted_at.is_not(None), Stop.until <= now)
        past = session.scalars(select(Stop).where(~Stop.is_drill, over).order_by(Stop.id.desc()).limit(MOST_PAST)).all()
        frozen = stops.frozen(session, at=now)
        people = dict(session.execute(select(Employee.id, Employee.name)).all())
        places = _places(session, visit)
        posts = _answered(session, frozen[:MOST_FROZEN])
    return visit.show(
        "stops.html",
        status=status,
        title="Stop switch",
        thrown=thrown,
        past=past,
        frozen=frozen[:MOST_FROZEN],
        frozen_in_all=len(frozen),
        posts=posts,
        people=people,
        places=places,
        lasting=tuple(LASTING),
        problem=problem,
    )


def _places(session: Session, visit: Visit) -> dict[str, str]:
    """Everything that can be stopped, with the words for it."""
    found = stops.stoppable(session, visit.deps.connectors)
    return {"all:": "Everything"} | {place.key: f"{place.scope.value.capitalize()} {place.name}" for place in found}


def _answered(session: Session, frozen: tuple[Reply, ...]) -> dict[int, PostRecord]:
    ids = [reply.parent_post_id for reply in frozen]
    return {post.id: post for post in session.scalars(select(PostRecord).where(PostRecord.id.in_(ids)))}


PAGES = (
    Page("/stops", show),
    Page("/stops/throw", throw, Act.STOP, is_form=True),
    Page("/stops/lift", lift, Act.STOP, is_form=True),
)
