"""Plans and product lines: a fact about the Premium plan says nothing about the family plan."""

from collections.abc import Sequence

from guidelines.claims.lexicon import group
from guidelines.claims.text import Token

VARIANTS = group("prepare variants")
_BUNDLES = group("variants bundles")
_VARIANT_NOUNS = group("prepare variant nouns")


_ALL = frozenset({"all", "every", "each", "any"})


def is_universal(tokens: Sequence[Token]) -> bool:
    """Whether something is said of all plans or versions: "every plan", "all Lumivox tiers"."""
    return any(
        token.text in _ALL and any(near.text.removesuffix("s") in _VARIANT_NOUNS for near in tokens[at + 1 : at + 4])
        for at, token in enumerate(tokens)
    )


def is_variant(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word names a plan or product line: "Premium", "the family plan"."""
    if tokens[at].text in _BUNDLES:
        return True
    if tokens[at].text not in VARIANTS:
        return False
    following = tokens[at + 1].text if at + 1 < len(tokens) else ""
    return (tokens[at].capital and at > 0) or following.removesuffix("s") in _VARIANT_NOUNS


def is_paid_or_free(tokens: Sequence[Token], at: int) -> bool:
    """Whether a plan is told by its price alone: "the paid plan", "the free tier"."""
    following = tokens[at + 1].text if at + 1 < len(tokens) else ""
    return tokens[at].text in ("free", "paid") and following.removesuffix("s") in _VARIANT_NOUNS
