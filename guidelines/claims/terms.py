"""What a clause says: its meaningful words with their signs, its quantities, its closed-set values and its slots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from guidelines.claims import polarity
from guidelines.claims.lexicon import meanings, root, stem, stop_words, weak_words
from guidelines.claims.numbers import number_at
from guidelines.claims.quantities import Quantity, quantities_of
from guidelines.claims.slots import Slot, slots_of
from guidelines.claims.text import Token, is_network
from guidelines.claims.values import Value, expand_days, values_of

WEAK = 0.15
_SHORTEST_ROOT = 5
_BEFORE_DOWN = frozenset({"no", "animal", "goose", "duck", "any", "feather", "contain", "contains", "of"})
_PARTICLES = frozenset({"out", "off", "up", "back", "down", "away"})
_SPLITTING = frozenset({"and", "but", "or", "to", "that", "which", "because", "is", "are", "for", "with", "of", "on"})
_ARTICLES = frozenset({"a", "an", "the", "my", "this", "that", "another"})
_NO_EXTRA = frozenset({"included", "inclusive"})
HALF = 0.4
_PERIODS = {3600: "hour", 86400: "day", 604800: "week", 2629800: "month", 31557600: "year"}


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase. `keys` are the meanings it may have, each with its pole; `sign` is -1 when negated."""

    keys: dict[str, int]
    first: int
    last: int
    sign: int
    weight: float
    text: str = ""

    def relation(self, other: "Term") -> int:
        """+1 when both say the same, -1 when they say opposite things, 0 when they are unrelated."""
        shared = [key for key in self.keys if key in other.keys]
        if not shared:
            return 0
        decisive = [key for key in shared if key.startswith("±")] or shared
        return max(self.keys[key] * self.sign * other.keys[key] * other.sign for key in decisive)


@dataclass(frozen=True, slots=True)
class Reading:
    """A clause or a statement, read."""

    tokens: Sequence[Token]
    terms: tuple[Term, ...]
    quantities: tuple[Quantity, ...]
    values: tuple[Value, ...]
    slots: tuple[Slot, ...]
    scope: polarity.Scope
    names: frozenset[int] = field(default=frozenset())
    """The tokens that are part of the entity's own name."""

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The place of some tokens in the original text."""
        return self.tokens[first].start, self.tokens[last].end

    def nouns_of(self, quantity: Quantity) -> tuple[Term, ...]:
        """What a plain count counts: the words just behind it, or the word just before "of"."""
        behind = [term for term in self.terms if quantity.last < term.first <= quantity.last + 3]
        stop = next(
            (at for at in range(quantity.last + 1, len(self.tokens)) if self.tokens[at].kind == "symbol"), 10**6
        )
        behind = [term for term in behind if term.first < stop]
        if quantity.first and self.tokens[quantity.first - 1].text in ("of", ":"):
            behind += [term for term in self.terms if quantity.first - 3 <= term.last < quantity.first]
        return tuple(behind)


def read(tokens: Sequence[Token], names: frozenset[int], known: "Spelling | None" = None) -> Reading:
    """Read the tokens of one clause; `names` are the places of the entity's own name, which say nothing."""
    parts = tuple(stem(token.text) if token.kind == "word" else token.text for token in tokens)
    if known is not None:
        parts = tuple(known.correct(part) for part in parts)
    quantities = tuple(each for each in quantities_of(tokens) if not set(range(each.first, each.last + 1)) <= names)
    phrases = _phrases(tokens, parts, names)
    quantities = tuple(each for each in quantities if not _part_of_phrase(each, phrases))
    scope = polarity.scope_of(tokens, [(first, last) for first, last, _ in phrases if last > first], quantities)
    taken = {at for quantity in quantities for at in range(quantity.first, quantity.last + 1)} | names
    terms = [term for term in _terms(parts, phrases, scope, taken, tokens) if term is not None]
    prices = [each for each in quantities if each.dimension == "money" and not _is_sum(tokens, each)]
    terms += [_price(quantity, scope) for quantity in prices]
    terms += [_need(at, scope) for at in scope.needs]
    terms += [_period(quantity, scope) for quantity in quantities if quantity.period]
    values = tuple(expand_days(values_of(tokens), tokens))
    values = tuple(value for value in values if not names & set(range(value.first, value.last + 1)))
    ordered = tuple(sorted(terms, key=lambda term: term.first))
    return Reading(tokens, ordered, quantities, values, slots_of(tokens, names), scope, names)


