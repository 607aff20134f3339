"""Compares closed-set values and slots: made in another country, owned by someone else, on iOS only."""

from collections.abc import Iterator, Sequence

from guidelines.claims.evidence import Evidence, Pairing, Prepared, Said, opposed_by_pole, side_by_side
from guidelines.claims.lexicon import group
from guidelines.claims.slots import Slot
from guidelines.claims.text import written
from guidelines.claims.values import ANYWHERE, Value

_LISTING = frozenset(
    {
        "support",
        "availabl",
        "~delivery",
        "sell",
        "accept",
        "work",
        "compatibl",
        "speak",
        "includ",
        "offer",
        "run",
        "com",
    }
    | {
        "±allow",
        "~flight",
        "operat",
        "servic",
        "serv",
        "fli",
        "ship",
        "±include",
        "~app",
        "option",
        "stock",
        "~sharing",
        "contain",
    }
)
_ONLY = group("compare_values only")
_PLACED = frozenset({"base", "origin", "stored"})
_SPOKEN = frozenset({"~language", "~teach", "~support", "speak", "menu", "subtitl", "translat", "version"})
_LOCAL = frozenset({"base", "origin", "stored"})
_EXCLUSIVE_SLOTS = frozenset(
    {
        "base",
        "origin",
        "stored",
        "owner",
        "founder",
        "boss",
        "maker",
        "composer",
        "writer",
        "engine",
        "code",
        "namesake",
        "publisher",
        "operator",
    }
)
_ENOUGH = 0.34
_FREE_PLACE = 0.6
_SLIGHT = 0.3
_MOSTLY = 0.6


def compare_slots(fact: Prepared, said: Said, pairing: Pairing) -> Iterator[Evidence]:
    """What the filled slots of a clause say about the same slots of a fact."""
    yield from _owned(fact, said)
    for ours in fact.reading.slots:
        for theirs in said.reading.slots:
            if ours.kind != theirs.kind or not _is_exclusive(ours.kind) or _placed(fact, said, ours, theirs):
                continue
            if ours.kind == "where" and not _same_subject(fact, pairing):
                continue
            if fact.reading.scope.sign_of(ours.first) < 0:
                yield from _against_denial(fact, said, ours, theirs)
                continue
            same = bool(ours.filler & theirs.filler) or bool(theirs.filler & fact.wholes)
            if ours.kind in _LOCAL and not same and not _is_named(said, theirs):
                continue
            negated = said.reading.scope.sign_of(theirs.first) < 0
            if negated and not same:
                continue
            words = f"{_text(said, theirs)}; the fact says {_text(fact, ours)}"
            yield Evidence(same == negated, 0.9, theirs.first, theirs.last, f"The post says {words}.", slot=True)


def _owned(fact: Prepared, said: Said) -> Iterator[Evidence]:
    """ "Belongs to Barrowgate" against "is independent"."""
    free = any(
        term.keys.get("±independent", 0) * term.sign > 0 and not term.last > term.first for term in fact.reading.terms
    )
    owner = next((slot for slot in said.reading.slots if slot.kind == "owner"), None)
    if not free or owner is None or said.reading.scope.sign_of(owner.first) < 0 or said.clause.refuted:
        return
    if said.reading.tokens[owner.first].capital and not any(slot.kind == "owner" for slot in fact.reading.slots):
        words = f"{_text(said, owner)}; the fact says independent"
        yield Evidence(True, 0.8, owner.first, owner.last, f"The post says {words}.", slot=True)


def _against_denial(fact: Prepared, said: Said, ours: Slot, theirs: Slot) -> Iterator[Evidence]:
    """ "Not owned by another bank" against "owned by Barrowgate Bank"."""
    before = {token.text for token in fact.reading.tokens[max(0, ours.first - 2) : ours.first]}
    anyone = bool(before & {"another", "any", "anyone", "other", "a"} or ours.filler & {"anyon", "anybodi", "anoth"})
    if said.reading.scope.sign_of(theirs.first) > 0 and (anyone or ours.filler & theirs.filler):
        words = f"{_text(said, theirs)}; the fact denies that"
        yield Evidence(True, 0.85, theirs.first, theirs.last, f"The post says {words}.")


def _is_exclusive(kind: str) -> bool:
    return kind in _EXCLUSIVE_SLOTS or kind.startswith("office ")


def _same_subject(fact: Prepared, pairing: Pairing) -> bool:
    """Whether the post speaks of the very thing that the fact locates."""
    subject = [at for at, term in enumerate(fact.reading.terms) if term.weight >= 1.0 and not fact.is_answer(at)]
    return bool(subject) and pairing.score(fact.weights, subject) >= 0.5


