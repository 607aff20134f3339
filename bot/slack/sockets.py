"""Socket Mode under supervision: a socket that went silent is noticed and built anew, and its ages can be read."""

import logging
import socket
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from threading import Event, Lock, Thread

from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.slack.dedupe import OnceApp
from bot.slack.trouble import code_of

PING_EVERY = 10.0
SILENT_AFTER = 45.0
"""Seconds without a sign of life from Slack; four pings went unanswered."""

QUIET_AFTER = 600.0
"""Seconds without an envelope after which a connection is exchanged for another. Nothing to tell and nothing told any
more look alike from here: connections have been seen that answered every ping and brought nothing."""

LOOK_EVERY = 5.0
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
CONCURRENCY = 10
AT_A_TIME = 65_536
"""Bytes read at once. By the library's default a click on a card is read in ten pieces, and after each the reading
thread waits for its turn among all threads."""

_FAILURES = (SlackClientError, OSError, HTTPException, ValueError)

log = logging.getLogger(__name__)


class Line(SocketModeClient):
    """A connection to Slack that sends each acknowledgement at once."""

    def connect(self) -> None:
        """Connect, without the system's habit of holding back a short message until the one before has arrived."""
        super().connect()
        sock = self.current_session.sock if self.current_session else None
        if sock is not None:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Supervisor:
    """Keeps one Socket Mode connection alive in a thread of its own."""

    def __init__(
        self,
        app: OnceApp,
        app_token: str,
        *,
        ping_every: float = PING_EVERY,
        silent_after: float = SILENT_AFTER,
        quiet_after: float = QUIET_AFTER,
        look_every: float = LOOK_EVERY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._app_token = app_token
        self._ping_every = ping_every
        self._silent_after = silent_after
        self._quiet_after = quiet_after
        self._look_every = look_every
        self._clock = clock
        self._lock = Lock()
        self._line: Line | None = None
        self._connected_at = 0.0
        self._last_envelope = 0.0
        self._rebuilt = 0
        self._trouble = "not started"
        self._stopping = Event()
        self._thread = Thread(target=self._watch, name="chorus-sockets", daemon=True)

    def start(self) -> None:
        """Connect, and keep connected; when Slack cannot be reached now, it is tried again."""
        self._thread.start()

    def stop(self) -> None:
        """Close the connection; requests under way are finished."""
        self._stopping.set()
        self._thread.join(15)
        self._close()
        self._app.finish()

    def health(self) -> Mapping[str, object]:
        """Return whether Slack hears us, and how long ago each sign of life came, in seconds."""
        now = self._clock()
        sign, envelope = self._last_sign(), self._last_envelope
        return {
            "ok": self._is_well(),
            "connected": self._is_connected(),
            "last_sign_age": round(now - sign, 1) if sign else None,
            "last_envelope_age": round(now - envelope, 1) if envelope else None,
            "rebuilt": self._rebuilt,
            "trouble": self._trouble,
        }

    def _watch(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            if self._is_well():
                pause = FIRST_PAUSE
                if self._is_quiet():
                    self._try(self._exchange)
                self._stopping.wait(self._look_every)
            elif not self._try(self._rebuild):
                self._stopping.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _try(self, act: Callable[[], bool]) -> bool:
        try:
            return act()
        except Exception:
            # Whatever breaks in the library, a thread that died would leave us deaf for good.
            log.exception("the socket to Slack could not be rebuilt")
            return False

    def _is_well(self) -> bool:
        return self._is_connected() and self._clock() - self._last_sign() <= self._silent_after

    def _is_quiet(self) -> bool:
        return self._clock() - max(self._connected_at, self._last_envelope) > self._quiet_after

    def _is_connected(self) -> bool:
        line = self._line
        return line is not None and line.is_connected()

    def _last_sign(self) -> float:
        # The client does not judge a connection before its first pong; the moment we connected stands in for it.
        session = self._line.current_session if self._line else None
        pong = (session.last_ping_pong_time if session else None) or 0.0
        return max(pong, self._connected_at, self._last_envelope)

    def _rebuild(self) -> bool:
        had_one = self._line is not None
        if had_one:
            log.warning("the socket to Slack is silent or closed; a new one is made")
        self._close()
        is_up = self._connect()
        self._rebuilt += had_one and is_up
        return is_up

    def _exchange(self) -> bool:
        """Connect anew before the old connection is left, so that nothing is missed in between."""
        old = self._line
        log.info("nothing was heard from Slack for %s s; the connection is exchanged", self._quiet_after)
        is_up = self._connect()
        if is_up and old is not None:
            _shut(old)
        return is_up

    def _connect(self) -> bool:
        line = self._new_line()
        try:
            line.connect()
        except _FAILURES as error:
            self._trouble = _named(error)
            log.warning("no socket to Slack yet: %s", self._trouble)
            _shut(line)
            return False
        with self._lock:
            self._line, self._connected_at, self._trouble = line, self._clock(), ""
        log.info("connected to Slack")
        return True

    def _new_line(self) -> Line:
        line = Line(
            self._app_token,
            logger=self._app.logger,
            web_client=self._app.client,
            ping_interval=self._ping_every,
            receive_buffer_size=AT_A_TIME,
            concurrency=CONCURRENCY,
            on_message_listeners=[self._heard],
        )
        line.socket_mode_request_listeners.append(self._answer)
        return line

    def _answer(self, line: BaseSocketModeClient, request: SocketModeRequest) -> None:
        began = time.time()
        send_response(line, request, run_bolt_app(self._app, request), began)

    def _heard(self, message: str) -> None:
        if '"envelope_id"' in message:
            self._last_envelope = self._clock()

    def _close(self) -> None:
        with self._lock:
            line, self._line = self._line, None
        if line is not None:
            _shut(line)


def _shut(line: Line) -> None:
    try:
        line.close()
    except AttributeError:
        # The library's own monitor closed the socket at the same moment; closing once more ends its threads.
        line.close()


def _named(error: Exception) -> str:
    if isinstance(error, SlackApiError):
        return f"Slack says {code_of(error) or error.response.status_code}"
    return f"{type(error).__name__}: {error}".splitlines()[0]
