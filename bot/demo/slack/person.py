"""A person at the keyboard, for tests: does what the browser page does, through the same functions."""

import time
from collections.abc import Callable
from typing import Any

from bot.demo.slack import inputs
from bot.demo.slack.acts import Acts
from bot.demo.slack.errors import Json
from bot.demo.slack.live import Live
from bot.demo.slack.people import People
from bot.demo.slack.state import State

PATIENCE = 5.0


class Person:
    """Acts and sees as one user. What cannot be done raises PersonError, as the page would show it."""

    def __init__(self, user: str, state: State, live: Live, people: People, acts: Acts) -> None:
        self.id = user
        self._state = state
        self._live = live
        self._people = people
        self._acts = acts

    # Seeing.

    def messages(self, channel: str, *, thread: str | None = None) -> list[Json]:
        """The messages of a channel (`#name` or id) or of one thread, oldest first, ephemeral ones included."""
        asked = {"user": self.id, "channel": self.channel(channel), "thread_ts": thread, "limit": 500}
        found: list[Json] = self._people.messages(asked)["messages"]
        return found

    def last(self, channel: str, *, thread: str | None = None) -> Json:
        """The newest message; raises AssertionError when there is none."""
        found = self.messages(channel, thread=thread)
        assert found, f"no messages in {channel}"
        return found[-1]

    def views(self) -> list[Json]:
        """The open modals, from the bottom to the top."""
        found: list[Json] = self._people.views({"user": self.id})["views"]
        return found

    def modal(self) -> Json:
        """The modal on top; raises AssertionError when none is open."""
        found = self.views()
        assert found, "no modal is open"
        return found[-1]

    def home(self, app: str | None = None) -> Json | None:
        """The Home tab published for this person."""
        view: Json | None = self._people.home({"user": self.id, "app": self._app(app)})["view"]
        return view

    def unread(self, channel: str) -> int:
        key = self.channel(channel)
        count: int = self._people.unread({"user": self.id})["channels"][key]["unread"]
        return count

    def wait_for(self, look: Callable[[], Any], timeout: float = PATIENCE) -> Any:
        """Return what `look` finds as soon as it finds something; an AssertionError in it means not yet."""
        until = time.monotonic() + timeout
        while True:
            version = self._live.version
            found, failure = _look(look)
            if found:
                return found
            left = until - time.monotonic()
            if left <= 0:
                raise AssertionError("what was waited for did not come") from failure
            self._live.wait_for_change(version, min(left, 0.25))

    def wait_for_message(self, channel: str, containing: str = "", *, timeout: float = PATIENCE) -> Json:
        """The newest message of a channel whose text or blocks contain a text, waiting for it to come."""

        def look() -> Json | None:
            return next((each for each in self.messages(channel)[::-1] if containing in words(each)), None)

        message: Json = self.wait_for(look, timeout)
        return message

    def wait_for_modal(self, title: str = "", *, timeout: float = PATIENCE) -> Json:
        """The modal on top, once it has this title."""

        def look() -> Json | None:
            top = self.modal()
            return top if title in (top["title"] or {}).get("text", "") else None

        modal: Json = self.wait_for(look, timeout)
        return modal

    # Acting.

    def say(self, channel: str, text: str, *, thread: str | None = None) -> Json:
        """Write in a channel or in a thread."""
        asked = {"user": self.id, "channel": self.channel(channel), "text": text, "thread_ts": thread}
        message: Json = self._people.message(asked)["message"]
        return message

    def edit(self, message: Json, text: str) -> Json:
        """Say something else in a message of one's own."""
        where = {"user": self.id, "channel": message["channel"], "ts": message["ts"]}
        changed: Json = self._people.edit(where | {"text": text})["message"]
        return changed

    def delete(self, message: Json) -> None:
        """Take back a message of one's own."""
        self._people.delete({"user": self.id, "channel": message["channel"], "ts": message["ts"]})

    def click(self, where: Json, action_id: str, *, state: inputs.Values | None = None, **value: Any) -> None:
        """Use an element of a message or a view; `value` is in the shape of its state, nothing for a button.

        A menu may also be given `option="value"` (or `options=[...]`) instead of whole option objects.
        """
        block, element = _element_in(where, action_id)
        asked = self._at(where, block, element) | {"value": _value(element, value), "state": state or {}}
        self._acts.action(asked)

    def choose(self, where: Json, action_id: str, *values: str, state: inputs.Values | None = None) -> None:
        """Pick options by their value."""
        _, element = _element_in(where, action_id)
        key = inputs.VALUE_KEYS.get(element["type"], "selected_option")
        value = {key: list(values) if key in inputs.LISTS else values[0]}
        self.click(where, action_id, state=state, **value)

    def options(self, where: Json, action_id: str, query: str) -> Json:
        """What an external menu offers for a query."""
        block, element = _element_in(where, action_id)
        return self._acts.options(self._at(where, block, element) | {"query": query})

    def submit(self, **values: Any) -> None:
        """Submit the modal on top; `values` are by action id: texts, option values, lists of them."""
        view = self.modal()
        self._acts.submit({"user": self.id, "view_id": view["id"], "state": filled(view, values)})

    def upload(self, name: str, content: bytes) -> Json:
        """Choose a file for a `file_input`; give it to `submit` in a list."""
        file: Json = self._people.upload(self.id, name, content)["file"]
        return file

    def close(self, *, everything: bool = False) -> None:
        """Close the modal on top, or all of them."""
        self._acts.close({"user": self.id, "view_id": self.modal()["id"], "all": everything})

    def command(self, text: str, channel: str = "#general") -> None:
        """Type a slash command."""
        self._acts.command({"user": self.id, "channel": self.channel(channel), "text": text})

    def shortcut(self, callback_id: str, app: str | None = None) -> None:
        """Start a global shortcut."""
        self._acts.shortcut({"user": self.id, "app": self._app(app), "callback_id": callback_id})

    def message_shortcut(self, callback_id: str, message: Json, app: str | None = None) -> None:
        """Start a shortcut on a message."""
        where = {"channel": message["channel"], "ts": message["ts"]}
        self._acts.message_shortcut({"user": self.id, "app": self._app(app), "callback_id": callback_id, **where})

    def open_home(self, app: str | None = None, *, tab: str = "home") -> None:
        """Look at an app's Home tab."""
        self._acts.home_opened({"user": self.id, "app": self._app(app), "tab": tab})

    def react(self, message: Json, name: str, *, remove: bool = False) -> None:
        """Add or take back a reaction."""
        where = {"channel": message["channel"], "ts": message["ts"]}
        self._people.react({"user": self.id, **where, "name": name, "remove": remove})

    def read(self, channel: str) -> None:
        """Mark a channel as read."""
        key = self.channel(channel)
        self._people.read({"user": self.id, "channel": key, "ts": self.last(key)["ts"]})

    def direct_message(self, user: str) -> str:
        """The id of the direct message with a user, by id or name."""
        found = next(each["id"] for each in self._state.users() if user in (each["id"], each["name"]))
        channel: str = self._people.direct_message({"user": self.id, "with": found})["channel"]["id"]
        return channel

    def channel(self, name: str) -> str:
        """The id of a channel by name."""
        found = self._state.channel_named(name)
        return found["id"] if found else name

    def _app(self, name: str | None) -> str:
        apps = self._state.apps.values()
        return next(each.id for each in apps if name is None or name in (each.id, each.name))

    def _at(self, where: Json, block: Json, element: Json) -> Json:
        container = {"type": "view", "view_id": where.get("id")}
        if "ts" in where:
            container = {"type": "message", "channel": where["channel"], "ts": where["ts"]}
        ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
        return {"user": self.id, "container": container, **ids}


