"""Reading posts against facts with the trained model: what it is shown, what it is asked, and what comes of it."""

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guidelines.claims import wording
from guidelines.claims.entities import EntityIndex
from guidelines.claims.inference import Heard, Inference, Question, heard_of, strongest
from guidelines.claims.judge import Judgement
from guidelines.claims.nearest import MOST
from guidelines.claims.verdict import SURE, signs, weigh, weights
from guidelines.facts import FactBase, Label

NOW = datetime(2026, 11, 21, tzinfo=UTC)
FACTS = """
facts:
  - {id: fern-price, entity: Fernhollow, aliases: [Fern Hollow], statement: Fernhollow tea costs 12 euros a tin., source_url: https://fern.example/tea}
  - {id: fern-bags, entity: Fernhollow, aliases: [Fern Hollow], statement: Fernhollow tea bags contain no plastic., source_url: https://fern.example/bags}
  - {id: fern-place, entity: Fernhollow, aliases: [Fern Hollow], statement: Fernhollow is based in Lisbon., source_url: https://fern.example/about}
  - {id: fern-shop, entity: Fernhollow, aliases: [Fern Hollow], statement: The Fernhollow shop is closed on Sundays., source_url: https://fern.example/shop}
  - {id: fern-staff, entity: Fernhollow, aliases: [Fern Hollow], statement: Fernhollow has 40 employees., source_url: https://fern.example/about}
  - {id: fern-owner, entity: Fernhollow, aliases: [Fern Hollow], statement: Fernhollow belongs to its employees., source_url: https://fern.example/about}
"""  # noqa: E501 - a fact a line
BASE = FactBase.load(FACTS)
INDEX = EntityIndex([(name, "Fernhollow") for name in ("Fernhollow", "Fern Hollow")])
INFERENCE = Inference(list(BASE.facts.values()), INDEX)
PRICE = wording.worded("Fernhollow tea costs 12 euros a tin.", INDEX)


def asked(text: str, parent: str | None = None, **more: object) -> dict[str, Question]:
    return {each.fact_id: each for each in INFERENCE.questions(text, parent, **more)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@FernHollow tea is 12 euros", "company tea is 12 euros ="),
        ("Fern Hollow's tea is 20 euros", "company's tea is 20 euros ¬"),
        ("twelve euros for #fernhollow, fine", "twelve euros = for company, fine"),
        ("I like tea", "I like tea"),
    ],
)
def test_names_become_one_word_and_amounts_say_whether_they_are_the_facts_own(text: str, shown: str) -> None:
    assert wording.worded(text, INDEX).shown({"Fernhollow"}, PRICE) == shown


def test_places_are_compared_as_values_of_a_closed_set() -> None:
    place = wording.worded("Fernhollow is based in Lisbon.", INDEX)
    assert wording.worded("Fernhollow sits in Portugal", INDEX).shown({"Fernhollow"}, place).endswith("Portugal =")
    assert wording.worded("Fernhollow sits in Berlin", INDEX).shown({"Fernhollow"}, place).endswith("Berlin ¬")


def test_look_alike_letters_and_markup_are_gone_before_the_model_reads() -> None:
    shown = wording.worded("<b>Fеrnhollow</b>&nbsp;is&#32;gre\u200bat", INDEX).shown({"Fernhollow"})
    assert shown.split() == ["company", "is", "great"]


@given(st.text(max_size=3000))
@settings(max_examples=60, deadline=None)
def test_any_text_has_few_passages_none_of_them_long(text: str) -> None:
    read = wording.worded(text, INDEX)
    places = read.passages()
    assert len(places) <= wording.MOST_PASSAGES
    assert all(0 <= start <= end <= len(read.text) and end - start <= 420 for start, end in places)
    assert all(0 <= place <= len(text) for place in read.origin)


def test_a_long_post_is_read_where_it_names_the_company() -> None:
    idle = "The weather was fine and we walked for hours along the coast. " * 40
    read = wording.worded(idle + "Then we had tea from Fernhollow. " + idle, INDEX)
    assert any("Fernhollow" in read.text[start:end] for start, end in read.passages())


def test_only_the_nearest_facts_are_asked_and_those_that_were_named() -> None:
    assert len(asked("Thinking about a trip to Fernhollow")) == MOST
    assert set(asked("Fernhollow tea bags are full of plastic, read the label")) == {"fern-bags"}
    assert set(asked("Fernhollow tea bags are full of plastic", also=BASE.facts)) == set(BASE.facts)


def test_a_post_that_names_nobody_asks_nothing() -> None:
    assert not asked("Tea bags are full of plastic")
    assert INFERENCE.hear("Tea bags are full of plastic", None) == []


def test_the_question_that_is_answered_stands_beside_the_fact() -> None:
    question = asked("all of them", "Do Fernhollow tea bags contain plastic?")["fern-bags"]
    assert question.first.endswith("< Do company tea bags contain plastic =?")
    assert question.second == "all of them"


def heard(fact_id: str = "fern-bags", *, against: float = 0.0) -> Heard:
    return heard_of(Question(fact_id, "", ""), (0.0, against, 0.0))


def test_probabilities_of_an_answer_add_up() -> None:
    answer = heard(against=3.0)
    assert math.isclose(sum(map(math.exp, (answer.neither, answer.contradicts, answer.agrees))), 1.0)
    assert answer.lead > 0


