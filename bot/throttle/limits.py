"""The limits in force, read for each decision."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

import orjson
import psycopg
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.errors import ChorusError
from bot.models import LimitRecord
from connectors.base import Spec
from guidelines.throttle import DEFAULTS, Limit, LimitError, parse_terms, platform_rule, terms_of

_LOCK = "throttle limits"
_CURRENT = "select name, terms::text, is_fixed from throttle_limit where retired_at is null order by name"
_READ = text(_CURRENT)
_READ_HELD = f"select pg_advisory_xact_lock_shared(hashtextextended('{_LOCK}', 0)); {_CURRENT}"


def in_force(session: Session) -> tuple[Limit, ...]:
    """Return the limits as they are now."""
    return tuple(_parsed(name, terms, is_fixed) for name, terms, is_fixed in session.execute(_READ))


def held_in_force(session: Session) -> tuple[Limit, ...]:
    """Return the limits in force, and let nobody change one until this transaction is over; many may hold at once.

    Two statements in one message: the second sees what was committed while the first waited.
    """
    session.flush()
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    answers = raw.execute(_READ_HELD, prepare=False)
    answers.nextset()
    return tuple(_parsed(name, terms, is_fixed) for name, terms, is_fixed in answers)


def take_hold(session: Session) -> None:
    """Wait until every decision in flight is over, and keep new ones waiting until this transaction is."""
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": _LOCK})


def ensure_defaults(session: Session, now: datetime, specs: Iterable[Spec] = ()) -> None:
    """Write the default limits where there has never been one, and each platform's own rule as its connector has it."""
    take_hold(session)
    if session.scalar(select(LimitRecord.id).where(~LimitRecord.is_fixed).limit(1)) is None:
        session.add_all(record_of(limit, now) for limit in DEFAULTS)
    rules = [platform_rule(spec.name, most) for spec in specs if (most := spec.policy.max_replies_per_interaction)]
    for rule in rules:
        _renew_fixed(session, rule, now)
    session.flush()


def _renew_fixed(session: Session, rule: Limit, now: datetime) -> None:
    present = current(session, rule.name)
    if present is not None and present.terms == terms_of(rule):
        return
    if present is not None:
        present.retired_at = now
        session.flush()
    session.add(record_of(rule, now, version=1 if present is None else present.version + 1))


def current(session: Session, name: str) -> LimitRecord | None:
    """Return the record of the limit called `name` that is in force."""
    return session.scalar(select(LimitRecord).where(LimitRecord.name == name, LimitRecord.retired_at.is_(None)))


def record_of(limit: Limit, now: datetime, *, version: int = 1, by_id: int | None = None) -> LimitRecord:
    """Return a record that puts `limit` in force from `now` on."""
    return LimitRecord(
        name=limit.name,
        terms=terms_of(limit),
        created_at=now,
        version=version,
        is_fixed=limit.is_fixed,
        created_by_id=by_id,
    )


def limit_of(record: LimitRecord) -> Limit:
    """Return the limit that a record holds, in force or not; raises `ChorusError` when it cannot be read."""
    return _parsed(record.name, orjson.dumps(record.terms).decode(), record.is_fixed)


@lru_cache(maxsize=8192)
def _parsed(name: str, terms: str, is_fixed: bool) -> Limit:
    try:
        return parse_terms(name, orjson.loads(terms), is_fixed=is_fixed)
    except LimitError as error:
        raise ChorusError(f"{error} Nothing is posted until a community manager mends it.") from None
