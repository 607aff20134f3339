"""The Reddit connector passes the kit against a server that answers as Reddit does."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
import reddit_server
from reddit_server import RedditServer

from connectors.base import Author, Call, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.fault_proxy import Seen
from connectors.reddit import RedditConnector


def within(code: str, said: str = "No.") -> Trouble:
    return Trouble(status=200, body=json.dumps({"json": {"errors": [[code, said, ""]]}}))


TIME = datetime(2026, 1, 1, tzinfo=UTC)
CLOSED = Post("t1_a", "Hi", Author("t2_b", "sam"), TIME, url="https://www.reddit.com/r/closed/comments/c/d/a")
BY_HAND = Post("t1_a", "Hi", Author("t2_b", "sam"), TIME, url="https://www.reddit.com/r/byhand/comments/c/d/a")
REFUSALS = {
    Fault.AUTH: Trouble(status=401, body='{"message": "Unauthorized", "error": 401}'),
    Fault.FORBIDDEN_BY_POLICY: Trouble(status=403, body='{"message": "Forbidden", "error": 403}'),
    Fault.GONE: within("DELETED_COMMENT"),
    Fault.TOO_LONG: within("TOO_LONG"),
    Fault.INVALID: within("NO_TEXT"),
    Fault.RATE_LIMITED: within("RATELIMIT", "Take a break for 9 minutes."),
}
READ_TOO_MUCH = Trouble(status=429, body='{"message": "Too Many Requests"}', headers={"x-ratelimit-reset": "77"})


class PastTokens(FaultProxy):
    """Passes requests for a token on unseen: what goes wrong, goes wrong with what they are for."""

    def take(self, seen: Seen) -> Trouble | None:
        return None if "access_token" in seen.path else super().take(seen)


class RedditWorld:
    """Reddit behind a proxy that can lose its answers."""

    connector = RedditConnector()
    followed = Followed(SourceKind.MENTIONS)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    forbidden: Sequence[Post] = (CLOSED, BY_HAND)
    cannot: Mapping[Ability, str] = {}

    def __init__(self, server: RedditServer, proxy: FaultProxy) -> None:
        self._server = server
        self._proxy = proxy
        self._about = server.submit("sam", "Readers")
        self._secret = server.submit("sam", "Secret", subreddit="secret")
        server.private.add("secret")
        us = server.person("harbour")
        secrets = {
            "client_id": reddit_server.CLIENT[0],
            "client_secret": reddit_server.CLIENT[1],
            "refresh_token": server.refresh_token("harbour"),
        }
        options = {
            "platform_approval": "Letter of 2026-01-07",
            "closed_subreddits": "r/closed",
            "handoff_subreddits": "byhand",
        }
        self.call = Call(proxy.url, secrets, datetime.now(UTC), account_id=us, handle="harbour", options=options)

    def make_mention(self, text: str) -> str:
        return self._server.comment("maya", f"u/harbour {text}", self._about).name

    def make_private_mention(self, text: str) -> str:
        return self._server.comment("maya", f"u/harbour {text}", self._secret).name

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self._server.submit("maya", f"u/harbour {texts[0]}")]
        for text in texts[1:]:
            made.append(self._server.comment("maya", text, made[-1]))
        return [one.name for one in made]

    def edit_parent(self, post_id: str, text: str) -> None:
        self._server.edit(post_id, text)

    def delete_parent(self, post_id: str) -> None:
        self._server.delete(post_id)

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        is_limit = trouble is REFUSALS[Fault.RATE_LIMITED] and not to_write
        self._proxy.next_answer(READ_TOO_MUCH if is_limit else trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        return [Stored(one.name, one.text) for one in self._server.of("harbour")]


class TestReddit(ConnectorConformance):
    @pytest.fixture
    def world(self) -> Iterator[RedditWorld]:
        with RedditServer() as server, PastTokens(server.url) as proxy:
            yield RedditWorld(server, proxy)
