"""`python -m guidelines.training.replies`: teaches models/replies.onnx to hear what a reply breaks, and weighs it.

It learns from the texts of the project's own authors. On what evaluators wrote, who had seen neither rules nor texts,
the weights are found that join the network with the checks' own words.
"""

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from guidelines.base import Candidate
from guidelines.checks.registry import own_words
from guidelines.evaluate import read_replies
from guidelines.pack import default
from guidelines.reading import Reading, fold
from guidelines.reply_model import KINDS, ORDERS, SCORES, is_long, pair, passages, post
from guidelines.suspicious import known_orders
from guidelines.training.export import export
from guidelines.training.fitting import logistic, threshold
from guidelines.training.network import Example, Learner, each_of, fresh
from guidelines.transformer import Transformer, models, pieces, transformer

_REPLIES_TO_WEIGH = (6, 7, 10, 11)
_POSTS_TO_WEIGH = (5, 6, 7, 8, 9)
"""The evaluators' sets on which is weighed. It learns from older ones; those after them are left to measure by."""

LABELS = {
    "hard-sell": "hard_sell",
    "disclosure": "disclosure",
    "tone": "tone",
    "private-data": "pii",
    "promise": "promise",
    "competitors": "bashing",
    "legal-admission": "legal_admission",
    "confidential": "confidential",
    "canned": "canned",
}
"""The kind of check that answers for each label, which is a rule of the default pack."""

_UNKNOWN = -1.0
_EVERY_FOURTH = 4
_OWN_WORDS = {kind: own_words(kind) for kind in KINDS}
_PRECISION = 0.92
_RECALL = 0.85
"""What is promised of each kind; a threshold is put where both are kept with the most to spare."""

_LOWEST = -1.0
_SMOOTHING = 0.03


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled text: for each score that is known of it, whether it holds. A post stands by itself."""

    candidate: Candidate
    known: Mapping[str, bool]
    is_post: bool = False


def cases(folder: Path) -> Iterator[Case]:
    """What to learn: replies, texts of which only the tone is known, posts, and the default pack's own examples."""
    yield from _replies(sorted(folder.glob("replies*.jsonl")))
    yield from _tones(folder)
    yield from _posts(sorted(folder.glob("suspicious*.jsonl")))
    yield from _pack_examples()


def of_evaluators(folder: Path) -> Iterator[Case]:
    """What to weigh by, of which nothing is learnt."""
    yield from _replies([folder / "unseen" / f"replies_{number}.jsonl" for number in _REPLIES_TO_WEIGH])
    yield from _posts([folder / "unseen" / f"suspicious_{number}.jsonl" for number in _POSTS_TO_WEIGH])


def _replies(paths: Sequence[Path]) -> Iterator[Case]:
    for path in paths:
        for labelled in read_replies(path):
            yield Case(labelled.candidate, {kind: label in labelled.rules for label, kind in LABELS.items()})


def _tones(folder: Path) -> Iterator[Case]:
    for stored in (*_lines(folder / "tone.jsonl"), *_lines(folder / "tone_situations.jsonl")):
        mention = stored.get("situation", "").partition(": ")[2]
        yield Case(Candidate(stored["text"], mention=mention), {"tone": stored["label"] == "rude"})


def _posts(paths: Sequence[Path]) -> Iterator[Case]:
    for path in paths:
        for stored in _lines(path):
            yield Case(Candidate(stored["text"]), {ORDERS: bool(stored["suspicious"])}, is_post=True)


def _pack_examples() -> Iterator[Case]:
    for rule in default().rules:
        for example, broken in [(each, False) for each in rule.passing] + [(each, True) for each in rule.failing]:
            if rule.id in LABELS:
                candidate = Candidate(
                    example.text, mention=example.mention, identity=example.identity, company=example.company
                )
                yield Case(candidate, {LABELS[rule.id]: broken})


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    return map(json.loads, path.read_text("utf-8").splitlines())


def examples(found: Sequence[Case]) -> Iterator[Example]:
    """What the network learns: once with our names hidden, and now and then with the names as they stand, or without
    the post that is answered."""
    for number, case in enumerate(found):
        if is_long(case.candidate.text) and not case.is_post:
            yield from _page_by_page(case)
            continue
        target = _target(case.known)
        yield Example(*asked(case), target=target)
        if case.candidate.company and number % _EVERY_FOURTH == 0:
            yield Example(*asked(replace(case, candidate=replace(case.candidate, company=()))), target=target)
        elif case.candidate.mention and number % _EVERY_FOURTH == 1:
            yield Example(*asked(replace(case, candidate=replace(case.candidate, mention=""))), target=target)


