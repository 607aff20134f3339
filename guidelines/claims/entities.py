"""Which of the known companies and products a text speaks of, and which words are part of their names."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from guidelines.claims.lexicon import group
from guidelines.claims.text import Token, fold, tokens_of

_CONTRAST = group("entities contrast")
_CONTRAST_PAIRS = frozenset(
    {
        ("compared", "to"),
        ("compared", "with"),
        ("instead", "of"),
        ("switched", "from"),
        ("moved", "from"),
        ("away", "from"),
    }
    | {
        ("alternative", "to"),
        ("rival", "of"),
        ("competitor", "of"),
        ("left", "for"),
        ("not", "like"),
        ("opposed", "to"),
    }
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text: its tokens, the entities it may mean, and whether it only serves as a contrast.

    `name` is the name that was found, as it is known; `shared` says that it is a short
    name of several entities and the full name of none.
    """

    first: int
    last: int
    entities: frozenset[str]
    contrast: bool
    name: tuple[str, ...] = ()
    shared: bool = False


def narrowed(mentions: Sequence[Mention], beside: Sequence[Mention] = ()) -> list[Mention]:
    """A name that several entities share means the one whose longer name holds it and stands here, or else `beside`."""
    return [_narrowed(each, mentions, beside) if each.shared else each for each in mentions]


def _narrowed(mention: Mention, here: Sequence[Mention], beside: Sequence[Mention]) -> Mention:
    longer = _longer(mention, here) or _longer(mention, beside)
    return replace(mention, entities=mention.entities & longer or mention.entities)


def _longer(mention: Mention, others: Sequence[Mention]) -> frozenset[str]:
    longer = [each for each in others if not each.contrast and _holds(each.name, mention.name)]
    return frozenset().union(*(each.entities for each in longer))


def _holds(name: tuple[str, ...], part: tuple[str, ...]) -> bool:
    size = len(part)
    return len(name) > size and any(name[at : at + size] == part for at in range(len(name) - size + 1))


def name_parts(name: str) -> tuple[str, ...]:
    """A name as the tokens that would spell it."""
    return tuple(
        token.text.removesuffix("'s") for token in tokens_of(fold(name.lstrip("@#"))) if token.kind != "symbol"
    )


class EntityIndex:
    """Finds names, their hashtags and their slips of spelling."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._joined: dict[str, set[str]] = {}
        self._own: dict[tuple[str, ...], set[str]] = {}
        self._full: dict[tuple[str, ...], str] = {}
        self._generic: set[tuple[str, ...]] = set()
        for name, entity in names:
            self._add(name, entity)
        for options in self._by_first.values():
            options.sort(key=lambda option: -len(option[0]))
        self._slips = _slips(word for word in self._joined if len(word) >= 6)

    def _add(self, name: str, entity: str) -> None:
        parts = name_parts(name)
        if not parts or entity in self._own.get(parts, ()):
            return
        self._by_first.setdefault(parts[0], []).append((parts, entity))
        self._joined.setdefault("".join(parts), set()).add(entity)
        self._own.setdefault(parts, set()).add(entity)
        if name == entity:
            self._full[parts] = entity
        if parts[0] in ("the", "a", "our") and len(parts) == 2:
            self._generic.add(parts)

    def mentions(self, tokens: Sequence[Token]) -> list[Mention]:
        """All names in the tokens, longest first at each place."""
        found: list[Mention] = []
        at = 0
        while at < len(tokens):
            length, entities, name = self._at(tokens, at)
            if entities:
                shared = len(self._own.get(name, ())) > 1 and name not in self._full
                found.append(Mention(at, at + length - 1, entities, _is_contrast(tokens, at), name, shared))
            at += max(length, 1)
        return found

    def _at(self, tokens: Sequence[Token], at: int) -> tuple[int, frozenset[str], tuple[str, ...]]:
        if tokens[at].kind == "symbol":
            return 1, frozenset(), ()
        word = tokens[at].text.removesuffix("'s")
        no_name = len(word) == 1 and not _is_letter_name(tokens, at)
        counted = at > 0 and tokens[at - 1].kind == "number"
        for parts, _ in self._by_first.get(word, ()):
            if (counted and len(parts) > 1 and parts[:1] in self._own) or (no_name and len(parts) == 1):
                continue
            length = _match(tokens, at, parts)
            if length and not (parts in self._generic and not tokens[at + length - 1].capital):
                return length, self._entities(parts), parts
        if no_name:
            return 1, frozenset(), ()
        one = word.removesuffix("s") if len(word) > 2 else word
        joined = self._joined.get(word) or self._joined.get(one) or self._slip(word)
        return 1, frozenset(joined or ()), (word,)

    def _slip(self, word: str) -> set[str] | None:
        if len(word) < 6 or not word.isalpha():
            return None
        known = self._slips.get(word)
        if known is None:
            shorter = (word[:at] + word[at + 1 :] for at in range(1, min(len(word), 30)))
            known = next((less for less in shorter if less in self._joined and len(less) >= 6), None)
        return self._joined.get(known) if known else None

    def _entities(self, parts: tuple[str, ...]) -> frozenset[str]:
        """The entities of a name, and those whose name is a part of it: a product's company."""
        found = set(self._own[parts])
        for start in range(len(parts)):
            for end in range(start + 1, len(parts) + 1):
                if end - start < len(parts):
                    found |= self._wholes(parts[start:end], self._own[parts])
        return frozenset(found)

    def _wholes(self, part: tuple[str, ...], own: set[str]) -> set[str]:
        """Whose name a part of a longer name is: who only shares that name with the longer one's is another company."""
        bearers, full = self._own.get(part, set()), self._full.get(part)
        if bearers.isdisjoint(own) or full in own:
            return bearers
        return bearers & {full}


def _is_letter_name(tokens: Sequence[Token], at: int) -> bool:
    """Whether one letter stands there as a name does, which "x" in "2 x 3" does not."""
    return tokens[at].kind != "word" or tokens[at].capital or (at > 0 and tokens[at - 1].text in ("@", "#"))


def _match(tokens: Sequence[Token], at: int, parts: tuple[str, ...]) -> int:
    """How many tokens spell the name from here, signs such as "&" inside it passed over; 0 for none."""
    here = at
    for number, part in enumerate(parts):
        while number and here < len(tokens) and tokens[here].kind == "symbol" and tokens[here].text in "&'.-+":
            here += 1
        if here >= len(tokens) or not _spells(tokens[here].text, part, last=number == len(parts) - 1):
            return 0
        here += 1
    return here - at


def _spells(text: str, part: str, *, last: bool) -> bool:
    plain = text.removesuffix("'s")
    return plain == part or (last and len(part) > 3 and plain in (part + "s", part.removesuffix("s")))


def _slips(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in names:
        for at in range(1, len(name)):
            found.setdefault(name[:at] + name[at + 1 :], name)
            found.setdefault(name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :], name)
    return found


def _is_contrast(tokens: Sequence[Token], at: int) -> bool:
    before = [
        token.text for token in tokens[max(0, at - 3) : at] if token.text not in ("the", "@", "#", "a", "my", '"')
    ]
    return bool(before) and (before[-1] in _CONTRAST or tuple(before[-2:]) in _CONTRAST_PAIRS)
