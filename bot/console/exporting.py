"""Exports on their way to a browser: read as they are written, a piece at a time, and counted for who waits."""

import os
import zipfile
from collections import OrderedDict
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import BinaryIO

from sqlalchemy.orm import Session

from bot.audit import export
from bot.audit.bundle import write_bundle
from bot.audit.checkpoints import FILE, open_signer
from bot.audit.selection import Selection, count
from bot.database import Sessions

PIECE = 128 * 1024
MOST_WATCHED = 200
LINE_FORMS = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8", "html": "text/html; charset=utf-8"}
ARCHIVES = ("eml", "bundle")
FORMS = (*LINE_FORMS, *ARCHIVES)


@dataclass(slots=True)
class Progress:
    """How far an export is: so many of so many entries."""

    total: int
    done: int = 0
    over: bool = False


class Watched:
    """The exports under way in this process, by the name that their page gave them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: OrderedDict[str, Progress] = OrderedDict()

    def begin(self, name: str, total: int) -> Progress:
        """Note that one begins; the oldest are forgotten."""
        with self._lock:
            progress = self._found[name] = Progress(total)
            while len(self._found) > MOST_WATCHED:
                self._found.popitem(last=False)
        return progress

    def of(self, name: str) -> Progress | None:
        """Return how far it is, if it is known here."""
        with self._lock:
            return self._found.get(name)


def lines(sessions: Sessions, chosen: Selection, form: str, progress: Progress, *, at: datetime) -> Generator[bytes]:
    """Yield an export in pieces of some size. Memory holds one piece; the transaction ends with the last one."""
    waiting = bytearray()
    with sessions() as session, closing(_generated(session, chosen, form, at)) as parts:
        for part in parts:
            waiting += part
            progress.done = min(progress.done + 1, progress.total)
            if len(waiting) >= PIECE:
                yield bytes(waiting)
                waiting.clear()
    progress.done, progress.over = progress.total, True
    yield bytes(waiting)


def _generated(session: Session, chosen: Selection, form: str, at: datetime) -> Generator[bytes]:
    yield from export.FORMS[form](session, chosen, at)


def archive(
    sessions: Sessions, chosen: Selection, form: str, progress: Progress, *, at: datetime, data_dir: Path
) -> BinaryIO:
    """Return an archive as an open file that is gone from the disk as soon as it is closed."""
    with TemporaryDirectory(prefix="chorus-export-") as folder, sessions() as session:
        target = Path(folder) / "export.zip"
        if form == "bundle":
            signer = open_signer(data_dir)
            write_bundle(session, target, chosen, signer=signer, checkpoints=data_dir / FILE, at=at)
        else:
            with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as packed:
                for name, content in export.mails(session, chosen):
                    packed.writestr(name, content)
                    progress.done = min(progress.done + 1, progress.total)
        progress.done, progress.over = progress.total, True
        return os.fdopen(os.open(target, os.O_RDONLY), "rb")


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file in pieces, and close it."""
    with file:
        yield from iter(lambda: file.read(PIECE), b"")


def entries(sessions: Sessions, chosen: Selection) -> int:
    """Return how many entries an export will hold."""
    with sessions() as session:
        return count(session, chosen)
