"""Words and phrases that a text must not hold, or of which it must hold at least one."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import Field, model_validator

from guidelines.checks.contract import Check, Hit, Kind, OptionError, Options, shorthand
from guidelines.reading import Reading, fold

Lists = Mapping[str, tuple[str, ...]]
_NAMED: Final = 4


class PhraseOptions(Options):
    """`any`: phrases; `list`: the name of a list of the pack. A trailing `*` stands for any ending."""

    any: tuple[str, ...] = ()
    list: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return shorthand([value] if isinstance(value, str) else value, "any")


class RequireOptions(PhraseOptions):
    """The same, asked for instead of forbidden; `within` limits the search to the first so many characters."""

    within: int | None = Field(default=None, gt=0)


def phrase_pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Compile phrases into one pattern for lower-case folded text: whole words, any white space between them."""
    longest_first = sorted({phrase.strip() for phrase in phrases if phrase.strip()}, key=len, reverse=True)
    return re.compile("|".join(map(_one_phrase, longest_first)) or r"(?!)")


def signal_words(phrases: Iterable[str]) -> frozenset[str]:
    """Return the longest word of each phrase: a lower-case folded text with none of them holds none of the phrases.

    Looking for words is thirty times faster than looking for patterns, and most texts hold no phrase of most rules.
    """
    words = (_folded(phrase).split() for phrase in phrases)
    return frozenset(max(each, key=len) for each in words if each)


def _folded(phrase: str) -> str:
    return fold(phrase.strip().rstrip("*")).lower().strip()


def _one_phrase(phrase: str) -> str:
    open_ended = phrase.endswith("*")
    folded = _folded(phrase)
    body = r"\s+".join(re.escape(word) for word in folded.split())
    start = r"(?<!\w)" if folded[:1].isalnum() else ""
    end = r"\w*" if open_ended else r"(?!\w)" if folded[-1:].isalnum() else ""
    return f"{start}{body}{end}" if body else r"(?!)"


def resolve(options: PhraseOptions, lists: Lists) -> tuple[str, ...]:
    """Return all phrases that `options` name; unknown and empty lists are errors."""
    if options.list is not None and options.list not in lists:
        raise OptionError(f"there is no list '{options.list}' under `lists:`")
    phrases = options.any + (lists[options.list] if options.list is not None else ())
    if not any(phrase.strip() for phrase in phrases):
        raise OptionError("no phrase is given")
    if hollow := next((phrase for phrase in phrases if phrase.strip() and not _folded(phrase)), None):
        raise OptionError(f"the phrase '{hollow}' holds no word to look for")
    return phrases


def _build_forbidden(options: PhraseOptions, lists: Lists) -> Check:
    phrases = resolve(options, lists)
    pattern, words = phrase_pattern(phrases), signal_words(phrases)

    def check(reading: Reading) -> Iterator[Hit]:
        text = reading.lower
        if any(word in text for word in words):
            yield from (Hit(match.span()) for match in pattern.finditer(text))

    return check


def _build_required(options: RequireOptions, lists: Lists) -> Check:
    phrases = resolve(options, lists)
    pattern, asked = phrase_pattern(phrases), _asked(phrases)

    def check(reading: Reading) -> Iterator[Hit]:
        if not pattern.search(reading.lower, 0, options.within or len(reading.lower)):
            yield Hit(why=asked)

    return check


def _asked(phrases: Sequence[str]) -> str:
    """Say what was looked for. It is no advice: what to write the rule's own `fix` says."""
    named = [f"“{phrase.strip().rstrip('*')}”" for phrase in phrases if phrase.strip()]
    sought = ", ".join(named[:_NAMED])
    if len(named) == 1:
        return f"Does not say {sought}."
    more = len(named) - _NAMED
    return f"Says none of {sought} or {more} more." if more > 0 else f"Says none of {sought}."


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    forbidden: Any = PhraseOptions
    return (
        Kind("phrases", forbidden, _build_forbidden, "none of these words or phrases"),
        Kind("require_any", RequireOptions, _build_required, "at least one of these phrases", absence=True),
    )
