"""The workspace as it stands: users, channels, messages, Homes, files. One SQLite database, in memory or in a file."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.demo.slack.errors import Json
from bot.demo.slack.seed import Seed, SeedApp, SeedChannel, SeedPerson

_TABLES = """
CREATE TABLE IF NOT EXISTS document (kind TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS member (channel TEXT, user TEXT, PRIMARY KEY (channel, user)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (
    channel TEXT, ts TEXT, thread_ts TEXT NOT NULL, recipient TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (channel, ts)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS message_by_thread ON message (channel, thread_ts, ts);
CREATE TABLE IF NOT EXISTS reading (
    user TEXT, channel TEXT, ts TEXT NOT NULL, PRIMARY KEY (user, channel)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS content (id TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
"""
_IN_CHANNEL = """
SELECT body, recipient FROM message WHERE channel = ? AND ts > ? AND ts < ? AND recipient IN ('', ?)
AND (thread_ts = '' OR thread_ts = ts OR json_extract(body, '$.subtype') = 'thread_broadcast')
ORDER BY ts DESC LIMIT ?
"""
_IN_THREAD = """
SELECT body, recipient FROM message WHERE channel = ? AND ts > ? AND ts < ? AND recipient IN ('', ?)
AND (thread_ts = ? OR ts = ?) ORDER BY ts DESC LIMIT ?
"""
VERSION = 1
COLOURS = ("9f69e7", "4bbe2e", "e7392d", "3c989f", "674b1b", "e96699", "235e5b", "d58247")


class State:
    """Every method is one step that other threads see whole; several are made one with `with state.lock`."""

    def __init__(self, path: Path | None, seed: Seed, now: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self.now = now
        self.seed = seed
        self.apps: dict[str, SeedApp] = {app.id: app for app in seed.apps}
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._refuse_other_version(path)
        self._database.executescript(_TABLES)
        self._database.execute(f"PRAGMA user_version = {VERSION}")
        self._last_tick = self._newest_tick()
        with self._writing():
            self._plant(seed)

    def close(self) -> None:
        with self.lock:
            self._database.close()

    # Documents: anything small that is found by its id.

    def document(self, kind: str, key: str) -> Json | None:
        row = self._row("SELECT body FROM document WHERE kind = ? AND id = ?", kind, key)
        return json.loads(row[0]) if row else None

    def documents(self, kind: str) -> list[Json]:
        return [
            json.loads(body) for (body,) in self._rows("SELECT body FROM document WHERE kind = ? ORDER BY id", kind)
        ]

    def put(self, kind: str, key: str, body: Json) -> None:
        self._run("INSERT OR REPLACE INTO document VALUES (?, ?, ?)", kind, key, json.dumps(body))

    def drop(self, kind: str, key: str) -> None:
        self._run("DELETE FROM document WHERE kind = ? AND id = ?", kind, key)

    # Users and channels.

    @property
    def team(self) -> Json:
        return {"id": self.seed.team_id, "name": self.seed.name, "domain": self.seed.domain}

    def user(self, user: str) -> Json | None:
        return self.document("user", user)

    def users(self) -> list[Json]:
        return self.documents("user")

    def channel(self, channel: str) -> Json | None:
        return self.document("channel", channel)

    def channels(self) -> list[Json]:
        return self.documents("channel")

    def channel_named(self, name: str) -> Json | None:
        """Find a channel by its name, with or without the #."""
        wanted = name.removeprefix("#")
        return next((each for each in self.channels() if wanted and each.get("name") == wanted), None)

    def members(self, channel: str) -> list[str]:
        return [user for (user,) in self._rows("SELECT user FROM member WHERE channel = ? ORDER BY user", channel)]

    def channels_of(self, user: str) -> list[str]:
        return [each for (each,) in self._rows("SELECT channel FROM member WHERE user = ? ORDER BY channel", user)]

    def is_member(self, channel: str, user: str) -> bool:
        return self._row("SELECT 1 FROM member WHERE channel = ? AND user = ?", channel, user) is not None

    def join(self, channel: str, user: str) -> None:
        self._run("INSERT OR IGNORE INTO member VALUES (?, ?)", channel, user)

    def leave(self, channel: str, user: str) -> None:
        self._run("DELETE FROM member WHERE channel = ? AND user = ?", channel, user)

    def direct_message(self, users: Iterable[str]) -> tuple[Json, bool]:
        """Return the direct message of these users, and whether it had to be opened."""
        members = sorted(set(users))
        kind = "D" if len(members) <= 2 else "G"
        name = "" if kind == "D" else f"mpdm-{'--'.join(each.lower() for each in members)}-1"
        key = f"{kind}0{'X'.join(each.removeprefix('U0') for each in members)}"
        with self.lock, self._writing():
            found = self.channel(key)
            if found is None:
                self.put("channel", key, {**channel_document(key, name, self.now()), **_direct(kind)})
                for each in members:
                    self.join(key, each)
            return self.channel(key) or {}, found is None

    # Messages. An ephemeral one has a recipient; every other one has none.

    def new_ts(self) -> str:
        """A timestamp that no other message, action or event of this workspace has."""
        with self.lock:
            self._last_tick = max(self._last_tick + 1, int(self.now() * 1_000_000))
            return f"{self._last_tick // 1_000_000}.{self._last_tick % 1_000_000:06d}"

    def put_message(self, channel: str, message: Json, *, recipient: str = "") -> None:
        thread = message.get("thread_ts", "")
        values = (channel, message["ts"], thread, recipient, json.dumps(message))
        self._run("INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?)", *values)

    def message(self, channel: str, ts: str, *, recipient: str = "") -> Json | None:
        sql = "SELECT body FROM message WHERE channel = ? AND ts = ? AND recipient = ?"
        row = self._row(sql, channel, ts, recipient)
        return json.loads(row[0]) if row else None

    def drop_message(self, channel: str, ts: str) -> None:
        self._run("DELETE FROM message WHERE channel = ? AND ts = ?", channel, ts)

    def messages(
        self, channel: str, *, thread: str | None = None, after: str = "", before: str = "~", limit: int = 200
    ) -> list[Json]:
        """The newest `limit` messages between the bounds (both exclusive), oldest first.

        Without `thread`, those of the channel: no replies, but for those also sent to the channel.
        """
        return [body for body, _ in self._messages(channel, thread, (after, before), limit, user="")]

    def messages_for(self, user: str, channel: str, thread: str | None, before: str, limit: int) -> list[Json]:
        """What this user sees: as `messages`, with the ephemeral ones meant for them marked."""
        found = self._messages(channel, thread, ("", before), limit, user=user)
        return [{**body, "is_ephemeral": True} if recipient else body for body, recipient in found]

    def read_up_to(self, user: str, channel: str) -> str:
        row = self._row("SELECT ts FROM reading WHERE user = ? AND channel = ?", user, channel)
        return str(row[0]) if row else ""

    def mark_read(self, user: str, channel: str, ts: str) -> None:
        self._run("INSERT OR REPLACE INTO reading VALUES (?, ?, ?)", user, channel, ts)

    # Files.

    def put_content(self, key: str, content: bytes) -> None:
        self._run("INSERT OR REPLACE INTO content VALUES (?, ?)", key, content)

    def content(self, key: str) -> bytes | None:
        row = self._row("SELECT bytes FROM content WHERE id = ?", key)
        return bytes(row[0]) if row else None

    # Below: SQLite.

    def _messages(
        self, channel: str, thread: str | None, between: tuple[str, str], limit: int, *, user: str
    ) -> list[tuple[Json, str]]:
        bounds = (channel, *between, user)
        if thread is None:
            rows = self._rows(_IN_CHANNEL, *bounds, limit)
        else:
            rows = self._rows(_IN_THREAD, *bounds, thread, thread, limit)
        return [(json.loads(body), recipient) for body, recipient in reversed(rows)]

    def _refuse_other_version(self, path: Path | None) -> None:
        (version,) = self._row("PRAGMA user_version") or (0,)
        (tables,) = self._row("SELECT count(*) FROM sqlite_master") or (0,)
        if tables and version != VERSION:
            self._database.close()
            raise ValueError(f"{path} is not a workspace that this version made; delete it to start anew")

    def _newest_tick(self) -> int:
        (newest,) = self._row("SELECT max(ts) FROM message") or (None,)
        seconds, _, micros = str(newest or "0.000000").partition(".")
        return int(seconds) * 1_000_000 + int(micros)

    def _plant(self, seed: Seed) -> None:
        for number, person in enumerate(seed.people):
            self._put_new("user", person.id, _user(seed, person, COLOURS[number % len(COLOURS)]))
        for app in seed.apps:
            self._put_new("user", app.bot_user_id, _bot_user(seed, app))
        for channel in seed.channels:
            if self.channel(channel.id) is None:
                self._plant_channel(seed, channel)
        for app in seed.apps:
            for channel in (each for each in seed.channels if app.name in each.apps):
                self.join(channel.id, app.bot_user_id)
        ids = {person.name: person.id for person in seed.people}
        for group in seed.groups:
            body = {"id": group.id, "team_id": seed.team_id, "handle": group.handle, "name": group.name}
            self._put_new("usergroup", group.id, {**body, "users": [ids[each] for each in group.members]})

    def _plant_channel(self, seed: Seed, channel: SeedChannel) -> None:
        body = channel_document(channel.id, channel.name, self.now(), topic=channel.topic)
        private = {"is_private": True} if channel.is_private else {}
        self.put("channel", channel.id, {**body, **private, "is_archived": channel.is_archived})
        for person in seed.people:
            if channel.members is None or person.name in channel.members:
                self.join(channel.id, person.id)

    def _put_new(self, kind: str, key: str, body: Json) -> None:
        self._run("INSERT OR IGNORE INTO document VALUES (?, ?, ?)", kind, key, json.dumps(body))

    def _run(self, sql: str, *values: object) -> None:
        with self.lock:
            self._database.execute(sql, values)

    def _row(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        with self.lock:
            found: tuple[Any, ...] | None = self._database.execute(sql, values).fetchone()
            return found

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.lock:
            return self._database.execute(sql, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self.lock:
            self._database.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def channel_document(key: str, name: str, created: float, *, topic: str = "") -> Json:
    """A public channel as `conversations.info` shows it."""
    return {
        "id": key,
        "name": name,
        "name_normalized": name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": False,
        "is_archived": False,
        "is_general": name == "general",
        "created": int(created),
        "topic": {"value": topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def _direct(kind: str) -> Json:
    return {"is_channel": False, "is_im": kind == "D", "is_mpim": kind == "G", "is_private": True}


def _user(seed: Seed, person: SeedPerson, colour: str) -> Json:
    profile = {"title": person.title, "display_name": person.name, "email": f"{person.name}@{seed.domain}.example"}
    admin = {"is_admin": person.is_admin, "is_owner": person.is_admin}
    return {**_member(seed, person.id, person.name, person.real_name, colour), **admin} | {
        "deleted": person.is_deactivated,
        "profile": {**profile, "real_name": person.real_name, "team": seed.team_id},
    }


def _bot_user(seed: Seed, app: SeedApp) -> Json:
    name = app.name.lower().replace(" ", "_")
    profile = {"real_name": app.name, "api_app_id": app.id, "bot_id": app.bot_id, "team": seed.team_id}
    return {**_member(seed, app.bot_user_id, name, app.name, "1d9bd1"), "is_bot": True, "profile": profile}


def _member(seed: Seed, key: str, name: str, real_name: str, colour: str) -> Json:
    return {
        "id": key,
        "team_id": seed.team_id,
        "name": name,
        "real_name": real_name,
        "color": colour,
        "deleted": False,
        "tz": "Europe/Amsterdam",
        "tz_label": "Central European Time",
        "tz_offset": 3600,
        "is_bot": False,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_app_user": False,
        "updated": 0,
    }
