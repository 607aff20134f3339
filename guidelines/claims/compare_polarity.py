"""Compares yes and no: negation parity and opposite poles (free or paid, open or closed source)."""

from collections.abc import Sequence

from guidelines.claims.compare_hours import names_hour_alone
from guidelines.claims.compare_quantities import ALLOWANCE
from guidelines.claims.denials import (
    denies_circumstance,
    denies_name,
    known,
    misses_part,
    only_happens,
    without_alternatives,
)
from guidelines.claims.evidence import BORROWED, Evidence, Pairing, Prepared, Said, opposed_by_pole, side_by_side
from guidelines.claims.lexicon import group
from guidelines.claims.terms import Term

_EXISTENCE = group("compare_polarity existence")
_PREPOSITIONS = group("compare_polarity prepositions")
_SPECIFIC = group("polarity specific axes")
_PRESENCE = group("polarity presence")
_ENDED = frozenset({"removed", "dropped", "ditched", "scrapped", "stopped", "stops", "stop", "axed", "quit", "ceased"})
_ABSENT = group("polarity absent")
_HAVING = group("polarity having")
_NEGATED_PART = 0.55
_AROUND = 0.4
_DENIED_PART = 0.6
_WHOLE = 0.5
_NAMED = 0.65
_DELAYED = 0.55
_NEEDED = frozenset(
    {"need", "needs", "require", "requires", "required", "must", "mandatory", "compulsory", "forced", "forces"}
)
_CANNOT = frozenset(
    {"cannot", "can't", "cant", "won't", "wont", "doesn't", "doesnt", "not", "never", "useless", "unusable"}
)
_FAST = frozenset({"within", "under", "less"})
_BEHIND = 0.6
"""What a word counts that is denied only behind a preposition."""
_SAME = 0.75


def compare_polarity(fact: Prepared, said: Said, pairing: Pairing) -> Evidence | None:
    """Whether a clause affirms what the fact denies, denies what it affirms, or says the opposite."""
    flipped = _flipped(fact, said, pairing)
    if names_hour_alone(fact, said):
        flipped = [at for at in flipped if "±open" not in fact.reading.terms[at].keys]
    if not flipped:
        return _same(fact, pairing)
    if _fact_denies(fact, flipped):
        confidence = _against_denial(fact, said, pairing)
    elif _claim_denies(pairing, flipped):
        confidence = _against_affirmation(fact, said, pairing, flipped)
    else:
        confidence = _opposite(fact, said, pairing, flipped)
    if confidence <= 0:
        return None
    if _promises_speed(fact) and "never" not in said.words:
        confidence = min(confidence, _DELAYED)
    if _advertises(said, pairing, flipped):
        return None
    partner = max((p for at in flipped if (p := pairing.partners[at])), key=lambda term: term.weight)
    return Evidence(True, confidence, partner.first, partner.last, side_by_side(fact, said))


def _promises_speed(fact: Prepared) -> bool:
    """Whether a fact says how fast something is, which "it has not arrived yet" does not contradict."""
    timed = any(each.dimension == "time" and each.relation in ("<=", "<") for each in fact.reading.quantities)
    fast = timed and bool(_FAST & {token.text for token in fact.reading.tokens})
    return fast and not any(ALLOWANCE & term.keys.keys() for term in fact.reading.terms)


def _advertises(said: Said, pairing: Pairing, flipped: Sequence[int]) -> bool:
    """Whether an advertisement is one for the entity and not one in it: "that Lumivox ad", "an ad for Lumivox"."""
    tokens = said.reading.tokens
    for partner in (pairing.partners[at] for at in flipped):
        if partner is None or "~adfree" not in partner.keys:
            continue
        joint = tokens[partner.last + 1].text if partner.last + 1 < len(tokens) else ""
        if any(mention.last + 1 == partner.first for mention in said.clause.mentions) and partner.first > 1:
            return True
        if joint in ("for", "about") and any(mention.first > partner.last for mention in said.clause.mentions):
            return True
    return False


def _flipped(fact: Prepared, said: Said, pairing: Pairing) -> list[int]:
    """The terms that say the opposite, those left out whose negation another word has used up ("no unlock fee")."""
    terms = fact.reading.terms
    used_by_post = used_by_fact = False
    for at, partner in enumerate(pairing.partners):
        if partner is not None and terms[at].text and pairing.relations[at] > 0 and opposed_by_pole(terms[at], partner):
            used_by_post = used_by_post or partner.sign < 0
            used_by_fact = used_by_fact or terms[at].sign < 0
    found = [at for at, relation in enumerate(pairing.relations) if relation < 0 and _tells(fact, said, at)]
    if _both_deny(fact, pairing):
        found = [at for at in found if opposed_by_pole(terms[at], pairing.partners[at])]
    found = [at for at in found if not _of_opening(fact, said, at)]
    found = [at for at in found if not _used_up(terms[at], pairing.partners[at], used_by_post, used_by_fact)]
    return [] if _turns_twice(fact, pairing, found) or denies_circumstance(fact, found) else found


