"""Reads whole posts against facts with a trained model: does the post say otherwise, the same, or neither?"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from guidelines.claims.entities import EntityIndex
from guidelines.claims.nearest import FAR, MOST, Nearest, Sought
from guidelines.claims.own_names import own_names, owners
from guidelines.claims.record import Fact
from guidelines.claims.wording import Wording, worded

_MODEL = "claims"
_ANSWERS = " < "
"""Stands between a fact and the post that is answered."""

_LONGEST_PARENT = 160
_MOST_SENTENCES = 12


@dataclass(frozen=True, slots=True)
class Question:
    """A fact and a passage of a post, as the model reads them."""

    fact_id: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model makes of a post and one fact: natural logarithms of three probabilities."""

    fact_id: str
    neither: float
    contradicts: float
    agrees: float

    @property
    def lead(self) -> float:
        """How far a contradiction is ahead of everything else, in log-odds."""
        return self.contradicts - max(self.neither, self.agrees)


class Inference:
    """Facts made ready to be read against posts."""

    def __init__(self, facts: Sequence[Fact], index: EntityIndex) -> None:
        self._index = index
        self._facts = facts
        self._wordings = [worded(fact.statement, index) for fact in facts]
        self._statements = [wording.shown({fact.entity}) for fact, wording in zip(facts, self._wordings, strict=True)]
        self._nearest = Nearest(self._statements)
        self._by_entity: dict[str, list[int]] = {}
        for at, fact in enumerate(facts):
            self._by_entity.setdefault(fact.entity, []).append(at)

    def questions(
        self, text: str, parent: str | None, *, also: Iterable[str] = (), most: int = MOST
    ) -> Iterator[Question]:
        """What to ask of a post: the nearest facts of the companies it names, and those `also` named by their ids."""
        before = worded(parent or "", self._index)
        post = worded(text, self._index, before.mentions)
        for at in self._near(post, before, set(also), most):
            entity, fact = {self._facts[at].entity}, self._wordings[at]
            asked = before.shown(entity, fact)[:_LONGEST_PARENT]
            first = self._statements[at] + (_ANSWERS + asked if asked else "")
            for place in post.passages():
                yield Question(self._facts[at].id, first, post.shown(entity, fact, place))

    def hear(self, text: str, parent: str | None, *, also: Iterable[str] = ()) -> list[Heard]:
        """What a post says of each fact it may speak of; of a long post the passage that contradicts most."""
        asked = list(self.questions(text, parent, also=also))
        scores = _scores([(each.first, each.second) for each in asked])
        return strongest(map(heard_of, asked, scores))

    def reads_all(self, text: str) -> bool:
        """Whether no passage of a post is left out."""
        return not worded(text, self._index).is_cut

    def sentence(self, text: str, fact_id: str) -> tuple[int, int] | None:
        """Where in a post the sentence stands that contradicts a fact most, in code points of the text.

        Nothing where the passage that does has too many sentences to be read one by one.
        """
        at = next(number for number, fact in enumerate(self._facts) if fact.id == fact_id)
        post = worded(text, self._index)
        first, last = self._surest(at, post, post.passages() or [(0, len(post.text))])
        within = [(start, min(end, last)) for start, end in post.sentences() if first <= start < last]
        if len(within) > _MOST_SENTENCES:
            return None
        start, end = self._surest(at, post, within or [(first, last)])
        shown = post.text[start:end]
        start += len(shown) - len(shown.lstrip())
        return post.origin[start], post.origin[start + len(shown.strip()) - 1] + 1

    def _surest(self, at: int, post: Wording, places: Sequence[tuple[int, int]]) -> tuple[int, int]:
        """The place that contradicts a fact most."""
        entity, fact = {self._facts[at].entity}, self._wordings[at]
        pairs = [(self._statements[at], post.shown(entity, fact, place)) for place in places]
        scores = _scores(pairs) if len(pairs) > 1 else [(0.0, 0.0, 0.0)]
        found = zip(places, map(_log_softmax, scores), strict=True)
        return max(found, key=lambda each: each[1][1])[0]

    def _meant(self, post: Wording, before: Wording) -> frozenset[str]:
        """Whom a post is about that names nobody, by words that stand in the facts of one alone."""
        return frozenset(each for wording in (post, before) for each in owners(wording.text, self._own_names))

    @cached_property
    def _own_names(self) -> Mapping[str, str]:
        return own_names(self._facts)

    def _near(self, post: Wording, before: Wording, also: set[str], most: int) -> list[int]:
        entities = post.entities | before.entities or self._meant(post, before)
        numbers = sorted({at for entity in entities for at in self._by_entity.get(entity, ())})
        if not numbers:
            return []
        sought = Sought(post.shown(entities), before.shown(entities))
        ranked = sorted(((at, self._nearest.nearness(at, sought)) for at in numbers), key=lambda each: -each[1])
        nearest = ranked[0][1]
        read = [at for at, nearness in ranked[:most] if nearest - nearness <= FAR]
        return read + [at for at, _ in ranked[len(read) :] if self._facts[at].id in also]


def _scores(pairs: Sequence[tuple[str, str]]) -> Sequence[Sequence[float]]:
    """What the model answers. It is loaded when the first post needs it: a bot that rests stays small."""
    from guidelines.transformer import transformer

    return transformer(_MODEL).scores(pairs)


def heard_of(question: Question, logits: Sequence[float]) -> Heard:
    """What the model's answer to a question says."""
    neither, contradicts, agrees = _log_softmax(logits)
    return Heard(question.fact_id, neither, contradicts, agrees)


def strongest(found: Iterable[Heard]) -> list[Heard]:
    """One answer a fact: of a long post the passage that contradicts it most."""
    best: dict[str, Heard] = {}
    for heard in found:
        known = best.get(heard.fact_id)
        if known is None or heard.lead > known.lead:
            best[heard.fact_id] = heard
    return list(best.values())


def _log_softmax(logits: Sequence[float]) -> tuple[float, ...]:
    highest = max(logits)
    total = highest + math.log(sum(math.exp(each - highest) for each in logits))
    return tuple(each - total for each in logits)