def _page_by_page(case: Case) -> Iterator[Example]:
    """A long reply as it is read later: where it is fine so is each page; of others nobody says which page is not.

    Who writes is said once for all pages, so one page cannot tell.
    """
    if any(case.known.values()):
        return
    target = _target({kind: broken for kind, broken in case.known.items() if kind != "disclosure"})
    for page in passages(Reading(case.candidate)):
        yield Example(*asked(replace(case, candidate=replace(case.candidate, text=page))), target=target)


def _target(known: Mapping[str, bool]) -> tuple[float, ...]:
    return tuple(abs(known[kind] - _SMOOTHING) if kind in known else _UNKNOWN for kind in SCORES)


def asked(case: Case) -> tuple[str, str]:
    """What the network reads of a case."""
    candidate = case.candidate
    if case.is_post:
        return post(candidate.text)
    return pair(candidate.identity, candidate.mention, fold(candidate.text), candidate.company)


def found_by_words(candidate: Candidate) -> dict[str, bool]:
    """Which kinds of check object by their own words, the network unheard."""
    reading = Reading(candidate)
    found = {kind: any(True for _ in _OWN_WORDS[kind](reading)) for kind in KINDS}
    return found | {ORDERS: known_orders(candidate.text) is not None}


@dataclass(frozen=True, slots=True)
class Weighed:
    """One reply and one kind: whether it is broken, whether the words were found, and what the network heard."""

    broken: bool
    found: bool
    heard: float


def weighed(found: Sequence[Case], reader: Transformer) -> dict[str, list[Weighed]]:
    """What is known of each kind, on replies that the network has not seen."""
    scores = reader.scores([asked(case) for case in found])
    rows: dict[str, list[Weighed]] = {kind: [] for kind in SCORES}
    for case, heard in zip(found, scores, strict=True):
        words = found_by_words(case.candidate)
        for kind, score in zip(SCORES, heard, strict=True):
            if kind in case.known:
                rows[kind].append(Weighed(case.known[kind], words[kind], float(score)))
    return rows


def fitted(rows: Sequence[Weighed]) -> dict[str, float]:
    """Logistic regression over what was found and heard, its bias where precision and recall are best kept."""
    inputs = np.array([[row.found, row.heard] for row in rows], float)
    due = np.array([row.broken for row in rows])
    own, bias = logistic(inputs, due)
    cut = max(threshold(inputs @ own + bias, due, precision=_PRECISION, recall=_RECALL), _LOWEST)
    return {"found": float(own[0]), "heard": float(own[1]), "bias": float(bias - cut)}


def report(kind: str, rows: Sequence[Weighed], weights: Mapping[str, float]) -> None:
    """Print what the weights give on replies that the network had not seen."""
    told = [weights["bias"] + weights["found"] * row.found + weights["heard"] * row.heard > 0 for row in rows]
    hits = sum(one and row.broken for one, row in zip(told, rows, strict=True))
    words = sum(row.found and row.broken for row in rows)
    broken = sum(row.broken for row in rows)
    print(
        f"{kind:<16} precision {hits / max(sum(told), 1):.2f}, recall {hits / max(broken, 1):.2f} of {broken}; "
        f"words alone {words / max(sum(row.found for row in rows), 1):.2f}, {words / max(broken, 1):.2f}",
        flush=True,
    )


def main() -> None:
    """Train, weigh, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("tests/data"))
    parser.add_argument("--epochs", type=float, default=3, help="0: only weigh the network that ships")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1e-4)
    options = parser.parse_args()
    if options.epochs:
        learner = Learner(pieces(), fresh(options.layers, classes=len(SCORES), seed=0))
        learned = list(examples(list(cases(options.data))))
        learner.learn(learned, each_of, epochs=options.epochs, rate=options.rate, after=lambda: None)
        export(learner.network, models() / "replies.onnx")
    rows = weighed(list(of_evaluators(options.data)), transformer("replies"))
    weights = {kind: fitted(rows[kind]) for kind in SCORES}
    for kind in SCORES:
        report(kind, rows[kind], weights[kind])
    (models() / "replies.json").write_text(json.dumps(weights, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