def _turns_twice(fact: Prepared, pairing: Pairing, found: Sequence[int]) -> bool:
    """Whether "flash is not allowed" meets "allowed without flash": both turned round, it is the same."""
    plain = [at for at in found if not opposed_by_pole(fact.reading.terms[at], pairing.partners[at])]
    return len({fact.reading.terms[at].sign for at in plain}) > 1


def _of_opening(fact: Prepared, said: Said, at: int) -> bool:
    """Whether a fact tells when something opens or opened, which "it is closed today" does not contradict."""
    kinds = {quantity.dimension for quantity in fact.reading.quantities}
    if "±open" not in fact.reading.terms[at].keys:
        return False
    return "date" in kinds or ("clock" in kinds and not _same_day(fact, said))


def _same_day(fact: Prepared, said: Said) -> bool:
    """Whether a clause says of a day on which the fact says "open" that it is closed."""
    days = {value.name for value in fact.reading.values if value.kind == "weekday"}
    closed = any(term.keys.get("±open", 0) * term.sign < 0 for term in said.reading.terms)
    return closed and any(value.name in days for value in said.reading.values)


def _both_deny(fact: Prepared, pairing: Pairing) -> bool:
    """Whether fact and post deny the same thing, so that a word caught in only one negation says nothing."""
    return any(
        partner is not None and term.sign < 0 and partner.sign < 0 and _bare(term)
        for term, partner in zip(fact.reading.terms, pairing.partners, strict=True)
    )


def _used_up(term: Term, partner: Term | None, used_by_post: bool, used_by_fact: bool) -> bool:
    if partner is None or opposed_by_pole(term, partner):
        return False
    return (used_by_post and partner.sign < 0) or (used_by_fact and term.sign < 0)


def _tells(fact: Prepared, said: Said, at: int) -> bool:
    """Whether a term counts: a slight one does where it is all that the fact denies, and the clause calls it needed."""
    terms = fact.reading.terms
    only = terms[at].sign < 0 and not any(term.sign < 0 and _counts(term) for term in terms)
    needed = bool(said.words & _NEEDED) or ("without" in said.words and bool(said.words & _CANNOT))
    return _counts(terms[at]) or (only and needed)


def _counts(term: Term) -> bool:
    return term.weight > 0.2


def _same(fact: Prepared, pairing: Pairing) -> Evidence | None:
    keep = [at for at, term in enumerate(fact.reading.terms) if _counts(term)]
    score = pairing.score(fact.weights, keep)
    own = [term for at in keep if (term := pairing.partners[at]) is not None and pairing.shares[at] == 1.0]
    if score < _SAME or not own:
        return None
    if fact.reading.quantities and not any(_bare(term) and not _is_price(fact, term) for term in fact.reading.terms):
        return None
    first, last = min(term.first for term in own), max(term.last for term in own)
    return Evidence(
        False, 0.6 + 0.3 * score - 0.2 * bool(fact.reading.quantities), first, last, "The post says the same."
    )


def _is_price(fact: Prepared, term: Term) -> bool:
    """Whether a word such as "costs" only announces the amount."""
    return "±pay" in term.keys and any(quantity.dimension == "money" for quantity in fact.reading.quantities)


def _bare(term: Term) -> bool:
    return term.weight >= 1.0


def _fact_denies(fact: Prepared, flipped: Sequence[int]) -> bool:
    return any(fact.reading.terms[at].sign < 0 for at in flipped)


def _claim_denies(pairing: Pairing, flipped: Sequence[int]) -> bool:
    return any((partner := pairing.partners[at]) is not None and partner.sign < 0 for at in flipped)


def _against_denial(fact: Prepared, said: Said, pairing: Pairing) -> float:
    """The post affirms: all that the fact denies must be in it, or it may be speaking of something else."""
    denied = [at for at, term in enumerate(fact.reading.terms) if term.sign < 0 and _tells(fact, said, at)]
    affirmed = [at for at in denied if pairing.relations[at] < 0]
    kept = [at for at in denied if pairing.relations[at] > 0 and pairing.shares[at] > BORROWED]
    if not denied or len(kept) > len(affirmed):
        return 0.0
    if _denies_the_opposite(fact, pairing, denied) or _merely_needs(fact, said):
        return 0.0
    denied = without_alternatives(fact, denied, affirmed)
    if only_happens(fact, said, pairing, affirmed) or misses_part(fact, denied, affirmed):
        return 0.0
    core = _core(fact, denied)
    weights = {at: fact.weights[at] * (1.0 if at in core else 0.4) for at in denied}
    covered = sum(weights[at] * pairing.shares[at] for at in affirmed) / sum(weights.values())
    outside = [at for at, term in enumerate(fact.reading.terms) if term.sign > 0 and _counts(term)]
    around = pairing.score(_stressed(fact, pairing), outside)
    if covered < _NEGATED_PART or not (max(core) in affirmed or len(core & set(affirmed)) > 0.75 * len(core)):
        return 0.0
    if (
        around < _AROUND
        and outside
        and all(_is_general(fact.reading.terms[at], pairing.partners[at]) for at in affirmed)
    ):
        return 0.0
    return 0.55 + 0.4 * covered - (0.15 if around < 0.3 and outside else 0.0)


