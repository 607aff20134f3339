"""Messages: storing, changing and deleting them, and telling the apps and the open pages about it."""

from typing import Any

from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.events import Events
from bot.demo.slack.live import Live
from bot.demo.slack.seed import SeedApp
from bot.demo.slack.state import State

HIDDEN = ("metadata",)
"""Kept from whoever does not ask for it by name."""


class Messages:
    """Every change of a message goes through here, whoever makes it."""

    def __init__(self, state: State, live: Live, events: Events) -> None:
        self._state = state
        self._live = live
        self._events = events

    def author(self, app: SeedApp, **customised: Any) -> Json:
        """The fields that say a message is from an app's bot."""
        team = self._state.seed.team_id
        profile = {"id": app.bot_id, "app_id": app.id, "user_id": app.bot_user_id, "name": app.name, "team_id": team}
        who = {"user": app.bot_user_id, "bot_id": app.bot_id, "app_id": app.id, "team": team}
        return who | {"bot_profile": profile | {"deleted": False, "icons": {}, "updated": 0}} | customised

    def post(self, channel: str, message: Json) -> Json:
        """Add a message; with `thread_ts` it is a reply, and its parent counts it."""
        with self._state.lock:
            message = {"type": "message", **message, "ts": self._state.new_ts()}
            self._state.put_message(channel, message)
            thread = message.get("thread_ts")
            if thread:
                self._count_reply(channel, thread)
        self._show("message", channel, message)
        if message.get("user"):
            self._state.mark_read(message["user"], channel, message["ts"])
        self._events.message(channel, public(message))
        self._tell_unread(channel, but=message.get("user", ""))
        return message

    def change(self, channel: str, old: Json, changes: Json, *, editor: str | None) -> Json:
        """Replace parts of a message; a key that is None goes."""
        with self._state.lock:
            merged = {key: value for key, value in {**old, **changes}.items() if value is not None}
            if editor is not None:
                merged["edited"] = {"user": editor, "ts": f"{self._state.new_ts()[:-6]}000000"}
            self._state.put_message(channel, merged)
        self._show("message_changed", channel, merged)
        self._tell_hidden("message_changed", channel, {"message": public(merged), "previous_message": public(old)})
        return merged

    def delete(self, channel: str, old: Json) -> None:
        """Remove a message; a parent with replies leaves a tombstone, as in Slack."""
        with self._state.lock:
            if old.get("reply_count"):
                kept = ("type", "ts", "thread_ts", "reply_count", "reply_users", "reply_users_count", "latest_reply")
                tomb = {key: old[key] for key in kept if key in old}
                tomb |= {"subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}
                self._state.put_message(channel, tomb)
                self._show("message_changed", channel, tomb)
            else:
                self._state.drop_message(channel, old["ts"])
                self._show("message_deleted", channel, old)
            if (thread := old.get("thread_ts")) and thread != old["ts"]:
                self._count_reply(channel, thread)
        self._tell_hidden("message_deleted", channel, {"deleted_ts": old["ts"], "previous_message": public(old)})

    def whisper(self, channel: str, user: str, message: Json, *, ts: str | None = None) -> Json:
        """Show an ephemeral message to one person, or replace the one they have at `ts`. No app hears of it."""
        message = {"type": "message", **message, "ts": ts or self._state.new_ts()}
        self._state.put_message(channel, message, recipient=user)
        shown = {**message, "channel": channel, "is_ephemeral": True}
        self._live.push([user], {"type": "ephemeral", "channel": channel, "message": shown})
        return message

    def hush(self, channel: str, user: str, ts: str) -> None:
        """Take an ephemeral message away."""
        self._state.drop_message(channel, ts)
        self._live.push([user], {"type": "message_deleted", "channel": channel, "ts": ts})

    def react(self, channel: str, ts: str, user: str, name: str, *, remove: bool = False) -> None:
        """Add or take back a reaction; raises what Slack answers when there is nothing to do."""
        with self._state.lock:
            message = self._state.message(channel, ts)
            if message is None:
                raise SlackError("message_not_found")
            reactions = {each["name"]: list(each["users"]) for each in message.get("reactions", [])}
            _toggle(reactions, name, user, remove=remove)
            shown = [{"name": key, "users": users, "count": len(users)} for key, users in reactions.items() if users]
            message = {**message, "reactions": shown}
            self._state.put_message(
                channel, message if shown else {k: v for k, v in message.items() if k != "reactions"}
            )
        self._live.push(
            self._state.members(channel), {"type": "reaction", "channel": channel, "ts": ts, "reactions": shown}
        )
        event: Json = {"type": f"reaction_{'removed' if remove else 'added'}", "user": user, "reaction": name}
        item = {"type": "message", "channel": channel, "ts": ts}
        event |= {"item": item, "item_user": message.get("user"), "event_ts": self._state.new_ts()}
        self._events.in_channel(channel, event)

    def unread(self, user: str, channel: str) -> Json:
        """How much a person has not read in a channel."""
        since = self._state.read_up_to(user, channel)
        new = [each for each in self._state.messages(channel, after=since) if each.get("user") != user]
        mentions = sum(f"<@{user}" in each.get("text", "") for each in new)
        latest = self._state.messages(channel, limit=1)
        newest = latest[0]["ts"] if latest else ""
        return {"unread": len(new), "mentions": mentions, "latest": newest, "last_read": since}

    def _count_reply(self, channel: str, thread: str) -> None:
        parent = self._state.message(channel, thread)
        if parent is None:
            return
        replies = [each for each in self._state.messages(channel, thread=thread, limit=10_000) if each["ts"] != thread]
        users = list(dict.fromkeys(each["user"] for each in replies if each.get("user")))
        counts = {"reply_count": len(replies), "reply_users": users, "reply_users_count": len(users)}
        latest = {"thread_ts": thread, "latest_reply": replies[-1]["ts"]} if replies else {}
        parent = {**parent, **counts, **latest}
        self._state.put_message(channel, parent)
        self._show("message_changed", channel, parent)

    def _show(self, kind: str, channel: str, message: Json) -> None:
        event: Json = {"type": kind, "channel": channel}
        event |= {"ts": message["ts"]} if kind == "message_deleted" else {"message": {**message, "channel": channel}}
        self._live.push(self._state.members(channel), event)

    def _tell_hidden(self, subtype: str, channel: str, what: Json) -> None:
        event = {"type": "message", "subtype": subtype, "hidden": True, **what, "ts": self._state.new_ts()}
        self._events.message(channel, event)

    def _tell_unread(self, channel: str, *, but: str) -> None:
        people = [each for each in self._state.members(channel) if each != but and self._live.watches(each)]
        for user in people:
            self._live.push([user], {"type": "unread", "channels": {channel: self.unread(user, channel)}})


def public(message: Json) -> Json:
    """A message without what only `include_all_metadata` shows."""
    return {key: value for key, value in message.items() if key not in HIDDEN}


def _toggle(reactions: dict[str, list[str]], name: str, user: str, *, remove: bool) -> None:
    users = reactions.setdefault(name, [])
    if remove and user not in users:
        raise SlackError("no_reaction")
    if not remove and user in users:
        raise SlackError("already_reacted")
    users.remove(user) if remove else users.append(user)
