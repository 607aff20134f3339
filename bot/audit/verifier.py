"""Verifies a record of Chorus: alone, without Chorus or a network. Needs Python 3.10 and the package cryptography.

    python verify.py [FOLDER] [--key KEY]     FOLDER is an unpacked bundle; without it, the folder of this file

An entry is bound to all before it: hash = SHA-256(previous hash ‖ number as 8 bytes, big-endian ‖ body). What people
wrote stands beside the entries; a body holds HMAC-SHA-256(salt, text) of each text. So a text can be erased where the
law asks for it, by a later entry that says so, and everything else can still be verified.
"""

from __future__ import annotations

import argparse
import base64
import bisect
import hashlib
import hmac
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

GENESIS = bytes(32)
"""What the first entry is linked to."""

NAMED = 100
"""How many problems are named one by one; the rest are counted."""

FAR = 2000
"""How far from its place an entry is looked for that was moved."""


UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading a file that was tampered with may raise."""


class Row(NamedTuple):
    """One entry as it is stored; `columns` are at, kind, actor, subject where they are stored beside the body too."""

    seq: int
    body: bytes
    prev: bytes
    hash: bytes
    texts: list[tuple[str, bytes, str]]
    columns: tuple[str, str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is not as it was written: `kind` is altered, missing, inserted, moved, head, checkpoint, file,
    or for a text: text altered, text missing, text inserted, text returned."""

    seq: int
    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was verified. `problems` are the first ones by number of the entry, those of the chain before those of
    texts, since a text may seem lost only because the entry that erased it is; `found` counts them all."""

    entries: int
    texts: int
    erased: int
    withheld: int
    head: bytes
    checkpoints: int
    problems: tuple[Problem, ...]
    found: int

    @property
    def ok(self) -> bool:
        """Whether everything is as it was written."""
        return self.found == 0

    @property
    def first(self) -> Problem | None:
        """The first thing that is not."""
        return self.problems[0] if self.problems else None

    def lines(self) -> list[str]:
        """Say it to a person."""
        counted = f"Verified: {self.entries:,} entries and {self.texts:,} texts"
        counted += f", {self.erased:,} texts erased by a recorded erasure" if self.erased else ""
        counted += f", {self.withheld:,} texts not part of this selection" if self.withheld else ""
        signed = f"{self.checkpoints:,} signed checkpoints agree" if self.checkpoints else "no checkpoint was compared"
        if self.ok:
            return ["Nothing was altered.", f"{counted}; {signed}."]
        more = f"There are {self.found - 1:,} more findings." if self.found > 1 else "Nothing else was found."
        return [f"The record was altered. {self.problems[0].what}", more, f"{counted}."]


class Erased:
    """Which texts the recorded erasures took away."""

    def __init__(self, entries: Iterable[tuple[int, bytes]] = ()) -> None:
        found: dict[str, list[tuple[int, int, int]]] = {}
        for seq, body in entries:
            for name, first, last in _spans(body):
                # An entry can only erase what stands before it.
                found.setdefault(name, []).append((first, min(last, seq - 1), seq))
        self._spans = {name: _apart(spans) for name, spans in found.items()}

    def __bool__(self) -> bool:
        return bool(self._spans)

    def by(self, seq: int, name: str) -> int | None:
        """Return the number of the entry that erased a text, if one did."""
        spans = self._spans.get(name, [])
        place = bisect.bisect_right(spans, seq, key=lambda span: span[0]) - 1
        return spans[place][2] if place >= 0 and seq <= spans[place][1] else None


def verify(
    rows: Iterable[Row],
    *,
    head: tuple[int, bytes] | None = None,
    erased: Erased | None = None,
    checkpoints: Iterable[Checkpoint] = (),
    selection: bool = False,
    loads: Callable[[bytes], Any] = json.loads,
) -> Report:
    """Follow entries in their order and tell all that is not as it was written.

    `head` is the newest number and hash as stored apart; `selection` lets texts be left out without an erasure.
    """
    walk = _Walk(erased or Erased(), selection, loads)
    for checkpoint in checkpoints:
        walk.signed.setdefault(checkpoint.size, []).append(checkpoint)
    for row in rows:
        walk.step(row)
    walk.finish(head)
    return walk.report()


@dataclass(slots=True)
class _Walk:
    """Where a verification stands."""

    erased: Erased
    selection: bool
    loads: Callable[[bytes], Any]
    signed: dict[int, list[Checkpoint]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    returned: list[tuple[int, int, str]] = field(default_factory=list)
    seq: int = 0
    last: bytes = GENESIS
    entries: int = 0
    texts: int = 0
    gone: int = 0
    withheld: int = 0
    agreed: int = 0
    found: int = 0

    def step(self, row: Row) -> None:
        # Run for every entry: fields are unpacked once, which is a fifth of the time.
        seq, body, prev, digest, _texts, _columns = row
        sound = hashlib.sha256(prev + seq.to_bytes(8, "big", signed=True) + body).digest() == digest
        if not sound or seq != self.seq + 1 or prev != self.last:
            self._misplaced(row, sound)
        self._read(row)
        self.entries += 1
        self.last = digest
        self.seq = max(self.seq, seq)
        if seq in self.signed:
            self._compare(row)

    def finish(self, head: tuple[int, bytes] | None) -> None:
        if head is not None and head[0] > self.seq:
            self._tell(self.seq + 1, "missing", f"Entries {self.seq + 1} to {head[0]}, the newest, are missing.")
        elif head is not None and head != (self.seq, self.last):
            self._tell(self.seq, "head", f"Entry {self.seq} is not the newest that was recorded, or it was replaced.")
        for size in sorted(self.signed):
            if size > self.seq:
                self._tell(self.seq + 1, "missing", f"A checkpoint counted {size} entries; only {self.seq} are here.")
        for seq, by, name in self.returned:
            if by <= self.seq:
                what = f"The text '{name}' of entry {seq} is back, although entry {by} erased it."
                self._tell(seq, "text returned", what)

    def report(self) -> Report:
        return Report(
            entries=self.entries,
            texts=self.texts,
            erased=self.gone,
            withheld=self.withheld,
            head=self.last,
            checkpoints=self.agreed,
            problems=tuple(sorted(self.problems, key=_weight)[:NAMED]),
            found=self.found,
        )

    def _misplaced(self, row: Row, sound: bool) -> None:
        expected = self.seq + 1
        if row.seq < expected:
            self._tell(row.seq, "inserted", f"Entry {row.seq} stands after entry {self.seq}: inserted or out of order.")
        elif row.seq > expected:
            self._tell(expected, "missing", f"{_entries(expected, row.seq - 1)} missing.")
        if not sound:
            self._tell(row.seq, *_unsound(row))
        elif row.seq == expected and row.prev != self.last:
            before = f"Entry {self.seq} was replaced" if self.seq else "What stood before entry 1 was taken away"
            self._tell(max(self.seq, 1), "altered", f"{before}: entry {row.seq} was linked to another one.")

    def _read(self, row: Row) -> None:
        try:
            body = self.loads(row.body)
            columns = (body["at"], body["kind"], body["actor"], body["subject"])
            wanted = body["texts"]
        except (ValueError, TypeError, KeyError):
            self._tell(row.seq, "altered", f"Entry {row.seq} was altered: its body is not an entry.")
            return
        if row.columns is not None and row.columns != columns:
            self._tell(row.seq, "altered", f"Entry {row.seq} was altered: {_differing(row.columns, columns)}.")
        if wanted or row.texts:
            self._check_texts(row, wanted)

    def _check_texts(self, row: Row, wanted: Any) -> None:
        known = wanted if isinstance(wanted, dict) else {}
        before = self.texts
        for name, salt, text in row.texts:
            keyed = known.get(name)
            if keyed is None:
                what = f"A text '{name}' was added to entry {row.seq}, which knows none."
                self._tell(row.seq, "text inserted", what)
            elif hmac.digest(salt, text.encode(), "sha256").hex() != keyed:
                self._tell(row.seq, "text altered", f"The text '{name}' of entry {row.seq} was altered.")
            else:
                self.texts += 1
            if self.erased and (by := self.erased.by(row.seq, name)):
                self.returned.append((row.seq, by, name))
        if self.texts - before < len(known) or len(row.texts) > 1:
            for name in known.keys() - {text[0] for text in row.texts}:
                self._absent(row.seq, name)

    def _absent(self, seq: int, name: str) -> None:
        if self.erased.by(seq, name):
            self.gone += 1
        elif self.selection:
            self.withheld += 1
        else:
            self._tell(seq, "text missing", f"The text '{name}' of entry {seq} is missing, and no entry erased it.")

    def _compare(self, row: Row) -> None:
        for checkpoint in self.signed.pop(row.seq):
            if checkpoint.hash == row.hash:
                self.agreed += 1
            else:
                what = f"Entry {row.seq} or one before it is not the one that was signed at {checkpoint.at}."
                self._tell(row.seq, "checkpoint", what)

    def _tell(self, seq: int, kind: str, what: str) -> None:
        self.found += 1
        self.problems.append(Problem(seq, kind, what))
        if len(self.problems) > 20 * NAMED:
            self.problems = sorted(self.problems, key=_weight)[:NAMED]


def _weight(problem: Problem) -> tuple[bool, int]:
    return problem.kind.startswith("text"), problem.seq


def _spans(body: bytes) -> list[tuple[str, int, int]]:
    try:
        named = json.loads(body)["data"]["erased"]
        return [(name, int(first), int(last)) for name, pairs in named.items() for first, last in pairs]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []  # It erased nothing, or it was altered, which the chain tells.


def _apart(spans: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    apart: list[tuple[int, int, int]] = []
    for first, last, seq in sorted(spans):
        start = max(first, apart[-1][1] + 1) if apart else first
        if start <= last:
            apart.append((start, last, seq))
    return apart


def _entries(first: int, last: int) -> str:
    return f"Entry {first} is" if first == last else f"Entries {first} to {last} are"


def _unsound(row: Row) -> tuple[str, str]:
    for seq in range(max(1, row.seq - FAR), row.seq + FAR):
        if hashlib.sha256(row.prev + seq.to_bytes(8, "big") + row.body).digest() == row.hash:
            return "moved", f"Entry {row.seq} was written as entry {seq}: entries were reordered, inserted or removed."
    return "altered", f"Entry {row.seq} was altered: it does not have the hash it was written with."


def _differing(stored: tuple[str, ...], written: tuple[Any, ...]) -> str:
    names = ("at", "kind", "actor", "subject")
    said = [f"{n} says {s!r}, written was {w!r}" for n, s, w in zip(names, stored, written, strict=True) if s != w]
    return "; ".join(said)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was signed at some moment: how many entries there were, and the hash of the newest."""

    origin: str
    size: int
    hash: bytes
    at: str


