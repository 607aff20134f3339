"""The `chorus` command."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import orjson
import typer
from rich.console import Console

from bot import app as composition
from bot import (
    audit,
    database,
    doctor,
    logs,
    settings,
    vault,
)
from bot.app import Part
from bot.cli import audit as audit_cli
from bot.cli import budgets as budgets_cli
from bot.cli import factbook as factbook_cli
from bot.cli import facts as facts_cli
from bot.cli import guidelines as guidelines_cli
from bot.cli import packs as packs_cli
from bot.cli import platforms
from bot.cli import sources as sources_cli
from bot.cli import stops as stops_cli
from bot.cli import throttle as throttle_cli
from bot.console.entrance import BACK
from bot.database import Sessions
from bot.deps import Deps
from bot.errors import ChorusError
from bot.slack.manifest import manifest

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
screen = Console()


@contextmanager
def _deps() -> Iterator[Deps]:
    with composition.opened(settings.load()) as (_, deps):
        yield deps


@contextmanager
def _sessions() -> Iterator[Sessions]:
    with _deps() as deps:
        yield deps.sessions


@cli.command()
def run(
    only: Annotated[list[Part] | None, typer.Option(help="Run only these parts in this process.")] = None,
) -> None:
    """Run the bot: everything, with its workers in a process beside it, or the parts that --only names."""
    configured = settings.load()
    logs.set_up(configured.log_format)
    composition.run(configured, frozenset(only or Part), workers_apart=True)


@cli.command()
def migrate() -> None:
    """Bring the database up to date."""
    with composition.opened(settings.load(), migrated=False) as (engine, _):
        behind = database.pending(engine)
        composition.prepare(engine)
        protected = audit.grant_rights(engine)
    screen.print("The database was brought up to date." if behind else "The database is up to date.")
    for line in protected.lines():
        screen.print(line, markup=False, highlight=False)


@cli.command(name="doctor")
def check_up() -> None:
    """Check settings, database, Slack and every source, and say what to do."""
    findings = doctor.examine()
    for finding in findings:
        screen.print(f"[{'green' if finding.ok else 'red'}]{'ok  ' if finding.ok else 'FAIL'}[/] ", end="")
        screen.print(finding.what, markup=False, highlight=False)
        if finding.advice:
            screen.print(f"     {finding.advice}", markup=False, highlight=False)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@cli.command(name="new-key")
def new_key() -> None:
    """Print a fresh key for CHORUS_SECRET_KEY."""
    typer.echo(vault.new_key())


@cli.command(name="manifest")
def print_manifest() -> None:
    """Print the manifest of the Slack app, to paste where Slack asks for one."""
    configured = settings.load()
    sign_in_url = configured.console_url + BACK if configured.console_url else ""
    told = manifest(sign_in_url=sign_in_url, rotates_tokens=bool(configured.slack_refresh_token))
    typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())


cli.command()(platforms.connectors)
cli.add_typer(sources_cli.accounts_app, name="accounts")
cli.add_typer(sources_cli.sources_app, name="sources")
factbook_cli.add_to(facts_cli.app, _deps)
cli.add_typer(facts_cli.app, name="facts")
packs_cli.add_to(guidelines_cli.app, _deps, packs_cli.named_pack)
cli.add_typer(guidelines_cli.app, name="guidelines")
cli.add_typer(guidelines_cli.mentions_app, name="mentions")
cli.add_typer(audit_cli.build(_sessions), name="audit")
cli.add_typer(budgets_cli.build(_deps), name="budgets")
cli.add_typer(throttle_cli.build(_deps), name="throttle")
cli.add_typer(stops_cli.build(_deps))


def main() -> None:
    """Run a command; what went wrong is told in a sentence and an exit code, never in a traceback."""
    try:
        cli()
    except ChorusError as error:
        Console(stderr=True).print(f"chorus: {error}", style="red", markup=False, highlight=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
