"""Files of one JSON object a line: every line is answered, also one that cannot be read, with its number."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import typer

Record = dict[str, Any]

_ID = re.compile(r'"id"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d{1,19}(?=\s*[,}]))')
_LOOKED_AT = 1_000
_MOST_SHOWN = 10
_MOST_NOTES = 100
_TYPES = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


class UnusableError(ValueError):
    """A line that cannot be used; the message says what to mend."""


def answer_each(path: Path, answer: Callable[[Record], Record]) -> None:
    """Print one answer per line read, as they come; a line that cannot be read is answered with an error.

    Where there was one, standard error says so at the end and the exit code is 1.
    """
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
    named = "standard input" if str(path) == "-" else str(path)
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


def record_of(line: str) -> Record:
    """Return the object that a line holds; raises `UnusableError` with what to mend."""
    try:
        record = json.loads(line)
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
    """Yield the lines of a file, or of standard input for `-`, as they come; what is no UTF-8 is replaced."""
    if str(path) == "-":
        yield from (raw.decode("utf-8", "replace") for raw in sys.stdin.buffer)
        return
    try:
        with path.open("rb") as lines:
            for raw in lines:
                yield raw.decode("utf-8", "replace")
    except OSError as error:
        typer.echo(f"{path}: cannot be read: {error.strerror}", err=True)
        raise typer.Exit(2) from error


def _print(line: str) -> None:
    """Write a line at once, also when it holds halves of characters that UTF-8 has no code for."""
    sys.stdout.write(line.encode("utf-8", "replace").decode("utf-8") + "\n")
    sys.stdout.flush()
