"""Time stamps by an outside authority (RFC 3161): that a checkpoint existed at a time that nobody here could choose.

Optional. A signature says who; a stamp says since when, even should our own key be stolen later.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from bot.errors import ChorusError

FOLDER = "timestamps"
TIMEOUT = 15.0
LARGEST = 64 * 1024
"""Bytes beyond which an answer is no time stamp."""

_GRANTED = 0


@dataclass(frozen=True, slots=True)
class Stamped:
    """A checkpoint of `size` entries and the time (UTC) at which an authority saw it; `proven` by its certificates."""

    size: int
    at: datetime
    proven: bool


def obtain(note: str, authority: str, *, timeout: float = TIMEOUT) -> bytes:
    """Ask a time stamping authority for a stamp on a note; returns its answer as it came (DER).

    Raises `ChorusError` where there is no answer, or where it does not speak of this note.
    """
    request = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256).nonce().build()
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    try:
        with httpx.Client(trust_env=False, timeout=timeout) as http:
            answer = http.post(authority, content=request.as_bytes(), headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ChorusError(f"The time stamping authority {authority} did not answer: {error}") from error
    if answer.status_code != 200 or len(answer.content) > LARGEST:
        raise ChorusError(f"The time stamping authority {authority} answered {answer.status_code} without a stamp.")
    stamp = _read(answer.content)
    if stamp.tst_info.nonce != request.nonce or not _speaks_of(stamp, note):
        raise ChorusError(f"The time stamping authority {authority} stamped something else than was asked.")
    return answer.content


def keep(note: str, stamp: bytes, folder: Path) -> Path:
    """Put a stamp beside the checkpoints, named by the number of entries that its checkpoint counts."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{_size(note)}.tsr"
    file.write_bytes(stamp)
    return file


def check(notes: Sequence[str], folder: Path, roots: Path | None = None) -> Iterator[Stamped]:
    """Compare every kept stamp with its checkpoint, and with the authority's root certificates where they are given.

    Raises `ChorusError` at the first stamp that is of another checkpoint, or that these certificates do not vouch for.
    """
    trusted = _certificates(roots)
    for note in notes:
        size = _size(note)
        file = folder / f"{size}.tsr"
        if file.exists():
            yield _checked(note, file, trusted)


def _checked(note: str, file: Path, trusted: Sequence[x509.Certificate]) -> Stamped:
    stamp = _read(file.read_bytes())
    if not _speaks_of(stamp, note):
        raise ChorusError(f"The time stamp {file.name} is not of the checkpoint beside it: one of the two was altered.")
    if trusted:
        try:
            VerifierBuilder(roots=list(trusted)).build().verify_message(stamp, note.encode())
        except (VerificationError, ValueError) as error:
            raise ChorusError(f"The time stamp {file.name} is not the authority's: {error}") from None
    return Stamped(_size(note), stamp.tst_info.gen_time.astimezone(UTC), proven=bool(trusted))


def _read(answer: bytes) -> TimeStampResponse:
    try:
        stamp = decode_timestamp_response(answer)
        if stamp.status != _GRANTED:
            said = "; ".join(stamp.status_string) or f"status {stamp.status}"
            raise ChorusError(f"The time stamping authority refused: {said}")
    except ValueError as error:
        raise ChorusError(f"This is no time stamp: {error}") from None
    return stamp


def _speaks_of(stamp: TimeStampResponse, note: str) -> bool:
    return stamp.tst_info.message_imprint.message == hashlib.sha256(note.encode()).digest()


def _size(note: str) -> int:
    found = re.match(r"[^\n]+\n(\d{1,18})\n", note)
    if found is None:
        raise ChorusError("A checkpoint does not say how many entries it counts.")
    return int(found[1])


def _certificates(roots: Path | None) -> list[x509.Certificate]:
    if roots is None:
        return []
    try:
        return x509.load_pem_x509_certificates(roots.read_bytes())
    except (OSError, ValueError) as error:
        raise ChorusError(f"{roots} holds no certificates: {error}") from None
