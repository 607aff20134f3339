"""Whether a text says who writes it: an employee says so in the text, a brand account does not pose as a stranger."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.checks.language import detect
from guidelines.checks.lexicon import lexicon, word_sets
from guidelines.checks.phrases import phrase_pattern
from guidelines.reading import Reading, Span, fold

_LEXICON: Final = lexicon("disclosure")
_LANGUAGES: Final = ("de", "fr", "es", "it", "nl", "pt")
"""Languages besides English in which we know how people say where they work: lexicons/disclosure_*.txt."""
_COMMON_WORDS: Final = word_sets()["common words of company names"]
_ANY_COMPANY: Final = r"""(?:the )?@?
    (?!(?:an?|my|your|his|her|their|our|another|different|some|various|home|nights?|myself|school|uni|university
    |college|least|times|it|that|me|you|him|them|many|most|all|work|weekends|hours|days|years|weeks|months|free|now
    |long|first|once|this|point|any|one|two|three|clients|customers|people|someone|both|large|small|big|local|self
    |church|what|which|where|when|sure|hand|hours|fun|good|ages|ever|everyone|everybody|us)\b)\w[\w.&'-]*"""
_PEOPLE: Final = r"(?:e?r|i?an|ite|ista|eer|ling|ster|ist|nik)s?"
_BEFORE: Final = 24
_AFTER: Final = 40
_ALSO_ENGLISH: Final = (
    word_sets()["language en"]
    | word_sets()["also english"]
    | {"la", "le", "los", "pour", "plus", "ai", "ci", "ma", "y"}
)
_FOREIGN_WORDS: Final = frozenset(
    word for code in _LANGUAGES for word in word_sets()[f"language {code}"] if word not in _ALSO_ENGLISH
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_CLAUSE_END: Final = re.compile(r"[.!?;:\n,]")
_NAME_WORD: Final = re.compile(r"[^\W_]+")
_ANY_NAME: Final = r"(?-i:[A-Z][\w&'-]+)"


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


@lru_cache(maxsize=256)
def company_forms(names: tuple[str, ...]) -> str:
    """Return a pattern for our names: whole, run together, or by any word of them that is not a common one."""
    forms: set[str] = set()
    for name in names:
        words = _NAME_WORD.findall(fold(name).lower())
        if words:
            forms.add(_run_together(fold(name).lower()))
            forms.update(word for word in words if len(word) >= 3 and word not in _COMMON_WORDS)
            if len(words) > 1 and "&" in name:
                forms.add(r"\s?&\s?".join(re.escape(word[0]) for word in words))
    return "(?:" + "|".join(sorted(forms, key=len, reverse=True)) + ")" if forms else ""


def _run_together(name: str) -> str:
    """A pattern for all words of a name, with any or none of the signs between them that it has itself.

    What `&` joins is known by either side of it, or by its initials.
    """
    signs = {sign for gap in _NAME_WORD.split(name)[1:-1] for sign in gap if not sign.isspace()} - set("_-&")
    between = rf"[\s_{''.join(sorted(map(re.escape, signs)))}-]*"
    return between.join(map(re.escape, _NAME_WORD.findall(name)))


@dataclass(frozen=True, slots=True)
class _Language:
    """How one language says it, what takes it back, and how its customers speak."""

    lower: tuple[re.Pattern[str], ...]
    cased: tuple[re.Pattern[str], ...]
    not_us: re.Pattern[str]
    customer: re.Pattern[str]

    def claims(self, reading: Reading) -> Iterator[Span]:
        """Yield the places that say that somebody works for us."""
        for patterns, text in ((self.lower, reading.lower), (self.cased, reading.folded)):
            for pattern in patterns:
                yield from (match.span() for match in pattern.finditer(text))

    def owns(self, reading: Reading, span: Span) -> bool:
        """Whether such a place is the writer's own word, and neither denied nor a customer's."""
        text = reading.lower
        before = _CLAUSE_END.split(text[max(0, span[0] - _BEFORE) : span[0]])[-1]
        said = before + text[slice(*span)]
        after = _CLAUSE_END.split(text[span[1] : span[1] + _AFTER])[0]
        denied = self.not_us.search(said) or self.customer.search(said + after)
        return not denied and not reading.is_quoted(span)


def _languages(reading: Reading) -> Iterator[_Language]:
    """Yield the languages that the text may be written in, told by a word of theirs."""
    for code in _LANGUAGES:
        if lexicon(f"disclosure_{code}")["its words"].pattern.search(reading.lower):
            yield _language(code, tuple(reading.candidate.company))


@lru_cache(maxsize=256)
def _language(code: str, company: tuple[str, ...]) -> _Language:
    """Compile a language: with our names where they are known, else for any name by its capital."""
    words = lexicon(f"disclosure_{code}")
    lines = list(words["no company"].lines)
    cased: list[str] = []
    if forms := company_forms(company):
        named = (*words["works there"].lines, *words["known company"].lines)
        lines.extend(line.replace("<us>", rf"@?{forms}(?![^\W_])") for line in named)
    else:
        cased.extend(f"(?i:{line.replace('<us>', _ANY_NAME)})" for line in words["works there"].lines)
    return _Language(_compiled(lines), _compiled(cased), words["not us"].pattern, words["as a customer"].pattern)


def _compiled(lines: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, lines))


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
    return line.replace("<us>", forms if line.startswith("#") else us).replace("<people>", forms + _PEOPLE)


def discloses(reading: Reading) -> bool:
    """Whether the text says that its author works for us. Past, denied and other people's jobs do not count."""
    company = tuple(reading.candidate.company)
    lower, cased = _patterns(company)
    if _claimed(reading, lower, reading.lower) or _claimed(reading, cased, reading.folded):
        return True
    return any(language.owns(reading, span) for language in _languages(reading) for span in language.claims(reading))


def _is_small_talk(reading: Reading) -> bool:
    """Whether a text only wishes well or admires a sight, and so speaks of nothing that concerns the company."""
    forms = company_forms(tuple(reading.candidate.company))
    if _LEXICON["about ourselves"].pattern.search(reading.lower) or (forms and re.search(forms, reading.lower)):
        return False
    sentences = [reading.lower[start:end].strip() for start, end in reading.sentences]
    return bool(sentences) and all(map(_LEXICON["small talk"].pattern.search, sentences))


def _claimed(reading: Reading, patterns: tuple[re.Pattern[str], ...], text: str) -> bool:
    return any(_is_own(reading, match) for pattern in patterns for match in pattern.finditer(text))


def _is_own(reading: Reading, match: re.Match[str]) -> bool:
    if reading.is_quoted(match.span()):
        return False
    before = _CLAUSE_END.split(reading.lower[max(0, match.start() - _BEFORE) : match.start()])[-1]
    not_us = _LEXICON["not us"].pattern
    said = match[0].lower()
    if not_us.search(before) or not_us.search(said):
        return False
    forms = company_forms(tuple(reading.candidate.company))
    own_words = re.sub(rf"(?<!\w){forms}(?!\w)", " ", said) if forms else said
    return _FOREIGN_WORDS.isdisjoint(_WORD.findall(own_words))


def _undisclosed(reading: Reading, options: DisclosureOptions) -> Hit:
    name = reading.candidate.company[0] if reading.candidate.company else "…"
    fix = f"Say who you are in the text, for example “I work at {name}”."
    if detect(reading.raw) in (None, "en", *_LANGUAGES):
        return Hit(fix=fix, certain=options.always)
    why = "No check here knows this language: see for yourself that the text says who writes it."
    return Hit(why=why, fix=fix, certain=options.always, doubtful=not options.always)


def _build(options: DisclosureOptions, _lists: Mapping[str, tuple[str, ...]]) -> Check:
    accepted = phrase_pattern(options.accept) if options.accept else None

    def check(reading: Reading) -> Iterator[Hit]:
        if accepted and accepted.search(reading.lower):
            return
        if reading.candidate.identity == "brand":
            if stranger := _LEXICON["posing as a stranger"].pattern.search(reading.lower):
                why = "An account of the company must not speak as if it were a customer."
                yield Hit(stranger.span(), why, certain=True)
        elif not discloses(reading) and (options.always or not _is_small_talk(reading)):
            yield _undisclosed(reading, options)

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
