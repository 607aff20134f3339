"""The local Slack itself: put together, started in a thread, stopped again."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio.to_thread
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from bot.demo.slack import files, responses, signin_pages, ui, web_api
from bot.demo.slack.acts import Acts
from bot.demo.slack.answers import Answers
from bot.demo.slack.delivery import RETRY_AFTER, Delivery
from bot.demo.slack.envelope import ACK_SECONDS
from bot.demo.slack.events import Events
from bot.demo.slack.faults import Faults
from bot.demo.slack.files import Files
from bot.demo.slack.guard import LocalOnly
from bot.demo.slack.interactions import ResponseUrls, Triggers
from bot.demo.slack.live import Live
from bot.demo.slack.messages import Messages
from bot.demo.slack.people import People
from bot.demo.slack.person import Person
from bot.demo.slack.rates import RateLimiter, Rates
from bot.demo.slack.scheduled import Scheduled
from bot.demo.slack.seed import Seed, SeedApp, harbour
from bot.demo.slack.services import Services
from bot.demo.slack.signin import SignIn
from bot.demo.slack.state import State
from bot.demo.slack.tokens import Tokens
from bot.demo.slack.views import Views

THREADS = 200
"""People who wait for an app must not keep that app's own calls waiting."""

SCHEDULE_SECONDS = 0.5


class LocalSlack:
    """A workspace on 127.0.0.1, used as a context manager or with `start` and `stop`.

    `path` keeps the workspace in a file; without it everything is forgotten. `rates=None` lifts the rate limits;
    `now`, `retry_after`, `ping_seconds` and `ack_seconds` let tests hurry Slack's clock.
    """

    def __init__(
        self,
        path: Path | None = None,
        seed: Seed | None = None,
        port: int = 0,
        *,
        rates: Rates | None = Rates(),
        now: Callable[[], float] = time.time,
        retry_after: Sequence[float] = RETRY_AFTER,
        ping_seconds: float = 10.0,
        ack_seconds: float = ACK_SECONDS,
    ) -> None:
        self.seed = seed or harbour()
        self.faults = Faults()
        self.state = State(path, self.seed, now)
        self.tokens = Tokens(self.seed.apps, now)
        self.live = Live()
        self.delivery = Delivery(
            self.faults, now, retry_after=retry_after, ping_seconds=ping_seconds, ack_seconds=ack_seconds
        )
        self.limiter = RateLimiter(rates, now)
        self.triggers = Triggers(now)
        self.urls = ResponseUrls(now, self.seed.team_id)
        self.events = Events(self.state, self.delivery)
        self.messages = Messages(self.state, self.live, self.events)
        self.views = Views(self.state, self.live)
        self.files = Files(self.state)
        self.scheduled = Scheduled(self.state, self.messages)
        self.signin = SignIn(self.state, now)
        self.answers = Answers(self.state, self.live, self.messages, self.views, self.urls)
        self.people = People(self.state, self.live, self.messages, self.views, self.files)
        self.acts = Acts(
            self.state,
            self.live,
            self.people,
            self.views,
            delivery=self.delivery,
            events=self.events,
            triggers=self.triggers,
            urls=self.urls,
            answers=self.answers,
        )
        self._listener = _listen(port)
        self.port: int = self._listener.getsockname()[1]
        self.urls.origin = self.files.origin = self.signin.origin = self.origin
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The page for people."""
        return f"{self.origin}/"

    @property
    def api_url(self) -> str:
        """What `WebClient` takes as `base_url`."""
        return f"{self.origin}/api/"

    @property
    def app(self) -> SeedApp:
        """The first installed app: Chorus, unless the seed says otherwise."""
        return self.seed.apps[0]

    @property
    def bot_token(self) -> str:
        return self.app.bot_token

    @property
    def app_token(self) -> str:
        return self.app.app_token

    @property
    def signing_secret(self) -> str:
        return self.app.signing_secret

    def person(self, name: str) -> Person:
        """Someone to click and write as, by name or user id."""
        found = [each for each in self.state.users() if name.lower() in (each["id"].lower(), each["name"])]
        return Person(found[0]["id"], self.state, self.live, self.people, self.acts)

    def connect_http(self, url: str, app: SeedApp | None = None) -> bool:
        """Speak to an app over signed HTTP from now on, if it answers the challenge that Slack sends first."""
        app = app or self.app
        if not self.delivery.run(self.delivery.http.verify(app, url)):
            return False
        self.delivery.request_urls[app.id] = url
        return True

    def disconnect_sockets(self, reason: str = "refresh_requested", app: SeedApp | None = None) -> None:
        """Ask an app to reconnect: `warning`, `refresh_requested` or `link_disabled`."""
        self.delivery.run(self.delivery.sockets.disconnect((app or self.app).id, reason))

    def silence_sockets(self, *, pongs: bool = False) -> None:
        """Make the open sockets of the first app dead without closing them; new ones work."""
        self._on_loop(lambda: self.delivery.sockets.silence(self.app.id, pongs=pongs))

    def resume_sockets(self) -> None:
        """End the silence."""
        self._on_loop(self.delivery.sockets.resume)

    def wait_until_connected(self, count: int = 1, timeout: float = 10.0) -> None:
        """Block until the first app has so many sockets open; raises TimeoutError."""
        until = time.monotonic() + timeout
        while self.delivery.sockets.connections(self.app.id) < count:
            if time.monotonic() > until:
                raise TimeoutError(f"{self.app.name} did not connect")
            time.sleep(0.01)

    def start(self) -> Self:
        """Serve in a thread of its own; returns when requests are answered."""
        config = uvicorn.Config(
            self.asgi(),
            log_level="warning",
            access_log=False,
            lifespan="on",
            ws="websockets-sansio",
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="local-slack", daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the local Slack did not start")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """Close every connection and forget what is not in the file."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10)
        self._listener.close()
        self.state.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def services(self) -> Services:
        """The parts that Web API methods use."""
        return Services(
            state=self.state,
            live=self.live,
            delivery=self.delivery,
            events=self.events,
            messages=self.messages,
            views=self.views,
            triggers=self.triggers,
            urls=self.urls,
            limiter=self.limiter,
            faults=self.faults,
            tokens=self.tokens,
            files=self.files,
            scheduled=self.scheduled,
            signin=self.signin,
            origin=self.origin,
        )

    def asgi(self) -> Starlette:
        """The application, for whoever brings a server of their own."""
        routes = [*web_api.routes(self.services()), *ui.routes(self.people, self.acts, self.live)]
        routes += files.routes(self.files, self.state, self.tokens)
        routes += [*signin_pages.routes(self.signin, self.state), *responses.routes(self.answers)]
        return Starlette(routes=routes, middleware=[Middleware(LocalOnly)], lifespan=self._lifespan)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[Mapping[str, object]]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        self.live.attach(asyncio.get_running_loop())
        await self.delivery.start()
        posting = asyncio.create_task(self._post_scheduled())
        yield {}
        posting.cancel()
        self.live.attach(None)
        await self.delivery.stop()

    async def _post_scheduled(self) -> None:
        while True:
            await asyncio.sleep(SCHEDULE_SECONDS)
            self.scheduled.post_due()

    def _serve(self) -> None:
        assert self._server is not None
        self._server.run(sockets=[self._listener])

    def _on_loop(self, act: Callable[[], None]) -> None:
        async def acting() -> None:
            act()

        self.delivery.run(acting())


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(512)
    return listener
