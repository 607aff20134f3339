"""Harder posts: several facts of a kind for one company, other attributes, other subjects, other moments."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guidelines.claims.evaluate import Labelled, evaluate
from guidelines.claims.examples import run_examples
from guidelines.facts import Claim, FactBase, Label

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
THIRD_AUTHOR = FactBase.load(DATA / "facts_third_author.yml", trained=False)
TRADES = FactBase.load(DATA / "facts_trades.yml", trained=False)


def posts(split: str, file: str = "posts_trades.jsonl") -> list[Labelled]:
    rows = [json.loads(line) for line in (DATA / file).read_text(encoding="utf-8").splitlines()]
    return [
        Labelled(row["id"], row["text"], Label(row["label"]), row["fact_id"], row.get("parent"))
        for row in rows
        if row["split"] == split
    ]


def base(*statements: str) -> FactBase:
    """A base about one company, Tern, from plain sentences."""
    facts = "".join(
        f"  - {{id: f{number}, entity: Tern, statement: {json.dumps(text)}, source_url: 'https://tern.example'}}\n"
        for number, text in enumerate(statements)
    )
    return FactBase.load("facts:\n" + facts, trained=False)


def check(text: str, *statements: str, parent: str | None = None) -> Claim:
    return base(*statements).check(text, parent=parent, now=NOW)


@pytest.mark.parametrize(
    ("split", "recall"),
    [
        ("trades1", 0.8),
        ("trades2", 0.75),
        ("trades3", 0.65),
        ("trades4", 0.8),
        ("trades5", 0.9),
        ("trades6", 0.8),
        ("trades7", 0.6),
        ("trades8", 0.75),
    ],
)
def test_corrections_stay_precise_where_posts_are_hard(split: str, recall: float) -> None:
    report = evaluate(TRADES, posts(split), now=NOW)
    assert report.precision >= 0.97, str(report)
    assert report.wrongly_flagged <= 0.015, str(report)
    assert report.recall >= recall, str(report)


@pytest.mark.parametrize(("split", "recall"), [("first", 0.9), ("probes", 0.75), ("trips", 0.7), ("traps", 0.0)])
def test_a_third_author_is_corrected_just_as_carefully(split: str, recall: float) -> None:
    report = evaluate(THIRD_AUTHOR, posts(split, "posts_third_author.jsonl"), now=NOW)
    assert report.precision >= 0.97, str(report)
    assert report.wrongly_flagged <= 0.01, str(report)
    assert report.recall >= recall, str(report)


def test_what_of_the_third_author_is_still_hard_does_not_get_worse() -> None:
    report = evaluate(THIRD_AUTHOR, posts("second", "posts_third_author.jsonl"), now=NOW)
    assert report.precision >= 0.8, str(report)
    assert report.recall >= 0.35, str(report)


@pytest.mark.parametrize(
    ("text", "statements"),
    [
        ("Tern charges €20 for repairs", ("Tern costs €6 per month.", "Repairs at Tern are covered for two years.")),
        ("the Tern chat was answered at 10 pm", ("Tern support is open from 7 am to 11 pm.",)),
        ("Tern is open on Fridays until midnight", ("Tern is closed on Mondays.",)),
        ("Tern opened 12 new shops last year", ("Tern runs 83 shops.",)),
        ("Tern was closed for cleaning last Tuesday", ("Tern is open 24 hours a day.",)),
        ("I was charged a fee by Tern for a transfer", ("Transfers with Tern are free.",)),
        ("I found Tern through an ad on a podcast", ("Tern has no ads.",)),
        ("that Tern ad on television is everywhere", ("Tern has no ads.",)),
        ("no smoking at Tern, finally", ("Smoking is not allowed anywhere at Tern.",)),
        ("photos with flash aren't allowed at Tern", ("Photography without flash is allowed at Tern.",)),
        ("Tern charges for withdrawals in Thailand", ("Withdrawals with Tern are free in the EU.",)),
        ("Tern was down for six hours", ("You must be at least 18 to use Tern.",)),
        ("Ines Roth gave a talk about Tern in 2020", ("Tern was founded by Ines Roth in 2016.",)),
        ("My bank, not Tern, charges 5 euro per withdrawal", ("Withdrawals with Tern are free.",)),
        ("I think Tern has around 100 rooms but I may be wrong", ("Tern has 64 rooms.",)),
        ("Tern stops working below -5", ("The Tern costs £6,400.",)),
        ("Tern is free for us since we're only four people", ("Tern is free for teams of up to five people.",)),
        ('A friend said "Tern is owned by a hedge fund". Told him to read up.', ("Tern is owned by its members.",)),
        ('"Tern is made in China" - how often must I read this?', ("Tern is made in Porto.",)),
        ("Tern turned 15 in 2024, they started in 2009.", ("Tern was founded in 2009.",)),
        ("Tern's two year guarantee on drivetrain parts is fine", ("Tern frames carry a ten-year warranty.",)),
        ("Tern chat support answers on sundays too", ("Tern phone support is staffed Monday to Saturday.",)),
        ("Is it fixed? Asking because no power in the cellar", ("The Tern battery can be removed for charging.",)),
        ("Tern app crashed twice", ("The Tern works without an app.",)),
        ("Tern stops charging at 80 percent", ("The Tern runs for 20 hours on one charge.",)),
        ("Tern signed a three year contract with a designer", ("Tern can be cancelled at any time.",)),
        ("Tern publishes everything I love", ("Tern publishes only comics.",)),
        ("the transfer from Tern hasn't arrived yet", ("Transfers with Tern arrive within 10 seconds.",)),
        ("on the paid plan Tern gives you unlimited notes", ("The free plan of Tern is limited to three notes.",)),
    ],
)
def test_what_is_about_something_else_than_a_fact_is_left_alone(text: str, statements: tuple[str, ...]) -> None:
    assert check(text, *statements).label is not Label.CONTRADICTS


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("Tern takes customers from age 16", "You must be at least 18 to join Tern."),
        ("Tern's weekend markup is 2%", "Tern adds a 0.5% mark-up on weekends."),
        ("Tern only makes ebikes", "Tern does not make e-bikes."),
        (
            "end-to-end encryption is only on Tern's Business plan",
            "Notes at Tern are end-to-end encrypted on all plans.",
        ),
        ("single sign-on comes with every Tern plan", "Single sign-on at Tern is available on the Business plan only."),
        ("Tern is open 24/7", "Tern is open Monday to Saturday."),
        ("Tern is closed on Sundays", "Tern is open on Sundays from 8 am to 1 pm."),
        ("Tern is 49.90 a month", "Tern costs €34.90 a month."),
        ("you can't sign up to Tern without a phone number", "You do not need a phone number to sign up for Tern."),
        ("Tern costs $600??? Insane.", "Tern costs $349."),
        ("free delivery at Tern only starts at £50", "Delivery from Tern is free from £25."),
        ("Tern maxes out at 100 Mbit/s", "Tern offers speeds of up to 500 Mbit/s."),
        (
            "check-in at Tern closes three quarters of an hour before",
            "Check-in at Tern closes 20 minutes before departure.",
        ),
        ("three people were hurt when Tern caught fire", "Nobody was hurt in the fire at Tern in 2026."),
        ("smoking is fine, you can smoke at Tern", "Smoking is not allowed at Tern."),
        ("Tern only has CCS", "Tern has CCS and CHAdeMO connectors."),
        ("Tern has been around since the 80s", "Tern was founded in 2009."),
        ("Tern delivers worldwide", "Tern ships only to Norway and Sweden."),
        ("Tern's hotline is mon-fri only", "Tern phone support is staffed Monday to Saturday."),
        ("you can fit 3.0 tyres on a Tern", "The Tern takes tyres up to 2.6 inches wide."),
        ("only a dealer can take the Tern battery out", "The battery of the Tern can be removed by the rider."),
        ("Tern still does not support TapPurse these days", "Tern cards can be added to the TapPurse wallet."),
        ("they take you from 12 upwards at Tern", "Customers of Tern must be at least 16 years old."),
        ("Tern treats birds", "Tern treats only cats and dogs."),
        ("Tern treats everything with a pulse", "Tern treats only cats and dogs."),
        ("with Tern you're stuck for two years", "Contracts with Tern can be cancelled at any time."),
        ("Tern lets you buy bitcoin", "Tern does not offer trading or custody of cryptocurrencies."),
        ("Tern was started by a former cook called Ada Brandt", "Tern was founded by the sisters Ina and Mia Roth."),
        ("The night clinic (Tern) is shut on Sundays", "The night clinic of Tern is open 24 hours a day."),
    ],
)
def test_a_false_claim_is_found_in_other_words(text: str, statement: str) -> None:
    claim = check(text, statement)
    assert claim.label is Label.CONTRADICTS, claim


def test_the_fact_that_knows_most_of_a_post_is_the_one_it_is_held_against() -> None:
    facts = ("Tern costs $6 per month.", "DDoS protection is free on all Tern plans.")
    claim = check("Tern charges extra for DDoS protection", *facts)
    assert (claim.label, claim.fact_id) == (Label.CONTRADICTS, "f1")


def test_of_two_facts_the_one_that_fits_better_is_meant() -> None:
    facts = ("Tern is free for teams of up to five people.", "Tern is used by 12,000 teams.")
    claim = check("only about 300 teams use Tern", *facts)
    assert (claim.label, claim.fact_id) == (Label.CONTRADICTS, "f1")


def test_a_no_before_a_sentence_answers_the_question_alone() -> None:
    facts = ("Parking at Tern is free.", "Bookings at Tern can be cancelled free of charge.")
    assert (
        check("no it's free", *facts, parent="Do you have to pay for parking at Tern?").label is not Label.CONTRADICTS
    )
    assert check("yes, 15 a day", *facts, parent="Do you have to pay for parking at Tern?").fact_id == "f0"


def test_the_examples_of_an_expired_fact_still_tell_whether_it_is_understood() -> None:
    text = """
facts:
  - id: old
    entity: Tern
    statement: Tern costs £5.
    source_url: https://tern.example
    valid_until: 2020-01-01
    misstatements: [Tern costs £9]
"""
    old = FactBase.load(text, trained=False)
    assert old.check("Tern costs £9", now=NOW).label is Label.UNSURE
    assert all(result.passed for result in run_examples(old, now=NOW))
