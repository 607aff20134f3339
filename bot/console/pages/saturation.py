"""Saturation: how much of each conversation we are, who of us speaks, and which limits are near."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console.house import Page, Visit, whole
from bot.models import Mention
from bot.throttle import in_force
from bot.throttle.saturation import Saturation, saturation

SPANS = (7, 30, 90)
MOST = 15


def show(visit: Visit) -> Response:
    """Show where we are most."""
    days = whole(visit.asked("days")) or 30
    days = days if days in SPANS else 30
    now = visit.deps.now()
    with visit.deps.sessions() as session:
        found = saturation(session, in_force(session), since=now - timedelta(days=days), now=now, most=MOST)
        mentions = _mentions(session, found)
    busiest = max((speaker.replies for speaker in found.speakers), default=1)
    return visit.show(
        "saturation.html",
        title="Saturation",
        days=days,
        spans=SPANS,
        found=found,
        mentions=mentions,
        busiest=busiest,
    )


def _mentions(session: Session, found: Saturation) -> dict[int, int]:
    ids = [thread.id for thread in found.threads]
    newest = select(Mention.thread_id, func.max(Mention.id)).where(Mention.thread_id.in_(ids))
    return dict(session.execute(newest.group_by(Mention.thread_id)).all())


PAGES = (Page("/saturation", show),)
