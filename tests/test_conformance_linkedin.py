"""The LinkedIn connector passes the kit against a server that answers as the versioned API does."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from linkedin_server import (
    HIDDEN_POST,
    INVALID,
    NO_TOKEN,
    NOT_ALLOWED,
    NOT_THERE,
    ORGANIZATION,
    THROTTLED,
    TOKEN,
    TOO_LONG,
    LinkedInServer,
    PageSide,
    trouble,
)

from connectors.base import Author, Call, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance
from connectors.linkedin import LinkedInConnector

ELSEWHERE = Post(
    "urn:li:comment:(urn:li:activity:1,2)",
    "Hello",
    Author("urn:li:person:m1", "a LinkedIn member"),
    datetime(2026, 1, 1, tzinfo=UTC),
    "https://www.linkedin.com/feed/update/urn:li:activity:1",
    venue="linkedin.com/urn:li:organization:7",
)

REFUSALS: Mapping[Fault, Trouble] = {
    Fault.AUTH: trouble(NO_TOKEN),
    Fault.FORBIDDEN_BY_POLICY: trouble(NOT_ALLOWED),
    Fault.GONE: trouble(NOT_THERE),
    Fault.TOO_LONG: trouble(TOO_LONG),
    Fault.INVALID: trouble(INVALID),
    Fault.RATE_LIMITED: trouble(THROTTLED),
}


class PageWorld:
    """A company's page behind a proxy that can lose its answers. We are Harbour; a member comments below our post."""

    connector = LinkedInConnector()
    followed = Followed(SourceKind.FEED)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    forbidden: Sequence[Post] = (ELSEWHERE,)
    cannot: Mapping[Ability, str] = {}

    def __init__(self, side: PageSide, proxy: FaultProxy) -> None:
        self._side = side
        self._proxy = proxy
        self.call = Call(
            proxy.url,
            {"access_token": TOKEN},
            datetime.now(UTC),
            account_id=ORGANIZATION,
            handle="harbour",
            options={"organization": "2414183"},
        )

    def make_mention(self, text: str) -> str:
        return self._side.write(text).urn

    def make_private_mention(self, text: str) -> str:
        return self._side.write(text, post=HIDDEN_POST).urn

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        first = self._side.write(texts[0])
        return [first.urn, *(self._side.write(text, below=first).urn for text in texts[1:])]

    def edit_parent(self, post_id: str, text: str) -> None:
        self._side.change(post_id, text)

    def delete_parent(self, post_id: str) -> None:
        self._side.comments[post_id].gone = True

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        ours = [one for one in self._side.comments.values() if one.actor == ORGANIZATION and one.is_there]
        return [Stored(one.urn, one.text) for one in ours]


class TestLinkedIn(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self) -> Iterator[PageWorld]:
        side = PageSide()
        with LinkedInServer(side) as linkedin, FaultProxy(linkedin.url) as proxy:
            yield PageWorld(side, proxy)