def _is_general(term: Term, partner: Term | None) -> bool:
    """Whether what the two share, such as "free" or "must", may be said of anything."""
    if partner is None or " " in term.text:
        return False
    shared = term.keys.keys() & partner.keys.keys()
    return any(key.startswith("±") and key not in _SPECIFIC for key in shared)


def _denies_the_opposite(fact: Prepared, pairing: Pairing, denied: Sequence[int]) -> bool:
    """Whether the post affirms the very opposite of what is denied: "fake fur" against "never real fur"."""
    return any(
        pairing.relations[at] > 0 and partner is not None and opposed_by_pole(fact.reading.terms[at], partner)
        for at in denied
        for partner in (pairing.partners[at],)
    )


def _merely_needs(fact: Prepared, said: Said) -> bool:
    """ "It needs a free plan" does not say that there is one."""
    return bool(said.words & {"needs", "need"}) and bool(
        {token.text for token in fact.reading.tokens} & {"has", "offers"}
    )


def _core(fact: Prepared, denied: Sequence[int]) -> set[int]:
    """What is denied before the first preposition: "carry pets" of "does not carry pets in the cabin"."""
    tokens = fact.reading.tokens
    first = fact.reading.terms[denied[0]]
    stop = next((at for at in range(first.last + 1, len(tokens)) if tokens[at].text in _PREPOSITIONS), len(tokens))
    core = [at for at in denied if fact.reading.terms[at].first < stop]
    if len(core) > 1 and _PRESENCE & fact.reading.terms[core[-1]].keys.keys():
        core.pop()
    return set(core) or set(denied)


def _against_affirmation(fact: Prepared, said: Said, pairing: Pairing, flipped: Sequence[int]) -> float:
    """The post denies: all that it denies must be in the fact."""
    denied = [term for term in said.reading.terms if term.sign < 0 and _counts(term)]
    matched = [term for term in denied if any(pairing.partners[at] is term for at in flipped) or known(fact, term)]
    first = _first_denied(said, denied) if denied else []
    shares = {term.first: term.weight * (1.0 if term in first else _BEHIND) for term in denied}
    covered = sum(shares[term.first] for term in matched) / sum(shares.values()) if denied else 0.0
    if covered < _DENIED_PART or not any(term in matched for term in first):
        return 0.0
    if "nothing" in said.words and covered == 1.0:
        return 0.65
    whole = pairing.score(_stressed(fact, pairing), [at for at, term in enumerate(fact.reading.terms) if _counts(term)])
    if pairing.topic.sole:
        whole = max(whole, _WHOLE)
    if not pairing.topic.sole and _lacks_subject(fact, pairing, flipped):
        return 0.45 if whole >= 0.34 else 0.0
    if _denies_existence(said, matched) and _is_head(fact, flipped):
        return 0.6 + 0.35 * covered
    named = denies_name(fact, said, pairing, flipped, first)
    if named or (covered == 1.0 and _denies_predicate(fact, pairing, flipped)):
        return _NAMED
    if whole < _WHOLE:
        return 0.45 if whole >= 0.34 else 0.0
    return 0.5 + 0.25 * covered + 0.2 * whole


def _first_denied(said: Said, denied: Sequence[Term]) -> list[Term]:
    """What a post denies before the first preposition: the coffee of "no coffee in the restaurant car"."""
    tokens = said.reading.tokens
    stop = next((at for at in range(denied[0].last + 1, len(tokens)) if tokens[at].text in _PREPOSITIONS), len(tokens))
    return [term for term in denied if term.first < stop]


def _lacks_subject(fact: Prepared, pairing: Pairing, flipped: Sequence[int]) -> bool:
    """Whether only a word such as "free" is denied, and of something that the fact does not speak of."""
    if not all(_is_general(fact.reading.terms[at], pairing.partners[at]) for at in flipped):
        return False
    rest = [at for at, term in enumerate(fact.reading.terms) if _counts(term) and at not in flipped]
    return bool(rest) and pairing.score(_stressed(fact, pairing), rest) < _AROUND


