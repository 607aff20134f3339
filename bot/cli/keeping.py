"""`chorus audit holds | retention | erase`: what is kept, for how long, and what is let go."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from bot.audit import holds, people, retention
from bot.audit.checkpoints import open_signer
from bot.audit.erasure import CLASSES
from bot.audit.selection import Selection
from bot.database import Sessions
from bot.deps import utc_now
from bot.errors import ChorusError

OPERATOR = "operator"

screen = Console()

OpenSessions = Callable[[], AbstractContextManager[Sessions]]

Reason = Annotated[str, typer.Option(help="Why: it is recorded, and read by others years from now.")]


def add_keeping(app: typer.Typer, open_sessions: OpenSessions, data_dir: Callable[[], Path]) -> None:
    """Add the commands to `chorus audit`."""
    app.add_typer(_holds(open_sessions), name="holds")
    app.add_typer(_retention(open_sessions), name="retention")

    @app.command()
    def erase(
        platform: Annotated[str, typer.Argument(help="Where the person writes, such as mastodon.")],
        person: Annotated[str, typer.Argument(help="Their handle or id there.")],
        basis: Annotated[str, typer.Option(help="The legal basis, such as: GDPR 17(1)(b).")],
        yes: Annotated[bool, typer.Option(help="Do it; without it only a warning is shown.")] = False,
    ) -> None:
        """Erase a person from outside everywhere, except what a hold covers, and print a signed certificate."""
        if not yes:
            raise ChorusError(f"This cannot be undone. To erase {person} on {platform}, repeat it with --yes.")
        with open_sessions() as sessions, sessions.begin() as session:
            done = people.erase_person(session, platform, person, basis=basis, at=utc_now(), by=OPERATOR)
        typer.echo(done.signed(open_signer(data_dir())), nl=False)


def within(session: Session, given: Selection, hold: str) -> Selection:
    """Return a selection narrowed to what a hold covers; where both narrow the same, what was given counts."""
    if not hold:
        return given
    return Selection.from_json(holds.named(session, hold).covers).narrowed(given)


def _holds(open_sessions: OpenSessions) -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, help="Legal holds: what must not be deleted.")

    @app.command("list")
    def list_holds() -> None:
        """Show the holds in force."""
        table = Table("name", "covers", "since", "reason", box=None, pad_edge=False)
        with open_sessions() as sessions, sessions() as session:
            for hold in holds.active(session):
                covers = str(Selection.from_json(hold.covers))
                table.add_row(hold.name, covers, f"{hold.placed_at:%Y-%m-%d}", hold.reason)
        screen.print(table if table.rows else "No hold is in force.")

    @app.command("place")
    def place(
        name: Annotated[str, typer.Argument(help="A name for the hold, such as the case's.")],
        reason: Reason,
        employee: Annotated[int | None, typer.Option(help="Keep what concerns this employee, by number.")] = None,
        author: Annotated[str, typer.Option(help="Keep what concerns this stranger.")] = "",
        venue: Annotated[int | None, typer.Option(help="Keep what happened in this venue, by number.")] = None,
        since: Annotated[datetime | None, typer.Option(help="Keep what happened from then on (UTC).")] = None,
        until: Annotated[datetime | None, typer.Option(help="Keep what happened before (UTC).")] = None,
        words: Annotated[str, typer.Option(help="Keep what has these words.")] = "",
    ) -> None:
        """Keep what is chosen, and everything when nothing is, until the hold is lifted."""
        covers = Selection(employee, author, venue, "", utc(since), utc(until), words)
        with open_sessions() as sessions, sessions.begin() as session:
            holds.place(session, name, covers, reason=reason, at=utc_now(), by=OPERATOR)
        screen.print(f"From now on nothing of this is deleted: {covers}.", markup=False)

    @app.command("lift")
    def lift(name: Annotated[str, typer.Argument(help="Name of the hold.")], reason: Reason) -> None:
        """End a hold: the rules of retention apply again."""
        with open_sessions() as sessions, sessions.begin() as session:
            holds.lift(session, name, reason=reason, at=utc_now(), by=OPERATOR)
        screen.print(f"The hold {name} is lifted.", markup=False)

    return app


def _retention(open_sessions: OpenSessions) -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, help="How long texts are kept.")

    @app.command("show")
    def show() -> None:
        """Show for how many days each class is kept."""
        with open_sessions() as sessions, sessions() as session:
            kept = retention.rules(session)
        for name in CLASSES:
            screen.print(f"{name}: {f'{kept[name]} days' if name in kept else 'for ever'}")

    @app.command("preset")
    def preset(name: Annotated[str, typer.Argument(help=f"One of: {', '.join(retention.PRESETS)}.")]) -> None:
        """Keep everything for as long as a preset says."""
        with open_sessions() as sessions, sessions.begin() as session:
            retention.choose_preset(session, name, at=utc_now(), by=OPERATOR)
        show()

    @app.command("keep")
    def keep(
        name: Annotated[str, typer.Argument(help=f"One of: {', '.join(CLASSES)}.")],
        days: Annotated[int, typer.Argument(min=1, help="Days after which the texts go.")],
    ) -> None:
        """Keep the texts of one class for so many days."""
        with open_sessions() as sessions, sessions.begin() as session:
            retention.keep(session, {name: days}, at=utc_now(), by=OPERATOR)
        show()

    @app.command("apply")
    def apply() -> None:
        """Let go now of what its time has passed for; the clock does it every night too."""
        with open_sessions() as sessions:
            gone = retention.apply(sessions, at=utc_now())
        for name, number in gone.texts.items():
            screen.print(f"{name}: {number} texts erased")

    return app


def utc(moment: datetime | None) -> datetime | None:
    """Return a moment from the command line, which has no zone, as UTC."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