class Forged(Exception):
    """A note without the right signature, or a file that is not what it should be."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key in the form `name+id+key` of C2SP signed notes."""

    name: str
    id: bytes
    public: bytes

    @classmethod
    def parse(cls, line: str) -> VerifierKey:
        """Read one; raises `Forged` where it is not a key."""
        try:
            name, key_id, encoded = line.strip().split("+", 2)
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise Forged("This is not a verifier key; it looks like name+0123abcd+base64.") from None
        if len(key) != 33 or key[0] != 1 or key_id != key_id_of(name, key[1:]).hex():
            raise Forged("This verifier key is damaged.")
        return cls(name, bytes.fromhex(key_id), key[1:])

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([1]) + self.public).decode()}"


def key_id_of(name: str, public: bytes) -> bytes:
    """Return the four bytes by which a signature names its key."""
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def open_note(note: str, key: VerifierKey) -> str:
    """Return the text of a signed note; raises `Forged` unless this key signed exactly it, once, and nothing else."""
    text, _, signatures = note.rpartition("\n\n")
    ours = [line for line in signatures.removesuffix("\n").split("\n") if line.startswith(f"— {key.name} ")]
    if len(ours) == 1 and note.endswith("\n") and _signs(key, ours[0].rpartition(" ")[2], text + "\n"):
        return text + "\n"
    raise Forged(f"A note is not signed by {key.name}, or it was altered.")


