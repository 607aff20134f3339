"""A local server that answers as Meta's Graph API does: its tokens, proofs, fields, pages, limits and errors.

What stands behind it is a `Side`: a Page on Facebook, an account on Instagram, a profile on Threads.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

APP_SECRET = "app-secret-5f2e9c"
_NAME = re.compile(r"\w+")
_VERSION = re.compile(r"v(\d+)\.\d+")
_OLDEST_VERSION = 21


@dataclass(frozen=True)
class GraphError(Exception):
    """A refusal in Meta's shape."""

    code: int
    message: str
    subcode: int = 0
    status: int = 400
    kind: str = "OAuthException"
    is_transient: bool = False

    @property
    def body(self) -> dict[str, Any]:
        told: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        told |= {"error_subcode": self.subcode} if self.subcode else {}
        return {"error": {**told, "is_transient": self.is_transient, "fbtrace_id": "AbCdEf123"}}


def gone(method: str, identity: str) -> GraphError:
    """What Meta says of an id that leads nowhere, and of one that we may not see."""
    return GraphError(
        100,
        f"Unsupported {method.lower()} request. Object with ID '{identity}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation.",
        33,
        kind="GraphMethodException",
    )


def no_permission(what: str) -> GraphError:
    return GraphError(200, f"(#200) {what}", status=403)


@dataclass(frozen=True)
class Asked:
    """One request, its version and token already looked at."""

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    form: Mapping[str, str]
    path: str = ""


class Side(Protocol):
    """What answers behind the server. `tokens` are those that it takes."""

    tokens: set[str]
    server: "GraphServer"

    def answer(self, asked: Asked) -> Any: ...


@dataclass(frozen=True)
class Field:
    """One field that was asked for, with its modifiers, and the fields within it."""

    name: str
    modifiers: Mapping[str, str] = field(default_factory=dict)
    inner: tuple["Field", ...] = ()


def fields_in(text: str) -> tuple[Field, ...]:
    """Read a list of fields: `id,from{id,name},comments.filter(stream).limit(5){id}`."""
    found, end = _fields(text, 0)
    if end != len(text):
        raise GraphError(2500, f"Syntax error \"Expected end of string instead of '{text[end : end + 1]}'.\"")
    return found


def _fields(text: str, at: int) -> tuple[tuple[Field, ...], int]:
    found: list[Field] = []
    while (named := _NAME.match(text, at)) is not None:
        at = named.end()
        modifiers: dict[str, str] = {}
        while (modifier := re.compile(r"\.(\w+)\(([^()]*)\)").match(text, at)) is not None:
            modifiers[modifier[1]] = modifier[2]
            at = modifier.end()
        inner: tuple[Field, ...] = ()
        if text[at : at + 1] == "{":
            inner, at = _fields(text, at + 1)
            if text[at : at + 1] != "}":
                raise GraphError(2500, "Syntax error \"Expected end of string instead of '{'.\"")
            at += 1
        found.append(Field(named[0], modifiers, inner))
        if text[at : at + 1] != ",":
            return tuple(found), at
        at += 1
    raise GraphError(2500, 'Syntax error "Field name expected"')


def shown(kind: str, node: Mapping[str, Any], asked: Sequence[Field]) -> dict[str, Any]:
    """Return those fields of a node that were asked for; one that its kind has not is an error, as with Meta.

    A value that can be called is an edge: it is given what was asked of it.
    """
    told: dict[str, Any] = {"id": node["id"]}
    for one in asked:
        if one.name not in node:
            raise GraphError(100, f"(#100) Tried accessing nonexisting field ({one.name}) on node type ({kind})")
        value = node[one.name]
        value = value(one) if callable(value) else value
        if isinstance(value, dict) and one.inner and "data" not in value:
            value = {each.name: value[each.name] for each in one.inner if each.name in value}
        if value is not None:
            told[one.name] = value
    return told


def time_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


class GraphServer:
    """The Graph API on this machine. `usage` is what its header tells of the limits that are used up."""

    def __init__(self, side: Side, *, requires_proof: bool = False) -> None:
        self.side = side
        self.requires_proof = requires_proof
        self.usage: dict[str, str] = {}
        self.asked: list[str] = []
        self.lock = threading.RLock()
        side.server = self
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Bound", (_Handler,), {"graph": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.public_url = self.url

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

    def page(self, rows: Sequence[Any], show: Callable[[Any], Any], asked: Asked | Field, path: str) -> dict[str, Any]:
        """Return one page of a list, with a cursor that stays true while the list grows, as Meta's do."""
        wanted = dict(asked.query if isinstance(asked, Asked) else asked.modifiers)
        limit = min(int(wanted.get("limit", 25)), 100)
        start = _start(rows, wanted.get("after", ""))
        here = rows[start : start + limit]
        body: dict[str, Any] = {"data": [show(one) for one in here]}
        if not here:
            return body
        body["paging"] = {"cursors": {"before": _cursor(here[0].id), "after": _cursor(here[-1].id)}}
        if start + limit < len(rows):
            further = urlencode({**wanted, "access_token": "put-here-by-meta", "after": _cursor(here[-1].id)})
            body["paging"]["next"] = f"{self.public_url}{path}?{further}"
        return body

    def receive(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        with self.lock:
            self.asked.append(f"{method} {target}")
            parts = urlsplit(target)
            query, form = dict(parse_qsl(parts.query)), dict(parse_qsl(body.decode()))
            try:
                path = self._checked(parts.path, query, headers)
                return 200, self.side.answer(Asked(method, path, query, form, parts.path))
            except GraphError as error:
                return error.status, error.body

    def delivery(self, body: Mapping[str, Any], secret: str = APP_SECRET) -> tuple[dict[str, str], bytes]:
        """Return a webhook's request, signed as Meta signs."""
        content = json.dumps(body).encode()
        signature = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
        return {"x-hub-signature-256": f"sha256={signature}", "content-type": "application/json"}, content

    def _checked(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, ...]:
        version, *rest = path.strip("/").split("/")
        named = _VERSION.fullmatch(version)
        if named is None:
            raise GraphError(2500, f"Unknown path components: {path}")
        if 1 < int(named[1]) < _OLDEST_VERSION:
            raise GraphError(2635, "(#2635) You are calling a deprecated version of the API.")
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if "access_token" in query or not token:
            raise GraphError(2500, "An active access token must be used to query information about the current user.")
        if token not in self.side.tokens:
            raise GraphError(190, f"Malformed access token {token}")
        proof = hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        given = query.get("appsecret_proof", "" if self.requires_proof else proof)
        if given != proof:
            raise GraphError(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException")
        return tuple(rest)


def _cursor(identity: str) -> str:
    return base64.urlsafe_b64encode(identity.encode()).decode()


def _start(rows: Sequence[Any], after: str) -> int:
    if not after:
        return 0
    try:
        identity = base64.urlsafe_b64decode(after).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise GraphError(100, "(#100) Invalid cursors values") from error
    return next((index + 1 for index, one in enumerate(rows) if one.id == identity), len(rows))


class _Handler(BaseHTTPRequestHandler):
    graph: GraphServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, told = self.graph.receive(self.command, self.path, dict(self.headers.items()), body)
        content = json.dumps(told).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        for name, value in self.graph.usage.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815  names that http.server looks for

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is http.server's
        """Write nothing."""