def _placed(fact: Prepared, said: Said, ours: Slot, theirs: Slot) -> bool:
    """Whether both are known places, which `compare_values` knows more about."""
    return ours.kind in _PLACED and _has_place(fact.reading.values, ours) and _has_place(said.reading.values, theirs)


def _has_place(values: Sequence[Value], slot: Slot) -> bool:
    return any(value.kind == "place" and slot.first <= value.first <= slot.last for value in values)


def _is_named(said: Said, slot: Slot) -> bool:
    return any(said.reading.tokens[at].capital for at in range(slot.first, slot.last + 1)) or _has_place(
        said.reading.values, slot
    )


def _text(side: Prepared | Said, slot: Slot | Value) -> str:
    return f"“{written(side.reading.tokens[slot.first : slot.last + 1])}”"


def compare_values(fact: Prepared, said: Said, pairing: Pairing) -> Iterator[Evidence]:
    """What the closed-set values of a clause say about those of a fact."""
    for kind in dict.fromkeys(value.kind for value in fact.reading.values):
        ours = [value for value in fact.reading.values if value.kind == kind]
        theirs = [value for value in said.reading.values if value.kind == kind]
        if not theirs or (kind == "weekday" and _turned(fact, pairing)) or (kind == "tongue" and _of_nation(fact)):
            continue
        score = _score(fact, said, pairing, ours, kind)
        if score >= (_ENOUGH if kind != "place" or _slot_of(fact) else _FREE_PLACE):
            yield from _of_kind(fact, said, ours, _meant(fact, said, pairing, theirs), score)


def _of_nation(fact: Prepared) -> bool:
    """Whether a word such as "Danish" stands right before a noun, as of a flag and not of a language."""
    tongues = [value.last + 1 for value in fact.reading.values if value.kind == "tongue"]
    return any(term.first in tongues and not _SPOKEN & term.keys.keys() for term in fact.reading.terms)


def _turned(fact: Prepared, pairing: Pairing) -> bool:
    """Whether one speaks of open days and the other of closed ones, which only the same day sets against each other."""
    return any(
        "±open" in term.keys and opposed_by_pole(term, partner)
        for term, partner in zip(fact.reading.terms, pairing.partners, strict=True)
    )


def _score(fact: Prepared, said: Said, pairing: Pairing, ours: Sequence[Value], kind: str) -> float:
    terms = fact.reading.terms
    keep = [at for at, term in enumerate(terms) if not any(v.first <= term.first <= v.last for v in ours)]
    keep = [at for at in keep if not fact.is_answer(at)] or keep
    keep = [at for at in keep if not any(q.first <= terms[at].first <= q.last for q in fact.reading.quantities)]
    if any(opposed_by_pole(terms[at], pairing.partners[at]) for at in keep) and kind != "weekday":
        return 0.0
    score = pairing.score(fact.weights, keep)
    slight = sum(fact.weights[at] for at in keep) < _SLIGHT or _narrows(said)
    if kind != "place" and slight:
        score = max(score, 0.6 if said.clause.own else 0.4)
    same_slot = _slot_of(fact) in {slot.kind for slot in said.reading.slots}
    if kind == "place" and (same_slot or _same_relation(fact, pairing)):
        score = max(score, 0.6)
    if pairing.topic.sole and pairing.topic.known > _MOSTLY and any(pairing.relations[at] > 0 for at in keep):
        score = max(score, _FREE_PLACE)
    if kind == "place" and not _slot_of(fact) and pairing.topic.known < 0.5:
        return 0.0
    if kind == "place" and score < _ENOUGH and _slot_of(fact) and _is_described(said):
        return 0.6
    return score


def _same_relation(fact: Prepared, pairing: Pairing) -> bool:
    """Whether both say where something is made, or where it has its seat."""
    return any(
        partner is not None
        and relation > 0
        and {"~origin", "~base", "~stored"} & term.keys.keys() & partner.keys.keys()
        for term, partner, relation in zip(fact.reading.terms, pairing.partners, pairing.relations, strict=True)
    )


def _narrows(said: Said) -> bool:
    return bool(said.words & _ONLY) and sum(1 for term in said.reading.terms if term.weight >= 1.0) <= 3


def _slot_of(fact: Prepared) -> str | None:
    return next((slot.kind for slot in fact.reading.slots if slot.kind in _PLACED), None)


