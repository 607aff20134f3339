"""Whether a number is an age: "aged 16", "must be at least 18", "children under 12", "16 years old"."""

from collections.abc import Sequence

from guidelines.claims.lexicon import group
from guidelines.claims.text import Token

_OLDEST = 120
_AFTER = group("ages after")
_AROUND = group("ages around")
_PERSONS = group("ages persons")
_BEING = frozenset({"be", "turn", "turned", "been"})
_DEMANDS = frozenset({"must", "have", "has", "need", "needs", "should", "gotta", "got", "required"})


def states_age(tokens: Sequence[Token], first: int, last: int, value: float) -> bool:
    """Whether a bare number between two tokens is the age of a person."""
    before = [tokens[at].text for at in range(first - 1, max(first - 8, -1), -1)]
    if before[:1] == ["aged"] or before[:2] == ["of", "age"] or before[:2] in (["age", "from"], ["age", "to"]):
        return True
    if value > _OLDEST or not _ends_there(tokens, last + 1):
        return False
    while before and before[0] in _AROUND:
        before.pop(0)
    if before and before[0] in _BEING:
        return bool(set(before[1:5]) & _DEMANDS)
    return bool(set(before[:1]) & _PERSONS)


def is_of_person(tokens: Sequence[Token], first: int) -> bool:
    """Whether years are those of "children from 8 years"."""
    joined = first > 0 and tokens[first - 1].text in ("from", "over", "under")
    return joined and any(token.text in _PERSONS for token in tokens[max(0, first - 4) : first - 1])


def is_old(tokens: Sequence[Token], at: int) -> bool:
    """Whether "old", "or older" or "of age" stands at a token."""
    words = [token.text for token in tokens[at : at + 2]]
    return words[:1] in (["old"], ["olds"]) or words in (["or", "older"], ["and", "older"], ["of", "age"])


def _ends_there(tokens: Sequence[Token], at: int) -> bool:
    """Whether no noun follows that the number would count: "under 12s", "be 18 to join"."""
    if at >= len(tokens) or not tokens[at].text.isalpha():
        return True
    return tokens[at].text in _AFTER and (tokens[at].text != "s" or tokens[at].attached)
