"""Limits in a file: a mapping from names to sentences or terms, laid over the limits that are in force."""

from collections.abc import Sequence
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.errors import ChorusError
from bot.throttle.editing import read
from guidelines.throttle import Limit, parse_terms, sentence


def laid_over(written: str, today: Sequence[Limit]) -> tuple[Limit, ...]:
    """Return today's limits as a file changes them: a name replaces or adds a limit, `name: off` takes it away."""
    changes = _mapping(written)
    limits = {limit.name: limit for limit in today}
    for name, value in changes.items():
        present = limits.get(name)
        if present is not None and present.is_fixed:
            raise ChorusError(f"“{name}” is the platform's own rule. Nobody can change it here.")
        if value in (None, False, "off"):
            limits.pop(name, None)
        else:
            limits[name] = read(name, value)
    return tuple(limits.values())


def written(limits: Sequence[Limit]) -> str:
    """Write limits as such a file; the platforms' own rules stay out, for nobody can change them."""
    said = {limit.name: _said(limit) for limit in limits if not limit.is_fixed}
    page = StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.dump(said, page)
    return page.getvalue()


def _said(limit: Limit) -> object:
    """As one sentence where it says all."""
    spoken = sentence(limit)
    if parse_terms(limit.name, {"sentence": spoken}) == limit:
        return spoken
    return {"sentence": spoken, "reason": limit.reason}


def _mapping(page: str) -> dict[str, Any]:
    try:
        found = YAML(typ="safe").load(page)
    except YAMLError as error:
        raise ChorusError(f"The limits are not readable YAML: {error}") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ChorusError("A file of limits maps names to sentences. Example: few: At most 3 replies in a thread")
    return {str(name): value for name, value in found.items()}
