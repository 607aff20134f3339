"""Regular expressions from a pack, each held to a time limit, so that none can hang the bot."""

from collections.abc import Iterator, Mapping
from typing import Final

import regex
from pydantic import model_validator

from guidelines.checks.contract import Check, CheckTimeoutError, Hit, Kind, OptionError, Options, shorthand
from guidelines.reading import Reading, Span

TIME_LIMIT: Final = 0.05
"""Seconds that one pattern may take on one text."""
_MOST_HITS: Final = 20


class PatternOptions(Options):
    """`any`: expressions in the `regex` dialect; case counts only with `case: true`."""

    any: tuple[str, ...] = ()
    case: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return shorthand([value] if isinstance(value, str) else value, "any")


def compile_pattern(source: str, *, case: bool = False) -> regex.Pattern[str]:
    """Compile one expression, or raise `OptionError` with what is wrong and where."""
    try:
        return regex.compile(source, 0 if case else regex.IGNORECASE)
    except (regex.error, OverflowError, RecursionError) as error:
        raise OptionError(f"the pattern '{source[:60]}' is not valid: {error}") from error


def search_spans(pattern: regex.Pattern[str], text: str) -> list[Span]:
    """Return where `pattern` matches; raises `CheckTimeoutError` after `TIME_LIMIT` seconds."""
    spans: list[Span] = []
    try:
        for match in pattern.finditer(text, timeout=TIME_LIMIT):
            if match.end() > match.start():
                spans.append(match.span())
            if len(spans) >= _MOST_HITS:
                break
    except TimeoutError as error:
        raise CheckTimeoutError(f"the pattern '{pattern.pattern[:60]}' took longer than {TIME_LIMIT} s") from error
    return spans


def _build(options: PatternOptions, _lists: Mapping[str, tuple[str, ...]]) -> Check:
    if not options.any:
        raise OptionError("no pattern is given")
    patterns = [compile_pattern(source, case=options.case) for source in options.any]

    def check(reading: Reading) -> Iterator[Hit]:
        for pattern in patterns:
            spans = search_spans(pattern, reading.folded)
            if not spans and reading.raw != reading.folded:
                spans = [reading.folded_span(span) for span in search_spans(pattern, reading.raw)]
            yield from map(Hit, spans)

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (Kind("pattern", PatternOptions, _build, "no match of these regular expressions"),)
