"""Clicks that were acknowledged before they are done: kept in the database until they are, so that none is lost."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.database import Sessions
from bot.models import SeenRequest
from bot.slack.blocks import Json

AT_ONCE = 2
"""So many clicks are worked on at a time: more would stand in the way of the next acknowledgement."""

LEASE = timedelta(seconds=60)
"""Whoever took so long to do a click is thought to have died."""

_NOT_KEPT = frozenset({"message", "token"})
"""Parts of a click that nothing of ours reads: other people's words, and a secret."""

log = logging.getLogger(__name__)

Does = Callable[[Json], bool]
"""Does what a click asks for; returns whether it is done, so that the same again would be a repetition."""


class Later:
    """Does clicks after they were acknowledged, in threads of its own."""

    def __init__(self, sessions: Sessions, now: Callable[[], datetime], does: Does) -> None:
        self._sessions = sessions
        self._now = now
        self._does = does
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="chorus-clicks")
        self._under_way: set[Future[Any]] = set()
        self._looked_at: datetime | None = None

    def take(self, key: str, body: Json, *, linger: float = 0.0) -> None:
        """Keep a click and return; it is done soon. A repetition is let go. `linger` is how many seconds to wait for
        it to be done all the same."""
        kept = {name: value for name, value in body.items() if name not in _NOT_KEPT}
        if self._keep(key, kept):
            wait([self._begin(key, kept)], linger)
        self._look_for_lost()

    def finish(self, timeout: float = 10.0) -> None:
        """Wait for what is under way."""
        wait(set(self._under_way), timeout)

    def resume(self) -> int:
        """Do what a process that died has left; returns how much that was."""
        now = self._now()
        with self._sessions.begin() as session:
            lost = select(SeenRequest).where(SeenRequest.body.is_not(None), SeenRequest.at < now - LEASE)
            rows = session.scalars(lost.order_by(SeenRequest.at).limit(100).with_for_update(skip_locked=True)).all()
            for row in rows:
                row.at = now
        for row in rows:
            self._begin(row.key, row.body or {})
        return len(rows)

    def _keep(self, key: str, body: Json) -> bool:
        row = insert(SeenRequest).values(key=key, at=self._now(), body=body)
        row = row.on_conflict_do_nothing(index_elements=["key"])
        with self._sessions.begin() as session:
            _without_waiting(session)
            return session.scalar(row.returning(SeenRequest.key)) is not None

    def _begin(self, key: str, body: Json) -> Future[None]:
        return self._note(self._pool.submit(self._do, key, body))

    def _note(self, begun: Future[Any]) -> Future[Any]:
        self._under_way.add(begun)
        begun.add_done_callback(self._under_way.discard)
        return begun

    def _do(self, key: str, body: Json) -> None:
        try:
            is_done = self._does(body)
        except Exception:
            log.exception("%s broke; it is tried again in a while", key)
            return
        settled = update(SeenRequest).values(body=None) if is_done else delete(SeenRequest)
        with self._sessions.begin() as session:
            _without_waiting(session)
            session.execute(settled.where(SeenRequest.key == key))

    def _look_for_lost(self) -> None:
        now = self._now()
        if self._looked_at is None or now - self._looked_at > LEASE:
            self._looked_at = now
            self._note(self._pool.submit(self.resume))


def _without_waiting(session: Session) -> None:
    """Commit without waiting for the disk, where other work queues. What a process does outlives it all the same; only
    a database server that loses its power forgets the last half second, and a person sees that nothing changed."""
    session.execute(text("set local synchronous_commit = off"))
