"""Choosing replies for review: by chance, by risk, by words, and whole people; each choice with its reasons.

A draw is not rolled but computed, from the reply's number and a random salt of the rules: looking again draws the same,
nobody can tell beforehand whether a reply will be looked at, and whoever audits us can draw again.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import ColumnElement, String, and_, cast, select
from sqlalchemy.orm import Session

from bot.audit.recording import record
from bot.models.audit import AuditEntry, ReviewItem, ReviewRules
from bot.models.people import Employee
from bot.models.replies import Draft, Origin, Reply, ReplyState

PUBLIC = (ReplyState.POSTED, ReplyState.EDITED, ReplyState.REMOVED, ReplyState.DELETED)
WEIGHTS: Mapping[str, int] = MappingProxyType(
    {
        "chosen person": 100,
        "word": 60,
        "override": 50,
        "near miss": 30,
        "correction": 30,
        "model-written": 20,
        "new employee": 20,
        "by chance": 5,
        "weekly minimum": 5,
    }
)
"""What a reason adds to the risk of a reply; the queue shows the highest first."""
BATCH = 500


@dataclass(frozen=True, slots=True)
class Rules:
    """How replies are chosen. `share` is the chance of any reply, `risky_share` that of one with a reason to look;
    `weekly` is how many of each person's replies of a week are looked at at least; `everything_of` are employees."""

    share: float = 0.05
    risky_share: float = 0.5
    weekly: int = 1
    everything_of: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    new_for_days: int = 30
    salt: bytes = field(default=b"", repr=False)

    def draw(self, reply_id: int) -> float:
        """Return a number in [0, 1) that belongs to a reply under these rules."""
        digest = hashlib.sha256(self.salt + reply_id.to_bytes(8, "big")).digest()
        return int.from_bytes(digest[:8], "big") / 2**64


@dataclass(frozen=True, slots=True)
class Candidate:
    """A public reply, and what is known of how it came about."""

    reply_id: int
    employee_id: int
    text: str
    approved_at: datetime
    employee_since: datetime
    origin: Origin
    overridden: bool
    warnings: int


def set_rules(session: Session, rules: Rules, *, at: datetime, by: str) -> None:
    """Choose by these rules from now on; the change is recorded, and draws anew."""
    terms = {name: value for name, value in asdict(rules).items() if name != "salt"}
    session.add(ReviewRules(terms=terms, salt=secrets.token_bytes(32), set_at=at, set_by=by))
    shown = {name: value for name, value in terms.items() if name != "words"}
    texts = {"words": ", ".join(rules.words)} if rules.words else {}
    record(session, "review.rules", at=at, actor=by, subject="review:rules", data=shown, texts=texts)


def current_rules(session: Session) -> Rules:
    """Return the rules in force; the usual ones where nobody set any."""
    stored = session.scalar(select(ReviewRules).order_by(ReviewRules.id.desc()).limit(1))
    if stored is None:
        return Rules()
    terms: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.terms.items()
    }
    return Rules(**terms, salt=stored.salt)


def reasons_for(candidate: Candidate, rules: Rules) -> list[str]:
    """Return why this reply is to be reviewed; nothing when it is not. Pure, and the same at every look."""
    certain = [*_certain(candidate, rules)]
    risky = [*_risky(candidate, rules)]
    draw = rules.draw(candidate.reply_id)
    if certain or (risky and draw < rules.risky_share):
        return [*certain, *risky]
    return ["by chance", *risky] if draw < rules.share else []


def choose(session: Session, *, at: datetime, since: datetime) -> list[int]:
    """Queue what the rules choose among the replies that became public since a moment; returns their numbers.

    Safe to repeat: a reply that is or was in the queue stays as it is.
    """
    rules = current_rules(session)
    fresh = and_(Reply.approved_at >= since, Reply.id.not_in(select(ReviewItem.reply_id)))
    chosen = [
        (candidate.reply_id, reasons)
        for candidate in candidates(session, fresh)
        if (reasons := reasons_for(candidate, rules))
    ]
    return [enqueue(session, reply_id, reasons, at=at).reply_id for reply_id, reasons in chosen]


