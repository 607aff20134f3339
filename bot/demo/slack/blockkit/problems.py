"""What is wrong with a payload, and the small checks that everything else is put together from."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.demo.slack.errors import Json


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One reason for Slack to refuse a payload, in the shape of `blocks.validate`'s errors."""

    code: str
    message: str
    pointer: str
    field: str | None = None
    constraint: Json | None = dataclasses.field(default=None, compare=False)

    def __str__(self) -> str:
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"

    def as_json(self) -> Json:
        """The error as `blocks.validate` answers it."""
        body = {"code": self.code, "message": self.message, "pointer": self.pointer}
        optional = {"field": self.field, "constraint": self.constraint}
        return body | {key: value for key, value in optional.items() if value is not None}


Check = Callable[[Any, str], Iterator[Problem]]
Fields = Mapping[str, Check]


def failed(pointer: str, message: str, kind: str, expected: Any = None) -> Problem:
    """A value that breaks a rule."""
    constraint = {"type": kind} | ({} if expected is None else {"expected": expected})
    return Problem("failed_constraint", message, pointer, constraint=constraint)


def string(*, most: int | None = None, least: int = 1, pattern: str | None = None) -> Check:
    """A text of so many characters."""
    compiled = re.compile(pattern) if pattern else None

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield failed(at, "must be a string", "type", "string")
        elif len(value) < least:
            yield failed(at, f"must be more than {least - 1} characters", "min_length", least)
        elif most is not None and len(value) > most:
            yield failed(at, f"must be less than {most + 1} characters", "max_length", most)
        elif compiled and not compiled.fullmatch(value):
            yield failed(at, "is not in the right format", "pattern", compiled.pattern)

    return check


def number(*, least: float | None = None, most: float | None = None, whole: bool = True) -> Check:
    """A number within bounds."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            yield failed(at, f"must be {'an integer' if whole else 'a number'}", "type", "number")
        elif least is not None and value < least:
            yield failed(at, f"must be at least {least}", "min", least)
        elif most is not None and value > most:
            yield failed(at, f"must be at most {most}", "max", most)

    return check


def boolean(value: Any, at: str) -> Iterator[Problem]:
    """True or false."""
    if not isinstance(value, bool):
        yield failed(at, "must be a boolean", "type", "boolean")


def choice(*values: Any) -> Check:
    """One of these."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if value not in values:
            wanted = ", ".join(map(str, values))
            yield failed(at, f"must be one of: {wanted}", "enum", list(values))

    return check


def array(each: Check, *, least: int = 1, most: int | None = None) -> Check:
    """A list of so many things."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield failed(at, "must be an array", "type", "array")
            return
        if len(value) < least:
            yield failed(at, f"no fewer than {least} items allowed", "min_items", least)
        if most is not None and len(value) > most:
            yield failed(at, f"no more than {most} items allowed", "max_items", most)
        for index, item in enumerate(value):
            yield from each(item, f"{at}/{index}")

    return check


def record(required: Fields, optional: Fields, *rules: Check) -> Check:
    """An object with these keys and no others; the rules look at the whole once its keys are right."""

    known = {**required, **optional}

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield failed(at, "must be an object", "type", "object")
            return
        missing = [key for key in required if value.get(key) is None]
        yield from (Problem("missing_field", f"missing required field: {key}", at, field=key) for key in missing)
        for key, item in value.items():
            yield from _field(known, key, item, f"{at}/{key}")
        for rule in rules:
            yield from rule(value, at)

    return check


def _field(known: Fields, key: str, item: Any, at: str) -> Iterator[Problem]:
    if key not in known:
        yield Problem("unknown_field", f"unknown field: {key}", at, field=key)
    elif item is not None:
        yield from known[key](item, at)


def typed(known: Mapping[str, Check], *allowed: str) -> Check:
    """An object whose `type` says what it is; `allowed` narrows the known types."""
    names = allowed or tuple(known)

    def check(value: Any, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield failed(at, "must be an object", "type", "object")
            return
        kind = value.get("type")
        if kind is None:
            yield Problem("missing_field", "missing required field: type", at, field="type")
        elif not isinstance(kind, str) or kind not in names:
            message = f"unsupported type: {kind}"
            expected = {"type": "enum", "expected": sorted(names)}
            yield Problem("unsupported_type", message, f"{at}/type", constraint=expected)
        else:
            yield from known[kind](value, at)

    return check


def at_least_one(*keys: str) -> Check:
    """At least one of these keys is there."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if all(value.get(key) in (None, [], "") for key in keys):
            yield failed(at, f"at least one is required: {', '.join(keys)}", "any_of", list(keys))

    return check


def only_one(*keys: str) -> Check:
    """Exactly one of these keys is there."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        if sum(value.get(key) is not None for key in keys) != 1:
            yield failed(at, f"exactly one is required: {', '.join(keys)}", "one_of", list(keys))

    return check


def unique(part: str, what: str) -> Check:
    """No two items of a list have the same text under the key `part`."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        seen = set()
        for index, item in enumerate(items(value)):
            key = item.get(part) if isinstance(item, dict) else None
            if isinstance(key, str):
                if key in seen:
                    yield failed(f"{at}/{index}", f"duplicate {what}: {key}", "unique", what)
                seen.add(key)

    return check


def items(value: Any) -> list[Any]:
    """The value if it is a list; nothing otherwise, for that is another check's business."""
    return value if isinstance(value, list) else []


def both(*checks: Check) -> Check:
    """All of these."""

    def check(value: Any, at: str) -> Iterator[Problem]:
        for each in checks:
            yield from each(value, at)

    return check


def constant(value: str) -> Check:
    """This very text, for the `type` key."""
    return choice(value)


def anything(_: Any, __: str) -> Iterator[Problem]:
    """No demand."""
    return iter(())
