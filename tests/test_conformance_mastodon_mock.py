"""The Mastodon connector passes the kit against a server that others wrote: the package mastodon_mock."""

import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.base import Call, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.mastodon import MastodonConnector

US, SOMEONE = "ada_token", "grace_token"


class Server:
    """A running mastodon_mock with its demo community."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=10)

    def ask(self, method: str, path: str, token: str = SOMEONE, **options: Any) -> Any:
        response = self._http.request(method, path, headers={"Authorization": f"Bearer {token}"}, **options)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, text: str, **fields: str) -> str:
        posted: str = self.ask("POST", "/api/v1/statuses", data={"status": text, **fields})["id"]
        return posted

    def close(self) -> None:
        self._http.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    serve = ["serve", "--demo", "--in-memory", "--host", "127.0.0.1", "--port", str(port), "--log-level", "error"]
    folder: Path = tmp_path_factory.mktemp("mastodon_mock")
    process = subprocess.Popen([sys.executable, "-m", "mastodon_mock", *serve], cwd=folder, stdout=subprocess.DEVNULL)
    server = Server(f"http://127.0.0.1:{port}")
    try:
        _wait_for(server.url, process)
        yield server
    finally:
        server.close()
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/api/v1/instance", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            threading.Event().wait(0.1)
    raise AssertionError("mastodon_mock did not start.")


class MockWorld:
    """mastodon_mock behind a proxy that can lose its answers. We are Ada; Grace speaks to us."""

    connector = MastodonConnector()
    followed = Followed(SourceKind.MENTIONS)
    forbidden: Sequence[Post] = ()
    refusals: Mapping[Fault, Trouble] = {
        Fault.AUTH: Trouble(status=401, body='{"error": "The access token is invalid"}'),
        Fault.GONE: Trouble(status=404, body='{"error": "Record not found"}'),
        Fault.TOO_LONG: Trouble(status=422, body='{"error": "Validation failed: Text is too long (maximum is 500)"}'),
        Fault.RATE_LIMITED: Trouble(status=429, body='{"error": "Too many requests"}', headers={"Retry-After": "30"}),
    }
    cannot: Mapping[Ability, str] = {Ability.PARENT_CHECK: "mastodon_mock takes replies to posts that are gone."}

    def __init__(self, server: Server, proxy: FaultProxy) -> None:
        self._server = server
        self._proxy = proxy
        me = server.ask("GET", "/api/v1/accounts/verify_credentials", US)
        secrets = {"access_token": US}
        self.call = Call(proxy.url, secrets, datetime.now(UTC), account_id=me["id"], handle=me["acct"])

    def make_mention(self, text: str) -> str:
        return self._server.post(f"@{self.call.handle} {text}")

    def make_private_mention(self, text: str) -> str:
        return self._server.post(f"@{self.call.handle} {text}", visibility="direct")

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self.make_mention(texts[0])]
        for text in texts[1:]:
            made.append(self._server.post(text, in_reply_to_id=made[-1]))
        return made

    def edit_parent(self, post_id: str, text: str) -> None:
        self._server.ask("PUT", f"/api/v1/statuses/{post_id}", data={"status": text})

    def delete_parent(self, post_id: str) -> None:
        self._server.ask("DELETE", f"/api/v1/statuses/{post_id}")

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        path = f"/api/v1/accounts/{self.call.account_id}/statuses"
        return [
            Stored(one["id"], _source(one["content"]))
            for one in self._server.ask("GET", path, US, params={"limit": 40})
        ]


def _source(html: str) -> str:
    """Turn this server's simple HTML back into what was written."""
    return unescape(re.sub(r"<[^>]+>", "", re.sub(r"<br ?/?>|</p>", "\n", html)))


class TestMastodonOnMastodonMock(ConnectorConformance):
    @pytest.fixture
    def world(self, server: Server) -> Iterator[MockWorld]:
        with FaultProxy(server.url) as proxy:
            yield MockWorld(server, proxy)
