"""Fractions, raised digits and fraction slashes in posts: they are the amounts that people see."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidelines.claims.text import fold
from guidelines.facts import FactBase, Label

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BASE = FactBase.load(
    """
facts:
  - {id: hours, entity: Zorblat, statement: The Zorblat battery lasts 8.5 hours., source_url: "https://z.example"}
  - {id: seats, entity: Plonk, statement: The Plonk hall has 40 seats., source_url: "https://p.example"}
""",
    trained=False,
)


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        ("8½ hours", "8.5 hours"),
        ("8 ½ hours", "8.5 hours"),
        ("8\u00a0½ hours", "8.5 hours"),
        ("½ an hour", "0.5 an hour"),
        ("2¼ kg, 3⅓ kg", "2.25 kg, 3.333 kg"),
        ("8 1\u20442 hours", "8.5 hours"),
        ("8¹\u2044₂ hours", "8.5 hours"),
        ("in 2026 ½ of them", "in 2026 0.5 of them"),
        ("24\u20447 and 3\u20444\u20442025", "24/7 and 3/4/2025"),
        ("5\u20440", "5/0"),
        ("40² seats.³ Fine", "40 seats. Fine"),
        ("3 m² and 4 m³", "3 m2 and 4 m3"),
        ("8 1/2 hours", "8 1/2 hours"),
    ],
)
def test_fractions_are_read_as_decimals_and_notes_are_left_out(text: str, readable: str) -> None:
    assert fold(text).text == readable


@pytest.mark.parametrize("amount", ["8½", "8 ½", "8 1\u20442", "8¹\u2044₂", "8.5¹"])
def test_the_amount_of_the_fact_agrees_however_it_is_written(amount: str) -> None:
    assert BASE.check(f"The Zorblat battery lasts {amount} hours.", now=NOW).label is Label.AGREES


@pytest.mark.parametrize("amount", ["5½", "½", "12 ¼"])
def test_another_fraction_is_still_a_contradiction_and_shown_whole(amount: str) -> None:
    text = f"The Zorblat battery lasts {amount} hours."
    claim = BASE.check(text, now=NOW)
    assert claim.label is Label.CONTRADICTS
    assert [text[start:end] for start, end in claim.spans] == [f"{amount} hours"]


def test_a_raised_digit_behind_a_number_is_none_of_its_digits() -> None:
    assert BASE.check("The Plonk hall has 40² seats.", now=NOW).label is not Label.CONTRADICTS


@given(st.text(st.sampled_from("0123459½¼⅓⅟↉¹²₂\u2044 /.,m\u00a0"), max_size=30))
def test_every_sign_keeps_its_place_and_nothing_is_left_to_read_anew(text: str) -> None:
    read = fold(text)
    assert len(read.offsets) == len(read.text)
    assert list(read.offsets) == sorted(read.offsets)
    assert all(0 <= place < len(text) for place in read.offsets)
