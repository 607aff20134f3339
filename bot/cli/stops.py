"""`chorus stop` and `chorus resume`: the kill switch from the command line."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot import stops
from bot.deps import Deps
from bot.errors import ChorusError, NotFound
from bot.models import Account, Source, Stop, StopScope, Venue
from guidelines.throttle import LimitError, read_duration

Opened = Callable[[], AbstractContextManager[Deps]]

_NAMES: dict[StopScope, tuple[InstrumentedAttribute[int], InstrumentedAttribute[str]]] = {
    StopScope.VENUE: (Venue.id, Venue.name),
    StopScope.ACCOUNT: (Account.id, Account.handle),
    StopScope.SOURCE: (Source.id, Source.name),
}
screen = Console()


def build(opened: Opened) -> typer.Typer:
    """Return the commands `stop`, `resume` and `stops`; `opened` opens the database for as long as one needs it."""
    app = typer.Typer()
    _build_stop(app, opened)
    _build_resume(app, opened)
    return app


def _build_stop(app: typer.Typer, opened: Opened) -> None:
    @app.command()
    def stop(
        what: Annotated[str, typer.Argument(help="all, or such as platform:mastodon, venue:plaza, account:7.")] = "all",
        reason: Annotated[str, typer.Option(help="Why; everybody who is stopped reads it.")] = "",
        lasting: Annotated[str, typer.Option("--for", help="How long, such as 2 hours; without it until resume.")] = "",
        allow: Annotated[list[str] | None, typer.Option(help="What may pass all the same, such as venue:3.")] = None,
        drill: Annotated[bool, typer.Option("--drill", help="Measure and report without stopping anything.")] = False,
    ) -> None:
        """Stop posting, everywhere or in one place, in every process at once."""
        with opened() as deps:
            if drill:
                _show_drill(stops.drill(deps))
                return
            with deps.sessions() as session:
                scope, subject = place_of(session, what)
                allowed = [_entry(*place_of(session, each)) for each in allow or ()]
            until = deps.now() + _length(lasting) if lasting else None
            thrown = stops.throw(deps, scope, subject, reason=reason, until=until, allowed=allowed)
            with deps.sessions() as session:
                waiting = stops.frozen(session, at=deps.now())
        screen.print(f"Stop {thrown.id} is thrown: {_said(thrown)}. {_frozen(len(waiting))}")


def _build_resume(app: typer.Typer, opened: Opened) -> None:
    @app.command()
    def resume(
        number: Annotated[
            int | None, typer.Argument(help="Number of the stop; needed only when there are several.")
        ] = None,
    ) -> None:
        """Lift a stop. What it froze does not leave: it goes back to its people."""
        with opened() as deps:
            with deps.sessions() as session:
                thrown = stops.thrown(session, at=deps.now())
            if number is None and len(thrown) != 1:
                raise NotFound("Nothing is stopped." if not thrown else "Say which stop to lift; see: chorus stops")
            returned = stops.lift(deps, thrown[0].id if number is None else number)
        screen.print(f"The stop is lifted. Given back to their people: {len(returned)}.")

    @app.command("stops")
    def show() -> None:
        """Show what is stopped, and what is frozen by it."""
        with opened() as deps, deps.sessions() as session:
            thrown = stops.thrown(session, at=deps.now())
            waiting = stops.frozen(session, at=deps.now())
        for each in thrown:
            screen.print(f"{each.id}  {_said(each)}  {each.reason}", markup=False, highlight=False)
        screen.print(_frozen(len(waiting)) if thrown else "Nothing is stopped.")


def place_of(session: Session, what: str) -> tuple[StopScope, str]:
    """Read `all`, `platform:mastodon`, `venue:plaza`, `account:7`; raises `ChorusError` for what does not exist."""
    kind, _, name = what.partition(":")
    try:
        scope = StopScope(kind)
    except ValueError:
        known = ", ".join(StopScope)
        raise ChorusError(f"“{what}” is nothing that can be stopped. Say all, or one of {known} and a name.") from None
    if scope not in _NAMES:
        return scope, name
    number, title = _NAMES[scope]
    matches = (title == name) | (number == int(name)) if name.isascii() and name.isdigit() else title == name
    found = session.scalars(select(number).where(matches).limit(2)).all()
    if len(found) != 1:
        raise NotFound(f"There is no such {kind}: {name}." if not found else f"“{name}” names several; use its number.")
    return scope, str(found[0])


def _entry(scope: StopScope, subject: str) -> str:
    return f"{scope.value}:{subject}"


def _length(text: str) -> timedelta:
    try:
        return read_duration(text)
    except LimitError as error:
        raise ChorusError(str(error)) from None


def _frozen(count: int) -> str:
    return "1 approved reply is frozen." if count == 1 else f"{count} approved replies are frozen."


def _said(stop: Stop) -> str:
    place = "all" if stop.scope is StopScope.ALL else f"{stop.scope.value} {stop.subject}"
    until = f" until {stop.until:%Y-%m-%d %H:%M} UTC" if stop.until else ""
    return place + until + (f", but for {', '.join(stop.allowed)}" if stop.allowed else "")


def _show_drill(found: stops.Drill) -> None:
    milliseconds = found.seen_after.total_seconds() * 1000
    screen.print(f"A stop is seen by other connections after {milliseconds:.1f} ms. Nothing was stopped.")
    screen.print(f"It would freeze: {len(found.would_freeze)}. Leaving at this moment: {len(found.on_their_way)}.")