def test_of_several_passages_the_one_that_contradicts_most_counts() -> None:
    assert [each.lead for each in strongest([heard(against=1.0), heard(against=4.0), heard(against=-2.0)])] == [
        heard(against=4.0).lead
    ]


def compared(confidence: float, *, contradicts: bool = True) -> Judgement:
    return Judgement("fern-bags", contradicts, confidence, ((0, 4),), "The post says otherwise.")


@given(st.floats(-8, 8), st.floats(-8, 8))
def test_a_surer_contradiction_never_gets_a_lower_confidence(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = [
        max((each.confidence for each in weigh([heard(against=at)], {}) if each.contradicts), default=0.0)
        for at in (low, high)
    ]
    assert found[0] <= found[1] + 1e-9


def test_what_was_compared_adds_to_what_was_read_and_gives_the_reason() -> None:
    read = heard(against=2.0)
    alone = weights().probability(signs(read, [read], None))
    assert weights().probability(signs(read, [read], compared(0.9))) > alone
    both = weigh([heard(against=9.0)], {"fern-bags": compared(0.9)})
    assert [(each.contradicts, each.reason) for each in both] == [(True, "The post says otherwise.")]
    assert both[0].confidence >= SURE


def test_who_says_what_another_fact_says_is_less_likely_to_deny_this_one() -> None:
    read, same = heard(against=2.0), Heard("fern-refills", neither=-4.0, contradicts=-6.0, agrees=-0.02)
    alone = weights().probability(signs(read, [read], None))
    assert weights().probability(signs(read, [read, same], None)) < alone


def test_nothing_is_said_of_a_fact_that_the_post_leaves_alone() -> None:
    assert weigh([replace(heard(against=-9.0), neither=-0.01)], {}) == []


@pytest.mark.parametrize(
    ("text", "parent", "fact_id"),
    [
        ("ugh, microplastics in every cup, Fernhollow's bags are made with the stuff", None, "fern-bags"),
        ("went to Fernhollow last Sunday, the shop is open all week, lovely place", None, "fern-shop"),
        ("Fernhollow wants 25 euros for one tin of tea", None, "fern-price"),
    ],
)
def test_a_false_claim_is_found_with_its_fact(text: str, parent: str | None, fact_id: str) -> None:
    claim = BASE.check(text, parent=parent, now=NOW)
    assert (claim.label, claim.fact_id) == (Label.CONTRADICTS, fact_id)


@pytest.mark.parametrize(
    "text",
    [
        "Is Fernhollow based in Berlin?",
        "Fernhollow tea costs 12 euros a tin, worth it",
        "If Fernhollow ever put plastic into their bags I would leave",
        "Brightwater tea bags are full of plastic, Fernhollow's are not",
        "I love Fernhollow",
    ],
)
def test_what_is_true_asked_or_imagined_is_left_alone(text: str) -> None:
    assert BASE.check(text, now=NOW).label is not Label.CONTRADICTS


def test_a_claim_that_only_the_model_finds_has_its_sentence_as_its_place() -> None:
    text = "We went shopping. There is polypropylene in the bags Fernhollow puts its tea in! 😡 Then home."
    claim = BASE.check(text, now=NOW)
    assert claim.label is Label.CONTRADICTS
    assert next(text[start:end] for start, end in claim.spans).startswith("There is polypropylene")


def test_without_the_model_the_comparisons_decide_alone() -> None:
    plain = FactBase.load(FACTS, trained=False)
    assert plain.check("Fernhollow is based in Berlin.", now=NOW).label is Label.CONTRADICTS
    assert plain.check("ugh, microplastics in every cup at Fernhollow", now=NOW).label is Label.NONE


IDLE = "We walked along the coast and the weather was fine. "


def test_the_place_of_a_contradiction_is_found_far_behind_in_a_long_post() -> None:
    claim = "Fernhollow tea costs 20 euros a tin."
    text = IDLE * 90 + claim
    found = INFERENCE.sentence(text, "fern-price")
    assert found is not None
    assert text[slice(*found)] == claim


def test_where_too_many_sentences_may_be_meant_no_place_is_named() -> None:
    assert INFERENCE.sentence("So. " * 60 + "Fernhollow tea costs 20 euros a tin.", "fern-price") is None


@pytest.mark.parametrize("text", [IDLE * 90, "a" * 25_000 + " Fernhollow tea costs 20 euros a tin."])
def test_an_answer_about_a_post_that_was_read_in_part_says_so(text: str) -> None:
    found = BASE.check(text, now=NOW)
    assert found.label is Label.NONE
    assert found.reason.endswith("The text is too long to be read whole, and some of it was not read.")
    assert FactBase.load(FACTS, trained=False).check(text, now=NOW).reason == found.reason


def test_a_short_post_is_read_whole_and_nothing_is_said_of_it() -> None:
    assert BASE.check(IDLE * 5, now=NOW).reason == "No claim about a fact was found."


def test_the_reason_for_a_correction_never_says_that_it_is_not_sure() -> None:
    text = "I buy Fernhollow tea, it costs me 20 euros a tin"
    plainly = FactBase.load(FACTS, trained=False).check(text, now=NOW)
    assert (plainly.label, plainly.reason[-12:]) == (Label.UNSURE, "is not sure.")
    claim = BASE.check(text, now=NOW)
    assert claim.label is Label.CONTRADICTS
    assert claim.reason == "The post says “20 euros”; the fact says “12 euros”."
