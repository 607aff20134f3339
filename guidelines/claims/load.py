"""Reads a fact file. Every mistake is reported with its line, fact, reason and hint; sound facts still load."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from guidelines.claims.fields import LONGEST_ID, FieldError, converted
from guidelines.claims.record import Fact

_NEEDED = ("id", "entity", "statement", "source_url")
_KNOWN = frozenset(field.name for field in fields(Fact)) - {"line"} | {"value"}
_MOST = 20_000
_MOST_VALUES = 1_000_000
_DEEPEST = 10
_DAYS = re.compile("[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a fact file."""

    file: str
    line: int
    fact: str
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        named = f" {self.fact}" if self.fact else ""
        return f"{where}{named}: {self.reason}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True)
class FactFile:
    """The sound facts of a file, its policy, and its mistakes."""

    facts: tuple[Fact, ...]
    problems: tuple[Problem, ...]
    review_days: int | None = None


class _Reader:
    """Collects facts and problems while it walks the nodes of one file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.facts: list[Fact] = []
        self.problems: list[Problem] = []
        self.review_days: int | None = None
        self._seen: dict[str, int] = {}
        self._values_left = _MOST_VALUES

    def fail(self, node: Node | None, reason: str, hint: str = "", fact: str = "") -> None:
        line = node.start_mark.line + 1 if node is not None and node.start_mark is not None else 1
        self.problems.append(Problem(self.name, line, fact, reason, hint))

    def document(self, root: Node | None) -> None:
        if not isinstance(root, MappingNode):
            self.fail(root, "the file does not hold a `facts:` list", "begin it with `facts:` and one `- id:` per fact")
            return
        self._twice(root, "section")
        sections = {key.value: value for key, value in reversed(root.value) if isinstance(key, ScalarNode)}
        for key in [key for key in reversed(sections) if key not in ("facts", "policy", "version")]:
            self.fail(sections[key], f"unknown section `{key}`", "known: facts, policy, version")
        self._policy(sections.get("policy"))
        listed = sections.get("facts")
        if not isinstance(listed, SequenceNode):
            self.fail(listed or root, "`facts` is not a list", "write `facts:` and one `- id:` per fact")
            return
        for node in listed.value[:_MOST]:
            self._fact(node)
            if self._values_left < 0:
                return
        if len(listed.value) > _MOST:
            beyond = f"more than {_MOST:,} facts; the {len(listed.value) - _MOST:,} from here on are not read"
            self.fail(listed.value[_MOST], beyond, "divide them among several files")

    def _policy(self, node: Node | None) -> None:
        if node is None:
            return
        days = self._plain(node).get("review_days") if isinstance(node, MappingNode) else None
        if not isinstance(node, MappingNode) or not isinstance(days, str) or not _DAYS.fullmatch(days) or not int(days):
            self.fail(node, "`policy` needs `review_days`, a number of days", "policy: {review_days: 365}")
            return
        self.review_days = int(days)
        self._twice(node, "field")
        for key, _ in node.value:
            if isinstance(key, ScalarNode) and key.value != "review_days":
                self.fail(key, f"unknown field `{key.value[:LONGEST_ID]}` of `policy`", "known: review_days")

    def _twice(self, node: MappingNode, kind: str, fact: str = "") -> None:
        """Tell of a key that stands there again: one of the two would be lost."""
        first: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                continue
            line = key.start_mark.line + 1
            if key.value in first:
                hint = f"first on line {first[key.value]}; keep one of them"
                self.fail(key, f"the {kind} `{key.value[:LONGEST_ID]}` stands there twice", hint, fact)
            first.setdefault(key.value, line)

    def _fact(self, node: Node) -> None:
        if not isinstance(node, MappingNode):
            self.fail(node, "a fact is not a mapping", "begin it with `- id:`")
            return
        before = len(self.problems)
        raw = self._plain(node)
        name = raw["id"][:LONGEST_ID] if isinstance(raw.get("id"), str) else ""
        self._twice(node, "field", name)
        self._check_keys(node, name)
        self._check_id(node, name)
        values = {key: self._field(node, name, key, value) for key, value in raw.items() if key in _KNOWN}
        for key in _NEEDED:
            if not raw.get(key):
                self.fail(node, f"`{key}` is missing", "a fact needs id, entity, statement and source_url", name)
        self._check_pairs(node, name, values)
        if len(self.problems) == before:
            self._keep(node, values)

    def _check_pairs(self, node: MappingNode, name: str, values: Mapping[str, Any]) -> None:
        if values.get("value") and values.get("values"):
            self.fail(_node_of(node, "value"), "`value` and `values` both stand there", "keep one of them", name)
        since, until = values.get("valid_from"), values.get("valid_until")
        if since and until and since > until:
            hint = f"it begins on {since}; exchange the two dates or mend one"
            self.fail(_node_of(node, "valid_until"), "`valid_until` lies before `valid_from`", hint, name)

    def _check_id(self, node: MappingNode, name: str) -> None:
        line = node.start_mark.line + 1
        first = self._seen.setdefault(name, line) if name else line
        if first != line:
            self.fail(
                node, f"the id `{name}` is used twice", f"first on line {first}; give each fact an id of its own", name
            )

    def _check_keys(self, node: MappingNode, name: str) -> None:
        for key, _ in node.value:
            written = str(key.value) if isinstance(key, ScalarNode) else "[…]"
            if written not in _KNOWN:
                close = get_close_matches(written, _KNOWN, n=1)
                hint = f"did you mean `{close[0]}`?" if close else ""
                self.fail(key, f"unknown field `{written}`", hint, name)

    def _field(self, node: MappingNode, name: str, key: str, value: Any) -> Any:
        try:
            return converted(key, value)
        except FieldError as error:
            self.fail(_node_of(node, key), str(error), error.hint, name)
            return None

    def _keep(self, node: MappingNode, values: Mapping[str, Any]) -> None:
        known = {key: value for key, value in values.items() if value is not None and key != "value"}
        if "value" in values:
            known["values"] = values["value"]
        self.facts.append(Fact(**known, line=node.start_mark.line + 1))

    def _plain(self, node: MappingNode) -> dict[str, Any]:
        """A mapping as plain data; what aliases make endless is told once and read as if it were not there."""
        found: dict[str, Any] = {}
        for key, value in node.value:
            if isinstance(key, ScalarNode):
                try:
                    found[key.value] = self._value(value, _DEEPEST)
                except ValueError as error:
                    self.fail(value, f"`{key.value}` {error}", "write it out instead of referring with `*`")
        return found

    def _value(self, node: Node, depth: int) -> Any:
        self._values_left -= 1
        if self._values_left < 0:
            raise ValueError(f"makes more than {_MOST_VALUES:,} values of the file")
        if isinstance(node, ScalarNode):
            return None if str(node.tag).endswith(":null") else str(node.value)
        if not depth:
            raise ValueError("is nested too deeply; does it refer to itself?")
        if isinstance(node, SequenceNode):
            return [self._value(item, depth - 1) for item in node.value]
        return {key.value: self._value(value, depth - 1) for key, value in node.value if isinstance(key, ScalarNode)}


def _node_of(node: MappingNode, name: str) -> Node:
    return next((value for key, value in node.value if isinstance(key, ScalarNode) and key.value == name), node)


def load(text: str, name: str = "facts") -> FactFile:
    """Read the text of a fact file; never raises for what stands in it."""
    reader = _Reader(name)
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.composer.warn_double_anchors = False
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        problem = Problem(
            name, line, "", f"not valid YAML: {error.problem or 'unreadable'}", "check quotes and indents"
        )
        return FactFile((), (problem,))
    except RecursionError:
        return FactFile((), (Problem(name, 1, "", "nested too deeply to be read", "close the brackets"),))
    except (YAMLError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        line = text.count("\n", 0, error.position) + 1 if isinstance(error, ReaderError) else 1
        return FactFile((), (Problem(name, line, "", f"not readable: {reason}", "remove that sign"),))
    reader.document(root)
    return FactFile(tuple(reader.facts), tuple(reader.problems), reader.review_days)
