"""What the open browser pages are told as it happens."""

import asyncio
import contextlib
import json
import threading
from collections import defaultdict
from collections.abc import Iterable

from bot.demo.slack.errors import Json

MAX_WAITING = 1_000


class Live:
    """Queues per person, filled from any thread, emptied on the server's event loop."""

    def __init__(self) -> None:
        self._feeds: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed = threading.Condition()
        self._version = 0

    def attach(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self._loop = loop

    def join(self, user: str) -> "asyncio.Queue[str]":
        feed: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)
        self._feeds[user].add(feed)
        return feed

    def leave(self, user: str, feed: "asyncio.Queue[str]") -> None:
        self._feeds[user].discard(feed)
        if not self._feeds[user]:
            del self._feeds[user]

    def watches(self, user: str) -> bool:
        """Whether this person has a page open."""
        return bool(self._feeds.get(user))

    def push(self, users: Iterable[str], event: Json) -> None:
        """Tell these people's pages; a page that has stopped reading misses it and reloads later."""
        loop = self._loop
        if loop is not None and any(self._feeds.values()):
            with contextlib.suppress(RuntimeError):  # the loop has just been closed: nobody listens
                loop.call_soon_threadsafe(self._spread, list(users), json.dumps(event))
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def wait_for_change(self, since: int, timeout: float) -> int:
        """Block until something was pushed after version `since`, or the time is over; return the version."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > since, timeout)
            return self._version

    @property
    def version(self) -> int:
        with self._changed:
            return self._version

    def _spread(self, users: list[str], text: str) -> None:
        for user in users:
            for feed in self._feeds.get(user, ()):
                if not feed.full():
                    feed.put_nowait(text)
