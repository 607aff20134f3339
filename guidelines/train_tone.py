"""Trains the tone model from the labelled texts in the repository: `python -m guidelines.train_tone`. Needs numpy."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from guidelines.base import Candidate
from guidelines.checks.tone import phrase_hits
from guidelines.pack import default
from guidelines.reading import Reading
from guidelines.tone_model import features

SEED: Final = 7
FOLDS: Final = 5
STRENGTH: Final = 0.5
"""L2 regularisation."""
ROUNDS: Final = 200
WANTED_PRECISION: Final = 0.89
HELD_OUT: Final = ("held-out", "final")
"""Splits of the labelled replies that the model never sees."""
_HERE: Final = Path(__file__).parent
_DATA: Final = _HERE.parent / "tests" / "data"
_COMPANIES: Final = ("Harbour", "Brightwater", "Northwind", "Kestrel", "Lumen", "Marlow", "Tideline")
_INTRODUCTIONS: Final = (
    "I work at {}.",
    "I work for {}.",
    "{} employee here.",
    "{} support here.",
    "I'm on the {} team.",
    "{} team here.",
    "I'm with {}.",
    "{} engineer.",
    "Full disclosure, I work at {}.",
    "Sam from {} here.",
)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and whether it is rude."""

    text: str
    rude: bool


def samples() -> list[Sample]:
    """Return the training texts; the held-out replies stay out."""
    chance = random.Random(SEED)  # noqa: S311 (nothing secret here)
    found = [
        Sample(_introduced(record["text"], chance), record["label"] == "rude")
        for record in map(json.loads, (_DATA / "tone.jsonl").read_text("utf-8").splitlines())
    ]
    for rule in default().rules:
        found += [Sample(_introduced(example.text, chance), False) for example in rule.passing if rule.id != "language"]
        found += [Sample(_introduced(example.text, chance), True) for example in rule.failing if rule.id == "tone"]
    replies = (
        json.loads(line)
        for name in ("replies.jsonl", "replies_second_author.jsonl")
        for line in (_DATA / name).read_text("utf-8").splitlines()
    )
    return found + [
        Sample(record["reply"], "tone" in record["rules"])
        for record in replies
        if record["split"] not in HELD_OUT and "language" not in record["rules"]
    ]


def _introduced(text: str, chance: random.Random) -> str:
    """Put a disclosure before every other text: whether one says who one is must not tell rude from civil."""
    if chance.random() < 0.5:
        return text
    return f"{chance.choice(_INTRODUCTIONS).format(chance.choice(_COMPANIES))} {text}"


def matrix(found: Sequence[Sample]) -> tuple[Floats, list[str]]:
    """Return one row per text, and the names of the columns: features seen at least twice."""
    rows = []
    for sample in found:
        reading = Reading(Candidate(sample.text))
        rows.append(features(reading.own_words, {kind for kind, _ in phrase_hits(reading)}))
    seen = Counter(name for words, signs in rows for name in words | signs)
    names = sorted(name for name, count in seen.items() if count >= 2)
    column = {name: at for at, name in enumerate(names)}
    table = np.zeros((len(rows), len(names)))
    for at, (words, signs) in enumerate(rows):
        table[at, [column[name] for name in words if name in column]] = 3 / np.sqrt(max(len(words), 9))
        table[at, [column[name] for name in signs if name in column]] = 1
    return table, names


def fit(table: Floats, rude: Floats) -> Floats:
    """Return weights, the bias last: logistic loss with L2, by accelerated gradient descent."""
    padded = np.c_[table, np.ones(len(table))]
    step = len(rude) / (0.25 * float(np.linalg.norm(padded, 2)) ** 2 + STRENGTH)
    weights = ahead = np.zeros(padded.shape[1])
    momentum = 1.0
    for _ in range(ROUNDS):
        error = 1 / (1 + np.exp(-padded @ ahead)) - rude
        slope = (padded.T @ error + STRENGTH * np.r_[ahead[:-1], 0]) / len(rude)
        moved = ahead - step * slope
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + (momentum - 1) / faster * (moved - weights)
        weights, momentum = moved, faster
    return weights


def cross_validated(table: Floats, rude: Floats) -> Floats:
    """Return a score for each text from a model that did not see it."""
    fold = np.random.default_rng(SEED).integers(0, FOLDS, len(rude))
    scores = np.zeros(len(rude))
    for part in range(FOLDS):
        weights = fit(table[fold != part], rude[fold != part])
        scores[fold == part] = table[fold == part] @ weights[:-1] + weights[-1]
    return scores


def threshold_for(scores: Floats, rude: Floats) -> float:
    """Return the lowest threshold at which precision is as wanted."""
    for threshold in np.arange(-0.5, 3, 0.05):
        flagged = scores > threshold
        if flagged.any() and (flagged & (rude == 1)).sum() / flagged.sum() >= WANTED_PRECISION:
            return round(float(threshold), 2)
    return 3.0


def main() -> None:
    """Train, choose the threshold by cross-validation, write the weights, print what was measured."""
    found = samples()
    table, names = matrix(found)
    rude = np.array([float(sample.rude) for sample in found])
    scores = cross_validated(table, rude)
    threshold = threshold_for(scores, rude)
    flagged = scores > threshold
    right = int((flagged & (rude == 1)).sum())
    weights = fit(table, rude)
    kept = {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=False) if abs(weight) >= 0.02}
    stored = {"bias": round(float(weights[-1]), 4), "threshold": threshold, "weights": kept}
    (_HERE / "models" / "tone.json").write_text(json.dumps(stored, ensure_ascii=False, indent=0) + "\n", "utf-8")
    print(f"{len(found)} texts, {int(rude.sum())} rude; {len(kept)} weights; threshold {threshold}")
    print(f"{FOLDS}-fold: precision {right / flagged.sum():.3f}, recall {right / rude.sum():.3f}")


if __name__ == "__main__":
    main()
