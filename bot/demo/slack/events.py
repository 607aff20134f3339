"""The Events API: which apps hear of what happened, and the envelope it comes in."""

import threading

from bot.demo.slack.delivery import Delivery, new_key
from bot.demo.slack.errors import Json
from bot.demo.slack.seed import SeedApp
from bot.demo.slack.state import State

MOST_AN_HOUR = 30_000
"""Events per app and workspace; what comes after is lost, and the app is told once."""


class Events:
    """Tells apps what they subscribed to, where they are members."""

    def __init__(self, state: State, delivery: Delivery) -> None:
        self._state = state
        self._delivery = delivery
        self._lock = threading.Lock()
        self._told: dict[tuple[str, int], int] = {}

    def message(self, channel: str, event: Json) -> None:
        """A message, an edit or a deletion; a message that names an app's bot is an `app_mention` as well."""
        kind = self._kind(channel)
        event = {**event, "channel": channel, "channel_type": kind, "event_ts": event["ts"]}
        suffix = {"channel": "channels", "group": "groups"}.get(kind, kind)
        for app in self._apps_in(channel):
            self._tell(app, f"message.{suffix}", event)
            if "subtype" not in event and f"<@{app.bot_user_id}" in event.get("text", ""):
                mention = {key: value for key, value in event.items() if key != "channel_type"}
                self._tell(app, "app_mention", {**mention, "type": "app_mention"})

    def in_channel(self, channel: str, event: Json) -> None:
        """Anything else that happened in a channel: a reaction, someone who joined."""
        for app in self._apps_in(channel):
            self._tell(app, event["type"], event)

    def to_app(self, app: SeedApp, event: Json) -> None:
        """Something between a person and one app: `app_home_opened`."""
        self._tell(app, event["type"], event)

    def everywhere(self, event: Json) -> None:
        """Something about the workspace: `team_join`, `channel_created`."""
        for app in self._state.apps.values():
            self._tell(app, event["type"], event)

    def _tell(self, app: SeedApp, subscription: str, event: Json) -> None:
        if subscription not in app.events:
            return
        told = self._counted(app)
        if told <= MOST_AN_HOUR:
            self._delivery.tell(app, self._envelope(app, event))
        elif told == MOST_AN_HOUR + 1:
            self._delivery.tell(app, self._rate_limited(app))

    def _counted(self, app: SeedApp) -> int:
        """How many events this app has had in the present hour, this one included."""
        hour = int(self._state.now() // 3600)
        with self._lock:
            self._told = {key: count for key, count in self._told.items() if key[1] == hour}
            self._told[app.id, hour] = self._told.get((app.id, hour), 0) + 1
            return self._told[app.id, hour]

    def _rate_limited(self, app: SeedApp) -> Json:
        minute = int(self._state.now() // 60) * 60
        head = {"token": app.verification_token, "type": "app_rate_limited", "team_id": self._state.seed.team_id}
        return head | {"minute_rate_limited": minute, "api_app_id": app.id}

    def _envelope(self, app: SeedApp, event: Json) -> Json:
        team = self._state.seed.team_id
        authorization = {"enterprise_id": None, "team_id": team, "user_id": app.bot_user_id}
        return {
            "token": app.verification_token,
            "team_id": team,
            "context_team_id": team,
            "context_enterprise_id": None,
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": new_key("Ev0"),
            "event_time": int(self._state.now()),
            "authorizations": [{**authorization, "is_bot": True, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
            "event_context": new_key("4-"),
        }

    def _apps_in(self, channel: str) -> list[SeedApp]:
        members = set(self._state.members(channel))
        return [app for app in self._state.apps.values() if app.bot_user_id in members]

    def _kind(self, channel: str) -> str:
        document = self._state.channel(channel) or {}
        if document.get("is_im"):
            return "im"
        if document.get("is_mpim"):
            return "mpim"
        return "group" if document.get("is_private") else "channel"
