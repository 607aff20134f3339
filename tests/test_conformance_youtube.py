"""The YouTube connector passes the kit against a server that answers as the Data API does."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest
from google_server import NO_TOKEN, TOKEN, GoogleServer, trouble
from youtube_server import CHANNEL, FAILED, NO_PARENT, NOT_ALLOWED, SPENT, TOO_LONG, ChannelSide

from connectors.base import Call, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance
from connectors.youtube import YouTubeConnector

REFUSALS: Mapping[Fault, Trouble] = {
    Fault.AUTH: trouble(NO_TOKEN),
    Fault.FORBIDDEN_BY_POLICY: trouble(NOT_ALLOWED),
    Fault.GONE: trouble(NO_PARENT),
    Fault.TOO_LONG: trouble(TOO_LONG),
    Fault.INVALID: trouble(FAILED),
    Fault.RATE_LIMITED: trouble(SPENT),
}


class ChannelWorld:
    """A channel behind a proxy that can lose its answers. We are Harbour; Maya comments below our video."""

    connector = YouTubeConnector()
    followed = Followed(SourceKind.MENTIONS)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    forbidden: Sequence[Post] = ()
    cannot: Mapping[Ability, str] = {}

    def __init__(self, side: ChannelSide, proxy: FaultProxy) -> None:
        self._side = side
        self._proxy = proxy
        self.call = Call(proxy.url, {"access_token": TOKEN}, datetime.now(UTC), account_id=CHANNEL, handle="@harbour")

    def make_mention(self, text: str) -> str:
        return self._side.write(text).id

    def make_private_mention(self, text: str) -> str:
        return self._side.write(text, status="heldForReview").id

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        first = self._side.write(texts[0])
        return [first.id, *(self._side.write(text, below=first.id).id for text in texts[1:])]

    def edit_parent(self, post_id: str, text: str) -> None:
        self._side.change(post_id, text)

    def delete_parent(self, post_id: str) -> None:
        self._side.comments[post_id].gone = True

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        ours = [one for one in self._side.comments.values() if one.channel == CHANNEL and self._side.there(one.id)]
        return [Stored(one.id, one.text) for one in ours]


class TestYouTube(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self) -> Iterator[ChannelWorld]:
        side = ChannelSide(units=100_000)
        with GoogleServer(side) as google, FaultProxy(google.url) as proxy:
            yield ChannelWorld(side, proxy)
