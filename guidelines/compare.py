"""What differs between two versions of a pack, told rule by rule in a few words each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from guidelines.pack import Pack
from guidelines.pack_source import parse, plain

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that both versions have, and what is different about it."""

    rule: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new version adds, removes and changes; `header` is what changed beside the rules."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[RuleChange, ...]
    header: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether anything differs that a pack says; comments and layout do not count."""
        return bool(self.added or self.removed or self.changed or self.header)

    def lines(self) -> Iterator[str]:
        """Yield the difference for a person, one change a line."""
        yield from (f"pack: {what}" for what in self.header)
        yield from (f"new rule: {rule}" for rule in self.added)
        yield from (f"rule taken out: {rule}" for rule in self.removed)
        yield from (f"{change.rule}: {what}" for change in self.changed for what in change.what)


def difference(old: Pack, new: Pack) -> Difference:
    """Compare what two packs say. Broken rules are compared too: as they are written."""
    before, after = _rules(old), _rules(new)
    changed = (RuleChange(rule, tuple(_changes(before[rule], after[rule]))) for rule in after if rule in before)
    return Difference(
        added=tuple(rule for rule in after if rule not in before),
        removed=tuple(rule for rule in before if rule not in after),
        changed=tuple(change for change in changed if change.what),
        header=tuple(_changes(_header(old), _header(new))),
    )


def _rules(pack: Pack) -> dict[str, Mapping[str, Any]]:
    written = plain(parse(pack.text, pack.file)["rules"])
    return {str(rule["id"]): rule for rule in written if isinstance(rule, dict) and "id" in rule}


def _header(pack: Pack) -> Mapping[str, Any]:
    tree = parse(pack.text, pack.file)
    return {str(key): plain(tree[key]) for key in tree if key != "rules"}


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) == after.get(key):
            continue
        if key == "examples":
            yield from _examples(before.get(key), after.get(key))
        elif isinstance(before.get(key), dict) and isinstance(after.get(key), dict):
            yield from (f"{key}.{what}" for what in _changes(before[key], after[key]))
        elif isinstance(before.get(key), list) and isinstance(after.get(key), list):
            yield f"{key}: {_entries(before[key], after[key])}"
        elif key not in before:
            yield f"{key} added: {_shown(after[key])}"
        elif key not in after:
            yield f"{key} taken out, was {_shown(before[key])}"
        else:
            yield f"{key}: {_shown(before[key])} → {_shown(after[key])}"


def _entries(before: Sequence[object], after: Sequence[object]) -> str:
    """Name the entries of a list that came and went."""
    old, new = Counter(map(_written, before)), Counter(map(_written, after))
    told = [
        f"{word} {', '.join(_shown(orjson.loads(entry)) for entry in entries.elements())}"
        for word, entries in (("added", new - old), ("taken out", old - new))
        if entries
    ]
    return "; ".join(told) or "in another order"


def _examples(before: object, after: object) -> Iterator[str]:
    for side, meaning in (("fail", "must be found"), ("pass", "must pass")):
        old, new = _counted(before, side), _counted(after, side)
        for counted, word in ((new - old, "added"), (old - new, "taken out")):
            number = counted.total()
            if number:
                yield f"{number} {'example' if number == 1 else 'examples'} that {meaning} {word}"


def _counted(examples: object, side: str) -> Counter[bytes]:
    listed = examples.get(side) if isinstance(examples, dict) else None
    return Counter(_written(one) for one in listed or ()) if isinstance(listed, list) else Counter()


def _shown(value: object) -> str:
    written = value if isinstance(value, str) else _written(value).decode()
    return written if len(written) <= _LONGEST else f"{written[: _LONGEST - 1]}…"


def _written(value: object) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
