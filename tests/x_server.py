"""A local server that answers as X's API v2 does: its shapes, its signatures, its limits, and its refusals."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from consent_server import Consents
from oauthlib.common import Request  # type: ignore[import-untyped,unused-ignore]
from oauthlib.oauth1.rfc5849 import signature  # type: ignore[import-untyped,unused-ignore]
from twitter_text import extract_urls, parse_tweet  # type: ignore[import-untyped,unused-ignore]

PROBLEMS = "https://api.twitter.com/2/problems/"
NOT_SUMMONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author "
    "of the post you are replying to."
)
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
GONE = "You attempted to reply to a Tweet that is deleted or not visible to you."
TOO_LONG = "Your Tweet text is too long."
CONSUMER = ("consumer-key-7Qd0", "consumer-secret-1mZp")

_FIRST_MOMENT = 1_288_834_974_657


@dataclass
class Person:
    """An account; `token` and `secret` let it use the API."""

    id: str
    username: str
    name: str
    protected: bool = False

    @property
    def token(self) -> str:
        return f"{self.id}-access-token-{self.username}"

    @property
    def secret(self) -> str:
        return f"access-secret-of-{self.username}"

    def entity(self) -> dict[str, Any]:
        return {"id": self.id, "username": self.username, "name": self.name, "protected": self.protected}


@dataclass
class Tweet:
    """A post. `shown` is what its author typed; X stores it with short links, escaped signs and leading names."""

    id: str
    author: Person
    shown: str
    created_at: datetime
    conversation: str
    parent: str | None = None
    quoted: str | None = None
    reply_settings: str = "everyone"
    history: list[str] = field(default_factory=list)
    lead: str = ""
    likes: int = 0


@dataclass(frozen=True)
class Problem(Exception):
    """A refusal in X's shape."""

    status: int
    body: Mapping[str, Any]


