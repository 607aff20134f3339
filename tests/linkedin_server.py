"""A company's page, as LinkedIn's versioned API tells of it: posts, comments one level deep, roles, its refusals.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/comments-api
"""

import itertools
import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.fault_proxy import Trouble

TOKEN = "AQX-linkedin-token-7c1d"
ORGANIZATION = "urn:li:organization:2414183"
POST = "urn:li:share:6844785523593134080"
HIDDEN_POST = "urn:li:share:6844785523593134081"
LONGEST = 1_250
OLDEST, NEWEST = 202_512, 202_611
_BELOW = re.compile(r"/rest/socialActions/(.+)/comments(?:/(\d+))?")
_URN = re.compile(r"urn:li:comment:\((urn:li:\w+:\d+),(\d+)\)")


@dataclass(frozen=True)
class LinkedInError(Exception):
    """A refusal in LinkedIn's shape."""

    status: int
    code: str
    message: str
    service_code: int = 0

    @property
    def body(self) -> dict[str, Any]:
        return {
            "message": self.message,
            "code": self.code,
            "serviceErrorCode": self.service_code,
            "status": self.status,
        }


NO_TOKEN = LinkedInError(401, "INVALID_ACCESS_TOKEN", "Invalid access token", 65_600)
NOT_ALLOWED = LinkedInError(403, "ACCESS_DENIED", "Not enough permissions to access: socialActions.CREATE", 100)
NOT_THERE = LinkedInError(404, "NOT_FOUND", "The comment could not be found")
TOO_LONG = LinkedInError(400, "FIELD_LENGTH_TOO_LONG", "message.text exceeds the maximum length of 1250")
INVALID = LinkedInError(422, "MISSING_FIELD", "ERROR :: /message :: field is required but not found")
THROTTLED = LinkedInError(
    429, "TOO_MANY_REQUESTS", "Resource level throttle APPLICATION DAY limit for calls to this resource is reached."
)


def trouble(error: LinkedInError, *, status: int = 0) -> Trouble:
    return Trouble(status=status or error.status, body=json.dumps(error.body))


@dataclass
class Comment:
    """A comment; `parent` is the first one of its thread."""

    number: int
    about: str
    actor: str
    text: str
    written: datetime
    changed: datetime
    parent: "Comment | None" = None
    likes: int = 0
    gone: bool = False

    @property
    def urn(self) -> str:
        return f"urn:li:comment:({self.about},{self.number})"

    @property
    def is_there(self) -> bool:
        return not self.gone and (self.parent is None or self.parent.is_there)


class PageSide:
    """A company's page with a post for all and one for some. People write by the methods here; we through the API."""

    def __init__(self) -> None:
        self.comments: dict[str, Comment] = {}
        self._below: dict[str, list[Comment]] = {}
        self.activities = {
            POST: "urn:li:activity:6844785523593134090",
            HIDDEN_POST: "urn:li:activity:6844785523593134091",
        }
        self.replies_with_body = True
        self._numbers = itertools.count(6_636_062_862_760_562_688)
        self._begun = datetime.now(UTC)

    def write(
        self, text: str, *, post: str = POST, below: Comment | None = None, actor: str = "urn:li:person:m1"
    ) -> Comment:
        number = next(self._numbers)
        now = min(self._begun + timedelta(milliseconds=number % 100_000), datetime.now(UTC))
        made = Comment(number, self.activities[post], actor, text, now, now, below)
        if below is not None:
            made.about = below.about
        self.comments[made.urn] = made
        self._below.setdefault(made.about if below is None else below.urn, []).append(made)
        return made

    def change(self, urn: str, text: str) -> None:
        comment = self.comments[urn]
        comment.text, comment.changed = text, max(datetime.now(UTC), comment.written) + timedelta(seconds=1)

    def below(self, urn: str) -> list[Comment]:
        return [one for one in self._below.get(self.activities.get(urn, urn), ()) if one.is_there]


