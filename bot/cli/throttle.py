"""`chorus throttle`: see the limits, change them, and see what other limits would have done."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.deps import Deps
from bot.errors import ChorusError
from bot.throttle import editing, limit_files, venues
from bot.throttle.limits import in_force, limit_of
from bot.throttle.simulation import Outlook, Simulation, simulate
from guidelines.throttle import LimitError, Ruling, read_duration, sentence

Opened = Callable[[], AbstractContextManager[Deps]]

NameArgument = Annotated[str, typer.Argument(help="Name of the limit, such as thread-most.")]
WIDTH = 40
SHOWN = 20

screen = Console()


def build(opened: Opened) -> typer.Typer:
    """Return the commands; `opened` opens the database for as long as one of them needs it."""
    app = typer.Typer(no_args_is_help=True, help="Limits on how much we say.")
    _build_reading(app, opened)
    _build_changing(app, opened)
    _build_simulating(app, opened)
    _build_clocks(app, opened)
    return app


def _build_reading(app: typer.Typer, opened: Opened) -> None:
    @app.command("list")
    def list_limits(
        as_file: Annotated[bool, typer.Option("--as-file", help="Print them as a file that simulate reads.")] = False,
    ) -> None:
        """Show the limits in force, as sentences."""
        _list(opened, as_file=as_file)

    @app.command()
    def history(name: NameArgument) -> None:
        """Show every version of a limit."""
        _tell_history(opened, name)

    @app.command()
    def check() -> None:
        """Point out limits that contradict each other, can never bind, or block everything; exits with 1 for any."""
        with opened() as deps, deps.sessions() as session:
            found = editing.oddities(session, deps)
        for problem in found:
            screen.print(problem, markup=False, highlight=False)
        if found:
            raise typer.Exit(1)
        screen.print("The limits fit together.")


def _list(opened: Opened, *, as_file: bool) -> None:
    with opened() as deps, deps.sessions() as session:
        limits = in_force(session)
    if as_file:
        typer.echo(limit_files.written(limits), nl=False)
        return
    table = Table("name", "limit", "", box=None, pad_edge=False)
    for limit in limits:
        table.add_row(limit.name, sentence(limit), "the platform's rule" if limit.is_fixed else "")
    screen.print(table if table.rows else "No limit is in force.")


def _tell_history(opened: Opened, name: str) -> None:
    table = Table("version", "from", "until", "limit", box=None, pad_edge=False)
    with opened() as deps, deps.sessions() as session:
        for record in editing.history(session, name):
            until = f"{record.retired_at:%Y-%m-%d %H:%M}" if record.retired_at else "now"
            since = f"{record.created_at:%Y-%m-%d %H:%M}"
            table.add_row(str(record.version), since, until, sentence(limit_of(record)))
    if not table.rows:
        raise ChorusError(f"There has never been a limit called “{name}”.")
    screen.print(table)


def _build_changing(app: typer.Typer, opened: Opened) -> None:
    @app.command("set")
    def put(
        name: NameArgument,
        said: Annotated[str, typer.Argument(help="The limit as a sentence.", metavar="SENTENCE")],
        reason: Annotated[str, typer.Option(help="What people are told when it says no.")] = "",
    ) -> None:
        """Put a limit in force, new or in place of the one of that name.

        Example: chorus throttle set quick "At most 2 replies in a thread, on reddit, per 7 days; then hold"
        """
        limit = editing.read(name, {"sentence": said, "reason": reason})
        with opened() as deps:
            record = editing.put(deps, limit, by=None)
            with deps.sessions() as session:
                found = editing.oddities(session, deps)
        screen.print(f"{name}, version {record.version}: {sentence(limit)}", markup=False, highlight=False)
        for problem in found:
            screen.print(f"Mind: {problem}", markup=False, highlight=False)

    @app.command()
    def retire(name: NameArgument) -> None:
        """Take a limit out of force; undo brings it back."""
        with opened() as deps:
            editing.retire(deps, name, by=None)
        screen.print(f"{name} is no longer in force.")

    @app.command()
    def undo(name: NameArgument) -> None:
        """Take back the last change of a limit."""
        with opened() as deps:
            record = editing.undo(deps, name, by=None)
        said = sentence(limit_of(record)) if record else "no longer in force"
        screen.print(f"{name}: {said}", markup=False, highlight=False)


def _build_clocks(app: typer.Typer, opened: Opened) -> None:
    @app.command("venues")
    def list_venues() -> None:
        """Show the venues we know, and the time zone that their quiet hours follow."""
        table = Table("id", "platform", "venue", "time zone", box=None, pad_edge=False)
        with opened() as deps, deps.sessions() as session:
            for clock in venues.clocks(session):
                zone = clock.zone if clock.is_set else "not set, read as UTC"
                table.add_row(str(clock.venue_id), clock.platform, clock.venue, zone)
        screen.print(table if table.rows else "No venue is known yet; each is noted when a post comes in from it.")

    @app.command("zone")
    def set_zone(
        venue: Annotated[str, typer.Argument(help="Name or number of the venue.")],
        zone: Annotated[str, typer.Argument(help="Its time zone, such as Europe/Berlin.")],
    ) -> None:
        """Set the time zone of a venue; its quiet hours follow it from the next decision on."""
        with opened() as deps:
            with deps.sessions() as session:
                number = venues.venue_called(session, venue).id
            found = venues.set_zone(deps, number, zone, by=None)
        screen.print(f"{found.name}: {found.timezone}", markup=False, highlight=False)


def _build_simulating(app: typer.Typer, opened: Opened) -> None:
    @app.command("simulate")
    def run(
        since: Annotated[str, typer.Option(help="How far back, such as 30d or 12 hours.")] = "30d",
        limits: Annotated[
            Path | None, typer.Option(help="File of limits, laid over those in force.", exists=True, dir_okay=False)
        ] = None,
    ) -> None:
        """Replay what was said under other limits: what would have been held or refused, and what came of it."""
        with opened() as deps, deps.sessions() as session:
            today = in_force(session)
            proposed = limit_files.laid_over(limits.read_text(encoding="utf-8"), today) if limits else today
            now = deps.now()
            report = simulate(session, proposed, today, since=now - _length(since), until=now)
            oddities = editing.oddities(session, deps, proposed)
        for problem in oddities:
            screen.print(f"Mind: {problem}", markup=False, highlight=False)
        show(report)


def _length(text: str) -> timedelta:
    try:
        return read_duration(text)
    except LimitError as error:
        raise ChorusError(str(error)) from None


def show(report: Simulation) -> None:
    """Print a simulation: sums, what came of the replies in question, days, and shares of threads."""
    screen.print(f"{report.truth.replies} replies from {report.since:%Y-%m-%d} to {report.until:%Y-%m-%d}.")
    sums = Table("", "in truth", "under today's limits", "under the proposed", box=None, pad_edge=False)
    for ruling in Ruling:
        cells = (str(outlook.rulings.get(ruling, 0)) for outlook in (report.truth, report.today, report.proposed))
        sums.add_row(ruling.value, *cells)
    screen.print(sums)
    _show_reasons(report.proposed)
    _show_days(report)
    _show_shares(report)
    _show_replies(report.proposed)


def _show_reasons(outlook: Outlook) -> None:
    if not outlook.by_limit:
        return
    table = Table("limit", "said no", box=None, pad_edge=False)
    for name, count in sorted(outlook.by_limit.items(), key=lambda each: (-each[1], each[0])):
        table.add_row(name, str(count))
    screen.print(table)
    table = Table("would have been", "and in truth was", "replies", box=None, pad_edge=False)
    for (ruling, became), count in sorted(outlook.became.items()):
        if ruling is not Ruling.ALLOW:
            table.add_row(ruling.value, became, str(count))
    screen.print(table)


def _show_days(report: Simulation) -> None:
    days = sorted({*report.truth.per_day, *report.proposed.per_day})
    most = max([*report.truth.per_day.values(), *report.proposed.per_day.values()], default=1)
    table = Table("day", "in truth", "", "proposed", "", box=None, pad_edge=False)
    for day in days:
        before, after = report.truth.per_day.get(day, 0), report.proposed.per_day.get(day, 0)
        table.add_row(day.isoformat(), str(before), _bar(before, most), str(after), _bar(after, most))
    if days:
        screen.print(table)


def _bar(number: float, most: float) -> str:
    return "█" * max(round(WIDTH / 2 * number / most), 1 if number else 0)


def _show_shares(report: Simulation) -> None:
    fullest = sorted(report.truth.shares.items(), key=lambda each: (-each[1], each[0]))[:SHOWN]
    table = Table("thread", "our share in truth", "", "proposed", "", box=None, pad_edge=False)
    for thread_id, share in fullest:
        after = report.proposed.shares.get(thread_id, 0.0)
        table.add_row(str(thread_id), f"{share:.0%}", _bar(share, 1), f"{after:.0%}", _bar(after, 1))
    if fullest:
        screen.print(table)


def _show_replies(outlook: Outlook) -> None:
    table = Table("reply", "when", "where", "would be", "by", "in truth", "link", box=None, pad_edge=False)
    for judged in outlook.judged[:SHOWN]:
        leaves = f" until {judged.leaves_at:%Y-%m-%d %H:%M}" if judged.leaves_at else ""
        table.add_row(
            str(judged.reply_id),
            f"{judged.at:%Y-%m-%d %H:%M}",
            judged.venue,
            judged.ruling.value + leaves,
            ", ".join(judged.limits),
            judged.became,
            judged.url,
        )
    if outlook.judged:
        screen.print(table)
    if len(outlook.judged) > SHOWN:
        screen.print(f"… and {len(outlook.judged) - SHOWN} more.")
