"""From a post to judgements: clauses, the facts they may concern, the comparisons, and what the stance allows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from guidelines.claims import gate
from guidelines.claims.clauses import Clause, clauses_of
from guidelines.claims.compare_agents import compare_agents
from guidelines.claims.compare_binding import compare_binding
from guidelines.claims.compare_hours import compare_hours
from guidelines.claims.compare_lists import compare_lists
from guidelines.claims.compare_polarity import compare_polarity
from guidelines.claims.compare_quantities import compare_quantities
from guidelines.claims.compare_scope import compare_scope
from guidelines.claims.compare_swaps import compare_swaps
from guidelines.claims.compare_values import compare_slots, compare_values
from guidelines.claims.doubts import other_kind, own_amount_beside, rests_on_amount
from guidelines.claims.entities import EntityIndex
from guidelines.claims.evidence import Evidence, Pairing, Prepared, Said
from guidelines.claims.gate import DOUBTFUL, SILENT, Stance
from guidelines.claims.lexicon import group, stem
from guidelines.claims.prepare import prepare
from guidelines.claims.record import Fact
from guidelines.claims.retrieval import Retrieval
from guidelines.claims.subjects import (
    happens_there,
    is_fragment,
    names_other_place,
    narrower_subject,
    other_place,
    other_subject,
)
from guidelines.claims.terms import Reading, Spelling, Term, read
from guidelines.claims.text import Token
from guidelines.claims.topics import pairings
from guidelines.claims.variants import is_paid_or_free, is_universal, is_variant

_DOUBT = 0.5
_REPORTED = 0.55
_PLAINLY = 0.85
"""An agreement at least this sure, called false by the post, is a contradiction."""
_AHEAD = group("judge ahead")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One fact against one post."""

    fact_id: str
    contradicts: bool
    confidence: float
    spans: tuple[tuple[int, int], ...]
    reason: str
    amount: tuple[int, int] | None = None
    fit: float = 0.0
    """How much of the fact stands in the post; of two that are as sure, the better fit is meant."""
    doubt: str = ""
    """Why it is not sure, as a sentence behind the reason."""


