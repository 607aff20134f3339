"""Posts that name no company, but something of it that stands in its facts alone."""

from datetime import UTC, datetime

from guidelines.claims.own_names import own_names, owners
from guidelines.facts import FactBase, Label

NOW = datetime(2026, 11, 22, tzinfo=UTC)
BASE = FactBase.load(
    """\
facts:
  - id: coaster-height
    entity: Wyvern Park
    statement: The minimum height for the Thornback coaster is 130 cm.
    source_url: https://wyvern.example/heights
  - id: park-days
    entity: Wyvern Park
    statement: Wyvern Park in Skerra is open every day from March to October, and takes no Android vouchers.
    source_url: https://wyvern.example/days
  - id: ferry-dogs
    entity: Pelagia Ferries
    statement: Dogs travel free of charge to Skerra.
    source_url: https://pelagia.example/dogs
"""
)
NAMES = own_names(list(BASE.facts.values()))


def test_words_that_only_one_companys_facts_bear_are_its_own() -> None:
    assert NAMES["thornback"] == "Wyvern Park"
    assert "skerra" not in NAMES, "two companies go there"
    assert not {"march", "october", "android"} & NAMES.keys(), "everybody knows these words"


def test_whole_words_count_in_any_case() -> None:
    assert set(owners("THORNBACK! never again", NAMES)) == {"Wyvern Park"}
    assert not set(owners("thornbacks and rays", NAMES))


def test_a_false_claim_is_found_that_never_names_the_company() -> None:
    claim = BASE.check("You have to be 150 cm tall to ride the Thornback.", now=NOW)
    assert (claim.label, claim.fact_id) == (Label.CONTRADICTS, "coaster-height")


def test_nothing_is_found_where_nothing_of_a_company_is_named() -> None:
    assert BASE.check("You have to be 150 cm tall to ride the coaster.", now=NOW).label is Label.NONE
