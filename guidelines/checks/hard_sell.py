"""Hard sell: a text that pushes to buy. Weighted groups of signs are added up; no single sign decides."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import Field, model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options, shorthand
from guidelines.checks.lexicon import Section, lexicon
from guidelines.checks.links import links_of
from guidelines.reading import Reading, Span

_LEXICON: Final = lexicon("hard_sell")
GROUPS: Final = tuple(
    section for section in _LEXICON.values() if section.name not in {"asked", "denied", "denied after"}
)
_SHOUT: Final = re.compile(
    r"!{2,}|\b(?:[A-Z]{3,}[ !]+){2,}"
    r"|\b(?:FREE|NOW|SALE|HUGE|BEST|DEAL|OFF|HURRY|BUY|ONLY|TODAY|SAVE|AMAZING|NEVER|BRAND)\b"
    "|[\U0001f525\U0001f4b8\U0001f6d2\U0001f6a8\U0001f449\U0001f911\U0001f4b0]"
)
_OWN_NEGATION: Final = re.compile(r"\W{0,20}(?:don't|dont|nothing|you won't|never|no[- ]|won't|not only|why not)")


class HardSellOptions(Options):
    """`max_score`: the rule is broken above it."""

    max_score: float = Field(default=1.0, ge=0)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else shorthand(value, "max_score")


def score(reading: Reading) -> tuple[float, list[tuple[str, Span]]]:
    """Return how much a text sells, and the signs found. Signs that answer what the mention asked weigh half."""
    asked = bool(_LEXICON["asked"].pattern.search(reading.mention[:2000].lower()))
    signs: list[tuple[str, Span]] = []
    total = 0.0
    for group in GROUPS:
        if span := _first(reading, group):
            total += group.weight / 2 if asked and "answers" in group.options else group.weight
            signs.append((group.name, span))
    if signs:
        total += _loudness(reading, signs, asked=asked)
    return total, signs


def _loudness(reading: Reading, signs: list[tuple[str, Span]], *, asked: bool) -> float:
    loud = 0.0
    if shout := _SHOUT.search(reading.folded):
        loud += 0.5
        signs.append(("shouting", shout.span()))
    if not asked and "!" in reading.folded:
        loud += 0.5
    if not asked and links_of(reading):
        loud += 0.5
    return loud


def _first(reading: Reading, group: Section) -> Span | None:
    for match in group.pattern.finditer(reading.lower):
        if not _is_denied(reading, match.span()) and not reading.is_quoted(match.span()):
            return match.span()
    return None


def _is_denied(reading: Reading, span: Span) -> bool:
    if _OWN_NEGATION.match(reading.lower, span[0]):
        return False
    before, after = reading.before(span[0] + 1, 50), reading.after(span[1], 60)
    return bool(_LEXICON["denied"].pattern.search(before) or _LEXICON["denied after"].pattern.search(after))


def _build(options: HardSellOptions, _lists: Mapping[str, tuple[str, ...]]) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        total, signs = score(reading)
        if total > options.max_score:
            names = ", ".join(dict.fromkeys(name for name, _ in signs))
            yield Hit(signs[0][1], f"Reads like an advert: {names} (score {total:g}).")

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (
        Kind(
            "hard_sell",
            HardSellOptions,
            _build,
            "does not push to buy; a score of weighted signs",
            heard="Reads like an advert as a whole.",
        ),
    )
