"""A small server in Bluesky's documented shapes: sessions that end, a repository under keys, and what is shown of it.

It refuses what Bluesky refuses, in Bluesky's words; where it differs, `test_servers_bluesky.py` finds out.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import regex

POST = "app.bsky.feed.post"

Answer = tuple[int, Any]


@dataclass
class Account:
    """Someone with an account. `labels` are those that they put on themselves."""

    did: str
    handle: str
    email: str
    password: str
    labels: list[str] = field(default_factory=list)
    active: bool = True


@dataclass
class Record:
    """A post as it is stored, and whether the network shows it."""

    uri: str
    value: dict[str, Any]
    indexed_at: datetime
    is_shown: bool = True
    replies_closed: bool = False
    likes: int = 0

    @property
    def cid(self) -> str:
        digest = hashlib.sha256(json.dumps(self.value, sort_keys=True).encode()).digest()
        return "bafyrei" + base64.b32encode(digest).decode().lower().rstrip("=")

    @property
    def did(self) -> str:
        return self.uri.split("/")[2]

    @property
    def parent(self) -> str | None:
        found: str | None = self.value.get("reply", {}).get("parent", {}).get("uri")
        return found


class BlueskyServer:
    """A server of the network on the loopback. `lifetime` is how long a session's first token is good."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.records: dict[str, Record] = {}
        self.asked: list[str] = []
        self.lifetime = timedelta(hours=2)
        self.revoked: set[str] = set()
        self.headers: dict[str, str] = {}
        self.page = 100
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Bound", (_Handler,), {"network": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def person(self, name: str, *labels: str) -> Account:
        did = f"did:plc:{hashlib.sha256(name.encode()).hexdigest()[:24]}"
        person = Account(did, f"{name}.test", f"{name}@mail.example", f"abcd-efgh-{name}", list(labels))
        self.accounts[did] = person
        return person

    def post(
        self, author: Account, text: str, *, mention: Account | None = None, parent: str | None = None, **more: Any
    ) -> str:
        """Let somebody write; return the post's address."""
        with self._lock:
            number = next(self._numbers)
        at = datetime.now(UTC) + timedelta(milliseconds=number)
        value: dict[str, Any] = {"$type": POST, "text": text, "createdAt": at.isoformat(), **more}
        if mention is not None:
            feature = {"$type": "app.bsky.richtext.facet#mention", "did": mention.did}
            value["facets"] = [{"index": {"byteStart": 0, "byteEnd": 1}, "features": [feature]}]
        if parent is not None:
            answered = self.records[parent]
            here = {"uri": parent, "cid": answered.cid}
            value["reply"] = {"root": answered.value.get("reply", {}).get("root", here), "parent": here}
        uri = f"at://{author.did}/{POST}/3k{number:011d}"
        self.records[uri] = Record(uri, value, at)
        return uri

    def of(self, author: Account) -> list[Record]:
        return [one for one in self.records.values() if one.did == author.did]

    def answer(self, method: str, ask: Mapping[str, list[str]], body: Any, token: str) -> Answer:
        """Answer one request."""
        self.asked.append(method)
        name = method.rpartition(".")[2]
        if name == "createSession":
            return self._create_session(body)
        us = self._bearer(token, "refresh" if name == "refreshSession" else "access")
        if isinstance(us, tuple):
            return us
        methods: Mapping[str, Callable[[Account, Mapping[str, list[str]], Any], Answer]] = {
            "refreshSession": lambda us, _ask, _body: (200, self._session(us)),
            "getSession": self._get_session,
            "putRecord": self._put,
            "deleteRecord": self._delete,
            "getRecord": self._get_record,
            "getPosts": self._get_posts,
            "getPostThread": self._thread_of,
            "listNotifications": self._notifications,
            "searchPosts": self._search,
            "getAuthorFeed": self._author_feed,
            "getListFeed": self._everybody_s_feed,
            "getFeed": self._everybody_s_feed,
            "resolveHandle": self._resolve,
        }
        if name not in methods:
            return 404, {"error": "XRPCNotSupported", "message": "XRPCNotSupported"}
        return methods[name](us, ask, body)

    def _create_session(self, body: Any) -> Answer:
        for one in self.accounts.values():
            if body["identifier"] in (one.handle, one.email, one.did) and body["password"] == one.password:
                return 200, self._session(one)
        return problem(401, "AuthenticationRequired", "Invalid identifier or password")

    def _session(self, us: Account) -> dict[str, Any]:
        tokens = {"accessJwt": self._token(us, "access"), "refreshJwt": self._token(us, "refresh")}
        return {"did": us.did, "handle": us.handle, "active": us.active, **tokens}

    def _token(self, us: Account, scope: str) -> str:
        ends = datetime.now(UTC) + (self.lifetime if scope == "access" else timedelta(days=90))
        payload = {"sub": us.did, "scope": scope, "exp": int(ends.timestamp()), "jti": str(next(self._numbers))}
        parts = ({"typ": "at+jwt", "alg": "HS256"}, payload, {"signed": True})
        return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts)

    def _bearer(self, token: str, scope: str) -> Account | Answer:
        try:
            segment = token.split(".")[1]
            payload = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
            us = self.accounts[payload["sub"]]
        except (IndexError, ValueError, KeyError):
            return problem(400, "InvalidToken", "Token could not be verified")
        if payload["exp"] < datetime.now(UTC).timestamp() or token in self.revoked or payload["scope"] in self.revoked:
            return problem(400, "ExpiredToken", "Token has expired")
        return us if payload["scope"] == scope else problem(400, "InvalidToken", "Bad token scope")

    def _get_session(self, us: Account, _ask: Any, _body: Any) -> Answer:
        status = {} if us.active else {"status": "takendown"}
        return 200, {"did": us.did, "handle": us.handle, "active": us.active, **status}

    def _put(self, us: Account, _ask: Any, body: Any) -> Answer:
        text = body["record"]["text"]
        stored, graphemes = len(text.encode()), len(regex.findall(r"\X", text))
        if stored > 3000:
            return invalid(f"string too big (maximum 3000, got {stored}) at $.record.text")
        if graphemes > 300:
            return invalid(f"grapheme too big (maximum 300, got {graphemes}) at $.record.text")
        uri = f"at://{us.did}/{body['collection']}/{body['rkey']}"
        before, made = self.records.get(uri), Record(uri, body["record"], datetime.now(UTC))
        if before is not None and before.value != made.value and "swapRecord" in body:
            return problem(400, "InvalidSwap", f"Record was at {before.cid}")
        self.records[uri] = before if before is not None and before.value == made.value else made
        return 200, {"uri": uri, "cid": made.cid, "validationStatus": "valid"}

    def _delete(self, us: Account, _ask: Any, body: Any) -> Answer:
        self.records.pop(f"at://{us.did}/{body['collection']}/{body['rkey']}", None)
        return 200, {}

    def _get_record(self, _us: Account, ask: Mapping[str, list[str]], _body: Any) -> Answer:
        uri = f"at://{ask['repo'][0]}/{ask['collection'][0]}/{ask['rkey'][0]}"
        found = self.records.get(uri)
        if found is None:
            return problem(400, "RecordNotFound", f"Could not locate record: {uri}")
        return 200, {"uri": uri, "cid": found.cid, "value": found.value}

    def _get_posts(self, _us: Account, ask: Mapping[str, list[str]], _body: Any) -> Answer:
        if len(ask["uris"]) > 25:
            return problem(400, "InvalidRequest", "Error: uris must not have more than 25 elements")
        return 200, {"posts": [self.view(self.records[one]) for one in ask["uris"] if self._is_shown(one)]}

    def _thread_of(self, _us: Account, ask: Mapping[str, list[str]], _body: Any) -> Answer:
        uri = ask["uri"][0]
        if not self._is_shown(uri):
            return problem(400, "NotFound", f"Post not found: {uri}")
        node = self._node(uri, int(ask["depth"][0]))
        above, top = self.records[uri].parent, node
        for _ in range(int(ask["parentHeight"][0])):
            if above is None or not self._is_shown(above):
                break
            top["parent"] = {"post": self.view(self.records[above])}
            top, above = top["parent"], self.records[above].parent
        return 200, {"thread": node}

    def _node(self, uri: str, depth: int) -> dict[str, Any]:
        """A post with what answers it, in Bluesky's nested shape; written without recursion."""
        answers: dict[str | None, list[Record]] = {}
        for one in self.records.values():
            answers.setdefault(one.parent, []).append(one)
        first: dict[str, Any] = {"post": self.view(self.records[uri])}
        waiting = [(first, depth)]
        while waiting:
            node, left = waiting.pop()
            below = answers.get(node["post"]["uri"], [])
            node["post"]["replyCount"] = len(below)
            if left > 0:
                node["replies"] = [{"post": self.view(one)} for one in below]
                waiting += [(one, left - 1) for one in node["replies"]]
        return first

    def _notifications(self, us: Account, ask: Mapping[str, list[str]], _body: Any) -> Answer:
        found = [{**self.view(one), "reason": why} for one in self.records.values() if (why := _concerns(one, us))]
        return self._listed("notifications", [one for one in found if one["reason"] in ask["reasons"]], ask)

    def _search(self, _us: Account, ask: Mapping[str, list[str]], _body: Any) -> Answer:
        words = ask["q"][0].casefold()
        found = [self.view(one) for one in self.records.values() if words in one.value["text"].casefold()]
        return self._listed("posts", found, ask)

    def _author_feed(self, _us: Account, ask: Mapping[str, list[str]], _body: Any) -> Answer:
        found = [{"post": self.view(one)} for one in self.records.values() if one.did == ask["actor"][0]]
        return self._listed("feed", found, ask)

    def _everybody_s_feed(self, _us: Account, ask: Mapping[str, list[str]], _body: Any) -> Answer:
        """A list or an offered feed, which here hold all there is, and something that somebody repeats."""
        if not {"list", "feed"} & set(ask):
            return problem(400, "InvalidRequest", 'Error: Params must have the property "feed"')
        found = [{"post": self.view(one)} for one in self.records.values()]
        repeated = [{**one, "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}} for one in found[:1]]
        return self._listed("feed", [*found[1:], *repeated], ask)

    def _resolve(self, _us: Account, ask: Mapping[str, list[str]], _body: Any) -> Answer:
        for one in self.accounts.values():
            if one.handle == ask["handle"][0]:
                return 200, {"did": one.did}
        return problem(400, "InvalidRequest", "Unable to resolve handle")

    def _listed(self, name: str, found: list[Any], ask: Mapping[str, list[str]]) -> Answer:
        """The newest first; the cursor is the place in the list that ends here, counted from its old end."""
        upto = int(ask["cursor"][0]) if "cursor" in ask else len(found)
        since = max(0, upto - min(self.page, int(ask["limit"][0])))
        return 200, {name: found[since:upto][::-1], **({"cursor": str(since)} if since else {})}

    def view(self, record: Record) -> dict[str, Any]:
        author = self.accounts[record.did]
        labels = [{"src": author.did, "uri": author.did, "val": one} for one in author.labels]
        who = {"did": author.did, "handle": author.handle, "displayName": author.handle.title(), "labels": labels}
        return {
            "uri": record.uri,
            "cid": record.cid,
            "author": {**who, "viewer": {"muted": False, "blockedBy": False}},
            "record": record.value,
            "replyCount": sum(one.parent == record.uri for one in self.records.values()) if record.likes else 0,
            "repostCount": 0,
            "likeCount": record.likes,
            "quoteCount": 0,
            "indexedAt": record.indexed_at.isoformat().replace("+00:00", "Z"),
            "viewer": {"replyDisabled": True} if record.replies_closed else {},
            "labels": [],
        }

    def _is_shown(self, uri: str) -> bool:
        return uri in self.records and self.records[uri].is_shown


def problem(status: int, name: str, message: str) -> Answer:
    return status, {"error": name, "message": message}


def invalid(message: str) -> Answer:
    return problem(400, "InvalidRequest", f"Invalid app.bsky.feed.post record: {message}")


def _concerns(record: Record, us: Account) -> str:
    """Why somebody would be told of a post."""
    named = [one.get("did") for facet in record.value.get("facets", []) for one in facet["features"]]
    if record.did == us.did or not record.is_shown:
        return ""
    if us.did in named:
        return "mention"
    return "reply" if (record.parent or "").startswith(f"at://{us.did}/") else ""


class _Handler(BaseHTTPRequestHandler):
    network: BlueskyServer

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        method = parts.path.removeprefix("/xrpc/")
        status, body = self.network.answer(method, parse_qs(parts.query), json.loads(sent) if sent else None, token)
        content = json.dumps(body).encode()
        self.send_response_only(status)
        for name, value in {**self.network.headers, "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _serve  # noqa: N815  names that http.server looks for

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is http.server's
        """Write nothing."""
