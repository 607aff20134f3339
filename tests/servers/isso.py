"""A real Isso server, from its package, and people who comment on the pages of its website."""

import json
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from itsdangerous import URLSafeTimedSerializer

_CONFIG = """[general]
dbpath = {folder}/comments.db
host = http://127.0.0.1:{port}/
max-age = {max_age}
latest-enabled = true
[server]
listen = http://127.0.0.1:{port}
trusted-proxies = 127.0.0.1
[moderation]
enabled = {moderated}
[guard]
enabled = {guarded}
ratelimit = 2
[admin]
enabled = true
password = secret
[rss]
base = https://blog.example
"""


class Isso:
    """A running server. `comment` is what visitors do; `visible` what they see."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder
        self._http = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self._cookies: dict[int, str] = {}

    def close(self) -> None:
        self._http.close()

    def comment(self, page: str, text: str, *, parent: int | None = None, author: str = "Maya") -> dict[str, Any]:
        email = f"{author.lower()}@example.org"
        body = {"text": text, "author": author, "email": email, "title": "A page", "parent": parent}
        response = self._http.post("/new", params={"uri": page}, json=body)
        assert response.status_code in (201, 202), response.text
        made: dict[str, Any] = response.json()
        self._cookies[made["id"]] = response.headers["X-Set-Cookie"].partition(";")[0].partition("=")[2]
        self._http.cookies.clear()
        return made

    def edit(self, number: int, text: str) -> None:
        cookie = {"Cookie": f"{number}={self._cookies[number]}"}
        response = self._http.put(f"/id/{number}", json={"text": text, "author": "Maya"}, headers=cookie)
        assert response.status_code == 200, response.text
        self._http.cookies.clear()

    def delete(self, number: int) -> None:
        cookie = {"Cookie": f"{number}={self._cookies[number]}"}
        response = self._http.delete(f"/id/{number}", headers=cookie)
        assert response.status_code == 200, response.text
        self._http.cookies.clear()

    def like(self, number: int) -> None:
        headers = {"X-Forwarded-For": "192.0.2.1", "Content-Type": "application/json"}
        assert self._http.post(f"/id/{number}/like", headers=headers).json()["likes"] == 1

    def moderate(self, number: int, action: str) -> None:
        """Do what the link in the moderators' mail does: its key is signed with the server's own secret."""
        with sqlite3.connect(self._folder / "comments.db") as database:
            (secret,) = database.execute("select value from preferences where key = 'session-key'").fetchone()
        key = URLSafeTimedSerializer(secret).dumps(number)
        response = self._http.post(f"/id/{number}/{action}/{key}")
        assert response.status_code == 200, response.text

    def visible(self, page: str) -> list[dict[str, Any]]:
        """The comments of a page as they were typed, answers below theirs."""
        tree = self._http.get("/", params={"uri": page, "plain": "1"}).json()
        return [one for top in tree["replies"] for one in (top, *top["replies"]) if one["mode"] == 1]


@contextmanager
def running(folder: Path, *, moderated: bool = False, guarded: bool = False, max_age: str = "1h") -> Iterator[Isso]:
    """Run a server with its data in the folder, on the loopback address alone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = {"folder": folder, "port": port, "max_age": max_age}
    flags = {"moderated": json.dumps(moderated), "guarded": json.dumps(guarded)}
    (folder / "isso.cfg").write_text(_CONFIG.format(**settings, **flags))
    command = [str(Path(sys.executable).parent / "isso"), "-c", str(folder / "isso.cfg"), "run"]
    with (folder / "isso.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        server = Isso(f"http://127.0.0.1:{port}", folder)
        try:
            _wait_for(server, process, folder)
            yield server
        finally:
            server.close()
            process.terminate()
            process.wait(timeout=10)


def _wait_for(server: Isso, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{server.url}/config", timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            threading.Event().wait(0.05)
    raise AssertionError(f"Isso did not start.\n{(folder / 'isso.log').read_text(errors='replace')[-2000:]}")
