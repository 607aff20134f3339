"""One request from Slack: who asks, in which language, and the ways to answer. Handlers are given nothing else."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from slack_bolt import Ack
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from bot.deps import Deps
from bot.errors import NotFound
from bot.models import Employee
from bot.permissions import Act
from bot.slack.blocks import Json
from bot.slack.memory import Memory, recall
from bot.slack.readers import UNREACHABLE
from bot.slack.text import Markup
from bot.slack.words import Words

_ANSWER_WITHIN = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in: `person` may do what they came for, as far as the table of permissions says."""

    deps: Deps
    client: WebClient
    ack: Ack
    body: Json
    person: Employee
    words: Words
    house: Words

    @property
    def action(self) -> Json:
        """What was pressed or changed."""
        action: Json = self.body["actions"][0]
        return action

    @property
    def pressed(self) -> str:
        """The value that a button or a menu carries."""
        chosen = self.action.get("selected_option") or {}
        return str(self.action.get("value") or chosen.get("value") or "")

    @property
    def subject(self) -> int:
        """The mention or reply that a button is about; raises `ChorusError` for what we did not make."""
        return number(self.pressed, self.words)

    @property
    def view(self) -> Json:
        """The window or Home in which something was done."""
        view: Json = self.body["view"]
        return view

    @property
    def memory(self) -> Memory:
        """What the window remembers."""
        return recall(str(self.view.get("private_metadata", "")))

    @property
    def values(self) -> Json:
        """What the window's fields hold."""
        values: Json = self.view.get("state", {}).get("values", {})
        return values

    def open(self, view: Json) -> None:
        """Show a window: on top of the one in which the click was made, if there is one."""
        trigger = str(self.body["trigger_id"])
        if (self.body.get("view") or {}).get("type") == "modal":
            self.client.views_push(trigger_id=trigger, view=view)
        else:
            self.client.views_open(trigger_id=trigger, view=view)

    def refresh(self, view: Json) -> None:
        """Show the window anew. No hash is sent: of two looks at a text the later one shall win, not fail."""
        self.client.views_update(view_id=str(self.view["id"]), view=view)

    @contextmanager
    def afterwards(self, what: str) -> Iterator[None]:
        """Show what was done; that Slack did not let us show it must not look as if it had not been done."""
        try:
            yield
        except UNREACHABLE as error:
            log.warning("%s could not be shown to %s: %s", what, self.person.slack_user, type(error).__name__)


Handler = Callable[[Visit], None]


@dataclass(frozen=True, slots=True)
class Listener:
    """What answers a kind of request, and what a person must be allowed to do to be heard."""

    act: Act
    handle: Handler


def whisper(client: WebClient, body: Json, text: Markup) -> None:
    """Answer the one who asked, through the request's own address where it has one; failing that is no accident."""
    user = user_of(body)
    try:
        if body.get("response_url"):
            hook = WebhookClient(str(body["response_url"]), timeout=_ANSWER_WITHIN, retry_handlers=[])
            hook.send(text=text, response_type="ephemeral", replace_original=False)
        else:
            client.chat_postMessage(channel=user, text=text, unfurl_links=False, unfurl_media=False)
    except UNREACHABLE as error:
        log.warning("could not answer %s: %s", user, type(error).__name__)


def user_of(body: Json) -> str:
    """Return the Slack user behind any kind of request; empty when there is none."""
    user = body.get("user") or (body.get("event") or {}).get("user") or {}
    found = user.get("id") if isinstance(user, dict) else user
    return str(found or body.get("user_id") or "")


def number(text: str, words: Words) -> int:
    """Read an id that a button carries."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound(words("error.stale"))
    return int(text)
