"""How long deciding and reserving takes in a large history, and whether every query finds its index."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

from bot import throttle
from bot.bench.row import Row, fast_enough, quick_enough, timed
from bot.bench.stage import Stage
from bot.database import Sessions, sessions_of
from bot.models import Reply, Thread
from bot.throttle import Proposal, Reservation
from bot.throttle.simulation import simulate
from guidelines.throttle import DEFAULTS

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

_WORLD = (
    "insert into employee (id, slack_user, name, roles, first_seen_at) "
    "select n, 'B' || n, 'Person ' || n, '[\"employee\"]', :now from generate_series(1, 200) n",
    "insert into account (id, platform, site, identity, external_id, handle, secrets, connected_at, options, condition,"
    " condition_detail) select n, 'p' || n % 4, 'https://bench.example', 'brand', 'a' || n, '@a' || n, '', :now, '{}',"
    " 'ok', '' from generate_series(1, 20) n",
    "insert into venue (id, platform, name, timezone, rules) select n, 'p' || n % 4, 'venue ' || n, 'Europe/Berlin', ''"
    " from generate_series(1, 2000) n",
    "insert into source (id, name, platform, kind, account_id, channel, query, poll_seconds, state, failures, skipped,"
    " detail) values (1, 'bench', 'p0', 'mentions', 1, 'C1', '', 60, 'active', 0, 0, '')",
    "insert into thread (id, platform, site, root_external_id, venue_id, first_seen_at, truncated) select n, 'p' || n %"
    " 4, 'https://bench.example', 't' || n, 1 + n % 2000, :now, false from generate_series(1, :threads) n",
    "insert into post (id, platform, site, external_id, thread_id, venue_id, author_external_id, author_handle,"
    " author_name, author_url, text, url, created_at, seen_at, mentioned, is_own, is_public, status) select n, 'p' || n"
    " % 4, 'https://bench.example', 'post' || n, n, 1 + n % 2000, 'u' || n % 50000, '@u', '', '', 'a question', '',"
    " :now - interval '1 hour', :now, '[]', false, true, 'live' from generate_series(1, :threads) n",
    "insert into mention (id, post_id, thread_id, source_id, channel, collected_at, state, kind, mood, urgency,"
    " reasons, suspicious, note, dismissed_reason, bands) select n, n, n, 1, 'C1', :now, 'open', 'question', 'neutral',"
    " 'normal', '{}', '', '', '', '{}' from generate_series(1, :threads) n",
    "insert into draft (id, mention_id, origin, text, created_at, origin_detail, verdict, forecast) values (1, 1,"
    " 'person', '', :now, '', '{}', '{}')",
    "insert into reply (id, intent_id, mention_id, draft_id, thread_id, venue_id, parent_post_id, account_id,"
    " approved_by_id, platform, author_external_id, typed, text, text_hash, parent_hash, key, approved_at, counted_at,"
    " not_before, is_commercial, state, attempt, owner, deferrals, looks, detail, url, posted_at, external_id)"
    " select n, gen_random_uuid(), 1 + n % :threads, 1, 1 + n % :threads, 1 + n % 2000, 1 + n % :threads, 1 + n % 20,"
    " 1 + (n::bigint * 7919) % 200, 'p' || n % 4, 'u' || (n * 31) % 50000, md5(n::text) || ' ' || md5((n + 1)::text),"
    " '', n::text, '', '', at, at, at, n % 13 = 0, 'posted', 1, '', 0, 0, '', 'https://bench.example/r' || n, at,"
    " 'r' || n from (select n, :now - interval '1 day' - n * interval '60 seconds' as at"
    " from generate_series(1, :replies) n) moments",
    "insert into reply_print (reply_id, bands) select n, array(select (random() * 9e18)::bigint + 0 * n from"
    " generate_series(1, 16)) from generate_series(1, :replies) n",
)
_TABLES = ("employee", "account", "venue", "source", "thread", "post", "mention", "draft", "reply")
_INDEX = "create index ix_reply_print_bands on reply_print using gin (bands) with (fastupdate = off)"


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of each forecast, and of each decision with its reservation and commit."""

    forecast: list[float]
    reserve: list[float]


def rows(stage: Stage) -> Iterator[Row]:
    """Measure deciding and reserving, the plans of its queries, and a replay of the past under other limits."""
    replies, threads = stage.size(1_000_000, 3000), stage.size(200_000, 600)
    with stage.engine() as engine:
        fill(engine, replies=replies, threads=threads)
        timings = measure(engine, rounds=stage.size(300, 20), threads=threads)
        history = f"{replies:,} replies in {threads:,} threads"
        yield fast_enough(f"throttle: decide, reserve and commit, {history}", timings.reserve, 0.010)
        yield fast_enough(f"throttle: forecast on a card, {history}", timings.forecast, 0.010)
        yield _indexed(plans(engine, threads=threads, small=stage.quick))
        yield _simulation(engine, stage.size(100_000, 1000))


def _indexed(plans: dict[str, str]) -> Row:
    read_whole = sum(bool(scans(plan)) for plan in plans.values())
    return Row(
        "throttle: queries of a decision that read a large table from end to end",
        "0",
        f"{read_whole} of {len(plans)}",
        read_whole == 0,
    )


