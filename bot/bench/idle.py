"""What the bot costs while nothing happens: memory, and the share of a core."""

import time
from collections.abc import Iterator, Sequence

import psutil  # type: ignore[import-untyped]

from bot import sources
from bot.bench.bot_process import running
from bot.bench.company import settled
from bot.bench.crowd import Crowd
from bot.bench.row import Row
from bot.bench.stage import Stage
from bot.demo.slack.seed import chorus_app, harbour
from bot.demo.slack.server import LocalSlack
from bot.models import SourceState
from bot.slack.manifest import manifest

MOST_MEMORY = 300.0
"""Megabytes of resident memory; what processes share counts once."""
MOST_BUSY = 0.10
"""Share of one core; a busy loop takes all of it."""


def rows(stage: Stage) -> Iterator[Row]:
    """Start the whole bot with one command, wait until it has nothing more to do, and look at it from outside."""
    with stage.database() as url, LocalSlack(seed=harbour(chorus_app(manifest()))) as slack:
        with settled(url, stage.folder, connectors={"mastodon": Crowd()}) as company:
            sources.set_state(company.deps, company.source.id, SourceState.PAUSED, actor="operator")
        with running(slack, url, stage.folder) as process_id:
            slack.wait_until_connected(timeout=60)
            time.sleep(stage.size(10.0, 1.0))
            parent = psutil.Process(process_id)
            watched = [parent, *parent.children(recursive=True)]
            busy = _busy(watched, stage.size(10.0, 1.0))
            memory = sum(process.memory_full_info().pss for process in watched) / 1e6
    yield Row("chorus run, idle: resident memory", f"< {MOST_MEMORY:.0f} MB", f"{memory:.0f} MB", memory < MOST_MEMORY)
    yield Row("chorus run, idle: share of a core", f"< {MOST_BUSY:.0%}", f"{busy:.1%}", busy < MOST_BUSY)


def _busy(processes: Sequence[psutil.Process], seconds: float) -> float:
    began = sum(sum(process.cpu_times()[:2]) for process in processes)
    time.sleep(seconds)
    return (sum(sum(process.cpu_times()[:2]) for process in processes) - began) / seconds
