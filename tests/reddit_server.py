"""A local server that answers as Reddit's API does: tokens, listings, trees, and refusals inside a 200."""

import base64
import itertools
import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from consent_server import Consents

CLIENT = ("client-id-Zr4", "client-secret-9vK")
LONGEST = 10_000
DEEPEST = 10
"""Levels of a tree that come at once; below them stands a link to go on."""


@dataclass
class Thing:
    """A submission or a comment."""

    name: str
    author: str
    text: str
    subreddit: str
    created: int
    link: str
    parent: str | None = None
    title: str = ""
    edited: int | bool = False
    score: int = 1
    locked: bool = False

    @property
    def bare(self) -> str:
        return self.name[3:]

    @property
    def is_gone(self) -> bool:
        return self.author == "[deleted]"


@dataclass
class RedditServer:
    """Reddit on this machine. `next_comment` says how the next comment is answered: see `_comment`."""

    things: dict[str, Thing] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    private: set[str] = field(default_factory=set)
    requests: list[tuple[str, str]] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    next_comment: str = ""
    remaining: float = 600.0
    resets_in: int = 300
    refresh_answer: tuple[int, Any] | None = None
    consents: Consents = field(default_factory=lambda: Consents(CLIENT, lasts=3600))
    spoil_more: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = field(default=lambda found: found)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(36**5)
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Bound", (_Handler,), {"reddit": self}))
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

    @property
    def comments_sent(self) -> int:
        """How many requests asked for a comment to be made."""
        return self.requests.count(("POST", "api/comment"))

    def person(self, name: str) -> str:
        """Return the id of an account, made on first use."""
        return self.people.setdefault(name, f"t2_{_base36(next(self._numbers))}")

    def refresh_token(self, name: str) -> str:
        return f"refresh-token-of-{name}"

    def submit(self, author: str, title: str, text: str = "", *, subreddit: str = "ereaders", at: int = 0) -> Thing:
        with self._lock:
            self.person(author)
            name = f"t3_{_base36(next(self._numbers))}"
            made = Thing(name, author, text, subreddit, at or _now(), name, title=title)
            self.things[name] = made
            return made

    def comment(self, author: str, text: str, parent: Thing, *, at: int = 0) -> Thing:
        with self._lock:
            self.person(author)
            name = f"t1_{_base36(next(self._numbers))}"
            made = Thing(name, author, text, parent.subreddit, at or _now(), parent.link, parent.name)
            self.things[name] = made
            return made

    def edit(self, name: str, text: str) -> None:
        self.things[name].text, self.things[name].edited = text, _now()

    def delete(self, name: str) -> None:
        """Let an author delete: the thing stays in its tree, without author and text."""
        self.things[name].author = self.things[name].text = "[deleted]"

    def of(self, author: str) -> list[Thing]:
        return [one for one in self.things.values() if one.author == author]

    def answer(self, method: str, path: str, query: dict[str, str], me: str) -> tuple[int, Any]:
        """Route one request whose token was checked."""
        with self._lock:
            self.requests.append((method, path))
            if method == "POST":
                return self._write(path, query, me)
            match path.split("/"):
                case "api", "v1", "me":
                    return 200, {"name": me, "id": self.people[me][3:], "is_suspended": False}
                case "api", "info":
                    known = [self.things[one] for one in query["id"].split(",") if one in self.things]
                    return 200, _listed([self._entity(one) for one in known], None)
                case "comments", article:
                    return self._tree(f"t3_{article}", query)
                case "api", "morechildren":
                    return 200, {"json": {"errors": [], "data": {"things": self.spoil_more(self._more(query))}}}
                case "message", box:
                    return 200, self._inbox(box, query, me)
            found = self._found(path.split("/"), query)
            return (
                (404, {"message": "Not Found", "error": 404}) if found is None else (200, self._listing(found, query))
            )

    def _write(self, path: str, given: dict[str, str], me: str) -> tuple[int, Any]:
        if path == "api/comment":
            return self._comment(given, me)
        if path == "api/editusertext":
            return self._edit(given, me)
        thing = self.things.get(given["id"])
        if thing is not None and thing.author == me:
            self.delete(thing.name)
        return 200, {}

    def _found(self, path: Sequence[str], query: dict[str, str]) -> list[Thing] | None:
        match path:
            case "r", subreddit, kind:
                wanted = "t3" if kind == "new" else "t1"
                return [one for one in self._kind(wanted) if one.subreddit == subreddit]
            case "user", name, "comments":
                return [one for one in self.of(name) if one.parent]
            case ["search"]:
                words = query["q"].casefold()
                return [one for one in self._kind("t3") if words in f"{one.title} {one.text}".casefold()]
        return None

    def token(self, credentials: str, given: Mapping[str, str]) -> tuple[int, Any]:
        """Answer for an access token, or say no as Reddit does."""
        with self._lock:
            self.requests.append(("POST", "api/v1/access_token"))
            if self.refresh_answer is not None:
                return self.refresh_answer
            if credentials != base64.b64encode(":".join(CLIENT).encode()).decode():
                return 401, {"message": "Unauthorized", "error": 401}
            for name in self.people:
                if given.get("refresh_token") == self.refresh_token(name):
                    token = f"access-token-{len(self.tokens)}-of-{name}"
                    self.tokens[token] = name
                    scope = "identity read submit edit"
                    return 200, {
                        "access_token": token,
                        "token_type": "bearer",
                        "expires_in": 86_400,
                        "scope": scope,
                        "refresh_token": given["refresh_token"],
                    }
            return 400, {"message": "Bad Request", "error": 400}

    def _comment(self, given: dict[str, str], me: str) -> tuple[int, Any]:
        how, self.next_comment = self.next_comment, ""
        if how == "ratelimit":
            return 200, _errors("RATELIMIT", "Looks like you've been doing that a lot. Take a break for 9 minutes.")
        parent, text = self.things.get(given.get("thing_id", "")), given.get("text", "")
        if parent is None or parent.is_gone:
            return 200, _errors("DELETED_COMMENT", "that comment has been deleted")
        if parent.locked:
            return 200, _errors("THREAD_LOCKED", "Comments are locked.")
        if parent.subreddit in self.private:
            return 403, {"reason": "private", "message": "Forbidden", "error": 403}
        if len(text) > LONGEST:
            return 200, _errors("TOO_LONG", f"this is too long (max: {LONGEST})")
        if not text.strip():
            return 200, _errors("NO_TEXT", "we need something here")
        made = self.comment(me, text, parent)
        if how == "ratelimit but posted":
            return 200, _errors("RATELIMIT", "Take a break for 3 minutes.", {"id": made.name})
        things = [] if how == "posted but not shown" else [self._entity(made)]
        return 200, {"json": {"errors": [], "data": {"things": things}}}

    def _edit(self, given: dict[str, str], me: str) -> tuple[int, Any]:
        thing = self.things.get(given.get("thing_id", ""))
        if thing is None or thing.author != me:
            return 403, {"message": "Forbidden", "error": 403}
        self.edit(thing.name, given["text"])
        return 200, {"json": {"errors": [], "data": {"things": [self._entity(thing)]}}}

    def _inbox(self, box: str, query: dict[str, str], me: str) -> dict[str, Any]:
        ours = {one.name for one in self.of(me)}
        named = [one for one in self.things.values() if f"u/{me}" in f"{one.title} {one.text}" and one.author != me]
        answers = [one for one in self.things.values() if one.parent in ours and one.author != me and one not in named]
        found = {
            "mentions": named,
            "comments": [one for one in answers if (one.parent or "").startswith("t1")],
            "selfreply": [one for one in answers if (one.parent or "").startswith("t3")],
        }[box]
        listing = self._listing(found, query)
        for one in listing["data"]["children"]:
            one["data"].pop("subreddit_type")
        return listing

    def _kind(self, kind: str) -> list[Thing]:
        return [one for one in self.things.values() if one.name.startswith(kind)]

    def _listing(self, found: Sequence[Thing], query: dict[str, str]) -> dict[str, Any]:
        newest_first = sorted(found, key=lambda one: (one.created, one.name), reverse=True)[:1000]
        names = [one.name for one in newest_first]
        start = 0
        if (after := query.get("after")) is not None:
            start = names.index(after) + 1 if after in names else len(names)  # a deleted anchor brings nothing
        page = newest_first[start : start + int(query.get("limit", 25))]
        more = page[-1].name if page and start + len(page) < len(newest_first) else None
        return _listed([self._entity(one) for one in page], more)

    def _tree(self, link: str, query: dict[str, str]) -> tuple[int, Any]:
        submission = self.things.get(link)
        if submission is None:
            return 404, {"message": "Not Found", "error": 404}
        top = [self.things[f"t1_{query['comment']}"]] if "comment" in query else self._answers(link)
        room = itertools.islice(itertools.count(), int(query.get("limit", 200)))
        children = self._branch(top, link, room, 0)
        return 200, [_listed([self._entity(submission)], None), _listed(children, None)]

    def _branch(self, answers: Sequence[Thing], parent: str, room: Iterable[int], depth: int) -> list[dict[str, Any]]:
        """Show what there is room for, and name the rest."""
        shown: list[dict[str, Any]] = []
        for place, one in enumerate(answers):
            if next(iter(room), None) is None:
                return [*shown, _folded([other.bare for other in answers[place:]], parent)]
            entity = self._entity(one)
            below = self._answers(one.name)
            if below and depth + 1 >= DEEPEST:
                entity["data"]["replies"] = _listed([_folded([], one.name)], None)
            elif below:
                entity["data"]["replies"] = _listed(self._branch(below, one.name, room, depth + 1), None)
            shown.append(entity)
        return shown

    def _more(self, query: dict[str, str]) -> list[dict[str, Any]]:
        things = [self.things[f"t1_{one}"] for one in query["children"].split(",")][:100]
        below = [(one, self._answers(one.name)) for one in things]
        folded = [_folded([each.bare for each in answers], one.name) for one, answers in below if answers]
        return [self._entity(one) for one in things] + folded

    def _answers(self, name: str) -> list[Thing]:
        return sorted((one for one in self.things.values() if one.parent == name), key=lambda one: one.name)

    def _entity(self, thing: Thing) -> dict[str, Any]:
        shared: dict[str, Any] = {
            "id": thing.bare,
            "name": thing.name,
            "author": thing.author,
            "created_utc": float(thing.created),
            "edited": float(thing.edited) if thing.edited else False,
            "permalink": f"/r/{thing.subreddit}/comments/{thing.link[3:]}/title/{thing.bare if thing.parent else ''}",
            "subreddit": thing.subreddit,
            "subreddit_type": "private" if thing.subreddit in self.private else "public",
            "score": thing.score,
        }
        if not thing.is_gone:
            shared["author_fullname"] = self.people[thing.author]
        if thing.parent is None:
            return {"kind": "t3", "data": shared | {"title": thing.title, "selftext": thing.text, "is_self": True}}
        inside = {"body": thing.text, "parent_id": thing.parent, "link_id": thing.link, "replies": ""}
        return {"kind": "t1", "data": shared | inside}


