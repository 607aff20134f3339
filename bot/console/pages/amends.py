"""What we said wrong ourselves: one reply beside the fact, and the ways to put it right."""

from starlette.responses import Response

from bot import amends
from bot.console.house import Page, Visit, whole
from bot.errors import ChorusError
from bot.permissions import Act

LONGEST = 10_000


def show(visit: Visit) -> Response:
    """Show one with a correction drafted."""
    return _page(visit, visit.subject())


def change(visit: Visit) -> Response:
    """Have our public reply say something else."""
    number = whole(visit.field("error")) or 0
    try:
        reply = amends.change(visit.deps, number, by=visit.person, text=visit.field("text")[:LONGEST])
    except ChorusError as error:
        return _page(visit, number, problem=str(error))
    return visit.go(
        f"/replies/{reply.id}", "The change is on its way to the platform. The story shows when it is done."
    )


def follow_up(visit: Visit) -> Response:
    """Draft a further reply, which goes the way of every other."""
    number = whole(visit.field("error")) or 0
    try:
        mention = amends.follow_up(visit.deps, number, by=visit.person, text=visit.field("text")[:LONGEST])
    except ChorusError as error:
        return _page(visit, number, problem=str(error))
    told = "The draft stands on the card in Slack: somebody approves it there, as every reply."
    return visit.go(f"/conversations/{mention.id}", told)


def dismiss(visit: Visit) -> Response:
    """Decide that we are not wrong."""
    number = whole(visit.field("error")) or 0
    try:
        amends.dismiss(visit.deps, number, by=visit.person, reason=visit.field("reason")[:1000])
    except ChorusError as error:
        return _page(visit, number, problem=str(error))
    return visit.go("/facts", "It is settled: our reply stays as it is.")


def _page(visit: Visit, number: int, *, problem: str = "") -> Response:
    view = amends.look(visit.deps, number, by=visit.person)
    return visit.show(
        "own_error.html",
        status=409 if problem else 200,
        title=f"Reply {view.reply_id} may be wrong",
        view=view,
        text=visit.field("text", view.words),
        problem=problem,
    )


PAGES = (
    Page("/own-errors/{id}", show, Act.EDIT_GUIDELINES),
    Page("/own-errors/change", change, Act.EDIT_GUIDELINES, is_form=True),
    Page("/own-errors/follow-up", follow_up, Act.EDIT_GUIDELINES, is_form=True),
    Page("/own-errors/dismiss", dismiss, Act.EDIT_GUIDELINES, is_form=True),
)
