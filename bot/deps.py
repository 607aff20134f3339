"""What services are given: one frozen value, built in `app`, passed first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.database import Sessions
from bot.rulebook import Rulebook
from bot.vault import Vault
from bot.writer import Writer
from connectors.base import Connector
from guidelines.facts import FactBase
from guidelines.pack import Pack


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Deps:
    """Everything a service may reach. `worker` names this process in leases; `jitter` gives numbers in [0, 1).

    `writer` is the model, if there is one, and `drafts_a_day` how many drafts it may write.
    `lease` is how long a worker may be busy with one attempt to post; whoever takes longer is thought to have died.
    `console_url` is where people reach the console, empty where nobody said.
    `company` holds the names that mean us, the usual one first; `ops_channel` is empty when nobody is to be told.
    """

    sessions: Sessions
    connectors: Mapping[str, Connector]
    rulebook: Rulebook
    writer: Writer | None
    drafts_a_day: int
    vault: Vault
    now: Callable[[], datetime]
    jitter: Callable[[], float]
    worker: str
    company: tuple[str, ...]
    ops_channel: str
    undo: timedelta
    claim: timedelta
    data_dir: Path
    compliance_channel: str
    roles_of: Callable[[str], tuple[str, ...]]
    lease: timedelta = timedelta(seconds=60)
    timestamp_authority: str = ""
    console_url: str = ""

    @property
    def today(self) -> datetime:
        """When this day began. Facts stand or lapse from day to day: what is asked of them by the day can be kept."""
        return self.now().replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def pack(self) -> Pack:
        """The guideline pack in force now."""
        return self.rulebook.pack

    @property
    def facts(self) -> FactBase | None:
        """The facts in force now."""
        return self.rulebook.facts
