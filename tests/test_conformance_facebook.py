"""The Facebook connector passes the kit against a server that answers as the Graph API does and enforces its rules."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from graph_page import TOKEN, PageSide
from graph_server import APP_SECRET, GraphServer
from graph_troubles import REFUSALS

from connectors.base import Author, Call, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance
from connectors.facebook import FacebookConnector

ELSEWHERE = Post(
    "7001_5",
    "Hello",
    Author("7001", "Maya"),
    datetime(2026, 1, 1, tzinfo=UTC),
    "https://www.facebook.com/7001_5",
    venue="facebook.com/7001",
)


class FacebookWorld:
    """A Page behind a proxy that can lose its answers. We are Harbour; Maya comments below our post."""

    connector = FacebookConnector()
    followed = Followed(SourceKind.FEED)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    forbidden: Sequence[Post] = (ELSEWHERE,)
    cannot: Mapping[Ability, str] = {Ability.EDIT_TIME: "Facebook does not say that a comment was edited."}

    def __init__(self, side: PageSide, graph: GraphServer, proxy: FaultProxy) -> None:
        self._side = side
        self._proxy = proxy
        graph.public_url = proxy.url
        self._ours = side.post(side.page, "Our new lamp.")
        self.call = Call(
            proxy.url,
            {"access_token": TOKEN, "app_secret": APP_SECRET},
            datetime.now(UTC),
            account_id=side.page.id,
            handle="harbour",
        )

    def make_mention(self, text: str) -> str:
        return self._side.comment(self._side.maya, text, self._ours).id

    def make_private_mention(self, text: str) -> str:
        return self._side.comment(self._side.maya, text, self._ours, private=True).id

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self._side.post(self._side.maya, texts[0])]
        for text in texts[1:]:
            made.append(self._side.comment(self._side.maya, text, made[-1]))
        return [one.id for one in made]

    def edit_parent(self, post_id: str, text: str) -> None:
        self._side.comments[post_id].message = text

    def delete_parent(self, post_id: str) -> None:
        self._side.comments[post_id].gone = True

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        ours = [one for one in self._side.comments.values() if one.author is self._side.page and one.is_there]
        return [Stored(one.id, one.message) for one in ours]


class TestFacebook(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self) -> Iterator[FacebookWorld]:
        side = PageSide()
        with GraphServer(side, requires_proof=True) as graph, FaultProxy(graph.url) as proxy:
            yield FacebookWorld(side, graph, proxy)
