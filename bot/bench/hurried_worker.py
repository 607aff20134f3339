"""A worker whose lease and settle delay are short, so that being killed often does not take hours to recover from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.synchronize import Event as Signal
from pathlib import Path
from threading import Event

from slack_sdk import WebClient
from sqlalchemy import Engine, text

from bot import app as composition
from bot import database, delivery, queue
from bot.bench.company import settings_for
from bot.clock import Clock
from bot.deps import Deps
from bot.jobs import Worker
from bot.queue import Job, Lane
from connectors.mastodon import SPEC, MastodonConnector


class HurriedMastodon(MastodonConnector):
    """Looks for its own posts sooner."""

    def __init__(self, settle: timedelta) -> None:
        self.spec = replace(SPEC, settle=settle)


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where a worker works; small enough to be handed to another process.

    `settle` is longer than the platform hides new posts from listings: that is what settling is for. `lease` is much
    longer than a request takes.
    """

    url: str
    folder: Path
    settle: timedelta
    lease: timedelta


def work(place: Workplace, ready: Signal) -> None:
    """Post what is approved and look for what is in doubt, until killed."""
    with _opened(place) as (engine, deps):
        _ask_for_all_that_is_due(deps)
        jobs = composition.job_app(engine, deps, WebClient(token="none", base_url="http://127.0.0.1:9/api/"))  # noqa: S106
        Worker(jobs, (Lane.DELIVERY,)).start()
        Clock(deps).start()
        ready.set()
        Event().wait()


@contextmanager
def _opened(place: Workplace) -> Iterator[tuple[Engine, Deps]]:
    engine = database.connect(place.url)
    deps = composition.deps_for(settings_for(place.url, place.folder, facts=None), engine)
    yield (
        engine,
        replace(deps, lease=place.lease, jitter=_shortest, connectors={"mastodon": HurriedMastodon(place.settle)}),
    )
    engine.dispose()


def _shortest() -> float:
    """Make every pause before another try as short as it may be."""
    return 0.0


def _ask_for_all_that_is_due(deps: Deps) -> None:
    """The clock reminds of what a killed worker had taken after half a minute; here there is no time for that."""
    with deps.sessions.begin() as session:
        waiting = set(session.execute(_WAITING).all())
        leaving, doubted = delivery.due(session, at=deps.now())
        for job, ask, replies in ((Job.POST, queue.post, leaving), (Job.LOOK, queue.look, doubted)):
            for reply_id, _ in replies:
                if (job.value, reply_id) not in waiting:
                    ask(session, reply_id)


_WAITING = text("select task_name, (args->>'reply_id')::bigint from procrastinate_jobs where status = 'todo'")
