"""The Threads connector passes the kit against a server that answers as Threads' API does and enforces its rules."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from graph_server import APP_SECRET, GraphServer
from graph_threads import TOKEN, ThreadsSide
from graph_troubles import REFUSALS

from connectors.base import Call, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance
from connectors.threads import ThreadsConnector


class ThreadsWorld:
    """A profile behind a proxy that can lose its answers. We are harbour; maya names us."""

    connector = ThreadsConnector()
    followed = Followed(SourceKind.MENTIONS)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    forbidden: Sequence[Post] = ()
    cannot: Mapping[Ability, str] = {Ability.EDIT_TIME: "Threads does not say that a post was edited."}

    def __init__(self, side: ThreadsSide, graph: GraphServer, proxy: FaultProxy) -> None:
        self._side = side
        self._proxy = proxy
        graph.public_url = proxy.url
        self.call = Call(
            proxy.url,
            {"access_token": TOKEN, "app_secret": APP_SECRET},
            datetime.now(UTC),
            account_id=side.account_id,
            handle="harbour",
        )

    def make_mention(self, text: str) -> str:
        return self._side.write("maya", f"@harbour {text}").id

    def make_private_mention(self, text: str) -> str:
        ours = self._side.write("harbour", "Our lamp")
        return self._side.write("maya", f"@harbour {text}", ours, hide_status="HIDDEN").id

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self._side.write("maya", f"@harbour {texts[0]}")]
        for text in texts[1:]:
            made.append(self._side.write("maya", text, made[-1]))
        return [one.id for one in made]

    def edit_parent(self, post_id: str, text: str) -> None:
        self._side.entries[post_id].text = text

    def delete_parent(self, post_id: str) -> None:
        self._side.entries[post_id].gone = True

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        ours = [one for one in self._side.entries.values() if one.username == "harbour" and not one.gone]
        return [Stored(one.id, one.text) for one in ours]


class TestThreads(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self) -> Iterator[ThreadsWorld]:
        side = ThreadsSide()
        with GraphServer(side, requires_proof=True) as graph, FaultProxy(graph.url) as proxy:
            yield ThreadsWorld(side, graph, proxy)
