"""Venues: the communities we know, and the clock that their quiet hours follow."""

from zoneinfo import available_timezones

from starlette.responses import Response

from bot.console.house import Page, Visit, whole
from bot.errors import ChorusError
from bot.permissions import Act
from bot.throttle import venues

LONGEST = 60


def show(visit: Visit) -> Response:
    """Show the venues with their zones."""
    return _page(visit)


def save(visit: Visit) -> Response:
    """Set the zone of a venue."""
    try:
        venue = venues.set_zone(
            visit.deps, whole(visit.field("venue")) or 0, visit.field("zone")[:LONGEST], by=visit.person
        )
    except ChorusError as error:
        return _page(visit, problem=str(error), status=422)
    return visit.go("/venues", f"The clock of {venue.name} is that of {venue.timezone}.")


def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    with visit.deps.sessions() as session:
        clocks = venues.clocks(session)
    return visit.show(
        "clocks.html",
        status=status,
        title="Venues",
        clocks=clocks,
        unset=sum(not clock.is_set for clock in clocks),
        zones=sorted(available_timezones()),
        typed=whole(visit.field("venue")) or 0,
        problem=problem,
    )


PAGES = (Page("/venues", show), Page("/venues/zone", save, Act.EDIT_LIMITS, is_form=True))
