"""Socket Mode under supervision: a socket that went silent is noticed and built anew, and its ages can be read."""

import logging
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from threading import Event, Lock, Thread

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack.trouble import code_of

PING_EVERY = 10.0
SILENT_AFTER = 45.0
"""Seconds without a sign of life from Slack; four pings went unanswered."""

LOOK_EVERY = 5.0
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
CONCURRENCY = 10

_FAILURES = (SlackClientError, OSError, HTTPException, ValueError)

log = logging.getLogger(__name__)


class Supervisor:
    """Keeps one Socket Mode connection alive in a thread of its own."""

    def __init__(
        self,
        app: App,
        app_token: str,
        *,
        ping_every: float = PING_EVERY,
        silent_after: float = SILENT_AFTER,
        look_every: float = LOOK_EVERY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app = app
        self._app_token = app_token
        self._ping_every = ping_every
        self._silent_after = silent_after
        self._look_every = look_every
        self._clock = clock
        self._lock = Lock()
        self._handler: SocketModeHandler | None = None
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
                self._stopping.wait(self._look_every)
            elif not self._rebuilt_anew():
                self._stopping.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _rebuilt_anew(self) -> bool:
        try:
            return self._rebuild()
        except Exception:
            # Whatever breaks in the library, a thread that died would leave us deaf for good.
            log.exception("the socket to Slack could not be rebuilt")
            return False

    def _is_well(self) -> bool:
        return self._is_connected() and self._clock() - self._last_sign() <= self._silent_after

    def _is_connected(self) -> bool:
        handler = self._handler
        return handler is not None and bool(handler.client.is_connected())

    def _last_sign(self) -> float:
        # The client does not judge a connection before its first pong; the moment we connected stands in for it.
        session = self._handler.client.current_session if self._handler else None
        pong = (session.last_ping_pong_time if session else None) or 0.0
        return max(pong, self._connected_at, self._last_envelope)

    def _rebuild(self) -> bool:
        had_one = self._handler is not None
        if had_one:
            log.warning("the socket to Slack is silent or closed; a new one is made")
        self._close()
        handler = SocketModeHandler(self._app, self._app_token, ping_interval=self._ping_every, concurrency=CONCURRENCY)
        handler.client.on_message_listeners.append(self._heard)
        try:
            handler.client.connect()
        except _FAILURES as error:
            self._trouble = _named(error)
            log.warning("no socket to Slack yet: %s", self._trouble)
            _shut(handler)
            return False
        with self._lock:
            self._handler, self._connected_at, self._trouble = handler, self._clock(), ""
        self._rebuilt += had_one
        log.info("connected to Slack")
        return True

    def _heard(self, _message: str) -> None:
        self._last_envelope = self._clock()

    def _close(self) -> None:
        with self._lock:
            handler, self._handler = self._handler, None
        if handler is not None:
            _shut(handler)


def _shut(handler: SocketModeHandler) -> None:
    try:
        handler.client.close()
    except AttributeError:
        # The library's own monitor closed the socket at the same moment; closing once more ends its threads.
        handler.client.close()


def _named(error: Exception) -> str:
    if isinstance(error, SlackApiError):
        return f"Slack says {code_of(error) or error.response.status_code}"
    return f"{type(error).__name__}: {error}".splitlines()[0]
