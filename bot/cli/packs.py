"""`chorus guidelines activate | versions | replay | scan | learn | diff`: the packs that the database keeps."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot import packs, settings
from bot.cli.guidelines import CompanyOption, compare_on
from bot.deps import Deps
from bot.errors import ChorusError
from bot.models import ExampleState
from bot.packs import PackReplay
from bot.packs.learning import changed_lines
from guidelines import pack as reading
from guidelines.compare import difference
from guidelines.pack import Pack, PackError
from guidelines.throttle import LimitError, read_duration

Opened = Callable[[], AbstractContextManager[Deps]]

SHOWN = 50
LONGEST_LINE = 120
screen = Console()

Since = Annotated[str, typer.Option(help="How far back, such as 30d or 12 weeks.")]
Number = Annotated[int | None, typer.Option("--version", help="Number of a version, as `versions` lists them.")]
PackFile = Annotated[Path | None, typer.Option("--pack", help="A pack file.")]


def add_to(app: typer.Typer, opened: Opened, unopened: Callable[[], Pack | None] = lambda: None) -> None:
    """Add the commands to `chorus guidelines`; `opened` opens the database for as long as one of them needs it.

    `unopened` returns the pack in force where there is no database yet that could hold another.
    """
    _add_choosing(app, opened)
    _add_looking(app, opened)
    _add_learning(app, opened)
    _add_comparing(app, opened, unopened)


def named_pack() -> Pack | None:
    """Return the pack of the settings while no database was made yet: looking must not make one."""
    configured = settings.load()
    if configured.database_url is not None or (configured.data_dir / "postgres").exists():
        return None
    return _read(configured.guideline_pack) if configured.guideline_pack else reading.default()


def _add_choosing(app: typer.Typer, opened: Opened) -> None:
    @app.command("activate")
    def activate(
        pack: Annotated[Path | None, typer.Argument(help="A pack file, kept as a version first.")] = None,
        version: Number = None,
    ) -> None:
        """Put a pack in force, from a file or an earlier version; that is also how to go back."""
        with opened() as deps:
            number = _chosen(deps, pack, version)
            chosen = packs.activate(deps, number, by=None)
            tests = packs.Tests.of(packs.tested(deps.pack))
        screen.print(f"{chosen.name} {chosen.version} ({chosen.sha256[:12]}) is in force.", highlight=False)
        if tests.wrong or tests.broken:
            screen.print(f"Mind: {tests.wrong} examples come out wrong, {tests.broken} rules are broken and left out.")

    @app.command("versions")
    def list_versions() -> None:
        """Show the versions there are, the newest first."""
        table = Table("number", "version", "hash", "added", "by", "last in force", "", box=None, pad_edge=False)
        with opened() as deps:
            for each in packs.versions(deps):
                activated = f"{each.activated_at:%Y-%m-%d %H:%M} {each.activated_by}" if each.activated_at else ""
                table.add_row(
                    str(each.id),
                    f"{each.name} {each.version}",
                    each.sha256[:12],
                    f"{each.added_at:%Y-%m-%d %H:%M}",
                    each.added_by,
                    activated,
                    "in force" if each.in_force else "",
                )
        screen.print(table if table.rows else "No version is kept yet: the pack of the settings is in force.")


def _add_looking(app: typer.Typer, opened: Opened) -> None:
    @app.command("replay")
    def replay(since: Since = "90d", pack: PackFile = None, version: Number = None) -> None:
        """Say what a pack would have changed over past drafts and replies, beside the one in force.

        Without a pack it is the newest version that is not in force.
        """
        with opened() as deps:
            chosen = _pack(deps, pack, version)
            report = packs.replay(deps, chosen, since=deps.now() - _length(since))
        _show(report, chosen)

    @app.command("scan")
    def scan(since: Since = "90d", version: Number = None) -> None:
        """Look at public replies with a version, the one in force unless told, and queue for review what it finds."""
        with opened() as deps:
            number = version if version is not None else _in_force(deps)
            found = packs.scan(deps, number, days=max(_length(since).days, 1), by_id=None)
        typer.echo(f"{len(found)} replies wait for a reviewer{': ' if found else ''}{', '.join(map(str, found))}.")


def _add_learning(app: typer.Typer, opened: Opened) -> None:
    @app.command("learn")
    def learn(
        write: Annotated[Path | None, typer.Option(help="Write the pack with the examples taken here.")] = None,
    ) -> None:
        """List the examples that people propose, and show the pack in force with those that were taken."""
        with opened() as deps:
            for each in packs.proposals(deps, ExampleState.PROPOSED, ExampleState.TAKEN):
                meant = "should pass" if each.should_pass else "should be found"
                told = f"{each.id} {each.state.value} {each.rule}: {each.text[:LONGEST_LINE]!r} {meant}"
                typer.echo(f"{told} ({each.proposed_by}{': ' if each.comment else ''}{each.comment})")
            before, after = deps.pack.text, packs.learned(deps)
        for line in changed_lines(before, after):
            typer.echo(line)
        if write is not None:
            write.write_text(after, encoding="utf-8")


def _add_comparing(app: typer.Typer, opened: Opened, unopened: Callable[[], Pack | None]) -> None:
    @app.command("diff")
    def diff(
        packs_: Annotated[list[Path], typer.Argument(metavar="[OLD] NEW [REPLIES]", help="Pack files; JSON lines.")],
        company: CompanyOption = None,
    ) -> None:
        """Say what a new pack changes: beside the pack in force, beside an old file, or over replies from a file.

        The exit code is 1 where the new pack holds broken rules.
        """
        if len(packs_) > 3:
            raise ChorusError("Give the new pack; or the old and the new; or both and a file of replies.")
        in_force = len(packs_) == 1
        old = _in_force_now(opened, unopened) if in_force else _read(packs_[0])
        new = _read(packs_[min(len(packs_) - 1, 1)])
        typer.echo(f"{_told(old)}{', the pack in force,' if in_force else ''} → {_told(new)}")
        found = difference(old, new)
        for line in found.lines():
            typer.echo(f"  {line}")
        if not found:
            typer.echo("  They say the same.")
        for problem in new.problems:
            typer.echo(f"  broken, so it does not run: {problem}")
        if len(packs_) == 3:
            compare_on(packs_[2], old, new, tuple(company or ()))
        if new.problems:
            raise typer.Exit(1)


def _in_force_now(opened: Opened, unopened: Callable[[], Pack | None]) -> Pack:
    if (pack := unopened()) is not None:
        return pack
    with opened() as deps:
        return deps.pack


def _told(pack: Pack) -> str:
    return f"{pack.name} {pack.version} ({pack.sha256[:12]}, {pack.file})"


def _show(report: PackReplay, chosen: Pack) -> None:
    typer.echo(f"{chosen.name} {chosen.version}: {report.said}")
    typer.echo(report.replay.summary())
    for rule, (more, fewer) in report.replay.by_rule.items():
        typer.echo(f"  {rule}: {more} more, {fewer} fewer")
    for change in (*report.replay.newly_blocked, *report.replay.released)[:SHOWN]:
        what = "blocked" if change.is_blocked else "released"
        typer.echo(f"  {what} {change.key}: {change.text[:LONGEST_LINE]!r}")
    if report.left_out:
        typer.echo(f"{report.left_out} older texts were not looked at.")


def _chosen(deps: Deps, pack: Path | None, version: int | None) -> int:
    if (pack is None) == (version is None):
        raise ChorusError("Name a pack file, or a version with --version.")
    if version is not None:
        return version
    return packs.add(deps, _read(Path(str(pack))).text, by=None).id


def _pack(deps: Deps, pack: Path | None, version: int | None) -> Pack:
    if pack is not None:
        return _read(pack)
    number = version if version is not None else next((v.id for v in packs.versions(deps) if not v.in_force), None)
    if number is None:
        raise ChorusError("No version waits to be activated. Name a file with --pack.")
    return packs.read(packs.text_of(deps, number))


def _in_force(deps: Deps) -> int:
    number = next((version.id for version in packs.versions(deps) if version.in_force), None)
    if number is None:
        raise ChorusError("No version was activated yet. Name one with --version, or activate a pack.")
    return number


def _read(path: Path) -> Pack:
    try:
        return reading.load(path)
    except PackError as error:
        raise packs.PackRefused(error.problems) from error


def _length(text: str) -> timedelta:
    try:
        return read_duration(text)
    except LimitError as error:
        raise ChorusError(str(error)) from None
