"""A local server that answers as Discourse does: its shapes, its keys, its limits, its queue, and its refusals."""

import hashlib
import itertools
import json
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from discourse_shapes import NAMED, Post, Queued, Topic, User, action, entity, hit, time_text, webhook_request

FORBIDDEN = "You are not permitted to view the requested resource."
BAD_KEY = f"{FORBIDDEN} The API username or key is invalid."
NOT_FOUND = "The requested URL or resource could not be found."
DUPLICATE = "Body is too similar to what you recently posted"
GONE = "Something has gone wrong. Perhaps this topic was closed or deleted while you were looking at it?"
TOO_OFTEN = "You’ve performed this action too many times. Please wait {} seconds before trying again."
SHORTEST, LONGEST = 20, 32_000

_UNIQUE_FOR = timedelta(minutes=5)
_MEMOIZED_FOR = timedelta(seconds=120)


@dataclass(frozen=True)
class Problem(Exception):
    """A refusal in Discourse's shape."""

    status: int
    errors: tuple[str, ...]
    kind: str = ""
    further: tuple[tuple[str, Any], ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        kind = {"error_type": self.kind} if self.kind else {"action": "create_post"}
        return {"errors": list(self.errors), **kind, **dict(self.further)}


class DiscourseServer:
    """A forum on this machine. `limit` is how many requests one key has in a minute."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.topics: dict[int, Topic] = {}
        self.posts: dict[int, Post] = {}
        self.queue: dict[int, Queued] = {}
        self.categories = {1: ("general", False, None), 2: ("support", False, None), 3: ("printers", False, 2)}
        self.categories |= {4: ("staff", True, None)}
        self.admin_key = "key-for-all-users-9d2e"
        self.webhook_secret = "webhook-secret-of-the-forum"
        self.moderated = False
        self.unlisted: set[int] = set()
        self.limit = 100_000
        self.asked: list[str] = []
        self._used: dict[str, deque[datetime]] = {}
        self._memory: dict[str, tuple[datetime, Any]] = {}
        self._unique: dict[tuple[int, str], datetime] = {}
        self._numbers = itertools.count(101)
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Bound", (_Handler,), {"forum": self}))
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

    def user(self, username: str, *, staff: bool = False) -> User:
        known = self.users.get(username)
        return known or self.users.setdefault(
            username, User(next(self._numbers), username, username.title(), staff=staff)
        )

    def topic(self, title: str = "A topic", *, category_id: int | None = 1, members: Iterable[User] = ()) -> Topic:
        made = Topic(next(self._numbers), title, category_id, members=tuple(members))
        self.topics[made.id] = made
        return made

    def write(
        self, author: User, raw: str, topic: Topic | None = None, *, reply_to: int | None = None, **fields: Any
    ) -> Post:
        """Let somebody write, without asking any rule."""
        with self._lock:
            topic = topic or self.topic()
            now = datetime.now(UTC)
            number = max((one.number for one in topic.posts), default=0) + 1
            made = Post(next(self._numbers), topic, number, author, raw, now, now, reply_to, **fields)
            topic.posts.append(made)
            topic.answers[reply_to] += 1
            self.posts[made.id] = made
            return made

    def edit(self, post: Post, raw: str) -> None:
        with self._lock:
            post.raw, post.version, post.updated_at = raw, post.version + 1, datetime.now(UTC)

    def remove(self, post: Post, *, by_author: bool = False) -> None:
        """Let the staff take a post away, or its author, of whom a shell remains."""
        with self._lock:
            if by_author:
                self.edit(post, "(post deleted by author)")
                post.user_deleted = True
            else:
                post.deleted_at = datetime.now(UTC)

    def let_through(self, entry_id: int) -> Post:
        with self._lock:
            one = self.queue.pop(entry_id)
            return self.write(one.author, one.raw, one.topic, reply_to=one.reply_to)

    def delivery(self, post: Post, event: str = "post_created") -> tuple[dict[str, str], bytes]:
        """Return a webhook's request about a post, as the forum would send it."""
        return webhook_request(entity(post, self.users.values(), titled=True), post, self.webhook_secret, event)

    def user_for(self, key: str, username: str) -> User:
        """Return whom a key stands for: its own user, or the one named with the key for all users."""
        named = self.users.get(username.casefold())
        owner = next((one for one in self.users.values() if one.key == key), None)
        if key == self.admin_key and named is not None:
            return named
        if owner is not None and named in (owner, None) and (named or not username):
            return owner
        raise Problem(403, (BAD_KEY,), "invalid_access")

    def count(self, key: str) -> None:
        with self._lock:
            used, now = self._used.setdefault(key, deque()), datetime.now(UTC)
            while used and used[0] < now - timedelta(minutes=1):
                used.popleft()
            if len(used) >= self.limit:
                wait = 60 - int((now - used[0]).total_seconds())
                extras = {"wait_seconds": wait, "time_left": f"{wait} seconds"}
                raise Problem(429, (TOO_OFTEN.format(wait),), "rate_limit", (("extras", extras),))
            used.append(now)

    def answer(self, method: str, path: str, query: list[tuple[str, str]], sent: Any, me: User) -> Any:
        """Route one request of somebody whose key was checked."""
        with self._lock:
            self.asked.append(f"{method} {path}")
            parts = path.strip("/").removesuffix(".json").split("/")
            return self._look(parts, query, me) if method == "GET" else self._change(method, parts, sent, me)

    def _look(self, parts: list[str], query: list[tuple[str, str]], me: User) -> Any:
        asked = dict(query)
        pages: dict[str, Callable[[], Any]] = {
            "session/current": lambda: {"current_user": me.basic},
            "site": lambda: {"categories": self._categories(me)},
            "site/settings": lambda: {"min_post_length": SHORTEST, "max_post_length": LONGEST},
            "user_actions": lambda: {"user_actions": self._actions(asked, me)},
            "search": lambda: self._search(asked, me),
            "posts": lambda: {"latest_posts": self._latest(asked, me)},
        }
        if (page := pages.get("/".join(parts))) is not None:
            return page()
        match parts:
            case "posts", name, "pending":
                return {"pending_posts": self._pending(name)}
            case "posts", post_id, "replies":
                return self._replies(self._post(post_id, me), int(asked.get("after", 1)))
            case "posts", post_id:
                return entity(self._post(post_id, me), self.users.values())
            case "t", topic_id, "posts":
                wanted = [one for name, one in query if name == "post_ids[]"]
                return self._chunk(self._topic(topic_id, me), wanted, me)
            case "c", category_id, "show":
                return {"category": self._category(category_id, me)}
            case "t", topic_id:
                return self._page(self._topic(topic_id, me), asked, me)
        raise Problem(404, (NOT_FOUND,), "not_found")

    def _change(self, method: str, parts: list[str], sent: Any, me: User) -> Any:
        match method, *parts:
            case "POST", "posts":
                return self._create(sent, me)
            case "PUT", "posts", post_id:
                return self._update(self._post(post_id, me), sent["post"]["raw"], me)
            case "DELETE", "posts", post_id:
                return self._destroy(self._post(post_id, me), me)
            case "DELETE", "review", entry_id:
                return self._withdraw(entry_id, me)
        raise Problem(404, (NOT_FOUND,), "not_found")

    def _may_see(self, topic: Topic, me: User) -> bool:
        if topic.category_id is None:
            return me in topic.members
        return me.staff or not self.categories[topic.category_id][1]

    def _visible(self, me: User) -> list[Post]:
        seen = [one for one in self.posts.values() if one.deleted_at is None and not one.topic.deleted]
        return [one for one in seen if self._may_see(one.topic, me)]

    def _topic(self, topic_id: str, me: User) -> Topic:
        topic = self.topics.get(int(topic_id)) if topic_id.isdigit() else None
        if topic is None or topic.deleted or not self._may_see(topic, me):
            raise Problem(404, (NOT_FOUND,), "not_found")
        return topic

    def _post(self, post_id: str, me: User) -> Post:
        post = self.posts.get(int(post_id)) if post_id.isdigit() else None
        if post is None or ((post.deleted_at or post.topic.deleted) and not me.staff):
            raise Problem(404, (NOT_FOUND,), "not_found")
        if not self._may_see(post.topic, me):
            raise Problem(403, (FORBIDDEN,), "invalid_access")
        return post

    def _categories(self, me: User) -> list[dict[str, Any]]:
        known = [one for one, kept in self.categories.items() if me.staff or not kept[1]]
        return [self._category(str(one), me) for one in known if one not in self.unlisted]

    def _category(self, category_id: str, me: User) -> dict[str, Any]:
        identity = int(category_id)
        slug, closed, above = self.categories.get(identity, ("", True, None))
        if not slug or (closed and not me.staff):
            raise Problem(403, (FORBIDDEN,), "invalid_access")
        name = {"id": identity, "name": slug.title(), "slug": slug}
        return {**name, "read_restricted": closed, "parent_category_id": above}

    def _actions(self, asked: dict[str, str], me: User) -> list[dict[str, Any]]:
        if self.users.get(asked["username"]) is not me:
            raise Problem(403, (FORBIDDEN,), "invalid_access")
        kinds = [int(one) for one in asked["filter"].split(",")]
        found = [(kind, one) for one in self._visible(me) for kind in self._kinds(one, me) if kind in kinds]
        newest = sorted(found, key=lambda pair: (pair[1].created_at, pair[1].id), reverse=True)
        offset = int(asked.get("offset", 0))
        return [action(kind, one, me) for kind, one in newest[offset : offset + 30]]

    def _kinds(self, post: Post, me: User) -> list[int]:
        if post.author is me or post.hidden:
            return []
        above = next((one for one in post.topic.posts if one.number == post.reply_to), None)
        answers = [6] if above is not None and above.author is me else []
        return answers + ([7] if me.username in NAMED.findall(post.raw) else [])

    def _search(self, asked: dict[str, str], me: User) -> dict[str, Any]:
        wanted, page = asked["q"].removesuffix(" order:latest"), int(asked.get("page", 1))
        if len(wanted) < 3:
            raise Problem(400, ("You supplied invalid parameters to the request: q",), "invalid_parameters")
        named = wanted.removeprefix("#").split(":")
        within = {identity for identity, known in self.categories.items() if known[0] == named[-1]}
        matches: Callable[[Post], bool] = lambda one: wanted.casefold() in one.raw.casefold()  # noqa: E731
        if wanted.startswith("#"):
            matches = lambda one: one.topic.category_id in within  # noqa: E731
        hits = [one for one in self._visible(me) if one.topic.category_id and matches(one)]
        newest = sorted(hits, key=lambda one: (one.created_at, one.id), reverse=True)
        here, more = newest[(page - 1) * 50 : page * 50], len(newest) > page * 50
        result = {"more_full_page_results": more or None, "term": wanted, "post_ids": [one.id for one in here]}
        if not here:
            return {"grouped_search_result": result}
        topics = [
            {"id": one.id, "title": one.title, "category_id": one.category_id, "archetype": "regular"}
            for one in dict.fromkeys(hit.topic for hit in here)
        ]
        return {"posts": [hit(one) for one in here], "topics": topics, "grouped_search_result": result}

    def _latest(self, asked: dict[str, str], me: User) -> list[dict[str, Any]]:
        before = int(asked.get("before", 2**40))
        public = [one for one in self._visible(me) if one.topic.category_id and one.id < before and not one.hidden]
        return [entity(one, self.users.values(), titled=True) for one in sorted(public, key=lambda one: -one.id)[:50]]

    def _replies(self, post: Post, after: int) -> list[dict[str, Any]]:
        found = [one for one in post.topic.posts if one.reply_to == post.number and one.number > after]
        return [entity(one, self.users.values()) for one in found if one.deleted_at is None][:20]

    def _chunk(self, topic: Topic, wanted: list[str], me: User) -> dict[str, Any]:
        found = [one for one in topic.posts if str(one.id) in wanted and (me.staff or one.deleted_at is None)]
        return {"post_stream": {"posts": [entity(one, self.users.values()) for one in found]}, "id": topic.id}

    def _page(self, topic: Topic, asked: dict[str, str], me: User) -> dict[str, Any]:
        names = asked.get("username_filters", "").split(",")
        kept = [one for one in topic.posts if one.deleted_at is None or one.number == 1]
        stream = [one for one in kept if names == [""] or one.number == 1 or one.author.username in names]
        first = [entity(one, self.users.values()) for one in stream[:20]]
        return {
            "post_stream": {
                "posts": first,
                "stream": [one.id for one in stream],
            },
            "id": topic.id,
            "title": topic.title,
            "slug": topic.slug,
            "posts_count": len(stream),
            "archetype": "regular" if topic.category_id else "private_message",
            "category_id": topic.category_id,
            "closed": topic.closed,
            "details": {"can_create_post": not topic.closed, "created_by": me.basic},
            "chunk_size": 20,
        }

    def _pending(self, name: str) -> list[dict[str, Any]]:
        return [
            {"id": one.id, "topic_id": one.topic.id, "raw_text": one.raw, "created_at": time_text(one.created_at)}
            for one in self.queue.values()
            if one.author.username == name
        ]

    def _create(self, sent: dict[str, Any], me: User) -> Any:
        """The same request by the same person within two minutes gets the same answer: Discourse remembers it."""
        signature, now = json.dumps([me.id, sent], sort_keys=True), datetime.now(UTC)
        if signature in self._memory and self._memory[signature][0] > now - _MEMOIZED_FOR:
            return self._memory[signature][1]
        answer = self._created(sent, me)
        self._memory[signature] = (now, answer)
        return answer

    def _created(self, sent: dict[str, Any], me: User) -> Any:
        raw, now = sent.get("raw", "").rstrip(), datetime.now(UTC)
        topic = self.topics.get(int(sent.get("topic_id") or 0))
        if topic is None or topic.deleted or (topic.closed and not me.staff) or not self._may_see(topic, me):
            raise Problem(422, (GONE,))
        _must_fit(raw)
        key = (me.id, hashlib.sha256("".join(raw.split()).encode()).hexdigest())
        if not me.staff and self._unique.get(key, now - _UNIQUE_FOR) > now - _UNIQUE_FOR:
            raise Problem(422, (DUPLICATE,))
        self._unique[key] = now
        answered = sent.get("reply_to_post_number")
        if self.moderated and not me.staff:
            one = Queued(next(self._numbers), me, topic, raw, answered, now)
            self.queue[one.id] = one
            held = {"id": one.id, "raw_text": raw, "topic_id": topic.id, "created_at": time_text(now)}
            return {"action": "enqueued", "success": True, "pending_count": 1, "pending_post": held}
        return entity(self.write(me, raw, topic, reply_to=answered), self.users.values())

    def _update(self, post: Post, raw: str, me: User) -> dict[str, Any]:
        if post.author is not me and not me.staff:
            raise Problem(403, (FORBIDDEN,), "invalid_access")
        _must_fit(raw)
        self.edit(post, raw)
        return {"post": entity(post, self.users.values())}

    def _destroy(self, post: Post, me: User) -> None:
        if post.user_deleted or (post.author is not me and not me.staff):
            raise Problem(403, (FORBIDDEN,), "invalid_access")
        self.remove(post, by_author=not me.staff)

    def _withdraw(self, entry_id: str, me: User) -> dict[str, str]:
        one = self.queue.get(int(entry_id))
        if one is None or one.author is not me:
            raise Problem(404, (NOT_FOUND,), "not_found")
        del self.queue[one.id]
        return {"success": "OK"}


def _must_fit(raw: str) -> None:
    if len(raw) > LONGEST:
        raise Problem(422, (f"Body is limited to {LONGEST} characters; you entered {len(raw)}.",))
    if len(raw.strip()) < SHORTEST:
        raise Problem(422, (f"Body is too short (minimum is {SHORTEST} characters)",))


class _Handler(BaseHTTPRequestHandler):
    forum: DiscourseServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers: dict[str, str] = {}
        try:
            key = self.headers.get("Api-Key", "")
            me = self.forum.user_for(key, self.headers.get("Api-Username", ""))
            self.forum.count(key)
            parts = urlsplit(self.path)
            sent = json.loads(body) if body else {}
            status, answer = 200, self.forum.answer(self.command, parts.path, parse_qsl(parts.query), sent, me)
        except Problem as problem:
            status, answer = problem.status, problem.body
            if wait := answer.get("extras"):
                headers = {"Retry-After": str(wait["wait_seconds"])}
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response_only(status)
        for name, value in {**headers, "Content-Type": "application/json; charset=utf-8"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  names that http.server looks for

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is http.server's
        """Write nothing."""
