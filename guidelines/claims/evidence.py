"""A fact and a clause made ready for comparison, and what one comparison finds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from guidelines.claims.clauses import Clause
from guidelines.claims.terms import Reading, Term
from guidelines.claims.text import written
from guidelines.claims.values import Value
from guidelines.claims.vectors import vectors

SIMILAR = 0.8
"""What a word counts that is only near in meaning."""

_NEAR = 0.55
_AUXILIARIES = frozenset({"is", "are", "do", "does", "can", "has", "have", "was", "were", "did"})
_MOSTLY = 0.6
_CLEARLY = 0.3

BORROWED = 0.6
"""What a word counts that stands in another clause of the sentence, or in the question that is answered."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one comparison found: for or against, how surely, where in the post, and why in plain words."""

    contradicts: bool
    confidence: float
    first: int
    last: int
    reason: str
    quantity: int | None = None
    slot: bool = False
    """Whether it compares who or what fills the same slot, which needs no further words in common."""
    subject: bool = False
    """Whether it compares the subject of the clause, which may then be unknown to the fact."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A fact, read. `weights` belong to `reading.terms`; `qualifiers` narrow it to one plan or product.

    `heads` are the numbers of the terms that the statement is about, when that is not the entity itself.
    """

    id: str
    entity: str
    statement: str
    reading: Reading
    weights: tuple[float, ...]
    qualifiers: frozenset[str]
    heads: frozenset[int]
    tolerance: float = 0.0
    wholes: frozenset[str] = frozenset()
    lonely: frozenset[str] = frozenset()
    """Dimensions that no other fact of the entity measures."""
    common: frozenset[str] = frozenset()
    """Words that several facts of the entity share, and so name what it makes or sells."""
    regions: tuple[Value, ...] = ()
    """Where it holds; a claim about another place is none of its business."""

    @property
    def twofold(self) -> bool:
        """Whether it denies of one thing what it affirms of another: "The honey one is not vegan; the others are"."""
        return self.reading.scope.negated and self.reading.tokens[-1].text in _AUXILIARIES

    def is_answer(self, at: int) -> bool:
        """Whether a term is part of what the fact states, a value or a name, rather than of what it is about."""
        first = self.reading.terms[at].first
        values = any(value.first <= first <= value.last for value in self.reading.values)
        return values or any(slot.first <= first <= slot.last for slot in self.reading.slots)


@dataclass(frozen=True, slots=True)
class Said:
    """A clause, read, with the words that stand around it."""

    clause: Clause
    reading: Reading
    context: tuple[Term, ...] = ()
    beside: tuple[Reading, ...] = ()
    """The other clauses of its sentence that speak of the same entities."""

    @property
    def words(self) -> frozenset[str]:
        """The clause's words as written, in small letters."""
        return frozenset(token.text for token in self.reading.tokens)


@dataclass(frozen=True, slots=True)
class Topic:
    """How much of what a clause speaks of one fact knows, and how much the best of the other facts do, from 0 to 1.

    `measured` counts only facts that state an amount of the same kind.
    """

    known: float = 0.0
    others: float = 0.0
    measured: float = 0.0
    asked: bool = False
    """Whether the clause has such words of its own at all."""

    @property
    def sole(self) -> bool:
        """Whether the clause speaks of what this fact speaks of and of little else, and no other fact knows as much."""
        return self.known >= _MOSTLY and self.known > self.others

    @property
    def sole_amount(self) -> bool:
        """The same among the facts that state an amount of the same kind."""
        return self.known >= _MOSTLY and self.known > self.measured

    @property
    def foreign(self) -> bool:
        """Whether another fact knows clearly more of the clause, so that it is hardly about this one."""
        return self.others - self.known > _CLEARLY


@dataclass(frozen=True, slots=True)
class Pairing:
    """How a fact's terms match a clause: for each the relation (+1, 0, -1), the clause's term, and its share."""

    relations: tuple[int, ...]
    partners: tuple[Term | None, ...]
    shares: tuple[float, ...]
    topic: Topic = Topic()

    def in_words(self) -> "Pairing":
        """The same without what only a price matched."""
        shares = tuple(
            0.0 if partner is not None and not partner.text else share
            for partner, share in zip(self.partners, self.shares, strict=True)
        )
        return Pairing(self.relations, self.partners, shares, self.topic)

    def score(self, weights: Sequence[float], keep: Iterable[int]) -> float:
        """The weight of the matched terms among `keep`, from 0 to 1; 1 when there are none."""
        chosen = list(keep)
        total = sum(weights[at] for at in chosen)
        return sum(weights[at] * self.shares[at] for at in chosen) / total if total else 1.0


def opposed_by_pole(ours: Term, theirs: Term | None) -> bool:
    """Whether the two words are opposites, rather than one of them negated."""
    if theirs is None:
        return False
    return any(ours.keys[key] * theirs.keys.get(key, ours.keys[key]) < 0 for key in ours.keys)


def pair(fact: Prepared, said: Said) -> Pairing:
    """Match every term of the fact with the clause's own words, then with the words around it."""
    relations, partners, shares = [], [], []
    for term in fact.reading.terms:
        relation, partner = _best(term, said.reading.terms)
        share = 1.0
        if partner is not None and not partner.text and term.text:
            worded = _best(term, said.context)
            relation, partner, share = (*worded, BORROWED) if worded[0] > 0 else (relation, partner, share)
        if partner is None and (near := _nearest(term, said.reading.terms)) is not None:
            relation, partner, share = term.sign * near.sign, near, SIMILAR
        if partner is None:
            relation, partner = _best(term, said.context)
            share = BORROWED
            relation = abs(relation)
        relations.append(relation)
        partners.append(partner)
        shares.append(share if partner is not None else 0.0)
    return Pairing(tuple(relations), tuple(partners), tuple(shares))


def _best(term: Term, others: Sequence[Term]) -> tuple[int, Term | None]:
    """The first term that agrees, or else the first that opposes."""
    opposed: Term | None = None
    for other in others:
        relation = term.relation(other)
        if relation > 0:
            return 1, other
        if relation < 0 and opposed is None:
            opposed = other
    return (-1, opposed) if opposed is not None else (0, None)


def _nearest(term: Term, others: Sequence[Term]) -> Term | None:
    """The word nearest in meaning; never for words that have an opposite."""
    if not _plain(term):
        return None
    near = vectors()
    scored = [(near.similarity(term.text, other.text), other) for other in others if _plain(other)]
    best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= _NEAR else None


def _plain(term: Term) -> bool:
    return (
        term.weight >= 1.0
        and term.text.isalpha()
        and len(term.text) > 2
        and not any(key.startswith("±") for key in term.keys)
    )


def side_by_side(fact: Prepared, said: Said) -> str:
    """What a clause says and what the fact says, where single words of them would not tell what differs."""
    shown, ours = written(said.reading.tokens), written(fact.reading.tokens).rstrip(".")
    return f"The post says “{shown}”; the fact says “{ours}”."
