"""Reads pack text: YAML with line numbers, plain data out, and problems that say where and how to mend them."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

MOST_BYTES: Final = 1_000_000
_MOST_NODES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a pack. `blocking` marks a rule that would have forbidden posting."""

    file: str
    line: int
    rule: str
    reason: str
    hint: str = ""
    blocking: bool = False

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.file}:{self.line} {self.rule}: {self.reason}{hint}"


class PackError(Exception):
    """A pack that must not be used: unreadable, or with a broken blocking rule. `problems` lists everything wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def parse(text: str, file: str) -> CommentedMap:
    """Parse YAML text that must be a mapping, or raise `PackError`."""
    if len(text) > MOST_BYTES:
        raise PackError([Problem(file, 1, "pack", f"the file is larger than {MOST_BYTES:,} characters")])
    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        raise PackError([Problem(file, line, "pack", f"not valid YAML: {_first_line(error.problem)}")]) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise PackError([Problem(file, 1, "pack", f"not valid YAML: {_first_line(str(error))}")]) from error
    if not isinstance(tree, CommentedMap):
        raise PackError(
            [Problem(file, 1, "pack", "a pack is a mapping with the keys `guidelines`, `pack`, `version`, `rules`")]
        )
    return tree


def _first_line(text: str | None) -> str:
    return (text or "unreadable").strip().splitlines()[0]


def plain(node: object, budget: list[int] | None = None) -> Any:
    """Turn parsed YAML into plain data; raises `ValueError` when aliases make it endless."""
    left = budget if budget is not None else [_MOST_NODES]
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("too many values; do aliases refer to each other?")
    if isinstance(node, dict):
        return {str(key): plain(value, left) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [plain(value, left) for value in node]
    return _plain_scalar(node)


def _plain_scalar(node: object) -> object:
    if isinstance(node, bool) or node is None:
        return node
    for kind in (str, int, float):
        if isinstance(node, kind):
            return kind(node)
    return node


def line_of(node: object, path: Iterable[str | int] = ()) -> int:
    """Return the line (from 1) of the deepest part of `path` that was written."""
    line = node.lc.line + 1 if isinstance(node, CommentedMap | CommentedSeq) else 1
    for part in path:
        if isinstance(node, CommentedMap) and part in node:
            line = node.lc.key(part)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0] + 1
        else:
            break
        node = node[part]
    return line


def validation_problems(
    error: ValidationError, node: object, file: str, rule: str, known: Sequence[str], *, blocking: bool = False
) -> list[Problem]:
    """Return what pydantic found wrong with `node`, each with its line."""
    found = []
    for detail in _details(error):
        reason, hint = _explain(detail, known)
        found.append(Problem(file, line_of(node, detail["loc"]), rule, reason, hint, blocking))
    return found


def _details(error: ValidationError) -> list[ErrorDetails]:
    """Return one entry per place that is wrong; of several readings of one value the first is kept."""
    seen: dict[tuple[str | int, ...], ErrorDetails] = {}
    for detail in error.errors():
        seen.setdefault(tuple(detail["loc"][:3]), detail)
    return list(seen.values())


def _explain(detail: ErrorDetails, known: Sequence[str]) -> tuple[str, str]:
    """Say what is wrong in the author's words, and hint at the key that was probably meant."""
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    if detail["type"] == "extra_forbidden":
        return f"unknown key '{key}'", did_you_mean(key, known)
    if detail["type"] == "missing":
        return f"the key '{key}' is missing", ""
    where = ".".join(str(part) for part in detail["loc"] if not str(part).startswith(("function-", "lax-or-strict")))
    message = detail["msg"].removeprefix("Value error, ")
    return (f"{where}: {message}" if where else message), ""


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return a hint that names the nearest of `known`, or all of them when they are few."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known: {', '.join(known)}" if len(known) <= 40 else ""


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys that `model` knows, as they are written."""
    return tuple(field.alias or name for name, field in model.model_fields.items())
