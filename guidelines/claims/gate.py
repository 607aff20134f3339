"""What kind of utterance a clause is: only a plain assertion may be held against a fact."""

from collections.abc import Sequence
from enum import StrEnum

from guidelines.claims.lexicon import Phrases, by_first_word, group, phrases
from guidelines.claims.text import Token


class Stance(StrEnum):
    """How a clause is meant."""

    ASSERTION = "assertion"
    QUESTION = "question"
    WISH = "wish"
    HYPOTHETICAL = "hypothetical"
    JOKE = "joke"
    OPINION = "opinion"
    HEDGED = "hedged"
    ANECDOTE = "anecdote"
    PAST = "past"
    FUTURE = "future"
    OTHER = "about someone else"


SILENT = frozenset({Stance.QUESTION, Stance.WISH, Stance.HYPOTHETICAL, Stance.JOKE, Stance.OTHER, Stance.PAST})
"""Stances that say nothing about how things are."""

DOUBTFUL = frozenset({Stance.HEDGED, Stance.ANECDOTE, Stance.FUTURE, Stance.OPINION})
"""Stances that may be worth a look, and never worth a correction."""

_INVERTED = group("gate inverted")
_ASKING = group("gate asking")
_SUBJECTS = group("gate subjects")


_QUESTIONS = phrases("gate questions")
_WHY_ASKED = phrases("gate why asked")
_WISHES = phrases("gate wishes")
_HYPOTHETICALS = phrases("gate hypotheticals")
_JOKES = phrases("gate jokes")
_CREATIVE = phrases("gate creative")
_OPENING_JOKES = phrases("gate opening jokes")
_JOKE_SIGNS = frozenset("🙄🙃😜😝🤡")
_HEDGES = phrases("gate hedges")
_LATE_HEDGES = phrases("gate late hedges")
_OPINIONS = phrases("gate opinions")
_ADVICE = phrases("gate advice")
_PAST = phrases("gate past")
_FUTURE = phrases("gate future")
_OUTCRIES = phrases("gate outcries")
_SHORT_OUTCRY = 5
_EPISODES = phrases("gate episodes")
_KNOWING = group("gate knowing")
_DIARY = group("gate diary")
_NO_PAST = ("un", "limited", "need", "speed")
_BEFORE_MONTH = frozenset({"in", "since", "last", "this", "of", "by", "until", "from", "early", "late", "mid"})
_LASTING = group("gate lasting")
_DAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "christmas", "easter"})
_CONDITIONS = by_first_word("if", "when", "imagine", "suppose", "unless", "in case")
_UNTIL = by_first_word("until", "till")
_BEFORE_CAREER = frozenset({"a", "an", "by", "two", "three", "some", "of"})
_MADE = frozenset({"made", "built", "sold", "grown"})
_EXPERIENCED = group("gate experienced")
_PARTICIPLES = group("gate participles")
_AFTER_PARTICIPLE = group("gate after participle")
_FILLERS = group("gate fillers")
_FOR_US = by_first_word("for us", "told us", "charged us", "gave us")
_SELF = frozenset({"me", "my", "mine", "myself", "our", "us"})
_MET = frozenset({"found", "discovered", "heard", "learned", "saw"})
_MEANS = frozenset({"through", "via", "thanks", "ad", "advert", "podcast", "friend"})
_USING = frozenset({"use", "used", "using", "need", "needed", "spent", "paid"})
_SUBJECT = 4
_FIRST = group("gate first")
_MINE = group("gate mine")
_REFUTING_AFTER = phrases("gate refuting after")
_REFUTING_BEFORE = phrases("gate refuting before")
_WEAK_BEFORE = phrases("gate weak before")
_STRONG_BEFORE = {
    first: [phrase for phrase in listed if phrase not in _WEAK_BEFORE.get(first, ())]
    for first, listed in _REFUTING_BEFORE.items()
}
_REPORTING = group("gate reporting")
_DENIALS = phrases("gate denials")


def contains(tokens: Sequence[Token], phrases: Phrases) -> bool:
    """Whether any of the phrases stands in the tokens."""
    texts = tuple(token.text for token in tokens)
    return any(_begins(texts[at:], phrases) for at in range(len(texts)) if texts[at] in phrases)


def _begins(texts: tuple[str, ...], phrases: Phrases) -> bool:
    return any(texts[: len(phrase)] == phrase for phrase in phrases.get(texts[0], ()))


def _opens(tokens: Sequence[Token], phrases: Phrases) -> bool:
    return bool(tokens) and _begins(tuple(token.text for token in tokens[:6]), phrases)


