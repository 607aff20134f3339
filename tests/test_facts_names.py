"""Names that several companies share, names of one letter, and names that hold another's."""

from datetime import UTC, datetime

import pytest

from guidelines.claims.judge import Judge, Judgement
from guidelines.claims.namesakes import Namesakes
from guidelines.claims.verdict import SURE
from guidelines.facts import Claim, FactBase, Label

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def facts(*rows: tuple[str, str, str, str]) -> str:
    """A fact file of rows: id, entity, aliases, statement."""
    listed = (
        f"  - {{id: {name}, entity: {entity}, aliases: [{aliases}], statement: {told}, source_url: 'https://a.example'}}"
        for name, entity, aliases, told in rows
    )
    return "\n".join(["facts:", *listed])


NORTHGALE = facts(
    ("energy", "Northgale Energy", "Northgale", "Northgale Energy has 500 employees."),
    ("foods", "Northgale Foods", "Northgale", "Northgale Foods has 80 employees."),
)
TRAINED = FactBase.load(NORTHGALE)
PLAIN = FactBase.load(NORTHGALE, trained=False)


def found(base: FactBase, text: str, parent: str | None = None) -> dict[str | None, Label]:
    return {claim.fact_id: claim.label for claim in base.check_all(text, parent=parent, now=NOW)}


def first(base: FactBase, text: str) -> Claim:
    return base.check(text, now=NOW)


@pytest.mark.parametrize("base", [TRAINED, PLAIN], ids=["trained", "plain"])
def test_a_name_written_in_full_means_nobody_who_shares_a_part_of_it(base: FactBase) -> None:
    assert found(base, "Northgale Foods has 80 employees.") == {"foods": Label.AGREES}
    assert found(base, "Northgale Energy has 80 employees.") == {"energy": Label.CONTRADICTS}


@pytest.mark.parametrize("base", [TRAINED, PLAIN], ids=["trained", "plain"])
@pytest.mark.parametrize("number", [80, 500])
def test_what_is_true_of_one_is_not_held_against_the_other_of_that_name(base: FactBase, number: int) -> None:
    labels = found(base, f"Northgale has {number} employees.")
    assert Label.AGREES in labels.values()
    assert Label.CONTRADICTS not in labels.values()


def test_what_is_true_of_neither_is_still_a_contradiction() -> None:
    assert first(TRAINED, "Northgale has 3 employees.").label is Label.CONTRADICTS


def test_the_reason_names_the_company_of_which_it_is_true() -> None:
    judge = Judge(list(PLAIN.facts.values()))
    namesakes = Namesakes(PLAIN.facts, judge.facts, judge.entities)
    against = Judgement("energy", True, 0.9, (), "The post says otherwise.")
    same = Judgement("foods", False, 0.9, (), "The post says the same.")
    (settled,) = namesakes.settle([against], [same], "Northgale has 80 employees.", None)
    assert settled.confidence < SURE
    assert settled.doubt.endswith("It is true of Northgale Foods, which goes by that name, so this is not sure.")


def test_a_short_name_means_the_company_that_the_post_or_its_parent_names_in_full() -> None:
    assert "energy" not in found(TRAINED, "I like Northgale Foods. Northgale has 3 employees.")
    assert found(TRAINED, "Northgale has 500 employees.", "How big is Northgale Foods?") == {"foods": Label.CONTRADICTS}


def test_a_fact_about_something_else_excuses_nothing() -> None:
    base = FactBase.load(
        facts(
            ("staff", "Northgale Energy", "Northgale", "Northgale Energy has 500 employees."),
            ("place", "Northgale Foods", "Northgale", "Northgale Foods is based in Oslo."),
        ),
        trained=False,
    )
    assert found(base, "Northgale has 80 employees. Northgale is based in Oslo.")["staff"] is Label.CONTRADICTS


def test_the_facts_of_a_company_hold_for_what_it_makes() -> None:
    base = FactBase.load(
        facts(
            ("made", "Tern", "", "Tern lamps are made in Porto."),
            ("runs", "Tern One", "Tern", "The Tern One runs for 14 hours on a charge."),
        ),
        trained=False,
    )
    assert found(base, "Tern One lamps are made in Berlin.")["made"] is Label.CONTRADICTS


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("X costs 9 dollars a month", Label.CONTRADICTS),
        ("@x costs 9 dollars a month", Label.CONTRADICTS),
        ("the box is 2 x 3 m and costs 9 dollars a month", Label.NONE),
    ],
)
def test_a_name_of_one_letter_is_found_where_it_is_written_as_a_name(text: str, label: Label) -> None:
    base = FactBase.load(facts(("price", "X", "", "X costs 5 dollars a month.")), trained=False)
    assert first(base, text).label is label


def test_a_name_that_begins_with_a_letter_may_be_written_small() -> None:
    base = FactBase.load(facts(("price", "W&F", "", "W&F costs 5 dollars a month.")), trained=False)
    assert first(base, "w&f costs 9 dollars a month").label is Label.CONTRADICTS
