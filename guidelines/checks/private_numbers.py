"""Finds numbers and secrets that belong to one person: cards, bank accounts, orders, identity papers, passwords."""

import re
from collections.abc import Iterator
from typing import Final

from guidelines.checks.lexicon import lexicon
from guidelines.reading import Reading, Span

_LEXICON: Final = lexicon("private_numbers")
_CARD: Final = _LEXICON["card"].pattern
_CARD_END: Final = _LEXICON["end of a card"].pattern
_IBAN: Final = _LEXICON["iban"].pattern
_ORDER: Final = _LEXICON["order"].pattern
_CODE: Final = _LEXICON["a code"].pattern
_PARCEL: Final = _LEXICON["a parcel"].pattern
_HEALTH_OR_MEANS: Final = _LEXICON["health or means"].pattern
_HANDED_OVER: Final = _LEXICON["handed over"].pattern
_FEWEST_DIGITS: Final = {"id": 4, "long": 5}
"""How long a number must be to belong to one customer: cases and tickets are also counted in public, in short ones."""
_KEY: Final = _LEXICON["key"].pattern
_COUNTED: Final = _LEXICON["a count"].pattern
_SAMPLE: Final = _LEXICON["a sample"].pattern
_IDENTITY: Final = _LEXICON["identity"].pattern
_SECRET: Final = _LEXICON["secret"].pattern


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def passes_luhn(digits: str) -> bool:
    """Whether `digits` carry a right check digit (ISO/IEC 7812-1)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def is_iban(text: str) -> bool:
    """Whether `text` is an IBAN with right check digits (ISO 13616, modulo 97)."""
    compact = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", compact):
        return False
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


def find_card(reading: Reading) -> Iterator[Span]:
    """Find payment cards, whole ones by their check digit, and the last digits of one named as a card."""
    for match in _CARD.finditer(reading.folded):
        digits = _digits(match[0])
        if digits[0] in "23456" and len(set(digits)) > 1 and passes_luhn(digits):
            yield match.span()
    for match in _CARD_END.finditer(reading.lower):
        yield match.span()


def find_iban(reading: Reading) -> Iterator[Span]:
    """Find bank account numbers by their check digits, and mistyped ones that are called IBAN."""
    for match in _IBAN.finditer(reading.lower):
        whole = match[0]
        while " " in whole and not is_iban(whole):
            whole = whole.rpartition(" ")[0]
        if is_iban(whole):
            yield match.start(), match.start() + len(whole)
        elif (
            "iban" in reading.before(match.start(), 30)
            and len(_digits(match[0])) >= 10
            and not _is_sample(reading, match.start())
        ):
            yield match.span()


def _is_sample(reading: Reading, at: int) -> bool:
    return bool(_SAMPLE.search(reading.before(at, 50)))


def find_order_number(reading: Reading) -> Iterator[Span]:
    """Find a shown order, account or booking number; asking for one, or telling what one looks like, is fine."""
    for match in _ORDER.finditer(reading.lower):
        group = "id" if match["id"] else "long"
        number = match[group]
        if len(_digits(number)) < _FEWEST_DIGITS[group] or re.fullmatch(r"(?:19|20)\d\d", number):
            continue
        if _is_sample(reading, match.start(group)) or _COUNTED.match(reading.lower, match.end()):
            continue
        yield match.span()
    yield from _find_codes(reading)
    yield from (match.span() for match in _PARCEL.finditer(reading.folded))


def _find_codes(reading: Reading) -> Iterator[Span]:
    """Find codes of capitals and digits, such as the one of a booking: short, so their shape alone tells nothing."""
    for match in _CODE.finditer(reading.folded):
        if 5 <= len(match["id"]) <= 24 and not _is_sample(reading, match.start("id")):
            yield match.span()


def find_identity(reading: Reading) -> Iterator[Span]:
    """Find social security numbers, dates of birth, passports, and what is told of one person's health or money."""
    for match in _IDENTITY.finditer(reading.lower):
        if not _is_sample(reading, match.start()):
            yield match.span()
    yield from (match.span() for match in _HEALTH_OR_MEANS.finditer(reading.lower))
    yield from (match.span() for match in _HANDED_OVER.finditer(reading.folded))


def find_secret(reading: Reading) -> Iterator[Span]:
    """Find passwords, codes and keys that are told."""
    for match in _SECRET.finditer(reading.lower):
        if len(max(match.groups(default=""), key=len)) >= 3:
            yield match.span()
    for match in _KEY.finditer(reading.folded):
        if not _is_sample(reading, match.start()):
            yield match.span()