def _is_described(said: Said) -> bool:
    """Whether the clause calls the entity something of a place: "a Danish airline", "is from Bergen"."""
    for place in (value for value in said.reading.values if value.kind == "place"):
        before = [token.text for token in said.reading.tokens[max(0, place.first - 3) : place.first]]
        after = [token.text for token in said.reading.tokens[place.last + 1 : place.last + 3]]
        nouns = {
            "company",
            "brand",
            "airline",
            "bank",
            "firm",
            "startup",
            "business",
            "product",
            "made",
            "based",
            "studio",
            "owned",
        }
        if {"a", "an", "another"} & set(before) and nouns & set(after):
            return True
        if before[-2:] in (["is", "from"], ["are", "from"], ["comes", "from"], ["come", "from"]):
            return True
        if after[:1] in (["made"], ["based"]):
            return True
    return False


def _of_kind(fact: Prepared, said: Said, ours: list[Value], theirs: list[Value], score: float) -> Iterator[Evidence]:
    denied = [value for value in theirs if said.reading.scope.sign_of(value.first) < 0]
    stated = [value for value in theirs if value not in denied]
    if not theirs:
        return
    affirmed = fact.reading.scope.sign_of(ours[0].first) > 0
    confidence = 0.92 if score >= 0.5 else 0.75
    for value in denied:
        if (affirmed and any(value.name == our.name or our.name in value.within for our in ours)) or (
            affirmed and _anywhere(ours)
        ):
            yield _evidence(fact, said, ours[0], value, confidence, contradicts=True)
    if not stated or not affirmed:
        return
    if (only := _narrowed(said, ours, stated) or _beyond(fact, ours, stated)) is not None:
        yield _evidence(fact, said, ours[0], only, confidence, contradicts=True)
    elif any(our.agrees_with(value) or value.name in fact.wholes for our in ours for value in stated):
        yield _evidence(fact, said, ours[0], stated[0], confidence, contradicts=False)
    elif _exclusive(fact, ours):
        yield _evidence(fact, said, ours[0], stated[0], confidence, contradicts=True)


def _meant(fact: Prepared, said: Said, pairing: Pairing, theirs: list[Value]) -> list[Value]:
    """The values a clause denies, left out where its negation only turns an opposite: "never open" for "closed"."""
    turned = any(
        partner is not None and partner.sign < 0 and relation > 0 and opposed_by_pole(term, partner)
        for term, partner, relation in zip(fact.reading.terms, pairing.partners, pairing.relations, strict=True)
    )
    return [value for value in theirs if not turned or said.reading.scope.sign_of(value.first) > 0]


def _beyond(fact: Prepared, ours: Sequence[Value], stated: Sequence[Value]) -> Value | None:
    """Where a post says "worldwide" and the fact "only to Norway"."""
    if _anywhere(ours) or not _ONLY & {token.text for token in fact.reading.tokens}:
        return None
    return next((value for value in stated if value.name == ANYWHERE), None)


def _anywhere(values: Sequence[Value]) -> bool:
    return any(value.name == ANYWHERE for value in values)


def _narrowed(said: Said, ours: Sequence[Value], stated: Sequence[Value]) -> Value | None:
    """The value a clause restricts itself to, when the fact names more: "iOS only", "only within the UK"."""
    if not said.words & _ONLY:
        return None
    names = {value.name for value in ours}
    said_names = {value.name for value in stated}
    wider = _anywhere(ours) or (len(names) > 1 and said_names < names)
    wider = wider or (ours[0].kind in ("platform", "payment", "tongue") and not said_names & names)
    near = [at for at, token in enumerate(said.reading.tokens) if token.text in _ONLY]
    if not wider or _anywhere(stated):
        return None
    return next((value for value in stated if any(abs(value.first - at) <= 5 for at in near)), None)


def _exclusive(fact: Prepared, ours: Sequence[Value]) -> bool:
    """Whether the fact's values leave no room for another one of their kind."""
    words = {token.text for token in fact.reading.tokens}
    if words & _ONLY:
        return True
    slot = next((slot for slot in fact.reading.slots if slot.first <= ours[0].first <= slot.last), None)
    if slot is not None and _is_exclusive(slot.kind):
        return True
    if len(ours) > 1 and ours[0].kind not in ("weekday", "season", "place", "material"):
        return False
    listing = _LISTING - {"sell", "~sharing"} if ours[0].kind == "material" else _LISTING
    return not any(listing & term.keys.keys() for at, term in enumerate(fact.reading.terms) if at not in fact.heads)


def _evidence(
    fact: Prepared, said: Said, our: Value, value: Value, confidence: float, *, contradicts: bool
) -> Evidence:
    if value.kind == "place" or value.name == our.name:
        # "Chinese" beside "Gdansk" tells nobody what is where, and "USB-C" beside "USB-C" not which is denied.
        reason = side_by_side(fact, said)
    else:
        reason = f"The post says {_text(said, value)}; the fact says {_text(fact, our)}."
    return Evidence(contradicts, confidence, value.first, value.last, reason)
