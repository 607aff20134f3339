"""The company that is measured: its settings, its services, its account and what it follows."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Engine

from bot import app as composition
from bot import database, people, sources
from bot.demo.world import COMPANY, FACTS
from bot.deps import Deps
from bot.models import Account, Employee, Source
from bot.settings import Settings
from bot.sources import Connecting
from bot.throttle import editing
from bot.throttle.limits import in_force
from connectors.base import Connector, Followed, SourceKind

CHANNEL = "C0MENTIONS0"


@dataclass(frozen=True, slots=True)
class Company:
    """What a measurement acts on."""

    engine: Engine
    deps: Deps
    account: Account
    source: Source

    @property
    def person(self) -> Employee:
        """Somebody who works here."""
        return people.employee_of(self.deps, "U0ANA00001", "Ana")


def settings_for(url: str, folder: Path, **chosen: object) -> Settings:
    """Return the settings of a company that reads and posts at once; nothing is read from the machine's `.env`."""
    common = {"DATABASE_URL": url, "data_dir": folder, "company": (COMPANY,), "facts": FACTS, "undo_seconds": 0}
    return Settings(**{"_env_file": None, **common, **chosen})  # type: ignore[arg-type]


@contextmanager
def settled(
    url: str,
    folder: Path,
    *,
    site: str = "https://crowd.example",
    token: str = "none",  # noqa: S107 - for platforms that ask for none
    connectors: Mapping[str, Connector] | None = None,
    channel: str = CHANNEL,
) -> Iterator[Company]:
    """Connect a company to one platform on a fresh database, without any limit that would hold it back."""
    engine = database.connect(url)
    try:
        composition.prepare(engine)
        deps = composition.deps_for(settings_for(url, folder), engine)
        deps = replace(deps, connectors=connectors or deps.connectors)
        _lift_limits(deps)
        account = sources.connect(deps, Connecting("mastodon", site, {"access_token": token}), actor="operator")
        followed = Followed(SourceKind.SEARCH, COMPANY)
        source = sources.add(deps, account.id, "Crowd", followed, channel=channel, poll_seconds=1, actor="operator")
        yield Company(engine, deps, account, source)
    finally:
        engine.dispose()


def _lift_limits(deps: Deps) -> None:
    with deps.sessions() as session:
        liftable = [limit.name for limit in in_force(session) if not limit.is_fixed]
    for name in liftable:
        editing.retire(deps, name, by=None)
