"""Private data of a person that must not stand in public."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

import regex
from pydantic import BaseModel, ConfigDict, model_validator

from guidelines.checks.contract import Check, Hit, Kind, OptionError, Options, shorthand
from guidelines.checks.pattern import compile_pattern, search_spans
from guidelines.checks.private_contact import find_address, find_mail, find_phone
from guidelines.checks.private_numbers import find_card, find_iban, find_identity, find_order_number, find_secret
from guidelines.reading import Reading, Span, fold

_FINDERS: Final[Mapping[str, tuple[Callable[[Reading], Iterable[Span]], str]]] = {
    "email": (find_mail, "A private mail address."),
    "card": (find_card, "Payment card digits."),
    "iban": (find_iban, "A bank account number."),
    "phone": (find_phone, "A private phone number."),
    "address": (find_address, "A postal address."),
    "order_number": (find_order_number, "A number that belongs to one customer's account or order."),
    "identity": (find_identity, "An identity number or a date of birth."),
    "secret": (find_secret, "A password or access code."),
}
_ALL: Final = tuple(_FINDERS)
_MAY_BE_OURS: Final = frozenset({"phone", "address"})
"""What is often the company's own, a hotline or a shop; the trained model may let it go."""


class OwnNumber(BaseModel):
    """`order_number` with the company's own format, as a regular expression."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    order_number: str


class PiiOptions(Options):
    """`find`: what to look for (all when not said); `allow`: our public contact data, as text or as a mail domain."""

    find: tuple[
        Literal["email", "phone", "card", "iban", "address", "order_number", "identity", "secret"] | OwnNumber, ...
    ] = _ALL  # type: ignore[assignment]
    allow: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        return {} if value is True else shorthand(value, "find")


def _build(options: PiiOptions, _lists: Mapping[str, tuple[str, ...]]) -> Check:
    if not options.find:
        raise OptionError("nothing to look for is given")
    own = [compile_pattern(item.order_number) for item in options.find if isinstance(item, OwnNumber)]
    names = [name for name in _ALL if name in options.find]
    allowed = [fold(text).lower().strip() for text in options.allow if fold(text).strip()]

    def check(reading: Reading) -> Iterator[Hit]:
        taken: list[Span] = []
        for name, span in _found(reading, names, own):
            text = reading.lower[slice(*span)]
            if any(span[0] < end and start < span[1] for start, end in taken) or any(item in text for item in allowed):
                continue
            taken.append(span)
            yield Hit(span, _FINDERS[name][1], certain=name not in _MAY_BE_OURS)

    return check


def _found(reading: Reading, names: Sequence[str], own: list[regex.Pattern[str]]) -> Iterator[tuple[str, Span]]:
    for name in names:
        yield from ((name, span) for span in _FINDERS[name][0](reading))
    for pattern in own:
        yield from (("order_number", span) for span in search_spans(pattern, reading.folded))


def kinds() -> tuple[Kind, ...]:
    """The kinds of check in this module."""
    return (
        Kind(
            "pii",
            PiiOptions,
            _build,
            "no private mail, phone, card, IBAN, address, order number, identity number or password",
            heard="Tells a person's private data in public, or asks for it.",
        ),
    )
