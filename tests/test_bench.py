"""The bench has a row for every budget, and what it says about exactly-once holds. Nothing here is about speed."""

from pathlib import Path

import pytest

from bot.bench.__main__ import ROOMS, drawn
from bot.bench.row import Row, fast_enough, percentile
from bot.bench.stage import Stage

BUDGETS = {
    "clicks": ("click to acknowledgement",),
    "way": ("approval to the request", "post readable to card"),
    "judging": ("guideline check, 50 rules", "fact check, 1,000 facts", "model-free drafts"),
    "peers": ("private-data: chorus", "tone: chorus"),
    "throttle": ("throttle: decide, reserve", "throttle: queries of a decision", "throttle: simulation"),
    "burst": ("burst of", "burst: near-duplicates", "burst: messages a second"),
    "bulk": ("bulk intake",),
    "record": ("audit: chained inserts", "audit: verify", "audit: search"),
    "killing": ("kill -9 at any moment",),
    "idle": ("chorus run, idle: resident memory", "chorus run, idle: share of a core"),
}
SHORT = ("judging", "peers", "bulk", "record")


@pytest.fixture
def stage(postgres: str, tmp_path: Path) -> Stage:
    return Stage(postgres, tmp_path, quick=True, template="template_chorus")


def test_every_budget_has_a_room() -> None:
    assert set(ROOMS) == set(BUDGETS)


@pytest.mark.parametrize("room", SHORT)
def test_a_room_measures_all_its_rows(stage: Stage, room: str) -> None:
    rows = list(ROOMS[room](stage))
    for budget in BUDGETS[room]:
        assert any(row.what.startswith(budget) for row in rows), budget
    assert all(row.measured for row in rows)


def test_a_worker_that_is_killed_again_and_again_loses_and_doubles_nothing(stage: Stage) -> None:
    (row,) = ROOMS["killing"](stage)
    assert row.measured.startswith("0 lost, 0 doubled, 0 open"), row
    assert row.kept


def test_a_row_says_what_was_missed() -> None:
    slow = fast_enough("a look", [0.001] * 90 + [0.2] * 10, 0.1)
    assert (slow.kept, slow.must) == (False, "p95 < 100 ms")
    assert slow.measured == "p95 200 ms, p50 1 ms, worst 200 ms"
    assert drawn([slow, Row("a [figure]", "", "7")]).row_count == 2


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 95) == 3.0
    assert percentile([float(number) for number in range(1, 101)], 95) == 95.0
    assert percentile([5.0], 50) == 5.0
