"""A reply and how it came to be: everything that is recorded about it, as a story."""

from sqlalchemy import select
from starlette.responses import Response

from bot.audit.story import story
from bot.console.house import Page, Visit
from bot.models import Reply


def show(visit: Visit) -> Response:
    """Show the story of a reply."""
    number = visit.subject()
    with visit.deps.sessions() as session:
        told = story(session, number)
        mention_id = session.scalar(select(Reply.mention_id).where(Reply.id == number))
    return visit.show("reply.html", title=f"Reply {number}", told=told, mention_id=mention_id)


PAGES = (Page("/replies/{id}", show),)
