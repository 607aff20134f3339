"""`python -m bot.demo`: run the demo world, clear it, or take the whole way once and time it."""

import shutil
import signal
import sys
from pathlib import Path
from threading import Event

import typer
from rich.console import Console

from bot import logs
from bot.demo import smoke as smoke_run
from bot.demo.world import world
from bot.errors import ChorusError

FOLDER = Path(".chorus/demo")

cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
screen = Console()


@cli.callback(invoke_without_command=True)
def demo(context: typer.Context) -> None:
    """Run the demo world until Ctrl-C; the next start goes on from here."""
    if context.invoked_subcommand is not None:
        return
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    logs.set_up("text", "WARNING")
    screen.print("Starting the database, a Slack, a public platform and the bot …", style="dim")
    with world(FOLDER, fixed_ports=True) as running:
        screen.print(f"\n  Open  [bold]{running.slack.url}[/]\n", highlight=False)
        screen.print("  You are Ana. Write something about Harbour on Plaza (top left), then look into #mentions.")
        screen.print("  Ctrl-C stops everything; what was said is kept. make demo-reset clears it.\n", style="dim")
        stopping.wait()
        screen.print("Stopping …", style="dim")


@cli.command()
def reset() -> None:
    """Forget everything that was said in the demo."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    screen.print("The demo world is empty again.")


@cli.command()
def smoke() -> None:
    """Take a post the whole way to an audited reply, without a browser, and say how long it took."""
    logs.set_up("text", "WARNING")
    raise typer.Exit(smoke_run.run(screen))


if __name__ == "__main__":
    try:
        cli()
    except ChorusError as error:
        Console(stderr=True).print(f"demo: {error}", style="red", markup=False, highlight=False)
        sys.exit(2)
