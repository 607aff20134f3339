"""What ticks. Each beat inserts the ticks that are due and asks for their work in the same transaction, nothing more.

Any number of processes may tick: a tick is a row that only one of them can insert. Nothing is kept in the scheduler, so
nothing is lost with it; what should have happened during a pause is seen from the records at the next beat.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot import delivery, housekeeping, intake, outbox, outcomes, queue, renewing, stops
from bot.deps import Deps
from bot.models import Tick

log = logging.getLogger(__name__)

BEAT = 1.0
"""Seconds between two beats."""
DIGEST_HOUR = 7
"""Hour of the day, in UTC, at which each channel gets the digest of the last one."""

ROUTINES: dict[str, tuple[int, Callable[[Session, datetime], object]]] = {
    "revive": (15, lambda session, _at: housekeeping.revive(session)),
    "resume": (60, lambda session, at: housekeeping.resume(session, at=at)),
    "watch": (60, lambda session, _at: _watch(session)),
    "renew": (60, lambda session, at: _renew(session, at)),
    "checkpoint": (600, lambda session, _at: queue.checkpoint(session)),
    "tidy": (3600, lambda session, _at: queue.tidy(session)),
    "daily": (3600, lambda session, at: _daily(session, at)),
    "claims": (5, lambda session, at: housekeeping.end_claims(session, at=at)),
    "prune": (3600, lambda session, at: housekeeping.prune(session, at=at)),
    "facts": (86_400, lambda session, _at: queue.judge_again(session)),
}
"""Routines and the seconds between two of each. With the day facts begin and lapse: open posts are judged again."""


def beat(deps: Deps) -> None:
    """Ask for everything that is due now. Whoever else beats at this moment asks for none of it again."""
    at = deps.now()
    with deps.sessions.begin() as session:
        for source_id, slot in intake.due_sources(session, at=at):
            if _first(session, "collect", str(source_id), slot, at):
                queue.collect(session, source_id)
        _replies(session, at)
        for channel in outbox.due_channels(session, at=at):
            if _first(session, "drain", channel, int(at.timestamp()) // 3, at):
                queue.drain(session, channel)
        _routines(session, at)
        thawing = _first(session, "thaw", "", int(at.timestamp()) // 5, at)
    if thawing:
        # Each reply is given back in a transaction of its own, under its thread's lock.
        stops.thaw(deps)


class Clock:
    """Beats once a second in a thread of its own until it is stopped."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._down = False

    def start(self) -> None:
        """Begin to beat."""
        self._scheduler.add_job(
            self._beat, "interval", seconds=BEAT, coalesce=True, max_instances=1, misfire_grace_time=None
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Stop; a beat under way is finished first."""
        self._scheduler.shutdown(wait=True)

    def _beat(self) -> None:
        try:
            beat(self._deps)
        except OperationalError as error:
            if not self._down:
                log.error("the database cannot be reached; the clock goes on trying: %s", error.orig)
            self._down = True
        except Exception:
            log.exception("a beat of the clock failed")
        else:
            self._down = False


def _replies(session: Session, at: datetime) -> None:
    leaving, doubted = delivery.due(session, at=at)
    for kind, ask, replies in (("post", queue.post, leaving), ("look", queue.look, doubted)):
        for reply_id, since in replies:
            if _first(session, kind, str(reply_id), _slot(since, at), at):
                ask(session, reply_id)


def _daily(session: Session, at: datetime) -> None:
    if at.hour == DIGEST_HOUR:
        outbox.daily(session, at=at)


def _watch(session: Session) -> None:
    for account_id in outcomes.accounts_to_watch(session):
        queue.watch(session, account_id)


def _renew(session: Session, at: datetime) -> None:
    for account_id in renewing.due(session, at=at):
        queue.renew(session, account_id)


def _routines(session: Session, at: datetime) -> None:
    for name, (seconds, routine) in ROUTINES.items():
        if _first(session, name, "", int(at.timestamp()) // seconds, at):
            routine(session, at)


def _first(session: Session, kind: str, subject: str, slot: int, at: datetime) -> bool:
    row = insert(Tick).values(kind=kind, subject=subject, slot=slot, at=at)
    return bool(session.execute(row.on_conflict_do_nothing().returning(Tick.slot)).scalar_one_or_none() is not None)


def _slot(since: datetime, at: datetime) -> int:
    """Return a slot that is new each time something becomes due, and again each half minute while it stays so."""
    waited = int((at - since).total_seconds()) // 30
    return int(since.timestamp() * 1000) + waited
