"""Tokens at rest: encrypted with a key that never stands in the database."""

import os
from collections.abc import Mapping
from pathlib import Path

import orjson
from cryptography.fernet import Fernet, InvalidToken

from bot.errors import SettingsError


def new_key() -> str:
    """Return a fresh key for `CHORUS_SECRET_KEY`."""
    return Fernet.generate_key().decode()


class Vault:
    """Seals and opens the secrets of accounts."""

    def __init__(self, key: str) -> None:
        try:
            self._box = Fernet(key.encode())
        except ValueError:
            raise SettingsError(
                "CHORUS_SECRET_KEY is not a key. It encrypts tokens at rest; make one with: chorus new-key"
            ) from None

    def seal(self, secrets: Mapping[str, str]) -> bytes:
        """Encrypt an account's secrets."""
        return self._box.encrypt(orjson.dumps(dict(secrets)))

    def open(self, sealed: bytes) -> dict[str, str]:
        """Decrypt them; raises `SettingsError` when they were sealed with another key."""
        try:
            opened: dict[str, str] = orjson.loads(self._box.decrypt(sealed))
        except InvalidToken:
            raise SettingsError(
                "An account's tokens cannot be decrypted: CHORUS_SECRET_KEY differs from the one they were stored "
                "with. Put the old key back, or connect the account again."
            ) from None
        return opened


def open_vault(key: str | None, data_dir: Path) -> Vault:
    """Return the vault of the configured key, or of one kept in the data folder, made at the first start."""
    if key:
        return Vault(key)
    path = data_dir / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Vault(path.read_text().strip())
    with os.fdopen(handle, "w") as file:
        file.write(new_key())
    return Vault(path.read_text().strip())