def stance_of(clause: Sequence[Token], sentence: Sequence[Token]) -> Stance:
    """How a clause is meant, from its own words and the end of its sentence."""
    if is_question(clause, sentence):
        return Stance.QUESTION
    if contains(sentence, _JOKES) or _opens(sentence, _OPENING_JOKES) or _winks(sentence):
        return Stance.JOKE
    for listed, stance in (
        (_WISHES, Stance.WISH),
        (_HYPOTHETICALS, Stance.HYPOTHETICAL),
        (_PAST, Stance.PAST),
        (_HEDGES, Stance.HEDGED),
    ):
        if contains(_plain(clause, stance), listed):
            return stance
    if _is_hedged(clause, sentence):
        return Stance.HEDGED
    if _opens(sentence, _CONDITIONS) and not _follows_when(clause, sentence):
        return Stance.HYPOTHETICAL
    if _opens(sentence, _UNTIL):
        return Stance.PAST
    return _personal(clause, opens=bool(clause) and bool(sentence) and clause[0] is sentence[0])


def _is_hedged(clause: Sequence[Token], sentence: Sequence[Token]) -> bool:
    """Whether a doubt stands before a clause in its sentence, or takes all of it back: "but I may be wrong"."""
    before = [token for token in sentence if clause and token.start <= clause[0].start]
    return contains(before, _HEDGES) or contains(sentence, _LATE_HEDGES)


def _follows_when(clause: Sequence[Token], sentence: Sequence[Token]) -> bool:
    """Whether a clause tells what is so "when" something happens, which is how things are."""
    return sentence[0].text == "when" and bool(clause) and clause[0] is not sentence[0]


def _plain(clause: Sequence[Token], stance: Stance) -> Sequence[Token]:
    """A clause without the words that only look like marks of a stance."""
    if stance is Stance.HEDGED:
        return _without_month(clause)
    return _without_career(clause) if stance is Stance.PAST else clause


def _is_lasting(clause: Sequence[Token]) -> bool:
    """Whether what happened "years ago" still holds: somebody bought, founded or moved something."""
    return any(token.text in _LASTING for token in clause)


def _without_career(clause: Sequence[Token]) -> list[Token]:
    """A clause without the "former" of somebody brought in by their trade: "started by a former mechanic"."""
    return [
        token
        for at, token in enumerate(clause)
        if not (token.text in ("former", "ex") and at and clause[at - 1].text in _BEFORE_CAREER)
        and not (token.text == "ago" and _is_lasting(clause))
    ]


def _without_month(clause: Sequence[Token]) -> list[Token]:
    """A clause without "May" where it is a month, or where it warns: "may contain nuts"."""
    return [token for at, token in enumerate(clause) if token.text != "may" or not _is_no_guess(clause, at)]


def _is_no_guess(clause: Sequence[Token], at: int) -> bool:
    before = clause[at - 1].text if at else ""
    following = clause[at + 1] if at + 1 < len(clause) else None
    dated = following is None or following.kind == "number"
    return before in _BEFORE_MONTH or dated or (following is not None and following.text == "contain")


def _personal(clause: Sequence[Token], *, opens: bool) -> Stance:
    if contains(clause, _FUTURE):
        return Stance.FUTURE
    if is_anecdote(clause, opens=opens):
        return Stance.ANECDOTE
    return Stance.OPINION if contains(clause, _OPINIONS) or _opens(clause, _ADVICE) else Stance.ASSERTION


def _winks(sentence: Sequence[Token]) -> bool:
    return any(token.text in _JOKE_SIGNS for token in sentence) and any(
        token.text in ("sure", "totally", "yeah", "right", "wow", "amazing", "love") for token in sentence
    )


def is_question(clause: Sequence[Token], sentence: Sequence[Token]) -> bool:
    """Whether a clause asks: by its mark, its word order, or its phrase."""
    if sentence and any(token.text == "?" for token in sentence[-3:]):
        return True
    if _opens(sentence, _WHY_ASKED):
        return True
    if contains(clause, _QUESTIONS):
        return True
    words = [token.text for token in clause if token.kind == "word"]
    while words and words[0] in ("so", "and", "but", "hey", "hi", "ok", "um", "hmm", "wait", "well", "also", "just"):
        words = words[1:]
    if len(words) < 2 or words[:3] == ["did", "you", "know"]:
        return False
    if words[0] in _INVERTED and words[0] not in ("do", "don't", "dont", "have", "did", "can't", "didn't"):
        return True
    if words[0] in ("do", "did", "have", "don't", "didn't", "can't") and words[1] in _SUBJECTS:
        return True
    return words[0] in _ASKING


