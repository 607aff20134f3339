"""A text as the trained reader sees it: every name of the company is one word, and amounts and values are compared."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from guidelines.claims.amounts import Match, comparable, compare
from guidelines.claims.entities import EntityIndex, Mention, narrowed
from guidelines.claims.quantities import Quantity, quantities_of
from guidelines.claims.text import Token, fold, sentence_bounds, tokens_of
from guidelines.claims.values import Value, values_of

NAME = "company"
"""Stands for every name: what is read of one company's batteries is read alike of any other's."""

_MARKS = {Match.EQUAL: " =", Match.UNCLEAR: " ~", Match.DIFFERENT: " ¬"}
"""Put behind an amount: word pieces tell "24.99" and "60" apart, and not which of them the fact means."""

_LONGEST_PASSAGE = 420
MOST_PASSAGES = 6


@dataclass(frozen=True, slots=True)
class Wording:
    """A readable text with the names, amounts and values found in it; `origin` maps its places to the original's."""

    text: str
    origin: Sequence[int]
    tokens: Sequence[Token]
    mentions: Sequence[Mention]
    quantities: Sequence[Quantity]
    values: Sequence[Value]

    @property
    def entities(self) -> frozenset[str]:
        """The companies and products that it names."""
        return frozenset(entity for mention in self.mentions for entity in mention.entities)

    def sentences(self) -> list[tuple[int, int]]:
        """Where its sentences stand in `text`."""
        return sentence_bounds(self.text)

    def passages(self) -> list[tuple[int, int]]:
        """Runs of sentences short enough to be read at once, the first of them at most; the whole text, if it is."""
        found = self._runs()
        named = [each for each in found if any(each[0] <= at < each[1] for at in self._named())]
        return sorted((named + [each for each in found if each not in named])[:MOST_PASSAGES])

    @property
    def is_cut(self) -> bool:
        """Whether it has more passages than are read."""
        return len(self._runs()) > MOST_PASSAGES

    def _runs(self) -> list[tuple[int, int]]:
        if len(self.text) <= _LONGEST_PASSAGE:
            return [(0, len(self.text))]
        found: list[tuple[int, int]] = []
        for start, end in self.sentences():
            end = min(end, start + _LONGEST_PASSAGE)
            if found and end - found[-1][0] <= _LONGEST_PASSAGE:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
        return found

    def _named(self) -> list[int]:
        return [self.tokens[mention.first].start for mention in self.mentions]

    def shown(
        self, entities: Collection[str], fact: "Wording | None" = None, passage: tuple[int, int] | None = None
    ) -> str:
        """The text with some names made alike; with a fact, its amounts and values marked as the same or others."""
        start, end = passage or (0, len(self.text))
        pieces: list[str] = []
        for first, last, instead in sorted((*self._names_of(entities), *(self._marks(fact) if fact else ()))):
            if first >= start and last <= end:
                pieces += [self.text[start:first], instead]
                start = last
        return "".join((*pieces, self.text[start:end])).strip()

    def _names_of(self, entities: Collection[str]) -> Iterator[tuple[int, int, str]]:
        for mention in self.mentions:
            if not mention.entities.isdisjoint(entities):
                first, last = self.tokens[mention.first].start, self.tokens[mention.last].end
                owning = self.text[first:last].lower().endswith("'s")
                first -= first > 0 and self.text[first - 1] in "@#"
                yield first, last, NAME + ("'s" if owning else "")

    def _marks(self, fact: "Wording") -> Iterator[tuple[int, int, str]]:
        for theirs in self.quantities:
            found = [_compared(ours, theirs) for ours in fact.quantities if comparable(ours, theirs)]
            if found:
                end = self.tokens[theirs.last].end
                yield end, end, next(_MARKS[match] for match in _MARKS if match in found)
        for value in self.values:
            agreeing = [ours.agrees_with(value) for ours in fact.values if ours.kind == value.kind]
            if agreeing:
                end = self.tokens[value.last].end
                yield end, end, _MARKS[Match.EQUAL if any(agreeing) else Match.DIFFERENT]


def worded(text: str, index: EntityIndex, beside: Sequence[Mention] = ()) -> Wording:
    """Find the names, amounts and values of a text; names `beside` it tell whom a shared name means."""
    folded = fold(text)
    readable = fold(folded.text)
    tokens = tokens_of(readable)
    mentions = narrowed(index.mentions(tokens), beside)
    names = {at for mention in mentions for at in range(mention.first, mention.last + 1)}
    return Wording(
        readable.text,
        [folded.origin(readable.origin(at)) for at in range(len(readable.text) + 1)],
        tokens,
        mentions,
        [each for each in quantities_of(tokens) if each.first not in names],
        [each for each in values_of(tokens) if each.first not in names],
    )


def _compared(fact: Quantity, claim: Quantity) -> Match:
    return compare(fact, claim, negated=False, ceiling=False, allowance=False, condition=False, tolerance=0.0)
