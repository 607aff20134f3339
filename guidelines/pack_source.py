"""Reads pack text: YAML with line numbers, plain data out, and problems that say where and how to mend them."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

MOST_BYTES: Final = 1_000_000
_MOST_NODES: Final = 100_000
_HOW_READ: Final = re.compile(r"per_platform|function-.*|lax-or-strict.*|[\w-]+\[.*|OwnNumber")
_SAID: Final[Mapping[str, str]] = {
    "tuple_type": "must be a list, such as [one, two]",
    "dict_type": "must be keys with values, such as {key: value}",
    "model_type": "must be keys with values, such as {key: value}",
    "string_type": "must be a text; put it in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_pattern_mismatch": "must be a name of small letters, digits, - and _, 63 at most, such as no-hard-sell",
}
"""Pydantic's sentences in words for people who never wrote a program."""
_BEHIND: Final = frozenset({"effects", "only"})
_SCOPES: Final = frozenset({"platforms", "venues", "identities"})
_ALSO_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("reply_to", "mention_kind"),
    "mention_kind": ("reply_to",),
    "reply_to": ("mention_kind",),
    "exceptions": ("except",),
    "level": ("severity",),
    "weight": ("severity",),
    "twitter": ("x",),
    "fb": ("facebook",),
    "hn": ("hackernews",),
}
"""What people write for a key or a platform that has another name."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a pack. `blocking` marks a rule that would have forbidden posting."""

    file: str
    line: int
    rule: str
    reason: str
    hint: str = ""
    blocking: bool = False

    @property
    def said(self) -> str:
        """What is wrong and how to mend it."""
        return f"{self.reason} ({self.hint})" if self.hint else self.reason

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.rule}: {self.said}"


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
        if isinstance(node, CommentedMap) and part in (node.lc.data or ()):
            line = node.lc.key(part)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0] + 1
        else:
            break
        node = node[part]
    return line


def validation_problems(
    error: ValidationError, node: object, file: str, rule: str, model: type[BaseModel], *, blocking: bool = False
) -> list[Problem]:
    """Return what pydantic found wrong with `node`, which should be a `model`, each with its line."""
    found = []
    for detail in _details(error):
        reason, hint = _explain(detail, model)
        found.append(Problem(file, line_of(node, _written(detail)), rule, reason, hint, blocking))
    return found


def _details(error: ValidationError) -> list[ErrorDetails]:
    """Return one entry per place that is wrong; of several readings of one value the first is kept."""
    seen: dict[tuple[str | int, ...], ErrorDetails] = {}
    for detail in error.errors():
        seen.setdefault(_written(detail)[:3], detail)
    return list(seen.values())


def _written(detail: ErrorDetails) -> tuple[str | int, ...]:
    """Return the place of an error as its author knows it, without the names that only our own reading has."""
    place: list[str | int] = []
    for part in detail["loc"]:
        hidden = part in _BEHIND and place and place[-1] in _SCOPES
        if not hidden and not _HOW_READ.fullmatch(str(part)):
            place.append(part)
    return tuple(place)


def _explain(detail: ErrorDetails, model: type[BaseModel]) -> tuple[str, str]:
    """Say what is wrong in the author's words, and hint at the key that was probably meant."""
    place = _written(detail)
    key = str(place[-1]) if place else ""
    if detail["type"] == "extra_forbidden":
        return f"unknown key '{key}'", did_you_mean(key, _known_at(model, place))
    if detail["type"] == "missing":
        return f"the key '{key}' is missing", ""
    where = ".".join(map(str, place))
    message = _SAID.get(detail["type"], detail["msg"].removeprefix("Value error, "))
    message = message.replace("Input should be", "must be")
    return (f"{where}: {message}" if where else message), ""


def _known_at(model: type[BaseModel], place: Sequence[str | int]) -> tuple[str, ...]:
    """Return the keys that may stand where the last of `place` does."""
    inside: type[BaseModel] | None = model
    for part in place[:-1]:
        if isinstance(part, str) and inside is not None:
            inside = next((_model_in(field.annotation) for name, field in _fields(inside) if name == part), None)
    return keys_of(inside) if inside is not None else ()


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def did_you_mean(word: str, known: Sequence[str], *, cutoff: float = 0.6) -> str:
    """Return a hint that names the nearest of `known`, or all of them when they are few and none is near."""
    also = {other: name for other, names in _ALSO_CALLED.items() for name in names if name in known}
    near = difflib.get_close_matches(word, (*known, *also), n=1, cutoff=cutoff)
    if near:
        return f"did you mean '{also.get(near[0], near[0])}'?"
    return f"known: {', '.join(known)}" if 0 < len(known) <= 40 else ""


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys that `model` knows, as they are written."""
    return tuple(name for name, _ in _fields(model))


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    return ((field.alias or name, field) for name, field in model.model_fields.items())
