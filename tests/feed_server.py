"""A small website with a feed: pages that can be changed and taken away, tags that tell whether something changed."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from small_server import Asked, Given, SmallServer


@dataclass
class Entry:
    """A page of the website, and what the feed says of it."""

    url: str
    text: str
    author: str
    written: datetime
    changed: datetime | None = None
    answers: str | None = None


class FeedServer(SmallServer):
    """A website. `newest` is how many entries its feed shows; `body` instead of them is sent as it is."""

    def __init__(self, *, newest: int = 100) -> None:
        super().__init__()
        self.newest = newest
        self.entries: list[Entry] = []
        self.body: bytes | None = None
        self.sends_tags = True
        self.unchanged = 0
        self.redirects: dict[str, str] = {}

    @property
    def feed(self) -> str:
        return f"{self.url}/feed.xml"

    def write(self, text: str, author: str = "Maya Okafor", answers: str | None = None) -> Entry:
        entry = Entry(f"{self.url}/p/{len(self.entries) + 1}", text, author, datetime.now(UTC), answers=answers)
        self.entries.append(entry)
        return entry

    def answer(self, asked: Asked) -> Given:
        if asked.path in self.redirects:
            return Given(302, b"", {"Location": self.redirects[asked.path]})
        if asked.path != "/feed.xml":
            is_there = any(entry.url.endswith(asked.path) for entry in self.entries)
            return Given(200, b"<html>A page</html>") if is_there else Given(404, b"<html>Not found</html>")
        body = self.body if self.body is not None else self.rss()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if self.sends_tags and asked.headers.get("if-none-match") == tag:
            self.unchanged += 1
            return Given(304, b"", {"ETag": tag})
        headers = {"Content-Type": "application/rss+xml"} | ({"ETag": tag} if self.sends_tags else {})
        return Given(200, body, headers)

    def rss(self) -> bytes:
        items = "".join(map(_item, list(reversed(self.entries))[: self.newest]))
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
            'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">'
            f"<channel><title>Harbour readers</title><link>{self.url}</link><description>All of it</description>"
            f"<language>en</language>{items}</channel></rss>"
        ).encode()


def _item(entry: Entry) -> str:
    changed = f"<atom:updated>{entry.changed.isoformat()}</atom:updated>" if entry.changed else ""
    answers = f'<thr:in-reply-to ref="{escape(entry.answers)}"/>' if entry.answers else ""
    html = escape(f"<p>{escape(entry.text)}</p><script>alert(1)</script>")
    return (
        f"<item><title>{escape(entry.text[:40])}</title><link>{entry.url}</link><guid>{entry.url}</guid>"
        f"<dc:creator>{escape(entry.author)}</dc:creator><pubDate>{format_datetime(entry.written)}</pubDate>"
        f"{changed}{answers}<description>{html}</description></item>"
    )
