"""Numbers as people write them: digits, words, "10k", "two and a half", "a couple of"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from guidelines.claims.lexicon import entries
from guidelines.claims.text import Token

_ENGLISH_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_CONTINENTAL_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?|\d{1,3}(?:\.\d{3})+,\d+")
_ATTACHED_ONLY = frozenset({"k", "m", "b", "mn", "bn"})
_LONGEST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Number:
    """A number and the tokens it takes; `step` is the weight of its last written digit."""

    value: float
    first: int
    last: int
    step: float
    digits: bool


@cache
def _words() -> dict[str, float]:
    return {word: float(value) for word, value in entries("numbers") if not value.startswith("x")}


@cache
def _multipliers() -> dict[str, float]:
    return {word: float(value[1:]) for word, value in entries("numbers") if value.startswith("x")}


def number_at(tokens: Sequence[Token], at: int) -> Number | None:
    """The number that begins at a token, if one does."""
    token = tokens[at]
    if counts_nothing(tokens, at) or _is_no_number(tokens, at):
        return None
    if token.kind == "number" and token.attached and at and tokens[at - 1].kind == "word":
        return None
    if token.kind == "number":
        return _scaled(tokens, _from_digits(token, at))
    if token.kind != "word":
        return None
    if token.text in ("a", "an"):
        return _from_article(tokens, at)
    if token.text in ("half", "couple"):
        return _from_part(tokens, at)
    if token.text in _words():
        return _scaled(tokens, _from_words(tokens, at))
    return _bare_multiplier(tokens, at)


def counts_nothing(tokens: Sequence[Token], at: int) -> bool:
    """Whether a token is the "0" of "0 ads": no amount, but a negation of what follows."""
    if tokens[at].text not in ("0", "zero", "nil"):
        return False
    if at + 1 < len(tokens) and tokens[at + 1].text == "%":
        return True
    following = _word(tokens, at + 1)
    return (
        following.isalpha()
        and len(following) > 2
        and following not in ("percent", "per", "euros", "dollars", "pounds", "point")
    )


def _is_no_number(tokens: Sequence[Token], at: int) -> bool:
    """Whether "one" is a name ("the One plan") or a pronoun ("one of the best")."""
    return tokens[at].text == "one" and (
        (at > 0 and tokens[at].capital and not tokens[at].raw.isupper()) or _word(tokens, at + 1) == "of"
    )


def _from_digits(token: Token, at: int) -> Number:
    text = token.text[:_LONGEST_DIGITS].rstrip(".,")
    if _ENGLISH_GROUPS.fullmatch(text):
        text = text.replace(",", "")
    elif _CONTINENTAL_GROUPS.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    else:
        text = text.replace(",", ".")
    whole, _, rest = text.partition(".")
    rest = rest.replace(".", "")
    value = float(f"{whole}.{rest or 0}")
    return Number(value, at, at, 10.0 ** -len(rest) if rest else _whole_step(whole), digits=True)


def _whole_step(whole: str) -> float:
    zeros = len(whole) - len(whole.rstrip("0"))
    return 10.0**zeros if zeros >= 3 and whole.rstrip("0") else 1.0


def _from_words(tokens: Sequence[Token], at: int) -> Number:
    value = _words()[tokens[at].text]
    last = at
    following = _word(tokens, at + 1)
    if value >= 20 and 0 < _words().get(following, 0) < 10:
        value += _words()[following]
        last += 1
    return Number(value, at, last, 1.0, digits=False)


def _scaled(tokens: Sequence[Token], number: Number) -> Number:
    """Apply "thousand", "k", "and a half" after a number."""
    value, last, step = number.value, number.last, number.step
    while (scale := _multiplier(tokens, last + 1)) is not None:
        value, step, last = value * scale, step * scale, last + 1
    if _follows(tokens, last + 1, "and", "a", "half"):
        value, last = value + 0.5, last + 3
    if number.digits is False and last > number.first and tokens[last].text == "hundred":
        value, last = _below_hundred(tokens, value, last)
    return Number(value, number.first, last, step, number.digits)


def _below_hundred(tokens: Sequence[Token], value: float, last: int) -> tuple[float, int]:
    start = last + 2 if _word(tokens, last + 1) == "and" else last + 1
    if _word(tokens, start) in _words():
        rest = _from_words(tokens, start)
        return value + rest.value, rest.last
    return value, last


def _multiplier(tokens: Sequence[Token], at: int) -> float | None:
    word = _word(tokens, at)
    if word not in _multipliers() or word in ("score", "hundreds", "thousands", "millions", "dozens"):
        return None
    if word in _ATTACHED_ONLY and not tokens[at].attached:
        return None
    if word == "m" and _word(tokens, at + 1) in ("", "long", "wide", "tall", "deep", "high", "cable", "of", "away"):
        return None
    return _multipliers()[word]


def _from_article(tokens: Sequence[Token], at: int) -> Number | None:
    following = _word(tokens, at + 1)
    if following in ("hundred", "thousand", "million", "billion", "dozen"):
        return _scaled(tokens, Number(_multipliers()[following], at, at + 1, _multipliers()[following], digits=False))
    if following == "couple":
        return _from_part(tokens, at + 1)
    if following == "half" and _word(tokens, at + 2) not in ("of", ""):
        return Number(0.5, at, at + 1, 0.5, digits=False)
    return None


def _from_part(tokens: Sequence[Token], at: int) -> Number | None:
    skip = at + 1 if _word(tokens, at + 1) in ("a", "an", "of") else at
    if tokens[at].text == "couple":
        return Number(2.0, at, skip, 1.0, digits=False)
    return Number(0.5, at, skip, 0.5, digits=False) if _word(tokens, at + 1) in ("a", "an") else None


def _bare_multiplier(tokens: Sequence[Token], at: int) -> Number | None:
    word = tokens[at].text
    if word not in ("hundreds", "thousands", "millions", "dozens", "dozen"):
        return None
    last = at + 1 if _word(tokens, at + 1) == "of" else at
    return Number(_multipliers()[word], at, last, _multipliers()[word], digits=False)


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) and tokens[at].kind != "symbol" else ""


def _follows(tokens: Sequence[Token], at: int, *expected: str) -> bool:
    return all(_word(tokens, at + step) == word for step, word in enumerate(expected))
