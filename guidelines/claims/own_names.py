"""Names that stand in facts and nowhere else: a post may speak of "the Thornback" and never name its park."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from guidelines.claims.record import Fact

_CAPITAL = re.compile(r"(?<=[^\W_] )[A-Z][^\W\d_]{4,}")
"""A word with a capital inside a sentence."""

_WORD = re.compile(r"[^\W\d_]{5,}")


def own_names(facts: Sequence[Fact]) -> Mapping[str, str]:
    """Which entity each such word belongs to, in small letters; words of several entities are nobody's.

    A word that the trained reader knows as a whole (Portugal, Android, Bluetooth) is not the company's own.
    """
    # Loaded when the first post needs it: a bot that rests stays small.
    from guidelines.transformer import pieces

    found: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        for word in _CAPITAL.findall(fact.statement):
            found[word.lower()].add(fact.entity)
    return {word: min(owners) for word, owners in found.items() if len(owners) == 1 and not pieces().knows(word)}


def owners(text: str, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the entities whose own names a text uses."""
    for word in _WORD.findall(text.lower()):
        if word in names:
            yield names[word]