def _simulation(engine: Engine, replies: int) -> Row:
    # One reply a minute, back from a day before now: see the history that `fill` makes.
    until = NOW - timedelta(days=1)
    since = until - timedelta(minutes=replies)
    longer = timedelta(days=60)
    stricter = tuple(replace(limit, window=longer) if limit.name == "author-cooldown" else limit for limit in DEFAULTS)
    with sessions_of(engine)() as session:
        began = perf_counter()
        report = simulate(session, stricter, DEFAULTS, since=since, until=until)
        taken = perf_counter() - began
    return quick_enough(f"throttle: simulation of {report.truth.replies:,} replies", taken, 20.0)


def fill(engine: Engine, *, replies: int = 1_000_000, threads: int = 200_000) -> None:
    """Make a history in an empty, migrated database: one reply a minute, back from yesterday."""
    with engine.begin() as connection:
        connection.execute(text("drop index ix_reply_print_bands"))
        # Foreign keys hold by the way the rows are made; checking each would take most of the time.
        connection.execute(text("set local session_replication_role = replica"))
        for statement in _WORLD:
            connection.execute(text(statement), {"now": NOW, "replies": replies, "threads": threads})
        for table in _TABLES:
            connection.execute(text(f"select setval('{table}_id_seq', (select max(id) from {table}))"))  # noqa: S608
        connection.execute(text("set local maintenance_work_mem = '512MB'"))
        connection.execute(text(_INDEX))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
    with sessions_of(engine).begin() as session:
        throttle.ensure_defaults(session, NOW)


def measure(engine: Engine, *, rounds: int = 300, threads: int = 200_000) -> Timings:
    """Time the forecast, and the reservation with its reply, over proposals all across the history."""
    sessions, dice = sessions_of(engine), random.Random(7)  # noqa: S311 - a repeatable choice, nothing secret
    proposals = [_proposal(dice, threads) for _ in range(rounds)]

    def foresee(proposal: Proposal) -> None:
        with sessions() as session:
            throttle.forecast(session, proposal, NOW)

    return Timings(timed(foresee, proposals), timed(lambda proposal: _reserve(sessions, proposal), proposals))


def plans(engine: Engine, *, threads: int = 200_000, small: bool = False) -> dict[str, str]:
    """Return the plan of every query that one decision asks, by the query.

    With `small` reading whole tables is made dear, for in a small history it is the right thing to do: then only a
    query that no index serves still does it.
    """
    proposal = replace(_proposal(random.Random(11), threads), is_commercial=True)  # noqa: S311 - a repeatable choice
    with engine.connect() as connection, _seen(connection) as asked, Session(connection) as session:
        if small:
            session.execute(text("set local enable_seqscan = off"))
        throttle.forecast(session, proposal, NOW)
        queries = [(statement, values) for statement, values in asked if "reply" in statement or "post p" in statement]
        return {statement: _explained(connection, statement, values) for statement, values in queries}


def scans(plan: str) -> list[str]:
    """Return the lines of a plan that read a large table from end to end."""
    large = ("reply", "post", "mention", "thread", "reply_print")
    return [line.strip() for line in plan.splitlines() if any(f"Seq Scan on {table} " in line for table in large)]


@contextmanager
def _seen(connection: Connection) -> Iterator[list[tuple[str, Any]]]:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Connection, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        asked.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(connection, "before_cursor_execute", note)


def _explained(connection: Connection, statement: str, values: Any) -> str:
    rows = connection.exec_driver_sql(f"explain (analyze, buffers) {statement}", values)
    return "\n".join(row[0] for row in rows)


def _reserve(sessions: Sessions, proposal: Proposal) -> Reservation:
    with sessions.begin() as session:
        session.get_one(Thread, proposal.thread_id, with_for_update=True)
        reservation = throttle.reserve(session, proposal, NOW)
        session.add(_reply(proposal, reservation.departs_at))
    return reservation


def _proposal(dice: random.Random, threads: int) -> Proposal:
    thread = dice.randrange(1, threads + 1)
    return Proposal(
        thread_id=thread,
        venue_id=1 + thread % 2000,
        platform=f"p{thread % 4}",
        account_id=dice.randrange(1, 21),
        employee_id=dice.randrange(1, 201),
        author_external_id=f"u{thread % 50000}",
        parent_post_id=thread,
        text=" ".join(f"{dice.randrange(1 << 40):x}" for _ in range(30)),
        is_commercial=dice.random() < 0.3,
        addressed=True,
    )


def _reply(proposal: Proposal, at: datetime) -> Reply:
    return Reply(
        intent_id=uuid4(),
        mention_id=proposal.thread_id,
        draft_id=1,
        thread_id=proposal.thread_id,
        venue_id=proposal.venue_id,
        parent_post_id=proposal.parent_post_id,
        account_id=proposal.account_id,
        approved_by_id=proposal.employee_id,
        platform=proposal.platform,
        author_external_id=proposal.author_external_id,
        typed=proposal.text,
        text=proposal.text,
        text_hash=uuid4().hex,
        parent_hash="",
        key="",
        approved_at=NOW,
        counted_at=at,
        not_before=at + timedelta(seconds=10),
        is_commercial=proposal.is_commercial,
    )
