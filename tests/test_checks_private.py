"""Private data: what is somebody's own, what is the company's, and what only looks like a number of either."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidelines.base import Candidate, check
from guidelines.checks.private_numbers import is_iban, passes_luhn
from guidelines.pack import default, load

RULES = "guidelines: 1\npack: p\nversion: 1\nrules:\n"


def private(text: str, company: tuple[str, ...] = ("Harbour",)) -> list[str]:
    findings = check(Candidate(text, identity="brand", company=company), default()).findings
    return [text[slice(*finding.span)] for finding in findings if finding.rule == "private-data" and finding.span]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("We wrote to Jane.Doe+x@Gmail.com today.", "Jane.Doe+x@Gmail.com"),
        ("Try jane (at) gmail (dot) com", "jane (at) gmail (dot) com"),
        ("We rang you on (415) 555-0132.", "(415) 555-0132"),
        ("Your number +49 151 23456789 is on file.", "+49 151 23456789"),
        ("Our agent Tim is on 07812 345678.", "07812 345678"),
        ("Your card 4242-4242-4242-4242 failed.", "4242-4242-4242-4242"),
        ("It went to GB82 WEST 1234 5698 7654 32.", "GB82 WEST 1234 5698 7654 32"),
        ("It was left at 221 Baker Street.", "221 Baker Street"),
        ("Your order HB-204817 is out.", "order HB-204817"),
        ("We have 123-45-6789 for you.", "123-45-6789"),
    ],
)
def test_private_data_is_found_with_its_span(text: str, what: str) -> None:
    assert private(text) == [what]


@pytest.mark.parametrize(
    "text",
    [
        "Write to support@harbour.example.",
        "Press questions go to press@harbour.example, please.",
        "Use the form yourname@yourdomain.example.",
        "Call us on 0800 123 4567.",
        "Our office number is 020 7946 0958.",
        "Version 10.14.3098.221 is out.",
        "It takes 1,500,000 steps a day.",
        "Open 9-5, and 10-2 on 24/12/2026.",
        "It costs 1 299 000 yen.",
        "The ISBN 978-3-16-148410-0 is a book.",
        "What's your order number?",
        "An order number looks like HB-204817.",
        "We're at 14 Quay Street, next to the ferry.",
        "See issue 482133 in the tracker.",
        "The server at 192.168.100.200 answers.",
        "We shipped order 66 jokes in 2026.",
    ],
)
def test_public_contact_data_and_other_numbers_are_left_alone(text: str) -> None:
    assert private(text) == []


def test_a_pack_may_allow_its_own_contact_data_and_name_its_own_numbers() -> None:
    rule = "  - {id: p, check: {pii: {find: [email, {order_number: 'HB-\\d{6}'}], allow: [kim@shop.example]}}}\n"
    pack = load(RULES + rule)
    assert not check(Candidate("kim@shop.example"), pack).findings
    assert len(check(Candidate("HB-123456 for joe@shop.example"), pack).findings) == 2


@given(st.text("0123456789", min_size=12, max_size=18))
def test_exactly_one_check_digit_makes_a_number_pass(digits: str) -> None:
    assert sum(passes_luhn(digits + last) for last in "0123456789") == 1


@pytest.mark.parametrize(("text", "right"), [("DE89 3704 0044 0532 0130 00", True), ("DE88370400440532013000", False)])
def test_iban_check_digits(text: str, right: bool) -> None:
    assert is_iban(text) is right
