"""A bundle: entries, texts, checkpoints and a verifier in one archive that a stranger can verify without Chorus.

It always holds the whole chain, since a chain cannot be verified in parts; of the texts, which alone say what people
wrote, it holds those that were selected.
"""

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import verifier
from bot.audit.checkpoints import FILE, Signer, take
from bot.audit.export import book
from bot.audit.recording import canonical
from bot.audit.selection import Selection, conditions, count
from bot.audit.timestamps import FOLDER as TIMESTAMPS
from bot.audit.verification import read
from bot.audit.verifier import Forged, Report, VerifierKey
from bot.errors import ChorusError
from bot.models.audit import AuditEntry, AuditText

LARGEST = 20 << 30
"""No file in a bundle unpacks to more bytes."""


def write_bundle(
    session: Session, target: Path, selection: Selection, *, signer: Signer, checkpoints: Path, at: datetime
) -> None:
    """Write a bundle to `target`, a .zip; reads a few entries at a time. The session's transaction should be read-only
    and repeatable (`session.connection(execution_options={"isolation_level": "REPEATABLE READ"})`): what is recorded
    meanwhile is then left out everywhere alike."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    note = take(session, signer, at=at)
    earlier = checkpoints.read_text() if checkpoints.exists() else ""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        written = _Writer(archive)
        written.file("verify.py", [Path(verifier.__file__).read_bytes()])
        written.file("README.txt", [_README.encode()])
        written.file("entries.jsonl", _entries(session))
        written.file("texts.jsonl", _texts(session, selection))
        written.file("readable.html", book(session, selection, at=at))
        written.file("checkpoints.txt", [(earlier + "\n" if earlier else "").encode(), note.encode()])
        for stamp in sorted((checkpoints.parent / TIMESTAMPS).glob("*.tsr")):
            written.file(f"timestamp-{stamp.name}", [stamp.read_bytes()])
        manifest = {
            "at": at.astimezone(UTC),
            "selection": str(selection),
            "selected": count(session, selection),
            "complete": selection.is_everything,
            "size": int(note.split("\n")[1]),
            "head": _head(session),
            "files": written.digests,
        }
        written.file("manifest.note", [signer.note(f"chorus bundle\n{canonical(manifest).decode()}\n").encode()])
        written.file("key.txt", [f"{signer.key}\n".encode()])


def verify_bundle(bundle: Path, key: VerifierKey | None = None) -> Report:
    """Verify an exported bundle, archive or folder. Raises `ChorusError` where it is not whole or not signed."""
    try:
        if bundle.is_dir():
            return verifier.verify_bundle(bundle, key)
        with TemporaryDirectory(prefix="chorus-bundle-") as folder:
            _unpack(bundle, Path(folder))
            return verifier.verify_bundle(Path(folder), key)
    except (Forged, zipfile.BadZipFile, OSError, *verifier.UNREADABLE) as error:
        raise ChorusError(f"This bundle cannot be trusted. {error}") from None


class _Writer:
    """Puts files into an archive and remembers their hashes."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.digests: dict[str, str] = {}

    def file(self, name: str, parts: Iterable[bytes]) -> None:
        digest = hashlib.sha256()
        with self._archive.open(name, "w", force_zip64=True) as file:
            for part in parts:
                digest.update(part)
                file.write(part)
        self.digests[name] = digest.hexdigest()


def _entries(session: Session) -> Iterator[bytes]:
    with read(session, "select seq, body, prev, hash from audit_entry order by seq") as rows:
        for seq, body, prev, digest in rows:
            line = {"seq": seq, "body": body.decode(), "prev": prev.hex(), "hash": digest.hex()}
            yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _texts(session: Session, selection: Selection) -> Iterator[bytes]:
    texts = (
        select(AuditText.seq, AuditText.field, AuditText.salt, AuditText.text)
        .join(AuditEntry, AuditEntry.seq == AuditText.seq)
        .where(*conditions(selection))
        .order_by(AuditText.seq, AuditText.field)
        .execution_options(yield_per=1000)
    )
    for seq, field, salt, text in session.execute(texts):
        line = {"seq": seq, "field": field, "salt": salt.hex(), "text": text}
        yield orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _head(session: Session) -> str:
    newest = session.scalar(select(AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1))
    return (newest or verifier.GENESIS).hex()


def _unpack(bundle: Path, folder: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        for member in archive.infolist():
            # Neither a name that leads elsewhere nor a file that fills the disk.
            if member.is_dir() or Path(member.filename).name != member.filename or member.file_size > LARGEST:
                raise Forged(f"The archive holds something that does not belong there: {member.filename!r}.")
            archive.extract(member, folder)


_README = f"""This is an export of the audit record of Chorus.

  readable.html    the selected entries, to be read in a browser
  entries.jsonl    all entries, one per line, as they were hashed
  texts.jsonl      the texts of the selected entries, with the salts of their hashes
  {FILE}  what was signed at earlier moments, and at the moment of this export
  timestamp-N.tsr  where present: an outside authority's time stamp (RFC 3161) on the checkpoint of N entries, which
                   openssl ts -verify -in timestamp-N.tsr -data NOTE -CAfile ROOTS.pem checks
  manifest.note    what this bundle consists of, signed
  key.txt          the key that verifies the signatures
  verify.py        verifies all of it: python verify.py

Verifying needs Python 3.10 or newer and the package cryptography; it needs no network. The key in this bundle proves
nothing by itself: compare it with the one you were given at another time or in another way.

Chorus is designed to support record keeping; whether a use of it meets a rule is for those who answer for it.
"""
