"""Writes examples into the text of a pack and leaves every other line as its author wrote it, comments included."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from ruamel.yaml.util import load_yaml_guess_indent

from guidelines.pack_source import parse

_WIDEST: Final = 1_000_000
"""An example stays on its line however long it is."""
_VALUE: Final = re.compile(r"""("[^"]*"|'[^']*'|[^#\n]*?)(\s*(?:\s#.*)?)$""")

_ODD_BREAK: Final = re.compile(r"[\r\x85\u2028\u2029]")
"""What YAML takes for the end of a line, and `split` does not."""


@dataclass(frozen=True, slots=True)
class NewExample:
    """A text for a rule's tests; `situation` holds the keys of an example beside its text, as far as they matter."""

    rule: str
    text: str
    should_pass: bool
    situation: Mapping[str, str] = field(default_factory=dict)

    @property
    def side(self) -> str:
        """The list that it belongs into."""
        return "pass" if self.should_pass else "fail"

    def entry(self) -> CommentedMap | str:
        """Return it as it stands in a pack: a text alone where the situation does not matter."""
        text = DoubleQuotedScalarString(self.text) if "\n" in self.text else self.text
        known = {key: value for key, value in self.situation.items() if value}
        if not known:
            return text
        entry = CommentedMap(text=text, **known)
        entry.fa.set_flow_style()
        return entry


def with_examples(text: str, examples: Sequence[NewExample], *, version: str) -> str:
    """Return the pack's text with the examples under their rules, and a version of its own.

    Examples that stand there already, and those of rules that the pack does not have, are left out; when none is
    left, the text comes back as it was. Raises `PackError` for a text that is no pack.
    """
    tree = parse(text, "pack")
    missing = [example for example in examples if _is_missing(tree, example)]
    if not missing:
        return text
    lines = _inserted(text, tree, missing, version)
    return lines if lines is not None else _written_anew(text, missing, version)


def next_version(version: str, today: date) -> str:
    """Return the version after this one in the usual form: the day, and the number within the day."""
    day, _, number = version.rpartition(".")
    again = day == today.isoformat() and number.isascii() and number.isdigit() and len(number) < 10
    return f"{today.isoformat()}.{int(number) + 1 if again else 1}"


def _is_missing(tree: CommentedMap, example: NewExample) -> bool:
    rule = _rule(tree, example.rule)
    if rule is None or not isinstance(rule.get("examples", {}), dict):
        return False
    listed = rule.get("examples", {}).get(example.side) or ()
    return not any(_text(one) == example.text for one in listed)


def _rule(tree: CommentedMap, identifier: str) -> CommentedMap | None:
    rules = tree.get("rules")
    listed = rules if isinstance(rules, CommentedSeq) else ()
    return next((rule for rule in listed if isinstance(rule, CommentedMap) and rule.get("id") == identifier), None)


def _text(example: object) -> str:
    return str(example.get("text", "")) if isinstance(example, dict) else str(example)


def _inserted(text: str, tree: CommentedMap, missing: Sequence[NewExample], version: str) -> str | None:
    """Put new lines in and touch no other; None where the pack is laid out so that this cannot be done."""
    lines = text.split("\n")
    places = [_place(lines, tree, example) for example in missing]
    found = [place for place in places if place is not None]
    number, column = tree.lc.value("version")
    value = _VALUE.match(lines[number], column) if number < len(lines) else None
    if len(found) < len(places) or value is None or tree.fa.flow_style() or _ODD_BREAK.search(text):
        return None
    lines[number] = f"{lines[number][:column]}{_rendered(version)}{value[2]}"
    from_below = sorted(zip(reversed(found), reversed(missing), strict=True), key=lambda each: each[0], reverse=True)
    for (after, dash), example in from_below:
        lines.insert(after, " " * dash + f"- {_rendered(example.entry())}")
    return "\n".join(lines)


def _place(lines: Sequence[str], tree: CommentedMap, example: NewExample) -> tuple[int, int] | None:
    """Return the line before which the example goes, and the column of its dash."""
    rule = _rule(tree, example.rule)
    listed = rule.get("examples", {}).get(example.side) if rule is not None else None
    if not isinstance(listed, CommentedSeq) or not listed or listed.fa.flow_style():
        return None
    line, column = listed.lc.item(len(listed) - 1)
    dash = lines[line].rfind("-", 0, column)
    if dash < 0 or lines[line][:dash].strip():
        return None
    return _end(lines, line, dash), dash


def _end(lines: Sequence[str], first: int, dash: int) -> int:
    """Return the line after the last one of an entry, which may go on below its dash."""
    end = first + 1
    for number in range(first + 1, len(lines)):
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip()) <= dash:
            break
        if line.strip():
            end = number + 1
    return end


def _written_anew(text: str, missing: Sequence[NewExample], version: str) -> str:
    """Add to lists that stand on one line, or nowhere yet; the whole pack is written again, which may fold lines."""
    writer = _writer(text)
    tree = writer.load(text)
    for example, rule in _with_rules(tree, missing):
        examples = rule.setdefault("examples", CommentedMap())
        listed = examples.get(example.side)
        if not isinstance(listed, CommentedSeq):
            listed = examples[example.side] = CommentedSeq()
        _append(listed, example.entry())
    tree["version"] = version
    written = io.StringIO()
    writer.dump(tree, written)
    return written.getvalue()


def _with_rules(tree: CommentedMap, missing: Sequence[NewExample]) -> Iterator[tuple[NewExample, CommentedMap]]:
    for example in missing:
        rule = _rule(tree, example.rule)
        if rule is not None:
            yield example, rule


def _append(listed: CommentedSeq, entry: CommentedMap | str) -> None:
    """Add to the end, before the comments that speak of what follows."""
    last = len(listed) - 1
    following = listed.ca.items.pop(last, None) if last >= 0 else None
    listed.append(entry)
    if following is not None:
        listed.ca.items[last + 1] = following


def _writer(text: str) -> YAML:
    _, indent, offset = load_yaml_guess_indent(text)
    writer = YAML(typ="rt")
    writer.preserve_quotes = True
    writer.width = _WIDEST
    writer.indent(mapping=2, sequence=indent or 4, offset=2 if offset is None else offset)
    return writer


def _rendered(value: CommentedMap | str) -> str:
    """Return a value as it stands in YAML, on one line."""
    writer = YAML(typ="rt")
    writer.width = _WIDEST
    written = io.StringIO()
    writer.dump(CommentedSeq([value]), written)
    return written.getvalue().removeprefix("- ").rstrip("\n")
