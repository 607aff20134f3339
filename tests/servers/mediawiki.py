"""A MediaWiki of the tests' own: Debian's package over SQLite, without any extension, in a subfolder of its host."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from servers import php

_INSTALLED = Path("/usr/share/mediawiki")
_FOLDER = "/w"
_OWNER, _PASSWORD = "Owner", "for tests alone, and long"
_BOT_PASSWORD = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6"
_GRANTS = "basic,editpage,highvolume"
_SETTINGS = """
$wgMainCacheType = CACHE_DB;
$wgSessionCacheType = CACHE_DB;
$wgJobRunRate = 0;
$wgEnableEmail = false;
$wgRateLimits = [];
$wgPasswordAttemptThrottle = [];
$wgShowExceptionDetails = true;
$wgUseInstantCommons = false;
"""


class MediaWiki:
    """The running wiki. `US` is an account with a bot password; Sam is somebody else, who edits as people do."""

    US = "Harbour"

    def __init__(self, url: str, bot_password: str) -> None:
        self.url = url
        self.secrets: Mapping[str, str] = {"bot_username": f"{self.US}@chorus", "bot_password": bot_password}
        self._clients: dict[str, httpx.Client] = {}

    def ask(self, **params: Any) -> Any:
        """Ask something of the API that everybody may."""
        response = httpx.get(f"{self.url}/api.php", params={"format": "json", "formatversion": 2, **params}, timeout=30)
        return response.json()

    def text(self, title: str) -> str:
        """Return the wikitext of a page; nothing when there is none."""
        found = self.ask(action="query", prop="revisions", titles=title, rvprop="content", rvslots="main")
        (page,) = found["query"]["pages"]
        return "" if "missing" in page else str(page["revisions"][0]["slots"]["main"]["content"])

    def page_id(self, title: str) -> int:
        (page,) = self.ask(action="query", titles=title)["query"]["pages"]
        number: int = page["pageid"]
        return number

    def edit(self, title: str, who: str = "Sam", **change: str) -> Any:
        """Let somebody edit a page: `text`, `appendtext`, with `section` and `sectiontitle`; four tildes are signed."""
        client = self._signed_in(who)
        token = self._token(client, "csrf")
        form = {"action": "edit", "title": title, "token": token, "format": "json", **change}
        answer = client.post(f"{self.url}/api.php", data=form).json()
        assert answer.get("edit", {}).get("result") == "Success", answer
        return answer["edit"]

    def delete(self, title: str) -> None:
        """Let the owner delete a page."""
        client = self._signed_in(_OWNER)
        form = {"action": "delete", "title": title, "token": self._token(client, "csrf"), "format": "json"}
        answer = client.post(f"{self.url}/api.php", data=form).json()
        assert "delete" in answer, answer

    def session(self) -> str:
        """Sign in with the bot password, as the connector keeps it: names and values of the cookies."""
        name, password = self.secrets["bot_username"], self.secrets["bot_password"]
        with httpx.Client(timeout=30) as client:
            form = {"action": "login", "lgname": name, "lgpassword": password, "lgtoken": self._token(client, "login")}
            answer = client.post(f"{self.url}/api.php", data={**form, "format": "json"}).json()
            assert answer["login"]["result"] == "Success", answer
            return json.dumps(dict(client.cookies))

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def _signed_in(self, who: str) -> httpx.Client:
        if who not in self._clients:
            client = httpx.Client(timeout=30)
            form = {"action": "clientlogin", "username": who, "password": _PASSWORD, "loginreturnurl": self.url}
            form |= {"logintoken": self._token(client, "login"), "format": "json"}
            answer = client.post(f"{self.url}/api.php", data=form).json()
            assert answer["clientlogin"]["status"] == "PASS", answer
            self._clients[who] = client
        return self._clients[who]

    def _token(self, client: httpx.Client, kind: str) -> str:
        params: dict[str, str] = {"action": "query", "meta": "tokens", "type": kind, "format": "json"}
        tokens = client.get(f"{self.url}/api.php", params=params).json()["query"]["tokens"]
        return str(tokens[f"{kind}token"])


@contextmanager
def running(folder: Path, *, settings: str = "") -> Iterator[MediaWiki]:
    """Install and serve a wiki in an empty folder; takes some seconds."""
    root = folder / "root"
    root.mkdir()
    # The package is served where it lies: what makes it this wiki is the file that the environment names.
    (root / _FOLDER.strip("/")).symlink_to(_INSTALLED)
    settings_file = folder / "LocalSettings.php"
    environment = {"MW_CONFIG_FILE": str(settings_file)}
    port = php.free_port()
    options: tuple[str, ...] = ("--dbtype=sqlite", f"--dbpath={folder}", "--dbname=wiki", f"--scriptpath={_FOLDER}")
    options += (f"--server=http://127.0.0.1:{port}", f"--confpath={folder}", f"--pass={_PASSWORD}")
    php.run("php", _INSTALLED / "maintenance/install.php", *options, "Harbour Wiki", _OWNER)
    with settings_file.open("a") as written:
        written.write(_SETTINGS + settings)
    for name in ("Sam", MediaWiki.US):
        _maintain("createAndPromote.php", name, _PASSWORD, environment=environment)
    _maintain(
        "createBotPassword.php",
        "--appid=chorus",
        f"--grants={_GRANTS}",
        MediaWiki.US,
        _BOT_PASSWORD,
        environment=environment,
    )
    served = php.serving(root, port, folder / "php.log", ready=f"{_FOLDER}/api.php", settings=environment)
    with served as url:
        wiki = MediaWiki(f"{url}{_FOLDER}", _BOT_PASSWORD)
        yield wiki
        wiki.close()


def _maintain(script: str, *arguments: str, environment: Mapping[str, str]) -> None:
    php.run("php", _INSTALLED / "maintenance" / script, *arguments, settings=environment)
