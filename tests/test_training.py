"""How the shipped models are taught: what is learnt from, what is kept out, and how thresholds are found."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guidelines.training.fitting import logistic


def test_a_logistic_regression_finds_what_separates() -> None:
    dice = np.random.default_rng(4)
    inputs = dice.normal(size=(400, 3))
    due = inputs[:, 1] * 4 - 2 + dice.logistic(size=400) > 0
    own, bias = logistic(inputs, due)
    assert own[1] == pytest.approx(4, rel=0.35)
    assert bias == pytest.approx(-2, rel=0.35)
    assert max(abs(own[0]), abs(own[2])) < 0.6


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
