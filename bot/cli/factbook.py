"""`chorus facts` with the database: what is in force, its versions, files in and out, and what we said wrong."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot import amends, factbook
from bot.deps import Deps
from bot.errors import ChorusError
from bot.fact_reading import LISTS, TEXTS, read, tidied
from guidelines.facts import Fact

Opened = Callable[[], AbstractContextManager[Deps]]
KeyArgument = Annotated[str, typer.Argument(help="The fact's id, such as mini-weight.")]

screen = Console()


def add_to(app: typer.Typer, opened: Opened) -> None:
    """Add the commands to those that need no database; `opened` opens it for as long as one of them needs it."""
    _add_reading(app, opened)
    _add_changing(app, opened)
    _add_policy(app, opened)


def _add_reading(app: typer.Typer, opened: Opened) -> None:
    @app.command("list")
    def list_facts() -> None:
        """Show the facts in force, and which of them correct nobody now."""
        with opened() as deps:
            _list(deps)

    @app.command()
    def history(key: KeyArgument) -> None:
        """Show every version of a fact, newest first."""
        with opened() as deps, deps.sessions() as session:
            versions = factbook.history(session, key)
        if not versions:
            raise ChorusError(f"There has never been a fact “{key}” in the database.")
        for each in versions:
            until = f"until {each.retired_at:%Y-%m-%d %H:%M}" if each.retired_at else "in force"
            _say(f"{each.version}  {each.created_at:%Y-%m-%d %H:%M}  {until}  {each.body.get('statement', '')}")

    @app.command()
    def export(to: Annotated[Path | None, typer.Argument(help="Where to; the screen when not given.")] = None) -> None:
        """Write the facts in force as a fact file."""
        with opened() as deps:
            page = factbook.export(deps)
        if to is None:
            typer.echo(page, nl=False)
        else:
            to.write_text(page, encoding="utf-8")
            _say(f"Written to {to}.")


def _add_changing(app: typer.Typer, opened: Opened) -> None:
    @app.command("import")
    def import_facts(
        path: Annotated[Path, typer.Argument(help="A fact file (YAML); - reads standard input.", allow_dash=True)],
    ) -> None:
        """Put all facts of a file in force; what it does not name stays as it is."""
        page = sys.stdin.read() if str(path) == "-" else _read(path)
        with opened() as deps:
            done = factbook.import_file(deps, page, by=None)
        _say(f"{len(done.changed)} new or changed, {done.same} as they were. {', '.join(done.changed)}".rstrip())
        if done.review_days:
            _say(f"From now on each is due for a review every {done.review_days} days.")

    @app.command()
    def put(
        key: KeyArgument,
        statement: Annotated[str, typer.Argument(help="One plain sentence.")],
        entity: Annotated[str, typer.Option(help="What or whom it is about.")],
        source: Annotated[str, typer.Option(help="The link under which it is written.")],
        field: Annotated[
            list[str] | None, typer.Option(help=f"NAME=VALUE; may be repeated: {', '.join((*TEXTS, *LISTS))}.")
        ] = None,
        yes: Annotated[
            bool, typer.Option("--yes", help="Do not ask, and accept misstatements that are missed.")
        ] = False,
    ) -> None:
        """Put a fact in force, after showing what was understood of it."""
        said = {"entity": entity, "statement": statement, "source_url": source, **_fields(field or [])}
        with opened() as deps:
            _put(deps, key, said, yes=yes)

    @app.command()
    def review(
        key: KeyArgument, owner: Annotated[str, typer.Option(help="Who looks after it from now on.")] = ""
    ) -> None:
        """Say that a fact still holds."""
        with opened() as deps:
            done = factbook.review(deps, key, by=None, owner=owner)
        _say(f"“{key}” is reviewed today, in version {done.version}.")

    @app.command()
    def withdraw(key: KeyArgument) -> None:
        """Take a fact out of force; its versions stay."""
        with opened() as deps:
            factbook.withdraw(deps, key, by=None)
        _say(f"“{key}” corrects nobody any more. Put it again to bring it back.")

    @app.command("look-back")
    def look_back() -> None:
        """Ask for all our replies of the last 180 days to be held against all facts."""
        with opened() as deps:
            amends.ask(deps, by=None)
        _say("It is asked for. What is found is told in the operators' channel, on Home and in the console.")


def _add_policy(app: typer.Typer, opened: Opened) -> None:
    @app.command("review-every")
    def review_every(
        days: Annotated[str, typer.Argument(help="A number of days, or never.", metavar="DAYS|never")],
    ) -> None:
        """Say how often each fact is due for a review; one that was not reviewed in time corrects nobody."""
        wanted = days.strip().lower()
        if wanted != "never" and not (wanted.isascii() and wanted.isdecimal()):
            raise ChorusError(f"“{days}” is no number of days. Say for example 365, or never.")
        with opened() as deps:
            factbook.set_review_days(deps, None if wanted == "never" else int(wanted), by=None)
        every = "No review is due any more." if wanted == "never" else f"Each is due for a review every {wanted} days."
        _say(every)


def _list(deps: Deps) -> None:
    facts = sorted(deps.facts.facts.values(), key=lambda fact: fact.id) if deps.facts else []
    table = Table("id", "statement", "", box=None, pad_edge=False)
    for fact in facts:
        table.add_row(fact.id, fact.statement, "" if _stands(deps, fact) else "corrects nobody now")
    screen.print(table if facts else "There are no facts. Add one: chorus facts put --help")
    if deps.facts and deps.facts.review_days:
        _say(f"Each is due for a review every {deps.facts.review_days} days.")


def _stands(deps: Deps, fact: Fact) -> bool:
    return deps.facts is not None and fact.stands(deps.now(), deps.facts.review_days)


def _put(deps: Deps, key: str, said: dict[str, str], *, yes: bool) -> None:
    body = tidied(said)
    others = tuple(deps.facts.facts.values()) if deps.facts else ()
    reading = read(key, body, others, now=deps.now())
    for line in reading.understood:
        _say(f"  {line}")
    for result in reading.missed:
        _say(f"  {result.reason}")
    wanted = yes or not reading.fact or typer.confirm("Is that what it says?", default=True)
    if not wanted:
        raise typer.Exit(1)
    done = factbook.put(deps, key, body, by=None, accept_missed=wanted)
    _say(f"“{key}” is in force, in version {done.version}.")


def _fields(given: list[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for each in given:
        name, mark, value = each.partition("=")
        if not mark or name not in (*TEXTS, *LISTS):
            raise ChorusError(f"“{each}” is not NAME=VALUE with a known name: {', '.join((*TEXTS, *LISTS))}.")
        fields[name] = f"{fields[name]}\n{value}" if name in LISTS and name in fields else value
    return fields


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ChorusError(f"{path} cannot be read: {error}") from None


def _say(words: str) -> None:
    screen.print(words, markup=False, highlight=False, soft_wrap=True)
