"""Sentences of somebody else in quotation marks, on which the author goes on to comment."""

from collections.abc import Sequence

from guidelines.claims.text import Token

_QUOTED = 3
"""A quotation of fewer words is a name, or a word that is spoken of."""


def is_quoted(clause: Sequence[Token], sentence: Sequence[Token]) -> bool:
    """Whether a clause stands inside a quotation, with words of the author's own around it."""
    marks = [token for at, token in enumerate(sentence) if token.text == '"' and not _means_inches(sentence, at)]
    for opening, closing in zip(marks[::2], marks[1::2], strict=False):
        if opening.start < clause[0].start and clause[-1].end <= closing.start:
            return _is_sentence(sentence, opening, closing)
    return False


def _means_inches(sentence: Sequence[Token], at: int) -> bool:
    return at > 0 and sentence[at].attached and sentence[at - 1].kind == "number"


def _is_sentence(sentence: Sequence[Token], opening: Token, closing: Token) -> bool:
    """Whether more than a name or a single word stands between two quotation marks, and not all of the sentence."""
    inside = [token for token in sentence if opening.start < token.start < closing.start and token.kind == "word"]
    outside = [token for token in sentence if token.kind == "word" and token not in inside]
    return len(inside) >= _QUOTED and bool(outside)
