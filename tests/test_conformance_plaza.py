"""The Mastodon connector passes the kit against Plaza."""

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.demo.plaza import Plaza
from connectors import conformance
from connectors.base import (
    Author,
    Call,
    Cursor,
    Fault,
    Followed,
    Length,
    Outcome,
    Page,
    Post,
    Receipt,
    Rejected,
    ReplyContext,
    ReplyIntent,
    SourceKind,
    Unknown,
)
from connectors.conformance import Ability, ConnectorConformance, FaultProxy, Mishap, Stored, Trouble
from connectors.conformance_world import Scene, SleptError, no_sleep
from connectors.mastodon import MastodonConnector

TOO_MANY = Trouble(
    status=429, body='{"error": "Too many requests"}', headers={"X-RateLimit-Reset": "2099-01-01T00:00:00Z"}
)
REFUSALS = {
    Fault.AUTH: Trouble(status=401, body='{"error": "The access token is invalid"}'),
    Fault.FORBIDDEN_BY_POLICY: Trouble(status=403, body='{"error": "This action is not allowed"}'),
    Fault.GONE: Trouble(status=404, body='{"error": "Record not found"}'),
    Fault.TOO_LONG: Trouble(status=422, body='{"error": "Validation failed: Text character limit of 500 exceeded"}'),
    Fault.DUPLICATE: Trouble(status=422, body='{"error": "Validation failed: This is a duplicate status"}'),
    Fault.INVALID: Trouble(status=422, body='{"error": "Validation failed: Text can\'t be blank"}'),
    Fault.RATE_LIMITED: TOO_MANY,
}
CLOSED = Post("1", "Hi", Author("2", "sam@closed.example"), datetime(2026, 1, 1, tzinfo=UTC), venue="closed.example")


class PlazaWorld:
    """Plaza behind a proxy that can lose its answers."""

    connector: MastodonConnector = MastodonConnector()
    followed = Followed(SourceKind.MENTIONS)
    refusals: Mapping[Fault, Trouble] = REFUSALS
    forbidden: Sequence[Post] = (CLOSED, replace(CLOSED, venue="byhand.example", url="https://byhand.example/1"))
    cannot: Mapping[Ability, str] = {}

    def __init__(self, plaza: Plaza, proxy: FaultProxy) -> None:
        self._plaza = plaza
        self._proxy = proxy
        options = {"closed_instances": "closed.example", "handoff_instances": "byhand.example"}
        secrets = {"access_token": plaza.token}
        now, us = datetime.now(UTC), plaza.account_id("harbour")
        self.call = Call(proxy.url, secrets, now, account_id=us, handle="harbour", options=options)

    def make_mention(self, text: str) -> str:
        return self._plaza.post_as("Maya Okafor", f"@harbour {text}")

    def make_private_mention(self, text: str) -> str:
        return self._plaza.post_as("Maya Okafor", f"@harbour {text}", visibility="direct")

    def make_thread(self, texts: Sequence[str]) -> list[str]:
        made = [self.make_mention(texts[0])]
        for text in texts[1:]:
            made.append(self._plaza.post_as("Maya Okafor", text, made[-1]))
        return made

    def edit_parent(self, post_id: str, text: str) -> None:
        self._plaza.edit(post_id, text)

    def delete_parent(self, post_id: str) -> None:
        self._plaza.delete(post_id)

    def next_answer(self, trouble: Trouble, *, to_write: bool = True) -> None:
        self._proxy.next_answer(trouble, to_write=to_write)

    def posts_sent(self) -> int:
        return len(self._proxy.writes)

    def own_replies(self) -> Sequence[Stored]:
        return [Stored(post_id, text) for post_id, text, _ in self._plaza.posts_of("harbour")]


@pytest.fixture(scope="module")
def plaza() -> Iterator[Plaza]:
    with Plaza(lively=False) as running:
        running.faults.rate_limit = 1_000_000
        yield running


@pytest.fixture
def world(plaza: Plaza) -> Iterator[PlazaWorld]:
    with FaultProxy(plaza.url) as proxy:
        yield PlazaWorld(plaza, proxy)


class TestMastodonOnPlaza(ConnectorConformance):
    @pytest.fixture
    def world(self, plaza: Plaza) -> Iterator[PlazaWorld]:
        with FaultProxy(plaza.url) as proxy:
            yield PlazaWorld(plaza, proxy)


class SendsTwice(MastodonConnector):
    """Repeats what got no clear answer: the mistake that makes duplicates."""

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        first = super().reply(call, intent)
        return super().reply(call, intent) if isinstance(first, Unknown) else first


