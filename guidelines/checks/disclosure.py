"""Whether a text says who writes it: an employee says so in the text, a brand account does not pose as a stranger."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.checks.lexicon import lexicon, word_sets
from guidelines.checks.phrases import phrase_pattern
from guidelines.reading import Reading, fold

_LEXICON: Final = lexicon("disclosure")
_COMMON_WORDS: Final = word_sets()["common words of company names"]
_ANY_COMPANY: Final = r"""(?:the )?@?
    (?!(?:an?|my|your|his|her|their|our|another|different|some|various|home|nights?|myself|school|uni|university
    |college|least|times|it|that|me|you|him|them|many|most|all|work|weekends|hours|days|years|weeks|months|free|now
    |long|first|once|this|point|any|one|two|three|clients|customers|people|someone|both|large|small|big|local|self
    |church|what|which|where|when|sure|hand|hours|fun|good|ages|ever|everyone|everybody|us)\b)\w[\w.&'-]*"""
_BEFORE: Final = 24


class DisclosureOptions(Options):
    """`accept`: further phrases that count as saying who we are, such as “Team Blue here”.

    `always`: ask for it even where a reply speaks of nothing that concerns the company.
    """

    accept: tuple[str, ...] = ()
    always: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else value


def company_forms(names: tuple[str, ...]) -> str:
    """Return a pattern for our names: whole, run together, or by any word of them that is not a common one."""
    forms: set[str] = set()
    for name in names:
        words = re.findall(r"[^\W_]+", fold(name).lower())
        if words:
            forms.add(r"[\s_-]*".join(map(re.escape, words)))
            forms.update(word for word in words if len(word) >= 3 and word not in _COMMON_WORDS)
            if len(words) > 1 and "&" in name:
                forms.add(r"\s?&\s?".join(re.escape(word[0]) for word in words))
    return "(?:" + "|".join(sorted(forms, key=len, reverse=True)) + ")" if forms else ""


@lru_cache(maxsize=256)
def _patterns(company: tuple[str, ...]) -> tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]]:
    """Return the patterns for lower-case text and those that need capitals."""
    nameless = [re.compile(line) for line in _LEXICON["no company"].lines]
    if forms := company_forms(company):
        us = rf"(?:the )?@?{forms}(?![^\W_])"
        known = [re.compile(_filled(line, us, forms)) for line in _LEXICON["known company"].lines]
        return (*nameless, *known), ()
    any_company = re.sub(r"\n\s*", "", _ANY_COMPANY)
    unknown = [re.compile(line.replace("<us>", any_company)) for line in _LEXICON["any company"].lines]
    cased = [re.compile(line) for line in _LEXICON["any company by its capital"].lines]
    return (*nameless, *unknown), tuple(cased)


def _filled(line: str, us: str, forms: str) -> str:
    return line.replace("<us>", forms if line.startswith("#") else us)


def discloses(reading: Reading) -> bool:
    """Whether the text says that its author works for us. Past, denied and other people's jobs do not count."""
    lower, cased = _patterns(tuple(reading.candidate.company))
    return any(
        _claimed(reading, patterns, text) for patterns, text in ((lower, reading.lower), (cased, reading.folded))
    )


def _claimed(reading: Reading, patterns: tuple[re.Pattern[str], ...], text: str) -> bool:
    return any(_is_own(reading, match) for pattern in patterns for match in pattern.finditer(text))


def _is_own(reading: Reading, match: re.Match[str]) -> bool:
    if reading.is_quoted(match.span()):
        return False
    before = re.split(r"[.!?;:\n,]", reading.lower[max(0, match.start() - _BEFORE) : match.start()])[-1]
    not_us = _LEXICON["not us"].pattern
    return not not_us.search(before) and not not_us.search(match[0].lower())


def _build(options: DisclosureOptions, _lists: Mapping[str, tuple[str, ...]]) -> Check:
    accepted = phrase_pattern(options.accept) if options.accept else None

    def check(reading: Reading) -> Iterator[Hit]:
        if accepted and accepted.search(reading.lower):
            return
        if reading.candidate.identity == "brand":
            if stranger := _LEXICON["posing as a stranger"].pattern.search(reading.lower):
                why = "An account of the company must not speak as if it were a customer."
                yield Hit(stranger.span(), why, certain=True)
        elif not discloses(reading):
            name = reading.candidate.company[0] if reading.candidate.company else "…"
            yield Hit(fix=f"Say who you are in the text, for example “I work at {name}”.", certain=options.always)

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (
        Kind(
            "disclosure",
            DisclosureOptions,
            _build,
            "an employee says that they work for us",
            absence=True,
            heard="Speaks of the company or its field and does not say who writes.",
        ),
    )
