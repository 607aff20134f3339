"""The reviewers' queue: what waits, opening it, judging it, and looking at old replies under new rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.orm import Session

from bot.audit.recording import record
from bot.audit.sampling import Candidate, candidates, enqueue
from bot.errors import ChorusError, NotAllowed, NotFound
from bot.models.audit import Disposition, ReviewItem
from bot.models.people import Employee, Role
from bot.models.replies import Reply
from guidelines.base import Severity, Verdict
from guidelines.pack import Pack

PAGE = 20
SAID = {Disposition.COACH, Disposition.FIX, Disposition.REMOVE, Disposition.ESCALATE}
"""The judgements that need a comment: somebody will have to act on them."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A reply in the queue, as a list shows it."""

    item_id: int
    reply_id: int
    reasons: tuple[str, ...]
    risk: int
    text: str
    by: str
    approved_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How the queue stands: how much waits, since when the oldest, and what was judged in the last 30 days."""

    waiting: int
    oldest: datetime | None
    judged: dict[str, int]


def queue(
    session: Session, reviewer: Employee, *, after: tuple[int, int] | None = None, most: int = PAGE
) -> list[Waiting]:
    """Return what waits for this reviewer, the riskiest first; never their own. `after` is the (risk, item) of the last
    one of the page before."""
    _must_review(reviewer)
    waiting = and_(ReviewItem.disposition.is_(None), Reply.approved_by_id != reviewer.id)
    query = (
        select(ReviewItem, Reply, Employee.name)
        .join(Reply, Reply.id == ReviewItem.reply_id)
        .join(Employee, Employee.id == Reply.approved_by_id)
        .where(waiting)
        .order_by(ReviewItem.risk.desc(), ReviewItem.id.desc())
        .limit(most)
    )
    if after is not None:
        query = query.where(tuple_(ReviewItem.risk, ReviewItem.id) < after)
    return [
        Waiting(item.id, reply.id, tuple(item.reasons), item.risk, reply.text, name, reply.approved_at)
        for item, reply, name in session.execute(query)
    ]


def standing(session: Session, *, at: datetime) -> Standing:
    """Say how the queue stands."""
    waiting, oldest = session.execute(
        select(func.count(), func.min(ReviewItem.queued_at)).where(ReviewItem.disposition.is_(None))
    ).one()
    judged = session.execute(
        select(ReviewItem.disposition, func.count())
        .where(ReviewItem.reviewed_at >= at - timedelta(days=30))
        .group_by(ReviewItem.disposition)
    )
    return Standing(waiting, oldest, {disposition.value: number for disposition, number in judged if disposition})


def open_item(session: Session, item_id: int, *, by: Employee, at: datetime) -> ReviewItem:
    """Note that a reviewer looked; it is not a review. Raises `NotAllowed` for one's own reply."""
    item, reply = _item(session, item_id, by)
    if item.opened_at is None:
        item.opened_at = at
    _note(session, "review.opened", reply, by, at, {"item": item.id})
    return item


def judge(
    session: Session, item_id: int, disposition: Disposition, *, comment: str, by: Employee, at: datetime
) -> ReviewItem:
    """Sign a reply off. `fix` and `remove` oblige the caller to start the edit or the deletion on the platform, in the
    same transaction; everything but `fine` needs a comment. Of two reviewers at once the first counts."""
    item, reply = _item(session, item_id, by)
    words = comment.strip()
    if disposition in SAID and not words:
        raise ChorusError("Say in a few words why: the person who wrote the reply will read it.")
    item.judge(disposition, words, by_id=by.id, at=at)
    data = {"item": item.id, "disposition": disposition.value, "reasons": item.reasons}
    _note(session, "reply.reviewed", reply, by, at, data, {"comment": words} if words else {})
    return item


def scan_again(
    session: Session,
    look: Callable[[Candidate], Verdict],
    *,
    at: datetime,
    since: datetime,
    by: str,
    pack: Pack | None = None,
) -> list[int]:
    """Look at old replies with new guidelines and queue what they block or warn of; returns the replies' numbers.

    The record names the `pack` that `look` judges with, where it is given.
    """
    found: list[tuple[int, list[str]]] = []
    looked = 0
    for candidate in candidates(session, Reply.approved_at >= since):
        looked += 1
        verdict = look(candidate)
        serious = [finding for finding in verdict.findings if finding.severity is not Severity.INFO]
        if serious:
            name = f"{verdict.pack} {verdict.version}"
            found.append((candidate.reply_id, [f"new rule: {finding.rule} in {name}" for finding in serious]))
    data: dict[str, object] = {"looked_at": looked, "found": len(found), "since": since}
    if pack is not None:
        data |= {"pack": pack.name, "version": pack.version, "sha256": pack.sha256}
    record(session, "review.scanned", at=at, actor=by, subject="review:scan", data=data)
    return [enqueue(session, reply_id, reasons, at=at).reply_id for reply_id, reasons in found]


def _item(session: Session, item_id: int, by: Employee) -> tuple[ReviewItem, Reply]:
    _must_review(by)
    item = session.get(ReviewItem, item_id, with_for_update=True, populate_existing=True)
    if item is None:
        raise NotFound(f"There is no review no. {item_id}.")
    reply = session.get_one(Reply, item.reply_id)
    if reply.approved_by_id == by.id:
        raise NotAllowed("You approved this reply yourself; somebody else must review it.")
    return item, reply


def _must_review(person: Employee) -> None:
    if not person.has(Role.REVIEWER):
        raise NotAllowed("Only compliance reviewers review replies. Ask one of them.")


def _note(
    session: Session,
    kind: str,
    reply: Reply,
    by: Employee,
    at: datetime,
    data: Mapping[str, object],
    texts: Mapping[str, str] | None = None,
) -> None:
    subject = f"reply:{reply.id}"
    record(session, kind, at=at, actor=f"employee:{by.id}", subject=subject, data=data, texts=texts or {})
