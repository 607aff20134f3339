"""A small Socket Mode app for the tests of the local Slack: it shows each envelope and answers as it is told."""

import contextlib
import json
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from bot.demo.slack import LocalSlack, Rates, Seed, SeedApp, Shortcut, SlashCommand, harbour

Json = dict[str, Any]
Answer = Callable[[Json], Json | None]
SILENCE: Json = {"never": "acknowledged"}
EVENTS = ("app_home_opened", "app_mention", "message.channels", "message.im", "reaction_added", "member_joined_channel")


def client(slack: LocalSlack, token: str | None = None) -> WebClient:
    """The real client, without hidden retries."""
    return WebClient(token=token or slack.bot_token, base_url=slack.api_url, retry_handlers=[])


def refusal(call: Callable[..., Any], **arguments: Any) -> Json:
    """The answer to a call that Slack refuses."""
    try:
        call(**arguments)
    except SlackApiError as error:
        body: Json = error.response.data
        return {**body, "status": error.response.status_code, "headers": error.response.headers}
    raise AssertionError("the call was not refused")


def app_seed(**changes: Any) -> Seed:
    """Harbour with an app that has a command, two shortcuts and all events."""
    shortcuts = (
        Shortcut(callback_id="look", name="Look"),
        Shortcut(callback_id="take", name="Take", type="message"),
    )
    commands = (SlashCommand(command="/chorus"),)
    settings: Json = {"name": "Chorus", "commands": commands, "shortcuts": shortcuts, "events": EVENTS, **changes}
    return harbour(SeedApp(**settings))


def local_slack(**changes: Any) -> LocalSlack:
    """A local Slack without rate limits, which are a test of their own."""
    settings: Json = {"seed": app_seed(), "rates": None, **changes}
    return LocalSlack(**settings)


STRICT = Rates()


class SocketApp:
    """Connects, keeps every frame, and acknowledges with what `answer` returns (SILENCE: not at all)."""

    def __init__(self, slack: LocalSlack, answer: Answer | None = None) -> None:
        self._slack = slack
        self._answer = answer or (lambda _: None)
        self._changed = threading.Condition()
        self._open = contextlib.ExitStack()
        self.frames: list[Json] = []
        self.closed = threading.Event()

    def __enter__(self) -> Self:
        url = client(self._slack).apps_connections_open(app_token=self._slack.app_token)["url"]
        self.connection: ClientConnection = self._open.enter_context(connect(url, close_timeout=0.2))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        self.wait_for(lambda: self.frames)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
        self._thread.join(5)

    @property
    def envelopes(self) -> list[Json]:
        """What needs an acknowledgement."""
        return [each for each in self.frames if "envelope_id" in each]

    @property
    def payloads(self) -> list[Json]:
        return [each["payload"] for each in self.envelopes]

    @property
    def interactions(self) -> list[Json]:
        """What people did: the payloads that are no events."""
        return [each["payload"] for each in self.envelopes if each["type"] != "events_api"]

    @property
    def events(self) -> list[Json]:
        return [each["event"] for each in self.payloads if each.get("type") == "event_callback"]

    def wait_for(self, look: Callable[[], Any], timeout: float = 6.0) -> Any:
        """What `look` finds, as soon as it finds something."""
        until = time.monotonic() + timeout
        with self._changed:
            while not (found := look()):
                left = until - time.monotonic()
                assert left > 0, f"did not come; frames: {self.frames}"
                self._changed.wait(min(left, 0.1))
        return found

    def wait_for_event(self, **wanted: Any) -> Json:
        """The first event with these values."""

        def look() -> Json | None:
            return next((each for each in self.events if wanted.items() <= each.items()), None)

        event: Json = self.wait_for(look)
        return event

    def _listen(self) -> None:
        try:
            for text in self.connection:
                self._take(json.loads(text))
        except ConnectionClosed:
            pass
        self.closed.set()

    def _take(self, frame: Json) -> None:
        with self._changed:
            self.frames.append(frame)
            self._changed.notify_all()
        if "envelope_id" not in frame:
            return
        answer = self._answer(frame["payload"])
        if answer is not SILENCE:
            payload = {"payload": answer} if answer else {}
            self.connection.send(json.dumps({"envelope_id": frame["envelope_id"], **payload}))


def button(action_id: str = "go", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": "Go"}, **more}


def card(*elements: Json, text: str = "A mention") -> list[Json]:
    """A section and a row of elements."""
    section: Json = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return [section, {"type": "actions", "block_id": "row", "elements": list(elements) or [button()]}]


def words(action_id: str = "words", *, block_id: str = "text", **more: Any) -> Json:
    """An input block for text."""
    label = {"type": "plain_text", "text": "Words"}
    element = {"type": "plain_text_input", "action_id": action_id, **more}
    return {"type": "input", "block_id": block_id, "label": label, "element": element}


def modal(*blocks: Json, title: str = "Reply", **more: Any) -> Json:
    head = {"type": "modal", "title": {"type": "plain_text", "text": title}}
    return {**head, "submit": {"type": "plain_text", "text": "Post"}, "blocks": list(blocks) or [words()], **more}
