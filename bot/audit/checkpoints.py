"""Signed checkpoints: proof, kept outside the database, of what the record was at some moment.

A checkpoint is a signed note in the form of C2SP: origin, number of entries, hash of the newest and time, signed with
Ed25519. Who rewrites the whole record, with all rights on the database, cannot also rewrite what others hold.
"""

import base64
import fcntl
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit.verifier import Checkpoint, Forged, VerifierKey, key_id_of, read_checkpoints, split_notes
from bot.errors import ChorusError, SettingsError
from bot.models.audit import AuditHead

KEY_FILE = "checkpoint.key"
FILE = "checkpoints.txt"
LONGEST = 600
"""More bytes than a checkpoint has: where the newest one stands in the file."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs checkpoints and bundles in the name of one installation."""

    name: str
    private: Ed25519PrivateKey

    @property
    def key(self) -> VerifierKey:
        """The public half, to be given to whoever is to verify: best before there is anything to verify."""
        public = self.private.public_key().public_bytes_raw()
        return VerifierKey(self.name, key_id_of(self.name, public), public)

    def note(self, text: str) -> str:
        """Return a text with its signature; the text ends with a line break and has no empty line."""
        if not text.endswith("\n") or "\n\n" in text:
            raise ValueError("The text of a note ends with one line break and has no empty line.")
        signature = base64.b64encode(self.key.id + self.private.sign(text.encode())).decode()
        return f"{text}\n— {self.name} {signature}\n"


def open_signer(data_dir: Path, name: str = "chorus") -> Signer:
    """Return the signer of this installation; its key is made at the first use, readable by its owner alone.

    `name` stands in every signature: without spaces or plus signs.
    """
    path = data_dir / KEY_FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return Signer(name, _read_key(path))
    with os.fdopen(handle, "wb") as file:
        file.write(
            Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
    return Signer(name, _read_key(path))


def take(session: Session, signer: Signer, *, at: datetime) -> str:
    """Return a signed note of what the record is now: for the file, for a Slack channel, for anybody who keeps it."""
    head = session.execute(select(AuditHead.seq, AuditHead.hash)).one()
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = base64.b64encode(head.hash).decode()
    return signer.note(f"{signer.name}/audit\n{head.seq}\n{digest}\ntime {moment}\n")


def append(note: str, file: Path) -> bool:
    """Add a note to the file of checkpoints; returns False where the newest there tells of the same entry already.

    Several processes may do so at once. Raises `ChorusError` where the file cannot be written.
    """
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        raise ChorusError(f"The checkpoint cannot be written to {file}: {error.strerror}.") from error
    with os.fdopen(handle, "r+b") as kept:
        fcntl.flock(kept, fcntl.LOCK_EX)
        size = kept.seek(0, os.SEEK_END)
        kept.seek(max(0, size - LONGEST))
        if _says(note) in kept.read():
            return False
        kept.write((b"\n" if size else b"") + note.encode())
        kept.flush()
        os.fsync(kept.fileno())
    return True


def keep(session: Session, signer: Signer, file: Path, *, at: datetime) -> str | None:
    """Take a checkpoint and add it to the file; returns the note, to be sent elsewhere too, or None when nothing new
    happened since the last one."""
    note = take(session, signer, at=at)
    return note if append(note, file) else None


def kept(file: Path, key: VerifierKey) -> list[Checkpoint]:
    """Return the checkpoints of a file, oldest first; raises `ChorusError` where one is not signed by this key."""
    try:
        return read_checkpoints(file.read_bytes().decode(), key)
    except FileNotFoundError:
        raise ChorusError(f"There is no file of checkpoints at {file}.") from None
    except (Forged, ValueError) as error:
        raise ChorusError(f"{file}: {error}") from None


def notes(file: Path) -> list[str]:
    """Return the notes of a file as they were signed; raises `ChorusError` where it is not whole."""
    try:
        return split_notes(file.read_bytes().decode()) if file.exists() else []
    except (Forged, ValueError) as error:
        raise ChorusError(f"{file}: {error}") from None


def _says(note: str) -> bytes:
    return "\n".join(note.split("\n")[:3]).encode()


def _read_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError:
        raise SettingsError(
            f"{path} is not a private key. Checkpoints are signed with it; put the old one back."
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{path} is not an Ed25519 key. Checkpoints are signed with it; put the old one back.")
    return key