class CallsLossRefusal(MastodonConnector):
    """Says that a lost answer means not posted."""

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        outcome = super().reply(call, intent)
        return Rejected(Fault.TRANSIENT, "Lost.") if isinstance(outcome, Unknown) else outcome


class AdoptsAnything(MastodonConnector):
    """Takes any post of ours for the one it looks for."""

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        return super().find_own_reply(call, replace(intent, text="@maya Something else entirely."))


class Sleeps(MastodonConnector):
    """Waits by itself."""

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        time.sleep(0.01)
        return super().reply(call, intent)


class ReadsEnvironment(MastodonConnector):
    """Looks around."""

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        os.environ.get("MASTODON_TOKEN")
        return super().fetch(call, followed, cursor)


class Talks(MastodonConnector):
    """Logs what it was trusted with."""

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        logging.getLogger("talks").info("Replying with %s", dict(call.secrets))
        return super().reply(call, intent)


class LosesTheMiddle(MastodonConnector):
    """Hands on the newest few of a page and drops what came between."""

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        page = super().fetch(call, followed, cursor)
        return replace(page, posts=page.posts[-10:])


class NewestFirst(MastodonConnector):
    """Hands posts on as the platform lists them."""

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        page = super().fetch(call, followed, cursor)
        return replace(page, posts=page.posts[::-1])


class CountsBytes(MastodonConnector):
    """Counts otherwise than the platform."""

    def measure(self, text: str, context: ReplyContext) -> Length:
        counted = super().measure(text, context)
        return replace(counted, used=counted.used - 1)


class Embellishes(MastodonConnector):
    """Posts something else than was shown."""

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        return super().reply(call, replace(intent, text=f"{intent.text} #ad"))


MISTAKES: dict[str, tuple[type[MastodonConnector], Callable[[ConnectorConformance, Scene], None]]] = {
    "sends twice": (
        SendsTwice,
        lambda kit, scene: kit.test_a_reply_is_one_request_whatever_comes_back(scene, Trouble()),
    ),
    "drops twice": (
        SendsTwice,
        lambda kit, scene: kit.test_a_reply_that_was_stored_before_the_answer_was_lost_is_adopted(scene, Trouble()),
    ),
    "calls a loss a refusal": (
        CallsLossRefusal,
        lambda kit, scene: kit.test_a_reply_is_one_request_whatever_comes_back(scene, Trouble(Mishap.DROP)),
    ),
    "adopts anything": (
        AdoptsAnything,
        lambda kit, scene: kit.test_another_reply_of_ours_is_never_mistaken_for_a_lost_one(scene),
    ),
    "loses the middle": (
        LosesTheMiddle,
        lambda kit, scene: kit.test_nothing_is_lost_across_pages_and_the_oldest_comes_first(scene),
    ),
    "newest first": (
        NewestFirst,
        lambda kit, scene: kit.test_nothing_is_lost_across_pages_and_the_oldest_comes_first(scene),
    ),
    "counts otherwise": (
        CountsBytes,
        lambda kit, scene: kit.test_measure_agrees_with_the_server_at_the_limit_and_beyond(scene),
    ),
    "embellishes": (
        Embellishes,
        lambda kit, scene: kit.test_render_is_what_becomes_public_and_is_the_same_every_time(scene),
    ),
}


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_the_kit_sees_a_connector_that(mistake: str, world: PlazaWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformance, "PATIENCE", 1.0)
    mistaken, check = MISTAKES[mistake]
    world.connector = mistaken()
    with pytest.raises(AssertionError):
        check(ConnectorConformance(), Scene(world))


def test_the_kit_sees_a_connector_that_sleeps(world: PlazaWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.connector = Sleeps()
    no_sleep(monkeypatch)
    with pytest.raises(SleptError):
        ConnectorConformance().test_every_fault_is_named(Scene(world))


def test_the_kit_sees_a_connector_that_looks_at_the_environment(
    world: PlazaWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.connector = ReadsEnvironment()
    with pytest.raises(AssertionError):
        ConnectorConformance().test_nothing_is_read_from_the_environment(Scene(world), monkeypatch)


def test_the_kit_sees_a_connector_that_logs_its_token(world: PlazaWorld, caplog: pytest.LogCaptureFixture) -> None:
    world.connector = Talks()
    with pytest.raises(AssertionError):
        ConnectorConformance().test_no_secret_is_told_to_logs_errors_or_reprs(Scene(world), caplog)
