"""Bluesky's own development network: its PDS, AppView and moderation service, with Redis and the tests' PostgreSQL."""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

_FOLDER = Path(__file__).parent / "bluesky"
_POST = "app.bsky.feed.post"
_SOME_CID = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq"


class Person:
    """Someone with an account on the network, who writes through the API and not through the connector."""

    def __init__(self, home: str, name: str) -> None:
        self.handle, self.email, self._password = f"{name}.test", f"{name}@example.test", f"the password of {name}"
        self._http = httpx.Client(base_url=f"{home}/xrpc/", timeout=20, trust_env=False)
        account = {"handle": self.handle, "email": self.email, "password": self._password}
        made = self.do("com.atproto.server.createAccount", account)
        self.did: str = made["did"]
        self._http.headers["Authorization"] = f"Bearer {made['accessJwt']}"

    def close(self) -> None:
        self._http.close()

    def do(self, method: str, body: dict[str, Any]) -> Any:
        response = self._http.post(method, json=body)
        assert response.status_code == 200, response.text
        return response.json() if response.content else None

    def ask(self, method: str, **params: Any) -> Any:
        response = self._http.get(method, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def app_password(self) -> str:
        made: str = self.do("com.atproto.server.createAppPassword", {"name": f"Chorus {time.monotonic_ns()}"})[
            "password"
        ]
        return made

    def hide_from_logged_out(self) -> None:
        """Ask not to be shown to people who are not logged in."""
        label = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]}
        profile = {"$type": "app.bsky.actor.profile", "labels": label}
        self.put("app.bsky.actor.profile", "self", profile)

    def post(self, text: str, *, mention: "Person | None" = None, parent: str | None = None, **more: Any) -> str:
        """Write a post, with a facet over the handle of whom it mentions; return its address."""
        record: dict[str, Any] = {"$type": _POST, "text": text, "createdAt": _now(), **more}
        if mention is not None:
            at = text.encode().index(f"@{mention.handle}".encode())
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": mention.did}
            index = {"byteStart": at, "byteEnd": at + len(mention.handle) + 1}
            record["facets"] = [{"index": index, "features": [feature]}]
        if parent is not None:
            record["reply"] = self._answering(parent)
        made: str = self.do("com.atproto.repo.createRecord", {"repo": self.did, "collection": _POST, "record": record})[
            "uri"
        ]
        return made

    def put(self, collection: str, key: str, record: dict[str, Any]) -> None:
        body = {"repo": self.did, "collection": collection, "rkey": key, "record": record, "validate": True}
        self.do("com.atproto.repo.putRecord", body)

    def rewrite(self, uri: str, text: str) -> None:
        """Change a post's record, as no app of Bluesky's does."""
        key = uri.rpartition("/")[2]
        self.put(_POST, key, {**self._record(uri)["value"], "text": text})

    def delete(self, uri: str) -> None:
        body = {"repo": self.did, "collection": _POST, "rkey": uri.rpartition("/")[2]}
        self.do("com.atproto.repo.deleteRecord", body)

    def posts(self) -> list[dict[str, Any]]:
        """The person's posts as their own server has them."""
        found = self.ask("com.atproto.repo.listRecords", repo=self.did, collection=_POST, limit=100)["records"]
        return list(found)

    def sees(self, uri: str) -> bool:
        """Whether the network shows a post by now."""
        return bool(self.ask("app.bsky.feed.getPosts", uris=[uri])["posts"])

    def _answering(self, parent: str) -> dict[str, Any]:
        record = self._record(parent)
        here = {"uri": record["uri"], "cid": record["cid"]}
        return {"root": record["value"].get("reply", {}).get("root", here), "parent": here}

    def _record(self, uri: str) -> dict[str, Any]:
        repo, collection, key = uri.removeprefix("at://").split("/")
        found: dict[str, Any] = self.ask("com.atproto.repo.getRecord", repo=repo, collection=collection, rkey=key)
        return found


