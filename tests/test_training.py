"""How the shipped models are taught: what is learnt from, what is kept out, and how thresholds are found."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidelines.base import Candidate
from guidelines.claims.record import Fact
from guidelines.reply_model import SCORES
from guidelines.training.fitting import logistic, threshold
from guidelines.training.posts import Labelled, cases, restated

BATTERY = Fact("battery", "Harbour Mini", "The Harbour Mini lasts 14 hours.", "https://harbour.example/run", ("Mini",))
PRICE = Fact("price", "Harbour Mini", "The Harbour Mini costs $9.", "https://harbour.example/price", ("Mini",))
POSTS = Labelled(
    "authors/1",
    [BATTERY, PRICE],
    [
        {"id": "1", "text": "got fourteen hours out of my Mini again", "label": "agrees", "fact_id": "battery"},
        {"id": "2", "text": "fourteen hours, yes", "parent": "the Mini?", "label": "agrees", "fact_id": "battery"},
        {"id": "3", "text": "my Mini was flat after six hours", "label": "contradicts", "fact_id": "battery"},
        {"id": "4", "text": "the Mini is 20 dollars", "label": "contradicts", "fact_id": "price"},
        {"id": "5", "text": "love my Mini", "label": "none"},
    ],
)


def test_a_fact_is_restated_by_a_post_that_says_the_same_and_names_whom_it_is_about() -> None:
    again = restated(POSTS)
    assert [(fact.id, fact.statement) for fact in again.facts] == [("battery", POSTS.posts[0]["text"])]
    assert [post["id"] for post in again.posts] == ["2", "3", "5"]


def test_a_post_is_learnt_from_beside_the_fact_it_speaks_of() -> None:
    found = {case.id: case for case in cases(POSTS, to_learn=True)}
    assert "battery" in {question.fact_id for question in found["authors/1:3"].questions}
    assert found["authors/1:5"].company == "authors/1:Harbour Mini"


def test_a_logistic_regression_finds_what_separates() -> None:
    dice = np.random.default_rng(4)
    inputs = dice.normal(size=(400, 3))
    due = inputs[:, 1] * 4 - 2 + dice.logistic(size=400) > 0
    own, bias = logistic(inputs, due)
    assert own[1] == pytest.approx(4, rel=0.35)
    assert bias == pytest.approx(-2, rel=0.35)
    assert max(abs(own[0]), abs(own[2])) < 0.6


def test_a_threshold_lies_between_what_is_due_and_what_is_not() -> None:
    odds, due = np.array([3.0, 2.0, -1.0, -2.0]), np.array([True, True, False, False])
    assert threshold(odds, due, precision=0.92, recall=0.85) == 0.5


def test_a_threshold_keeps_the_precision_where_it_cannot_keep_both() -> None:
    odds, due = np.array([4.0, 3.0, 2.0, 1.0, 0.0]), np.array([True, True, False, True, True])
    assert threshold(odds, due, precision=0.92, recall=0.85) == 2.5
    assert threshold(odds, due, precision=0.7, recall=0.85) < 0.5


@given(st.integers(0, 2**31))
def test_a_column_that_never_changes_has_no_say(seed: int) -> None:
    inputs = np.random.default_rng(seed).normal(size=(60, 2))
    inputs[:, 1] = 7.0
    own, bias = logistic(inputs, inputs[:, 0] > 0)
    assert np.isfinite([*own, bias]).all()
    assert own[0] > 0


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="the extra `train` is not installed")
def test_a_network_scores_the_same_before_and_after_it_is_written(tmp_path: Path) -> None:
    from guidelines.training.export import export
    from guidelines.training.network import Learner, fresh
    from guidelines.transformer import Transformer, pieces

    pairs = [("company costs 24 euros.", "it is 60 ¬ euros"), ("company is vegan.", "no")]
    learner = Learner(pieces(), fresh(2, classes=3, seed=1))
    export(learner.network, tmp_path / "small.onnx")
    written = Transformer(pieces(), tmp_path / "small.onnx").scores(pairs)
    assert np.allclose(learner.scores(pairs), written, atol=0.1)


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="the extra `train` is not installed")
def test_a_network_that_was_kept_is_the_same_when_a_run_goes_on_from_it(tmp_path: Path) -> None:
    from guidelines.training.network import Learner, fresh, keep, kept_network
    from guidelines.transformer import pieces

    pairs = [("company costs 24 euros.", "it is 60 ¬ euros")]
    network = fresh(2, classes=3, seed=1)
    keep(network, tmp_path / "kept.npz")
    again = Learner(pieces(), kept_network(tmp_path / "kept.npz")).scores(pairs)
    assert np.array_equal(Learner(pieces(), network).scores(pairs), again)


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="the extra `train` is not installed")
def test_of_a_long_reply_pages_are_learnt_where_all_of_it_is_fine() -> None:
    from guidelines.training.replies import Case, examples

    long = Candidate("Thank you for telling us how the blade came loose. " * 12, company=("Harbour",))
    pages = list(examples([Case(long, {"tone": False, "disclosure": False})]))
    assert len(pages) > 1
    assert {page.target[SCORES.index("disclosure")] for page in pages} == {-1.0}
    assert not list(examples([Case(long, {"tone": True})]))


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="the extra `train` is not installed")
def test_the_mean_of_a_network_with_itself_is_that_network() -> None:
    from guidelines.training.network import Learner, fresh, mean_of
    from guidelines.transformer import pieces

    pairs = [("company costs 24 euros.", "it is 60 ¬ euros")]
    network = fresh(2, classes=3, seed=1)
    again = Learner(pieces(), mean_of([network, network])).scores(pairs)
    assert np.allclose(Learner(pieces(), network).scores(pairs), again, atol=1e-5)
