"""The reviewers' queue: what waits, the riskiest first, and signing a reply off."""

from starlette.responses import Response

from bot import signoff
from bot.audit import reviewing
from bot.console.house import Page, Visit, whole
from bot.errors import ChorusError
from bot.models.audit import Disposition
from bot.permissions import Act

LONGEST = 4_000
MEANS = {
    Disposition.FINE: "Nothing to do.",
    Disposition.COACH: "The text may stay; the person hears what to do better.",
    Disposition.FIX: "The public text is changed to the one below.",
    Disposition.REMOVE: "The reply is deleted from the platform.",
    Disposition.ESCALATE: "Somebody else must look; the comment goes to them.",
}


def show_queue(visit: Visit) -> Response:
    """Show what waits for this reviewer."""
    risk, item = visit.number("risk"), visit.number("item")
    after = (risk, item) if risk is not None and item is not None else None
    with visit.deps.sessions() as session:
        found = reviewing.queue(session, visit.person, after=after, most=reviewing.PAGE + 1)
        standing = reviewing.standing(session, at=visit.deps.now())
    waiting = found[: reviewing.PAGE]
    return visit.show(
        "review.html",
        title="Review",
        waiting=waiting,
        last=waiting[-1] if len(found) > reviewing.PAGE else None,
        standing=standing,
        is_first=after is None,
    )


def show_case(visit: Visit) -> Response:
    """Show one reply with all that a judgement rests on."""
    return _page(visit, visit.subject())


def judge(visit: Visit) -> Response:
    """Sign a reply off."""
    number = whole(visit.field("item")) or 0
    chosen = visit.field("disposition")
    try:
        if chosen not in {member.value for member in Disposition}:
            raise ChorusError("Choose a judgement.")
        reply = signoff.sign_off(
            visit.deps,
            number,
            Disposition(chosen),
            comment=visit.field("comment")[:LONGEST],
            by=visit.person,
            text=visit.field("text")[:LONGEST],
        )
    except ChorusError as error:
        return _page(visit, number, problem=str(error), status=422)
    return visit.go("/review", f"Reply {reply.id} is signed off: {chosen}.")


def _page(visit: Visit, number: int, *, problem: str = "", status: int = 200) -> Response:
    case = signoff.look(visit.deps, number, by=visit.person)
    return visit.show(
        "review_case.html",
        status=status,
        title=f"Review reply {case.reply_id}",
        case=case,
        means=MEANS,
        problem=problem,
    )


PAGES = (
    Page("/review", show_queue, Act.REVIEW),
    Page("/review/{id}", show_case, Act.REVIEW),
    Page("/review/judge", judge, Act.REVIEW, is_form=True),
)
