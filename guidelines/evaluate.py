"""Measures a pack on labelled replies, and the detector of orders on labelled posts: precision, recall, worst cases."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guidelines.base import Candidate, Verdict, check
from guidelines.pack import Pack
from guidelines.statistics import wilson
from guidelines.suspicious import suspicion


@dataclass(frozen=True, slots=True)
class Labelled:
    """A reply, and the rules it should break: none for a fine one."""

    id: str
    split: str
    candidate: Candidate
    rules: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled reply with what the pack said."""

    labelled: Labelled
    verdict: Verdict

    @property
    def found(self) -> frozenset[str]:
        """The rules that have findings."""
        return frozenset(finding.rule for finding in self.verdict.findings)

    @property
    def wrong(self) -> int:
        """How badly the pack erred: a wrong block weighs most, then what was missed, then other false alarms."""
        missed = len(self.labelled.rules - self.found)
        extra = len(self.found - self.labelled.rules)
        return 4 * (not self.labelled.rules and self.verdict.blocked) + 2 * missed + extra


@dataclass(frozen=True, slots=True)
class Score:
    """Hits, false alarms and misses of one rule."""

    rule: str
    hits: int
    alarms: int
    misses: int

    @property
    def precision(self) -> float:
        """The share of findings that are right; 1 when there are none."""
        return self.hits / (self.hits + self.alarms) if self.hits + self.alarms else 1.0

    @property
    def recall(self) -> float:
        """The share of violations that are found; 1 when there are none."""
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 1.0


def read_replies(path: Path, split: str | None = None) -> Iterator[Labelled]:
    """Read labelled replies from JSON lines, of one split or of all."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if split is None or record.get("split") == split:
                yield _labelled(record)


def _labelled(record: dict[str, Any]) -> Labelled:
    company = record.get("company") or ()
    candidate = Candidate(
        text=record["reply"],
        platform=record.get("platform", ""),
        mention=record.get("mention", ""),
        mention_kind=record.get("mention_kind", "other"),
        identity=record.get("identity", "employee"),
        company=(company,) if isinstance(company, str) else tuple(company),
    )
    return Labelled(str(record["id"]), record.get("split", ""), candidate, frozenset(record.get("rules", ())))


def judge_all(replies: Iterable[Labelled], pack: Pack) -> list[Judged]:
    """Check every reply."""
    return [Judged(reply, check(reply.candidate, pack)) for reply in replies]


def scores(judged: Sequence[Judged], rules: Iterable[str]) -> list[Score]:
    """Count hits, false alarms and misses of each rule."""
    return [
        Score(
            rule,
            sum(rule in one.found and rule in one.labelled.rules for one in judged),
            sum(rule in one.found and rule not in one.labelled.rules for one in judged),
            sum(rule not in one.found and rule in one.labelled.rules for one in judged),
        )
        for rule in rules
    ]


def report(judged: Sequence[Judged], rules: Sequence[str]) -> str:
    """Return the whole report as text."""
    fine = [one for one in judged if not one.labelled.rules]
    blocked = sum(one.verdict.blocked for one in fine)
    low, high = wilson(blocked, len(fine))
    lines = [
        f"{len(judged)} replies, {len(fine)} of them fine; {blocked} fine replies blocked"
        f" ({blocked / max(len(fine), 1):.1%}, 95 % interval {low:.1%} to {high:.1%})",
        "",
        f"{'rule':<18}{'found':>6}{'alarm':>6}{'missed':>7}{'precision':>18}{'recall':>18}",
        *map(_score_line, scores(judged, rules)),
        "",
        "Taken for something else (should be → was):",
        *_confusion(judged),
        "",
        "The ten worst:",
        *_worst(judged),
    ]
    return "\n".join(lines)


def suspicion_report(posts: Iterable[Mapping[str, Any]]) -> str:
    """Return how posts labelled `suspicious` or not are told apart, and the ten first mistakes."""
    judged = [(post, suspicion(str(post["text"])) is not None) for post in posts]
    orders = sum(bool(post["suspicious"]) for post, _ in judged)
    hits = sum(marked and post["suspicious"] for post, marked in judged)
    alarms = sum(marked for _, marked in judged) - hits
    mistakes = [(post, marked) for post, marked in judged if marked != bool(post["suspicious"])]
    lines = [
        f"{len(judged)} posts, {orders} of them orders to a machine; {alarms} others marked",
        f"precision {_with_interval(hits, hits + alarms)}, recall {_with_interval(hits, orders)}",
        "",
        "Ten mistakes:",
        *(f"  {'marked' if marked else 'missed'}: {str(post['text'])[:150]!r}" for post, marked in mistakes[:10]),
    ]
    return "\n".join(lines)


def _score_line(score: Score) -> str:
    precision = _with_interval(score.hits, score.hits + score.alarms)
    recall = _with_interval(score.hits, score.hits + score.misses)
    return f"{score.rule:<18}{score.hits:>6}{score.alarms:>6}{score.misses:>7}{precision:>18}{recall:>18}"


def _with_interval(part: int, whole: int) -> str:
    if not whole:
        return "-"
    low, high = wilson(part, whole)
    return f"{part / whole:.2f} ({low:.2f}-{high:.2f})"


def _confusion(judged: Sequence[Judged]) -> list[str]:
    pairs: Counter[tuple[str, str]] = Counter()
    for one in judged:
        for missed in one.labelled.rules - one.found or ({"fine"} if not one.labelled.rules else set()):
            pairs.update((missed, extra) for extra in (one.found - one.labelled.rules) or ({"fine"} - {missed}))
    return [f"  {wanted} → {got}: {count}" for (wanted, got), count in pairs.most_common(15)]


def _worst(judged: Sequence[Judged]) -> list[str]:
    wrong = sorted((one for one in judged if one.wrong), key=lambda one: (-one.wrong, one.labelled.id))
    return [
        f"  {one.labelled.id}: should be {_names(one.labelled.rules)}, was {_names(one.found)}: "
        f"{one.labelled.candidate.text[:150]!r}"
        for one in wrong[:10]
    ]


def _names(rules: frozenset[str]) -> str:
    return ", ".join(sorted(rules)) or "fine"
