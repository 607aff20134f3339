"""A loopback proxy that counts what passes, and on demand loses, spoils or delays the answers of a real server."""

import http.client
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_NOT_PASSED_ON = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})


class Mishap(StrEnum):
    """What happens to an answer."""

    STATUS = "status"
    """Another status and body instead."""

    DROP = "drop"
    """The line breaks before a byte of it."""

    HANG = "hang"
    """It never comes."""

    TRUNCATE = "truncate"
    """The line breaks in the middle of it."""

    DRIP = "drip"
    """It comes a byte at a time, and never ends."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One answer going wrong. With `stored` the server does its work first; without, the request never reaches it."""

    mishap: Mishap = Mishap.STATUS
    status: int = 500
    body: str = '{"error": "Something went wrong."}'
    headers: Mapping[str, str] = field(default_factory=dict)
    stored: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came through."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)

    @property
    def is_write(self) -> bool:
        return self.method in _WRITES


class FaultProxy:
    """Stands before the server at `upstream`; `url` is where clients go instead."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream.rstrip("/")
        self.seen: list[Seen] = []
        self.released = threading.Event()
        self._troubles: dict[bool, deque[Trouble]] = {True: deque(), False: deque()}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def writes(self) -> list[Seen]:
        """The requests that could have changed something, in the order they came."""
        return [one for one in self.seen if one.is_write]

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        """Spoil the answer to the next write, or to the next read; several wait for their turn."""
        self._troubles[to_write].append(trouble)

    def forget(self) -> None:
        """Forget the troubles that nobody met."""
        for waiting in self._troubles.values():
            waiting.clear()

    def take(self, seen: Seen) -> Trouble | None:
        """Note a request; return what shall happen to its answer."""
        with self._lock:
            self.seen.append(seen)
            waiting = self._troubles[seen.is_write]
            return waiting.popleft() if waiting else None

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def _handler_for(proxy: FaultProxy) -> type[BaseHTTPRequestHandler]:
    """Return a handler class that belongs to `proxy`; http.server wants a class, not an object."""
    return type("_Bound", (_Handler,), {"proxy": proxy})


class _Handler(BaseHTTPRequestHandler):
    """Passes one request on, or not, and answers."""

    proxy: FaultProxy
    timeout = 30

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        trouble = self.proxy.take(Seen(self.command, self.path, dict(self.headers.items())))
        if trouble is None:
            self._answer(self._ask(body))
        else:
            reply = self._ask(body) if trouble.stored else _Reply(200, [], b"{" + b" " * 64 + b"}")
            self._spoil(trouble, reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815  names that http.server looks for

    def _ask(self, body: bytes) -> _Reply:
        upstream = urlsplit(self.proxy.upstream)
        line = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=20)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        try:
            line.request(self.command, self.path, body or None, headers)
            response = line.getresponse()
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in _NOT_PASSED_ON]
            return _Reply(response.status, kept, response.read())
        finally:
            line.close()

    def _spoil(self, trouble: Trouble, reply: _Reply) -> None:
        if trouble.mishap is Mishap.STATUS:
            headers = [("Content-Type", "application/json"), *trouble.headers.items()]
            self._answer(_Reply(trouble.status, headers, trouble.body.encode()))
        elif trouble.mishap is Mishap.TRUNCATE:
            self._head(reply)
            self.wfile.write(reply.body[: len(reply.body) // 2])
        elif trouble.mishap is Mishap.DRIP:
            self._head(reply)
            self._drip()
        elif trouble.mishap is Mishap.HANG:
            self.proxy.released.wait(self.timeout)

    def _drip(self) -> None:
        try:
            while not self.proxy.released.wait(0.1):
                self.wfile.write(b" ")
                self.wfile.flush()
        except OSError:
            return

    def _answer(self, reply: _Reply) -> None:
        # Whoever asked may have been killed meanwhile.
        with suppress(ConnectionError):
            self._head(reply)
            if self.command != "HEAD":
                self.wfile.write(reply.body)

    def _head(self, reply: _Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is http.server's
        """Write nothing: what a test wants to know is in `seen`."""
