"""Platforms that a pack names and that nobody knows: a rule for one of them never holds, and nobody would notice."""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from guidelines.checks.limits import LimitOptions
from guidelines.checks.registry import KINDS
from guidelines.pack import Pack
from guidelines.pack_schema import ALL
from guidelines.pack_source import Problem, did_you_mean, line_of, parse

_Path = tuple[str | int, ...]
_PER_PLATFORM: Final = tuple(name for name, kind in KINDS.items() if kind.options is LimitOptions)


def unknown_platforms(pack: Pack, known: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for every platform that `pack` names and that is not `known`; none where nothing is known."""
    if not known:
        return
    tree = parse(pack.text, pack.file)
    for place, written in _named(tree):
        name = str(written).strip().lower()
        if name and name not in known and name != ALL:
            yield Problem(pack.file, line_of(tree, place), _rule(tree, place), *said_of(str(written), known))


def said_of(name: str, known: Collection[str]) -> tuple[str, str]:
    """Return what to say of a platform that is not known, and a hint."""
    return f"no platform is called '{name}'", did_you_mean(name.strip().lower(), sorted(known))


def _rule(tree: Mapping[str, Any], place: _Path) -> str:
    rule = tree["rules"][place[1]] if place[0] == "rules" else {}
    return str(rule.get("id", "pack"))


def _named(tree: Mapping[str, Any]) -> Iterator[tuple[_Path, object]]:
    """Yield every platform that is named, and where."""
    yield from _names(tree.get("defaults"), ("defaults",), "platforms")
    for number, rule in enumerate(tree["rules"]):
        if isinstance(rule, dict):
            yield from _in_rule(rule, ("rules", number))


def _in_rule(rule: Mapping[str, Any], place: _Path) -> Iterator[tuple[_Path, object]]:
    yield from _names(rule, place, "platforms")
    check = rule.get("check")
    for holder, at in ((rule, place), (check, (*place, "check"))):
        for condition in ("when", "unless"):
            if isinstance(holder, dict):
                yield from _names(holder.get(condition), (*at, condition), "platform")
    for kind in _PER_PLATFORM:
        if isinstance(check, dict) and isinstance(check.get(kind), dict):
            yield from _names(check, (*place, "check"), kind)
    examples = rule.get("examples")
    for side in ("fail", "pass"):
        listed = examples.get(side) if isinstance(examples, dict) else None
        numbered = enumerate(listed) if isinstance(listed, list) else ()
        yield from chain.from_iterable(
            _names(example, (*place, "examples", side, number), "platform") for number, example in numbered
        )


def _names(holder: object, place: _Path, key: str) -> Iterator[tuple[_Path, object]]:
    """Yield the names under `key`, which may be one, a list of them, or the keys of a mapping."""
    written = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(written, dict):
        yield from (((*place, key, name), name) for name in written)
    elif isinstance(written, list):
        yield from (((*place, key, number), name) for number, name in enumerate(written))
    elif written is not None:
        yield (*place, key), written
