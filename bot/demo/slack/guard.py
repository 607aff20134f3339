"""Keeps web pages from elsewhere away: the server listens on this machine, but so does every browser on it."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class LocalOnly:
    """Refuses a foreign `Host` (a name rebound to 127.0.0.1) and a foreign `Origin` (a page from elsewhere)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not _is_ours(Headers(scope=scope)):
            if scope["type"] == "websocket":
                await WebSocketClose(code=1008)(scope, receive, send)
            else:
                await PlainTextResponse("Foreign host or origin.", status_code=403)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _is_ours(headers: Headers) -> bool:
    host = headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in LOCAL:
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == host
