"""Facts read once, when they are loaded: their terms with weights, their qualifiers, and what they are about."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from guidelines.claims.entities import EntityIndex
from guidelines.claims.evidence import Prepared
from guidelines.claims.lexicon import group, meanings, stem, stop_words, weak_words
from guidelines.claims.quantities import dimension_of, units
from guidelines.claims.record import Fact
from guidelines.claims.terms import Reading, read
from guidelines.claims.text import Token, fold, tokens_of
from guidelines.claims.values import values_of
from guidelines.claims.variants import is_variant

_RELATIONS = {"exactly": "=", "at_least": ">=", "up_to": "<="}
_COPULA = group("prepare copula")
_PREPOSITIONS = group("prepare prepositions")


def prepare(facts: Sequence[Fact], index: EntityIndex) -> list[Prepared]:
    """Read all facts; words that many facts of one entity share weigh less."""
    readings = [_read(fact, index) for fact in facts]
    shared = _shared(facts, readings)
    lonely = _lonely(facts, readings)
    return [
        _prepared(fact, reading, shared[fact.entity], lonely[fact.entity])
        for fact, reading in zip(facts, readings, strict=True)
    ]


def _read(fact: Fact, index: EntityIndex) -> Reading:
    tokens = tokens_of(fold(_text(fact)))
    while tokens and tokens[-1].kind == "symbol" and tokens[-1].text in ".!":
        tokens.pop()
    mentions = index.mentions(tokens)
    names = frozenset(at for mention in mentions for at in range(mention.first, mention.last + 1))
    return _as_typed(read(tokens, names), fact)


def _text(fact: Fact) -> str:
    """The statement, and the typed fields behind it where it does not spell them out."""
    typed = " ".join(f"{value} {fact.unit}".strip() for value in fact.values)
    if not typed or all(value.lower() in fact.statement.lower() for value in fact.values):
        return fact.statement
    return f"{fact.statement.rstrip('.')}; {fact.attribute} {typed}"


def _as_typed(reading: Reading, fact: Fact) -> Reading:
    """Let the typed fields overrule what was inferred."""
    if relation := _RELATIONS.get(fact.comparator):
        kept = {"date", "clock", "always", "ip"}
        amounts = tuple(q if q.dimension in kept else replace(q, relation=relation) for q in reading.quantities)
        reading = replace(reading, quantities=amounts)
    if fact.polarity and (fact.polarity == "negative") != reading.scope.negated:
        sign = -1 if fact.polarity == "negative" else 1
        reading = replace(reading, terms=tuple(replace(term, sign=sign) for term in reading.terms))
    return reading


def _shared(facts: Sequence[Fact], readings: Sequence[Reading]) -> Mapping[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for fact, reading in zip(facts, readings, strict=True):
        counter = found.setdefault(fact.entity, Counter())
        counter.update({_main_key(term.keys) for term in reading.terms})
        counter["#"] += 1
    return found


def _main_key(keys: Mapping[str, int]) -> str:
    return next((key for key in keys if not key.startswith(("~", "±"))), next(iter(keys)))


def _lonely(facts: Sequence[Fact], readings: Sequence[Reading]) -> Mapping[str, frozenset[str]]:
    counts: dict[str, Counter[str]] = {}
    for fact, reading in zip(facts, readings, strict=True):
        counts.setdefault(fact.entity, Counter()).update({dimension_of(each) for each in reading.quantities})
    return {
        entity: frozenset(key for key, number in counter.items() if number == 1) for entity, counter in counts.items()
    }


def _prepared(fact: Fact, reading: Reading, shared: Counter[str], lonely: frozenset[str]) -> Prepared:
    number = shared["#"]
    weights = tuple(term.weight * _rarity(shared[_main_key(term.keys)], number) for term in reading.terms)
    return Prepared(
        fact.id,
        fact.entity,
        fact.statement,
        reading,
        weights,
        _qualifiers(reading),
        _heads(reading),
        fact.tolerance * _unit(fact, reading),
        frozenset(part.lower() for part in fact.part_of),
        lonely,
        frozenset(key for key, count in shared.items() if count > 1 and key != "#"),
        tuple(
            value for region in fact.regions for value in values_of(tokens_of(fold(region))) if value.kind == "place"
        ),
    )


def _unit(fact: Fact, reading: Reading) -> float:
    """The base units in one unit of the fact, in which its tolerance is given."""
    names = [fact.unit.lower(), *(reading.tokens[quantity.last].text for quantity in reading.quantities)]
    return next((units()[name][1] for name in names if name in units()), 1.0)


def _rarity(count: int, number: int) -> float:
    return max(0.4, 1.0 - 0.3 * math.log2(max(count, 1))) if number > 1 else 1.0


def _qualifiers(reading: Reading) -> frozenset[str]:
    """Names of plans and products in a statement, which a claim must share."""
    found = set()
    taken = {at for value in reading.values for at in range(value.first, value.last + 1)}
    taken |= {at for slot in reading.slots for at in range(slot.first, slot.last + 1)} | reading.names
    taken |= {at for quantity in reading.quantities for at in range(quantity.first, quantity.last + 1)}
    taken |= {at for term in reading.terms if term.last > term.first for at in range(term.first, term.last + 1)}
    beside = set(reading.names)
    for at, token in enumerate(reading.tokens):
        if at in taken or token.kind != "word":
            continue
        named = token.capital and not token.raw.isupper() and _is_name(token) and {at - 1, at + 1} & beside
        if is_variant(reading.tokens, at) or named:
            found.add(stem(token.text))
            beside.add(at)
    return frozenset(found)


def _is_name(token: Token) -> bool:
    part = stem(token.text)
    return part not in stop_words() and part not in weak_words() and part not in meanings().by_first


def _heads(reading: Reading) -> frozenset[int]:
    """The terms that a statement like "The excess on home insurance is £250" is about; both of "snacks and drinks"."""
    copula = next((at for at, token in enumerate(reading.tokens) if token.text in _COPULA), None)
    if copula is None:
        opening = [number for number, term in enumerate(reading.terms) if term.first <= 1 and term.weight >= 1.0]
        return frozenset(opening[:1] if 0 not in reading.names else ())
    until = next((at for at in range(copula) if reading.tokens[at].text in _PREPOSITIONS), copula)
    ends = [at for at in range(until) if reading.tokens[at].text in ("and", "or", ",")] + [until]
    before = [
        [number for number, term in enumerate(reading.terms) if term.last < end and term.weight >= 1.0] for end in ends
    ]
    return frozenset(numbers[-1] for numbers in before if numbers)
