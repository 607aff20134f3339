"""Asking for work: the names of the jobs, and a defer that belongs to the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import text
from sqlalchemy.orm import Session


class Job(StrEnum):
    """What can be asked for. A job's name is kept in the database: rename one only with an alias."""

    COLLECT = "collect"
    PREPARE = "prepare"
    SUGGEST = "suggest"
    CONTEXT = "context"
    LINK = "link"
    POST = "post"
    LOOK = "look"
    MEND = "mend"
    DRAIN = "drain"
    WRITE = "write"
    WATCH = "watch"
    RENEW = "renew"
    CHECKPOINT = "checkpoint"
    TIDY = "tidy"
    SCAN = "scan"
    LOOK_BACK = "look_back"
    JUDGE_AGAIN = "judge_again"


class Lane(StrEnum):
    """The queues, each with workers of its own kind."""

    INTAKE = "intake"
    DELIVERY = "delivery"
    SLACK = "slack"
    MODEL = "model"


LANES = {
    Job.COLLECT: Lane.INTAKE,
    Job.PREPARE: Lane.INTAKE,
    Job.SUGGEST: Lane.INTAKE,
    Job.CONTEXT: Lane.INTAKE,
    Job.LINK: Lane.INTAKE,
    Job.POST: Lane.DELIVERY,
    Job.LOOK: Lane.DELIVERY,
    Job.MEND: Lane.DELIVERY,
    Job.DRAIN: Lane.SLACK,
    Job.WRITE: Lane.MODEL,
    Job.WATCH: Lane.INTAKE,
    Job.RENEW: Lane.INTAKE,
    Job.CHECKPOINT: Lane.INTAKE,
    Job.TIDY: Lane.INTAKE,
    Job.SCAN: Lane.INTAKE,
    Job.LOOK_BACK: Lane.INTAKE,
    Job.JUDGE_AGAIN: Lane.INTAKE,
}

_WAITS = text("select 1 from procrastinate_jobs where queueing_lock = :key and status = 'todo'")

# Never opened: it only writes jobs on connections that it is handed. The worker's own connector is asynchronous and
# would refuse a synchronous connection.
_asking = App(connector=SyncPsycopgConnector())


def collect(session: Session, source_id: int) -> None:
    """Ask for one look at a source, before what was read is worked on; twins that already wait are enough."""
    _once(session, Job.COLLECT, f"collect:{source_id}", priority=1, source_id=source_id)


def watch(session: Session, account_id: int) -> None:
    """Ask for what an account stands by to be read again."""
    _once(session, Job.WATCH, f"watch:{account_id}", account_id=account_id)


def renew(session: Session, account_id: int) -> None:
    """Ask for an account's tokens to be exchanged: without them nothing can be read or posted."""
    _once(session, Job.RENEW, f"renew:{account_id}", priority=1, account_id=account_id)


def checkpoint(session: Session) -> None:
    """Ask for a signed checkpoint of the record."""
    _once(session, Job.CHECKPOINT, "checkpoint")


def tidy(session: Session) -> None:
    """Ask for what is due in the keeping of the record."""
    _once(session, Job.TIDY, "tidy")


def scan(session: Session, version_id: int, *, days: int, employee_id: int) -> None:
    """Ask for old replies to be looked at with a version of the guidelines, after what is more urgent."""
    key = f"scan:{version_id}:{days}"
    _once(session, Job.SCAN, key, priority=-2, version_id=version_id, days=days, employee_id=employee_id)


def look_back(session: Session, fact: str | None, *, before: int | None = None, looked_at: int = 0) -> None:
    """Ask for our own replies, from number `before` downwards, to be held against a fact, or against all."""
    key = f"look_back:{fact or ''}:{before or ''}"
    _once(session, Job.LOOK_BACK, key, priority=-2, fact=fact, before=before, looked_at=looked_at)


