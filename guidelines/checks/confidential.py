"""Inside knowledge in a public text: secrets, unannounced things, company figures. The pack adds its own terms."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, OptionError, Options
from guidelines.checks.lexicon import lexicon
from guidelines.checks.phrases import phrase_pattern
from guidelines.reading import Reading, Span

_LEXICON: Final = lexicon("confidential")
_CLAUSE: Final = re.compile(r"[,;:]|\bbut\b|\band\b")


class ConfidentialOptions(Options):
    """`terms` and `list`: the company's own secrets, such as code names; they count wherever they stand."""

    terms: tuple[str, ...] = ()
    list: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else value


def _build(options: ConfidentialOptions, lists: Mapping[str, tuple[str, ...]]) -> Check:
    if options.list is not None and options.list not in lists:
        raise OptionError(f"there is no list '{options.list}' under `lists:`")
    own = phrase_pattern((*options.terms, *lists.get(options.list or "", ())))

    def check(reading: Reading) -> Iterator[Hit]:
        for match in own.finditer(reading.lower):
            yield Hit(match.span(), "A term that must not leave the company.", certain=True)
        for match in _LEXICON["secret"].pattern.finditer(reading.lower):
            if not reading.is_quoted(match.span()) and not _is_kept(reading, match.span()):
                yield Hit(match.span(), "Tells something from the inside.")
                return

    return check


def _is_kept(reading: Reading, span: Span) -> bool:
    """Whether the words around say that a secret is kept, not told."""
    start, end = reading.sentence_at(span[0])
    if reading.lower[start:end].rstrip().endswith("?"):
        return True
    before = _CLAUSE.split(reading.lower[start : span[0]])[-1]
    after = _CLAUSE.split(reading.lower[span[1] : end])[0]
    if _LEXICON["secret of the reader"].pattern.search(reading.lower[max(0, start - 80) : end]):
        return True
    keeps = _LEXICON["keeps it"].pattern
    return bool(keeps.search(before) or keeps.search(after))


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (
        Kind(
            "confidential",
            ConfidentialOptions,
            _build,
            "no inside knowledge, none of the company's own terms",
            heard="Reads as if it told something from the inside.",
        ),
    )