def is_anecdote(clause: Sequence[Token], *, opens: bool) -> bool:
    """Whether a clause tells what happened to its author, rather than how things are."""
    words = [token.text for token in clause if token.kind == "word"]
    while words and words[0] in ("and", "but", "so", "just", "finally", "today", "yesterday", "lol", "also", "then"):
        words = words[1:]
    if not words:
        return False
    if opens and (_is_diary(words) or _counts_things(clause)):
        return True
    for at, word in enumerate(words[:8]):
        if word in _FIRST:
            return _tells_of_self(words[at + 1 :])
        if word in _MINE and at < _SUBJECT:
            return True
    if any(word in ("me", "myself", "mine") or word in _EXPERIENCED for word in words) or contains(clause, _FOR_US):
        return True
    return any(
        word in ("in", "at", "on", "where") and words[at + 1] in ("my", "our", "i")
        for at, word in enumerate(words[:-1])
    )


def _tells_of_self(words: Sequence[str]) -> bool:
    """Whether what follows "I" is an experience rather than a judgement: "I found Lumivox through an ad"."""
    if (_MET & set(words[:2]) and _MEANS & set(words)) or _SELF & set(words):
        return True
    if _USING & set(words[:3]):
        return True
    verbs = [word for word in words if word not in _FILLERS]
    return not any(near in _KNOWING for near in verbs[:1])


def _counts_things(clause: Sequence[Token]) -> bool:
    """ "Sent 500 euros": a past tense with an amount right behind it."""
    past = clause[0].text in _DIARY or (clause[0].text.endswith("ed") and not clause[0].text.startswith(_NO_PAST))
    return past and len(clause) > 1 and clause[1].kind != "word" and clause[1].text not in ",:.!"


def _is_diary(words: Sequence[str]) -> bool:
    """ "Sold my …", "uploaded 5 GB": a past tense without a subject, and no "founded in", "owned by"."""
    following = words[1] if len(words) > 1 else ""
    if words[0] in _DIARY:
        return not (words[0] in _MADE and following in _AFTER_PARTICIPLE)
    past = words[0].endswith("ed") and len(words[0]) > 4 and not words[0].startswith(_NO_PAST)
    return past and bool(following) and not (words[0] in _PARTICIPLES and following in _AFTER_PARTICIPLE)


def is_outcry(sentence: Sequence[Token], following: Sequence[Token]) -> bool:
    """Whether a question mark only marks disbelief: "$600 for it??? Insane."."""
    words = [token for token in following if token.kind == "word"]
    plain = [token for token in sentence if token.text != "?"]
    if sentence[-1].text != "?" or not words or len(words) > _SHORT_OUTCRY or not contains(following, _OUTCRIES):
        return False
    stated = any(token.kind == "number" or token.text == "no" for token in plain)
    return stated and not is_question(plain, plain)


def is_episode(clause: Sequence[Token]) -> bool:
    """Whether a clause tells what was on one day: "was closed last Tuesday"."""
    dated = contains(clause, _EPISODES) or any(
        token.text in _DAYS and at and clause[at - 1].text in ("on", "last", "this") for at, token in enumerate(clause)
    )
    return dated and any(token.text in ("was", "were", "had", "got", "took") for token in clause)


def is_creative(sentence: Sequence[Token]) -> bool:
    """Whether a sentence announces a poem, a story or a game, in which nothing is claimed."""
    return contains(sentence, _CREATIVE)


def opens_as_participle(clause: Sequence[Token]) -> bool:
    """Whether a clause says something of the name behind it: "founded in 1999, Lumivox is …"."""
    return len(clause) > 1 and clause[0].text in _PARTICIPLES and clause[1].text in _AFTER_PARTICIPLE


def refutes_before(clause: Sequence[Token]) -> bool:
    """Whether a clause reports a claim in order to reject it ("contrary to …", "stop saying …")."""
    return contains(clause, _REFUTING_BEFORE)


def merely_reports(clause: Sequence[Token]) -> bool:
    """Whether the words that report a claim leave open what their author thinks of it."""
    return contains(clause, _WEAK_BEFORE) and not contains(clause, _STRONG_BEFORE)


def rejects(clause: Sequence[Token]) -> bool:
    """Whether a clause calls something said before it false."""
    return contains(clause, _REFUTING_AFTER)


def reports(clause: Sequence[Token]) -> bool:
    """Whether a clause tells what someone else says."""
    return any(token.text in _REPORTING for token in clause)


def denies(clause: Sequence[Token]) -> bool:
    """Whether a clause opens like an answer that denies or overrules what was just said."""
    words = list(clause)
    while words and words[0].text in ("lol", "lmao", "haha", "but", "and", "um", "er", "well"):
        words.pop(0)
    return _opens(words, _DENIALS)