class Judge:
    """Holds the facts, read; judges posts one by one."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        names = [(name, fact.entity) for fact in facts for name in (fact.entity, *fact.aliases)]
        self.entities = EntityIndex(names)
        self.facts = prepare(facts, self.entities)
        self._retrieval = Retrieval(self.facts)
        self._spelling = Spelling({part for fact in self.facts for term in fact.reading.terms for part in term.keys})

    def judge(self, text: str, parent: str | None) -> list[Judgement]:
        """At most one judgement per fact."""
        clauses = clauses_of(text, self.entities, parent=parent)
        if not any(clause.entities for clause in clauses):
            return []
        readings = [self._reading(clause) for clause in clauses]
        found = [
            judgement
            for at, clause in enumerate(clauses)
            if clause.entities and clause.stance not in SILENT
            for judgement in self._of_clause(clause, self._said(clauses, readings, at), _anchor(clauses, readings, at))
        ]
        return _settle(found)

    def _reading(self, clause: Clause) -> Reading:
        return read(clause.tokens, clause.names, self._spelling)

    def _said(self, clauses: Sequence[Clause], readings: Sequence[Reading], at: int) -> Said:
        clause = clauses[at]
        around: list[Term] = []
        for other in range(max(0, at - 2), min(len(clauses), at + 3)):
            if (
                other != at
                and clauses[other].sentence == clause.sentence
                and clauses[other].entities == clause.entities
            ):
                around += readings[other].terms
        if clause.borrowed and clause.yes is None:
            around += self._borrowed(clause.borrowed).terms
        beside = tuple(
            reading
            for other, reading in zip(clauses, readings, strict=True)
            if other is not clause and other.sentence == clause.sentence and other.entities == clause.entities
        )
        return Said(clause, readings[at], tuple(around), beside)

    def _borrowed(self, tokens: tuple[Token, ...]) -> Reading:
        mentions = self.entities.mentions(tokens)
        return read(tokens, frozenset(at for m in mentions for at in range(m.first, m.last + 1)), self._spelling)

    def _of_clause(self, clause: Clause, said: Said, anchor: Said | None) -> Iterator[Judgement]:
        if clause.yes is not None:
            yield from self._of_answer(clause)
        candidates = self._retrieval.candidates(clause.entities, (*said.reading.terms, *said.context))
        for fact, pairing in pairings(candidates, said):
            if (
                _elsewhere(fact, said)
                or _other_variant(fact, said)
                or (anchor is not None and _other_variant(fact, anchor))
            ):
                continue
            evidence = _weigh(_evidence(fact, said, pairing))
            if evidence is None:
                continue
            if fact.qualifiers and not fact.qualifiers & _stems(said) and not is_universal(clause.tokens):
                evidence = replace(evidence, confidence=min(evidence.confidence, 0.55))
            if evidence.contradicts and not evidence.subject and other_subject(fact, said):
                continue
            episode = gate.is_episode(clause.tokens) and not fact.reading.scope.negated and not evidence.slot
            foreign = fact.twofold or episode or (pairing.topic.foreign and not evidence.slot)
            foreign = foreign or own_amount_beside(fact, said.beside, evidence)
            foreign = foreign or rests_on_amount(fact, said, pairing, evidence)
            foreign = foreign or (not evidence.slot and other_kind(fact, said, pairing, evidence))
            if evidence.contradicts and (foreign or (not evidence.subject and _off_topic(fact, said, anchor))):
                evidence = replace(evidence, confidence=min(evidence.confidence, _DOUBT))
            fit = pairing.score(fact.weights, range(len(fact.weights)))
            yield replace(_judgement(fact, clause, said.reading, evidence), fit=fit)

    def _of_answer(self, clause: Clause) -> Iterator[Judgement]:
        """ "Yes" affirms the question, "no" denies all of it."""
        question = self._borrowed(clause.borrowed)
        words = [term for term in question.terms if term.weight > 0.2]
        if not words:
            return
        said = Said(clause, _turned(question, 1 if clause.yes != _asks_negatively(question) else -1))
        for fact, pairing in pairings(self._retrieval.candidates(clause.entities, said.reading.terms), said):
            evidence = _weigh(_evidence(fact, said, pairing))
            if evidence is not None:
                span = (clause.tokens[0].start, clause.tokens[-1].end)
                yield Judgement(fact.id, evidence.contradicts, evidence.confidence - 0.05, (span,), evidence.reason)


def _asks_negatively(question: Reading) -> bool:
    """Whether a question opens with "isn't" or "don't", whose answer "yes" affirms all the same."""
    return any(token.text.endswith("n't") for token in question.tokens[:2])


def _turned(question: Reading, sign: int) -> Reading:
    """A question as the statement that its answer makes of it."""
    signs = tuple(sign * each for each in question.scope.signs)
    negators = question.scope.negators if sign > 0 else question.scope.negators ^ {0}
    terms = tuple(replace(term, sign=sign * term.sign) for term in question.terms)
    return replace(question, terms=terms, scope=replace(question.scope, signs=signs, negators=negators))


def _anchor(clauses: Sequence[Clause], readings: Sequence[Reading], at: int) -> Said | None:
    """The clause before that names what this one speaks of without naming it."""
    if clauses[at].own:
        return None
    named = next((before for before in range(at - 1, -1, -1) if clauses[before].own), None)
    return Said(clauses[named], readings[named]) if named is not None else None


def _evidence(fact: Prepared, said: Said, pairing: Pairing) -> Iterator[Evidence]:
    yield from compare_slots(fact, said, pairing)
    yield from compare_values(fact, said, pairing)
    if names_other_place(fact, said):
        return
    if (scope := compare_scope(fact, said, pairing)) is not None:
        yield scope
    yield from compare_quantities(fact, said, pairing)
    yield from compare_swaps(fact, said, pairing)
    for compared in (compare_hours, compare_agents, compare_binding, compare_lists, compare_polarity):
        if (found := compared(fact, said, pairing)) is not None:
            yield found


def _weigh(found: Iterable[Evidence]) -> Evidence | None:
    """The surest contradiction; a sure agreement speaks against a weak one."""
    against = None
    agreeing = None
    for evidence in found:
        if evidence.contradicts and (against is None or evidence.confidence > against.confidence):
            against = evidence
        if not evidence.contradicts and (agreeing is None or evidence.confidence > agreeing.confidence):
            agreeing = evidence
    return against or agreeing


def _off_topic(fact: Prepared, said: Said, anchor: Said | None) -> bool:
    """Whether a clause may well be about something else than the fact."""
    return (
        narrower_subject(fact, said)
        or other_place(fact, said)
        or happens_there(fact, said)
        or is_fragment(said, anchor)
    )


def _elsewhere(fact: Prepared, said: Said) -> bool:
    """Whether a clause speaks of a place where the fact does not hold."""
    places = [value for value in said.reading.values if value.kind == "place"]
    return bool(fact.regions and places) and not any(
        here.agrees_with(there) for here in fact.regions for there in places
    )


def _other_variant(fact: Prepared, said: Said) -> bool:
    """Whether a clause names another plan or product of the same name."""
    if is_universal(fact.reading.tokens):
        return False
    mine = {stem(token.text) for token in fact.reading.tokens} | {stem(part) for part in fact.entity.lower().split()}
    tokens = said.reading.tokens
    named = (at for at in range(len(tokens)) if is_variant(tokens, at) or is_paid_or_free(tokens, at))
    other = any(at not in said.reading.names and stem(tokens[at].text) not in mine for at in named)
    return other or _other_product(fact, mine, said)


def _other_product(fact: Prepared, mine: set[str], said: Said) -> bool:
    """ "Lumivox Boulder" is not the Lumivox that a fact about the Pebble speaks of, nor is "Lumivox X9"."""
    tokens = said.reading.tokens
    for mention in said.clause.mentions:
        at = mention.last + 1
        if at >= len(tokens) or at in said.reading.names:
            continue
        if (code := _code(tokens, at)) is not None and code not in f"{fact.entity} {fact.statement}".lower():
            return True
        if _names_product(tokens, at, said) and stem(tokens[at].text) not in mine:
            return True
    return False


def _code(tokens: Sequence[Token], at: int) -> str | None:
    """The model number that begins at a token, such as "x9"."""
    if tokens[at].kind != "word" or len(tokens[at].text) > 3 or at + 1 >= len(tokens):
        return None
    following = tokens[at + 1]
    return tokens[at].text + following.text if following.kind == "number" and following.attached else None


def _names_product(tokens: Sequence[Token], at: int, said: Said) -> bool:
    token = tokens[at]
    if token.kind == "number":
        return (
            token.text.isdigit()
            and len(token.text) == 1
            and not any(q.first == at for q in said.reading.quantities if q.dimension != "count")
        )
    if token.kind != "word" or not token.capital or token.raw.isupper():
        return False
    known = any(term.first <= at <= term.last and len(term.keys) > 1 for term in said.reading.terms)
    titled = sum(1 for each in tokens if each.capital) > max(3, len(tokens) // 2)
    weak = any(term.first == at and term.weight < 1 for term in said.reading.terms)
    meaningful = any(term.first == at for term in said.reading.terms)
    return meaningful and not known and not titled and not weak


def _stems(said: Said) -> frozenset[str]:
    return frozenset(stem(token.text) for token in (*said.clause.around, *said.clause.borrowed, *said.reading.tokens))


def _judgement(fact: Prepared, clause: Clause, reading: Reading, evidence: Evidence) -> Judgement:
    contradicts, confidence, reason, doubt = evidence.contradicts, evidence.confidence, evidence.reason, ""
    if clause.refuted or (clause.reported and not gate.merely_reports(clause.tokens)):
        if not contradicts and evidence.confidence < _PLAINLY:
            return Judgement(fact.id, False, 0.5, (), reason)
        contradicts = not contradicts
        confidence = min(confidence, 0.7) if clause.refuted else 0.5
        reason = f"The post rejects a claim. {reason}"
    elif clause.reported:
        confidence = min(confidence, _REPORTED)
    if not contradicts:
        confidence *= 0.4 + 0.6 * _told(fact, reading)
    if clause.stance in DOUBTFUL and not (clause.stance is Stance.FUTURE and _looks_ahead(fact)):
        confidence = min(confidence, _DOUBT)
        doubt = f" The sentence is {_DOUBTS[clause.stance]}, so this is not sure."
    spans = (reading.span(evidence.first, evidence.last),)
    amount = spans[0] if evidence.quantity is not None else None
    return Judgement(fact.id, contradicts, confidence, spans, reason, amount, doubt=doubt)


def _told(fact: Prepared, reading: Reading) -> float:
    """The share of the clause's words that the fact knows: a clause that says more does not simply agree."""
    answers = (
        *((value.first, value.last) for value in reading.values),
        *((slot.first, slot.last) for slot in reading.slots),
    )
    strong = [term for term in reading.terms if term.weight >= 1.0]
    strong = [term for term in strong if not any(first <= term.first <= last for first, last in answers)]
    known = [term for term in strong if any(ours.relation(term) for ours in fact.reading.terms)]
    return len(known) / len(strong) if strong else 1.0


def _looks_ahead(fact: Prepared) -> bool:
    """Whether a fact speaks of the future itself, so that a forecast can contradict it."""
    return bool({token.text for token in fact.reading.tokens} & _AHEAD)


_DOUBTS = {
    Stance.HEDGED: "hedged",
    Stance.ANECDOTE: "the author's own story",
    Stance.FUTURE: "about the future",
    Stance.OPINION: "an opinion",
}


def _settle(found: Sequence[Judgement]) -> list[Judgement]:
    """One judgement per fact; an amount that fits one fact is not held against another."""
    explained = {each.amount for each in found if not each.contradicts and each.amount and each.confidence >= 0.3}
    kept: dict[str, Judgement] = {}
    for each in found:
        if each.contradicts and each.amount in explained and each.amount is not None:
            continue
        known = kept.get(each.fact_id)
        if known is None or _rank(each) > _rank(known):
            kept[each.fact_id] = each
    return sorted(kept.values(), key=lambda each: -each.fit)


def _rank(judgement: Judgement) -> tuple[bool, float]:
    return judgement.contradicts and judgement.confidence >= 0.6, judgement.confidence
