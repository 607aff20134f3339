"""Which of the facts a clause speaks of: the share of its words that each of them knows."""

from collections.abc import Sequence
from dataclasses import replace

from guidelines.claims.evidence import Pairing, Prepared, Said, Topic, pair
from guidelines.claims.quantities import Quantity
from guidelines.claims.slots import Slot
from guidelines.claims.terms import Term
from guidelines.claims.values import Value

_PRICING = frozenset({"±pay", "~price", "~fee"})
"""What an amount of money is called, whatever it is the price of."""


def pairings(facts: Sequence[Prepared], said: Said) -> list[tuple[Prepared, Pairing]]:
    """Match a clause with each fact, and tell each what the others know of it.

    A clause without such words of its own speaks of what stands around it, which rules no fact out.
    """
    pairs = [(fact, pair(fact, said)) for fact in facts]
    own, answers = _asked(said)
    asked = own or _strong(said.context)
    known = [_known(fact, pairing, asked, answers) for fact, pairing in pairs]
    topics = [_topic(at, facts, known, own) for at in range(len(facts))]
    if not own:
        topics = [replace(topic, others=topic.known) for topic in topics]
    return [(fact, replace(pairing, topic=topic)) for (fact, pairing), topic in zip(pairs, topics, strict=True)]


def _strong(terms: Sequence[Term]) -> list[Term]:
    return [term for term in terms if term.weight >= 1.0 and term.text]


def _asked(said: Said) -> tuple[list[Term], list[Term]]:
    """The words that say what a clause is about, and those of its answers: amounts, values, names in slots."""
    reading = said.reading
    answers: tuple[Quantity | Value | Slot, ...] = (*reading.quantities, *reading.values, *reading.slots)
    spans = [(each.first, each.last) for each in answers]
    inside = [term for term in _strong(reading.terms) if any(first <= term.first <= last for first, last in spans)]
    priced = any(quantity.dimension == "money" for quantity in reading.quantities)
    outside = [term for term in _strong(reading.terms) if term not in inside]
    asked = [term for term in outside if not (priced and _PRICING & term.keys.keys())]
    return asked, inside if asked else []


def _known(fact: Prepared, pairing: Pairing, asked: Sequence[Term], answers: Sequence[Term]) -> float:
    asked = [*asked, *(term for term in answers if any(ours.relation(term) > 0 for ours in fact.reading.terms))]
    near = [partner for partner in pairing.partners if partner is not None]
    known = [term for term in asked if term in near or any(ours.relation(term) for ours in fact.reading.terms)]
    return len(known) / len(asked) if asked else 0.0


def _topic(at: int, facts: Sequence[Prepared], known: Sequence[float], asked: Sequence[Term]) -> Topic:
    others = [share for number, share in enumerate(known) if number != at]
    kinds = _kinds(facts[at])
    measured = [share for number, share in enumerate(known) if number != at and kinds & _kinds(facts[number])]
    return Topic(known[at], max(others, default=0.0), max(measured, default=0.0), asked=bool(asked))


def _kinds(fact: Prepared) -> frozenset[str]:
    return frozenset(quantity.dimension for quantity in fact.reading.quantities)
