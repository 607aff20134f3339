"""Numbers a text must keep to: characters, words, links, hashtags, exclamation marks, reading ease."""

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Final

from pydantic import Field, model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options, shorthand
from guidelines.checks.links import links_of
from guidelines.reading import Reading, Span

_HASHTAG: Final = re.compile(r"(?<![\w&/])#[^\W\d_]\w*")
_EXCLAMATION: Final = re.compile(r"!")
_ENOUGH_WORDS: Final = 25


class LimitOptions(Options):
    """One number for all platforms, or one per platform with `all` for the rest."""

    per_platform: dict[str, Annotated[int, Field(ge=0, strict=True)]] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if isinstance(value, dict):
            return {"per_platform": {str(key).lower(): number for key, number in value.items()}}
        return {"per_platform": {"all": value}}

    def on(self, platform: str) -> int | None:
        """Return the limit on `platform`, if it has one."""
        return self.per_platform.get(platform.lower(), self.per_platform.get("all"))


class GradeOptions(Options):
    """`max`: the highest grade (years of school) of the Automated Readability Index."""

    max: float = Field(gt=0)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return shorthand(value, "max")


def _spans(pattern: re.Pattern[str], reading: Reading) -> list[Span]:
    return [match.span() for match in pattern.finditer(reading.folded)]


def _most(count: Callable[[Reading], list[Span]], what: str) -> Callable[[LimitOptions, object], Check]:
    def build(options: LimitOptions, _lists: object) -> Check:
        def check(reading: Reading) -> Iterator[Hit]:
            limit = options.on(reading.candidate.platform)
            found = count(reading)
            if limit is not None and len(found) > limit:
                yield Hit(found[limit], f"{len(found)} {what}; at most {limit} here.")

        return check

    return build


def _build_max_chars(options: LimitOptions, _lists: object) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        limit, length = options.on(reading.candidate.platform), len(reading.candidate.text)
        if reading.candidate.max_length is not None:
            limit = min(limit or reading.candidate.max_length, reading.candidate.max_length)
        if limit is not None and length > limit:
            over = len(reading.folded) if limit > len(reading.raw) else reading.folded_span((limit, limit))[0]
            yield Hit(
                (over, len(reading.folded)) if over < len(reading.folded) else None,
                f"{length} characters; at most {limit} here.",
            )

    return check


def _build_min_words(options: LimitOptions, _lists: object) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        limit = options.on(reading.candidate.platform)
        if limit is not None and len(reading.words) < limit:
            yield Hit(why=f"{len(reading.words)} words; at least {limit} here.")

    return check


def reading_grade(reading: Reading) -> float | None:
    """Return the Automated Readability Index (Senter & Smith 1967), or nothing when there are too few words to say."""
    words = [word for word in reading.folded.split() if not word.startswith(("http", "@", "#"))]
    if len(words) < _ENOUGH_WORDS:
        return None
    letters = sum(character.isalnum() for word in words for character in word)
    return 4.71 * letters / len(words) + 0.5 * len(words) / max(len(reading.sentences), 1) - 21.43


def _build_grade(options: GradeOptions, _lists: object) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        grade = reading_grade(reading)
        if grade is not None and grade > options.max:
            longest = max(reading.sentences, key=lambda span: span[1] - span[0])
            yield Hit(longest, f"Reads like school year {grade:.0f}; at most {options.max:g}.")

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (
        Kind("max_chars", LimitOptions, _build_max_chars, "at most so many characters"),
        Kind("max_words", LimitOptions, _most(_word_spans, "words"), "at most so many words"),
        Kind("min_words", LimitOptions, _build_min_words, "at least so many words", absence=True),
        Kind(
            "max_links",
            LimitOptions,
            _most(lambda reading: [link.span for link in links_of(reading)], "links"),
            "at most so many links",
        ),
        Kind(
            "max_hashtags",
            LimitOptions,
            _most(lambda reading: _spans(_HASHTAG, reading), "hashtags"),
            "at most so many hashtags",
        ),
        Kind(
            "max_exclamations",
            LimitOptions,
            _most(lambda reading: _spans(_EXCLAMATION, reading), "exclamation marks"),
            "at most so many “!”",
        ),
        Kind("max_emoji", LimitOptions, _most(_emoji_spans, "emoji"), "at most so many emoji"),
        Kind("reading_grade", GradeOptions, _build_grade, "not harder to read than this school year"),
    )


_WORD: Final = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_EMOJI: Final = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")


def _word_spans(reading: Reading) -> list[Span]:
    return _spans(_WORD, reading)


def _emoji_spans(reading: Reading) -> list[Span]:
    return _spans(_EMOJI, reading)
