"""Doing the work: each job calls one service or shows one card, nothing more. Jobs may run again after a crash."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

from procrastinate import App, PsycopgConnector

from bot import (
    amends,
    delivery,
    doubt,
    drafting,
    intake,
    links,
    mending,
    outcomes,
    packs,
    queue,
    recordkeeping,
    renewing,
    triage,
)
from bot.deps import Deps
from bot.queue import LANES, Job, Lane

log = logging.getLogger(__name__)

CONCURRENCY = {Lane.INTAKE: 4, Lane.DELIVERY: 8, Lane.SLACK: 8, Lane.MODEL: 2}
POLL = 1.0
"""Seconds after which a worker looks for jobs though nobody called it."""

Drain = Callable[[str], datetime | None]
"""Sends the next message of a channel; returns when the one after it may be sent, nothing when none waits."""

LONGEST_DRAIN = timedelta(seconds=30)
SOON = timedelta(seconds=2)


def build(url: str, deps: Deps, drain: Drain) -> App:
    """Return the job engine with all our jobs. Only the worker opens it."""
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=10))

    work: dict[Job, Callable[..., object]] = {
        Job.COLLECT: lambda source_id: intake.collect(deps, source_id),
        Job.PREPARE: lambda mention_ids: prepare_mentions(deps, mention_ids),
        Job.SUGGEST: lambda mention_ids: suggest_drafts(deps, mention_ids),
        Job.CONTEXT: lambda mention_id: intake.gather_context(deps, mention_id),
        Job.LINK: lambda url, employee_id, channel: links.follow_up(
            deps, url, employee_id=employee_id, channel=channel
        ),
        Job.WATCH: lambda account_id: outcomes.watch(deps, account_id),
        Job.RENEW: lambda account_id: renewing.renew(deps, account_id),
        Job.CHECKPOINT: lambda: recordkeeping.checkpoint(deps),
        Job.TIDY: lambda: recordkeeping.tidy(deps),
        Job.SCAN: lambda version_id, days, employee_id: packs.scan(deps, version_id, days=days, by_id=employee_id),
        Job.LOOK_BACK: lambda fact, before, looked_at: amends.look_back(deps, fact, before=before, looked_at=looked_at),
        Job.JUDGE_AGAIN: lambda before, looked_at: triage.judge_again(deps, before=before, looked_at=looked_at),
        Job.WRITE: lambda mention_id: drafting.write(deps, mention_id),
        Job.POST: lambda reply_id: delivery.post(deps, reply_id),
        Job.LOOK: lambda reply_id: doubt.look(deps, reply_id),
        Job.MEND: lambda reply_id, employee_id, draft_id: mending.carry_out(
            deps, reply_id, employee_id=employee_id, draft_id=draft_id
        ),
        Job.DRAIN: lambda channel: empty(deps, channel, drain),
    }
    for job, does in work.items():
        app.task(name=job.value, queue=LANES[job].value)(_without_result(does))
    return app


def _without_result(does: Callable[..., object]) -> Callable[..., None]:
    """A job's result would be logged in full; nobody reads it."""

    def run(**arguments: object) -> None:
        does(**arguments)

    return run


def prepare_mentions(deps: Deps, mention_ids: Sequence[int]) -> None:
    """Take mentions the rest of the way to their cards. One that breaks does not hold up its neighbours.

    Of very many at once all are judged before any gets drafts, so that what is urgent, and how much there is, is known.
    """
    with _each_alone_if_one_breaks(deps, mention_ids):
        if len(mention_ids) <= intake.FEW:
            for mention_id in mention_ids:
                intake.gather_context(deps, mention_id)
            triage.assess(deps, mention_ids)
            drafting.suggest(deps, mention_ids)
        else:
            triage.assess(deps, mention_ids)
            with deps.sessions.begin() as session:
                queue.suggest(session, mention_ids)


def suggest_drafts(deps: Deps, mention_ids: Sequence[int]) -> None:
    """Put drafts beside mentions that were judged as part of very many."""
    with _each_alone_if_one_breaks(deps, mention_ids):
        drafting.suggest(deps, mention_ids)


@contextmanager
def _each_alone_if_one_breaks(deps: Deps, mention_ids: Sequence[int]) -> Iterator[None]:
    try:
        yield
    except Exception:
        if len(mention_ids) == 1:
            raise
        log.exception("a bundle of %s mentions broke; each is tried alone", len(mention_ids))
        with deps.sessions.begin() as session:
            queue.prepare(session, mention_ids, size=1)


def empty(deps: Deps, channel: str, drain: Drain) -> None:
    """Send one message after the other as fast as the channel takes them; what must wait longer is asked for anew."""
    until = deps.now() + LONGEST_DRAIN
    while (due := drain(channel)) is not None:
        wait = due - deps.now()
        if wait > SOON or due > until:
            return
        time.sleep(max(wait.total_seconds(), 0))


class Worker:
    """Runs jobs in a thread of its own, every lane with its own share, and starts again when the engine falls over."""

    def __init__(self, app: App, lanes: Sequence[Lane] = tuple(Lane)) -> None:
        self._app = app
        self._lanes = lanes
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="chorus-worker", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, *, timeout: float = 15.0) -> None:
        """Finish the jobs under way, for at most `timeout` seconds, and stop."""
        self._stopping.set()
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)
        self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether it still works."""
        return self._thread.is_alive()

    def _run(self) -> None:
        pause = 1.0
        while not self._stopping.is_set():
            try:
                asyncio.run(self._work())
            except asyncio.CancelledError:
                return
            except Exception:
                log.exception("the job engine fell over; it is started again in %s s", pause)
                self._stopping.wait(pause)
                pause = min(pause * 2, 60.0)

    async def _work(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        # Synchronous jobs run in the loop's pool, which would otherwise be as small as the machine.
        self._loop.set_default_executor(ThreadPoolExecutor(sum(CONCURRENCY[lane] for lane in self._lanes)))
        async with self._app.open_async(), asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(
                    self._app.run_worker_async(
                        queues=[lane.value],
                        name=lane.value,
                        concurrency=CONCURRENCY[lane],
                        fetch_job_polling_interval=POLL,
                        install_signal_handlers=False,
                        shutdown_graceful_timeout=10.0,
                        delete_jobs="successful",
                    )
                )
