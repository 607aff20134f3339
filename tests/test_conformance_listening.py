"""The connectors that only listen pass the kit, each against a server that answers as its platform does."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from feed_server import FeedServer
from hackernews_server import HackerNewsServer, Item
from stackexchange_server import KEY, Piece, StackExchangeServer

from connectors.base import Call, Connector, Fault, Followed, Post, SourceKind
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Stored, Trouble
from connectors.conformance_promises import PromisesConformance
from connectors.feed import FeedConnector
from connectors.hackernews import HackerNewsConnector
from connectors.stackexchange import StackExchangeConnector

PUBLIC = "All there is can be read by anybody."
LATER = Trouble(status=429, body="Too many requests", headers={"Retry-After": "30"})
VIOLATION = {
    "error_id": 502,
    "error_name": "throttle_violation",
    "error_message": "too many requests from this IP, more requests available in 73 seconds",
}
THROTTLED = json.dumps(VIOLATION)


class ListeningWorld:
    """A server behind a proxy. Nothing of ours is on it."""

    connector: Connector
    followed: Followed
    call: Call
    refusals: Mapping[Fault, Trouble] = {Fault.RATE_LIMITED: LATER}
    forbidden: Sequence[Post] = ()
    cannot: Mapping[Ability, str] = {Ability.PRIVATE: PUBLIC}

    def __init__(self, proxy: FaultProxy) -> None:
        self._proxy = proxy

    def make_private_mention(self, text: str) -> str:
        raise NotImplementedError(PUBLIC)

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        return []


class FeedWorld(ListeningWorld):
    connector = FeedConnector()
    followed = Followed(SourceKind.FEED)

    def __init__(self, website: FeedServer, proxy: FaultProxy) -> None:
        super().__init__(proxy)
        self._website = website
        # Entries name the proxy's address, as a website behind one does.
        self._address = proxy.url
        host = proxy.url.removeprefix("http://")
        self.call = Call(f"{proxy.url}/feed.xml", {}, datetime.now(UTC), account_id=host, handle=host)

    def make_mention(self, text: str) -> str:
        entry = self._website.write(text)
        entry.url = entry.url.replace(self._website.url, self._address)
        return entry.url

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        raise NotImplementedError

    def edit_parent(self, post_id: str, text: str) -> None:
        entry = next(one for one in self._website.entries if one.url == post_id)
        entry.text, entry.changed = text, entry.written.replace(microsecond=0) + timedelta(seconds=1)

    def delete_parent(self, post_id: str) -> None:
        self._website.entries = [one for one in self._website.entries if one.url != post_id]


class HackerNewsWorld(ListeningWorld):
    connector = HackerNewsConnector()
    followed = Followed(SourceKind.SEARCH, "harbour")
    cannot: Mapping[Ability, str] = {
        Ability.PRIVATE: PUBLIC,
        Ability.EDIT_TIME: "Hacker News does not say that a comment was edited.",
    }

    def __init__(self, server: HackerNewsServer, proxy: FaultProxy) -> None:
        super().__init__(proxy)
        self._server = server
        self._story = server.story("What do you read on?")
        options = {"user_name": "harbour_ana"}
        self.call = Call(
            proxy.url, {}, datetime.now(UTC), account_id="harbour_ana", handle="harbour_ana", options=options
        )

    def _item(self, post_id: str) -> Item:
        return self._server.items[int(post_id)]

    def make_mention(self, text: str) -> str:
        return str(self._server.comment(self._story, f"{text} (Harbour)").number)

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self._server.story(f"Harbour: {texts[0]}")]
        for text in texts[1:]:
            made.append(self._server.comment(made[-1], text))
        return [str(one.number) for one in made]

    def edit_parent(self, post_id: str, text: str) -> None:
        self._item(post_id).text = text

    def delete_parent(self, post_id: str) -> None:
        self._item(post_id).is_gone = True


class StackExchangeWorld(ListeningWorld):
    connector = StackExchangeConnector()
    followed = Followed(SourceKind.HASHTAG, "e-reader")
    refusals: Mapping[Fault, Trouble] = {Fault.RATE_LIMITED: Trouble(status=400, body=THROTTLED)}

    def __init__(self, server: StackExchangeServer, proxy: FaultProxy) -> None:
        super().__init__(proxy)
        self._server = server
        options = {"user_id": "99"}
        self.call = Call(
            proxy.url, {"key": KEY}, datetime.now(UTC), account_id="99", handle="Ana & Harbour", options=options
        )

    def _piece(self, post_id: str) -> Piece:
        return self._server.pieces["question", int(post_id[1:])]

    def make_mention(self, text: str) -> str:
        return f"q{self._server.ask_question('About the Harbour', text).number}"

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        question = self._server.ask_question("A thread", texts[0])
        answer = self._server.answer_to(question, texts[1])
        comment = self._server.comment_on(answer, texts[2])
        return [f"q{question.number}", f"a{answer.number}", f"c{comment.number}"]

    def edit_parent(self, post_id: str, text: str) -> None:
        piece = self._piece(post_id)
        piece.text, piece.edited = text, piece.at + 1

    def delete_parent(self, post_id: str) -> None:
        self._server.remove(self._piece(post_id))


class TestFeed(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self) -> Iterator[FeedWorld]:
        with FeedServer() as website, FaultProxy(website.url) as proxy:
            yield FeedWorld(website, proxy)


class TestHackerNews(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self) -> Iterator[HackerNewsWorld]:
        with HackerNewsServer() as server, FaultProxy(server.url) as proxy:
            yield HackerNewsWorld(server, proxy)


class TestStackExchange(ConnectorConformance, PromisesConformance):
    @pytest.fixture
    def world(self) -> Iterator[StackExchangeWorld]:
        with StackExchangeServer() as server, FaultProxy(server.url) as proxy:
            yield StackExchangeWorld(server, proxy)
