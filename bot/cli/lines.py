"""Files of one JSON object a line: every line is answered, also one that cannot be read, with its number."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import typer

Record = dict[str, Any]

_TYPES = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}


def answer_each(path: Path, answer: Callable[[Record], Record]) -> None:
    """Print one answer per line read; the exit code is 1 when one could not be read, and the others are answered."""
    unread = False
    for number, line in numbered(read(path)):
        name: object = None
        try:
            record = record_of(line)
            name = record.get("id")
            result = answer(record)
        except (ValueError, RecursionError) as error:
            unread = True
            result = refusal(number, name, error)
        _print(json.dumps(result, ensure_ascii=False))
    if unread:
        raise typer.Exit(1)


def numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold anything, with their numbers."""
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def record_of(line: str, decode: Callable[[str], object] = json.loads) -> Record:
    """Return the object that a line holds; raises `ValueError` with what to mend."""
    try:
        record = decode(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not valid JSON from character {error.pos + 1} on; a line holds one JSON object") from error
    if not isinstance(record, dict):
        raise ValueError("a line must be a JSON object")
    return record


def text_of(record: Record, key: str, *, needed: bool = False) -> str:
    """Return the text under `key`, empty where there is none; raises `ValueError` for anything else."""
    value = record.get(key)
    if isinstance(value, str):
        return value
    if value is not None:
        raise ValueError(f"`{key}` must be a text, not {_TYPES.get(type(value), 'anything else')}")
    if needed:
        raise ValueError(f"`{key}` is missing")
    return ""


def refusal(number: int, name: object, error: Exception) -> Record:
    """Return the answer to a line that could not be used."""
    said = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    return {"id": name, "line": number, "error": said}


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
        typer.echo(f"{path}: {error.strerror}", err=True)
        raise typer.Exit(2) from error


def _print(line: str) -> None:
    """Write a line at once, also when it holds halves of characters that UTF-8 has no code for."""
    sys.stdout.write(line.encode("utf-8", "replace").decode("utf-8") + "\n")
    sys.stdout.flush()
