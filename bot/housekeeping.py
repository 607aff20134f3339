"""What has to be looked after by itself: jobs of dead workers, mentions left halfway, claims that ended, old rows."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import outbox, queue
from bot.models import Mention, MentionState, OutboxState, Outgoing, SeenRequest, Tick

log = logging.getLogger(__name__)

STALLED = timedelta(seconds=30)
"""A worker that has been silent for so long is dead; its heart beats every ten seconds."""
MOST_ATTEMPTS = 5
"""A job that was begun so often takes its workers down with it, and is given up."""
HALFWAY = timedelta(seconds=60)
KEPT = timedelta(days=3)

_ORPHANS = text("""
    select job.id, job.attempts, job.task_name from procrastinate_jobs job
    left join procrastinate_workers worker on worker.id = job.worker_id
    where job.status = 'doing' and (worker.id is null or worker.last_heartbeat < now() - :silent)
""")
_RETRY = text("select procrastinate_retry_job_v2(:id, now(), null, null, null)")
_GIVE_UP = text("select procrastinate_finish_job_v1(:id, 'failed', false)")
_OLD_JOBS = text("""
    delete from procrastinate_jobs where status in ('succeeded', 'failed', 'aborted', 'cancelled')
    and id < coalesce((select min(job_id) from procrastinate_events where at >= :before), 9223372036854775807)
""")
_DEAD_WORKERS = text("select procrastinate_prune_stalled_workers_v1(:seconds)")


def revive(session: Session) -> int:
    """Put the jobs of dead workers back in their queues; returns how many. Each in its own savepoint."""
    revived = 0
    for job_id, attempts, name in session.execute(_ORPHANS, {"silent": STALLED}).all():
        if attempts >= MOST_ATTEMPTS:
            log.error("job %s (%s) is given up: it was begun %s times", job_id, name, attempts)
            session.execute(_GIVE_UP, {"id": job_id})
            continue
        try:
            with session.begin_nested():
                session.execute(_RETRY, {"id": job_id})
            revived += 1
        except IntegrityError:
            # A twin is queued already: it will do the work, so this one is over.
            session.execute(_GIVE_UP, {"id": job_id})
    return revived


def resume(session: Session, *, at: datetime) -> int:
    """Ask again for mentions that were left on their way to a card; returns how many."""
    stuck = (
        select(Mention.id)
        .where(Mention.state.in_([MentionState.COLLECTED, MentionState.TRIAGED]))
        .where(Mention.collected_at < at - HALFWAY)
        .order_by(Mention.id)
        .limit(500)
    )
    mentions = list(session.scalars(stuck))
    queue.prepare(session, mentions)
    return len(mentions)


def end_claims(session: Session, *, at: datetime) -> int:
    """Free what is no longer claimed, and show it."""
    ended = session.scalars(
        select(Mention)
        .where(Mention.claimed_until <= at)
        .order_by(Mention.id)
        .limit(200)
        .with_for_update(skip_locked=True)
    ).all()
    for mention in ended:
        mention.claimed_by_id, mention.claimed_until = None, None
        outbox.show(session, mention.id, at=at)
    return len(ended)


def prune(session: Session, *, at: datetime) -> None:
    """Delete what nobody needs any more: ticks, seen requests, sent messages, finished jobs, dead workers."""
    before = at - KEPT
    session.execute(delete(Tick).where(Tick.at < before))
    session.execute(delete(SeenRequest).where(SeenRequest.at < before))
    session.execute(delete(Outgoing).where(Outgoing.state == OutboxState.SENT, Outgoing.created_at < before))
    session.execute(_OLD_JOBS, {"before": before})
    session.execute(_DEAD_WORKERS, {"seconds": STALLED.total_seconds() * 10})
