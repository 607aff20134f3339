"""A stand-in for the local Slack behind its browser page: it answers as it is told and remembers what it was asked."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.demo.slack.ui import CONTENT_SECURITY_POLICY, PAGE

Json = dict[str, Any]
Answer = Json | Callable[[Json], Json]

USERS = [
    {"id": "U1", "name": "ana", "real_name": "Ana Ruiz", "title": "Community manager", "is_bot": False},
    {"id": "U2", "name": "ben", "real_name": "Ben Okafor", "title": "Support engineer", "is_bot": False},
    {"id": "U3", "name": "carla", "real_name": "Carla Weiss", "title": "Compliance reviewer", "is_bot": False},
    {"id": "UBOT", "name": "chorus", "real_name": "Chorus", "title": "", "is_bot": True, "app_id": "A1"},
]
CHANNELS = [
    {"id": "C1", "name": "mentions", "topic": "What people say about us", "members": ["U1", "U2", "U3", "UBOT"]},
    {"id": "C2", "name": "corrections", "topic": "False claims and our facts", "members": ["U1", "U2", "UBOT"]},
    {"id": "C3", "name": "compliance", "topic": "", "members": ["U3", "UBOT"]},
]
APPS = [
    {
        "id": "A1",
        "name": "Chorus",
        "bot_user_id": "UBOT",
        "home": True,
        "commands": [
            {"command": "/chorus", "description": "Ask Chorus for something", "usage_hint": "help | stop | mine"},
            {"command": "/silence", "description": "Hold all replies", "usage_hint": "[minutes]"},
        ],
        "shortcuts": [
            {"type": "global", "callback_id": "find", "name": "Find a reply", "description": "Search the audit log"},
            {
                "type": "message",
                "callback_id": "explain",
                "name": "Explain this card",
                "description": "Why it is here",
            },
        ],
    }
]


class PageServer:
    """The page's server as a script: `messages`, `views` and `homes` are what it shows, `answers` what it says."""

    def __init__(self) -> None:
        self.address = ""
        self._feeds: set[asyncio.Queue[Json | None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.reset()

    def reset(self) -> None:
        """Forget everything that was set and asked."""
        self.messages: dict[str, list[Json]] = {}
        self.views: list[Json] = []
        self.homes: dict[str, Json] = {}
        self.unread: dict[str, Json] = {}
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, Json]] = []
        self.links = [{"label": "Plaza", "url": "http://127.0.0.1:9/plaza"}]

    def push(self, **event: Any) -> None:
        """Send a live event to every open page."""
        self._feed(event)

    def hang_up(self) -> None:
        """Break every live line, as a restart of the server would."""
        self._feed(None)

    def _feed(self, event: Json | None) -> None:
        def put() -> None:
            for feed in self._feeds:
                feed.put_nowait(event)

        assert self._loop is not None
        self._loop.call_soon_threadsafe(put)

    def await_lines(self, count: int = 1) -> None:
        """Wait until `count` pages listen."""
        deadline = time.monotonic() + 5
        while len(self._feeds) != count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self._feeds) == count

    def said(self, name: str) -> list[Json]:
        """What was posted to one name, oldest first."""
        return [body for asked, body in self.asked if asked == name]

    def asked_to_write(self) -> list[str]:
        """Which names were posted to, but for the marks of what was read."""
        return [name for name, _ in self.asked if name not in ("read", "home_opened")]

    def _read(self, name: str, query: Json) -> Json:
        if callable(answer := self.answers.get(name)):
            return answer(query)
        channels = [{"is_im": False, "is_private": False, "is_archived": False, **channel} for channel in CHANNELS]
        bootstrap: Json = {"team": {"name": "Northwind"}, "users": USERS, "channels": channels, "apps": APPS}
        everything: dict[str, Json] = {
            "bootstrap": {**bootstrap, "usergroups": [{"id": "S1", "handle": "support", "name": "Support"}]},
            "messages": {"messages": self._shown(query), "has_more": False},
            "unread": {"channels": self.unread},
            "home": {"view": self.homes.get(query.get("user", ""))},
            "views": {"views": self.views},
        }
        everything["bootstrap"]["links"] = self.links
        return {"ok": True, **everything[name]}

    def _shown(self, query: Json) -> list[Json]:
        thread = query.get("thread_ts")
        kept = self.messages.get(query.get("channel", ""), [])
        if thread:
            return [message for message in kept if thread in (message["ts"], message.get("thread_ts"))]
        return [message for message in kept if message.get("thread_ts", message["ts"]) == message["ts"]]

    def _write(self, name: str, body: Json) -> Json:
        self.asked.append((name, body))
        answer = self.answers.get(name, {"ok": True})
        return answer(body) if callable(answer) else answer

    async def _get(self, request: Request) -> Response:
        query = dict(request.query_params)
        return JSONResponse(await run_in_threadpool(self._read, request.path_params["name"], query))

    async def _post(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._write, request.path_params["name"], await request.json()))

    async def _live(self, websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json({"type": "hello", "user": websocket.query_params.get("user")})
        feed: asyncio.Queue[Json | None] = asyncio.Queue()
        self._feeds.add(feed)
        listening = asyncio.create_task(_until_gone(websocket, feed))
        while (event := await feed.get()) is not None:
            await websocket.send_json(event)
        self._feeds.discard(feed)
        if not listening.done():
            listening.cancel()
            await websocket.close()

    def app(self) -> Starlette:
        """The routes of the page, with its content security policy."""

        async def index(request: Request) -> Response:
            return FileResponse(PAGE / "index.html", headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})

        return Starlette(
            routes=[
                Route("/", index),
                Mount("/page", StaticFiles(directory=PAGE)),
                Route("/ui/{name}", self._get, methods=["GET"]),
                Route("/ui/{name}", self._post, methods=["POST"]),
                WebSocketRoute("/ui/live", self._live),
            ]
        )


async def _until_gone(websocket: WebSocket, feed: "asyncio.Queue[Json | None]") -> None:
    try:
        while True:
            await websocket.receive_text()
    except (WebSocketDisconnect, RuntimeError):
        feed.put_nowait(None)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, stand_in: PageServer) -> None:
        super().__init__(config)
        self.stand_in = stand_in

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.stand_in._loop = asyncio.get_running_loop()
        port = self.servers[0].sockets[0].getsockname()[1]
        self.stand_in.address = f"http://127.0.0.1:{port}"


@contextmanager
def serving() -> Iterator[PageServer]:
    """Run a stand-in on a free port of this machine."""
    stand_in = PageServer()
    config = uvicorn.Config(stand_in.app(), host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=1)
    server = _Server(config, stand_in)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not stand_in.address and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield stand_in
    finally:
        stand_in.hang_up()
        server.should_exit = True
        thread.join(10)
