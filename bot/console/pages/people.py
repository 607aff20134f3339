"""People and roles: who works here, what each role may do, and how much each person says."""

from datetime import timedelta

from sqlalchemy import func, select
from starlette.responses import Response

from bot.console.house import Page, Visit
from bot.models import COUNTED, Employee, Reply, Role
from bot.permissions import ALLOWED, Act

RECENT = timedelta(days=30)
PAGE = 100


def show(visit: Visit) -> Response:
    """Show the people, in the order of their names."""
    after = visit.asked("after")
    recent = (
        select(Reply.approved_by_id, func.count().label("replies"), func.max(Reply.approved_at).label("last"))
        .where(Reply.counted_at > visit.deps.now() - RECENT, Reply.state.in_(COUNTED))
        .group_by(Reply.approved_by_id)
        .subquery()
    )
    query = (
        select(Employee, func.coalesce(recent.c.replies, 0), recent.c.last)
        .outerjoin(recent, recent.c.approved_by_id == Employee.id)
        .order_by(Employee.name, Employee.id)
        .limit(PAGE + 1)
    )
    if after:
        query = query.where(Employee.name > after)
    with visit.deps.sessions() as session:
        found = session.execute(query).all()
    return visit.show(
        "people.html",
        title="People",
        found=[(person, replies, last) for person, replies, last in found[:PAGE]],
        more=found[PAGE - 1][0].name if len(found) > PAGE else None,
        acts=list(Act),
        roles=list(Role),
        allowed=ALLOWED,
    )


PAGES = (Page("/people", show),)
