"""A small HTTP server of a test's own: a subclass says what it answers to a GET."""

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit


class Asked(NamedTuple):
    """A request as it came; header names in lower case."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


class Given(NamedTuple):
    """What is answered."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}


class SmallServer:
    """Answers on this machine. `asked` keeps every request."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        handler = type("_Bound", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, asked: Asked) -> Given:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    owner: SmallServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers)
        self.owner.asked.append(asked)
        given = self.owner.answer(asked)
        self.send_response_only(given.status)
        for name, value in given.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(given.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(given.body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is http.server's
        """Write nothing: what a test wants to know is in `asked`."""
