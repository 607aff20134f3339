"""Who or what fills a slot: "owned by …", "CEO …", "founded by …", "based in …", "made in …"."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from guidelines.claims.lexicon import entries, group, stem, stop_words
from guidelines.claims.text import Token

_FILLED_BY_NAME_ONLY = frozenset({"boss", "founder", "where"})
_SKIPPED = group("slots skipped")
_OFFICES, _RANKS = group("slots titles of office"), group("slots ranks")
_TITLES = group("slots titles")
_ABUSE = group("slots abuse")
_HOLDING = frozenset({"is", "was", "as", ",", "been", "become", "became", "remains"})
_LONGEST = 4
_FAR = 7


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot, the stems of the words that fill it, and their tokens."""

    kind: str
    filler: frozenset[str]
    first: int
    last: int


def slots_of(tokens: Sequence[Token], names: frozenset[int]) -> tuple[Slot, ...]:
    """All filled slots of a clause; the entity's own name never fills one."""
    found: list[Slot] = []
    for at in range(len(tokens)):
        found += _fillers(tokens, names, at)
    return tuple(found)


_Index = dict[str, list[tuple[str, tuple[str, ...]]]]


@cache
def _phrases(side: str) -> _Index:
    """The phrases of one side by their first word, the longest first."""
    index: _Index = {}
    for key, rest in entries("slots"):
        where, _, kind = key.partition(" ")
        for parts in (tuple(phrase.split()) for phrase in rest.split(",") if where == side):
            index.setdefault(parts[0], []).append((kind, parts))
    for options in index.values():
        options.sort(key=lambda option: -len(option[1]))
    return index


def _fillers(tokens: Sequence[Token], names: frozenset[int], at: int) -> list[Slot]:
    found = []
    for kind, parts in _phrases("after").get(tokens[at].text, ()):
        if end := _end(tokens, at, parts):
            found.append(_after(tokens, names, kind, end, strict=parts[-1] in ("by", "to", "in", "of")))
            break
    for kind, parts in _phrases("before").get(tokens[at].text, ()):
        if _end(tokens, at, parts):
            found.append(_before(tokens, names, kind, at))
            break
    if tokens[at].text in ("brand", "subsidiary") and at > 1 and tokens[at - 2].text == "another":
        known = at - 1 in names or not tokens[at - 1].capital
        found.append(None if known else _slot(tokens, "owner", at - 1, at))
    if tokens[at].text in _OFFICES:
        found += _office(tokens, names, at)
    return [slot for slot in found if slot is not None]


def _office(tokens: Sequence[Token], names: frozenset[int], at: int) -> list[Slot | None]:
    """Who holds an office: "the creative director of … is NAME", "NAME is creative director of …"."""
    first = at - 1 if at and tokens[at - 1].text in _RANKS else at
    kind = "office " + " ".join(token.text for token in tokens[first : at + 1])
    verb = first - 1
    while verb > 0 and tokens[verb].text in ("the", "a", "our", "new", "its", "their"):
        verb -= 1
    if verb > 0 and tokens[verb].text in _HOLDING:
        verb -= tokens[verb].text in ("been", "become") and tokens[verb - 1].text in ("has", "have", "had")
        start = verb
        while start > 0 and tokens[start - 1].capital and _fills(tokens[start - 1], names, start - 1):
            start -= 1
        if start < verb:
            return [_slot(tokens, kind, start, verb)]
    return [
        slot for slot in (_after(tokens, names, kind, at + 1, strict=False),) if slot and tokens[slot.first].capital
    ]


def _end(tokens: Sequence[Token], at: int, parts: tuple[str, ...]) -> int:
    """The place behind a phrase, a date inside it passed over ("founded in 2011 by"); 0 when it is absent."""
    here = at
    for number, part in enumerate(parts):
        if part == "by" and number:
            here = _past_date(tokens, here)
        if here >= len(tokens) or tokens[here].text != part or (number and tokens[here].hyphenated):
            return 0
        here += 1
    return here


def _past_date(tokens: Sequence[Token], at: int) -> int:
    if at < len(tokens) and tokens[at].text in ("in", "on", "back"):
        for end in range(at + 2, min(len(tokens), at + 7)):
            if tokens[end].text == "by":
                return end
    return at


def _after(tokens: Sequence[Token], names: frozenset[int], kind: str, at: int, *, strict: bool) -> Slot | None:
    while at < len(tokens) and (tokens[at].text in _SKIPPED or at in names or tokens[at].text == "'s"):
        at += 1
    at = _called(tokens, at)
    end = at
    while end < len(tokens) and end - at < _LONGEST and _fills(tokens[end], names, end):
        end += 1
    if end == at:
        return None
    if (
        end < len(tokens) - 1
        and tokens[end].text in ("and", "&", "or")
        and tokens[end + 1].capital
        and _fills(tokens[end + 1], names, end + 1)
    ):
        end = _through_names(tokens, names, end + 1)
    by_name = any(tokens[index].capital for index in range(at, end))
    if kind in _FILLED_BY_NAME_ONLY and not by_name and (not strict or kind == "where"):
        return None
    if by_name:
        end = _end_of_name(tokens, at, end)
    return _slot(tokens, kind, at, end)


def _called(tokens: Sequence[Token], at: int) -> int:
    """The place of the name in "a former mechanic called Joost Abelink", or of what stands there otherwise."""
    for here in range(at, min(len(tokens) - 1, at + _FAR)):
        if tokens[here].text in ("called", "named") and tokens[here + 1].capital:
            return here + 1
        if tokens[here].kind != "word":
            break
    return at


def _through_names(tokens: Sequence[Token], names: frozenset[int], at: int) -> int:
    """The end of a second name, for "founded by Leila Haddad and Jonas Wirth"."""
    while at < len(tokens) and tokens[at].capital and _fills(tokens[at], names, at):
        at += 1
    return at


def _end_of_name(tokens: Sequence[Token], at: int, end: int) -> int:
    while at < end and not tokens[end - 1].capital:
        end -= 1
    return end


def _before(tokens: Sequence[Token], names: frozenset[int], kind: str, at: int) -> Slot | None:
    """A name that stands right before its verb, with our own name behind it."""
    if not any(index in names for index in range(at, min(len(tokens), at + 6))):
        return None
    start = at
    while (
        start > 0
        and tokens[start - 1].capital
        and start - 1 not in names
        and _fills(tokens[start - 1], names, start - 1)
    ):
        start -= 1
    return _slot(tokens, kind, start, at) if start < at else None


def _fills(token: Token, names: frozenset[int], at: int) -> bool:
    return (
        token.kind == "word"
        and at not in names
        and stem(token.text) not in stop_words()
        and token.text not in stop_words()
    )


def _slot(tokens: Sequence[Token], kind: str, first: int, end: int) -> Slot | None:
    filler = frozenset(stem(tokens[at].text) for at in range(first, end))
    filler = filler - _TITLES or filler
    if not filler or {tokens[at].text for at in range(first, end)} & _ABUSE:
        return None
    return Slot(kind, filler, first, end - 1)
