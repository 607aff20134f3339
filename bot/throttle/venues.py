"""The time zones of venues: quiet hours are those of the place in which we would speak."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit
from bot.deps import Deps
from bot.errors import ChorusError, NotFound
from bot.models import Employee, Venue
from bot.permissions import Act, require
from guidelines.throttle import is_unset

MOST = 1000


@dataclass(frozen=True, slots=True)
class Clock:
    """A venue and what time it is there. Nobody `knows` it where no zone was ever set: then it is read as UTC."""

    venue_id: int
    venue: str
    platform: str
    zone: str
    is_set: bool


def clocks(session: Session) -> tuple[Clock, ...]:
    """Return the venues we know with their zones, those without one first."""
    venues = session.scalars(select(Venue).order_by(Venue.platform, Venue.name).limit(MOST))
    listed = (Clock(each.id, each.name, each.platform, each.timezone, not is_unset(each.timezone)) for each in venues)
    return tuple(sorted(listed, key=lambda each: each.is_set))


def set_zone(deps: Deps, venue_id: int, zone: str, *, by: Employee | None) -> Venue:
    """Set a venue's zone, for the next decision in every process; raises `ChorusError` for a zone that is none.

    Without a person it was the command line, whose user owns the machine.
    """
    if by is not None:
        require(by, Act.EDIT_LIMITS)
    known = known_zone(zone)
    with deps.sessions.begin() as session:
        venue = session.get(Venue, venue_id, with_for_update=True)
        if venue is None:
            raise NotFound("There is no such venue. It may have been joined with another one.")
        if venue.timezone != known:
            before, venue.timezone = venue.timezone, known
            _record(session, venue, before, by, deps.now())
        return venue


def known_zone(written: str) -> str:
    """Return the zone as it is called, whatever the case it was written in; raises `ChorusError` with near ones."""
    names = available_timezones()
    folded = {name.lower(): name for name in names}
    found = folded.get(written.strip().lower().replace(" ", "_"))
    if found is not None:
        return found
    near = _near(written, names)
    hint = f" Did you mean {' or '.join(near)}?" if near else " Name one such as Europe/Berlin or America/New_York."
    raise ChorusError(f"There is no time zone “{written[:60]}”.{hint}")


def venue_called(session: Session, name: str) -> Venue:
    """Return the venue of this name or number; raises `NotFound` for none and for several."""
    matches = Venue.name == name
    if name.isascii() and name.isdigit() and len(name) < 19:
        matches = matches | (Venue.id == int(name))
    found = session.scalars(select(Venue).where(matches).limit(2)).all()
    if len(found) != 1:
        raise NotFound(f"There is no venue “{name}”." if not found else f"“{name}” names several; use its number.")
    return found[0]


def _near(written: str, names: set[str]) -> Sequence[str]:
    cities = {name.rsplit("/", 1)[-1].replace("_", " ").lower(): name for name in sorted(names) if "/" in name}
    wanted = written.strip().rsplit("/", 1)[-1].replace("_", " ").lower()
    return [cities[city] for city in get_close_matches(wanted, cities, n=2, cutoff=0.75)]


def _record(session: Session, venue: Venue, before: str, by: Employee | None, at: datetime) -> None:
    audit.record(
        session,
        "venue.zone",
        at=at,
        actor=f"employee:{by.id}" if by else "system",
        subject=f"venue:{venue.id}",
        data={"zone": venue.timezone, "before": before},
    )
