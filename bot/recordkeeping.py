"""Keeping the record by itself: signed checkpoints, purges that platforms ask for, retention, the review queue."""

import logging
from datetime import timedelta

from bot import outbox
from bot.audit import checkpoints, purging, retention, sampling, timestamps
from bot.deps import Deps
from bot.errors import ChorusError

log = logging.getLogger(__name__)

CHOSEN_FROM = timedelta(days=2)
"""Replies of so many days are looked through for the review queue; older ones have been."""


def checkpoint(deps: Deps) -> None:
    """Sign what the record is now, into a file that only grows and into the compliance channel."""
    signer = checkpoints.open_signer(deps.data_dir)
    with deps.sessions() as session:
        note = checkpoints.keep(session, signer, deps.data_dir / checkpoints.FILE, at=deps.now())
    if note is None:
        return
    if deps.timestamp_authority:
        _stamp(deps, note)
    if not deps.compliance_channel:
        return
    with deps.sessions.begin() as session:
        words = f"Checkpoint of the record. Keep it where the bot's operators cannot change it.\n{note}"
        outbox.say(session, deps.compliance_channel, f"checkpoint:{deps.now():%Y%m%d%H%M}", words, at=deps.now())


def _stamp(deps: Deps, note: str) -> None:
    """Have a checkpoint stamped by the outside authority. Without an answer it stands all the same, and is told of."""
    subject = "timestamp"
    try:
        stamp = timestamps.obtain(note, deps.timestamp_authority)
    except ChorusError as error:
        log.warning("%s", error)
        words = f"{error} Checkpoints are signed and kept all the same, without an outside time stamp."
        with deps.sessions.begin() as session:
            outbox.tell(session, deps.ops_channel, subject, words, at=deps.now())
        return
    timestamps.keep(note, stamp, deps.data_dir / timestamps.FOLDER)
    with deps.sessions.begin() as session:
        outbox.over(session, deps.ops_channel, subject, "Checkpoints are time stamped again.", at=deps.now())


def tidy(deps: Deps) -> None:
    """Do what is due: what platforms deleted is purged, what its time has passed for goes, reviews are drawn."""
    now = deps.now()
    with deps.sessions.begin() as session:
        purged = purging.purge_deleted(session, at=now)
        drawn = sampling.choose(session, at=now, since=now - CHOSEN_FROM)
        week = (now - timedelta(days=now.weekday() + 7)).replace(hour=0, minute=0, second=0, microsecond=0)
        drawn += sampling.complete_week(session, at=now, week=week)
    gone = retention.apply(deps.sessions, at=now)
    log.info("tidied: %s posts purged, %s replies drawn for review, retention %s", purged, len(drawn), gone)
