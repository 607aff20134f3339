"""Companies that share a name: what is true of one of them is not held against the other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from guidelines.claims.entities import EntityIndex, Mention, narrowed
from guidelines.claims.evidence import Prepared
from guidelines.claims.judge import Judgement
from guidelines.claims.record import Fact
from guidelines.claims.text import fold, tokens_of

_UNSURE = 0.5
_LIKELY = 0.5
"""An agreement at least this sure may be what the author means."""


class Namesakes:
    """Knows which facts of several entities speak of the same thing."""

    def __init__(self, facts: Mapping[str, Fact], prepared: Iterable[Prepared], index: EntityIndex) -> None:
        self._facts = facts
        self._prepared = {each.id: each for each in prepared}
        self._index = index

    def settle(
        self, found: Sequence[Judgement], compared: Sequence[Judgement], text: str, parent: str | None
    ) -> list[Judgement]:
        """The judgements, where a contradiction of one entity is unsure that agrees with another of the same name."""
        agreeing = {each.fact_id for each in (*found, *compared) if not each.contradicts and each.confidence >= _LIKELY}
        against = [each.fact_id for each in found if each.contradicts]
        if not any(self._entity(one) != self._entity(other) for one in against for other in agreeing):
            return list(found)
        alike = [mention.entities for mention in self._mentions(text, parent) if len(mention.entities) > 1]
        return [self._settled(each, sorted(agreeing), alike) if each.contradicts else each for each in found]

    def _settled(self, found: Judgement, agreeing: Sequence[str], alike: Sequence[frozenset[str]]) -> Judgement:
        other = next((each for each in agreeing if self._may_be_meant(found.fact_id, each, alike)), None)
        if other is None:
            return found
        doubt = f"{found.doubt} It is true of {self._entity(other)}, which goes by that name, so this is not sure."
        return replace(found, confidence=min(found.confidence, _UNSURE), doubt=doubt)

    def _may_be_meant(self, fact_id: str, other: str, alike: Sequence[frozenset[str]]) -> bool:
        pair = {self._entity(fact_id), self._entity(other)}
        return len(pair) > 1 and any(pair <= entities for entities in alike) and self._of_one_kind(fact_id, other)

    def _of_one_kind(self, fact_id: str, other: str) -> bool:
        """Whether two facts state the same of their entities: by their attribute, or else by a word they share."""
        attributes = [self._facts[each].attribute.casefold() for each in (fact_id, other)]
        if all(attributes):
            return attributes[0] == attributes[1]
        ours, theirs = (self._prepared[each].reading.terms for each in (fact_id, other))
        return any(one.relation(each) for one in ours for each in theirs if min(one.weight, each.weight) >= 1.0)

    def _mentions(self, text: str, parent: str | None) -> list[Mention]:
        before = narrowed(self._index.mentions(tokens_of(fold(parent or ""))))
        here = self._index.mentions(tokens_of(fold(text)))
        return [*narrowed(here, before), *before]

    def _entity(self, fact_id: str) -> str:
        return self._facts[fact_id].entity
