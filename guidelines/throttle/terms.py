"""Limits as JSON: how they are stored and exchanged, read with care."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from guidelines.throttle.durations import read_duration, say_duration
from guidelines.throttle.limit import EVERYWHERE, Action, Condition, Limit, LimitError, Scope, Selector, Unless
from guidelines.throttle.sentences import read_clock, read_sentence
from guidelines.throttle.validation import must_make_sense

Terms = dict[str, Any]
Choice = TypeVar("Choice", bound=StrEnum)

_SELECTORS = ("platforms", "venues", "kinds", "urgencies", "identities", "authors")


def terms_of(limit: Limit) -> Terms:
    """Return the limit as JSON without its name; what is at its default is left out."""
    terms: Terms = {
        "scope": limit.scope.value,
        "condition": limit.condition.value,
        "number": limit.number,
        "action": limit.action.value,
    }
    optional: Terms = {
        "window": say_duration(limit.window) if limit.window else None,
        "where": {name: sorted(chosen) for name in _SELECTORS if (chosen := getattr(limit.where, name))},
        "unless": sorted(limit.unless),
        "quiet_from": limit.quiet_from and f"{limit.quiet_from:%H:%M}",
        "quiet_to": limit.quiet_to and f"{limit.quiet_to:%H:%M}",
        "at_least": limit.at_least,
        "reason": limit.reason,
        "until": limit.until and limit.until.isoformat(),
    }
    terms.update({name: value for name, value in optional.items() if value})
    if not limit.counts_deleted:
        terms["counts_deleted"] = False
    return terms


def parse_terms(name: str, terms: Mapping[str, Any], *, is_fixed: bool = False) -> Limit:
    """Read a limit from JSON, or from `{"sentence": …}`; raises `LimitError` that names the limit and the mistake."""
    try:
        limit = _parse(name, terms, is_fixed)
        must_make_sense(limit)
    except LimitError as error:
        raise LimitError(f"Limit “{name}”: {error}") from None
    return limit


def _parse(name: str, terms: Mapping[str, Any], is_fixed: bool) -> Limit:
    if not isinstance(terms, Mapping):
        raise LimitError("it must be a mapping of terms, or a sentence.")
    if isinstance(terms.get("sentence"), str):
        return read_sentence(name, terms["sentence"], reason=_text(terms, "reason"))
    unknown = sorted(set(map(str, terms)) - _KNOWN)
    if unknown:
        raise LimitError(f"“{unknown[0]}” is not a term. Known: {', '.join(sorted(_KNOWN))}.")
    return Limit(
        name=name,
        scope=_choice(terms, "scope", Scope),
        condition=_choice(terms, "condition", Condition),
        number=_number(terms.get("number", 0)),
        window=_optional(terms, "window", read_duration),
        action=_choice(terms, "action", Action, Action.REFUSE),
        where=_selector(terms.get("where", {})),
        unless=frozenset(_member(Unless, why) for why in _names(terms.get("unless", []), "unless")),
        quiet_from=_optional(terms, "quiet_from", read_clock),
        quiet_to=_optional(terms, "quiet_to", read_clock),
        at_least=int(_number(terms.get("at_least", 0))),
        counts_deleted=_flag(terms, "counts_deleted"),
        reason=_text(terms, "reason"),
        until=_optional(terms, "until", _moment),
        is_fixed=is_fixed,
    )


_KNOWN = {
    "scope", "condition", "number", "window", "action", "where", "unless", "quiet_from", "quiet_to", "at_least",
    "counts_deleted", "reason", "until",
}  # fmt: skip

Read = TypeVar("Read")


def _optional(terms: Mapping[str, Any], key: str, read: Callable[[str], Read]) -> Read | None:
    value = terms.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise LimitError(f"“{key}” must be a text, not {value!r}.")
    return read(value)


def _choice(terms: Mapping[str, Any], key: str, kind: type[Choice], default: Choice | None = None) -> Choice:
    if key not in terms and default is not None:
        return default
    return _member(kind, terms.get(key, ""))


def _member(kind: type[Choice], value: object) -> Choice:
    try:
        return kind(str(value))
    except ValueError:
        known = ", ".join(kind)
        raise LimitError(f"“{value}” is not a known {kind.__name__.lower()}. Known: {known}.") from None


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise LimitError(f"“{value}” is not a number.")
    return value


def _flag(terms: Mapping[str, Any], key: str) -> bool:
    value = terms.get(key, True)
    if not isinstance(value, bool):
        raise LimitError(f"“{key}” must be true or false, not {value!r}.")
    return value


def _text(terms: Mapping[str, Any], key: str) -> str:
    value = terms.get(key, "")
    if not isinstance(value, str):
        raise LimitError(f"“{key}” must be a text, not {value!r}.")
    return value


def _names(value: object, key: str) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) and name for name in value):
        raise LimitError(f"“{key}” must be a list of names, not {value!r}.")
    return list(value)


def _selector(value: object) -> Selector:
    if not isinstance(value, Mapping):
        raise LimitError(f"“where” must be a mapping such as {{platforms: [reddit]}}, not {value!r}.")
    if not value:
        return EVERYWHERE
    unknown = sorted(set(map(str, value)) - set(_SELECTORS))
    if unknown:
        raise LimitError(f"“{unknown[0]}” cannot be selected by. Known: {', '.join(_SELECTORS)}.")
    return Selector(**{key: frozenset(_names(names, key)) for key, names in value.items()})


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LimitError(f"“{text}” is not a moment. Example: 2026-12-24T00:00:00+00:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
