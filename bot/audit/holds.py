"""Holds: what somebody decided to keep, against every rule and request that would delete it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, String, and_, cast, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.audit.recording import record
from bot.audit.selection import Selection, conditions
from bot.database import advisory_lock
from bot.errors import Conflict, NotFound
from bot.models.audit import AuditEntry, AuditHold
from bot.models.conversation import Mention
from bot.models.replies import Reply

LOCK = "audit:keeping"
"""Held by whoever deletes and by whoever places a hold, so that neither overtakes the other."""


def place(session: Session, name: str, covers: Selection, *, reason: str, at: datetime, by: str) -> AuditHold:
    """Keep what a selection covers, now and whatever of it is still to come, until the hold is lifted.

    Raises `Conflict` where a hold of that name is in force. `by` is such as employee:3.
    """
    advisory_lock(session, LOCK)
    if session.scalar(select(AuditHold.id).where(AuditHold.name == name, AuditHold.lifted_at.is_(None))):
        raise Conflict(f"A hold named {name} is in force already. Choose another name, or lift that one first.")
    hold = AuditHold(name=name, reason=reason, covers=covers.as_json(), placed_at=at, placed_by=by)
    session.add(hold)
    session.flush()
    texts = {"name": name, "covers": str(covers), "reason": reason}
    record(session, "hold.placed", at=at, actor=by, subject=f"hold:{hold.id}", texts=texts)
    return hold


def lift(session: Session, name: str, *, reason: str, at: datetime, by: str) -> AuditHold:
    """End a hold; raises `NotFound` where none of that name is in force."""
    advisory_lock(session, LOCK)
    hold = named(session, name)
    hold.lifted_at, hold.lifted_by = at, by
    texts = {"name": name, "reason": reason}
    record(session, "hold.lifted", at=at, actor=by, subject=f"hold:{hold.id}", texts=texts)
    return hold


def named(session: Session, name: str) -> AuditHold:
    """Return the hold in force that has this name; raises `NotFound`."""
    hold = session.scalar(select(AuditHold).where(AuditHold.name == name, AuditHold.lifted_at.is_(None)))
    if hold is None:
        raise NotFound(f"No hold named {name} is in force.")
    return hold


def active(session: Session) -> list[AuditHold]:
    """Return the holds in force, oldest first."""
    return list(session.scalars(select(AuditHold).where(AuditHold.lifted_at.is_(None)).order_by(AuditHold.id)))


@dataclass(frozen=True, slots=True)
class Held:
    """What the holds in force cover, as conditions for statements; `ids` names the holds."""

    ids: tuple[int, ...]
    entries: ColumnElement[bool]

    def reply(self) -> ColumnElement[bool]:
        """Whether a reply is kept."""
        return self._subject("reply:", Reply.id) | self.mention(Reply.mention_id)

    def mention(self, mention_id: "InstrumentedAttribute[int]") -> ColumnElement[bool]:
        """Whether a mention is kept."""
        return self._subject("mention:", mention_id)

    def post(self, post_id: "InstrumentedAttribute[int]") -> ColumnElement[bool]:
        """Whether a post is kept, because a mention of it or a reply to it is."""
        if not self.ids:
            return false()
        mentions = select(Mention.post_id).where(self.mention(Mention.id))
        replies = select(Reply.parent_post_id).where(self.reply())
        return or_(post_id.in_(mentions), post_id.in_(replies))

    def _subject(self, prefix: str, number: "InstrumentedAttribute[int]") -> ColumnElement[bool]:
        if not self.ids:
            return false()
        return (prefix + cast(number, String)).in_(select(AuditEntry.subject).where(self.entries))


def held(session: Session) -> Held:
    """Return what must be kept; take `LOCK` before, and delete in the same transaction."""
    holds = active(session)
    covered = [and_(true(), *conditions(Selection.from_json(hold.covers))) for hold in holds]
    return Held(tuple(hold.id for hold in holds), or_(false(), *covered))
