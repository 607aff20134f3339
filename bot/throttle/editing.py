"""Changing limits: a change writes a new version and retires the old one, can be undone, and stands in the record."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import audit
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotAllowed, NotFound
from bot.models import Employee, LimitRecord, Outcome, OutcomeKind, Reply, Venue
from bot.permissions import Act, require
from bot.throttle.limits import current, in_force, limit_of, record_of, take_hold
from guidelines.throttle import (
    Action,
    Condition,
    Limit,
    LimitError,
    Scope,
    Selector,
    parse_terms,
    problems,
    sentence,
    terms_of,
)

REMOVAL_PAUSE = timedelta(days=30)
"""How long a venue is treated with more care after its moderators removed a reply of ours."""
REMOVAL_WINDOW = timedelta(days=7)
DISPUTES, DISPUTES_WITHIN = 3, timedelta(days=14)
"""So many replies disputed in a venue, within so long, and it is treated with more care."""
DISPUTE_PAUSE = timedelta(days=14)
DISPUTE_WINDOW = timedelta(days=2)


def read(name: str, terms: Mapping[str, Any] | str) -> Limit:
    """Read what a person wrote, a sentence or terms; raises `ChorusError` with what to change."""
    try:
        return parse_terms(name, {"sentence": terms} if isinstance(terms, str) else terms)
    except LimitError as error:
        raise ChorusError(str(error)) from None


def put(deps: Deps, limit: Limit, *, by: Employee | None) -> LimitRecord:
    """Put a limit in force, new or in place of the one of its name. Holds for the next decision in every process.

    Without a person it was the command line, whose user owns the machine.
    """
    _may(by)
    with deps.sessions.begin() as session:
        take_hold(session)
        return write(session, deps, limit, by)


def retire(deps: Deps, name: str, *, by: Employee | None) -> LimitRecord:
    """Take a limit out of force. It can be brought back with `undo`."""
    _may(by)
    with deps.sessions.begin() as session:
        take_hold(session)
        record = _editable(session, name)
        if record is None:
            raise NotFound(f"There is no limit called “{name}”.")
        record.retired_at = deps.now()
        _tell(session, deps, "limit.retired", record, by)
        return record


def undo(deps: Deps, name: str, *, by: Employee | None) -> LimitRecord | None:
    """Take back the last change of a limit; returns what is in force now, None for nothing."""
    _may(by)
    with deps.sessions.begin() as session:
        take_hold(session)
        record = _editable(session, name)
        versions = history(session, name)
        if not versions:
            raise NotFound(f"There is no limit called “{name}”.")
        if record is None:
            return write(session, deps, limit_of(versions[-1]), by)
        earlier = _before(versions, record)
        record.retired_at = deps.now()
        session.flush()
        _tell(session, deps, "limit.undone", record, by)
        return write(session, deps, limit_of(earlier), by) if earlier is not None else None


def history(session: Session, name: str) -> Sequence[LimitRecord]:
    """Return all versions of a limit, oldest first."""
    return session.scalars(select(LimitRecord).where(LimitRecord.name == name).order_by(LimitRecord.version)).all()


def oddities(session: Session, deps: Deps, limits: Sequence[Limit] | None = None) -> list[str]:
    """Say in plain sentences what is odd about these limits, or about those in force."""
    venues = {venue.name: venue.timezone for venue in session.execute(select(Venue.name, Venue.timezone))}
    return problems(limits or in_force(session), now=deps.now(), platforms=list(deps.connectors), venues=venues)


def oddities_with(session: Session, deps: Deps, limit: Limit) -> list[str]:
    """Say what would be odd with this limit in force that is not odd today."""
    today = in_force(session)
    known = set(oddities(session, deps, today))
    laid_over = (*(each for each in today if each.name != limit.name), limit)
    return [oddity for oddity in oddities(session, deps, laid_over) if oddity not in known]


def after_removal(session: Session, deps: Deps, reply: Reply) -> LimitRecord:
    """A venue's moderators removed a reply of ours: speak there at most once a week for a month, and show it."""
    venue = session.get_one(Venue, reply.venue_id)
    limit = Limit(
        f"after-removal-{venue.id}",
        Scope.VENUE,
        Condition.COUNT,
        1,
        REMOVAL_WINDOW,
        Action.ASK,
        where=Selector(platforms=frozenset({venue.platform}), venues=frozenset({venue.name})),
        reason=f"Moderators of {venue.name} removed a reply of ours; we speak there seldom until they trust us again.",
        until=deps.now() + REMOVAL_PAUSE,
    )
    take_hold(session)
    return write(session, deps, limit, None)


