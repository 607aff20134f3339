"""Small values that leave the house and come back unchanged: sessions, forms, what somebody typed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import SettingsError
from bot.vault import Vault

LONGEST = 32_768
"""Nothing that we sealed is longer; what is longer is not even looked at."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a seal held. One that is over is still ours: it says who somebody was, and no longer who they are."""

    values: Mapping[str, str]
    is_over: bool

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


class Seals:
    """Encrypts, signs and dates values with the key of the vault, each for one purpose only."""

    def __init__(self, vault: Vault, now: Callable[[], datetime]) -> None:
        self._vault = vault
        self._now = now

    def seal(self, purpose: str, lasting: timedelta, **values: str) -> str:
        """Return a text that fits into a cookie or a form."""
        until = (self._now() + lasting).isoformat()
        return self._vault.seal({"for": purpose, "until": until, **values}).decode()

    def open(self, purpose: str, sealed: str) -> Opened | None:
        """Return what was sealed for this purpose, over or not; nothing for what we did not seal, or not for this."""
        if not sealed or len(sealed) > LONGEST:
            return None
        try:
            values = self._vault.open(sealed.encode(errors="replace"))
        except SettingsError:
            return None
        if values.get("for") != purpose:
            return None
        return Opened(values, is_over=datetime.fromisoformat(values["until"]) <= self._now())

    def fresh(self, purpose: str, sealed: str) -> Opened | None:
        """Return what was sealed for this purpose and is not over yet."""
        opened = self.open(purpose, sealed)
        return None if opened is None or opened.is_over else opened
