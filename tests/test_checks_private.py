"""Private data: what is somebody's own, what is the company's, and what only looks like a number of either."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidelines.base import Candidate, check
from guidelines.checks.private_numbers import is_iban, passes_luhn
from guidelines.pack import default, load

RULES = "guidelines: 1\npack: p\nversion: 1\nrules:\n"


def private(text: str, company: tuple[str, ...] = ("Harbour",)) -> list[str]:
    findings = check(Candidate(text, identity="brand", company=company), default(), trained=False).findings
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
        "We rang +91 98765 43210 twice.",
        "Is 8 (912) 345-67-89 still yours?",
        "We tried 090-1234-5678.",
        "The driver called (11) 98765-4321 at noon.",
        "Nobody answered at 04 78 12 34 56.",
        "You're listed with +34 612 34 56 78.",
        "You gave us 0 4 1 2 9 8 7 6 5 2 as your phone.",
        "It is seven oh four, five five five, oh one nine two.",
        "It went to Storgatan 12, 114 55 Stockholm.",
        "Delivered to ul. Długa 12, 00-238 Warszawa.",
        "Sent to Prinsengracht 263, 1016 GV Amsterdam.",
        "We sent it to Calle de Alcalá 45, 28014 Madrid.",
        "Your parcel is at 2-11-3 Meguro-ku.",
        "It was left in the shed at YO24 1BX.",
        "Bestellung 4471-229 ist unterwegs.",
        "Your ticket #4471902 is with the second line.",
        "Claim CL/2291/26 was refused.",
        "Your parcel AB 123 456 789 GB sits in the depot.",
        "Signed for by Mrs Penhallow at noon.",
        "Your overdraft is £450 at the moment.",
        "It was refused because of your diagnosis of asthma.",
        "Born 23 June 1979, correct?",
        "Passport, number 533380006, is on the form.",
    ],
)
def test_what_is_private_is_found_in_the_styles_of_many_countries(text: str) -> None:
    assert private(text)


@pytest.mark.parametrize(
    "text",
    [
        "Our shop is at 12 rue de Rivoli, 75001 Paris.",
        "Returns go to Harbour Returns, Unit 4, Mill Lane, Leeds LS9 8AG.",
        "Stores are on the map; the one in Bath is at 3 Milsom Street.",
        "Via Settings 3 you can change it.",
        "About 3 in 4 people use 5 of them.",
        "Put in 1 2 3 4 5 6 7 and press the key.",
        "See ticket 882 in the public tracker.",
        "During 3 days in Leeds 3000 came.",
        "Room 1204 is quieter than room 1108.",
        "Set the sampling to 44100 Hz and 24 bit.",
        "Your test is over when the light is green.",
        "Your treatment for free is not what we said.",
        "Case 1 is white, case 2 is black.",
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
    assert not check(Candidate("kim@shop.example"), pack, trained=False).findings
    assert len(check(Candidate("HB-123456 for joe@shop.example"), pack, trained=False).findings) == 2


@given(st.text("0123456789", min_size=12, max_size=18))
def test_exactly_one_check_digit_makes_a_number_pass(digits: str) -> None:
    assert sum(passes_luhn(digits + last) for last in "0123456789") == 1


@pytest.mark.parametrize(("text", "right"), [("DE89 3704 0044 0532 0130 00", True), ("DE88370400440532013000", False)])
def test_iban_check_digits(text: str, right: bool) -> None:
    assert is_iban(text) is right
