"""The Instagram connector passes the kit against a server that answers as the Graph API does and enforces its rules."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from graph_media import TOKEN, MediaSide
from graph_server import APP_SECRET, GraphServer
from graph_troubles import REFUSALS

from connectors.base import Author, Call, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance
from connectors.instagram import InstagramConnector

ELSEWHERE = Post(
    "17900000000000009",
    "Hello @harbour",
    Author("7001", "maya"),
    datetime(2026, 1, 1, tzinfo=UTC),
    "https://www.instagram.com/p/1/",
    venue="instagram.com",
)


class InstagramWorld:
    """An account behind a proxy that can lose its answers. We are harbour; maya comments below our picture."""

    connector = InstagramConnector()
    followed = Followed(SourceKind.FEED)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    forbidden: Sequence[Post] = (ELSEWHERE,)
    cannot: Mapping[Ability, str] = {
        Ability.EDIT_PARENT: "Nobody can edit a comment on Instagram.",
        Ability.EDIT_TIME: "Nobody can edit a comment on Instagram.",
    }

    def __init__(self, side: MediaSide, graph: GraphServer, proxy: FaultProxy) -> None:
        self._side = side
        self._proxy = proxy
        graph.public_url = proxy.url
        self._ours = side.publish("harbour", "Our new lamp.")
        self.call = Call(
            proxy.url,
            {"access_token": TOKEN, "app_secret": APP_SECRET},
            datetime.now(UTC),
            account_id=side.account_id,
            handle="harbour",
        )

    def make_mention(self, text: str) -> str:
        return self._side.comment("maya", text, self._ours).id

    def make_private_mention(self, text: str) -> str:
        return self._side.comment("maya", text, self._ours, hidden=True).id

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        first = self._side.comment("maya", texts[0], self._ours)
        return [first.id, *(self._side.comment("maya", text, first).id for text in texts[1:])]

    def edit_parent(self, post_id: str, text: str) -> None:
        raise AssertionError("Nobody can edit a comment on Instagram.")

    def delete_parent(self, post_id: str) -> None:
        self._side.comments[post_id].gone = True

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        ours = [one for one in self._side.comments.values() if one.username == "harbour" and one.is_there]
        return [Stored(one.id, one.text) for one in ours]


class TestInstagram(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self) -> Iterator[InstagramWorld]:
        side = MediaSide()
        with GraphServer(side, requires_proof=True) as graph, FaultProxy(graph.url) as proxy:
            yield InstagramWorld(side, graph, proxy)
