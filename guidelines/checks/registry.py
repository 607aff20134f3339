"""All kinds of check by the key that a pack uses. To add one, write its module and name it here."""

from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final

from guidelines.checks import (
    admission,
    bashing,
    canned,
    confidential,
    disclosure,
    facts_consistent,
    hard_sell,
    language,
    limits,
    links,
    pattern,
    phrases,
    pii,
    promise,
    similarity,
    tone,
)
from guidelines.checks.contract import Check, Kind

_MODULES: Final = (
    phrases,
    pattern,
    disclosure,
    hard_sell,
    tone,
    promise,
    pii,
    bashing,
    confidential,
    admission,
    canned,
    language,
    limits,
    links,
    similarity,
    facts_consistent,
)
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {kind.name: kind for kind in chain.from_iterable(module.kinds() for module in _MODULES)}
)


def own_words(kind: str) -> Check:
    """Return a check of this kind as it is without options, by its words alone."""
    found = KINDS[kind]
    return found.build(found.options.model_validate({}), {})
