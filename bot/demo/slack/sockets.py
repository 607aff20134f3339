"""Socket Mode: apps connect to us by WebSocket, receive envelopes and acknowledge them."""

import asyncio
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bot.demo.slack.envelope import DeliveryError, Envelope
from bot.demo.slack.errors import Json
from bot.demo.slack.faults import Faults

MAX_CONNECTIONS = 10
TICKET_SECONDS = 30.0
GRACE_SECONDS = 0.5
HOST = "applink-local"


class Sockets:
    """The Socket Mode connections of every app. Runs on the server's event loop."""

    def __init__(self, faults: Faults, now: Callable[[], float], *, ping_seconds: float, ack_seconds: float) -> None:
        self._faults = faults
        self._now = now
        self._ping_seconds = ping_seconds
        self._ack_seconds = ack_seconds
        self._server: Server | None = None
        self._origin = ""
        self._tickets: dict[str, tuple[str, float]] = {}
        self._open: dict[str, list[ServerConnection]] = {}
        self._silent: set[ServerConnection] = set()
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}
        self._turn = count()

    async def start(self) -> None:
        self._server = await serve(
            self._attend, "127.0.0.1", 0, ping_interval=None, compression=None, max_size=2**22, close_timeout=0.2
        )
        self._origin = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        if self._server is not None:
            self.resume()
            self._server.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._server.wait_closed(), 2)

    def new_url(self, app: str) -> str:
        """A WebSocket address that works once, within half a minute (`apps.connections.open`)."""
        ticket = secrets.token_hex(16)
        self._tickets[ticket] = (app, self._now() + TICKET_SECONDS)
        return f"{self._origin}/link/?ticket={ticket}&app_id={app}"

    def connections(self, app: str) -> int:
        """How many connections an app has open."""
        return len(self._open.get(app, ()))

    async def deliver(self, app: str, envelope: Envelope) -> Json | None:
        """Send an envelope to exactly one connection and return what came with its acknowledgement."""
        connection = self._next(app)
        if connection is None:
            raise DeliveryError("connection_failed")
        key = secrets.token_hex(16)
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[key] = waiting
        try:
            if connection not in self._silent:
                await connection.send(json.dumps(_frame(key, envelope)))
            answer: Json | None = await asyncio.wait_for(waiting, self._ack_seconds)
        except TimeoutError as error:
            raise DeliveryError("timeout") from error
        except ConnectionClosed as error:
            raise DeliveryError("connection_failed") from error
        finally:
            del self._waiting[key]
        return answer

    async def disconnect(self, app: str, reason: str = "refresh_requested") -> None:
        """Ask an app to reconnect. A `warning` changes nothing yet; after `refresh_requested` and `link_disabled`
        the connection gets no more envelopes and is closed, unless the app does so first."""
        connections = list(self._open.get(app, ()))
        if reason != "warning":
            self._open[app] = []
        for connection in connections:
            await _say_goodbye(connection, reason)
        if reason != "warning":
            await asyncio.gather(*map(_close_soon, connections))

    def silence(self, app: str, *, pongs: bool = False) -> None:
        """Make the present connections look alive and say nothing more; with `pongs` they still answer pings."""
        for connection in self._open.get(app, ()):
            self._silent.add(connection)
            if not pongs:
                connection.transport.pause_reading()

    def resume(self) -> None:
        """End the silence."""
        for connection in self._silent:
            if not connection.transport.is_closing():
                connection.transport.resume_reading()
        self._silent.clear()

    async def _attend(self, connection: ServerConnection) -> None:
        app = self._redeem(connection)
        if app is None:
            await connection.close(4001, "invalid ticket")
            return
        if self.connections(app) >= MAX_CONNECTIONS:
            await _say_goodbye(connection, "too_many_websockets")
            await connection.close()
            return
        self._open.setdefault(app, []).append(connection)
        pinging = asyncio.create_task(self._ping(connection))
        try:
            await connection.send(json.dumps(self._hello(app)))
            async for text in connection:
                self._receive(text)
        except ConnectionClosed:
            pass
        finally:
            pinging.cancel()
            self._open[app] = [each for each in self._open[app] if each is not connection]
            self._silent.discard(connection)

    def _redeem(self, connection: ServerConnection) -> str | None:
        path = connection.request.path if connection.request else ""
        ticket = parse_qs(urlsplit(path).query).get("ticket", [""])[0]
        app, until = self._tickets.pop(ticket, ("", 0.0))
        return app if until >= self._now() else None

    def _hello(self, app: str) -> Json:
        debug = {"host": HOST, "build_number": 1, "approximate_connection_time": 18060}
        connections = self.connections(app)
        return {
            "type": "hello",
            "num_connections": connections,
            "debug_info": debug,
            "connection_info": {"app_id": app},
        }

    async def _ping(self, connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            for number in count():
                if connection not in self._silent:
                    await connection.ping(f"Ping from {HOST} {number}")
                await asyncio.sleep(self._ping_seconds)

    def _receive(self, text: str | bytes) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            return
        if not isinstance(message, dict) or self._faults.take("ack"):
            return
        waiting = self._waiting.get(str(message.get("envelope_id")))
        if waiting is not None and not waiting.done():
            payload = message.get("payload")
            waiting.set_result(payload if isinstance(payload, dict) else None)

    def _next(self, app: str) -> ServerConnection | None:
        connections = self._open.get(app, [])
        return connections[next(self._turn) % len(connections)] if connections else None


def _frame(key: str, envelope: Envelope) -> Json:
    frame: Json = {"envelope_id": key, "payload": envelope.payload, "type": envelope.kind}
    if envelope.kind == "events_api":
        retry = {"retry_attempt": envelope.attempt, "retry_reason": envelope.reason}
        return frame | {"accepts_response_payload": False} | retry
    return frame | {"accepts_response_payload": True}


async def _say_goodbye(connection: ServerConnection, reason: str) -> None:
    with suppress(ConnectionClosed):
        await connection.send(json.dumps({"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}}))


async def _close_soon(connection: ServerConnection) -> None:
    try:
        await asyncio.wait_for(connection.wait_closed(), GRACE_SECONDS)
    except TimeoutError:
        await connection.close()
