"""The stop switch: nothing in its scope leaves while it is thrown, and nothing bursts out when it is lifted.

Whether something is stopped is read in the last transaction before a request leaves, under a lock that throwing waits
for: once a stop is committed, no reply in its scope begins to leave in any process.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text
from sqlalchemy.orm import Session

from bot import audit, outbox
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotFound
from bot.ledger import lock_thread_of
from bot.models import Account, Employee, Mention, Reply, ReplyState, Source, Stop, StopScope, Venue
from bot.permissions import Act, require

_LOCK = "stop switch"
SLACK_OF_A_WAIT = timedelta(seconds=60)
"""A frozen reply may have been put off by so much while it waited for the stop to end."""
_WAITING = (
    select(Reply, Mention.source_id)
    .join(Mention, Mention.id == Reply.mention_id)
    .where(Reply.state == ReplyState.APPROVED)
    .order_by(Reply.id)
)


class Stopped(Conflict):
    """A stop is thrown; the message says by what and why."""


@dataclass(frozen=True, slots=True)
class Drill:
    """What a drill found: how long until a stop was seen by another connection, and what it would have frozen."""

    seen_after: timedelta
    would_freeze: tuple[int, ...]
    on_their_way: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Something that can be stopped, with a name for people."""

    scope: StopScope
    subject: str
    name: str

    @property
    def key(self) -> str:
        """As it stands in a list of what may pass."""
        return f"{self.scope.value}:{self.subject}"


def active(
    session: Session, platform: str, venue_id: int, account_id: int, source_id: int, *, at: datetime
) -> Stop | None:
    """Return the stop that holds such a reply, if any. Until this transaction ends no new stop is thrown."""
    session.execute(text("select pg_advisory_xact_lock_shared(hashtextextended(:key, 0))"), {"key": _LOCK})
    place = _place(platform, venue_id, account_id, source_id)
    return next((stop for stop in _thrown(session, at) if _holds(stop, place)), None)


def raise_if_stopped(
    session: Session, platform: str, venue_id: int, account_id: int, source_id: int, *, at: datetime
) -> None:
    """Raise `Stopped` when a stop holds such a reply."""
    stop = active(session, platform, venue_id, account_id, source_id, at=at)
    if stop is not None:
        raise Stopped(f"Replies are stopped{_named(stop)}: {stop.reason} {_ending(stop)}")


def interrupted(session: Session, reply: Reply, source_id: int, *, at: datetime) -> Stop | None:
    """Return the stop, over by now, that kept this reply from leaving when it was due. It must be asked about again."""
    place = _place(reply.platform, reply.venue_id, reply.account_id, source_id)
    ended = func.coalesce(func.least(Stop.lifted_at, Stop.until), Stop.lifted_at, Stop.until)
    query = (
        select(Stop)
        .where(~Stop.is_drill, ended <= at, ended > reply.approved_at, ended >= reply.not_before - SLACK_OF_A_WAIT)
        .order_by(Stop.id)
    )
    return next((stop for stop in session.scalars(query) if _holds(stop, place)), None)


def throw(
    deps: Deps,
    scope: StopScope,
    subject: str = "",
    *,
    reason: str,
    by: Employee | None = None,
    until: datetime | None = None,
    allowed: Sequence[str] = (),
) -> Stop:
    """Stop everything in a scope at once. Without a person it was the command line, whose user owns the machine."""
    if by is not None:
        require(by, Act.STOP)
    now = deps.now()
    _must_make_sense(scope, subject, reason, until, allowed, now)
    with deps.sessions.begin() as session:
        _keep_others_out(session)
        stop = Stop(
            scope=scope,
            subject=subject,
            reason=reason.strip(),
            thrown_at=now,
            thrown_by_id=by.id if by else None,
            until=until,
            allowed=list(allowed),
        )
        session.add(stop)
        session.flush()
        _record(session, "stop.thrown", stop, by, now)
        for reply in frozen(session, at=now):
            outbox.show(session, reply.mention_id, at=now)
    return stop


def lift(deps: Deps, stop_id: int, *, by: Employee | None = None) -> tuple[int, ...]:
    """End a stop. What it froze does not leave: each goes back to its people. Returns the ids of those replies."""
    if by is not None:
        require(by, Act.STOP)
    with deps.sessions.begin() as session:
        _keep_others_out(session)
        stop = session.get(Stop, stop_id, with_for_update=True)
        if stop is None or stop.is_drill:
            raise NotFound("There is no such stop.")
        if _over(stop, deps.now()):
            raise Conflict("This stop is over already.")
        stop.lifted_at = deps.now()
        stop.lifted_by_id = by.id if by else None
        _record(session, "stop.lifted", stop, by, deps.now())
    return thaw(deps)


def thaw(deps: Deps) -> tuple[int, ...]:
    """Give back every reply that a stop, over by now, kept from leaving. Called when one is lifted, and by the clock
    for those that ended by themselves; calling it more often does no harm."""
    with deps.sessions() as session:
        candidates = [
            reply.id
            for reply, source_id in session.execute(_WAITING)
            if interrupted(session, reply, source_id, at=deps.now()) is not None
        ]
    return tuple(reply_id for reply_id in candidates if _give_back(deps, reply_id))


