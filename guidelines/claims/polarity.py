"""Which words of a clause stand under a negation, with double negation undone."""

from collections.abc import Sequence
from dataclasses import dataclass

from guidelines.claims.lexicon import Phrases, by_first_word, group
from guidelines.claims.numbers import counts_nothing
from guidelines.claims.quantities import Quantity
from guidelines.claims.text import Token

_NEGATORS = group("polarity negators")
_CONCORD = group("polarity concord")
_VERBAL = group("polarity verbal")
_PHRASES = by_first_word(
    "stop",
    "stopped",
    "stops",
    "quit",
    "ceased",
    "refuse to",
    "refuses to",
    "refused to",
    "fails to",
    "failed to",
    "fail to",
    "unable to",
    "impossible to",
    "free of",
    "free from",
    "anything but",
    "far from",
    "devoid of",
    "except",
    "deny",
    "denies",
    "denied",
    "instead of",
    "rather than",
    "yet to",
    "myth that",
    "lie that",
    "false that",
    "untrue that",
    "absence of",
    "got rid of",
    "dropped support",
    "ditched",
    "scrapped",
    "lost its",
    "lost their",
    "axed",
    "removed the",
    "removed their",
    "removed its",
    "removes the",
    "dropped the",
    "ditched the",
)
_HARMLESS = by_first_word(
    "not only",
    "not just",
    "no doubt",
    "no problem",
    "no problems",
    "no wonder",
    "no questions",
    "no question",
    "no matter",
    "no joke",
    "no kidding",
    "no cap",
    "no thanks",
    "no idea",
    "no issue",
    "no issues",
    "no worries",
    "no offense",
    "no less",
    "no more than",
    "no fewer",
    "not bad",
    "not sure",
    "not gonna lie",
    "not surprised",
    "not more",
    "not even",
    "not less",
    "stop saying",
    "stop spreading",
    "stop claiming",
    "stop telling",
    "stop pretending",
    "quit saying",
    "why not",
    "whether or not",
    "or not",
    "can't wait",
    "cant wait",
    "can't believe",
    "cant believe",
    "can't complain",
    "don't forget",
    "don't worry",
    "doesn't matter",
    "don't know",
    "didn't know",
    "didn't realise",
    "didn't realize",
    "don't get me",
    "nothing but",
    "no brainer",
    "never knew",
    "never mind",
    "no 1",
    "no .",
    "don't let",
    "isn't bad",
)
_BANNED = group("polarity banned")
_COPULAS = frozenset({"is", "are", "was", "were", "be"})
_COPULAS_DENIED = frozenset(
    {"isn't", "aren't", "wasn't", "weren't", "isnt", "arent", "wasnt", "werent", "ain't", "aint"}
)
_ENDS = frozenset({",", ";", ":", "but", "and", "that"})
_BEFORE_LEAVING = frozenset({"can", "can't", "cant", "cannot", "could", "couldn't", "to"})
_WITHOUT = group("polarity without")
_VERBS = group("polarity verbs")
_FREE_OF = group("polarity free of")
_NEW_SUBJECTS = group("polarity new subjects")


@dataclass(frozen=True, slots=True)
class Scope:
    """The sign of every token of a clause, and where the negations stand."""

    signs: tuple[int, ...]
    negators: frozenset[int]
    needs: tuple[int, ...] = ()
    """Where "without" says, behind another negation, that something is needed: "can't sign up without a phone"."""

    def sign_of(self, at: int) -> int:
        """-1 when the token stands under an odd number of negations."""
        return self.signs[at] if at < len(self.signs) else 1

    def sign(self, first: int, last: int) -> int:
        """The sign of a phrase; a negation inside a phrase is part of its meaning."""
        return self.signs[first] if first <= last < len(self.signs) else 1

    @property
    def negated(self) -> bool:
        """Whether anything is negated at all."""
        return bool(self.negators)


def is_negator(word: str) -> bool:
    """Whether a single word negates."""
    return word in _NEGATORS or word.endswith("n't")


