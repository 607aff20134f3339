"""Regular expressions from a pack, each held to a time limit, so that none can hang the bot."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import regex
from pydantic import model_validator

from guidelines.checks.contract import Check, CheckTimeoutError, Hit, Kind, OptionError, Options, shorthand
from guidelines.checks.pattern_size import written_out
from guidelines.reading import Reading, Span

TIME_LIMIT: Final = 0.05
"""Seconds that one pattern may take on one text."""
MOST_TIMEOUTS: Final = 5
"""So many patterns of a pack may run out of time on one text; the others are then not tried."""
_MOST_PARTS: Final = 20_000
_MOST_HITS: Final = 20
_SHOWN: Final = 60
_patience: ContextVar["_Patience | None"] = ContextVar("patience", default=None)


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
    shown = source[:_SHOWN]
    if written_out(source) > _MOST_PARTS:
        raise OptionError(f"the pattern '{shown}' is too large once its repeats are written out; ask for fewer")
    try:
        pattern = regex.compile(source, 0 if case else regex.IGNORECASE)
    except (regex.error, OverflowError, RecursionError, MemoryError) as error:
        raise OptionError(f"the pattern '{shown}' is not valid: {error or 'too large'}") from error
    if _finds_nothing(pattern):
        raise OptionError(f"the pattern '{shown}' fits also where nothing stands; ask for one character at least")
    return pattern


def _finds_nothing(pattern: regex.Pattern[str]) -> bool:
    """Whether an empty text fits: what a match of no characters finds nobody can be shown."""
    try:
        return pattern.fullmatch("", timeout=TIME_LIMIT) is not None
    except TimeoutError:
        return False


@contextmanager
def limited_together() -> Iterator[None]:
    """Let only a few of the patterns that are searched inside run out of time, so that many add up to little."""
    token = _patience.set(_Patience())
    try:
        yield
    finally:
        _patience.reset(token)


class _Patience:
    """How many patterns of a pack may still run out of time on one text."""

    def __init__(self) -> None:
        self.left = MOST_TIMEOUTS


def search_spans(pattern: regex.Pattern[str], text: str) -> list[Span]:
    """Return where `pattern` matches; raises `CheckTimeoutError` after `TIME_LIMIT` seconds."""
    patience = _patience.get()
    if patience and not patience.left:
        raise CheckTimeoutError(f"not tried, since {MOST_TIMEOUTS} patterns before it took too long")
    spans: list[Span] = []
    try:
        for match in pattern.finditer(text, timeout=TIME_LIMIT):
            if match.end() > match.start():
                spans.append(match.span())
            if len(spans) >= _MOST_HITS:
                break
    except TimeoutError as error:
        if patience:
            patience.left -= 1
        raise CheckTimeoutError(f"the pattern '{pattern.pattern[:_SHOWN]}' took longer than {TIME_LIMIT} s") from error
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
