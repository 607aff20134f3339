"""Words that admit legal guilt, which only the company's lawyers may write. Saying sorry is not one of them."""

import re
from collections.abc import Iterator
from typing import Final

from pydantic import model_validator

from guidelines.checks.contract import Check, Hit, Kind, Options
from guidelines.checks.lexicon import lexicon
from guidelines.reading import Reading

_LEXICON: Final = lexicon("admission")
_CLAUSE: Final = re.compile(r"[,;:]|\bbut\b")


class AdmissionOptions(Options):
    """`legal_admission: true` is all there is to say."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else value


def _build(_options: AdmissionOptions, _lists: object) -> Check:
    def check(reading: Reading) -> Iterator[Hit]:
        for match in _LEXICON["admission"].pattern.finditer(reading.lower):
            before = _CLAUSE.split(reading.before(match.start(), 60))[-1]
            denied = _LEXICON["does not admit"].pattern.search(before)
            if not denied and not reading.is_quoted(match.span()):
                yield Hit(match.span(), "Reads like an admission of legal guilt.")
                return

    return check


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (
        Kind(
            "legal_admission",
            AdmissionOptions,
            _build,
            "no admission of legal guilt",
            heard="Reads like an admission of legal guilt.",
        ),
    )
