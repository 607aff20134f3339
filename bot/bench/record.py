"""How fast the record is: writing entries one by one and in bulk, verifying, searching, exporting."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.audit.export import jsonl
from bot.audit.recording import record
from bot.audit.selection import Selection, search
from bot.audit.verification import verify
from bot.bench.row import Row, fast_enough, timed
from bot.bench.stage import Stage
from bot.database import Sessions, sessions_of

VOCABULARY = [f"word{number}" for number in range(3000)]
START = datetime(2026, 1, 1, tzinfo=UTC)
MUST_VERIFY = 100_000
"""Entries per second."""
MUST_SEARCH = 0.2
"""Seconds, for 95 of 100 searches."""


def rows(stage: Stage) -> Iterator[Row]:
    """Fill a fresh database and measure; with 300,000 entries it takes about two minutes."""
    dice = random.Random(1)  # noqa: S311 - a repeatable choice, nothing secret
    with stage.engine() as engine:
        sessions = sessions_of(engine)
        yield _one_by_one(sessions, dice, stage.size(500, 20))
        yield _in_bulk(sessions, dice, stage.size(300_000, 2000))
        with sessions.begin() as session:
            session.execute(text("analyze audit_entry, audit_text"))
        yield _verifying(sessions)
        yield from _searching(sessions, dice, stage.size(40, 3))
        yield _exporting(sessions)


def _one_by_one(sessions: Sessions, dice: random.Random, entries: int) -> Row:
    began = perf_counter()
    for place in range(entries):
        with sessions.begin() as session:
            _note(session, dice, place)
    return Row("audit: chained inserts, one entry in each transaction", "", _speed(entries, began))


def _in_bulk(sessions: Sessions, dice: random.Random, entries: int) -> Row:
    began = perf_counter()
    for batch in range(0, entries, 1000):
        with sessions.begin() as session:
            for place in range(batch, min(batch + 1000, entries)):
                _note(session, dice, place)
    return Row("audit: chained inserts, 1,000 entries in each", "", _speed(entries, began))


def _verifying(sessions: Sessions) -> Row:
    with sessions() as session:
        began = perf_counter()
        report = verify(session)
        speed = report.entries / (perf_counter() - began)
    what = f"audit: verify {report.entries:,} entries and {report.texts:,} texts"
    return Row(what, f"≥ {MUST_VERIFY:,} entries/s", f"{speed:,.0f} entries/s", report.ok and speed >= MUST_VERIFY)


def _searching(sessions: Sessions, dice: random.Random, rounds: int) -> Iterator[Row]:
    kinds: dict[str, Callable[[], Selection]] = {
        "a rare pair of words": lambda: Selection(words=" ".join(dice.choices(VOCABULARY, k=2))),
        "a word in half of all texts": lambda: Selection(words="common"),
        "a word nobody said": lambda: Selection(words="unheard"),
        "an employee and a word": lambda: Selection(
            employee=dice.randrange(50), words=dice.choice(VOCABULARY), kind="reply"
        ),
        "one subject": lambda: Selection(subject=f"mention:{dice.randrange(60_000)}"),
        "a stretch of time": lambda: Selection(since=START + timedelta(days=dice.randrange(100)), kind="mention"),
    }
    for name, choose in kinds.items():
        taken = timed(lambda chosen: _search(sessions, chosen), [choose() for _ in range(rounds)])
        yield fast_enough(f"audit: search for {name}", taken, MUST_SEARCH)


def _search(sessions: Sessions, chosen: Selection) -> None:
    with sessions() as session:
        search(session, chosen)


def _exporting(sessions: Sessions) -> Row:
    with sessions() as session:
        began = perf_counter()
        written = sum(1 for _ in jsonl(session, Selection()))
    return Row("audit: export as JSON lines", "", _speed(written, began))


def _speed(number: int, began: float) -> str:
    return f"{number / (perf_counter() - began):,.0f} entries/s"


def _note(session: Session, dice: random.Random, place: int) -> None:
    words = dice.choices(VOCABULARY, weights=_WEIGHTS, k=20) + (["common"] if place % 2 else [])
    record(
        session,
        dice.choice(("reply.approved", "reply.posted", "mention.triaged")),
        at=START + timedelta(minutes=place),
        actor=f"employee:{place % 50}",
        subject=f"mention:{place // 5}",
        data={"verdict": {"pack": "default", "findings": [], "sha256": "ab" * 32}, "account": 7},
        texts={"text": " ".join(words)},
    )


_WEIGHTS = range(len(VOCABULARY), 0, -1)
