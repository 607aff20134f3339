"""The measured history can be made, decided about, and every query of a decision finds an index."""

from sqlalchemy import Engine

from bot import throttle_bench


def test_a_decision_reads_no_large_table_from_end_to_end(engine: Engine) -> None:
    throttle_bench.fill(engine, replies=3000, threads=600)
    plans = throttle_bench.plans(engine, threads=600, small=True)
    assert len(plans) >= 3
    for query, plan in plans.items():
        assert throttle_bench.scans(plan) == [], query
    forecast, reserving = throttle_bench.measure(engine, rounds=20, threads=600)
    assert 0 < forecast.p50 <= forecast.p95 <= forecast.worst
    assert reserving.what == "decide, reserve and commit"
