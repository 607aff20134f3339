"""Keeping the record by itself: signed checkpoints, purges that platforms ask for, retention, the review queue."""

import logging
from datetime import timedelta

from bot import outbox
from bot.audit import checkpoints, purging, retention, sampling
from bot.deps import Deps

log = logging.getLogger(__name__)

CHOSEN_FROM = timedelta(days=2)
"""Replies of so many days are looked through for the review queue; older ones have been."""


def checkpoint(deps: Deps) -> None:
    """Sign what the record is now, into a file that only grows and into the compliance channel."""
    signer = checkpoints.open_signer(deps.data_dir)
    with deps.sessions() as session:
        note = checkpoints.keep(session, signer, deps.data_dir / checkpoints.FILE, at=deps.now())
    if note is None or not deps.compliance_channel:
        return
    with deps.sessions.begin() as session:
        words = f"Checkpoint of the record. Keep it where the bot's operators cannot change it.\n{note}"
        outbox.say(session, deps.compliance_channel, f"checkpoint:{deps.now():%Y%m%d%H%M}", words, at=deps.now())


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