class XServer:
    """X on this machine. `reached_at` are the addresses by which clients may have signed their requests."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.tweets: dict[str, Tweet] = {}
        self.hidden: set[str] = set()
        self.posts_made = 0
        self.limit = 10_000
        self.used = 0
        self.resets_at = datetime.now(UTC) + timedelta(minutes=15)
        self.handed_over = 0
        self.consents = Consents(("x-client-id-5", "x-client-secret-5"), lasts=7200, rotates=True)
        self._links: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Bound", (_Handler,), {"x": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.reached_at = [self.url]

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

    def person(self, username: str, name: str = "", *, protected: bool = False) -> Person:
        known = next((one for one in self.people.values() if one.username == username), None)
        if known is None:
            known = Person(str(1000 + next(self._numbers)), username, name or username.title(), protected)
            self.people[known.id] = known
        return known

    def tweet(
        self,
        author: Person,
        text: str,
        *,
        parent: str | None = None,
        quoted: str | None = None,
        reply_settings: str = "everyone",
        at: datetime | None = None,
    ) -> Tweet:
        """Let somebody write, without asking any rule."""
        with self._lock:
            created_at = at or datetime.now(UTC)
            since = int(created_at.timestamp() * 1000) - _FIRST_MOMENT
            identity = str((since << 22) + next(self._numbers))
            above = self.tweets.get(parent or "")
            made = Tweet(
                identity,
                author,
                text,
                created_at,
                above.conversation if above else identity,
                parent,
                quoted,
                reply_settings,
                [identity],
                f"@{above.author.username} " if above and above.author is not author else "",
            )
            self.tweets[identity] = made
            return made

    def edit(self, tweet_id: str, text: str) -> Tweet:
        """Let an author edit: X makes a new post of it and keeps the old one as a version."""
        with self._lock:
            old = self.tweets[tweet_id]
            new = self.tweet(old.author, text, parent=old.parent, quoted=old.quoted)
            new.conversation = old.conversation
            new.history = old.history = [*old.history, new.id]
            return new

    def delete(self, tweet_id: str) -> None:
        with self._lock:
            for version in self.tweets[tweet_id].history:
                self.tweets.pop(version, None)

    def of(self, person: Person) -> list[Tweet]:
        return [one for one in self.tweets.values() if one.author is person]

    def answer(self, method: str, path: str, query: dict[str, str], sent: Mapping[str, Any], me: Person) -> Any:
        """Route one request whose signature was checked."""
        with self._lock:
            parts = path.strip("/").split("/")
            match method, *parts:
                case "GET", "2", "users", "me":
                    return 200, {"data": me.entity()}
                case "GET", "2", "users", user, "mentions":
                    return 200, self._page(query, lambda one: user in self._mentions_of(one))
                case "GET", "2", "users", user, "tweets":
                    return 200, self._page(query, lambda one: one.author.id == user)
                case "GET", "2", "tweets", "search", "recent":
                    return 200, self._search(query)
                case "GET", "2", "tweets":
                    return 200, self._lookup(query["ids"].split(","), me)
                case "POST", "2", "tweets":
                    self.posts_made += 1
                    return 201, {"data": self._create(sent, me)}
                case "DELETE", "2", "tweets", tweet_id:
                    return 200, self._remove(tweet_id, me)
        raise _problem(404, "Not Found", "Could not find that path.", "resource-not-found")

    def count(self) -> dict[str, str]:
        """Count a request against the limit, and say what is left of it."""
        with self._lock:
            self.used += 1
            return {
                "x-rate-limit-limit": str(self.limit),
                "x-rate-limit-remaining": str(max(self.limit - self.used, 0)),
                "x-rate-limit-reset": str(int(self.resets_at.timestamp())),
            }

    def _create(self, sent: Mapping[str, Any], me: Person) -> dict[str, Any]:
        text = sent.get("text")
        if not isinstance(text, str) or not text.strip():
            raise _problem(400, "Invalid Request", "One or more parameters to your request was invalid.")
        if parse_tweet(text).weightedLength > 280:
            raise _problem(403, "Forbidden", TOO_LONG)
        parent_id = sent.get("reply", {}).get("in_reply_to_tweet_id")
        if parent_id is not None:
            self._may_answer(parent_id, me)
        if any(one.shown == text for one in self.of(me)):
            raise _problem(403, "Forbidden", DUPLICATE)
        made = self.tweet(me, text, parent=parent_id)
        return {"id": made.id, "text": self._stored(made)[0], "edit_history_tweet_ids": [made.id]}

    def _may_answer(self, parent_id: str, me: Person) -> None:
        parent = self.tweets.get(parent_id)
        if parent is None:
            raise _problem(403, "Forbidden", GONE)
        named = me.id in self._mentions_of(parent)
        quoted = self.tweets.get(parent.quoted or "")
        engaged = quoted is not None and quoted.author is me and parent.reply_settings == "everyone"
        if parent.author is not me and not named and not engaged:
            raise _problem(403, "Forbidden", NOT_SUMMONED)

    def _remove(self, tweet_id: str, me: Person) -> dict[str, Any]:
        tweet = self.tweets.get(tweet_id)
        if tweet is None:
            raise _problem(404, "Not Found Error", f"Could not find tweet with id: [{tweet_id}].", "resource-not-found")
        if tweet.author is not me:
            raise _problem(403, "Forbidden", "You are not permitted to delete this Tweet.")
        self.delete(tweet_id)
        return {"data": {"deleted": True}}

    def _search(self, query: dict[str, str]) -> dict[str, Any]:
        earliest = (int((datetime.now(UTC) - timedelta(days=7)).timestamp() * 1000) - _FIRST_MOMENT) << 22
        if "since_id" in query and int(query["since_id"]) < earliest:
            said = (
                f"'since_id' must be a tweet id created after … Please use a 'since_id' that is larger than {earliest}"
            )
            problem = {"message": said, "parameters": {"since_id": [query["since_id"]]}}
            detail = "One or more parameters to your request was invalid."
            raise Problem(400, {"title": "Invalid Request", "detail": detail, "errors": [problem]})
        wanted = query["query"]
        conversation = wanted.removeprefix("conversation_id:")
        if conversation != wanted:
            return self._page(query, lambda one: one.conversation == conversation and one.parent is not None, earliest)
        return self._page(query, lambda one: wanted.casefold() in one.shown.casefold(), earliest)

    def _page(self, query: dict[str, str], wanted: Callable[[Tweet], bool], earliest: int = 0) -> dict[str, Any]:
        since, until = int(query.get("since_id", 0)), int(query.get("until_id", 2**63))
        until = min(until, int(query.get("pagination_token", until)))
        start = datetime.fromisoformat(query.get("start_time", "2006-03-21T00:00:00Z"))
        found = [
            one
            for one in self.tweets.values()
            if wanted(one)
            and max(since, earliest) < int(one.id) < until
            and one.created_at >= start
            and one.history[-1] == one.id
        ]
        newest_first = sorted(found, key=lambda one: -int(one.id))
        size = int(query.get("max_results", 10))
        page = newest_first[:size]
        self.handed_over += len(page)
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if len(newest_first) > size:
            meta["next_token"] = page[-1].id
        return {**self._entities(page), "meta": meta} if page else {"meta": meta}

    def _lookup(self, ids: Sequence[str], me: Person) -> dict[str, Any]:
        known = [self.tweets[one] for one in ids if one in self.tweets and one not in self.hidden]
        self.handed_over += len(known)
        errors = [_missing(one, self.hidden) for one in ids if one not in self.tweets or one in self.hidden]
        return (self._entities(known) if known else {}) | ({"errors": errors} if errors else {})

    def _entities(self, tweets: Sequence[Tweet]) -> dict[str, Any]:
        cited = {one for tweet in tweets for one in (tweet.parent, tweet.quoted) if one in self.tweets}
        others = [self.tweets[one] for one in sorted(cited)]
        people = {tweet.author.id: tweet.author.entity() for tweet in [*tweets, *others]}
        return {
            "data": [self._entity(one) for one in tweets],
            "includes": {"users": list(people.values()), "tweets": [self._entity(one) for one in others]},
        }

    def _entity(self, tweet: Tweet) -> dict[str, Any]:
        text, urls = self._stored(tweet)
        related = {"replied_to": tweet.parent, "quoted": tweet.quoted}
        answers = sum(1 for one in self.tweets.values() if one.parent == tweet.id)
        named = [self.people[one] for one in self._mentions_of(tweet)]
        return {
            "id": tweet.id,
            "text": text,
            "author_id": tweet.author.id,
            "conversation_id": tweet.conversation,
            "created_at": tweet.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "edit_history_tweet_ids": tweet.history,
            "lang": "en",
            "reply_settings": tweet.reply_settings,
            "public_metrics": {"like_count": tweet.likes, "reply_count": answers, "retweet_count": 0, "quote_count": 0},
            "entities": {"mentions": [{"id": one.id, "username": one.username} for one in named], "urls": urls},
            "referenced_tweets": [{"type": kind, "id": one} for kind, one in related.items() if one],
        }

    def _mentions_of(self, tweet: Tweet) -> list[str]:
        words = f"{tweet.lead}{tweet.shown}".replace(",", " ").replace(":", " ").split()
        return [one.id for one in self.people.values() if f"@{one.username}" in words]

    def _stored(self, tweet: Tweet) -> tuple[str, list[dict[str, Any]]]:
        text = tweet.shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        urls = []
        for address in extract_urls(text):
            short = self._links.setdefault(address, f"https://t.co/{len(self._links):010d}")
            full = address.replace("&amp;", "&")
            urls.append({"url": short, "expanded_url": full if "://" in full else f"http://{full}"})
            text = text.replace(address, short)
        return tweet.lead + text, urls


def _problem(status: int, title: str, detail: str, kind: str = "") -> Problem:
    where = f"{PROBLEMS}{kind}" if kind else "about:blank"
    return Problem(status, {"title": title, "detail": detail, "type": where, "status": status})


def _missing(tweet_id: str, hidden: set[str]) -> dict[str, Any]:
    is_hidden = tweet_id in hidden
    kind = "not-authorized-for-resource" if is_hidden else "resource-not-found"
    said = "Sorry, you are not authorized to see the Tweet" if is_hidden else "Could not find tweet"
    return {
        "value": tweet_id,
        "resource_id": tweet_id,
        "resource_type": "tweet",
        "parameter": "ids",
        "title": "Authorization Error" if is_hidden else "Not Found Error",
        "detail": f"{said} with ids: [{tweet_id}].",
        "type": f"{PROBLEMS}{kind}",
    }


class _Handler(BaseHTTPRequestHandler):
    x: XServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers: dict[str, str] = {}
        try:
            parts = urlsplit(self.path)
            if parts.path.startswith("/2/oauth2/"):
                answering = self.x.consents.token if parts.path.endswith("token") else self.x.consents.revoke
                status, told = answering(self.headers.get("Authorization", ""), dict(parse_qsl(body.decode())))
                raise Problem(status, told)
            me = self._signed_by()
            headers = self.x.count()
            if self.x.used > self.x.limit:
                raise _problem(429, "Too Many Requests", "Too Many Requests")
            sent = json.loads(body) if body else {}
            status, answer = self.x.answer(self.command, parts.path, dict(parse_qsl(parts.query)), sent, me)
        except Problem as problem:
            status, answer = problem.status, problem.body
        content = json.dumps(answer).encode()
        self.send_response_only(status)
        for name, value in {**headers, "Content-Type": "application/json; charset=utf-8"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815  names that http.server looks for

    def _signed_by(self) -> Person:
        """Check the OAuth 1.0a signature as X does, by oauthlib, which had no part in making it on this side."""
        header = self.headers.get("Authorization", "")
        agreed = self.x.consents.tokens.get(header.removeprefix("Bearer "))
        if header.startswith("Bearer "):
            if agreed is None:
                raise _problem(401, "Unauthorized", "Unauthorized")
            return self.x.person(agreed)
        given = dict(signature.collect_parameters(headers={"Authorization": header}, exclude_oauth_signature=False))
        me = next((one for one in self.x.people.values() if one.token == given.get("oauth_token")), None)
        is_fresh = abs(int(given.get("oauth_timestamp", 0)) - time.time()) < 300
        if me is not None and given.get("oauth_consumer_key") == CONSUMER[0] and is_fresh:
            for home in self.x.reached_at:
                if self._is_genuine(f"{home}{self.path}", header, given.get("oauth_signature", ""), me.secret):
                    return me
        raise _problem(401, "Unauthorized", "Unauthorized")

    def _is_genuine(self, uri: str, header: str, given: str, secret: str) -> bool:
        request = Request(uri, self.command, headers={"Authorization": header})
        request.params = signature.collect_parameters(uri_query=urlsplit(uri).query, headers={"Authorization": header})
        request.signature = given
        return bool(signature.verify_hmac_sha1(request, CONSUMER[1], secret))

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is http.server's
        """Write nothing."""
