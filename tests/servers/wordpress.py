"""A WordPress of the tests' own: Debian's package over a MariaDB of its own, in a subfolder of its host."""

import json
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from servers import php

_HERE = Path(__file__).parent
_INSTALLED = Path("/usr/share/wordpress")
_FOLDER = "/blog"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an application password."""

    id: str
    secrets: Mapping[str, str]


class WordPress:
    """The running site; what others do on it goes through its owner, who may write in anybody's name."""

    def __init__(self, url: str, site: Path, told: Mapping[str, Any]) -> None:
        self.url = url
        self.articles: Mapping[str, int] = told["articles"]
        self._site = site
        self._people: Mapping[str, Any] = told["people"]
        owner = self.person("owner").secrets
        self._http = httpx.Client(
            base_url=f"{url}/", timeout=20, auth=(owner["username"], owner["application_password"])
        )

    def person(self, part: str) -> Person:
        """The `owner`, the `moderator` or the `employee`; the last may write, but not moderate."""
        told = self._people[part]
        return Person(str(told["id"]), {name: told[name].strip() for name in ("username", "application_password")})

    def ask(self, method: str, route: str, **options: Any) -> Any:
        """Let the owner ask something of the API."""
        response = self._http.request(method, "", params={"rest_route": route, **options.pop("params", {})}, **options)
        assert response.is_success, response.text
        return response.json()

    def comment(self, text: str, *, article: str = "open", parent: int = 0, **fields: Any) -> int:
        """Let Sam, a visitor, say something."""
        written = {"post": self.articles[article], "parent": parent, "content": text, "status": "approve", **fields}
        sam = {"author_name": "Sam", "author_email": "sam@example.net"}
        identity: int = self.ask("POST", "/wp/v2/comments", json={**sam, **written})["id"]
        return identity

    def import_comments(self, comments: Sequence[Mapping[str, Any]]) -> list[int]:
        """Write many comments at once, in the fields of the database."""
        listed = self._site.parent / "comments.json"
        listed.write_text(json.dumps(list(comments)))
        ids: list[int] = json.loads(php.run("php", _HERE / "wordpress_comments.php", self.url, self._site, listed))
        return ids

    def close(self) -> None:
        self._http.close()


@contextmanager
def running(folder: Path, *, permalinks: str = "/%postname%/") -> Iterator[WordPress]:
    """Install and serve a site in an empty folder; takes some seconds."""
    root = folder / "root"
    root.mkdir()
    site = php.copied(_INSTALLED, root / _FOLDER.strip("/"), without=(".htaccess", "wp-config.php"))
    with _database(folder) as database:
        config = (_HERE / "wordpress_config.php").read_text().replace("%PORT%", str(database))
        (site / "wp-config.php").write_text(config)
        port = php.free_port()
        url = f"http://127.0.0.1:{port}{_FOLDER}"
        told = json.loads(php.run("php", _HERE / "wordpress_provision.php", url, site, permalinks))
        ready = f"{_FOLDER}/?rest_route=/"
        router = _HERE / "wordpress_router.php"
        with php.serving(root, port, folder / "php.log", ready=ready, router=router):
            wordpress = WordPress(url, site, told)
            yield wordpress
            wordpress.close()


@contextmanager
def _database(folder: Path) -> Iterator[int]:
    """Run a MariaDB in the folder; yields its port. It starts with nothing of this machine's configuration."""
    data, socket, port = folder / "data", folder / "mariadb.sock", php.free_port()
    user = ("--user=root",)
    authentication = "--auth-root-authentication-method=normal"
    php.run("mariadb-install-db", "--no-defaults", f"--datadir={data}", *user, authentication, "--skip-test-db")
    options = (f"--datadir={data}", f"--socket={socket}", f"--port={port}", "--bind-address=127.0.0.1")
    # Nothing in it needs to survive a power cut.
    light = ("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--performance-schema=off")
    server = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
    log = folder / "mariadb.log"
    with php.started(server, "--no-defaults", *options, *user, *light, "--skip-log-bin", log=log) as process:
        until = time.monotonic() + 60
        while not socket.exists():
            assert process.poll() is None, log.read_text(errors="replace")[-2_000:]
            assert time.monotonic() < until, "MariaDB did not start."
            threading.Event().wait(0.05)
        made = (
            "create database wordpress character set utf8mb4; "
            "create user wordpress@'127.0.0.1' identified by 'wordpress'; "
            "grant all on wordpress.* to wordpress@'127.0.0.1'; "
            "create user wordpress@localhost identified by 'wordpress'; "
            "grant all on wordpress.* to wordpress@localhost;"
        )
        php.run("mariadb", "--no-defaults", f"--socket={socket}", "--user=root", "-e", made)
        yield port
