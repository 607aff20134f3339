"""The X connector passes the kit against a server that answers as X does and enforces X's rules."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import x_server
from x_server import XServer

from connectors.base import Author, Call, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.x import XConnector


def problem(status: int, detail: str, **headers: str) -> Trouble:
    body = json.dumps({"title": "Forbidden", "detail": detail, "type": "about:blank", "status": status})
    return Trouble(status=status, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


UNINVITED = Post("1", "Acme is bad", Author("2", "sam"), datetime(2026, 1, 1, tzinfo=UTC), mentioned=frozenset({"9"}))
REFUSALS = {
    Fault.AUTH: problem(401, "Unauthorized"),
    Fault.NOT_SUMMONED: problem(403, x_server.NOT_SUMMONED),
    Fault.FORBIDDEN_BY_POLICY: problem(403, "You are not permitted to perform this action."),
    Fault.DUPLICATE: problem(403, x_server.DUPLICATE),
    Fault.GONE: problem(403, x_server.GONE),
    Fault.TOO_LONG: problem(403, x_server.TOO_LONG),
    Fault.OVER_BUDGET: problem(429, "Usage cap exceeded: Monthly product cap"),
    Fault.INVALID: problem(400, "One or more parameters to your request was invalid."),
    Fault.RATE_LIMITED: problem(429, "Too Many Requests", x_rate_limit_reset="4070908800"),
}


class XWorld:
    """X behind a proxy that can lose its answers."""

    connector = XConnector()
    followed = Followed(SourceKind.MENTIONS)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    forbidden: Sequence[Post] = (UNINVITED, replace(UNINVITED, mentioned=frozenset()))
    cannot: Mapping[Ability, str] = {}

    def __init__(self, server: XServer, proxy: FaultProxy) -> None:
        self._server = server
        self._proxy = proxy
        self._us, self._maya = server.person("harbour"), server.person("maya", "Maya Okafor")
        self._shy = server.person("shy", protected=True)
        server.reached_at.append(proxy.url)
        key, secret = x_server.CONSUMER
        secrets = {
            "consumer_key": key,
            "consumer_secret": secret,
            "access_token": self._us.token,
            "access_token_secret": self._us.secret,
        }
        self.call = Call(proxy.url, secrets, datetime.now(UTC), account_id=self._us.id, handle="harbour")

    def make_mention(self, text: str) -> str:
        return self._server.tweet(self._maya, f"@harbour {text}").id

    def make_private_mention(self, text: str) -> str:
        return self._server.tweet(self._shy, f"@harbour {text}").id

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self.make_mention(texts[0])]
        for text in texts[1:]:
            made.append(self._server.tweet(self._maya, text, parent=made[-1]).id)
        return made

    def edit_parent(self, post_id: str, text: str) -> None:
        self._server.edit(post_id, text)

    def delete_parent(self, post_id: str) -> None:
        self._server.delete(post_id)

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        return [Stored(one.id, one.shown) for one in self._server.of(self._us)]


class TestX(ConnectorConformance):
    @pytest.fixture
    def world(self) -> Iterator[XWorld]:
        with XServer() as server, FaultProxy(server.url) as proxy:
            yield XWorld(server, proxy)