def _listed(children: list[dict[str, Any]], after: str | None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"children": children, "after": after, "before": None}}


def _folded(ids: list[str], parent: str) -> dict[str, Any]:
    name = ids[0] if ids else "_"
    data = {"count": len(ids), "id": name, "name": f"t1_{name}", "parent_id": parent, "children": ids}
    return {"kind": "more", "data": data}


def _errors(code: str, said: str, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"json": {"errors": [[code, said, "ratelimit"]], **({"data": data} if data else {})}}


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits


def _now() -> int:
    return int(datetime.now(UTC).timestamp())


class _Handler(BaseHTTPRequestHandler):
    reddit: RedditServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        path, given = parts.path.strip("/"), dict(parse_qsl(parts.query)) | dict(parse_qsl(body))
        kind, _, credentials = self.headers.get("Authorization", "").partition(" ")
        shown = self.headers.get("Authorization", "")
        if path == "api/v1/revoke_token":
            status, answer = self.reddit.consents.revoke(shown, given)
        elif (
            given.get("grant_type") == "authorization_code"
            or given.get("refresh_token") in self.reddit.consents.refreshing
        ):
            status, answer = self.reddit.consents.token(shown, given)
            self.reddit.tokens |= self.reddit.consents.tokens
        elif path == "api/v1/access_token":
            status, answer = self.reddit.token(credentials, given)
        elif kind.casefold() == "bearer" and credentials in self.reddit.tokens:
            self.reddit.remaining -= 1
            status, answer = self.reddit.answer(self.command, path, given, self.reddit.tokens[credentials])
        else:
            status, answer = 401, {"message": "Unauthorized", "error": 401}
        content = json.dumps(answer).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("x-ratelimit-remaining", str(max(self.reddit.remaining, 0.0)))
        self.send_header("x-ratelimit-used", "1")
        self.send_header("x-ratelimit-reset", str(self.reddit.resets_in))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _serve  # noqa: N815  names that http.server looks for

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is http.server's
        """Write nothing."""