def stoppable(session: Session, platforms: Iterable[str], *, most: int = 500) -> tuple[Place, ...]:
    """Return what can be stopped or let pass: platforms, accounts, sources and venues, of each at most so many."""
    found = [Place(StopScope.PLATFORM, name, name) for name in sorted(platforms)]
    named: tuple[tuple[StopScope, Select[int, str, str]], ...] = (
        (StopScope.ACCOUNT, select(Account.id, Account.handle, Account.platform).order_by(Account.id)),
        (StopScope.SOURCE, select(Source.id, Source.name, Source.platform).order_by(Source.name)),
        (StopScope.VENUE, select(Venue.id, Venue.name, Venue.platform).order_by(Venue.name)),
    )
    for scope, asked in named:
        for number, name, platform in session.execute(asked.limit(most)):
            found.append(Place(scope, str(number), f"{name} ({platform})"))
    return tuple(found)


def thrown(session: Session, *, at: datetime) -> tuple[Stop, ...]:
    """Return the stops in force, oldest first."""
    return tuple(_thrown(session, at))


def frozen(session: Session, *, at: datetime) -> tuple[Reply, ...]:
    """Return the approved replies that a stop holds back now, or will when they are due."""
    stops = _thrown(session, at)
    if not stops:
        return ()
    return tuple(
        reply
        for reply, source_id in session.execute(_WAITING)
        if any(_holds(stop, _place(reply.platform, reply.venue_id, reply.account_id, source_id)) for stop in stops)
    )


def drill(deps: Deps) -> Drill:
    """Throw a stop that stops nothing, and measure how long until another connection sees it."""
    now = deps.now()
    started = perf_counter()
    with deps.sessions.begin() as session:
        _keep_others_out(session)
        stop = Stop(scope=StopScope.ALL, reason="Drill", thrown_at=now, is_drill=True, until=now)
        session.add(stop)
        session.flush()
        _record(session, "stop.drilled", stop, None, now)
    with deps.sessions() as session:
        session.scalars(select(Stop.id).where(Stop.id == stop.id)).one()
        seen = timedelta(seconds=perf_counter() - started)
        states = select(Reply.id).order_by(Reply.id)
        waiting = session.scalars(states.where(Reply.state == ReplyState.APPROVED)).all()
        leaving = session.scalars(states.where(Reply.state == ReplyState.SENDING)).all()
    return Drill(seen, tuple(waiting), tuple(leaving))


def _give_back(deps: Deps, reply_id: int) -> bool:
    with deps.sessions.begin() as session:
        mention_id = session.scalars(select(Reply.mention_id).where(Reply.id == reply_id)).one()
        mention = lock_thread_of(session, mention_id)
        reply = session.get_one(Reply, reply_id, with_for_update=True, populate_existing=True)
        if reply.state is not ReplyState.APPROVED:
            return False
        now = deps.now()
        stop = interrupted(session, reply, mention.source_id, at=now)
        held = active(session, reply.platform, reply.venue_id, reply.account_id, mention.source_id, at=now)
        if stop is None or held is not None:
            return False
        note = (
            f"This was frozen by a stop ({stop.reason}). The stop is over: please look at it again before it goes out."
        )
        reply.cancel(note)
        mention.reopen(note)
        audit.record(
            session,
            "reply.thawed",
            at=now,
            actor="system",
            subject=f"reply:{reply.id}",
            data={"stop": stop.id, "mention": mention.id},
        )
        outbox.show(session, mention.id, at=now)
        return True


def _keep_others_out(session: Session) -> None:
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": _LOCK})


def _thrown(session: Session, at: datetime) -> Sequence[Stop]:
    running: ColumnElement[bool] = and_(
        ~Stop.is_drill, Stop.lifted_at.is_(None), or_(Stop.until.is_(None), Stop.until > at)
    )
    return session.scalars(select(Stop).where(running).order_by(Stop.id)).all()


def _over(stop: Stop, at: datetime) -> bool:
    return stop.lifted_at is not None or (stop.until is not None and stop.until <= at)


def _place(platform: str, venue_id: int, account_id: int, source_id: int) -> frozenset[str]:
    return frozenset(
        {"all:", f"platform:{platform}", f"venue:{venue_id}", f"account:{account_id}", f"source:{source_id}"}
    )


def _holds(stop: Stop, place: frozenset[str]) -> bool:
    return f"{stop.scope.value}:{stop.subject}" in place and not place & set(stop.allowed)


def _must_make_sense(
    scope: StopScope, subject: str, reason: str, until: datetime | None, allowed: Iterable[str], now: datetime
) -> None:
    if not reason.strip():
        raise ChorusError("A stop needs a reason: everybody who is stopped will read it.")
    if (scope is StopScope.ALL) != (subject == ""):
        raise ChorusError("Say what to stop: all, or one platform, venue, account or source by its name or number.")
    if until is not None and until <= now:
        raise ChorusError("A stop cannot end before it begins.")
    known = {scope.value for scope in StopScope if scope is not StopScope.ALL}
    for entry in allowed:
        kind, _, name = entry.partition(":")
        if kind not in known or not name:
            raise ChorusError(f"“{entry}” cannot be let pass. Examples: platform:mastodon, venue:3, account:7.")


def _named(stop: Stop) -> str:
    return "" if stop.scope is StopScope.ALL else f" for {stop.scope.value} {stop.subject}"


def _ending(stop: Stop) -> str:
    if stop.until is None:
        return "A community manager can lift it."
    return f"It ends on {stop.until:%d %b %Y at %H:%M} UTC, or when a community manager lifts it."


def _record(session: Session, kind: str, stop: Stop, by: Employee | None, at: datetime) -> None:
    audit.record(
        session,
        kind,
        at=at,
        actor=f"employee:{by.id}" if by else "system",
        subject=f"stop:{stop.id}",
        data={
            "scope": stop.scope.value,
            "about": stop.subject,
            "until": stop.until and stop.until.isoformat(),
            "allowed": stop.allowed,
        },
        texts={"reason": stop.reason},
    )