class LinkedInServer:
    """LinkedIn's API on this machine."""

    def __init__(self, side: PageSide) -> None:
        self.side = side
        self.asked: list[str] = []
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Bound", (_Handler,), {"linkedin": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def receive(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any, str]:
        """Return status, body, and the id for the header of a thing that was made."""
        with self.lock:
            self.asked.append(f"{method} {target}")
            try:
                self._check(headers)
                parts = urlsplit(target)
                told = json.loads(body) if body else {}
                return self._answer(method, unquote(parts.path), dict(parse_qsl(parts.query)), headers, told)
            except LinkedInError as error:
                return error.status, error.body, ""

    def _check(self, headers: Mapping[str, str]) -> None:
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            raise NO_TOKEN
        version = headers.get("LinkedIn-Version", "0")
        if not OLDEST <= int(version) <= NEWEST:
            raise LinkedInError(426, "NONEXISTENT_VERSION", f"Requested version {version}01 is not active")
        if headers.get("X-Restli-Protocol-Version") != "2.0.0":
            raise LinkedInError(400, "ILLEGAL_ARGUMENT", "Invalid protocol")

    def _answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], told: Mapping[str, Any]
    ) -> tuple[int, Any, str]:
        if path == f"/rest/organizations/{ORGANIZATION.rpartition(':')[2]}":
            return 200, {"id": 2_414_183, "vanityName": "harbour", "localizedName": "Harbour"}, ""
        if path == "/rest/posts" and headers.get("X-RestLi-Method") == "FINDER":
            return 200, self._posts(query), ""
        matched = _BELOW.fullmatch(path)
        if matched is None:
            raise LinkedInError(404, "RESOURCE_NOT_FOUND", f"No root resource defined for path '{path}'")
        if matched[2] is None:
            return (200, self._listed(matched[1], query), "") if method == "GET" else self._create(matched[1], told)
        return self._one(method, matched[1], matched[2], query, headers, told)

    def _posts(self, query: Mapping[str, str]) -> Any:
        if query.get("author") != ORGANIZATION:
            raise NOT_ALLOWED
        rows = [
            {"id": POST, "author": ORGANIZATION, "commentary": "Our lamp", "visibility": "PUBLIC"},
            {"id": HIDDEN_POST, "author": ORGANIZATION, "commentary": "For some", "visibility": "LOGGED_IN"},
        ]
        return {
            "paging": {"start": 0, "count": 10},
            "elements": [one | {"lifecycleState": "PUBLISHED"} for one in rows],
        }

    def _listed(self, urn: str, query: Mapping[str, str]) -> Any:
        if _URN.fullmatch(urn) and not (urn in self.side.comments and self.side.comments[urn].is_there):
            raise NOT_THERE
        rows = self.side.below(urn)
        start, count = int(query.get("start", "0")), int(query.get("count", "10"))
        here = [self.shown(one) for one in rows[start : start + count]]
        return {"paging": {"start": start, "count": count, "links": [], "total": len(rows)}, "elements": here}

    def _create(self, urn: str, told: Mapping[str, Any]) -> tuple[int, Any, str]:
        text = self._text(told)
        if told.get("actor") != ORGANIZATION:
            raise NOT_ALLOWED
        parent = self.side.comments.get(urn)
        if parent is None or not parent.is_there:
            raise NOT_THERE
        if parent.parent is not None or told.get("parentComment") != urn or told.get("object") != parent.about:
            raise LinkedInError(400, "INVALID_VALUE", "Comments can be nested one level deep")
        made = self.side.write(text, below=parent, actor=ORGANIZATION)
        return 201, self.shown(made) if self.side.replies_with_body else None, str(made.number)

    def _one(
        self, method: str, about: str, number: str, query: Mapping[str, str], headers: Mapping[str, str], told: Any
    ) -> tuple[int, Any, str]:
        comment = self.side.comments.get(f"urn:li:comment:({about},{number})")
        if comment is None or not comment.is_there:
            raise NOT_THERE
        if method == "GET":
            return 200, self.shown(comment), ""
        if query.get("actor") != ORGANIZATION or (comment.actor != ORGANIZATION and method == "POST"):
            raise NOT_ALLOWED
        if method == "DELETE":
            comment.gone = True
        elif headers.get("X-RestLi-Method") == "PARTIAL_UPDATE":
            self.side.change(comment.urn, self._text({"message": told["patch"]["message"]["$set"]}))
        return 204, None, ""

    def _text(self, told: Mapping[str, Any]) -> str:
        text = str((told.get("message") or {}).get("text") or "")
        if not text.strip():
            raise INVALID
        if len(text.encode("utf-16-le")) // 2 > LONGEST:
            raise TOO_LONG
        return text

    def shown(self, comment: Comment) -> dict[str, Any]:
        answers: Sequence[Comment] = self.side.below(comment.urn)
        body: dict[str, Any] = {
            "actor": comment.actor,
            "created": {"actor": comment.actor, "time": _thousandths(comment.written)},
            "lastModified": {"actor": comment.actor, "time": _thousandths(comment.changed)},
            "id": str(comment.number),
            "$URN": comment.urn,
            "message": {"attributes": [], "text": comment.text},
            "likesSummary": {"aggregatedTotalLikes": comment.likes, "totalLikes": comment.likes, "selectedLikes": []},
            "object": comment.about,
        }
        if comment.parent is not None:
            body["parentComment"] = comment.parent.urn
        if answers:
            body["commentsSummary"] = {"totalFirstLevelComments": len(answers), "aggregatedTotalComments": len(answers)}
        return body


def _thousandths(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)


class _Handler(BaseHTTPRequestHandler):
    linkedin: LinkedInServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, told, made = self.linkedin.receive(
            self.command, self.path, cast("Mapping[str, str]", self.headers), body
        )
        content = b"" if told is None else json.dumps(told).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        if made:
            self.send_header("x-restli-id", made)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815  names that http.server looks for

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is http.server's
        """Write nothing."""
