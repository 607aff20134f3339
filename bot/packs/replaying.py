"""Trying a pack on the past: what it would have blocked, and looking for replies that it would not let pass."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy.orm import Session

from bot import queue
from bot.audit.reviewing import scan_again
from bot.audit.sampling import PUBLIC
from bot.checking import facts_of
from bot.deps import Deps
from bot.models import Employee, Reply
from bot.packs import past
from bot.packs.versions import pack_of
from bot.permissions import Act, require
from guidelines.base import Severity, Verdict, check
from guidelines.pack import Pack
from guidelines.replay import Replay
from guidelines.replay import replay as compare

MOST = 100_000
"""So many of the newest texts a replay looks at, unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class PackReplay:
    """What a pack changes over the past, beside the one in force. The key of a change is its address in the console.

    `left_out` is how many older texts were not looked at, since there are too many.
    """

    since: datetime
    replay: Replay
    left_out: int = 0

    @property
    def said(self) -> str:
        """The change in a few words, such as “12 more blocked, 3 fewer”."""
        return f"{len(self.replay.newly_blocked)} more blocked, {len(self.replay.released)} fewer"


def replay(deps: Deps, pack: Pack, *, since: datetime, most: int = MOST, against: Pack | None = None) -> PackReplay:
    """Check what we drafted and said since a moment with a pack and with the one in force, or another to compare."""
    with deps.sessions() as session:
        left_out = max(past.total(session, since) - most, 0)
        said = past.texts(session, since=since, most=most, company=deps.company)
        # Both packs ask the same of each text, one right after the other.
        facts = lru_cache(maxsize=1)(facts_of(deps))
        return PackReplay(since, compare(said, against or deps.pack, pack, facts=facts), left_out)


def begin_scan(deps: Deps, version_id: int, *, days: int, by: Employee) -> None:
    """Ask for old replies to be looked at with a version of the guidelines; what is found comes before reviewers."""
    require(by, Act.LOOK_BACK)
    with deps.sessions.begin() as session:
        pack_of(session, version_id)
        queue.scan(session, version_id, days=days, employee_id=by.id)


def scan(deps: Deps, version_id: int, *, days: int, by_id: int | None) -> list[int]:
    """Look at the public replies of so many days with a version, and queue what it blocks or warns of.

    Safe to repeat: what was found for the same reason before is not queued again. Returns the replies' numbers.
    """
    now = deps.now()
    since = now - timedelta(days=days)
    with deps.sessions() as session:
        pack = pack_of(session, version_id)
        verdicts = _serious(session, deps, pack, since)
    clean = Verdict(pack.name, pack.version, pack.sha256)
    # Looking takes minutes over many replies; only queueing what was found needs a transaction.
    with deps.sessions.begin() as session:
        return scan_again(
            session,
            lambda candidate: verdicts.get(candidate.reply_id, clean),
            at=now,
            since=since,
            by=f"employee:{by_id}" if by_id else "system",
            pack=pack,
        )


def _serious(session: Session, deps: Deps, pack: Pack, since: datetime) -> dict[int, Verdict]:
    public = past.replies(session, Reply.state.in_(PUBLIC), Reply.approved_at >= since, company=deps.company)
    facts = facts_of(deps)
    judged = ((number, check(candidate, pack, facts=facts)) for number, candidate in public)
    return {
        number: verdict
        for number, verdict in judged
        if any(finding.severity is not Severity.INFO for finding in verdict.findings)
    }
