"""`python -m bot.bench`: measure the budgets of the design and print a table; exit code 1 when one is missed."""

import logging
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot import logs
from bot.bench import bulk, burst, clicks, idle, judging, killing, peers, record, throttle, way
from bot.bench import stage as stages
from bot.bench.row import Row
from bot.bench.stage import Stage

log = logging.getLogger(__name__)

ROOMS: Mapping[str, Callable[[Stage], Iterable[Row]]] = {
    "throttle": throttle.rows,
    "clicks": clicks.rows,
    "way": way.rows,
    "judging": judging.rows,
    "peers": peers.rows,
    "burst": burst.rows,
    "bulk": bulk.rows,
    "record": record.rows,
    "killing": killing.rows,
    "idle": idle.rows,
}
"""What can be measured, by the name that `--only` takes."""

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
screen = Console()
if not screen.is_terminal:
    screen.width = 150


@cli.command()
def bench(
    only: Annotated[list[str] | None, typer.Option(help=f"Measure only this: {', '.join(ROOMS)}.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes: shows that it works, proves no speed.")] = False,
) -> None:
    """Measure the budgets of the design on this machine and print them as one table."""
    unknown = sorted(set(only or ()) - set(ROOMS))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}. There are: {', '.join(ROOMS)}.", param_hint="--only")
    logs.set_up("text", "ERROR")
    rows = measured(tuple(only or ROOMS), quick=quick)
    screen.print(drawn(rows))
    screen.print(_machine() + (" (quick sizes: the figures prove nothing)" if quick else ""), style="dim")
    raise typer.Exit(1 if any(row.kept is False for row in rows) else 0)


def measured(rooms: Sequence[str], *, quick: bool) -> list[Row]:
    """Measure in the given order. What breaks is a row that was missed, and the rest is measured all the same."""
    rows: list[Row] = []
    with stages.built(quick=quick) as stage:
        for room in rooms:
            screen.print(f"measuring: {room} …", style="dim")
            rows.extend(_until_it_breaks(room, stage))
    return rows


def drawn(rows: Iterable[Row]) -> Table:
    """Return the table."""
    table = Table("what", "must", "measured", "verdict")
    verdicts = {True: "[green]kept[/]", False: "[bold red]MISSED[/]", None: ""}
    for row in rows:
        table.add_row(escape(row.what), escape(row.must), escape(row.measured), verdicts[row.kept])
    return table


def _until_it_breaks(room: str, stage: Stage) -> Iterator[Row]:
    try:
        yield from ROOMS[room](stage)
    except Exception as error:
        log.exception("%s could not be measured", room)
        yield Row(room, "can be measured", f"{type(error).__name__}: {error}"[:200], kept=False)


def _machine() -> str:
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load average {load}"


if __name__ == "__main__":
    cli()
