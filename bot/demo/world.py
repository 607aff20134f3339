"""The demo world: a PostgreSQL, a Slack, a public platform and the real bot between them, on this machine only."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

from sqlalchemy import select

from bot import app as composition
from bot import database, sources
from bot.app import Part
from bot.console.entrance import BACK
from bot.demo.plaza import Plaza
from bot.demo.slack.seed import SeedChannel, chorus_app, harbour
from bot.demo.slack.server import LocalSlack
from bot.deps import Deps
from bot.errors import ChorusError
from bot.models import Source
from bot.settings import Settings
from bot.slack.manifest import manifest
from bot.throttle import editing
from connectors.base import Followed, Identity, SourceKind

COMPANY = "Harbour"
FACTS = Path(__file__).parent / "facts.yml"
SLACK_PORT = 8400
PLAZA_PORT = 8401
CONSOLE_PORT = 8402
DEMO_GAP = "At least 15 seconds between replies in a venue; then hold"
DEMO_DAY = "At most 100 replies in a venue per day; then hold"
MENTIONS = SeedChannel(name="mentions").id
OPS = SeedChannel(name="chorus-ops").id


@dataclass(frozen=True, slots=True)
class World:
    """Everything that runs, and the settings the bot runs with."""

    slack: LocalSlack
    plaza: Plaza
    settings: Settings
    deps: Deps


@contextmanager
def world(
    folder: Path | None, *, undo_seconds: float = 10, database_url: str | None = None, fixed_ports: bool = False
) -> Iterator[World]:
    """Run a whole world until the block ends. With a `folder` the next one goes on where this one stopped."""
    with ExitStack() as stack:
        data = folder or Path(stack.enter_context(TemporaryDirectory(prefix="chorus-world-")))
        data.mkdir(parents=True, exist_ok=True)
        url = stack.enter_context(database.server(database_url, data))
        slack_port, plaza_port, console_port = _ports(data if fixed_ports else None)
        plaza = stack.enter_context(Plaza(data / "plaza.db" if folder else None, plaza_port, lively=folder is not None))
        console = f"http://127.0.0.1:{console_port}"
        links = (("Plaza, the public platform", plaza.url), ("The console", f"{console}/"))
        seed = harbour(replace(chorus_app(manifest()), redirect_urls=(console + BACK,)), links=links)
        slack = stack.enter_context(LocalSlack(data / "slack.db" if folder else None, seed, slack_port))
        plaza.links["Back to the workspace"] = slack.url
        settings = settings_for(slack, url, data, undo_seconds=undo_seconds, console_port=console_port)
        deps = stack.enter_context(_furnished(settings, plaza))
        stack.enter_context(_bot(settings))
        yield World(slack, plaza, settings, deps)


def settings_for(slack: LocalSlack, url: str, data: Path, *, undo_seconds: float, console_port: int = 0) -> Settings:
    """Return the settings of a bot in this world: nothing is read from the machine's own `.env`."""
    ids = {person.name: person.id for person in slack.seed.people}
    return Settings(
        _env_file=None,
        DATABASE_URL=url,
        SLACK_BOT_TOKEN=slack.bot_token,
        SLACK_APP_TOKEN=slack.app_token,
        SLACK_SIGNING_SECRET=slack.signing_secret,
        SLACK_API_URL=slack.api_url,
        data_dir=data,
        company=(COMPANY, "Harbour Reader", "Harbour Mini"),
        facts=FACTS,
        ops_channel=OPS,
        employees=(ids["ana"], ids["ben"]),
        managers=(ids["mara"],),
        reviewers=(ids["ruth"],),
        admins=(ids["theo"],),
        undo_seconds=undo_seconds,
        SLACK_CLIENT_ID=slack.app.client_id,
        SLACK_CLIENT_SECRET=slack.app.client_secret,
        console_url=f"http://127.0.0.1:{console_port}" if console_port else None,
        http_port=console_port,
    )


@contextmanager
def _furnished(settings: Settings, plaza: Plaza) -> Iterator[Deps]:
    """Connect the company's account and follow what names it, once."""
    with composition.opened(settings) as (_, deps):
        brand = sources.Connecting("mastodon", plaza.url, {"access_token": plaza.token}, Identity.BRAND)
        with deps.sessions() as session:
            known = session.scalar(select(Source).limit(1)) is not None
        account = sources.connect(deps, brand, actor="operator")
        if not known:
            _loosen_limits(deps)
            for name, followed in _followed():
                sources.add(deps, account.id, name, followed, channel=MENTIONS, poll_seconds=1, actor="operator")
        yield deps


def _loosen_limits(deps: Deps) -> None:
    """The demo is tried at any hour and in a few minutes: Plaza has no night, and its pauses are short."""
    editing.retire(deps, "quiet-hours", by=None)
    editing.put(deps, editing.read("venue-gap", DEMO_GAP), by=None)
    editing.put(deps, editing.read("venue-day", DEMO_DAY), by=None)


def _followed() -> tuple[tuple[str, Followed], ...]:
    return (
        ("Plaza: @harbour", Followed(SourceKind.MENTIONS)),
        ("Plaza: “Harbour”", Followed(SourceKind.SEARCH, COMPANY)),
    )


@contextmanager
def _bot(settings: Settings) -> Iterator[None]:
    stopping = Event()
    thread = Thread(target=composition.run, args=(settings, frozenset(Part)), kwargs={"until": stopping}, name="chorus")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(20)


def _ports(data: Path | None) -> tuple[int, int, int]:
    """Return the ports of the Slack, of Plaza and of the console. Where anything is kept they are those of the first
    start for ever, since what is kept names them."""
    if data is None:
        return 0, 0, _free(0)
    kept = data / "ports"
    if not kept.exists():
        kept.write_text(f"{_free(SLACK_PORT)} {_free(PLAZA_PORT)} {_free(CONSOLE_PORT)}")
    slack, plaza, console = (int(port) for port in kept.read_text().split())
    for port in (slack, plaza, console):
        if _is_taken(port):
            raise ChorusError(
                f"Port {port} is in use. If the demo runs already, open http://127.0.0.1:{slack}/; otherwise stop "
                "the program that has the port, or begin anew with make demo-reset."
            )
    return slack, plaza, console


def _free(wanted: int) -> int:
    """Return the port, or any other one where somebody else has it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0 if not wanted or _is_taken(wanted) else wanted))
        port: int = probe.getsockname()[1]
        return port


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