def after_dispute(session: Session, deps: Deps, reply: Reply) -> LimitRecord | None:
    """Replies of ours were disputed again and again in a venue: a manager looks at each for a while, and it shows."""
    session.flush()
    since = deps.now() - DISPUTES_WITHIN
    counted = (
        select(func.count(Outcome.reply_id.distinct()))
        .join(Reply, Reply.id == Outcome.reply_id)
        .where(Reply.venue_id == reply.venue_id, Outcome.kind == OutcomeKind.DISPUTED, Outcome.seen_at > since)
    )
    disputed = session.scalar(counted) or 0
    if disputed < DISPUTES:
        return None
    venue = session.get_one(Venue, reply.venue_id)
    limit = Limit(
        f"after-disputes-{venue.id}",
        Scope.VENUE,
        Condition.COUNT,
        1,
        DISPUTE_WINDOW,
        Action.ASK,
        where=Selector(platforms=frozenset({venue.platform}), venues=frozenset({venue.name})),
        reason=f"{disputed} replies of ours in {venue.name} were disputed lately; a manager looks before we say more.",
        until=deps.now() + DISPUTE_PAUSE,
    )
    take_hold(session)
    return write(session, deps, limit, None)


def after_opt_out(session: Session, deps: Deps, platform: str, author_external_id: str) -> LimitRecord:
    """Somebody asked us not to reply to them: we do not, until a community manager retires this limit."""
    limit = Limit(
        f"opted-out-{platform}-{author_external_id}"[:80],
        Scope.AUTHOR,
        Condition.COUNT,
        0,
        where=Selector(platforms=frozenset({platform}), authors=frozenset({author_external_id})),
        reason="This person asked us not to reply to them.",
    )
    take_hold(session)
    return write(session, deps, limit, None)


def write(session: Session, deps: Deps, limit: Limit, by: Employee | None) -> LimitRecord:
    """Write a limit's next version within a transaction that already keeps decisions out."""
    record = _editable(session, limit.name)
    if record is not None and record.terms == terms_of(limit):
        return record
    if record is not None:
        record.retired_at = deps.now()
        session.flush()
    newest = session.scalar(select(func.max(LimitRecord.version)).where(LimitRecord.name == limit.name)) or 0
    fresh = record_of(limit, deps.now(), version=newest + 1, by_id=by.id if by else None)
    session.add(fresh)
    session.flush()
    _tell(session, deps, "limit.changed", fresh, by)
    return fresh


def _may(by: Employee | None) -> None:
    if by is not None:
        require(by, Act.EDIT_LIMITS)


def _editable(session: Session, name: str) -> LimitRecord | None:
    record = current(session, name)
    if record is not None and record.is_fixed:
        raise NotAllowed(f"“{name}” is the platform's own rule. Nobody can change it here.")
    return record


def _before(versions: Sequence[LimitRecord], record: LimitRecord) -> LimitRecord | None:
    """The newest version before this one that says something else; so undoing an undo does the change again."""
    earlier = [version for version in versions if version.version < record.version and version.terms != record.terms]
    if any(version.is_fixed for version in earlier):
        raise Conflict("This name belonged to a platform's rule; give the limit another name.")
    return earlier[-1] if earlier else None


def _tell(session: Session, deps: Deps, kind: str, record: LimitRecord, by: Employee | None) -> None:
    audit.record(
        session,
        kind,
        at=deps.now(),
        actor=f"employee:{by.id}" if by else "system",
        subject=f"limit:{record.id}",
        data={"version": record.version, "fixed": record.is_fixed},
        # A limit may name a venue or an author, so what it says is among what can be erased.
        texts={"name": record.name, "asks": sentence(limit_of(record))},
    )