def complete_week(session: Session, *, at: datetime, week: datetime) -> list[int]:
    """Queue more of each person's replies of the seven days from `week` until the weekly minimum is reached."""
    rules = current_rules(session)
    within = and_(Reply.approved_at >= week, Reply.approved_at < week + timedelta(days=7))
    looked_at = set(
        session.scalars(select(ReviewItem.reply_id).join(Reply, Reply.id == ReviewItem.reply_id).where(within))
    )
    people: dict[int, list[int]] = {}
    for candidate in candidates(session, within):
        people.setdefault(candidate.employee_id, []).append(candidate.reply_id)
    added: list[int] = []
    for replies in people.values():
        missing = rules.weekly - len(looked_at.intersection(replies))
        left = sorted((reply for reply in replies if reply not in looked_at), key=rules.draw)
        added += left[: max(0, missing)]
    return [enqueue(session, reply_id, ["weekly minimum"], at=at).reply_id for reply_id in added]


def enqueue(session: Session, reply_id: int, reasons: list[str], *, at: datetime) -> ReviewItem:
    """Put a reply before the reviewers; one that was reviewed already comes back, but only for reasons that are new."""
    risk = sum(WEIGHTS.get(reason.partition(":")[0], 40) for reason in reasons)
    item = session.scalar(select(ReviewItem).where(ReviewItem.reply_id == reply_id).with_for_update())
    if item is not None and set(reasons) <= set(item.reasons):
        return item
    if item is None:
        item = ReviewItem(reply_id=reply_id, reasons=reasons, risk=risk, queued_at=at)
        session.add(item)
    else:
        item.ask_again(reasons, risk, at=at)
    data = {"reasons": reasons, "risk": risk}
    record(session, "review.queued", at=at, actor="system", subject=f"reply:{reply_id}", data=data)
    return item


def candidates(session: Session, *demanded: ColumnElement[bool]) -> Iterator[Candidate]:
    """Yield public replies, oldest first, with what the record says of their approvals."""
    approval = (
        select(AuditEntry.body)
        .where(AuditEntry.subject == "reply:" + cast(Reply.id, String))
        .where(AuditEntry.kind.in_(["reply.approved", "reply.handed_off"]))
        .order_by(AuditEntry.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = (
        select(
            Reply.id,
            Reply.approved_by_id,
            Reply.text,
            Reply.approved_at,
            Employee.first_seen_at,
            Draft.origin,
            approval,
        )
        .join(Employee, Employee.id == Reply.approved_by_id)
        .join(Draft, Draft.id == Reply.draft_id)
        .where(Reply.state.in_(PUBLIC), *demanded)
        .order_by(Reply.id)
        .execution_options(yield_per=BATCH)
    )
    for *known, body in session.execute(rows):
        reply_id, employee_id, words, approved_at, since, origin = known
        overridden, warnings = _approval(body)
        yield Candidate(reply_id, employee_id, words, approved_at, since, origin, overridden, warnings)


def _approval(body: bytes | None) -> tuple[bool, int]:
    data = orjson.loads(body)["data"] if body else {}
    findings = (data.get("verdict") or {}).get("findings") or ()
    return bool(data.get("overridden")), sum(1 for finding in findings if finding.get("severity") == "warn")


def _certain(candidate: Candidate, rules: Rules) -> Iterator[str]:
    if candidate.employee_id in rules.everything_of:
        yield "chosen person"
    yield from (f"word: {word}" for word in rules.words if _says(candidate.text, word))


def _risky(candidate: Candidate, rules: Rules) -> Iterator[str]:
    if candidate.overridden:
        yield "override"
    if candidate.warnings:
        yield "near miss"
    if candidate.origin is Origin.FACT:
        yield "correction"
    if candidate.origin is Origin.MODEL:
        yield "model-written"
    if candidate.approved_at < candidate.employee_since + timedelta(days=rules.new_for_days):
        yield "new employee"


def _says(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
