"""Logistic regression, for the few numbers that join a network with what the written checks found."""

import numpy as np

_ROUNDS = 40


def logistic(inputs: np.ndarray, due: np.ndarray, *, strength: float = 1.0) -> tuple[np.ndarray, float]:
    """The weight of each column and the bias, by Newton's method with an L2 penalty on standardised columns."""
    middle, spread = inputs.mean(0), inputs.std(0) + 1e-9
    design = np.c_[(inputs - middle) / spread, np.ones(len(inputs))]
    target = due.astype(float)
    weights = np.zeros(design.shape[1])
    penalty = strength * np.r_[np.ones(len(middle)), 0]
    for _ in range(_ROUNDS):
        odds = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (target - odds) - penalty * weights
        curve = (design * (odds * (1 - odds))[:, None]).T @ design + np.diag(penalty + 1e-6)
        weights += np.linalg.solve(curve, slope)
    own = weights[:-1] / spread
    return own, float(weights[-1] - own @ middle)


def threshold(odds: np.ndarray, due: np.ndarray, *, precision: float, recall: float) -> float:
    """Where to cut, halfway between two texts: where precision and recall have most to spare above what is promised.

    Where no cut keeps both it is the lowest that keeps the precision: to be stopped without reason is worse.
    """
    order = np.argsort(-odds)
    hits = np.cumsum(due[order])
    precise, found = hits / np.arange(1, len(order) + 1), hits / due.sum()
    spare = np.minimum((precise - precision) / (1 - precision), (found - recall) / (1 - recall))
    enough = np.flatnonzero(precise >= precision)
    last = spare.argmax() if spare.max() >= 0 or not len(enough) else enough[-1]
    return float(odds[order[last : last + 2]].mean())
