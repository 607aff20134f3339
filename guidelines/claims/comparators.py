"""Words around an amount that bend it: "at least", "up to", "about", "or more", "tops"."""

from collections.abc import Sequence

from guidelines.claims.lexicon import group
from guidelines.claims.text import Token

_BEFORE: dict[tuple[str, ...], str] = {
    ("at", "least"): ">=",
    ("no", "less", "than"): ">=",
    ("no", "fewer", "than"): ">=",
    ("minimum", "of"): ">=",
    ("minimum",): ">=",
    ("starting", "at"): ">=",
    ("starts", "at"): ">=",
    ("from",): ">=",
    ("well", "over"): ">",
    ("more", "than"): ">",
    ("over",): ">",
    ("above",): ">",
    ("exceeding",): ">",
    ("exceeds",): ">",
    ("upwards", "of"): ">",
    ("north", "of"): ">",
    ("up", "to"): "<=",
    ("upto",): "<=",
    ("at", "most"): "<=",
    ("no", "more", "than"): "<=",
    ("not", "more", "than"): "<=",
    ("maximum", "of"): "<=",
    ("max", "of"): "<=",
    ("maximum",): "<=",
    ("max",): "<=",
    ("within",): "<=",
    ("as", "many", "as"): "<=",
    ("as", "much", "as"): "<=",
    ("capped", "at"): "<=",
    ("limited", "to"): "<=",
    ("less", "than"): "<",
    ("fewer", "than"): "<",
    ("under",): "<",
    ("below",): "<",
    ("not", "even"): "<",
}
_AFTER: dict[tuple[str, ...], str] = {
    ("or", "more"): ">=",
    ("and", "up"): ">=",
    ("plus",): ">=",
    ("+",): ">=",
    ("at", "least"): ">=",
    ("minimum",): ">=",
    ("or", "less"): "<=",
    ("or", "fewer"): "<=",
    ("at", "most"): "<=",
    ("tops",): "<=",
    ("max",): "<=",
    ("maximum",): "<=",
}
_ABOUT = group("comparators about")


def around(tokens: Sequence[Token], first: int, last: int, *, after: int) -> tuple[str, bool, int, int]:
    """The relation of an amount, whether it is a rough one, and its first and last token with such words counted in.

    Words up to the token `after` belong to an earlier amount.
    """
    approximate, start = _approximate(tokens, first, after)
    end = last
    if _matches(tokens, end + 1, ("ish",)):
        approximate, end = True, end + 1
    for phrase, relation in _AFTER.items():
        if _matches(tokens, end + 1, phrase):
            return relation, approximate, start, end + len(phrase)
    for phrase, relation in _BEFORE.items():
        if start - len(phrase) > after and _matches(tokens, start - len(phrase), phrase):
            return relation, approximate, start - len(phrase), end
    return "=", approximate, first, end


def _approximate(tokens: Sequence[Token], first: int, after: int) -> tuple[bool, int]:
    start = first
    while start - 1 > after and tokens[start - 1].text in (
        "a",
        "an",
        "the",
        "only",
        "just",
        "like",
        "some",
        "around",
        "about",
    ):
        start -= 1
    rough = any(tokens[at].text in _ABOUT for at in range(max(start - 1, after + 1), first))
    if rough and start - 1 > after and tokens[start - 1].text in _ABOUT:
        start -= 1
    return rough, start


def _matches(tokens: Sequence[Token], at: int, phrase: tuple[str, ...]) -> bool:
    return at >= 0 and all(
        at + step < len(tokens) and tokens[at + step].text == word for step, word in enumerate(phrase)
    )
