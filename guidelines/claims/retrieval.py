"""Which facts a clause may concern: those of its entities that share the rarest words with it."""

from collections.abc import Iterable, Sequence

from guidelines.claims.evidence import Prepared
from guidelines.claims.terms import Term

MOST = 12


class Retrieval:
    """Facts by entity and by key."""

    def __init__(self, facts: Sequence[Prepared]) -> None:
        self._by_entity: dict[str, list[int]] = {}
        self._facts = facts
        self._by_key: dict[str, dict[int, float]] = {}
        for number, fact in enumerate(facts):
            self._by_entity.setdefault(fact.entity, []).append(number)
            for term, weight in zip(fact.reading.terms, fact.weights, strict=True):
                for key in term.keys:
                    self._by_key.setdefault(key, {})[number] = weight

    def candidates(self, entities: Iterable[str], terms: Sequence[Term]) -> list[Prepared]:
        """The facts of some entities, the likeliest first, at most `MOST` of them."""
        numbers = [number for entity in entities for number in self._by_entity.get(entity, ())]
        if len(numbers) <= MOST:
            return [self._facts[number] for number in numbers]
        scores = dict.fromkeys(numbers, 0.0)
        for key in {key for term in terms for key in term.keys}:
            sharing = self._by_key.get(key, {})
            rarity = 1.0 / (1.0 + len(sharing))
            for number in scores.keys() & sharing.keys():
                scores[number] += sharing[number] * (0.2 + rarity)
        best = sorted(numbers, key=lambda number: -scores[number])
        return [self._facts[number] for number in best[:MOST]]