def _is_number(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and number_at(tokens, at) is not None


def _is_sum(tokens: Sequence[Token], amount: Quantity) -> bool:
    """Whether money is the size of a thing and not what it costs: "a £500 withdrawal"."""
    before = tokens[amount.first - 1].text if amount.first else ""
    behind = tokens[amount.last + 1] if amount.last + 1 < len(tokens) else None
    if before not in _ARTICLES or behind is None:
        return False
    return behind.kind == "word" and stem(behind.text) not in stop_words()


def _part_of_phrase(quantity: Quantity, phrases: list[tuple[int, int, dict[str, int]]]) -> bool:
    """Whether a number belongs to a set phrase, such as "two-factor"."""
    inside = any(first <= quantity.first and quantity.last < last for first, last, _ in phrases)
    return quantity.dimension == "count" and inside


def _phrases(
    tokens: Sequence[Token], parts: Sequence[str], names: frozenset[int]
) -> list[tuple[int, int, dict[str, int]]]:
    found = []
    kept = [at for at in range(len(tokens)) if at not in names]
    words = [parts[at] for at in kept]
    number = 0
    while number < len(kept):
        at = kept[number]
        if tokens[at].kind == "symbol":
            number += 1
            continue
        length, meaning = meanings().at(words, number)
        if length == 2 and tuple(words[number : number + 2]) == ("up", "to") and not _is_number(tokens, at + 2):
            length, meaning = 1, {}
        if length <= 2 and (split := _split_verb(tokens, parts, kept, number + length - 1)):
            length, meaning = 1, split
        found.append((at, kept[number + length - 1], meaning))
        number += length
    return found


def _split_verb(
    tokens: Sequence[Token], parts: Sequence[str], kept: Sequence[int], number: int
) -> dict[str, int] | None:
    """What a verb means with its particle behind the object: "take the battery out"."""
    known = {rest[1]: meaning for rest, meaning in meanings().by_first.get(parts[kept[number]], ()) if len(rest) == 2}
    for behind in kept[number + 2 : number + 5]:
        if tokens[behind].kind == "symbol" or tokens[behind].text in _SPLITTING:
            return None
        if tokens[behind].text in _PARTICLES and parts[behind] in known:
            return known[parts[behind]]
    return None


def _terms(
    parts: Sequence[str],
    phrases: list[tuple[int, int, dict[str, int]]],
    scope: polarity.Scope,
    taken: set[int] | frozenset[int],
    tokens: Sequence[Token],
) -> list[Term | None]:
    return [
        _term(parts, first, last, meaning, scope, tokens)
        for first, last, meaning in phrases
        if not taken >= set(range(first, last + 1))
    ]


def _term(
    parts: Sequence[str], first: int, last: int, meaning: dict[str, int], scope: polarity.Scope, tokens: Sequence[Token]
) -> Term | None:
    alone = first == last
    noun = alone and first > 0 and tokens[first].text == "down" and tokens[first - 1].text in _BEFORE_DOWN
    if (
        alone
        and not noun
        and (not meaning and (parts[first] in stop_words() or polarity.is_negator(tokens[first].text)))
    ):
        return None
    if alone and tokens[first].kind in ("number", "special") and not is_network(tokens[first].text):
        return None
    if alone and first in scope.negators:
        return None
    keys = (
        _keys_of_word(parts, first, meaning, tokens)
        if alone or not meaning
        else _keys_of_phrase(parts[first : last + 1], tokens[first : last + 1], meaning)
    )
    weak = alone and parts[first] in weak_words()
    light = HALF if any(key.startswith("±") for key in keys) else WEAK
    text = " ".join(token.text for token in tokens[first : last + 1])
    return Term(keys, first, last, scope.sign(first, last), light if weak else 1.0, text)


def _keys_of_word(parts: Sequence[str], at: int, meaning: dict[str, int], tokens: Sequence[Token]) -> dict[str, int]:
    keys = dict(meaning)
    keys[parts[at]] = next((pole for key, pole in keys.items() if key.startswith("±")), 1)
    for other in _other_forms(parts, at, tokens):
        keys.setdefault(other, keys[parts[at]])
    if tokens[at].text in _NO_EXTRA:
        keys["±pay"] = -1
    return keys


def _keys_of_phrase(parts: Sequence[str], tokens: Sequence[Token], meaning: dict[str, int]) -> dict[str, int]:
    keys = dict(meaning)
    keys[" ".join(parts)] = next(iter(keys.values()))
    for part in _parts_of(parts, tokens, meaning):
        if part not in stop_words() and part not in weak_words() and len(part) > 2:
            keys.setdefault(part, next(iter(keys.values())))
    return keys


def _other_forms(parts: Sequence[str], at: int, tokens: Sequence[Token]) -> Iterator[str]:
    """The root of a word, and what it makes when a hyphen that joins it to the word before is left out: "e-bikes"."""
    if tokens[at].kind != "word":
        return
    if len(parts[at]) >= _SHORTEST_ROOT:
        yield root(parts[at]) or f"√{parts[at]}"
    if tokens[at].hyphenated and at and tokens[at - 1].kind == "word":
        yield stem(tokens[at - 1].text + tokens[at].text)
    if at + 1 < len(tokens) and tokens[at + 1].hyphenated and tokens[at + 1].kind == "word":
        yield stem(tokens[at].text + tokens[at + 1].text)


def _parts_of(parts: Sequence[str], tokens: Sequence[Token], meaning: dict[str, int]) -> Sequence[str]:
    """The words of a phrase that stand for themselves as well: none where the phrase turns them round."""
    turned = (
        "~remember" in meaning
        or any(pole < 0 for pole in meaning.values())
        or any(polarity.is_negator(token.text) for token in tokens)
    )
    return () if turned else parts


def _price(quantity: Quantity, scope: polarity.Scope) -> Term:
    return Term(
        {"±pay": 1 if quantity.value else -1}, quantity.first, quantity.last, scope.sign_of(quantity.first), 0.5
    )


def _need(at: int, scope: polarity.Scope) -> Term:
    return Term({"±mandatory": 1}, at, at, scope.sign_of(at), 1.0, "without")


def _period(quantity: Quantity, scope: polarity.Scope) -> Term:
    name = _PERIODS.get(round(quantity.period or 0), "period")
    return Term({name: 1}, quantity.last, quantity.last, scope.sign_of(quantity.last), 0.5)


class Spelling:
    """Words that facts use, found again when a letter is missing, doubled or swapped."""

    def __init__(self, known: set[str]) -> None:
        self._known = known
        self._shorter: dict[str, str] = {}
        for word in known:
            if len(word) >= 5 and word.isalpha():
                for at in range(1, len(word)):
                    self._shorter.setdefault(word[:at] + word[at + 1 :], word)

    def correct(self, word: str) -> str:
        """The known word this one is a slip of, or the word itself."""
        if len(word) < 5 or word in self._known or not word.isalpha():
            return word
        if word in self._shorter:
            return self._shorter[word]
        for at in range(1, min(len(word), 30)):
            less = word[:at] + word[at + 1 :]
            if less in self._known and len(less) >= 5:
                return less
            if (near := self._shorter.get(less)) is not None and sorted(near) == sorted(word):
                return near
        return word
