"""Finds numbers and secrets that belong to one person: cards, bank accounts, orders, identity papers, passwords."""

import re
from collections.abc import Iterator
from typing import Final

from guidelines.reading import Reading, Span

_CARD: Final = re.compile(r"(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)")
_CARD_END: Final = re.compile(
    r"\b(?:card|visa|mastercard|amex|debit|account|iban|paypal)\b[^.!?\n]{0,30}?\b(?:ending|ends|end)(?: in| with)?:? ?[x*#.\s-]{0,8}(?<!\d)\d{4}(?!\d)"
    r"|[x*#•]{2,}[ -]?\d{4}(?!\d)"
)
_IBAN: Final = re.compile(r"(?<!\w)[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,4})?(?!\w)")
_NAMED: Final = (
    r"(?:order|account|acct|customer|client|tracking|booking|reservation|policy|invoice|member(?:ship)?|confirmation|serial|subscription|passport|"
    r"purchase|transaction|payment|shipment|parcel|loyalty|patient|claim|imei|awb|consignment|licen[cs]e|registration|rma|return|receipt|delivery|contract|meter|user|pnr|flight booking)"
)
_ORDER: Final = re.compile(
    rf"\b{_NAMED}s?(?:[ -](?:number|no\.?|num|nr\.?|id|code|ref(?:erence)?|key|#|plate|confirmation))*(?:\s(?:is|was|ends? in|ending|ending in|of|for you is))?\s?[:=#(]{{0,2}}\s?#?"
    r"(?P<id>(?:[a-z]{1,5}[- ]?)?\d[\da-z]*(?:-[\da-z]+)*)(?!\w|[.,:]\d|%|\s?(?:am|pm)\b)"
)
_COUNTED: Final = re.compile(
    r"\s*(?:or more|units?|pieces?|items?|copies|people|users?|customers?|times?|days?|hours?|years?|euros?|dollars?|pounds?|gb|mb|kg|km|[€$£])\b"
)
_SAMPLE: Final = re.compile(
    r"\b(?:looks? like|e\.g|for example|such as|format|starts? with|begins? with|like this|example|something like|in the form)\b"
)
_IDENTITY: Final = re.compile(
    r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"
    r"|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4} (?:as|is|was) (?:your|the|his|her|their) (?:date of birth|birthday|dob|birth date)\b"
    r"|\b(?:dob|date of birth|born on|birthday(?: is| on)?|birth date)\b[^.!?\n]{0,15}?\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}"
    r"|\b(?:dob|date of birth|born on|birth date)\b[^.!?\n]{0,12}?(?:\d{1,2}(?:st|nd|rd|th)? )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? ?\d{0,2},? ?(?:19|20)\d\d"
    r"|\b(?:ssn|social security(?: number)?|passport|national insurance|ni number|driver'?s licen[cs]e|nhs number|tax id|sort code|account number|routing number)(?: number| no\.?)?(?: is| was)?:? ?#?(?=[\w -]{0,14}\d)[a-z\d][a-z\d -]{4,14}\d\b"
    r"|\b(?:licen[cs]e|number) plate (?:is |was |number )?[a-z0-9]{2,4}[ -]?[a-z0-9]{3,4}\b"
)
_SECRET: Final = re.compile(
    r"\b(?:your|the|his|her|their|a|new|temporary|temp|my|use|current)\s(?:\w+ ){0,2}?(?:password|passcode|pin|pass phrase|passphrase|login|security code|cvv|cvc|verification code|one-time code|otp|2fa code|reset code|access code|door code|locker code|gate code|wifi password|api key)"
    r"(?: is| was|:| to| =|'s| has been set to| (?:has been )?reset to)+:? ?[\"'`]?(?P<secret>[^\s\"'`.,;!?]*\d[^\s\"'`,;!?]*)"
)


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
        number = match["id"]
        if len(_digits(number)) < 4 or re.fullmatch(r"(?:19|20)\d\d", number):
            continue
        if _is_sample(reading, match.start("id")) or _COUNTED.match(reading.lower, match.end()):
            continue
        yield match.span()


def find_identity(reading: Reading) -> Iterator[Span]:
    """Find social security numbers, dates of birth, passports and the like."""
    return (match.span() for match in _IDENTITY.finditer(reading.lower) if not _is_sample(reading, match.start()))


def find_secret(reading: Reading) -> Iterator[Span]:
    """Find passwords, codes and keys that are told."""
    for match in _SECRET.finditer(reading.folded if reading.folded.islower() else reading.lower):
        if len(match["secret"]) >= 3:
            yield match.span()
