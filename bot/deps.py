"""What services are given: one frozen value, built in `app`, passed first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from guidelines.facts import FactBase
from guidelines.pack import Pack

from bot.database import Sessions
from bot.vault import Vault
from connectors.base import Connector


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Deps:
    """Everything a service may reach. `worker` names this process in leases; `jitter` gives numbers in [0, 1).

    `company` holds the names that mean us, the usual one first; `ops_channel` is empty when nobody is to be told.
    """

    sessions: Sessions
    connectors: Mapping[str, Connector]
    pack: Pack
    facts: FactBase | None
    vault: Vault
    now: Callable[[], datetime]
    jitter: Callable[[], float]
    worker: str
    company: tuple[str, ...]
    ops_channel: str
    undo: timedelta
    claim: timedelta
    roles_of: Callable[[str], tuple[str, ...]]