def _signs(key: VerifierKey, encoded: str, text: str) -> bool:
    try:
        signature = base64.b64decode(encoded, validate=True)
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature[4:], text.encode())
    except (ValueError, InvalidSignature):
        return False
    # The same bytes can be written in several ways; only the usual one counts.
    return signature[:4] == key.id and base64.b64encode(signature).decode() == encoded


def read_checkpoints(file: str, key: VerifierKey) -> list[Checkpoint]:
    """Read a file of signed checkpoints, oldest first; raises `Forged` at the first that this key did not sign."""
    return [_checkpoint(open_note(note, key)) for note in split_notes(file)]


def split_notes(file: str) -> list[str]:
    """Return the notes in a file of checkpoints, as they were signed; raises `Forged` where it is not whole."""
    blocks = file.removesuffix("\n").split("\n\n") if file else []
    if len(blocks) % 2:
        raise Forged("The file of checkpoints was cut off or altered.")
    return [f"{text}\n\n{signature}\n" for text, signature in zip(blocks[::2], blocks[1::2], strict=True)]


def _checkpoint(text: str) -> Checkpoint:
    try:
        origin, size, digest, at = text.splitlines()
        return Checkpoint(origin, int(size), base64.b64decode(digest, validate=True), at.removeprefix("time "))
    except ValueError:
        raise Forged("A checkpoint does not have its four lines: origin, size, hash, time.") from None


