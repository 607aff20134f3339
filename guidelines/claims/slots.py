"""Who or what fills a slot: "owned by …", "CEO …", "founded by …", "based in …", "made in …"."""

from collections.abc import Sequence
from dataclasses import dataclass

from guidelines.claims.lexicon import group, stem, stop_words
from guidelines.claims.text import Token

_AFTER: tuple[tuple[str, str], ...] = (
    ("owner", "owned by"),
    ("owner", "owned and operated by"),
    ("owner", "belongs to"),
    ("owner", "belong to"),
    ("owner", "belonging to"),
    ("owner", "bought by"),
    ("owner", "bought out by"),
    ("owner", "acquired by"),
    ("owner", "purchased by"),
    ("owner", "taken over by"),
    ("owner", "swallowed by"),
    ("owner", "gobbled up by"),
    ("owner", "snapped up by"),
    ("owner", "controlled by"),
    ("owner", "subsidiary of"),
    ("owner", "division of"),
    ("owner", "arm of"),
    ("owner", "sold to"),
    ("owner", "sold itself to"),
    ("owner", "sold out to"),
    ("owner", "part of the"),
    ("owner", "part of"),
    ("owner", "parent company is"),
    ("owner", "parent company"),
    ("owner", "owner is"),
    ("owner", "owners are"),
    ("owner", "hands of"),
    ("founder", "founded by"),
    ("founder", "cofounded by"),
    ("founder", "co founded by"),
    ("founder", "started by"),
    ("founder", "created by"),
    ("founder", "established by"),
    ("founder", "launched by"),
    ("founder", "set up by"),
    ("founder", "founder is"),
    ("founder", "founder was"),
    ("founder", "founders are"),
    ("founder", "founders were"),
    ("founder", "founder"),
    ("founder", "brainchild of"),
    ("boss", "ceo is"),
    ("boss", "ceo"),
    ("boss", "chief executive is"),
    ("boss", "chief executive officer is"),
    ("boss", "chief executive"),
    ("boss", "boss is"),
    ("boss", "boss"),
    ("boss", "headed by"),
    ("boss", "led by"),
    ("boss", "run by"),
    ("boss", "managed by"),
    ("boss", "managing director is"),
    ("boss", "managing director"),
    ("base", "based in"),
    ("base", "based out of"),
    ("base", "headquartered in"),
    ("base", "headquartered at"),
    ("base", "headquarters in"),
    ("base", "headquarters are in"),
    ("base", "headquarters is in"),
    ("base", "hq in"),
    ("base", "hq is in"),
    ("base", "hq is"),
    ("base", "head office in"),
    ("base", "head office is in"),
    ("base", "located in"),
    ("base", "home base is"),
    ("base", "operates out of"),
    ("origin", "made in"),
    ("origin", "manufactured in"),
    ("origin", "produced in"),
    ("origin", "built in"),
    ("origin", "assembled in"),
    ("origin", "grown in"),
    ("origin", "brewed in"),
    ("origin", "roasted in"),
    ("origin", "baked in"),
    ("origin", "come from"),
    ("origin", "comes from"),
    ("origin", "sourced from"),
    ("origin", "sourced in"),
    ("origin", "imported from"),
    ("origin", "bottled in"),
    ("origin", "caught in"),
    ("origin", "harvested in"),
    ("origin", "farmed in"),
    ("origin", "sewn in"),
    ("origin", "printed in"),
    ("origin", "crafted in"),
    ("maker", "made by"),
    ("maker", "manufactured by"),
    ("maker", "developed by"),
    ("maker", "built by"),
    ("maker", "produced by"),
    ("maker", "designed by"),
    ("composer", "composed by"),
    ("writer", "written by"),
    ("regulator", "regulated by"),
    ("regulator", "licensed by"),
    ("regulator", "authorised by"),
    ("certifier", "certified by"),
    ("certifier", "audited by"),
    ("sponsor", "sponsored by"),
    ("insurer", "underwritten by"),
    ("publisher", "published by"),
    ("distributor", "distributed by"),
    ("engine", "powered by"),
    ("engine", "runs on"),
    ("engine", "built on"),
    ("engine", "built with"),
    ("code", "written in"),
    ("namesake", "named after"),
    ("partner", "alliance with"),
)
_BEFORE: tuple[tuple[str, str], ...] = (
    ("owner", "owns"),
    ("owner", "bought"),
    ("owner", "acquired"),
    ("owner", "took over"),
    ("owner", "purchased"),
    ("founder", "founded"),
    ("founder", "started"),
    ("founder", "created"),
    ("founder", "cofounded"),
    ("founder", "is the founder of"),
    ("founder", "is founder of"),
    ("boss", "runs"),
    ("boss", "leads"),
    ("boss", "heads"),
    ("boss", "is the ceo"),
    ("boss", "is ceo"),
    ("boss", "is the boss"),
    ("boss", "is their ceo"),
    ("boss", "is the chief executive"),
    ("composer", "composed"),
    ("writer", "wrote"),
    ("maker", "makes"),
)
_PLACED = frozenset({"base", "origin"})
_FILLED_BY_NAME_ONLY = frozenset({"boss", "founder"})
_SKIPPED = group("slots skipped")
_ABUSE = group("slots abuse")
_LONGEST = 4


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


def _split(table: tuple[tuple[str, str], ...]) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    index: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for kind, phrase in table:
        parts = tuple(phrase.split())
        index.setdefault(parts[0], []).append((kind, parts))
    for options in index.values():
        options.sort(key=lambda option: -len(option[1]))
    return index


_AFTER_INDEX, _BEFORE_INDEX = _split(_AFTER), _split(_BEFORE)


def _fillers(tokens: Sequence[Token], names: frozenset[int], at: int) -> list[Slot]:
    found = []
    for kind, parts in _AFTER_INDEX.get(tokens[at].text, ()):
        if end := _end(tokens, at, parts):
            found.append(_after(tokens, names, kind, end, strict=parts[-1] in ("by", "to", "in", "of")))
            break
    for kind, parts in _BEFORE_INDEX.get(tokens[at].text, ()):
        if _end(tokens, at, parts):
            found.append(_before(tokens, names, kind, at))
            break
    return [slot for slot in found if slot is not None]


def _end(tokens: Sequence[Token], at: int, parts: tuple[str, ...]) -> int:
    """The place behind a phrase, a date inside it passed over ("founded in 2011 by"); 0 when it is absent."""
    here = at
    for number, part in enumerate(parts):
        if part == "by" and number:
            here = _past_date(tokens, here)
        if here >= len(tokens) or tokens[here].text != part:
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
    end = at
    while end < len(tokens) and end - at < _LONGEST and _fills(tokens[end], names, end):
        end += 1
    if end == at:
        return None
    by_name = any(tokens[index].capital for index in range(at, end))
    if kind in _FILLED_BY_NAME_ONLY and not by_name and not strict:
        return None
    if by_name:
        end = _end_of_name(tokens, at, end)
    return _slot(tokens, kind, at, end)


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
    if not filler or {tokens[at].text for at in range(first, end)} & _ABUSE:
        return None
    return Slot(kind, filler, first, end - 1)
