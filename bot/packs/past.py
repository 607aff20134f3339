"""What we drafted and said before, as the guidelines would have seen it: read from the database, batch by batch."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, select, union_all
from sqlalchemy.orm import Session

from bot.checking import RECENT
from bot.models import COUNTED, Account, Draft, Mention, PostRecord, Reply, Source, Venue
from guidelines.base import Candidate

BATCH = 200

_SEEN = (PostRecord.platform, Venue.name, PostRecord.text, Mention.kind, Mention.language, Account.identity)
_AS_DRAFTED = select(Reply.id).where(and_(Reply.draft_id == Draft.id, Reply.typed == Draft.text)).exists()
"""The draft was approved as it stood, and is told as its reply."""

Said = tuple[str, Candidate]
"""A text as the guidelines would have seen it, under the address at which people see it in the console."""


def texts(session: Session, *, since: datetime, most: int, company: tuple[str, ...]) -> Iterator[Said]:
    """Yield drafts and replies since a moment, oldest first; of more than `most` the newest.

    What posts said that are gone by now is empty here, as it is in the database.
    """
    recent: deque[tuple[str, datetime]] = deque(_before(session, since), maxlen=RECENT)
    places = _places(session, since, most)
    for start in range(0, len(places), BATCH):
        batch = places[start : start + BATCH]
        found = _found(session, batch, company)
        for kind, number, at in batch:
            address, candidate = found[kind, number]
            yield address, _beside(candidate, at, tuple(reversed(recent)))
            if kind == "reply":
                recent.append((candidate.text, at))


def _beside(candidate: Candidate, at: datetime, recent: Sequence[tuple[str, datetime]]) -> Candidate:
    """Return a candidate beside what had been said until then, newest first."""
    return replace(
        candidate,
        recent=tuple(text for text, _ in recent),
        recent_days=tuple((at - said_at).days for _, said_at in recent),
    )


def total(session: Session, since: datetime) -> int:
    """Return how many drafts and replies there are since a moment, counted as `texts` tells them."""
    drafts = select(func.count(Draft.id)).where(Draft.created_at >= since, ~_AS_DRAFTED)
    said = select(func.count(Reply.id)).where(Reply.approved_at >= since)
    return (session.scalar(drafts) or 0) + (session.scalar(said) or 0)


def replies(
    session: Session, *demanded: ColumnElement[bool], company: tuple[str, ...]
) -> Iterator[tuple[int, Candidate]]:
    """Yield replies by their numbers, as the guidelines would have seen them."""
    last = 0
    while numbers := session.scalars(
        select(Reply.id).where(Reply.id > last, *demanded).order_by(Reply.id).limit(BATCH)
    ).all():
        for number, _, candidate in _replies(session, numbers, company):
            yield number, candidate
        last = numbers[-1]


def reply(session: Session, number: int, *, company: tuple[str, ...]) -> Candidate | None:
    """Return one reply as the guidelines would have seen it."""
    return next((candidate for _, _, candidate in _replies(session, [number], company)), None)


def draft(session: Session, number: int, *, company: tuple[str, ...]) -> Candidate | None:
    """Return one draft as the guidelines would have seen it."""
    return next((candidate for _, _, candidate in _drafts(session, [number], company)), None)


def _before(session: Session, since: datetime) -> Sequence[tuple[str, datetime]]:
    counted = select(Reply.typed, Reply.approved_at).where(Reply.state.in_(COUNTED), Reply.approved_at < since)
    newest = session.execute(counted.order_by(Reply.id.desc()).limit(RECENT))
    return [(text, at) for text, at in reversed(newest.all())]


def _places(session: Session, since: datetime, most: int) -> list[tuple[str, int, datetime]]:
    drafts = select(literal("draft").label("kind"), Draft.created_at.label("at"), Draft.id.label("number"))
    said = select(literal("reply"), Reply.approved_at, Reply.id).where(Reply.approved_at >= since)
    both = union_all(drafts.where(Draft.created_at >= since, ~_AS_DRAFTED), said).subquery()
    newest = select(both).order_by(both.c.at.desc(), both.c.kind.desc(), both.c.number.desc())
    found = session.execute(newest.limit(most)).all()
    return [(row.kind, row.number, row.at) for row in reversed(found)]


def _found(
    session: Session, batch: Sequence[tuple[str, int, datetime]], company: tuple[str, ...]
) -> dict[tuple[str, int], Said]:
    drafts = _drafts(session, [number for kind, number, _ in batch if kind == "draft"], company)
    said = _replies(session, [number for kind, number, _ in batch if kind == "reply"], company)
    found: dict[tuple[str, int], Said] = {
        ("draft", number): (f"/conversations/{mention}#draft-{number}", candidate)
        for number, mention, candidate in drafts
    }
    return found | {("reply", number): (f"/replies/{number}", candidate) for number, _, candidate in said}


def _drafts(session: Session, numbers: Sequence[int], company: tuple[str, ...]) -> Iterator[tuple[int, int, Candidate]]:
    rows = session.execute(
        select(Draft.id, Draft.mention_id, Draft.text, *_SEEN)
        .join(Mention, Mention.id == Draft.mention_id)
        .join(PostRecord, PostRecord.id == Mention.post_id)
        .join(Venue, Venue.id == PostRecord.venue_id)
        .join(Source, Source.id == Mention.source_id)
        .join(Account, Account.id == Source.account_id)
        .where(Draft.id.in_(numbers))
    )
    for number, mention, text, *seen in rows:
        yield number, mention, _candidate(text, seen, company)


def _replies(
    session: Session, numbers: Sequence[int], company: tuple[str, ...]
) -> Iterator[tuple[int, int, Candidate]]:
    rows = session.execute(
        select(Reply.id, Reply.mention_id, Reply.typed, *_SEEN)
        .join(Mention, Mention.id == Reply.mention_id)
        .join(PostRecord, PostRecord.id == Reply.parent_post_id)
        .join(Venue, Venue.id == PostRecord.venue_id)
        .join(Account, Account.id == Reply.account_id)
        .where(Reply.id.in_(numbers))
        .order_by(Reply.id)
    )
    for number, mention, text, *seen in rows:
        yield number, mention, _candidate(text, seen, company)


def _candidate(text: str, seen: Sequence[Any], company: tuple[str, ...]) -> Candidate:
    platform, venue, mention, kind, language, identity = seen
    return Candidate(
        text=text,
        platform=platform,
        venue=venue,
        mention=mention,
        mention_kind=kind.value,
        identity=identity.value,
        language=language,
        company=company,
    )
