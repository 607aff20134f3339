"""Reading what somebody typed as a fact: what is wrong with it, what was understood, and whether its examples hold."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType

import orjson
import regex

from bot.models import Json
from guidelines.claims.describe import describe
from guidelines.claims.evidence import Prepared
from guidelines.claims.examples import ExampleResult, run_examples
from guidelines.claims.load import FactFile
from guidelines.facts import Fact, FactBase, Problem

LISTS = ("aliases", "part_of", "regions", "values", "misstatements", "not_this")
TEXTS = (
    "entity", "statement", "source_url", "source_quote", "attribute", "unit", "tolerance", "comparator", "polarity",
    "valid_from", "valid_until", "reviewed_at", "owner",
)  # fmt: skip
TYPED = ("values", "unit", "comparator", "polarity")
"""The fields that are inferred from a plain sentence, and shown for confirmation."""

KEY = regex.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_UNSPEAKABLE = regex.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_NAMED = regex.compile(r"`(\w+)`")
_COMPARATORS = {"=": "exactly", ">=": "at_least", "<=": "up_to"}
_WITHOUT_COMPARATOR = frozenset({"date", "clock", "always", "ip"})


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field, and what to do. `field` is empty where it is about the whole."""

    field: str
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.reason}. {self.hint}".rstrip(". ") + "."


@dataclass(frozen=True, slots=True)
class FactReading:
    """A fact as it was read among the others. `inferred` holds the typed fields as its sentence was understood."""

    fact: Fact | None
    faults: tuple[Fault, ...] = ()
    understood: tuple[str, ...] = ()
    inferred: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    examples: tuple[ExampleResult, ...] = ()

    @property
    def missed(self) -> tuple[ExampleResult, ...]:
        """Misstatements that would not be corrected: a pity, and no danger."""
        said = self.fact.misstatements if self.fact else ()
        return tuple(result for result in self.examples if not result.passed and result.text in said)

    @property
    def harmful(self) -> tuple[ExampleResult, ...]:
        """Texts that would be corrected and must not be."""
        missed = self.missed
        return tuple(result for result in self.examples if not result.passed and result not in missed)


def read(key: str, body: Json, others: Sequence[Fact], *, now: datetime) -> FactReading:
    """Read a fact as a fact file is read, beside the other facts, and run its examples."""
    if not KEY.fullmatch(key):
        hint = "Use small letters, digits and hyphens, for example mini-weight"
        return FactReading(None, (Fault("id", "The id is missing or not short and plain", hint),))
    if sign := unspeakable(body):
        return FactReading(None, (Fault("", f"There is {sign} in it", "Type it again by hand"),))
    alone = FactBase.load(orjson.dumps({"facts": [{"id": key, **body}]}).decode(), strict=False)
    if alone.problems or key not in alone.facts:
        return FactReading(None, tuple(_fault(problem) for problem in alone.problems))
    fact = alone.facts[key]
    beside = [other for other in others if other.id != key]
    return FactReading(
        fact,
        understood=tuple(_understood(alone, now)),
        inferred=MappingProxyType(_inferred(alone.prepared[0])),
        examples=tuple(run_alone(FactBase(FactFile((*beside, fact), ())), fact, now=now)),
    )


def unspeakable(body: Json) -> str:
    """Return what stands in a fact that nobody can read or that the database does not keep; empty where all is well."""
    found = _UNSPEAKABLE.search("\n".join(_words(body)))
    if found is None:
        return ""
    return "a NUL character" if found[0] == "\0" else f"a control character (U+{ord(found[0]):04X})"


def run_alone(base: FactBase, fact: Fact, *, now: datetime) -> Iterator[ExampleResult]:
    """Run the examples of one fact against all that was understood, as if it stood today."""
    alone = copy.copy(base)
    standing = replace(fact, reviewed_at=now.date(), valid_from=None, valid_until=None)
    alone.facts = {fact.id: standing}
    return run_examples(alone, now=now)


def body_of(fact: Fact) -> Json:
    """Return a fact as the fields of a file's entry, without its id and without what it does not say."""
    said: Json = {}
    for name in (*TEXTS, *LISTS):
        value = getattr(fact, name)
        if isinstance(value, date):
            said[name] = value.isoformat()
        elif isinstance(value, tuple) and value:
            said[name] = list(value)
        elif value:
            said[name] = value
    return said


def tidied(fields: Mapping[str, str]) -> Json:
    """Return what a form held as such fields: lists are lines, and what was left empty is not said."""
    said: Json = {}
    for name in TEXTS:
        if words := fields.get(name, "").strip():
            said[name] = words
    for name in LISTS:
        if lines := [line.strip() for line in fields.get(name, "").splitlines() if line.strip()]:
            said[name] = lines
    return said


def _words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _words([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _words(each)


def _fault(problem: Problem) -> Fault:
    named = _NAMED.search(problem.reason)
    return Fault(named[1] if named else "", problem.reason[:1].upper() + problem.reason[1:], problem.hint)


def _understood(alone: FactBase, now: datetime) -> Iterator[str]:
    for paragraph in describe(alone, now=now):
        yield from (line.strip() for line in paragraph.splitlines()[1:])


def _inferred(prepared: Prepared) -> dict[str, str]:
    """Return the typed fields that the sentence alone gives; what it leaves open is not guessed."""
    reading = prepared.reading
    found = {"polarity": "negative" if reading.scope.negated else "affirmative"}
    if len(reading.quantities) == 1:
        amount = reading.quantities[0]
        number, unit = _amount([token.raw for token in reading.tokens[amount.first : amount.last + 1]])
        found |= {"values": number, "unit": unit}
        if amount.dimension not in _WITHOUT_COMPARATOR:
            found["comparator"] = _COMPARATORS.get(amount.relation, "")
    elif not reading.quantities:
        closed = ([token.raw for token in reading.tokens[value.first : value.last + 1]] for value in reading.values)
        found["values"] = "\n".join(dict.fromkeys(" ".join(words) for words in closed))
    # What does not stand in the sentence word for word would be read beside it, as one more thing said.
    if not all(value in prepared.statement for value in found.get("values", "").splitlines()):
        found |= {"values": "", "unit": ""}
    return {name: value for name, value in found.items() if value}


def _amount(words: Sequence[str]) -> tuple[str, str]:
    """Return the number and the unit of an amount; `up to` before it is the comparator's to say."""
    first = next((at for at, word in enumerate(words) if any(mark.isdigit() for mark in word)), 0)
    number, unit = list(words[first:]), ""
    if len(number) > 1 and number[-1].isalpha():
        unit = number.pop()
    return " ".join(number), unit
