"""One request to Plaza's API: who asks, what was sent, what they may read, and how lists are answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request

from bot.demo.plaza.entities import Shapes
from bot.demo.plaza.faults import Faults
from bot.demo.plaza.records import Account, Entry, Span
from bot.demo.plaza.store import Store

Answer = Any
"""What becomes JSON."""

_OPEN = frozenset({"public", "unlisted"})
_MOST = 40


class Refused(Exception):
    """An answer in Mastodon's shape of an error."""

    def __init__(self, status: int, message: str, **more: Answer) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": message, **more}


@dataclass
class Visit:
    """One request: who asks, what was sent, and how to write the answer."""

    request: Request
    store: Store
    faults: Faults
    base: str
    now: datetime
    viewer: Account | None
    sent: Mapping[str, Any]
    headers: dict[str, str]

    @property
    def shapes(self) -> Shapes:
        return Shapes(self.store, self.base, self.viewer)

    def me(self) -> Account:
        if self.viewer is None:
            raise Refused(401, "The access token is invalid")
        return self.viewer

    def text(self, name: str) -> str:
        value = self.sent.get(name, "")
        text = value if isinstance(value, str) else str(value)
        return text.encode("utf-8", "replace").decode()

    def many(self, name: str) -> list[str]:
        query = self.request.query_params
        return query.getlist(f"{name}[]") or query.getlist(name)

    def post(self, name: str = "id") -> Entry:
        """Return the post in the path; raises for one that this viewer cannot read."""
        return self.readable(self.request.path_params[name])

    def readable(self, post_id: str, message: str = "Record not found") -> Entry:
        number = number_in(post_id)
        entry = self.store.entry(number) if number is not None else None
        if entry is None or not self.may_read(entry):
            raise Refused(404, message)
        return entry

    def own_post(self) -> Entry:
        entry = self.post()
        if entry.account.id != self.me().id:
            raise Refused(403, "This action is not allowed")
        return entry

    def may_read(self, entry: Entry) -> bool:
        if not entry.is_live:
            return False
        if entry.visibility in _OPEN:
            return True
        viewer = self.viewer
        return viewer is not None and (viewer.id == entry.account.id or viewer in self.store.mentioned(entry))

    def span(self) -> Span:
        query = self.request.query_params
        bounds = {name: number_in(query.get(name)) for name in ("max_id", "since_id", "min_id")}
        limit = number_in(query.get("limit")) or 20
        return Span(limit=max(1, min(limit, _MOST)), offset=number_in(query.get("offset")) or 0, **bounds)

    def listed(self, ids: list[int], answers: list[Answer], span: Span) -> list[Answer]:
        """Add the Link header by which clients turn pages."""
        if ids:
            here = f"{self.base}{self.request.url.path}"
            links = [f'<{here}?min_id={ids[0]}>; rel="prev"']
            if len(ids) == span.limit:
                links.insert(0, f'<{here}?max_id={ids[-1]}>; rel="next"')
            self.headers["Link"] = ", ".join(links)
        return answers

    def statuses(self, entries: list[Entry], span: Span) -> list[Answer]:
        shapes = self.shapes
        readable = [shapes.status(entry) for entry in entries if self.may_read(entry)]
        return self.listed([entry.id for entry in entries], readable, span)


def number_in(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 19 else None
