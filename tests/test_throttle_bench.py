"""The measured history can be made, decided about, and every query of a decision finds an index."""

from sqlalchemy import Engine

from bot.bench import throttle as throttle_bench


def test_a_decision_reads_no_large_table_from_end_to_end(engine: Engine) -> None:
    throttle_bench.fill(engine, replies=3000, threads=600)
    plans = throttle_bench.plans(engine, threads=600, small=True)
    asked = "\n".join(plans)
    assert 2 <= len(plans) <= 4
    assert all(part in asked for part in ("reply_print", "filter (where r.is_commercial)", "from post p", "waiting"))
    for query, plan in plans.items():
        assert throttle_bench.scans(plan) == [], query
    timings = throttle_bench.measure(engine, rounds=20, threads=600)
    assert len(timings.forecast) == len(timings.reserve) == 20
