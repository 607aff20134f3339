"""What holds for every request, before anybody looks at it: sizes, headers, and how often one may try to sign in."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from threading import Lock

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_ADDRESS = 8_192
LARGEST_BODY = 512 * 1024
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class TooLarge(Exception):
    """A body that is larger than anything we ask for."""


class Guard:
    """Refuses what is too large, and puts the headers on every answer that keep a browser on its guard."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sending = _guarded(scope, send)
        if len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"]) > LONGEST_ADDRESS:
            await PlainTextResponse("This address is too long.", status_code=414)(scope, receive, sending)
            return
        if _announced(scope) > LARGEST_BODY:
            await PlainTextResponse("This is too large.", status_code=413)(scope, receive, sending)
            return
        try:
            await self._app(scope, _limited(receive), sending)
        except TooLarge:
            await PlainTextResponse("This is too large.", status_code=413)(scope, receive, sending)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 16 else LARGEST_BODY + 1


def _limited(receive: Receive) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            raise TooLarge
        return message

    return counted


def _guarded(scope: Scope, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if not scope["path"].startswith("/static/"):
                headers["Cache-Control"] = "no-store"
            if scope["scheme"] == "https" or scope["app"].state.is_https:
                headers["Strict-Transport-Security"] = "max-age=31536000"
        await send(message)

    return sending


class Turnstile:
    """Counts tries per address, and of all together, over a minute. Kept in memory: each process has its own."""

    def __init__(
        self,
        *,
        each: int = 20,
        all_together: int = 300,
        window: float = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._each = each
        self._all = all_together
        self._window = window
        self._clock = clock
        self._lock = Lock()
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Note a try; returns 0, or after how many seconds another one is welcome."""
        now = self._clock()
        with self._lock:
            for name, most in ((address, self._each), ("", self._all)):
                tries = self._tries.setdefault(name, deque())
                while tries and tries[0] <= now - self._window:
                    tries.popleft()
                if len(tries) >= most:
                    return max(1, round(tries[0] + self._window - now))
            for name in {address, ""}:
                self._tries[name].append(now)
                self._tries.move_to_end(name)
            self._forget(now)
        return 0

    def _forget(self, now: float) -> None:
        """Let go of who has not tried for a while: the oldest stand first."""
        while self._tries:
            name, tries = next(iter(self._tries.items()))
            if tries and tries[-1] > now - self._window:
                break
            del self._tries[name]