def words(message: Json) -> str:
    """Every text in a message or view, for finding something in it."""
    return "\n".join(_texts([message.get("text", ""), message.get("title"), message.get("blocks", [])]))


def filled(view: Json, values: dict[str, Any]) -> inputs.Values:
    """The state of a view in which these elements hold these values; raises KeyError for an unknown action id."""
    state: inputs.Values = {}
    known = {element["action_id"]: (block, element) for block, element in inputs.elements(view["blocks"])}
    for name, value in values.items():
        block, element = known[name]
        key = inputs.VALUE_KEYS[element["type"]]
        state.setdefault(block["block_id"], {})[name] = _value(element, {key: value})
    return state


def _value(element: Json, value: dict[str, Any]) -> Json:
    """Turn option values into the option objects of the element."""
    by_value = {option.get("value"): option for option in inputs.offered(element)}

    def whole(each: Any) -> Any:
        return by_value.get(each, {"value": each}) if isinstance(each, str) else each

    resolved = dict(value)
    if "selected_option" in value:
        resolved["selected_option"] = whole(value["selected_option"])
    if "selected_options" in value:
        resolved["selected_options"] = [whole(each) for each in value["selected_options"]]
    return resolved


def _element_in(where: Json, action_id: str) -> tuple[Json, Json]:
    for block, element in inputs.elements(where.get("blocks", [])):
        if element["action_id"] == action_id:
            return block, element
    known = [element["action_id"] for _, element in inputs.elements(where.get("blocks", []))]
    raise AssertionError(f"no element {action_id!r}; there are: {known}")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    if isinstance(value, dict):
        return [
            text
            for key, each in value.items()
            if isinstance(each, dict | list) or key == "text"
            for text in _texts(each)
        ]
    return []


def _look(look: Callable[[], Any]) -> tuple[Any, AssertionError | None]:
    try:
        return look(), None
    except AssertionError as failure:
        return None, failure
