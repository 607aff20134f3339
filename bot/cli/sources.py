"""`chorus accounts` and `chorus sources`: whom we speak as, and what we follow."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from bot import app as composition
from bot import hooks, policies, settings, sources
from bot.accounts import connector_of
from bot.errors import ChorusError
from bot.models import Account, Source, SourceState
from connectors.base import Followed, Identity, SourceKind, Spec

OPERATOR = "operator"

accounts_app = typer.Typer(no_args_is_help=True, help="Accounts we post with.")
sources_app = typer.Typer(no_args_is_help=True, help="Sources we follow.")
screen = Console()


@accounts_app.command("list")
def list_accounts() -> None:
    """Show all connected accounts and how they fare."""
    table = Table("id", "platform", "site", "handle", "identity", "condition", box=None, pad_edge=False)
    with composition.opened(settings.load()) as (_, deps), deps.sessions() as session:
        for account in session.scalars(select(Account).order_by(Account.id)):
            table.add_row(
                str(account.id),
                account.platform,
                account.site,
                account.handle,
                account.identity.value,
                f"{account.condition.value} {account.condition_detail}".strip(),
            )
    screen.print(table if table.rows else "No account is connected yet. Connect one with: chorus accounts connect")


@accounts_app.command("connect")
def connect(
    platform: Annotated[str, typer.Argument(help="Name of the platform, such as mastodon.")],
    site: Annotated[str, typer.Argument(help="Address of the instance, such as https://mastodon.example.")],
    secret: Annotated[
        list[str] | None, typer.Option(help="name=value; a value of - is asked for without being shown.")
    ] = None,
    option: Annotated[list[str] | None, typer.Option(help="name=value of what its connector may be told.")] = None,
    identity: Annotated[Identity, typer.Option(help="Whom the public sees as the author.")] = Identity.BRAND,
) -> None:
    """Connect an account: the platform is asked whose it is."""
    secrets = dict(_pair(item, "--secret") for item in secret or ())
    options = dict(_pair(item, "--option") for item in option or ())
    given = sources.Connecting(platform=platform, site=site, secrets=secrets, identity=identity, options=options)
    with composition.opened(settings.load()) as (_, deps):
        _must_know(connector_of(deps, platform).spec, options)
        account = sources.connect(deps, given, actor=OPERATOR)
    screen.print(f"Account {account.id} is connected: {account.handle} on {account.site}.")


@accounts_app.command("record")
def record(
    account: Annotated[int, typer.Argument(help="Id of the account; see: chorus accounts list")],
    name: Annotated[str, typer.Argument(help="What is recorded, such as platform_approval or label.")],
    value: Annotated[str, typer.Argument(help="Its value; empty to take it back.")],
) -> None:
    """Record what a platform agreed to, how an account is labelled there, or an option of its connector."""
    with composition.opened(settings.load()) as (_, deps):
        recorded = policies.record(deps, account, name, value, by=None)
    said = f"{name}: {recorded.options[name]}" if name in recorded.options else f"{name} is taken back"
    screen.print(f"{recorded.handle} on {recorded.platform}: {said}.", markup=False, highlight=False)


@sources_app.command("list")
def list_sources() -> None:
    """Show all sources and their health."""
    table = Table("id", "name", "follows", "channel", "every", "state", "detail", box=None, pad_edge=False)
    with composition.opened(settings.load()) as (_, deps), deps.sessions() as session:
        for source in session.scalars(select(Source).order_by(Source.id)):
            table.add_row(
                str(source.id),
                source.name,
                f"{source.kind.value} {source.query}".strip(),
                source.channel,
                f"{source.poll_seconds} s",
                source.state.value,
                source.detail or source.pace,
            )
    screen.print(table if table.rows else "No source is followed yet. Add one with: chorus sources add")


@sources_app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="A name for people.")],
    account: Annotated[int, typer.Option(help="Id of the account that reads it; see: chorus accounts list")],
    channel: Annotated[str, typer.Option(help="Id of the Slack channel for its cards.")],
    kind: Annotated[SourceKind, typer.Option(help="What to follow.")] = SourceKind.MENTIONS,
    query: Annotated[str, typer.Option(help="Words, hashtag, address or post, as the kind needs.")] = "",
    every: Annotated[int, typer.Option(min=1, help="Seconds between two looks.")] = 60,
) -> None:
    """Follow something; a source of that name is changed."""
    configured = settings.load()
    with composition.opened(configured) as (_, deps):
        source = sources.add(
            deps, account, name, Followed(kind, query), channel=channel, poll_seconds=every, actor=OPERATOR
        )
        door = hooks.door_of(deps, source.id) if source.kind is SourceKind.WEBHOOK else None
    screen.print(f"Source {source.id} is followed: {source.name}.")
    if door is not None:
        _tell_of(door, configured.console_url or f"http://{configured.http_host}:{configured.http_port}")


@sources_app.command("try")
def try_source(
    account: Annotated[int, typer.Option(help="Id of the account that reads it.")],
    kind: Annotated[SourceKind, typer.Option(help="What to follow.")] = SourceKind.MENTIONS,
    query: Annotated[str, typer.Option(help="Words, hashtag, address or post.")] = "",
) -> None:
    """Show what a source would bring in, without keeping any of it."""
    with composition.opened(settings.load()) as (_, deps):
        page = sources.look(deps, account, Followed(kind, query))
    for post in page.posts:
        screen.print(f"{post.created_at:%Y-%m-%d %H:%M}  @{post.author.handle}", style="bold", highlight=False)
        screen.print(post.text, markup=False, highlight=False)
    screen.print(f"{len(page.posts)} posts, {len(page.skipped)} that could not be read.")


@sources_app.command("change")
def change(
    source: Annotated[int, typer.Argument(help="Id of the source; see: chorus sources list")],
    name: Annotated[str | None, typer.Option(help="Another name for people.")] = None,
    channel: Annotated[str | None, typer.Option(help="Id of another Slack channel for its cards.")] = None,
    every: Annotated[int | None, typer.Option(min=1, help="Seconds between two looks.")] = None,
) -> None:
    """Give a source another name, route its cards to another channel, look more or less often."""
    with composition.opened(settings.load()) as (_, deps):
        changed = sources.change(deps, source, name=name, channel=channel, poll_seconds=every, actor=OPERATOR)
    screen.print(f"{changed.name} goes to {changed.channel}, every {changed.poll_seconds} s.", markup=False)


@sources_app.command("pause")
def pause(source: Annotated[int, typer.Argument(help="Id of the source.")]) -> None:
    """Stop reading a source until it is resumed."""
    _set(source, SourceState.PAUSED, "is paused")


@sources_app.command("resume")
def resume(source: Annotated[int, typer.Argument(help="Id of the source.")]) -> None:
    """Read a source again, also one that needed attention."""
    _set(source, SourceState.ACTIVE, "is read again")


def _tell_of(door: hooks.Door, home: str) -> None:
    """Say what to type in where the requests come from."""
    how = "signed with this secret" if door.signs else "with this secret as the verify token"
    screen.print(f"Have its posts sent to this address, {how}:", soft_wrap=True)
    screen.print(f"  address  {home.rstrip('/')}{door.path}", markup=False, highlight=False, soft_wrap=True)
    screen.print(f"  secret   {door.secret}", markup=False, highlight=False, soft_wrap=True)
    screen.print("Keep the secret where you keep passwords: it stands for the sender.", soft_wrap=True)


def _set(source_id: int, state: SourceState, words: str) -> None:
    with composition.opened(settings.load()) as (_, deps):
        source = sources.set_state(deps, source_id, state, actor=OPERATOR)
    screen.print(f"{source.name} {words}.")


def _must_know(spec: Spec, options: Iterable[str]) -> None:
    unknown = sorted(set(options) - set(spec.options) - set(policies.RECORDED))
    if unknown:
        lines = "\n".join(f"  {name}: {what}" for name, what in spec.options.items()) or "  nothing"
        raise ChorusError(f"{spec.title} knows nothing called {', '.join(unknown)}. It can be told:\n{lines}")


def _pair(item: str, flag: str) -> tuple[str, str]:
    name, found, value = item.partition("=")
    if not found or not name:
        raise ChorusError(f"{flag} takes name=value, such as access_token=-. This is neither: {name}")
    return name, typer.prompt(name, hide_input=True) if value == "-" else value
