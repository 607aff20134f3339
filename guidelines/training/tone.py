"""`python -m guidelines.training.tone`: trains models/tone.json from the labelled texts in the repository."""

import json
import math
import random
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from guidelines.base import Candidate
from guidelines.checks.tone import phrase_hits
from guidelines.pack import default
from guidelines.reading import Reading
from guidelines.tone_model import Features, features, tokens_of

SEED: Final = 7
FOLDS: Final = 5
STRENGTH: Final = 1.0
"""L2 regularisation."""
ROUNDS: Final = 150
COMMON_FROM: Final = 25
"""In how many texts a word must stand for shapes to keep it."""
SMALLEST_WEIGHT: Final = 0.03
WANTED_PRECISION: Final = 0.92
"""Of the whole check on whole replies, cross-validated: there rude ones are as rare as the cut has to expect."""
HELD_OUT: Final = ("held-out", "final", "third-author-2", "third-author-3")
"""Splits of the labelled replies that the model never sees."""
_PACKAGE: Final = Path(__file__).parents[1]
_DATA: Final = _PACKAGE.parent / "tests" / "data"
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
_REPLIES: Final = (
    "replies.jsonl",
    "replies_second_author.jsonl",
    "replies_third_author.jsonl",
    "replies_fourth_author.jsonl",
)
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, whether it is rude, and the situation it was written for: texts of one are never parted in a fold.

    `whole` marks replies of the labelled sets, which break other rules too or none; the rest are exercises in tone.
    """

    text: str
    rude: bool
    group: str
    whole: bool = False


def samples() -> list[Sample]:
    """Return the training texts; the held-out replies stay out."""
    chance = random.Random(SEED)  # noqa: S311 (nothing secret here)
    found = [
        Sample(_introduced(record["text"], chance), record["label"] == "rude", record.get("situation", record["text"]))
        for name in ("tone.jsonl", "tone_situations.jsonl")
        for record in _records(name)
    ]
    for rule in default().rules:
        passing = rule.passing if rule.id != "language" else ()
        found += [Sample(_introduced(example.text, chance), False, example.text) for example in passing]
        failing = rule.failing if rule.id == "tone" else ()
        found += [Sample(_introduced(example.text, chance), True, example.text) for example in failing]
    return found + [
        Sample(record["reply"], "tone" in record["rules"], record["reply"], whole=True)
        for name in _REPLIES
        for record in _records(name)
        if record["split"] not in HELD_OUT and "language" not in record["rules"]
    ]


def _records(name: str) -> Iterator[dict[str, Any]]:
    return map(json.loads, (_DATA / name).read_text("utf-8").splitlines())


def _introduced(text: str, chance: random.Random) -> str:
    """Put a disclosure before every other text: whether one says who one is must not tell rude from civil."""
    if chance.random() < 0.5:
        return text
    return f"{chance.choice(_INTRODUCTIONS).format(chance.choice(_COMPANIES))} {text}"


def common_words(readings: Sequence[Reading]) -> frozenset[str]:
    """Return the words that shapes keep."""
    seen = Counter(word for reading in readings for word in set(tokens_of(reading.own_words)))
    return frozenset(word for word, count in seen.items() if count >= COMMON_FROM)


def matrix(found: Sequence[Features]) -> tuple[Floats, list[str]]:
    """Return one row per text, and the names of the columns: features seen at least twice."""
    seen = Counter(name for one in found for name, _ in one.weighted())
    names = sorted(name for name, count in seen.items() if count >= 2)
    column = {name: at for at, name in enumerate(names)}
    table = np.zeros((len(found), len(names)), dtype=np.float32)
    for at, one in enumerate(found):
        for name, weight in one.weighted():
            if name in column:
                table[at, column[name]] = weight
    return table, names


def fit(table: Floats, rude: Floats) -> Floats:
    """Return weights, the bias last: logistic loss with L2, by accelerated gradient descent."""
    padded = np.c_[table, np.ones(len(table), dtype=np.float32)]
    step = 1 / (0.25 * _largest_eigenvalue(padded) + STRENGTH)
    weights = ahead = np.zeros(padded.shape[1], dtype=np.float32)
    momentum = 1.0
    for _ in range(ROUNDS):
        error = 1 / (1 + np.exp(-padded @ ahead)) - rude
        slope = padded.T @ error + STRENGTH * np.r_[ahead[:-1], np.float32(0)]
        moved = ahead - np.float32(step) * slope
        faster = (1 + math.sqrt(1 + 4 * momentum**2)) / 2
        ahead = moved + np.float32((momentum - 1) / faster) * (moved - weights)
        weights, momentum = moved, faster
    return weights


def _largest_eigenvalue(table: Floats) -> float:
    direction: Floats = np.ones(table.shape[1], dtype=np.float32)
    for _ in range(20):
        direction = table.T @ (table @ direction)
        direction /= np.linalg.norm(direction)
    return float(direction @ (table.T @ (table @ direction)))


def cross_validated(table: Floats, rude: Floats, groups: Sequence[str]) -> Floats:
    """Return a score for each text from a model that saw no text of its group."""
    chance = random.Random(SEED)  # noqa: S311 (nothing secret here)
    part_of = {group: chance.randrange(FOLDS) for group in dict.fromkeys(groups)}
    fold = np.array([part_of[group] for group in groups])
    scores = np.zeros(len(rude), dtype=np.float32)
    for part in range(FOLDS):
        weights = fit(table[fold != part], rude[fold != part])
        scores[fold == part] = table[fold == part] @ weights[:-1] + weights[-1]
    return scores


@dataclass(frozen=True, slots=True)
class Cut:
    """Where scores are cut: above `threshold` a text is rude, below `civil` a rude phrase in it is a coincidence."""

    threshold: float
    civil: float
    precision: float
    recall: float


def best_cut(scores: Floats, rude: Floats, phrased: NDArray[np.bool_]) -> Cut:
    """Return the cut with the best recall of the whole check at the wanted precision."""
    cuts = [
        _measured(scores, rude, phrased, float(threshold), float(civil))
        for threshold in np.arange(-0.5, 3, 0.05)
        for civil in np.arange(-3, -0.9, 0.25)
    ]
    precise = [cut for cut in cuts if cut.precision >= WANTED_PRECISION]
    return max(precise or cuts, key=lambda cut: (cut.recall, cut.precision, cut.civil))


def _measured(scores: Floats, rude: Floats, phrased: NDArray[np.bool_], threshold: float, civil: float) -> Cut:
    flagged = np.where(phrased, scores >= civil, scores > threshold)
    right = int((flagged & (rude == 1)).sum())
    return Cut(round(threshold, 2), round(civil, 2), right / max(int(flagged.sum()), 1), right / int(rude.sum()))


def main() -> None:
    """Train, choose the cut by cross-validation, write the weights, print what was measured."""
    found = samples()
    readings = [Reading(Candidate(sample.text)) for sample in found]
    kinds = [{kind for kind, _ in phrase_hits(reading)} for reading in readings]
    common = common_words(readings)
    known = [features(reading.own_words, kind, common) for reading, kind in zip(readings, kinds, strict=True)]
    table, names = matrix(known)
    rude = np.array([float(sample.rude) for sample in found], dtype=np.float32)
    scores = cross_validated(table, rude, [sample.group for sample in found])
    whole = np.array([sample.whole for sample in found])
    cut = best_cut(scores[whole], rude[whole], np.array([bool(kind) for kind in kinds])[whole])
    _write(cut, common, names, fit(table, rude))
    print(f"{len(found)} texts, {int(rude.sum())} rude; threshold {cut.threshold}, civil below {cut.civil}")
    print(f"{FOLDS}-fold, phrases or model, on whole replies: precision {cut.precision:.3f}, recall {cut.recall:.3f}")


def _write(cut: Cut, common: Collection[str], names: Sequence[str], weights: Floats) -> None:
    kept = {
        name: round(float(weight), 2)
        for name, weight in zip(names, weights, strict=False)
        if abs(weight) >= SMALLEST_WEIGHT
    }
    stored = {
        "bias": round(float(weights[-1]), 4),
        "threshold": cut.threshold,
        "civil": cut.civil,
        "common": " ".join(sorted(common)),
        "weights": kept,
    }
    (_PACKAGE / "models" / "tone.json").write_text(json.dumps(stored, ensure_ascii=False, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
