"""Finds ways to reach a person in a text: mail, phone and postal addresses. The company's own are not private."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import phonenumbers

from guidelines.checks.lexicon import lexicon, word_sets
from guidelines.reading import Reading, Span

_LEXICON: Final = lexicon("private_contact")
_MAIL: Final = _LEXICON["mail"].pattern
_DOT: Final = re.compile(r"\s?[\[({]?\s?\bdot\b\s?[\])}]?\s?")
_FREE_MAIL: Final = word_sets()["free mail hosts"]
_COMMON_WORDS: Final = word_sets()["common words of company names"]
_ROLE: Final = _LEXICON["public mailbox"].pattern
_PLACEHOLDER: Final = _LEXICON["placeholder mailbox"].pattern
_THEIRS: Final = _LEXICON["theirs"].pattern
_OURS: Final = _LEXICON["ours"].pattern
_PHONE: Final = _LEXICON["phone"].pattern
_DICTATED: Final = (_LEXICON["spaced digits"].pattern, _LEXICON["spelled digits"].pattern)
_PHONE_CUE: Final = _LEXICON["phone word"].pattern
_NUMBER_CUE: Final = _LEXICON["other number word"].pattern
_PHONE_SHAPE: Final = _LEXICON["phone shape"].pattern
_MOBILE: Final = _LEXICON["mobile shape"].pattern
_OUR_LINE: Final = _LEXICON["our line"].pattern
_OPENING_HOURS: Final = _LEXICON["opening hours"].pattern
_FREEPHONE: Final = _LEXICON["free phone"].pattern
_DATE_LIKE: Final = _LEXICON["no phone"].pattern
_ADDRESS: Final = _LEXICON["postal address"].pattern
_SHOP: Final = _LEXICON["our place"].pattern


def _nearest(reading: Reading, at: int, ours: re.Pattern[str], theirs: re.Pattern[str]) -> str:
    """Say whose it is by the last cue before it in its sentence: `ours`, `theirs` or nothing."""
    before = reading.before(at, 90)
    last_ours = max((match.end() for match in ours.finditer(before)), default=-1)
    last_theirs = max((match.end() for match in theirs.finditer(before)), default=-1)
    if last_ours == last_theirs:
        return ""
    return "ours" if last_ours > last_theirs else "theirs"


def _company_keys(reading: Reading) -> list[str]:
    keys = [re.sub(r"\W", "", name.lower()) for name in reading.candidate.company]
    words = [word for name in reading.candidate.company for word in re.findall(r"[^\W_]{5,}", name.lower())]
    return [key for key in keys if len(key) >= 3] + [word for word in words if word not in _COMMON_WORDS]


def find_mail(reading: Reading) -> Iterator[Span]:
    """Find mail addresses that are not public mailboxes, plain or written out with “at” and “dot”."""
    for match in _MAIL.finditer(reading.lower):
        local, domain = match[1].strip("."), _DOT.sub(".", match[2])
        if not _is_public_mailbox(reading, match.start(), local, domain):
            yield match.span()


def _is_public_mailbox(reading: Reading, at: int, local: str, domain: str) -> bool:
    if _PLACEHOLDER.fullmatch(local):
        return True
    labels = domain.split(".")
    if any(key in domain.replace("-", "") for key in _company_keys(reading)):
        return _nearest(reading, at, _OURS, _THEIRS) != "theirs" or bool(_ROLE.fullmatch(local))
    if set(labels[:-1]) & _FREE_MAIL:
        return False
    return bool(_ROLE.fullmatch(local)) and _nearest(reading, at, _OURS, _THEIRS) != "theirs"


def find_phone(reading: Reading) -> Iterator[Span]:
    """Find phone numbers of people: by shape, by a word such as “call”, or by a numbering plan."""
    for match in _PHONE.finditer(reading.folded):
        start, end = match.start(), match.start() + len(match[0].rstrip(" .-/("))
        if ")" not in match[0]:
            start += match[0].startswith("(")
        text = reading.folded[start:end]
        if _looks_like_phone(reading, start, text) and not _is_public_number(reading, start, text):
            yield start, end
    yield from _find_dictated(reading)


def _find_dictated(reading: Reading) -> Iterator[Span]:
    """Find numbers told digit by digit, in figures or in words: nobody writes anything else in that way."""
    for pattern in _DICTATED:
        for match in pattern.finditer(reading.lower):
            if _nearest(reading, match.start(), _OURS, _THEIRS) != "ours" and not _counts(match[0]):
                yield match.span()


def _counts(text: str) -> bool:
    """Whether the digits only count up or down, as in 1 2 3 4 5 6 7."""
    digits = [int(digit) for digit in re.findall(r"\d", text)]
    steps = {after - before for before, after in pairwise(digits)}
    return bool(digits) and len(digits) < 10 and len(steps) == 1


def _looks_like_phone(reading: Reading, start: int, text: str) -> bool:
    before = reading.before(start, 40)
    if _DATE_LIKE.fullmatch(text) or _NUMBER_CUE.search(before):
        return False
    if _PHONE_SHAPE.fullmatch(text):
        return True
    if len(set(re.sub(r"\D", "", text))) < 3:
        return False
    return bool(_PHONE_CUE.search(before)) or (_has_separators(text) and _in_a_numbering_plan(text))


def _has_separators(text: str) -> bool:
    return len(re.findall(r"[ .()-]", text)) >= 2


def _in_a_numbering_plan(text: str) -> bool:
    return any(phonenumbers.PhoneNumberMatcher(text, region).has_next() for region in ("US", "GB", "DE", "FR", "AU"))


def _is_public_number(reading: Reading, start: int, text: str) -> bool:
    digits = re.sub(r"[^\d+]", "", text)
    if _FREEPHONE.fullmatch(digits):
        return _nearest(reading, start, _OURS, _THEIRS) != "theirs"
    if _MOBILE.fullmatch(digits) and not _OUR_LINE.search(reading.before(start, 60)):
        return False
    whose = _nearest(reading, start, _OURS, _THEIRS)
    return whose == "ours" or (whose != "theirs" and _is_desk(reading, start))


def _is_desk(reading: Reading, at: int) -> bool:
    """Whether a brand names hours behind it: who can be reached at fixed hours is a desk and no private person."""
    return reading.candidate.identity == "brand" and bool(_OPENING_HOURS.search(reading.after(at, 70)))


def find_address(reading: Reading) -> Iterator[Span]:
    """Find postal addresses that do not read as a shop, an office or a return address of ours."""
    for match in _ADDRESS.finditer(reading.folded):
        whose = _nearest(reading, match.start(), _SHOP, _THEIRS)
        if whose != "theirs" and _is_desk(reading, match.end()):
            continue
        if whose == "theirs" or (not whose and not _is_under_our_name(reading, match.start())):
            yield match.span()


def _is_under_our_name(reading: Reading, at: int) -> bool:
    before = re.sub(r"\W", "", reading.before(at, 90))
    return any(key in before for key in _company_keys(reading))
