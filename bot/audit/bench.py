"""How fast the record is: writing entries one by one and in bulk, verifying, searching, exporting."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from time import perf_counter

from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.audit.export import jsonl
from bot.audit.recording import record
from bot.audit.selection import Selection, search
from bot.audit.verification import verify
from bot.database import Sessions

VOCABULARY = [f"word{number}" for number in range(3000)]
START = datetime(2026, 1, 1, tzinfo=UTC)
MUST_VERIFY = 100_000
"""Entries per second."""
MUST_SEARCH = 0.2
"""Seconds, for 95 of 100 searches."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement, said to a person; `kept` tells whether its budget was kept, None where there is none."""

    what: str
    value: str
    kept: bool | None = None


def measure(sessions: Sessions, *, entries: int = 300_000, seed: int = 1) -> Iterator[Figure]:
    """Fill an empty, migrated database and measure; with 300,000 entries it takes about two minutes."""
    dice = random.Random(seed)  # noqa: S311
    yield _one_by_one(sessions, dice)
    yield _in_bulk(sessions, dice, entries)
    with sessions.begin() as session:
        session.execute(text("analyze audit_entry, audit_text"))
    yield _verifying(sessions)
    yield from _searching(sessions, dice)
    yield _exporting(sessions)


def _one_by_one(sessions: Sessions, dice: random.Random) -> Figure:
    began, number = perf_counter(), 500
    for place in range(number):
        with sessions.begin() as session:
            _note(session, dice, place)
    return Figure("audit: one entry in each transaction", f"{number / (perf_counter() - began):,.0f} entries/s")


def _in_bulk(sessions: Sessions, dice: random.Random, entries: int) -> Figure:
    began = perf_counter()
    for batch in range(0, entries, 1000):
        with sessions.begin() as session:
            for place in range(batch, min(batch + 1000, entries)):
                _note(session, dice, place)
    return Figure("audit: 1,000 entries in each", f"{entries / (perf_counter() - began):,.0f} entries/s")


def _verifying(sessions: Sessions) -> Figure:
    with sessions() as session:
        began = perf_counter()
        report = verify(session)
        speed = report.entries / (perf_counter() - began)
    whole = f"audit: verify {report.entries:,} entries, {report.texts:,} texts"
    return Figure(whole, f"{speed:,.0f} entries/s", report.ok and speed >= MUST_VERIFY)


def _searching(sessions: Sessions, dice: random.Random) -> Iterator[Figure]:
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
    for name, chosen in kinds.items():
        slow = quantiles((_seconds(sessions, chosen()) for _ in range(40)), n=20)[-1]
        yield Figure(f"audit: search, {name}, p95", f"{slow * 1000:.0f} ms", slow < MUST_SEARCH)


def _seconds(sessions: Sessions, chosen: Selection) -> float:
    with sessions() as session:
        began = perf_counter()
        search(session, chosen)
        return perf_counter() - began


def _exporting(sessions: Sessions) -> Figure:
    with sessions() as session:
        began = perf_counter()
        written = sum(1 for _ in jsonl(session, Selection()))
    return Figure("audit: export as JSON lines", f"{written / (perf_counter() - began):,.0f} entries/s")


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
