"""The connector that CONTRIBUTING shows works: it passes the kit against a guestbook on this machine."""

import json
import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from connectors.base import Call, Connector, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble, World

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"
KEY = "reading-key"


def shown() -> str:
    """The first piece of Python in CONTRIBUTING."""
    found = re.search(r"```python\n(.*?)```", CONTRIBUTING.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module", name="example")
def example_fixture() -> ModuleType:
    module = ModuleType("guestbook")
    sys.modules["guestbook"] = module
    exec(compile(shown(), "CONTRIBUTING.md", "exec"), module.__dict__)
    return module


class Guestbook:
    """A website with a guestbook, whose entries are read with a key."""

    def __init__(self) -> None:
        self.entries: list[Any] = []
        book = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = self.headers["Authorization"] == f"Bearer {KEY}"
                body = json.dumps({"entries": book.entries} if known else {"error": "unknown key"}).encode()
                self.send_response(200 if known else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def write(self, text: str) -> str:
        identity = f"e{len(self.entries) + 1}"
        at = datetime.now(UTC).isoformat()
        self.entries.append({"id": identity, "name": "Sam", "text": f"<p>{escape(text)}</p>", "at": at})
        return identity

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


@pytest.fixture(name="guestbook")
def guestbook_fixture() -> Iterator[Guestbook]:
    guestbook = Guestbook()
    yield guestbook
    guestbook.close()


class GuestbookWorld:
    followed = Followed(SourceKind.FEED)
    refusals: ClassVar[Mapping[Fault, Trouble]] = {
        Fault.RATE_LIMITED: Trouble(status=429, headers={"Retry-After": "9"})
    }
    forbidden: Sequence[Post] = ()
    cannot: ClassVar[Mapping[Ability, str]] = {
        Ability.PRIVATE: "A guestbook is open to all.",
        Ability.EDIT_TIME: "A guestbook does not say that an entry was edited.",
    }

    def __init__(self, connector: Connector, guestbook: Guestbook, proxy: FaultProxy) -> None:
        self.connector = connector
        self._guestbook = guestbook
        self._proxy = proxy
        self.call = Call(proxy.url, {"key": KEY}, datetime.now(UTC), account_id="guestbook", handle="guestbook")

    def make_mention(self, text: str) -> str:
        return self._guestbook.write(text)

    def make_private_mention(self, text: str) -> str:
        raise NotImplementedError

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        raise NotImplementedError

    def edit_parent(self, post_id: str, text: str) -> None:
        next(entry for entry in self._guestbook.entries if entry["id"] == post_id)["text"] = escape(text)

    def delete_parent(self, post_id: str) -> None:
        self._guestbook.entries = [entry for entry in self._guestbook.entries if entry["id"] != post_id]

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        return []


class TestGuestbook(ConnectorConformance):
    @pytest.fixture
    def world(self, example: ModuleType, guestbook: Guestbook) -> Iterator[World]:
        with FaultProxy(guestbook.url) as proxy:
            yield GuestbookWorld(example.GuestbookConnector(), guestbook, proxy)


def test_an_entry_that_makes_no_sense_keeps_none_of_its_neighbours_out(
    example: ModuleType, guestbook: Guestbook
) -> None:
    guestbook.write("One")
    guestbook.entries += [{"id": None}, "nonsense", {"id": "x", "name": "Sam", "at": "yesterday"}]
    guestbook.write("Two")
    call = Call(guestbook.url, {"key": KEY}, datetime.now(UTC))
    page = example.GuestbookConnector().fetch(call, Followed(SourceKind.FEED), None)
    assert [post.text for post in page.posts] == ["One", "Two"]
    assert len(page.skipped) == 3


def test_the_example_is_short() -> None:
    assert len([line for line in shown().splitlines() if line.strip()]) <= 60