@dataclass(frozen=True, slots=True)
class Network:
    """A running network: `home` is the server of all accounts, `app_view` the one that shows everybody's posts."""

    home: str
    app_view: str
    process_id: int

    def take_down(self, uri: str) -> None:
        """Let the moderators remove a post from what is shown."""
        body = {
            "subject": {"$type": "com.atproto.repo.strongRef", "uri": uri, "cid": _SOME_CID},
            "takedown": {"applied": True, "ref": "test"},
        }
        method = f"{self.app_view}/xrpc/com.atproto.admin.updateSubjectStatus"
        response = httpx.post(method, json=body, auth=("admin", "admin-pass"), timeout=20, trust_env=False)
        assert response.status_code == 200, response.text

    def listens_at(self) -> set[str]:
        """The addresses at which the network's process listens, as Linux writes them."""
        links = [one.readlink() for one in Path(f"/proc/{self.process_id}/fd").iterdir()]
        sockets = {str(link).removeprefix("socket:[").rstrip("]") for link in links if "socket:" in str(link)}
        lines = [
            line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()
        ]
        return {line[1].partition(":")[0] for line in lines if line[3] == "0A" and line[9] in sockets}


@contextmanager
def network() -> Iterator[Network]:
    """Start the network, and stop it again."""
    if not (_FOLDER / "node_modules" / ".installed").exists() or shutil.which("redis-server") is None:
        pytest.fail("Bluesky's development network is not installed. Run: tests/servers/install.sh")
    # Not pytest's own folder: PostgreSQL runs as another user, who may not look in there.
    with (
        tempfile.TemporaryDirectory(prefix="chorus-bluesky-", ignore_cleanup_errors=True) as name,
        _postgres(Path(name)) as postgres,
        _redis(Path(name)) as redis,
    ):
        environment = {
            "PATH": os.environ["PATH"],
            "DB_POSTGRES_URL": postgres,
            "DB_POSTGRES_SCHEMA": "bluesky",
            "REDIS_HOST": redis,
            "NODE_ENV": "test",
            "LOG_ENABLED": "false",
            "TMPDIR": name,
        }
        process = subprocess.Popen(
            ["node", "network.mjs"], cwd=_FOLDER, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            yield Network(**_told(process), process_id=process.pid)
        finally:
            _end(process)


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    """Debian's PostgreSQL on a socket of its own: the embedded one has no pg_trgm, which the network's search needs."""
    programs = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
    if programs is None:
        pytest.fail("Debian's PostgreSQL is not installed. Run: tests/servers/install.sh")
    person = _unprivileged(folder)
    data = folder / "postgres"
    make = [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=folder, **person)
    settings = ["listen_addresses=", "fsync=off", f"unix_socket_directories={folder}", "max_connections=200"]
    command = [str(programs / "postgres"), "-D", str(data), *(part for one in settings for part in ("-c", one))]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=folder, **person)
    try:
        eventually((folder / ".s.PGSQL.5432").exists)
        yield f"postgresql://postgres:@/postgres?host={folder}"
    finally:
        # SIGINT: leave now, without waiting for whoever is still connected.
        process.send_signal(signal.SIGINT)
        _end(process)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """PostgreSQL does not run as root: who runs it then, and may write into its folder."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(folder, "postgres", "postgres")
    return {"user": "postgres", "group": "postgres", "extra_groups": []}


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        _end(process)


def _told(process: "subprocess.Popen[bytes]", patience: float = 90) -> dict[str, str]:
    assert process.stdout is not None
    until = time.monotonic() + patience
    while time.monotonic() < until and process.poll() is None:
        if select.select([process.stdout], [], [], 0.5)[0]:
            line = process.stdout.readline()
            if line.startswith(b"{"):
                found: dict[str, str] = json.loads(line)
                return found
    raise AssertionError("Bluesky's development network did not start.")


def _end(process: "subprocess.Popen[bytes]") -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=10)


def eventually(holds: Callable[[], bool], patience: float = 15) -> None:
    """Wait until the network has carried a change through; it does so in its own time."""
    wait = threading.Event()
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, "The network did not carry it through."
        wait.wait(0.05)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