def scope_of(tokens: Sequence[Token], phrases: Sequence[tuple[int, int]], quantities: Sequence[Quantity]) -> Scope:
    """Negations flip all that follows in the clause; "sugar-free" and "non-stick" flip one word."""
    inside = {at for first, last in phrases for at in range(first, last + 1)}
    inside |= {at for quantity in quantities for at in range(quantity.first, quantity.last + 1)}
    signs: list[int] = []
    negators: set[int] = set()
    needs: list[int] = []
    parity, verbal, at = 1, False, 0
    lacking = False
    while at < len(tokens):
        if _starts_anew(tokens, at) or (lacking and tokens[at].text in _VERBS):
            parity, verbal, lacking = 1, False, False
        harmless = _phrase_length(tokens, at, _HARMLESS)
        length = 0 if harmless or at in inside else _negation_length(tokens, at)
        if harmless:
            signs += [parity] * harmless
        elif length and not (verbal and tokens[at].text in _CONCORD):
            negators |= set(range(at, at + length))
            lacking = tokens[at].text in _WITHOUT
            if lacking and verbal and parity > 0:
                needs.append(at)
                signs[max(negators - {at}) :] = [1] * (len(signs) - max(negators - {at}))
            parity, verbal = -parity, verbal or _is_verbal(tokens[at].text)
            signs += [parity] * length
        else:
            signs.append(parity)
            length = 1
        at += harmless or length
    _flip_subject(tokens, signs, negators)
    _flip_single_words(tokens, signs, negators, inside)
    return Scope(tuple(signs[: len(tokens)]), frozenset(negators), tuple(needs))


def _starts_anew(tokens: Sequence[Token], at: int) -> bool:
    """Whether a new clause begins, which an earlier negation does not reach."""
    word = tokens[at].text
    if word in (";", ":", "but"):
        return True
    following = tokens[at + 1].text if at + 1 < len(tokens) else ""
    return word in ("and", ",") and following in _NEW_SUBJECTS


def _is_verbal(word: str) -> bool:
    return word in _VERBAL or word.endswith("n't") or word in ("dont", "doesnt", "aint", "didnt", "cant", "wont")


def _negation_length(tokens: Sequence[Token], at: int) -> int:
    word = tokens[at].text
    if counts_nothing(tokens, at):
        return 2 if tokens[at + 1].text == "%" else 1
    if tokens[at].kind == "word" and is_negator(word):
        if word in ("non", "un"):
            return 0
        return 2 if word == "no" and at + 1 < len(tokens) and tokens[at + 1].text in ("longer", "one") else 1
    return _phrase_length(tokens, at, _PHRASES)


def _phrase_length(tokens: Sequence[Token], at: int, phrases: Phrases) -> int:
    for phrase in phrases.get(tokens[at].text, ()):
        if tuple(token.text for token in tokens[at : at + len(phrase)]) == phrase:
            return 0 if _is_no_denial(tokens, at, phrase) else len(phrase)
    return 0


def _is_no_denial(tokens: Sequence[Token], at: int, phrase: tuple[str, ...]) -> bool:
    """Whether the words deny nothing here: "free from £40", "you can't quit early"."""
    if phrase == ("free", "from"):
        return _is_amount(tokens, at + 2)
    return phrase == ("quit",) and at > 0 and tokens[at - 1].text in _BEFORE_LEAVING


def _is_amount(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and (tokens[at].kind == "number" or tokens[at].text in ("£", "$", "€"))


def _flip_subject(tokens: Sequence[Token], signs: list[int], negators: set[int]) -> None:
    """ "Smoking is not allowed" denies the smoking as well."""
    for at in range(len(tokens)):
        joint = tokens[at].text in _COPULAS_DENIED or (
            tokens[at].text == "not" and at > 0 and tokens[at - 1].text in _COPULAS
        )
        if not joint or not _BANNED & {token.text for token in tokens[at + 1 : at + 4]}:
            continue
        first = next((back for back in range(at, 0, -1) if tokens[back - 1].text in _ENDS), 0)
        if not any(number in negators for number in range(first, at)):
            signs[first:at] = [-sign for sign in signs[first:at]]


def _flip_single_words(tokens: Sequence[Token], signs: list[int], negators: set[int], inside: set[int]) -> None:
    for at, token in enumerate(tokens):
        if token.text == "non" and at + 1 < len(tokens) and at not in inside:
            signs[at + 1] = -signs[at + 1]
            negators.add(at)
        if token.text in ("free", "less") and at and at not in inside and _frees(tokens, at):
            signs[at - 1] = -signs[at - 1]
            if at >= 2 and tokens[at - 2].text in ("added", "refined", "palm", "animal", "data", "cage"):
                signs[at - 2] = -signs[at - 2]
            negators.add(at)


def _frees(tokens: Sequence[Token], at: int) -> bool:
    before = tokens[at - 1].text
    return (tokens[at].hyphenated and tokens[at - 1].kind == "word") or before in _FREE_OF
