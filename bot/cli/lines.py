"""Files of one JSON object a line: every line is answered, also one that cannot be read, with its number."""

import codecs
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import TextIOWrapper
from math import isinf
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import typer

Record = dict[str, Any]
T = TypeVar("T")

_ID = re.compile(r'"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d{1,19}(?=\s*[,}]))')
_HALF = re.compile("[\ud800-\udfff]")
_LOOKED_AT = 1_000
_LONGEST_SHOWN = 40
_MOST_SHOWN = 10
_MOST_NOTES = 100
_TYPES = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


class UnusableError(ValueError):
    """A line that cannot be used; the message says what to mend."""


def answer_each(path: Path, answer: Callable[[Record], Record]) -> None:
    """Print one answer per line read, as they come; a line that cannot be read is answered with an error.

    Where there was one, standard error says so at the end and the exit code is 1.
    """
    if sys.stdout is None:
        _stop("The answers have nowhere to go: standard output is closed.")
    speak_utf8()
    unread: list[int] = []
    for number, line in numbered(read(path)):
        name: object = None
        try:
            record = record_of(line)
            name = record.get("id")
            result = answer(record)
        except UnusableError as error:
            unread.append(number)
            name = _id_in(line) if name is None else name
            result = {"id": name, "line": number, "error": str(error)}
        _print(json.dumps(result, ensure_ascii=False))
    if unread:
        typer.echo(_of_unread(path, unread), err=True)
        raise typer.Exit(1)


class Notes:
    """What is worth a word and stops nothing: said on standard error, each once however many lines it holds for."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def say(self, notes: Iterable[str]) -> None:
        """Say what was not yet said."""
        for note in notes:
            if note not in self._said and len(self._said) < _MOST_NOTES:
                self._said.add(note)
                typer.echo(f"note: {note}", err=True)


def _of_unread(path: Path, numbers: Sequence[int]) -> str:
    named = _named(path)
    if len(numbers) == 1:
        return f"{named}: line {numbers[0]} could not be read; its answer says what to mend."
    shown = ", ".join(map(str, numbers[:_MOST_SHOWN])) + (", …" if len(numbers) > _MOST_SHOWN else "")
    return f"{named}: {len(numbers)} lines could not be read ({shown}); the answer to each says what to mend."


def _id_in(line: str) -> object:
    """Return the id of a line that is no JSON, where it can be told."""
    found = _ID.search(line[:_LOOKED_AT])
    if found is None:
        return None
    try:
        return cast(object, json.loads(found[1]))
    except ValueError:
        return None


def numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold anything, with their numbers."""
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def readable(path: Path, wanted: Callable[[Record], T]) -> Iterator[tuple[int, T]]:
    """Yield what `wanted` makes of each line, with its number, and say of the others on standard error what to mend.

    Where no line could be read the command ends: of nothing no figure can be told.
    """
    any_read = False
    for number, line in numbered(read(path)):
        try:
            result = wanted(record_of(line))
        except UnusableError as error:
            typer.echo(f"{_named(path)}:{number}: {error}", err=True)
            continue
        any_read = True
        yield number, result
    if not any_read:
        _stop(f"{_named(path)}: no line in it could be read.")


def record_of(line: str) -> Record:
    """Return the object that a line holds; raises `UnusableError` with what to mend."""
    try:
        record = json.loads(line, parse_float=_finite, parse_constant=_no_constant)
    except UnusableError:
        raise
    except RecursionError as error:
        raise UnusableError("nested too deeply; a line holds one JSON object") from error
    except json.JSONDecodeError as error:
        raise UnusableError(
            f"not valid JSON from character {error.pos + 1} on; a line holds one JSON object"
        ) from error
    except ValueError as error:
        raise UnusableError("a number in it has too many digits") from error
    if not isinstance(record, dict):
        raise UnusableError('a line must be a JSON object, such as {"id": 1, …}')
    return record


def _finite(written: str) -> float:
    number = float(written)
    if isinf(number):
        raise UnusableError(f"the number {written[:_LONGEST_SHOWN]} is too large; put it in quotes")
    return number


def _no_constant(written: str) -> float:
    raise UnusableError(f"{written} is no JSON; write null, or put it in quotes")


def text_of(record: Record, key: str, *, needed: bool = False) -> str:
    """Return the text under `key`, empty where there is none; raises `UnusableError` for anything else."""
    value = record.get(key)
    if isinstance(value, str):
        return value
    if value is not None:
        raise UnusableError(f"`{key}` must be a text in quotes, not {_TYPES.get(type(value), 'anything else')}")
    if needed:
        raise UnusableError(f"`{key}` is missing; every line needs it")
    return ""


def read(path: Path) -> Iterator[str]:
    """Yield the lines of a file, or of standard input for `-`, as they come; what is no UTF-8 is replaced.

    What cannot be read at all, UTF-16 too, ends the command with a sentence.
    """
    first = True
    for raw in _raw_lines(path):
        if first and _is_wide(raw):
            _stop(f"{_named(path)}: this is UTF-16; save it as UTF-8.")
        yield raw.removeprefix(codecs.BOM_UTF8 if first else b"").decode("utf-8", "replace")
        first = False


def _raw_lines(path: Path) -> Iterator[bytes]:
    try:
        if str(path) != "-":
            with path.open("rb") as lines:
                yield from lines
        elif sys.stdin is None:
            _stop("There is nothing to read: standard input is closed.")
        else:
            yield from sys.stdin.buffer
    except OSError as error:
        _stop(f"{_named(path)}: cannot be read: {error.strerror}")


def speak_utf8() -> None:
    """Write UTF-8 whatever the terminal claims to speak; halves of characters, which it has no code for, by number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _is_wide(raw: bytes) -> bool:
    return raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in raw[:2]


def _named(path: Path) -> str:
    return "standard input" if str(path) == "-" else str(path)


def _stop(said: str) -> NoReturn:
    typer.echo(said, err=True)
    raise typer.Exit(2)


def _print(line: str) -> None:
    """Write a line at once; of halves of characters JSON knows the number, UTF-8 has none."""
    try:
        sys.stdout.write(_HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", line) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _discard_output()
        _stop(f"The answers could not be written: {error.strerror}.")


def _discard_output() -> None:
    """Give what is left unwritten somewhere to go, or Python tries again at its end and fails with a traceback."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
