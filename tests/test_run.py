"""`chorus run` is one command: its workers, in a process of their own, come and go with it."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from bot.bench.bot_process import running
from bot.demo.slack import LocalSlack, chorus_app, harbour
from bot.slack.manifest import manifest


def eventually(look: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


@pytest.fixture
def chorus(database_url: str, tmp_path: Path) -> Iterator[psutil.Process]:
    with (
        LocalSlack(seed=harbour(chorus_app(manifest()))) as slack,
        running(slack, database_url, tmp_path) as process_id,
    ):
        slack.wait_until_connected(timeout=60)
        yield psutil.Process(process_id)


def workers(chorus: psutil.Process) -> list[psutil.Process]:
    """The processes beside it that are alive."""
    return [each for each in chorus.children() if each.status() != psutil.STATUS_ZOMBIE]


def test_lost_workers_are_replaced_and_leave_with_the_one_who_started_them(chorus: psutil.Process) -> None:
    (first,) = workers(chorus)
    os.kill(first.pid, signal.SIGKILL)
    eventually(lambda: [each for each in workers(chorus) if each.pid != first.pid])
    others = workers(chorus)
    os.kill(chorus.pid, signal.SIGKILL)
    eventually(lambda: not any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in others))


def test_told_to_stop_it_stops_its_workers_first(chorus: psutil.Process) -> None:
    processes = [chorus, *workers(chorus)]
    chorus.terminate()
    gone, left = psutil.wait_procs(processes, timeout=30)
    assert not left
    assert len(gone) == 2
