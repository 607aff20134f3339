"""`python -m guidelines.training.claims`: teaches models/claims.onnx to read posts against facts, and weighs it.

It learns from the posts of the project's own authors. On what evaluators wrote, who had seen neither rules nor texts,
the weights of `guidelines.claims.verdict` and its thresholds are found, and precision and recall are printed.
"""

import argparse
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from guidelines.claims.inference import Heard, heard_of, strongest
from guidelines.claims.verdict import Weights, signs
from guidelines.training.export import export
from guidelines.training.fitting import logistic
from guidelines.training.network import Example, Learner, Network, fresh, keep, kept_network, mean_of, one_of
from guidelines.training.posts import Case, Labelled, cases, of_authors, of_evaluators, restated
from guidelines.transformer import Transformer, models, pieces, transformer

_CLASSES = {"contradicts": 1, "agrees": 2}
_SMOOTHING = 0.04
_UNSURE_COUNTS = 0.5
_OTHERS_BESIDE_OWN = 1
_OTHERS_ALONE = 2
"""The nearest facts of which a post says nothing, and against which it is read all the same while learning."""

_EVALUATORS = range(8, 12)
"""The evaluators' sets on which is weighed. It learns from older ones; those after them are left to measure by."""

_FOLDS = 5
_PRECISION = 0.97
_WRONGLY_FLAGGED = 0.02

_AGREES = 0.6
_WORTH_A_LOOK = 0.5


def examples(found: Sequence[Case]) -> Iterator[Example]:
    """What to learn: the post against its own fact, and against its nearest others, of which it says nothing."""
    for case in found:
        others, most = 0, _OTHERS_BESIDE_OWN if case.fact_id else _OTHERS_ALONE
        for question in case.questions:
            own = question.fact_id == case.fact_id
            others += not own
            if own or others <= most:
                kind = _CLASSES.get(case.label, 0) if own else 0
                target = tuple(float(np.float32(_SMOOTHING / 3 + (1 - _SMOOTHING) * (kind == at))) for at in range(3))
                weight = _UNSURE_COUNTS if own and case.label == "unsure" else 1.0
                yield Example(question.first, question.second, target, weight)


@dataclass(frozen=True, slots=True)
class Weighed:
    """One post and one fact of it, ready for the weights: whether a contradiction is due, and of which company."""

    case: Case
    signs: list[float]
    due: bool
    heard: Heard


def weighed(found: Sequence[Case], reader: Learner | Transformer) -> list[Weighed]:
    """Ask the network everything about some posts, and the comparisons beside it."""
    pairs = [(question.first, question.second) for case in found for question in case.questions]
    answers = iter(reader.scores(pairs)) if pairs else iter(())
    rows = []
    for case in found:
        heard = strongest([heard_of(question, [float(each) for each in next(answers)]) for question in case.questions])
        compared = {each.fact_id: each for each in case.judge.judge(case.text, case.parent)}
        for each in heard:
            due = case.label == "contradicts" and each.fact_id == case.fact_id
            rows.append(Weighed(case, signs(each, heard, compared.get(each.fact_id)), due, each))
    return rows


def fitted(rows: Sequence[Weighed]) -> tuple[list[float], float]:
    """The weights of the signs, and the bias."""
    own, bias = logistic(np.array([row.signs for row in rows]), np.array([row.due for row in rows]))
    return own.tolist(), bias