def verify_bundle(folder: Path, key: VerifierKey | None = None) -> Report:
    """Verify an unpacked bundle: its files, its entries and texts, and its checkpoints. Raises `Forged` where the
    bundle is not whole; without `key` the one inside is believed, which shows mistakes but no forger."""
    key = key or VerifierKey.parse(_text(folder / "key.txt"))
    manifest = json.loads(open_note(_text(folder / "manifest.note"), key).split("\n", 1)[1])
    for name, digest in manifest["files"].items():
        if Path(name).name != name or _sha256(folder / name) != digest:
            raise Forged(f"The file {name} is not the one that was exported.")
    erasures = ((row.seq, row.body) for row in _rows(folder) if b'"erased"' in row.body)
    return verify(
        _rows(folder),
        head=(manifest["size"], bytes.fromhex(manifest["head"])),
        erased=Erased(erasures),
        checkpoints=read_checkpoints(_text(folder / "checkpoints.txt"), key),
        selection=not manifest["complete"],
    )


def _rows(folder: Path) -> Iterator[Row]:
    texts = _texts(folder)
    waiting = next(texts, None)
    with (folder / "entries.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            mine: list[tuple[str, bytes, str]] = []
            while waiting is not None and waiting[0] <= entry["seq"]:
                mine.append(waiting[1:])
                waiting = next(texts, None)
            prev, digest = bytes.fromhex(entry["prev"]), bytes.fromhex(entry["hash"])
            yield Row(entry["seq"], entry["body"].encode(), prev, digest, mine)
    if waiting is not None:
        raise Forged(f"There are texts of entry {waiting[0]}, which is not here.")


def _texts(folder: Path) -> Iterator[tuple[int, str, bytes, str]]:
    with (folder / "texts.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            text = json.loads(line)
            yield text["seq"], text["field"], bytes.fromhex(text["salt"]), text["text"]


def _text(path: Path) -> str:
    return path.read_bytes().decode()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def main() -> int:
    """Verify a bundle and say what was found; the exit code is 0 only when nothing was altered."""
    parser = argparse.ArgumentParser(description="Verify a bundle exported from the audit record of Chorus.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent, help="the unpacked bundle")
    parser.add_argument("--key", help="the verifier key as you know it from elsewhere, not from the bundle")
    given = parser.parse_args()
    try:
        report = verify_bundle(given.folder, VerifierKey.parse(given.key) if given.key else None)
    except (Forged, OSError, *UNREADABLE) as error:
        print(f"This bundle cannot be trusted. {error}")
        return 1
    print("\n".join(report.lines()))
    if not given.key:
        print("The key came with the bundle. Compare it with the one you know: " + _text(given.folder / "key.txt"))
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
