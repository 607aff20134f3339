"""What is in force: the guideline pack and the facts, as the database has them now."""

import logging
import time
from collections.abc import Sequence
from threading import Lock

import orjson
import regex
from sqlalchemy import Row, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.database import Sessions
from bot.models import FactPolicy, FactVersion, Json, PackActivation, PackVersion
from guidelines import pack as packs
from guidelines.facts import FactBase
from guidelines.pack import Pack, PackError

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds until another process's change is seen here."""

Mark = tuple[int | None, int | None, int, int | None]
"""The newest activation, the newest version of a fact, how many facts there are, and the newest policy about them: any
change changes one."""

_BARE = regex.compile(r"[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")
"""What a JSON text may hold as it is, and a YAML text only spelt out: it refuses some of these and folds others."""


class Rulebook:
    """The pack and the facts in force. What the settings name holds until something is put into the database.

    What was in force stays so when the database cannot be asked, or when what stands there cannot be read.
    """

    def __init__(self, pack: Pack, facts: FactBase | None, sessions: Sessions | None = None) -> None:
        self._named_pack, self._named_facts = pack, facts
        self._pack, self._facts = pack, facts
        self._sessions = sessions
        self._mark: Mark = (None, None, 0, None)
        self._looked = float("-inf")
        self._lock = Lock()

    @property
    def pack(self) -> Pack:
        """The guideline pack in force."""
        self._look()
        return self._pack

    @property
    def facts(self) -> FactBase | None:
        """The facts that the company stands behind; none where nobody gave any."""
        self._look()
        return self._facts

    def refresh(self) -> None:
        """Look again at once: something was changed here. Who is looking already may have come before the change."""
        with self._lock:
            self._read_now()

    def _look(self) -> None:
        if self._sessions is None or time.monotonic() - self._looked < LOOK_EVERY:
            return
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_EVERY:
                self._read_now()

    def _read_now(self) -> None:
        if self._sessions is None:
            return
        try:
            with self._sessions() as session:
                self._read(session)
        except (SQLAlchemyError, orjson.JSONEncodeError) as error:
            log.warning("the guidelines and facts in force could not be looked up: %s", error)
        self._looked = time.monotonic()

    def _read(self, session: Session) -> None:
        mark = _mark(session)
        if mark[0] != self._mark[0]:
            self._pack = _pack(session, mark[0], otherwise=self._named_pack, now=self._pack)
        if mark[1:] != self._mark[1:]:
            named = self._named_facts
            self._facts = _facts(session, otherwise=named, now=self._facts) if mark[1] else named
        self._mark = mark


def _mark(session: Session) -> Mark:
    current = select(func.count()).where(FactVersion.retired_at.is_(None)).scalar_subquery()
    newest = select(func.max(FactVersion.id)).scalar_subquery()
    policy = select(func.max(FactPolicy.id)).scalar_subquery()
    row: Row[int | None, int | None, int, int | None] = session.execute(
        select(select(func.max(PackActivation.id)).scalar_subquery(), newest, current, policy)
    ).one()
    return row[0], row[1], row[2], row[3]


def _pack(session: Session, activation: int | None, *, otherwise: Pack, now: Pack) -> Pack:
    if activation is None:
        return otherwise
    found = session.scalars(
        select(PackVersion)
        .join(PackActivation, PackActivation.pack_id == PackVersion.id)
        .where(PackActivation.id == activation)
    ).one()
    try:
        return packs.load(found.text if "\n" in found.text else found.text + "\n")
    except PackError as error:
        log.error(
            "the pack %s %s cannot be read and the one before stays in force: %s", found.name, found.version, error
        )
        return now


def _facts(session: Session, *, otherwise: FactBase | None, now: FactBase | None) -> FactBase | None:
    current = select(FactVersion).where(FactVersion.retired_at.is_(None)).order_by(FactVersion.key)
    entries = [{"id": fact.key, **fact.body} for fact in session.scalars(current)]
    kept = session.scalar(select(FactPolicy.review_days).order_by(FactPolicy.id.desc()).limit(1))
    days = kept if kept is not None else otherwise.review_days if otherwise else None
    base = FactBase.load(_page(entries, days), strict=False)
    for problem in base.problems:
        log.error("a fact cannot be used: %s", problem)
    if entries and not base.facts and any(not problem.fact for problem in base.problems):
        log.error("the facts cannot be read, and those before stay in force")
        return now
    return base


def _page(entries: Sequence[Json], days: int | None) -> str:
    """Return facts as a fact file. A JSON text is a YAML text once what YAML does not take as it is is spelt out: so
    facts from the database are read, and judged, exactly as those from a file."""
    policy = {"policy": {"review_days": days}} if days else {}
    page = orjson.dumps({**policy, "facts": entries}).decode()
    return str(_BARE.sub(lambda bare: f"\\u{ord(bare[0]):04x}", page))