def crossed(rows: Sequence[Weighed]) -> list[float]:
    """The probability of each row by weights that never saw its company, in five folds."""
    companies = list(dict.fromkeys(row.case.company for row in rows))
    found = [0.0] * len(rows)
    for fold in range(_FOLDS):
        away = set(companies[fold::_FOLDS])
        own, bias = fitted([row for row in rows if row.case.company not in away])
        for at, row in enumerate(rows):
            if row.case.company in away:
                found[at] = Weights(own, bias, 0, 0, 0).probability(row.signs)
    return found


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold gives: of the posts, not of the pairs."""

    threshold: float
    precision: float
    recall: float
    wrongly_flagged: float


def points(rows: Sequence[Weighed], probabilities: Sequence[float], posts: Sequence[Case]) -> list[Point]:
    """Every threshold, from the highest: each post counts once, by its likeliest fact."""
    best: dict[str, tuple[float, bool, str]] = {}
    for row, probability in zip(rows, probabilities, strict=True):
        if row.case.id not in best or probability > best[row.case.id][0]:
            best[row.case.id] = (probability, row.due, row.case.label)
    due = sum(post.label == "contradicts" for post in posts)
    rest = sum(post.label in ("agrees", "none") for post in posts)
    found, hits, wrong = [], 0, 0
    for number, (probability, right, label) in enumerate(sorted(best.values(), key=lambda each: -each[0]), 1):
        hits += right
        wrong += label in ("agrees", "none")
        found.append(Point(probability, hits / number, hits / due, wrong / rest))
    return found


def chosen(found: Sequence[Point], *, precision: float, wrongly_flagged: float) -> Point:
    """The lowest threshold that keeps both promises."""
    kept = [each for each in found if each.precision >= precision and each.wrongly_flagged <= wrongly_flagged]
    return kept[-1] if kept else found[0]


def main() -> None:
    """Train, weigh, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("tests/data"))
    parser.add_argument("--epochs", type=float, default=3, help="0: weigh what ships, or --begin as it is")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--rate", type=float, default=6e-5)
    parser.add_argument("--newest", type=int, default=0, help="so many authors, the last, are new; 0: all")
    parser.add_argument("--share", type=float, default=1, help="how much to learn again of the other authors")
    parser.add_argument("--begin", type=Path, nargs="+", help="begin from what earlier runs have kept, or their mean")
    parser.add_argument("--keep", type=Path, help="keep the network after each pass, in full precision")
    options = parser.parse_args()
    tested = _flat(of_evaluators(options.data, _EVALUATORS), to_learn=False)
    if options.epochs or options.begin:
        export(_taught(options, tested), models() / "claims.onnx")
    rows = weighed(tested, transformer("claims"))
    point = _report(rows, tested)
    own, bias = fitted(rows)
    weights = Weights(own, bias, point.threshold, _WORTH_A_LOOK, _AGREES)
    (models() / "claims.json").write_text(json.dumps(asdict(weights), indent=1) + "\n", "utf-8")


def _taught(options: argparse.Namespace, tested: Sequence[Case]) -> Network:
    kept = [kept_network(path) for path in options.begin or ()]
    begun = mean_of(kept) if kept else fresh(options.layers, classes=3, seed=0)
    if not options.epochs:
        return begun
    learned = _to_learn(list(of_authors(options.data)), options)
    learner = Learner(pieces(), begun)
    print(f"{len(learned)} posts to learn from, {len(tested)} to weigh by", flush=True)

    def after() -> None:
        if options.keep:
            keep(learner.network, options.keep)
        _report(weighed(tested, learner), tested)

    learner.learn(list(examples(learned)), one_of, epochs=options.epochs, rate=options.rate, after=after)
    return learner.network


def _to_learn(labelled: Sequence[Labelled], options: argparse.Namespace) -> list[Case]:
    """All of the newest authors' posts and a share of those that are known from earlier runs, and both with each fact
    in the words of a post."""
    first = len(labelled) - options.newest if options.newest else 0
    known, new = (
        _flat([*authors, *map(restated, authors)], to_learn=True) for authors in (labelled[:first], labelled[first:])
    )
    dice = random.Random(0)  # noqa: S311 - a repeatable choice, nothing secret
    return new + dice.sample(known, int(len(known) * options.share))


def _flat(labelled: Iterable[Labelled], *, to_learn: bool) -> list[Case]:
    return [case for each in labelled for case in cases(each, to_learn=to_learn)]


def _report(rows: Sequence[Weighed], posts: Sequence[Case]) -> Point:
    found = points(rows, crossed(rows), posts)
    for precision in (0.90, 0.93, 0.95, 0.97):
        print(chosen(found, precision=precision, wrongly_flagged=1.0), flush=True)
    return chosen(found, precision=_PRECISION, wrongly_flagged=_WRONGLY_FLAGGED)


if __name__ == "__main__":
    main()
