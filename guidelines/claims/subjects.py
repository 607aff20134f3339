"""What a clause is about: the entity itself, or something of the entity that the fact knows nothing of."""

from collections.abc import Sequence

from guidelines.claims.evidence import Prepared, Said
from guidelines.claims.gate import Stance
from guidelines.claims.lexicon import group, stem
from guidelines.claims.terms import Term
from guidelines.claims.text import Token
from guidelines.claims.variants import VARIANTS, is_universal

_VERBS = group("subjects verbs")
_JOINTS = group("subjects joints")
_OUTSIDE = group("subjects outside")
_PLACING = group("subjects placing")
_NO_THINGS = frozenset(map(stem, group("subjects imperatives") | group("subjects generic")))
_PRONOUNS = group("clauses pronouns")
_TURNS = frozenset({"before", "after", "when", "until", "that", "because", "while"})
_NO_OWNERS = group("subjects no owners")
_OLDER = frozenset({"old", "older", "previous", "earlier", "legacy", "original", "vintage"})
_COMPARING = frozenset({"vs", "versus", "compared", "whereas"})
_STANDING = frozenset({"on", "near", "beside", "inside", "outside", "behind"})
_LONGEST = 6


def other_subject(fact: Prepared, said: Said) -> bool:
    """Whether the subject is a thing the fact does not speak of: "the café at Harrow Hall", "Harrow Hall's café"."""
    if _is_other_version(fact, said):
        return True
    heads = [things[-1] for things in _subjects(said) if things]
    return bool(heads) and not any(_known(fact, head) for head in heads)


def narrower_subject(fact: Prepared, said: Said) -> bool:
    """Whether a word unknown to the fact narrows the subject: "Marlowe travel insurance" and not its home insurance."""
    things = [thing for things in _subjects(said) for thing in things]
    if said.words & _COMPARING or _belongs_to_other(fact, said):
        return True
    opening = _things(said, _opening(said.reading.tokens))
    return any(not _known(fact, thing) for thing in (*things, *opening))


def _subjects(said: Said) -> list[list[Term]]:
    """The words before and behind each name that make up the subject, or all that opens a clause without a name."""
    tokens = said.reading.tokens
    if not said.clause.own:
        return [] if said.clause.borrowed else [_things(said, _opening(tokens))]
    spans = [
        span
        for mention in said.clause.mentions
        if not mention.contrast
        for span in (_before(tokens, mention.first), _behind(tokens, mention.last))
    ]
    return [_things(said, span) for span in spans]


def _is_other_version(fact: Prepared, said: Said) -> bool:
    """Whether the name is that of an older one or of another plan: "the old Lumivox app", "lumivox business covers"."""
    tokens = said.reading.tokens
    mine = {token.text for token in fact.reading.tokens} | set(fact.entity.lower().split())
    universal = is_universal(fact.reading.tokens)
    for mention in said.clause.mentions:
        if mention.first and tokens[mention.first - 1].text in _OLDER:
            return True
        if _OLDER & {token.text for token in tokens[mention.last + 1 : mention.last + 3]}:
            return True
        plan = [token.text for token in tokens[mention.last + 1 : mention.last + 3]]
        verb = len(plan) > 1 and (plan[1] in _VERBS or plan[1].endswith("s"))
        if verb and not universal and plan[0] in VARIANTS - mine and len(plan[0]) > 2:
            return True
    return False


def _belongs_to_other(fact: Prepared, said: Said) -> bool:
    """Whether a clause speaks of somebody else's before it names the entity: "brightwater's excess is £500"."""
    tokens = said.reading.tokens
    first = min((mention.first for mention in said.clause.mentions), default=0)
    owners = [term for term in said.reading.terms if term.last < first and tokens[term.last].text.endswith("'s")]
    return any(tokens[term.last].text not in _NO_OWNERS and not _known(fact, term) for term in owners)


def other_place(fact: Prepared, said: Said) -> bool:
    """Whether a clause is about one place only, or about all but one, and the fact names no place at all."""
    tokens = said.reading.tokens
    places = [value.first for value in said.reading.values if value.kind == "place"]
    if any(_OUTSIDE & {token.text for token in tokens[max(0, at - 3) : at]} for at in places):
        return True
    if fact.regions or fact.reading.slots or any(value.kind == "place" for value in fact.reading.values):
        return False
    return any(at and tokens[at - 1].text in _PLACING for at in places)


