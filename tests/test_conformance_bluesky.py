"""The Bluesky connector passes the kit against a server in Bluesky's documented shapes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from bluesky_server import Account, BlueskyServer

from connectors.base import Author, Call, Fault, Followed, Post, SourceKind
from connectors.bluesky import BlueskyConnector
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance


def problem(status: int, name: str, message: str, **headers: str) -> Trouble:
    body = f'{{"error": "{name}", "message": "{message}"}}'
    return Trouble(status=status, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


REFUSALS = {
    Fault.AUTH: problem(400, "InvalidToken", "Token could not be verified"),
    Fault.FORBIDDEN_BY_POLICY: problem(401, "AccountTakedown", "Account has been taken down"),
    Fault.GONE: problem(400, "InvalidRequest", "Could not find repo: did:plc:x"),
    Fault.TOO_LONG: problem(400, "InvalidRequest", "grapheme too big (maximum 300, got 301) at $.record.text"),
    Fault.INVALID: problem(400, "InvalidRequest", "Input/rkey must be a valid Record Key"),
    Fault.RATE_LIMITED: problem(429, "RateLimitExceeded", "Rate Limit Exceeded", ratelimit_reset="4070908800"),
}
CANNOT = {
    Ability.EDIT_PARENT: "Bluesky tells nobody that a post was edited; another test shows that we see it.",
    Ability.PARENT_CHECK: "Bluesky takes replies to posts that are gone; the connector looks before it writes.",
}


class LocalWorld:
    """The server behind a proxy that can lose its answers. We are the harbour; Maya speaks to us, Shy only to some."""

    connector = BlueskyConnector()
    followed = Followed(SourceKind.MENTIONS)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    cannot: Mapping[Ability, str] = CANNOT

    def __init__(self, server: BlueskyServer, proxy: FaultProxy) -> None:
        self._server, self._proxy = server, proxy
        self.us, self.maya, self._shy = (
            server.person("harbour"),
            server.person("maya"),
            server.person("shy", "!no-unauthenticated"),
        )
        self.secrets = self.secrets_of(self.us)
        self.connector.check(replace(self.call, base_url=server.url))
        author = Author(self.maya.did, self.maya.handle)
        uri = f"at://{self.maya.did}/app.bsky.feed.post/3mabcdefghijk"
        self.forbidden: Sequence[Post] = (Post(uri, "Harbour is bad", author, datetime(2026, 1, 1, tzinfo=UTC)),)

    @staticmethod
    def secrets_of(account: Account) -> dict[str, str]:
        return {"identifier": account.email, "app_password": account.password}

    @property
    def call(self) -> Call:
        return Call(
            self._proxy.url,
            dict(self.secrets),
            datetime.now(UTC),
            account_id=self.us.did,
            handle=self.us.handle,
            save_secrets=self.secrets.update,
        )

    def make_mention(self, text: str) -> str:
        return self._server.post(self.maya, f"@harbour.test {text}", mention=self.us)

    def make_private_mention(self, text: str) -> str:
        return self._server.post(self._shy, f"@harbour.test {text}", mention=self.us)

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self.make_mention(texts[0])]
        for text in texts[1:]:
            made.append(self._server.post(self.maya, text, parent=made[-1]))
        return made

    def edit_parent(self, post_id: str, text: str) -> None:
        self._server.records[post_id].value["text"] = text

    def delete_parent(self, post_id: str) -> None:
        del self._server.records[post_id]

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        return [Stored(one.uri, one.value["text"]) for one in self._server.of(self.us)]


class TestBluesky(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self) -> Iterator[LocalWorld]:
        with BlueskyServer() as server, FaultProxy(server.url) as proxy:
            yield LocalWorld(server, proxy)
