"""A Page on Facebook, as the Graph API tells of it: its feed, its comments, posts that tag it, and its rules."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graph_server import Asked, Field, GraphError, GraphServer, fields_in, gone, no_permission, shown, time_text

TOKEN = "EAAG-page-token-7c1d"
PERSON_TOKEN = "EAAG-token-of-a-person"
LONGEST = 8_000


@dataclass
class Profile:
    """Somebody on Facebook."""

    id: str
    name: str


@dataclass
class Entry:
    """A post, or a comment below `root`; `parent` is the comment that it answers."""

    id: str
    author: Profile | None
    message: str
    created: datetime
    root: "Entry | None" = None
    parent: "Entry | None" = None
    hidden: bool = False
    private: bool = False
    published: bool = True
    audience: str = "EVERYONE"
    likes: int = 0
    gone: bool = False
    tags: tuple[Profile, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        above = (self.parent, self.root)
        return not self.gone and all(one is None or one.is_there for one in above)


class PageSide:
    """A Page that we speak for. People write by the methods here; we through the API."""

    server: GraphServer

    def __init__(self) -> None:
        self.page = Profile("100200300", "Harbour")
        self.maya = Profile("7001", "Maya Okafor")
        self.tokens = {TOKEN, PERSON_TOKEN}
        self.posts: dict[str, Entry] = {}
        self.tagging: dict[str, Entry] = {}
        self.comments: dict[str, Entry] = {}
        self._numbers = itertools.count(500_001)

    def post(self, author: Profile, message: str, **fields: Any) -> Entry:
        """Let somebody write on the Page, or the Page itself."""
        made = self._entry(f"{self.page.id}_{next(self._numbers)}", author, message, **fields)
        self.posts[made.id] = made
        return made

    def tag(self, author: Profile, message: str, **fields: Any) -> Entry:
        """Let somebody tag the Page in a public post of their own. Facebook does not tell us who."""
        made = self._entry(f"{author.id}_{next(self._numbers)}", None, message, tags=(self.page,), **fields)
        self.tagging[made.id] = made
        return made

    def comment(self, author: Profile | None, message: str, below: Entry, **fields: Any) -> Entry:
        """Let somebody comment below a post or a comment; answers to answers are gathered below the first comment."""
        root = below.root or below
        parent = None if below.root is None else below.parent or below
        identity = f"{root.id.partition('_')[2]}_{next(self._numbers)}"
        made = self._entry(identity, author, message, root=root, parent=parent, **fields)
        self.comments[made.id] = made
        return made

    def find(self, identity: str) -> Entry | None:
        found = self.posts.get(identity) or self.tagging.get(identity) or self.comments.get(identity)
        return found if found is not None and found.is_there else None

    def change(self, entry: Entry, verb: str = "add", field_name: str = "feed") -> dict[str, Any]:
        """Return what a webhook tells about an entry."""
        root = entry.root or entry
        author = entry.author or Profile("", "")
        told: dict[str, Any] = {"item": "status" if entry.root is None else "comment", "verb": verb}
        told |= {"post_id": root.id, "message": entry.message, "created_time": int(entry.created.timestamp())}
        told |= {"from": {"id": author.id, "name": author.name}, "published": int(entry.published)}
        if entry.root is not None:
            told |= {"comment_id": entry.id, "parent_id": (entry.parent or root).id, "is_hidden": entry.hidden}
            told["post"] = {"id": root.id, "permalink_url": f"https://www.facebook.com/{root.id}"}
        now = int(datetime.now(UTC).timestamp())
        return {
            "object": "page",
            "entry": [{"id": self.page.id, "time": now, "changes": [{"field": field_name, "value": told}]}],
        }

    def answer(self, asked: Asked) -> Any:
        match asked.method, *asked.parts:
            case "GET", "me":
                return self._me(asked)
            case "GET", page_id, ("feed" | "tagged") as edge if page_id == self.page.id:
                return self._listed(self.posts if edge == "feed" else self.tagging, asked)
            case "GET", identity, "comments":
                return self._comments(self._there(identity, "get"), asked, asked.path)
            case "GET", identity:
                return self._show(self._there(identity, "get"), fields_in(asked.query.get("fields", "id")))
            case "POST", identity, "comments":
                return self._write(self._there(identity, "post"), asked.form)
            case "POST", identity:
                return self._edit(self._there(identity, "post"), asked.form)
            case "DELETE", identity:
                return self._delete(self._there(identity, "delete"))
        raise GraphError(2500, f"Unknown path components: /{'/'.join(asked.parts)}")

    def _entry(self, identity: str, author: Profile | None, message: str, **fields: Any) -> Entry:
        created = fields.pop("created", None) or datetime.now(UTC)
        return Entry(identity, author, message, created, **fields)

    def _there(self, identity: str, method: str) -> Entry:
        found = self.find(identity)
        if found is None:
            raise gone(method, identity)
        return found

    def _me(self, asked: Asked) -> dict[str, Any]:
        fields = fields_in(asked.query.get("fields", "id,name"))
        name = {"id": self.page.id, "name": self.page.name}
        return shown("Page", {**name, "username": "harbour", "category": "Electronics"}, fields)

    def _listed(self, entries: Mapping[str, Entry], asked: Asked) -> dict[str, Any]:
        newest = sorted((one for one in entries.values() if one.is_there), key=lambda one: one.created, reverse=True)
        fields = fields_in(asked.query.get("fields", "id,message,created_time"))
        return self.server.page(newest, lambda one: self._show(one, fields), asked, asked.path)

    def _comments(self, below: Entry, asked: Asked | Field, path: str) -> dict[str, Any]:
        wanted = asked.query if isinstance(asked, Asked) else asked.modifiers
        fields = fields_in(wanted.get("fields", "id,message")) if isinstance(asked, Asked) else asked.inner
        found = [one for one in self.comments.values() if one.is_there and self._is_below(one, below, wanted)]
        since = int(wanted.get("since", 0))
        ordered = sorted((one for one in found if one.created.timestamp() >= since), key=lambda one: one.created)
        if wanted.get("order") == "reverse_chronological":
            ordered.reverse()
        return self.server.page(ordered, lambda one: self._show(one, fields), asked, path)

    def _is_below(self, one: Entry, below: Entry, wanted: Mapping[str, str]) -> bool:
        if below.root is not None:
            return one.parent is below
        return one.root is below and (wanted.get("filter") == "stream" or one.parent is None)

    def _show(self, entry: Entry, fields: tuple[Field, ...]) -> dict[str, Any]:
        author = None if entry.author is None else {"id": entry.author.id, "name": entry.author.name}
        told: dict[str, Any] = {
            "id": entry.id,
            "message": entry.message,
            "created_time": time_text(entry.created),
            "from": author,
            "permalink_url": f"https://www.facebook.com/{entry.id}",
            "is_hidden": entry.hidden,
            "message_tags": [{"id": one.id, "name": one.name, "type": "page"} for one in entry.tags] or None,
            "comments": lambda one: self._comments(entry, one, f"/v25.0/{entry.id}/comments"),
        }
        if entry.root is None:
            told |= {"story": None, "is_published": entry.published, "privacy": {"value": entry.audience}}
            told |= {"attachments": None}
            return shown("Post", {**told, **entry.extra}, fields)
        told |= {"is_private": entry.private, "like_count": entry.likes, "attachment": None}
        told |= {"object": {"id": entry.root.id}, "parent": {"id": entry.parent.id} if entry.parent else None}
        return shown("Comment", {**told, **entry.extra}, fields)

    def _write(self, below: Entry, form: Mapping[str, str]) -> dict[str, Any]:
        message = form.get("message", "")
        self._check_text(message)
        if below.hidden or below.id in self.tagging:
            raise no_permission("Permissions error")
        mine = [one for one in self.comments.values() if one.author is self.page and one.is_there]
        if mine and mine[-1].message == message and mine[-1].parent is below:
            raise GraphError(506, "Duplicate status message")
        return {"id": self.comment(self.page, message, below).id}

    def _edit(self, entry: Entry, form: Mapping[str, str]) -> dict[str, Any]:
        if entry.author is not self.page:
            raise no_permission("You do not have sufficient permissions to perform this action")
        self._check_text(form.get("message", ""))
        entry.message = form["message"]
        return {"success": True}

    def _delete(self, entry: Entry) -> dict[str, Any]:
        if entry.id in self.tagging:
            raise no_permission("You do not have sufficient permissions to perform this action")
        entry.gone = True
        return {"success": True}

    def _check_text(self, message: str) -> None:
        if not message.strip():
            raise GraphError(100, "(#100) The parameter message is required")
        if len(message.encode("utf-16-le")) // 2 > LONGEST:
            raise GraphError(100, f"(#100) Length of param message must be less than or equal to {LONGEST}")
