"""A local server that answers as Hacker News' search does: hits by date, items as trees, its word for what is gone."""

import json
import re
import time
from dataclasses import dataclass, field
from html import escape
from typing import Any

from small_server import Asked, Given, SmallServer

NOT_FOUND = {"status": 404, "error": "Not Found"}
_BOUND = re.compile(r"created_at_i(>=|<=|>|<|=)(\d+)")


@dataclass
class Item:
    """A story, or a comment below `parent`."""

    number: int
    author: str
    text: str
    at: int
    title: str = ""
    url: str | None = None
    parent: "Item | None" = None
    children: list["Item"] = field(default_factory=list)
    is_gone: bool = False

    @property
    def story(self) -> "Item":
        one = self
        while one.parent is not None:
            one = one.parent
        return one


class HackerNewsServer(SmallServer):
    """Search finds words in titles and texts; as the real one, it shows no more than its first thousand hits."""

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[int, Item] = {}
        self.users = {"harbour_ana", "maya"}

    def story(self, title: str, author: str = "maya", text: str = "", url: str | None = None) -> Item:
        return self._add(Item(self._next(), author, text, int(time.time()), title, url))

    def comment(self, parent: Item, text: str, author: str = "maya") -> Item:
        made = self._add(Item(self._next(), author, text, int(time.time()), parent=parent))
        parent.children.append(made)
        return made

    def answer(self, asked: Asked) -> Given:
        path = asked.path.removeprefix("/api/v1")
        if path == "/search_by_date":
            return _json(200, self._search(asked.params))
        kind, _, name = path.strip("/").partition("/")
        if kind == "users" and name in self.users:
            return _json(200, {"username": name, "about": "", "karma": 12})
        item = self.items.get(int(name)) if kind == "items" and name.isdigit() else None
        return _json(200, tree(item)) if item is not None else _json(404, NOT_FOUND)

    def _search(self, params: Any) -> dict[str, Any]:
        words = params.get("query", "").casefold().split()
        found = [one for one in self.items.values() if not one.is_gone and all(word in _words(one) for word in words)]
        story = re.search(r"story_(\d+)", params.get("tags", ""))
        if story is not None:
            found = [one for one in found if one.story.number == int(story[1])]
        for sign, bound in _BOUND.findall(params.get("numericFilters", "")):
            found = [one for one in found if _holds(one.at, sign, int(bound))]
        found.sort(key=lambda one: (one.at, one.number), reverse=True)
        size, page = int(params.get("hitsPerPage", 20)), int(params.get("page", 0))
        shown = found[:1000][page * size : (page + 1) * size]
        return {"hits": [hit(one) for one in shown], "nbHits": len(found), "page": page, "hitsPerPage": size}

    def _add(self, item: Item) -> Item:
        self.items[item.number] = item
        return item

    def _next(self) -> int:
        return 38_000_000 + len(self.items)


def hit(item: Item) -> dict[str, Any]:
    """An item as a search shows it."""
    common: dict[str, Any] = {
        "objectID": str(item.number),
        "author": item.author,
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(item.at)),
        "created_at_i": item.at,
        "updated_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(item.at)),
        "story_id": item.story.number,
        "_highlightResult": {"author": {"value": item.author, "matchLevel": "none", "matchedWords": []}},
    }
    if item.parent is None:
        kind = {"title": item.title, "url": item.url, "story_text": _html(item.text), "points": 3, "num_comments": 1}
        return {**common, **kind, "_tags": ["story", f"author_{item.author}", f"story_{item.number}"]}
    tags = ["comment", f"author_{item.author}", f"story_{item.story.number}"]
    told = {"comment_text": _html(item.text), "parent_id": item.parent.number, "story_title": item.story.title}
    return {**common, **told, "_tags": tags}


def tree(item: Item) -> dict[str, Any]:
    """An item with all its answers."""
    return {
        "id": item.number,
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(item.at)),
        "created_at_i": item.at,
        "type": "story" if item.parent is None else "comment",
        "author": None if item.is_gone else item.author,
        "title": (item.title or None) if not item.is_gone else None,
        "url": item.url,
        "text": None if item.is_gone else _html(item.text),
        "points": 3 if item.parent is None else None,
        "parent_id": item.parent.number if item.parent else None,
        "story_id": item.story.number,
        "children": [tree(one) for one in item.children],
        "options": [],
    }


def _html(text: str) -> str:
    return escape(text).replace("\n\n", "<p>") if text else ""


def _words(item: Item) -> str:
    return f"{item.title} {item.text}".casefold()


def _holds(at: int, sign: str, bound: int) -> bool:
    return {">=": at >= bound, "<=": at <= bound, ">": at > bound, "<": at < bound, "=": at == bound}[sign]


def _json(status: int, body: Any) -> Given:
    return Given(status, json.dumps(body).encode(), {"Content-Type": "application/json"})
