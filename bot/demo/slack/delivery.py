"""The line to the apps: by socket or by HTTP, waiting for an answer (interactions) or retrying (events)."""

import asyncio
import concurrent.futures
import contextlib
import secrets
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from bot.demo.slack.envelope import DeliveryError, Envelope
from bot.demo.slack.errors import Json
from bot.demo.slack.faults import Faults
from bot.demo.slack.seed import SeedApp
from bot.demo.slack.signed_http import SignedHttp
from bot.demo.slack.sockets import Sockets

Result = TypeVar("Result")
RETRY_AFTER = (0.0, 60.0, 300.0)
"""Seconds before each of the three retries of an event."""


class Delivery:
    """Brings envelopes to apps. Called from any thread; works on the server's event loop."""

    def __init__(
        self,
        faults: Faults,
        now: Callable[[], float],
        *,
        retry_after: Sequence[float],
        ping_seconds: float,
        ack_seconds: float,
    ) -> None:
        self.sockets = Sockets(faults, now, ping_seconds=ping_seconds, ack_seconds=ack_seconds)
        self.http = SignedHttp(faults, now, ack_seconds=ack_seconds)
        self.request_urls: dict[str, str] = {}
        self._faults = faults
        self._ack_seconds = ack_seconds
        self._retry_after = retry_after
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._held: list[tuple[SeedApp, Json]] = []

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.sockets.start()

    async def stop(self) -> None:
        self._loop = None
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.sockets.stop()
        await self.http.stop()

    def ask(self, app: SeedApp, kind: str, payload: Json) -> Json | None:
        """Deliver an interaction and wait for its answer; raises DeliveryError after three seconds without one."""
        return self.run(self._deliver(app, Envelope(kind, payload)), timeout=self._ack_seconds + 2)

    def tell(self, app: SeedApp, payload: Json) -> None:
        """Deliver an event and do not wait. What is not acknowledged is retried three times."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just been closed: so are all lines
                loop.call_soon_threadsafe(self._begin, app, payload)

    def run(self, work: Coroutine[Any, Any, Result], timeout: float = 5.0) -> Result:
        """Do something on the server's event loop and wait for it."""
        if self._loop is None:
            work.close()
            raise DeliveryError("connection_failed")
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)
        except concurrent.futures.TimeoutError as error:
            raise DeliveryError("timeout") from error

    async def _deliver(self, app: SeedApp, envelope: Envelope) -> Json | None:
        url = self.request_urls.get(app.id, app.request_url)
        if url:
            return await self.http.deliver(app, url, envelope)
        return await self.sockets.deliver(app.id, envelope)

    def _begin(self, app: SeedApp, payload: Json) -> None:
        if self._faults.take("lose"):
            return
        if self._faults.take("reorder"):
            self._held.append((app, payload))
            return
        copies = 2 if self._faults.take("duplicate") else 1
        held, self._held = self._held, []
        for each in [*[(app, payload)] * copies, *held]:
            task = asyncio.get_running_loop().create_task(self._persist(*each))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _persist(self, app: SeedApp, payload: Json) -> None:
        envelope = Envelope("events_api", payload)
        for wait in (*self._retry_after, None):
            try:
                await self._deliver(app, envelope)
            except DeliveryError as error:
                if error.stop or wait is None:
                    return
                envelope = Envelope("events_api", payload, envelope.attempt + 1, error.reason)
                await asyncio.sleep(wait)
            else:
                return


def new_key(prefix: str) -> str:
    """A random id that looks like Slack's."""
    return prefix + secrets.token_hex(5).upper()
