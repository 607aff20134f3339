"""`chorus audit`: read the record, verify it, take it out of the house."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.orm import Session

from bot import settings
from bot.audit import checkpoints, export, selection, story, timestamps, verification
from bot.audit.bundle import verify_bundle, write_bundle
from bot.audit.checkpoints import FILE, open_signer
from bot.audit.selection import Selection
from bot.audit.verifier import Checkpoint, Forged, Report, VerifierKey
from bot.cli.keeping import OPERATOR, OpenSessions, add_keeping, utc, within
from bot.deps import utc_now
from bot.errors import ChorusError

screen = Console()


class Form(StrEnum):
    """What an export looks like."""

    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"
    EML = "eml"
    BUNDLE = "bundle"


Employee = Annotated[int | None, typer.Option(help="What this employee did, by number, and replies they approved.")]
Author = Annotated[str, typer.Option(help="About this stranger: their handle or id on the platform.")]
Venue = Annotated[int | None, typer.Option(help="In this venue, by number.")]
Since = Annotated[datetime | None, typer.Option(help="From this moment on (UTC).")]
Until = Annotated[datetime | None, typer.Option(help="Before this moment (UTC).")]
Words = Annotated[str, typer.Option(help='With these words; -word leaves out, "two words" stand together.')]
Kind = Annotated[str, typer.Option(help="Of this kind: reply.approved, or reply for all of them.")]
Hold = Annotated[str, typer.Option(help="Covered by the hold of this name.")]


def build(
    open_sessions: OpenSessions, *, data_dir: Callable[[], Path] = lambda: settings.load().data_dir
) -> typer.Typer:
    """Return the commands; `open_sessions` opens the database, `data_dir` holds the key and the checkpoints."""
    app = typer.Typer(no_args_is_help=True, help="The record: read, verify, export, hold, erase.")
    house = House(open_sessions, data_dir)
    _add_reading(app, house)
    _add_proving(app, house)
    _add_exporting(app, house)
    add_keeping(app, open_sessions, data_dir)
    return app


@dataclass(frozen=True, slots=True)
class House:
    """Where the record is, and where its key and its checkpoints are."""

    open_sessions: OpenSessions
    data_dir: Callable[[], Path]


def _add_reading(app: typer.Typer, house: House) -> None:
    @app.command()
    def show(reply: Annotated[int, typer.Argument(help="Number of the reply.")]) -> None:
        """Tell the story of a reply: everything that is recorded about it, in order."""
        with house.open_sessions() as sessions, sessions() as session:
            screen.print(story.render(story.story(session, reply)))

    @app.command()
    def search(
        words: Annotated[str, typer.Argument(help="Words to look for; none shows the newest entries.")] = "",
        employee: Employee = None,
        author: Author = "",
        venue: Venue = None,
        since: Since = None,
        until: Until = None,
        kind: Kind = "",
        hold: Hold = "",
        before: Annotated[int | None, typer.Option(help="Entries before this number: the next page.")] = None,
    ) -> None:
        """Find entries, newest first."""
        given = Selection(employee, author, venue, "", utc(since), utc(until), words, kind)
        with house.open_sessions() as sessions, sessions() as session:
            page = selection.search(session, within(session, given, hold), before=before)
            for step in story.tell(session, page.entries):
                screen.print(story.render_step(step))
        screen.print(f"More: --before {page.before}" if page.before else "That is all.", style="dim")


def _add_proving(app: typer.Typer, house: House) -> None:
    @app.command()
    def verify(
        checkpoint: Annotated[Path | None, typer.Option(help="A file of checkpoints that you kept.")] = None,
        bundle: Annotated[Path | None, typer.Option(help="An exported bundle, instead of the database.")] = None,
        key: Annotated[str, typer.Option(help="The verifier key, where it is not this installation's.")] = "",
        authority: Annotated[
            Path | None, typer.Option(help="Root certificates (PEM) of the time stamping authority.")
        ] = None,
    ) -> None:
        """Follow the whole chain and name the first thing that was altered, if any was."""
        report = verify_bundle(bundle, _key(house, key)) if bundle else _verify_here(house, checkpoint, key)
        for line in report.lines():
            screen.print(line, markup=False, highlight=False)
        for problem in report.problems[1:10]:
            screen.print(f"  {problem.what}", markup=False, highlight=False)
        if not bundle:
            _tell_stamps(house, checkpoint, authority)
        raise typer.Exit(0 if report.ok else 1)

    @app.command(name="checkpoint")
    def take_checkpoint() -> None:
        """Sign what the record is now, add it to the file of checkpoints and print it: keep it somewhere else."""
        with house.open_sessions() as sessions, sessions() as session:
            note = checkpoints.take(session, open_signer(house.data_dir()), at=utc_now())
        checkpoints.append(note, house.data_dir() / FILE)
        typer.echo(note, nl=False)

    @app.command(name="key")
    def show_key() -> None:
        """Print the key that verifies our signatures: give it to those who are to verify, in good time."""
        typer.echo(str(open_signer(house.data_dir()).key))


def _add_exporting(app: typer.Typer, house: House) -> None:
    @app.command(name="export")
    def export_entries(
        form: Annotated[Form, typer.Argument(help="jsonl, csv, html, eml (one mail per reply) or bundle.")],
        target: Annotated[Path, typer.Argument(help="The file to write; a .zip for eml and bundle.")],
        employee: Employee = None,
        author: Author = "",
        venue: Venue = None,
        since: Since = None,
        until: Until = None,
        words: Words = "",
        kind: Kind = "",
        hold: Hold = "",
    ) -> None:
        """Take entries out of the house, in a form that others can read; that it was done is recorded."""
        if target.exists():
            raise ChorusError(f"{target} is there already. Choose another name.")
        given = Selection(employee, author, venue, "", utc(since), utc(until), words, kind)
        with house.open_sessions() as sessions:
            with sessions.begin() as session:
                chosen = within(session, given, hold)
                export.note_export(session, chosen, form.value, at=utc_now(), actor=OPERATOR)
            with sessions() as session:
                _write(session, chosen, form, target, house.data_dir())
        screen.print(f"Written: {target}", markup=False)


def _write(session: Session, chosen: Selection, form: Form, target: Path, data_dir: Path) -> None:
    if form is Form.BUNDLE:
        signer = open_signer(data_dir)
        write_bundle(session, target, chosen, signer=signer, checkpoints=data_dir / FILE, at=utc_now())
    elif form is Form.EML:
        with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:
            for name, content in export.mails(session, chosen):
                archive.writestr(name, content)
    else:
        with target.open("xb") as file, Progress(console=screen, transient=True) as progress:
            task = progress.add_task("Writing", total=selection.count(session, chosen))
            for part in export.FORMS[form.value](session, chosen, utc_now()):
                file.write(part)
                progress.advance(task)


def _verify_here(house: House, checkpoint: Path | None, key: str) -> Report:
    with house.open_sessions() as sessions, sessions() as session:
        return verification.verify(session, _signed(house, checkpoint, key))


def _tell_stamps(house: House, checkpoint: Path | None, authority: Path | None) -> None:
    """Say what outside authorities vouch for; raises `ChorusError` at a stamp that is not of its checkpoint."""
    file = checkpoint or house.data_dir() / FILE
    stamped = list(timestamps.check(checkpoints.notes(file), file.parent / timestamps.FOLDER, authority))
    if not stamped:
        return
    newest = stamped[-1]
    how = "by the given certificates" if newest.proven else "not proven: give its certificates with --authority"
    words = f"{len(stamped)} time stamps agree, the newest of {newest.at:%Y-%m-%d %H:%M:%S} UTC ({how})."
    screen.print(words, markup=False, highlight=False)


def _signed(house: House, checkpoint: Path | None, key: str) -> list[Checkpoint]:
    file = checkpoint or house.data_dir() / FILE
    if checkpoint is None and not file.exists():
        return []
    return checkpoints.kept(file, _key(house, key))


def _key(house: House, given: str) -> VerifierKey:
    try:
        return VerifierKey.parse(given) if given else open_signer(house.data_dir()).key
    except Forged as error:
        raise ChorusError(str(error)) from None
