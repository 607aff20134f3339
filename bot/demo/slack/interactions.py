"""What Slack sends when a person acts: the payloads in Slack's exact shape, trigger ids and response URLs."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.seed import SeedApp
from bot.demo.slack.state import State

TRIGGER_SECONDS = 3.0
RESPONSE_URL_SECONDS = 30 * 60.0
RESPONSE_URL_USES = 5


@dataclass(slots=True)
class Trigger:
    """A leave to show one view to the person who acted."""

    app: str
    user: str
    until: float
    channel: str | None = None
    view: str | None = None
    exchanged: bool = False


class Triggers:
    """Trigger ids: three seconds, once."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._issued: dict[str, Trigger] = {}

    def issue(self, app: SeedApp, user: str, *, channel: str | None = None, view: str | None = None) -> str:
        now = self._now()
        key = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        with self._lock:
            self._issued = {each: known for each, known in self._issued.items() if known.until > now - 600}
            self._issued[key] = Trigger(app.id, user, now + TRIGGER_SECONDS, channel, view)
        return key

    def exchange(self, app: SeedApp, key: str) -> Trigger:
        """Use a trigger up; raises what Slack answers when it is late, used or unknown."""
        with self._lock:
            trigger = self._issued.get(key)
            if trigger is None or trigger.app != app.id:
                raise SlackError("invalid_trigger_id")
            if trigger.exchanged:
                raise SlackError("exchanged_trigger_id")
            if self._now() > trigger.until:
                raise SlackError("expired_trigger_id")
            trigger.exchanged = True
            return trigger


@dataclass(slots=True)
class ResponseUrl:
    """Where an app may answer an interaction later; `message` is what it came from."""

    app: SeedApp
    user: str
    channel: str
    until: float
    message: str | None = None
    is_ephemeral: bool = False
    thread: str | None = None
    uses: int = 0


class ResponseUrls:
    """Response URLs: five uses within half an hour."""

    def __init__(self, now: Callable[[], float], team: str) -> None:
        self._now = now
        self._team = team
        self._lock = threading.Lock()
        self._issued: dict[str, ResponseUrl] = {}
        self.origin = ""

    def issue(
        self, app: SeedApp, user: str, channel: str, message: Json | None = None, *, kind: str = "actions"
    ) -> str:
        """A new URL; `kind` is the word in its path (`actions`, `commands`, `app`)."""
        now, message = self._now(), message or {}
        key = secrets.token_urlsafe(18)
        issued = ResponseUrl(
            app,
            user,
            channel,
            now + RESPONSE_URL_SECONDS,
            message=message.get("ts"),
            is_ephemeral=bool(message.get("is_ephemeral")),
            thread=message.get("thread_ts"),
        )
        with self._lock:
            self._issued = {each: known for each, known in self._issued.items() if known.until > now - 3600}
            self._issued[key] = issued
        return f"{self.origin}/{kind}/{self._team}/{key}"

    def use(self, key: str) -> ResponseUrl:
        """Count a use; raises `expired_url` or `used_url`."""
        with self._lock:
            issued = self._issued.get(key)
            if issued is None or self._now() > issued.until:
                raise SlackError("expired_url")
            if issued.uses >= RESPONSE_URL_USES:
                raise SlackError("used_url")
            issued.uses += 1
            return issued


class Payloads:
    """Builds interaction payloads for one workspace."""

    def __init__(self, state: State) -> None:
        self._state = state

    def action(
        self, app: SeedApp, user: str, trigger: str, *, actions: list[Json], container: Json, where: Json
    ) -> Json:
        """`block_actions`; `where` is what the container adds: channel and message, or view."""
        head = self._head("block_actions", app, user)
        return head | {"container": container, "trigger_id": trigger, **where, "actions": actions}

    def suggestion(self, app: SeedApp, user: str, asked: Json, container: Json, where: Json) -> Json:
        """`block_suggestion`; `asked` has action_id, block_id and value."""
        return self._head("block_suggestion", app, user) | asked | {"container": container, **where}

    def submission(self, app: SeedApp, user: str, trigger: str, view: Json, response_urls: list[Json]) -> Json:
        """`view_submission`."""
        head = self._head("view_submission", app, user)
        return head | {"trigger_id": trigger, "view": view, "response_urls": response_urls}

    def closed(self, app: SeedApp, user: str, view: Json, *, is_cleared: bool) -> Json:
        """`view_closed`."""
        return self._head("view_closed", app, user) | {"view": view, "is_cleared": is_cleared}

    def shortcut(self, app: SeedApp, user: str, trigger: str, callback_id: str) -> Json:
        """A global `shortcut`."""
        head = self._head("shortcut", app, user)
        return head | {"action_ts": self._state.new_ts(), "callback_id": callback_id, "trigger_id": trigger}

    def message_action(self, app: SeedApp, user: str, trigger: str, callback_id: str, where: Json) -> Json:
        """`message_action`, a shortcut on a message; `where` has channel, message and response_url."""
        head = self._head("message_action", app, user)
        head |= {"action_ts": self._state.new_ts(), "callback_id": callback_id, "trigger_id": trigger}
        return head | {"message_ts": where["message"]["ts"], **where}

    def command(self, app: SeedApp, user: str, trigger: str, channel: Json, words: Json) -> Json:
        """A slash command; `words` has command, text and response_url."""
        who = self._state.user(user) or {}
        return {
            "token": app.verification_token,
            "team_id": self._state.seed.team_id,
            "team_domain": self._state.seed.domain,
            "channel_id": channel["id"],
            "channel_name": channel_name(channel),
            "user_id": user,
            "user_name": who.get("name", ""),
            "api_app_id": app.id,
            "is_enterprise_install": "false",
            "trigger_id": trigger,
            **words,
        }

    def _head(self, kind: str, app: SeedApp, user: str) -> Json:
        name = (self._state.user(user) or {}).get("name", "")
        team = self._state.seed
        return {
            "type": kind,
            "team": {"id": team.team_id, "domain": team.domain},
            "user": {"id": user, "username": name, "name": name, "team_id": team.team_id},
            "api_app_id": app.id,
            "token": app.verification_token,
            "enterprise": None,
            "is_enterprise_install": False,
        }


def channel_name(channel: Json) -> str:
    """A channel's name in payloads, where private ones have none."""
    if channel.get("is_im"):
        return "directmessage"
    return "privategroup" if channel.get("is_private") else str(channel["name"])