def judge_again(session: Session, *, before: int | None = None, looked_at: int = 0) -> None:
    """Ask for open mentions, from number `before` downwards, to be held against the facts as they are now."""
    key = f"judge_again:{before or ''}"
    _once(session, Job.JUDGE_AGAIN, key, priority=-1, before=before, looked_at=looked_at)


def prepare(session: Session, mention_ids: Sequence[int], *, size: int = 50) -> None:
    """Ask for mentions to be judged, given drafts and shown, in bundles of at most `size`."""
    bundles = [list(mention_ids[start : start + size]) for start in range(0, len(mention_ids), size)]
    _defer_many(session, Job.PREPARE, [{"mention_ids": bundle} for bundle in bundles])


def suggest(session: Session, mention_ids: Sequence[int]) -> None:
    """Ask for drafts beside mentions that were judged, once everything that waits to be judged has been."""
    _defer(session, Job.SUGGEST, priority=-1, mention_ids=list(mention_ids))


def context(session: Session, mention_ids: Sequence[int]) -> None:
    """Ask for the conversations around mentions, after what is more urgent."""
    _defer_many(session, Job.CONTEXT, [{"mention_id": mention_id} for mention_id in mention_ids], priority=-2)


def link(session: Session, url: str, key: str, *, employee_id: int, channel: str) -> None:
    """Ask for the post behind a link, before what is less urgent: a person waits for it."""
    _once(session, Job.LINK, f"link:{key}", priority=1, url=url, employee_id=employee_id, channel=channel)


def write(session: Session, mention_id: int) -> None:
    """Ask for a draft from the model; one that waits is enough, and two for one mention are never under way at once."""
    _once(session, Job.WRITE, f"write:{mention_id}", lock=f"write:{mention_id}", mention_id=mention_id)


def post(session: Session, reply_id: int) -> None:
    """Ask for an approved reply to be posted. No lock and no retry: the reply's own state keeps twins apart."""
    _defer(session, Job.POST, priority=1, reply_id=reply_id)


def look(session: Session, reply_id: int) -> None:
    """Ask for a reply in doubt to be looked for on its platform."""
    _defer(session, Job.LOOK, reply_id=reply_id)


def mend(session: Session, reply_id: int, *, employee_id: int, draft_id: int | None) -> None:
    """Ask for a reply that is public to be edited to a draft's text; without a draft, to be deleted."""
    _defer(session, Job.MEND, priority=1, reply_id=reply_id, employee_id=employee_id, draft_id=draft_id)


def drain(session: Session, channel: str) -> None:
    """Ask for what waits in a channel to be sent; one drain a channel runs at a time."""
    _once(session, Job.DRAIN, f"slack:{channel}", lock=f"slack:{channel}", channel=channel)


def _defer(
    session: Session,
    job: Job,
    *,
    lock: str | None = None,
    queueing_lock: str | None = None,
    at: datetime | None = None,
    priority: int = 0,
    **arguments: Any,
) -> None:
    raw = session.connection().connection.driver_connection
    _asking.configure_task(
        job.value,
        queue=LANES[job].value,
        lock=lock,
        queueing_lock=queueing_lock,
        schedule_at=at,
        priority=priority,
        connection=raw,
    ).defer(**arguments)


def _defer_many(session: Session, job: Job, arguments: Sequence[dict[str, Any]], *, priority: int = 0) -> None:
    raw = session.connection().connection.driver_connection
    asked = _asking.configure_task(job.value, queue=LANES[job].value, priority=priority, connection=raw)
    if arguments:
        asked.batch_defer(*arguments)


def _once(
    session: Session, job: Job, key: str, *, lock: str | None = None, priority: int = 0, **arguments: Any
) -> bool:
    # In a busy hour it nearly always waits already, and looking costs less than a savepoint and a refusal.
    if session.scalar(_WAITS, {"key": key}) is not None:
        return False
    # The connection is asked for inside the savepoint, because SQLAlchemy opens savepoints only when they are used.
    try:
        with session.begin_nested():
            _defer(session, job, lock=lock, queueing_lock=key, priority=priority, **arguments)
    except AlreadyEnqueued:
        return False
    return True