def _denies_predicate(fact: Prepared, pairing: Pairing, flipped: Sequence[int]) -> bool:
    """Whether the very first thing that the fact says of its entity is denied: "can't cancel", "doesn't refund"."""
    first = next((at for at, term in enumerate(fact.reading.terms) if term.weight >= 1.0), -1)
    return (
        first in flipped
        and first not in fact.heads
        and not _is_general(fact.reading.terms[first], pairing.partners[first])
        and fact.reading.terms[first].sign > 0
    )


def _denies_existence(said: Said, denied: Sequence[Term]) -> bool:
    """Whether it says that there is none: "no app", "doesn't have an app", "without"."""
    if not denied:
        return False
    words = {said.reading.tokens[at].text for at in said.reading.scope.negators if at < denied[0].first}
    if words & _ENDED:
        return True
    return bool(words & _ABSENT) or (bool(words & _EXISTENCE) and bool(said.words & _HAVING))


def _is_head(fact: Prepared, flipped: Sequence[int]) -> bool:
    """Whether what is denied is a main word of the fact and not a side remark."""
    heaviest = max((fact.weights[at] for at in range(len(fact.weights))), default=0.0)
    return any(fact.weights[at] >= 0.6 * heaviest for at in flipped)


def _opposite(fact: Prepared, said: Said, pairing: Pairing, flipped: Sequence[int]) -> float:
    """Opposite poles, neither negated: what stands around them must be the same thing."""
    rest = [at for at, term in enumerate(fact.reading.terms) if _counts(term) and at not in flipped]
    rest = [at for at in rest if not _of_amount(fact, at)]
    strangers = [term for term in _subject(said) if not known(fact, term) and term.weight >= 1.0]
    rest = [at for at in rest if pairing.partners[at] is not None or not _of_value(fact, at)]
    score = pairing.score(_stressed(fact, pairing), rest)
    if pairing.topic.sole and rest and any(pairing.relations[at] > 0 for at in rest):
        score = max(score, _WHOLE)
    if _is_other_price(fact, pairing, flipped, rest):
        return 0.0
    if all("±pay" in fact.reading.terms[at].keys for at in flipped) and score < 0.55 and not pairing.topic.sole:
        return 0.0
    first = not any(at < min(flipped) for at in rest)
    if (first or not strangers) and _speaks_for_itself(fact, pairing, flipped):
        score = max(score, 0.75)
    if score < 0.4:
        return 0.0
    if strangers and score < 0.99 and rest:
        return 0.5 if score < 0.6 else 0.7
    return 0.7 + 0.2 * score if not strangers else 0.62 + 0.2 * score


def _is_other_price(fact: Prepared, pairing: Pairing, flipped: Sequence[int], rest: Sequence[int]) -> bool:
    """Whether only an amount of money meets "free" in a fact about more: "$150 a year" and "free for 14 days"."""
    priced = all((partner := pairing.partners[at]) is not None and not partner.text for at in flipped)
    named = any(fact.reading.terms[at].weight >= 1.0 and pairing.relations[at] > 0 for at in rest)
    return priced and not named and bool(fact.reading.quantities)


def _stressed(fact: Prepared, pairing: Pairing) -> list[float]:
    """The weights, with what the statement is about counting three times where the post names it."""
    named = {at for at in fact.heads if pairing.partners[at] is not None}
    return [weight * (3.0 if at in named else 1.0) for at, weight in enumerate(fact.weights)]


def _speaks_for_itself(fact: Prepared, pairing: Pairing, flipped: Sequence[int]) -> bool:
    """Whether the opposites belong to an axis such as open or closed source, which needs no further subject."""
    return any(
        partner is not None and fact.reading.terms[at].keys.keys() & partner.keys.keys() & _SPECIFIC
        for at in flipped
        for partner in (pairing.partners[at],)
    )


def _of_amount(fact: Prepared, at: int) -> bool:
    term = fact.reading.terms[at]
    return any(quantity.first <= term.first <= quantity.last for quantity in fact.reading.quantities)


def _of_value(fact: Prepared, at: int) -> bool:
    term = fact.reading.terms[at]
    return any(value.first <= term.first <= value.last for value in fact.reading.values)


def _subject(said: Said) -> list[Term]:
    """The words before the verb: what the clause is about, apart from the entity itself."""
    verbs = {
        "is",
        "are",
        "was",
        "were",
        "isn't",
        "aren't",
        "has",
        "have",
        "does",
        "doesn't",
        "can",
        "can't",
        "will",
        "do",
        "don't",
    }
    verb = next((at for at, token in enumerate(said.reading.tokens) if token.text in verbs), None)
    return [term for term in said.reading.terms if verb is not None and term.last < verb]
