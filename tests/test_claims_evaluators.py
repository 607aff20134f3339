"""Facts against what evaluators wrote, who had seen neither rules nor texts, and of which nothing was learnt."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from guidelines.claims.evaluate import Labelled, Outcome, Report, evaluate
from guidelines.facts import FactBase, Label

UNSEEN = Path(__file__).parent / "data" / "unseen"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def posts(number: int) -> Iterator[Labelled]:
    for line in (UNSEEN / f"posts_{number}.jsonl").read_text("utf-8").splitlines():
        post = json.loads(line)
        yield Labelled(post["id"], post["text"], Label(post["label"]), post.get("fact_id"), post.get("parent"))


def test_corrections_of_what_strangers_wrote_are_nearly_always_due() -> None:
    outcomes: list[Outcome] = []
    for number in sorted(int(path.stem.partition("_")[2]) for path in UNSEEN.glob("posts_*.jsonl")):
        base = FactBase.load(UNSEEN / f"facts_{number}.yml")
        outcomes += evaluate(base, posts(number), now=NOW).outcomes
    report = Report(outcomes)
    assert len(report.outcomes) >= 3_000
    assert report.precision >= 0.97, report
    assert report.recall >= 0.85, report
    assert report.wrongly_flagged <= 0.015, report
