"""Does a limit make sense, and do all limits together? Errors are raised, oddities are told in plain sentences."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import permutations

from guidelines.throttle.limit import Action, Condition, Limit, LimitError, Scope, Selector
from guidelines.throttle.quiet import zone
from guidelines.throttle.sentences import say

_PEOPLE_AND_PLACES = frozenset({Scope.VENUE, Scope.PLATFORM, Scope.ACCOUNT, Scope.EMPLOYEE, Scope.BRAND})
_SCOPES: Mapping[Condition, frozenset[Scope]] = {
    Condition.COUNT: frozenset(Scope),
    Condition.GAP: frozenset(Scope),
    Condition.LAST_WORD: frozenset({Scope.THREAD}),
    Condition.EMPLOYEES: frozenset({Scope.THREAD}),
    Condition.SHARE: frozenset({Scope.THREAD}),
    Condition.COMMERCIAL: _PEOPLE_AND_PLACES,
    Condition.SIMILARITY: _PEOPLE_AND_PLACES,
    Condition.QUIET_HOURS: frozenset({Scope.VENUE}),
}
_WINDOWED = {Condition.GAP, Condition.COMMERCIAL}
_SHARES = {Condition.SHARE, Condition.COMMERCIAL, Condition.SIMILARITY}
_COUNTS = {Condition.COUNT, Condition.EMPLOYEES}
_TIMELESS = {Condition.LAST_WORD, Condition.SHARE}
_STRICTNESS = {action: rank for rank, action in enumerate(Action)}
MOST = 1_000_000


def must_make_sense(limit: Limit) -> None:
    """Raise `LimitError` for a limit that nobody can mean."""
    for check in (_name, _scope, _window, _number, _quiet, _action):
        check(limit)


def _name(limit: Limit) -> None:
    if not limit.name.strip() or len(limit.name) > 80:
        raise LimitError("it needs a name of at most 80 characters.")


def _scope(limit: Limit) -> None:
    allowed = _SCOPES[limit.condition]
    if limit.scope not in allowed:
        known = ", ".join(sorted(allowed))
        raise LimitError(f"“{limit.condition}” cannot be counted per {limit.scope}. Possible: {known}.")


def _window(limit: Limit) -> None:
    if limit.window is None and limit.condition in _WINDOWED:
        raise LimitError(f"“{limit.condition}” needs a window, such as 20 minutes or 30 days.")
    if limit.window is not None and limit.window.total_seconds() <= 0:
        raise LimitError("a window must be longer than nothing.")


def _number(limit: Limit) -> None:
    if limit.condition in _COUNTS and (limit.number != int(limit.number) or not 0 <= limit.number <= MOST):
        raise LimitError(f"{limit.number:g} is not a count. It must be a whole number from 0 up.")
    if limit.condition in _SHARES and not 0 <= limit.number <= 1:
        raise LimitError(f"{limit.number:g} is not a share. It must lie between 0 and 1 (0 % and 100 %).")
    if limit.at_least < 0:
        raise LimitError("“at_least” cannot be negative.")


def _quiet(limit: Limit) -> None:
    if limit.condition is not Condition.QUIET_HOURS:
        return
    if limit.quiet_from is None or limit.quiet_to is None:
        raise LimitError("quiet hours need a beginning and an end, such as from 22:00 to 07:00.")
    if limit.quiet_from == limit.quiet_to:
        raise LimitError("quiet hours that begin when they end would last all day.")


def _action(limit: Limit) -> None:
    timeless = limit.condition in _TIMELESS or (limit.window is None and limit.condition is not Condition.QUIET_HOURS)
    if limit.action is Action.HOLD and timeless and limit.until is None:
        raise LimitError("it cannot hold a reply, for time alone never opens it. Refuse, or ask a manager.")


def problems(
    limits: Sequence[Limit],
    *,
    now: datetime,
    platforms: Collection[str] = (),
    venues: Mapping[str, str] | None = None,
) -> list[str]:
    """Say what is odd about limits that all make sense alone. `venues` maps the known venues to their time zones."""
    found = [problem for limit in limits for problem in _alone(limit, now, platforms, venues)]
    found += [problem for one, other in permutations(limits, 2) if (problem := _together(one, other))]
    found += [f"The time zone “{name}” of {venue} is unknown; its quiet hours are read as UTC."
              for venue, name in (venues or {}).items() if zone(name) is None]  # fmt: skip
    return found + _without_clock(limits, venues or {})


def _without_clock(limits: Sequence[Limit], venues: Mapping[str, str]) -> list[str]:
    """Quiet hours are asked of the venues that they are about; those of which nobody knows the clock are few words."""
    quiet = [limit for limit in limits if limit.condition is Condition.QUIET_HOURS]
    found = [
        name for name, zoned in sorted(venues.items())
        if zoned == "UTC" and any(not limit.where.venues or name in limit.where.venues for limit in quiet)
    ]  # fmt: skip
    if not found:
        return []
    named = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    return [f"Nobody has set the time zone of {named}; quiet hours there are read as UTC."]


def _alone(limit: Limit, now: datetime, platforms: Collection[str], venues: Mapping[str, str] | None) -> list[str]:
    found = []
    if _blocks_everything(limit):
        found.append(f"“{limit.name}” blocks everything it is about: {say(limit)}.")
    if _never_binds(limit):
        found.append(f"“{limit.name}” can never bind: {say(limit)}.")
    if limit.until is not None and limit.until <= now:
        found.append(f"“{limit.name}” has already ended.")
    if platforms:
        found += [f"“{limit.name}” is about {name}, which is not connected."
                  for name in sorted(limit.where.platforms - set(platforms))]  # fmt: skip
    if venues is not None:
        found += [f"“{limit.name}” is about the venue {name}, which does not exist (any more)."
                  for name in sorted(limit.where.venues - set(venues))]  # fmt: skip
    return found


def _blocks_everything(limit: Limit) -> bool:
    """One who asked not to be spoken to is blocked on purpose."""
    return (
        not limit.where.authors and limit.number == 0 and limit.condition in _COUNTS | _SHARES - {Condition.COMMERCIAL}
    )


def _never_binds(limit: Limit) -> bool:
    whole = limit.number == 1 and limit.condition in {Condition.SHARE, Condition.COMMERCIAL}
    return whole or (limit.condition is Condition.SIMILARITY and limit.number == 1 and limit.window is None)


def _together(one: Limit, other: Limit) -> str:
    """Whether `one` can never bind because `other` is stricter, or both are one."""
    if one.condition is not other.condition or not _covers(other, one):
        return ""
    if _same_terms(one, other):
        return _of_two_alike(one, other) if one.name < other.name else ""
    milder = _STRICTNESS[other.action] < _STRICTNESS[one.action]
    # First to ask and later to refuse is a ladder: a manager may let more pass, and the next step is reached.
    if milder or not _at_least_as_strict(other, one):
        return ""
    return f"“{one.name}” can never bind, for “{other.name}” is stricter."


def _of_two_alike(one: Limit, other: Limit) -> str:
    if one.action is other.action:
        return f"“{one.name}” and “{other.name}” say the same."
    return f"“{one.name}” contradicts “{other.name}”: the same replies, one would {one.action}, one {other.action}."


def _covers(wide: Limit, narrow: Limit) -> bool:
    """Whether everything that `narrow` is about, `wide` is about as well, with no exception of its own."""
    same_scope = wide.scope is narrow.scope
    lasts = wide.until is None or (narrow.until is not None and narrow.until <= wide.until)
    return same_scope and lasts and wide.unless <= narrow.unless and _within(narrow.where, wide.where)


def _within(narrow: Selector, wide: Selector) -> bool:
    names = ("platforms", "venues", "kinds", "urgencies", "identities", "authors")
    pairs = [(getattr(narrow, name), getattr(wide, name)) for name in names]
    return all(not outer or (inner and inner <= outer) for inner, outer in pairs)


def _same_terms(one: Limit, other: Limit) -> bool:
    return (one.number, one.window, one.where, one.unless, one.quiet_from, one.quiet_to, one.at_least, one.until) == (
        other.number, other.window, other.where, other.unless, other.quiet_from, other.quiet_to, other.at_least,
        other.until,
    )  # fmt: skip


def _at_least_as_strict(one: Limit, other: Limit) -> bool:
    """Whether `one` refuses whatever `other` refuses."""
    match one.condition:
        case Condition.COUNT | Condition.EMPLOYEES | Condition.COMMERCIAL | Condition.SIMILARITY:
            return one.number <= other.number and _window_covers(one, other)
        case Condition.SHARE:
            return one.number <= other.number and one.at_least <= other.at_least
        case Condition.GAP:
            return _window_covers(one, other)
        case Condition.QUIET_HOURS:
            return False
        case Condition.LAST_WORD:
            return True


def _window_covers(one: Limit, other: Limit) -> bool:
    return one.window is None or (other.window is not None and other.window <= one.window)
