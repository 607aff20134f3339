"""What a person sees in Slack and writes there: channels, messages, threads, reactions."""

from urllib.parse import quote

from bot.demo.slack.errors import Json, PersonError, SlackError
from bot.demo.slack.files import Files
from bot.demo.slack.live import Live
from bot.demo.slack.messages import Messages
from bot.demo.slack.seed import SeedApp
from bot.demo.slack.state import State
from bot.demo.slack.text import typed
from bot.demo.slack.views import Views

MAX_TYPED = 12_000


class People:
    """Each method takes the arguments of the `/ui` call of the same name and returns its answer, `ok` aside."""

    def __init__(self, state: State, live: Live, messages: Messages, views: Views, files: Files) -> None:
        self._state = state
        self._live = live
        self._messages = messages
        self._views = views
        self._files = files

    def bootstrap(self, _: Json) -> Json:
        state = self._state
        return {
            "team": state.team,
            "users": [_user(each) for each in state.users() if not each.get("deleted")],
            "channels": [self._channel_shown(each) for each in state.channels()],
            "apps": [_app(each) for each in state.apps.values()],
            "usergroups": [
                {key: each[key] for key in ("id", "handle", "name")} for each in state.documents("usergroup")
            ],
            "links": [{"label": label, "url": url} for label, url in state.seed.links],
        }

    def messages(self, asked: Json) -> Json:
        user, channel = self.person(asked), self.channel(asked)
        thread = asked.get("thread_ts") or None
        limit = min(_number(asked.get("limit"), 100), 500)
        before = str(asked.get("before") or "~")
        found = self._state.messages_for(user, channel["id"], thread, before, limit + 1)
        shown = found[-limit:]
        return {"messages": [self._shown(each, channel["id"]) for each in shown], "has_more": len(found) > limit}

    def unread(self, asked: Json) -> Json:
        user = self.person(asked)
        return {"channels": {each: self._messages.unread(user, each) for each in self._state.channels_of(user)}}

    def home(self, asked: Json) -> Json:
        return {"view": self._views.home(self.person(asked), self.app(asked))}

    def views(self, asked: Json) -> Json:
        return {"views": self._views.stack(self.person(asked))}

    def file(self, asked: Json) -> tuple[str, bytes]:
        """Return the quoted name and the bytes of a file shared where this person can see it."""
        user = self.person(asked)
        document = self._state.document("file", needed(asked, "id")) or {}
        content = self._state.content(document.get("id", ""))
        seen = any(self._state.is_member(each, user) for each in document.get("channels", []))
        if content is None or not (seen or document.get("user") == user):
            raise PersonError("file_not_found", "There is no such file.")
        return quote(document["name"]), content

    def upload(self, user: str, name: str, content: bytes) -> Json:
        """Keep a file that a person chose for a `file_input`."""
        return {"file": self._files.store(name, content, self.person({"user": user}))}

    def message(self, asked: Json) -> Json:
        user, channel = self.person(asked), self.channel(asked)
        if channel.get("is_archived"):
            raise PersonError("is_archived", "This channel is archived.")
        message: Json = {"user": user, **self._typed(asked), "team": self._state.seed.team_id}
        if thread := asked.get("thread_ts"):
            message |= self._reply(channel["id"], str(thread), broadcast=bool(asked.get("reply_broadcast")))
        return {"message": self._shown(self._messages.post(channel["id"], message), channel["id"])}

    def edit(self, asked: Json) -> Json:
        """Say something else in a message of one's own."""
        channel, old = self.channel(asked), self._own(asked)
        changed = self._messages.change(channel["id"], old, self._typed(asked), editor=old["user"])
        return {"message": self._shown(changed, channel["id"])}

    def delete(self, asked: Json) -> Json:
        """Take back a message of one's own."""
        channel = self.channel(asked)
        self._messages.delete(channel["id"], self._own(asked))
        return {}

    def react(self, asked: Json) -> Json:
        user, channel = self.person(asked), self.channel(asked)
        name = needed(asked, "name").strip(":")
        try:
            self._messages.react(channel["id"], needed(asked, "ts"), user, name, remove=bool(asked.get("remove")))
        except SlackError as error:
            raise PersonError(error.code, "That reaction changes nothing.") from error
        return {}

    def read(self, asked: Json) -> Json:
        user, channel = self.person(asked), self.channel(asked)
        self._state.mark_read(user, channel["id"], needed(asked, "ts"))
        unread = {channel["id"]: self._messages.unread(user, channel["id"])}
        self._live.push([user], {"type": "unread", "channels": unread})
        return {}

    def direct_message(self, asked: Json) -> Json:
        user, other = self.person(asked), needed(asked, "with")
        if self._state.user(other) is None:
            raise PersonError("user_not_found", "There is no such person.")
        channel, is_new = self._state.direct_message((user, other))
        shown = self._channel_shown(channel)
        if is_new:
            self._live.push(shown["members"], {"type": "channel", "channel": shown})
        return {"channel": shown}

    def person(self, asked: Json) -> str:
        """The user who asks; bots and deactivated people have no client."""
        user = self._state.user(needed(asked, "user"))
        if user is None or user["is_bot"] or user.get("deleted"):
            raise PersonError("user_not_found", "There is no such person.")
        return str(user["id"])

    def channel(self, asked: Json) -> Json:
        """A channel that the user is in."""
        channel = self._state.channel(needed(asked, "channel"))
        if channel is None or not self._state.is_member(channel["id"], needed(asked, "user")):
            raise PersonError("channel_not_found", "You are not in such a channel.")
        return channel

    def app(self, asked: Json) -> SeedApp:
        app = self._state.apps.get(needed(asked, "app"))
        if app is None:
            raise PersonError("app_not_found", "There is no such app.")
        return app

    def _typed(self, asked: Json) -> Json:
        text = needed(asked, "text").strip()
        if not text or len(text) > MAX_TYPED:
            raise PersonError("invalid_text", f"Write between 1 and {MAX_TYPED:,} characters.")
        mrkdwn, block = typed(text, user_named=self.user_named, channel_named=self.channel_named)
        return {"text": mrkdwn, "blocks": [block]}

    def _own(self, asked: Json) -> Json:
        message = self._state.message(self.channel(asked)["id"], needed(asked, "ts"))
        if message is None:
            raise PersonError("message_not_found", "That message is gone.")
        if message.get("user") != self.person(asked) or message.get("subtype") == "tombstone":
            raise PersonError("cant_update_message", "Only your own messages can be changed.")
        return message

    def _reply(self, channel: str, thread: str, *, broadcast: bool) -> Json:
        parent = self._state.message(channel, thread)
        if parent is None or parent.get("thread_ts", thread) != thread:
            raise PersonError("thread_not_found", "There is no such thread.")
        return {"thread_ts": thread} | ({"subtype": "thread_broadcast"} if broadcast else {})

    def _shown(self, message: Json, channel: str) -> Json:
        shown = {**message, "channel": channel}
        if "files" in message:
            shown["files"] = [{**each, "ui_url": f"/ui/file?id={quote(each['id'])}"} for each in message["files"]]
        return shown

    def _channel_shown(self, channel: Json) -> Json:
        keys = ("id", "name", "is_im", "is_private", "is_archived")
        shown = {key: channel.get(key) for key in keys}
        return shown | {"topic": channel["topic"]["value"], "members": self._state.members(channel["id"])}

    def user_named(self, name: str) -> str | None:
        return next((each["id"] for each in self._state.users() if each["name"] == name.lower()), None)

    def channel_named(self, name: str) -> str | None:
        channel = self._state.channel_named(name)
        return channel["id"] if channel else None


def needed(asked: Json, key: str) -> str:
    """A text that must be there."""
    value = asked.get(key)
    if not isinstance(value, str) or not value:
        raise PersonError("invalid_arguments", f"“{key}” is missing.")
    return value


def _number(value: object, default: int) -> int:
    return int(value) if isinstance(value, str | int) and str(value).isdecimal() and int(value) else default


def _user(user: Json) -> Json:
    keys = ("id", "name", "real_name", "is_bot", "is_admin", "color")
    profile = user["profile"]
    return {key: user[key] for key in keys} | {"title": profile.get("title", ""), "app_id": profile.get("api_app_id")}


def _app(app: SeedApp) -> Json:
    commands = [{"command": c.command, "description": c.description, "usage_hint": c.usage_hint} for c in app.commands]
    shortcuts = [
        {"type": s.type, "callback_id": s.callback_id, "name": s.name, "description": s.description}
        for s in app.shortcuts
    ]
    known = {"id": app.id, "name": app.name, "bot_user_id": app.bot_user_id, "home": app.home}
    return known | {"commands": commands, "shortcuts": shortcuts}
