"""A profile on Threads, as its API tells of it: containers and posts, conversations, mentions, searches, a quota."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graph_server import Asked, Field, GraphError, GraphServer, fields_in, gone, no_permission, shown, time_text

TOKEN = "THAA-token-of-the-profile-91bd"
LONGEST, QUOTA = 500, 1_000


@dataclass
class Entry:
    """A post, or an answer to `parent`."""

    id: str
    username: str
    text: str
    created: datetime
    parent: "Entry | None" = None
    hide_status: str = "NOT_HUSHED"
    likes: int = 0
    quotes: int = 0
    gone: bool = False

    @property
    def root(self) -> "Entry":
        one = self
        while one.parent is not None:
            one = one.parent
        return one


@dataclass
class ThreadsSide:
    """A profile that we speak for. With `holds`, containers are made and never published."""

    account_id: str = "27592315127061581"
    username: str = "harbour"
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    entries: dict[str, Entry] = field(default_factory=dict)
    containers: dict[str, Mapping[str, str]] = field(default_factory=dict)
    used: int = 0
    holds: bool = False
    tells_insights: bool = True
    server: GraphServer = field(init=False)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(18_000_000_000_000_001))

    def write(self, username: str, text: str, parent: Entry | None = None, **fields: Any) -> Entry:
        """Let somebody post or answer, without asking any rule."""
        created = fields.pop("created", None) or datetime.now(UTC)
        made = Entry(str(next(self._numbers)), username, text, created, parent, **fields)
        self.entries[made.id] = made
        return made

    def change(self, entry: Entry, field_name: str = "replies") -> dict[str, Any]:
        """Return what a webhook tells about an entry, flat as Threads' are."""
        value: dict[str, Any] = {"id": entry.id, "username": entry.username, "text": entry.text}
        value |= {"media_type": "TEXT_POST", "permalink": self._permalink(entry), "timestamp": time_text(entry.created)}
        if entry.parent is not None:
            owner = self.account_id if entry.root.username == self.username else "999"
            value |= {"replied_to": {"id": entry.parent.id}}
            value |= {"root_post": {"id": entry.root.id, "owner_id": owner, "username": entry.root.username}}
        now = int(datetime.now(UTC).timestamp())
        head = {"app_id": "1", "topic": "moderate", "target_id": entry.id, "time": now, "subscription_id": "2"}
        return {**head, "has_uid_field": False, "values": {"value": value, "field": field_name}}

    def answer(self, asked: Asked) -> Any:
        found = self._read(asked) if asked.method == "GET" else self._change(asked)
        if found is None:
            raise GraphError(2500, f"Unknown path components: /{'/'.join(asked.parts)}")
        return found

    def _read(self, asked: Asked) -> Any:
        fields = fields_in(asked.query.get("fields", "id"))
        match asked.parts:
            case ("me",):
                return shown("ThreadsUser", {"id": self.account_id, "username": self.username}, fields)
            case self.account_id, "threads_publishing_limit":
                config = {"quota_total": QUOTA, "quota_duration": 86_400}
                return {"data": [{"reply_quota_usage": self.used, "reply_config": config}]}
            case self.account_id, ("threads" | "mentions" | "replies") as edge:
                return self._listed(self._of(edge), asked)
            case ("keyword_search",):
                return self._listed(self._found(asked.query), asked)
            case identity, *edges if identity not in self.containers:
                return self._of_entry(self._there(identity, "get"), edges, asked)
            case (identity,):
                return shown("ThreadsContainer", {"id": identity, "status": "FINISHED", "error_message": None}, fields)
        return None

    def _of_entry(self, entry: Entry, edges: list[str], asked: Asked) -> Any:
        match edges:
            case [("conversation" | "replies") as edge]:
                return self._below(entry, edge, asked)
            case ["insights"]:
                return self._insights(entry, asked.query["metric"])
            case []:
                return self._show(entry, fields_in(asked.query.get("fields", "id")))
        return None

    def _change(self, asked: Asked) -> Any:
        match asked.method, *asked.parts:
            case "POST", self.account_id, "threads":
                return self._make(asked.form)
            case "POST", self.account_id, "threads_publish":
                return self._publish(asked.form.get("creation_id", ""))
            case "DELETE", identity:
                entry = self._there(identity, "delete")
                if entry.username != self.username:
                    raise no_permission("Permissions error")
                entry.gone = True
                return {"success": True, "deleted_id": identity}
        return None

    def _make(self, form: Mapping[str, str]) -> dict[str, Any]:
        text = form.get("text", "")
        if not text.strip() or form.get("media_type") != "TEXT":
            raise GraphError(100, "(#100) The parameter text is required")
        if _counted(text) > LONGEST:
            raise GraphError(100, f"(#100) Param text must be at most {LONGEST} characters long.")
        self._there(form["reply_to_id"], "post")
        identity = str(next(self._numbers))
        self.containers[identity] = form
        publishes = form.get("auto_publish_text") == "true" and not self.holds
        return self._publish(identity) if publishes else {"id": identity}

    def _publish(self, container_id: str) -> dict[str, Any]:
        form = self.containers.pop(container_id, None)
        if form is None:
            raise gone("POST", container_id)
        if self.used >= QUOTA:
            raise GraphError(4, "(#4) Application request limit reached", 2_207_051, is_transient=True)
        self.used += 1
        return {"id": self.write(self.username, form["text"], self.entries[form["reply_to_id"]]).id}

    def _there(self, identity: str, method: str) -> Entry:
        entry = self.entries.get(identity)
        if entry is None or entry.gone:
            raise gone(method, identity)
        return entry

    def _of(self, edge: str) -> list[Entry]:
        own = [one for one in self.entries.values() if one.username == self.username]
        if edge == "mentions":
            named = f"@{self.username}"
            return [one for one in self.entries.values() if named in one.text and one.username != self.username]
        return [one for one in own if (one.parent is None) == (edge == "threads")]

    def _found(self, query: Mapping[str, str]) -> list[Entry]:
        wanted = query["q"] if query.get("search_mode") != "TAG" else f"#{query['q']}"
        return [one for one in self.entries.values() if wanted.casefold() in one.text.casefold()]

    def _listed(self, entries: list[Entry], asked: Asked) -> dict[str, Any]:
        since = int(asked.query.get("since", 0))
        there = [one for one in entries if not one.gone and one.created.timestamp() >= since]
        newest = sorted(there, key=lambda one: (one.created, one.id), reverse=True)
        fields = fields_in(asked.query.get("fields", "id"))
        return self.server.page(newest, lambda one: self._show(one, fields), asked, asked.path)

    def _below(self, above: Entry, edge: str, asked: Asked) -> dict[str, Any]:
        all_below = [one for one in self.entries.values() if one.parent is not None and not one.gone]
        below = [one for one in all_below if (one.root if edge == "conversation" else one.parent) is above]
        ordered = sorted(below, key=lambda one: (one.created, one.id), reverse=asked.query.get("reverse") != "false")
        fields = fields_in(asked.query.get("fields", "id"))
        return self.server.page(ordered, lambda one: self._show(one, fields), asked, asked.path)

    def _insights(self, entry: Entry, metrics: str) -> dict[str, Any]:
        if not self.tells_insights:
            raise GraphError(10, "(#10) Application does not have permission for this action", status=403)
        known = {"likes": entry.likes, "reposts": 0, "quotes": entry.quotes, "replies": 0, "views": 1}
        wanted = metrics.split(",")
        return {"data": [{"name": one, "period": "lifetime", "values": [{"value": known[one]}]} for one in wanted]}

    def _is_answered(self, entry: Entry) -> bool:
        return any(one.parent is entry for one in self.entries.values())

    def _permalink(self, entry: Entry) -> str:
        return f"https://www.threads.com/@{entry.username}/post/{entry.id}"

    def _show(self, entry: Entry, fields: tuple[Field, ...]) -> dict[str, Any]:
        told: dict[str, Any] = {"id": entry.id, "text": entry.text, "username": entry.username}
        told |= {"timestamp": time_text(entry.created), "permalink": self._permalink(entry)}
        told |= {
            "media_type": "TEXT_POST",
            "has_replies": lambda _asked: self._is_answered(entry),
            "hide_status": entry.hide_status,
        }
        told |= {"is_reply": entry.parent is not None, "is_reply_owned_by_me": entry.username == self.username}
        told |= {"root_post": {"id": entry.root.id} if entry.parent else None}
        told |= {"replied_to": {"id": entry.parent.id} if entry.parent else None}
        if entry.parent is None:
            told["is_reply_owned_by_me"] = None
        return shown("ThreadsMedia", told, fields)


def _counted(text: str) -> int:
    """Count characters; what lies beyond the basic plane, where emoji live, counts as its bytes."""
    return sum(len(one.encode()) if re.match("[\U00010000-\U0010ffff]", one) else 1 for one in text)
