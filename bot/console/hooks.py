"""Where platforms and websites send their webhooks to: `POST /hooks/…`, bounded in size, in time and in number.

Some platforms ask first, with `GET` and a challenge, whether the address is really ours: Meta's do.
https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable

from anyio import CapacityLimiter, fail_after, to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import hooks
from bot.deps import Deps
from bot.hooks import Received, Reception
from connectors.base import Delivery

LARGEST = 1_000_000
"""Bytes of a request's body."""

PATIENCE = 10.0
"""Seconds within which a request must have arrived."""

AT_ONCE = 4
"""So many requests are worked on at the same time; others wait."""

_STATUS = {
    Reception.TAKEN: 200,
    Reception.REPEATED: 200,
    Reception.REFUSED: 401,
    Reception.UNREADABLE: 400,
    Reception.LATER: 503,
}
_REFUSED = "This request is not signed as this address asks."
_LONGEST_NAME = 100
_MOST_NAMES = 1_000
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,200}")


class Bucket:
    """Lets `burst` through at once and `a_second` in the long run."""

    def __init__(self, a_second: float, burst: float, moment: Callable[[], float] = time.monotonic) -> None:
        self._rate = a_second
        self._burst = burst
        self._moment = moment
        self._left = burst
        self._at = moment()

    def takes_one(self) -> bool:
        """Whether one more may pass now; it counts when it does."""
        now = self._moment()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Gate:
    """Bounds requests to one address, and to all together, so that nobody's keep out everybody else's."""

    def __init__(self, *, a_second: float = 20, burst: float = 100) -> None:
        self._rate, self._burst = a_second, burst
        self._all = Bucket(10 * a_second, 10 * burst)
        self._each: OrderedDict[str, Bucket] = OrderedDict()

    def takes_one(self, name: str) -> bool:
        bucket = self._each.setdefault(name, Bucket(self._rate, self._burst))
        self._each.move_to_end(name)
        if len(self._each) > _MOST_NAMES:
            self._each.popitem(last=False)
        return bucket.takes_one() and self._all.takes_one()


def routes(deps: Deps, gate: Gate | None = None) -> list[Route]:
    """Return the address of webhooks. Each request is worked on in a thread: it may read the platform."""
    bounds = gate or Gate()
    limiter = CapacityLimiter(AT_ONCE)

    async def receive(request: Request) -> Response:
        name = request.path_params["name"][:_LONGEST_NAME]
        if not bounds.takes_one(name):
            return _said(429, "That is more than is taken at once. Send it again later.", {"Retry-After": "10"})
        try:
            with fail_after(PATIENCE):
                body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return _said(408, "The request did not arrive in time.")
        if body is None:
            return _said(413, f"A request may have {LARGEST} bytes.")
        delivery = Delivery({key.lower(): value for key, value in request.headers.items()}, body)
        return _answer(await to_thread.run_sync(hooks.receive, deps, name, delivery, limiter=limiter))

    def confirm(request: Request) -> Response:
        name, asked = request.path_params["name"][:_LONGEST_NAME], request.query_params
        if not bounds.takes_one(name):
            return _said(429, "That is more than is taken at once. Ask again later.", {"Retry-After": "10"})
        challenge, token = asked.get("hub.challenge", ""), asked.get("hub.verify_token", "")
        is_asked = asked.get("hub.mode") == "subscribe" and _CHALLENGE.fullmatch(challenge) is not None
        if not hooks.opens(deps, name, token[:_LONGEST_NAME]) or not is_asked:
            return _said(403, "Whoever types in this address must know its secret.")
        return PlainTextResponse(challenge, headers={"X-Content-Type-Options": "nosniff"})

    path = f"{hooks.PATH}{{name}}"
    return [Route(path, receive, methods=["POST"]), Route(path, confirm, methods=["GET"])]


async def _body(request: Request) -> bytes | None:
    """Read a body; nothing when it is larger than it may be."""
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > LARGEST:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _answer(received: Received) -> Response:
    status = _STATUS[received.how]
    if status == 200:
        return JSONResponse({"ok": True, "posts": received.posts, "repeated": received.how is Reception.REPEATED})
    headers = {"Retry-After": "60"} if received.how is Reception.LATER else {}
    return _said(status, _REFUSED if received.how is Reception.REFUSED else received.detail, headers)


def _said(status: int, words: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"ok": False, "error": words}, status_code=status, headers=headers)
