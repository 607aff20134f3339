"""Messages that apps have asked to be posted later."""

import threading

from bot.demo.slack.delivery import new_key
from bot.demo.slack.errors import Json
from bot.demo.slack.messages import Messages
from bot.demo.slack.state import State


class Scheduled:
    """Kept in the workspace's database, so a restart forgets none."""

    def __init__(self, state: State, messages: Messages) -> None:
        self._state = state
        self._messages = messages
        self._lock = threading.Lock()

    def add(self, app: str, channel: str, post_at: int, message: Json) -> Json:
        key = new_key("Q0")
        body = {"id": key, "app": app, "channel_id": channel, "post_at": post_at, "message": message}
        body["date_created"] = int(self._state.now())
        self._state.put("scheduled", key, body)
        return body

    def of(self, app: str) -> list[Json]:
        """What an app has scheduled, soonest first."""
        mine = [each for each in self._state.documents("scheduled") if each["app"] == app]
        return sorted(mine, key=lambda each: each["post_at"])

    def remove(self, app: str, key: str) -> bool:
        """Take one back; False when there is none."""
        with self._lock:
            known = self._state.document("scheduled", key)
            if known is None or known["app"] != app:
                return False
            self._state.drop("scheduled", key)
            return True

    def post_due(self) -> None:
        """Post those whose time has come."""
        now = self._state.now()
        for each in self._state.documents("scheduled"):
            if each["post_at"] <= now and self.remove(each["app"], each["id"]):
                self._messages.post(each["channel_id"], each["message"])
