"""Limits as sentences that a person reads and writes: “At most 2 replies in a thread, on reddit, per 7 days”."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any

from guidelines.throttle.durations import read_duration, say_duration, say_window
from guidelines.throttle.limit import EVERYWHERE, Action, Condition, Limit, LimitError, Scope, Selector, Unless

EXAMPLES = (
    "At most 2 replies in a thread, on reddit, per 7 days; then refuse",
    "At least 20 minutes between replies in a venue; then hold",
    "No reply in a venue from 22:00 to 07:00 of its clock, unless it is urgent; then hold",
)
PLACES: Mapping[Scope, str] = {
    Scope.POST: "to one post",
    Scope.THREAD: "in a thread",
    Scope.AUTHOR: "to one author",
    Scope.VENUE: "in a venue",
    Scope.PLATFORM: "on a platform",
    Scope.ACCOUNT: "from one account",
    Scope.EMPLOYEE: "by one employee",
    Scope.BRAND: "in all",
}
_ACTIONS = {Action.HOLD: "hold", Action.ASK: "ask a manager", Action.REFUSE: "refuse"}
_EXCEPTIONS = {Unless.ADDRESSED: "they address us", Unless.URGENT: "it is urgent"}
_SELECTORS = {
    "platforms": "on",
    "venues": "in",
    "kinds": "answering",
    "urgencies": "of urgency",
    "identities": "as",
    "authors": "with author",
}
_LOWERED = {"platforms", "kinds", "urgencies", "identities"}

Fields = dict[str, Any]


def sentence(limit: Limit) -> str:
    """Say the whole limit; `read_sentence` reads it back to the same limit, but for its reason."""
    return f"{say(limit)}; then {_ACTIONS[limit.action]}"


@lru_cache(maxsize=4096)
def say(limit: Limit) -> str:
    """Say what the limit asks, without what happens otherwise."""
    parts = [_BODIES[limit.condition](limit), *_selected(limit.where)]
    if limit.window is not None and limit.condition is not Condition.GAP:
        parts.append(f"per {say_window(limit.window)}")
    if not limit.counts_deleted:
        parts.append("deleted ones aside")
    if limit.unless:
        parts.append("unless " + " or ".join(_EXCEPTIONS[why] for why in Unless if why in limit.unless))
    if limit.until is not None:
        parts.append(f"until {limit.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    return _joined(parts)


def _joined(parts: list[str]) -> str:
    if len(parts) > 1 and parts[1].startswith("per "):
        parts = [f"{parts[0]} {parts[1]}", *parts[2:]]
    return ", ".join(parts)


def _selected(where: Selector) -> list[str]:
    chosen = ((word, getattr(where, name)) for name, word in _SELECTORS.items())
    return [f"{word} {' or '.join(map(_quoted, sorted(names)))}" for word, names in chosen if names]


def _quoted(name: str) -> str:
    return f'"{name}"' if re.search(r"[\s,;]", name) else name


def _percent(share: float) -> str:
    return f"{round(share * 100, 6):g}%"


_BODIES: Mapping[Condition, Callable[[Limit], str]] = {
    Condition.COUNT: lambda limit: (
        f"At most {limit.number:g} {'reply' if limit.number == 1 else 'replies'} {PLACES[limit.scope]}"
    ),
    Condition.GAP: lambda limit: f"At least {_gap_of(limit)} between replies {PLACES[limit.scope]}",
    Condition.LAST_WORD: lambda limit: f"Never twice in a row {PLACES[limit.scope]}",
    Condition.EMPLOYEES: lambda limit: (
        f"At most {limit.number:g} {'employee' if limit.number == 1 else 'employees'} {PLACES[limit.scope]}"
    ),
    Condition.SHARE: lambda limit: (
        f"At most {_percent(limit.number)} of the posts {PLACES[limit.scope]} of {limit.at_least} posts or more"
    ),
    Condition.COMMERCIAL: lambda limit: f"At most {_percent(limit.number)} commercial replies {PLACES[limit.scope]}",
    Condition.SIMILARITY: lambda limit: f"No reply {_percent(limit.number)} like another {PLACES[limit.scope]}",
    Condition.QUIET_HOURS: lambda limit: (
        f"No reply {PLACES[limit.scope]} from {limit.quiet_from:%H:%M} to {limit.quiet_to:%H:%M} of its clock"
    ),
}


def _gap_of(limit: Limit) -> str:
    return say_duration(limit.window) if limit.window else "no time"


_PLACE = (
    "(?P<place>" + "|".join([*PLACES.values(), "from an account", "by an employee", "to an author", "to a post"]) + ")"
)
_NAME = r'(?:"[^"]+"|[^\s,;"]+)'
_NAMES = rf"(?P<names>{_NAME}(?: or {_NAME})*)"
_LENGTH = r"(?P<window>(?:-?\d+(?:\.\d+)? )?[a-z]+)"
_CLOCK = r"(\d{1,2}:\d{2})"
_SYNONYMS = {
    "from an account": Scope.ACCOUNT,
    "by an employee": Scope.EMPLOYEE,
    "to an author": Scope.AUTHOR,
    "to a post": Scope.POST,
}


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_READABLE: tuple[tuple[re.Pattern[str], Condition], ...] = (
    (_pattern(rf"at most (?P<number>-?\d+) repl(?:y|ies) {_PLACE}"), Condition.COUNT),
    (_pattern(rf"at least {_LENGTH} between replies {_PLACE}"), Condition.GAP),
    (_pattern(rf"never twice in a row {_PLACE}"), Condition.LAST_WORD),
    (_pattern(rf"at most (?P<number>-?\d+) employees? {_PLACE}"), Condition.EMPLOYEES),
    (
        _pattern(rf"at most (?P<percent>-?[\d.]+) ?% of the posts {_PLACE}(?: of (?P<at_least>\d+) posts or more)?"),
        Condition.SHARE,
    ),
    (_pattern(rf"at most (?P<percent>-?[\d.]+) ?% commercial replies {_PLACE}"), Condition.COMMERCIAL),
    (_pattern(rf"no reply (?P<percent>-?[\d.]+) ?% like another {_PLACE}"), Condition.SIMILARITY),
    (
        _pattern(rf"no reply {_PLACE} from (?P<quiet_from>{_CLOCK}) to (?P<quiet_to>{_CLOCK})(?: of its clock)?"),
        Condition.QUIET_HOURS,
    ),
)
_SELECTING = {name: _pattern(rf"{word} {_NAMES}") for name, word in _SELECTORS.items()}
_PER = _pattern(rf"per {_LENGTH}")
_EVER = _pattern("ever")
_UNLESS = _pattern(r"unless (?P<why>they address us|it is urgent)(?: or (?P<other>they address us|it is urgent))?")
_ASIDE = _pattern("deleted ones aside")
_UNTIL = _pattern(r"until (?P<day>\d{4}-\d{2}-\d{2})(?: (?P<clock>\d{2}:\d{2}) UTC)?")
_THEN = _pattern(r"\s*;\s*(?:then )?(?P<action>hold|ask a manager|ask|refuse)\s*$")


def read_sentence(name: str, text: str, *, reason: str = "") -> Limit:
    """Read a limit; raises `LimitError` that quotes the part which could not be understood."""
    rest = text.strip().rstrip(".")
    action = Action.REFUSE
    if ending := _THEN.search(rest):
        action = Action(ending["action"].lower().split()[0])
        rest = rest[: ending.start()]
    fields, rest = _read_body(rest)
    fields.update(name=name, action=action, reason=reason)
    while rest := rest.strip(" ,"):
        rest = _read_clause(rest, fields)
    where = fields.pop("where", None)
    return Limit(**fields, where=Selector(**where) if where else EVERYWHERE)


def _read_body(text: str) -> tuple[Fields, str]:
    for pattern, condition in _READABLE:
        if found := pattern.match(text):
            fields: Fields = {"condition": condition, "scope": _scope(found["place"])}
            for key, value in found.groupdict().items():
                if value is not None and key in _CONVERSIONS:
                    field, convert = _CONVERSIONS[key]
                    fields[field] = convert(value)
            return fields, text[found.end() :]
    raise LimitError(f"“{text}” does not begin like a limit. For example: {EXAMPLES[0]}.")


def _scope(place: str) -> Scope:
    spoken = {words: scope for scope, words in PLACES.items()} | _SYNONYMS
    return spoken[place.lower()]


def read_clock(text: str) -> time:
    """Read `22:00`."""
    try:
        return datetime.strptime(text, "%H:%M").replace(tzinfo=UTC).time()
    except ValueError:
        raise LimitError(f"“{text}” is not a time of day. Example: 22:00.") from None


def _share(text: str) -> float:
    try:
        return round(float(text) / 100, 8)
    except ValueError:
        raise LimitError(f"“{text}%” is not a share. Example: 20%.") from None


_CONVERSIONS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "number": ("number", int),
    "percent": ("number", _share),
    "at_least": ("at_least", int),
    "window": ("window", read_duration),
    "quiet_from": ("quiet_from", read_clock),
    "quiet_to": ("quiet_to", read_clock),
}


def _read_clause(text: str, fields: Fields) -> str:
    for read in (_read_window, _read_exception, _read_end, _read_selector):
        end = read(text, fields)
        if end is not None:
            return text[end:]
    raise LimitError(f"“{text}” could not be understood. For example: {EXAMPLES[0]}.")


def _read_window(text: str, fields: Fields) -> int | None:
    if found := _PER.match(text):
        fields["window"] = read_duration(found["window"])
        return found.end()
    if found := _EVER.match(text):
        return found.end()
    return None


def _read_exception(text: str, fields: Fields) -> int | None:
    if found := _ASIDE.match(text):
        fields["counts_deleted"] = False
        return found.end()
    if found := _UNLESS.match(text):
        spoken = {words: why for why, words in _EXCEPTIONS.items()}
        fields["unless"] = frozenset(spoken[words.lower()] for words in found.groups() if words)
        return found.end()
    return None


def _read_end(text: str, fields: Fields) -> int | None:
    if not (found := _UNTIL.match(text)):
        return None
    try:
        fields["until"] = datetime.fromisoformat(f"{found['day']}T{found['clock'] or '00:00'}+00:00")
    except ValueError:
        raise LimitError(f"“{found[0]}” names no day. Example: until 2026-12-24.") from None
    return found.end()


def _read_selector(text: str, fields: Fields) -> int | None:
    for name, pattern in _SELECTING.items():
        if found := pattern.match(text):
            names = [part.strip('"') for part in re.findall(_NAME, found["names"]) if part.lower() != "or"]
            chosen = frozenset(part.lower() for part in names) if name in _LOWERED else frozenset(names)
            fields.setdefault("where", {})[name] = chosen
            return found.end()
    return None