def names_other_place(fact: Prepared, said: Said) -> bool:
    """Whether fact and clause each name a place, and none of the one lies in one of the other."""
    ours, theirs = ([value for value in side.reading.values if value.kind == "place"] for side in (fact, said))
    return bool(ours and theirs) and not any(here.agrees_with(there) for here in ours for there in theirs)


def happens_there(fact: Prepared, said: Said) -> bool:
    """Whether a clause tells an event that the fact does not speak of: "300 students protested at Larkhill"."""
    tokens = said.reading.tokens
    for mention in said.clause.mentions:
        if not mention.first or tokens[mention.first - 1].text not in _JOINTS:
            continue
        before = [term for term in said.reading.terms if term.last < mention.first and term.weight >= 1.0]
        if any(tokens[term.last].text.endswith("ed") and _is_event(term) and not _known(fact, term) for term in before):
            return True
    return False


def _is_event(term: Term) -> bool:
    """Whether a word in -ed is a verb and no adjective such as "unlimited"."""
    return term.text != "need" and not any(key.startswith("±") for key in term.keys)


def is_fragment(said: Said, anchor: Said | None) -> bool:
    """Whether a sentence without a verb follows a story: "My dog sat on it. An animal test of sorts"."""
    if anchor is None or anchor.clause.stance is not Stance.ANECDOTE:
        return False
    reading = said.reading
    return not (reading.quantities or reading.values or said.words & _VERBS or said.words & _PRONOUNS)


def _opening(tokens: Sequence[Token]) -> tuple[int, int]:
    """The words before the verb of a clause that does not name the entity; nothing when a pronoun is among them."""
    for at, token in enumerate(tokens[: _LONGEST + 1]):
        if token.text in _PRONOUNS or token.kind == "number":
            break
        if token.text in _VERBS:
            return 0, at - 1
    return 0, -1


def _before(tokens: Sequence[Token], name: int) -> tuple[int, int]:
    """The words of "the new wing" in "the new wing at NAME", when they open the clause; else nothing."""
    joint = name - 1
    while joint > 0 and tokens[joint].text in ("the", "a", "my", "our", "@", "#"):
        joint -= 1
    if joint < 1 or joint > _LONGEST or tokens[joint].text not in _JOINTS:
        return 0, -1
    return (0, joint - 1) if not any(token.text in _VERBS for token in tokens[:joint]) else (0, -1)


def _behind(tokens: Sequence[Token], name: int) -> tuple[int, int]:
    """The words of "gift shop" in "NAME gift shop was" and "NAME's gift shop was"; nothing when no verb follows."""
    for at in range(name + 1, min(len(tokens), name + _LONGEST)):
        if tokens[at].text in _VERBS or (at == name + 2 and tokens[at].text in _STANDING):
            return name + 1, at - 1
        if tokens[at].text in _TURNS or (tokens[at].kind != "word" and tokens[at].text != "'s"):
            break
    return 0, -1


def _things(said: Said, span: tuple[int, int]) -> list[Term]:
    """The words of a span that may name a thing."""
    first, last = span
    reading = said.reading
    terms = [term for term in reading.terms if first <= term.first and term.last <= last and term.weight >= 1.0]
    filled = {at for slot in reading.slots for at in range(slot.first, slot.last + 1)}
    filled |= {at for value in reading.values for at in range(value.first, value.last + 1)}
    return [
        term for term in terms if term.first not in filled and _is_thing(reading.tokens[term.last].text, term, last)
    ]


def _is_thing(word: str, term: Term, last: int) -> bool:
    """Whether a word may be a noun; "shipping" is one only at the end of its span."""
    if word.endswith("ly") or stem(word) in _NO_THINGS:
        return False
    return not word.endswith("ing") or term.last == last


def _known(fact: Prepared, term: Term) -> bool:
    own = {stem(part) for part in fact.entity.lower().split()}
    if term.text in VARIANTS and is_universal(fact.reading.tokens):
        return True
    if not fact.heads and fact.common & term.keys.keys():
        return True
    return any(ours.relation(term) for ours in fact.reading.terms) or stem(term.text) in own
