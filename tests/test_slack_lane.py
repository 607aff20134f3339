"""What waits for a channel: sent in order and at a gentle pace, once each, whatever Slack does meanwhile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import slack_world
from conftest import DrivenClock
from slack_sdk import WebClient
from slack_world import OPS, World

from bot import outbox
from bot.database import Sessions
from bot.demo.slack import LocalSlack, Person, chorus_app, harbour
from bot.demo.slack.blockkit import validate
from bot.demo.slack.person import words
from bot.models import Card, MentionState, OutboxState, Outgoing, Urgency
from bot.slack import lane, sending
from bot.slack.manifest import manifest

MENTIONS = "#mentions"
SECOND = timedelta(seconds=1)

Json = dict[str, Any]


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(seed=harbour(chorus_app(manifest())), rates=None) as running:
        yield running


@dataclass
class Channel:
    """A channel, what waits for it, and the people who read it."""

    slack: LocalSlack
    world: World
    clock: DrivenClock
    client: WebClient
    mara: Person
    id: str
    before: int

    def mention(self, text: str = "Does it read EPUB?", **values: Any) -> int:
        """A mention whose card waits for the channel."""
        mention = self.world.mention(text, channel=self.id, **values)
        self.world.show(mention)
        return mention

    def drain(self) -> datetime | None:
        """One turn of the lane."""
        return lane.drain(self.world.deps, self.client, self.id)

    def empty(self) -> None:
        """Turn until nothing waits, moving the clock to each due time."""
        while (due := self.drain()) is not None:
            self.clock.moment = max(self.clock.moment, due)

    def messages(self, name: str = MENTIONS) -> list[Json]:
        """What was posted in this test."""
        found = self.mara.messages(name)
        return found[self.before :] if name == MENTIONS else found

    def row(self, mention: int) -> Outgoing:
        """The newest row of a mention."""
        with self.world.sessions() as session:
            asked = session.query(Outgoing).filter_by(subject=f"mention:{mention}")
            return asked.order_by(Outgoing.id.desc()).first()  # type: ignore[return-value]


@pytest.fixture
def channel(slack: LocalSlack, sessions: Sessions, clock: DrivenClock) -> Iterator[Channel]:
    world = slack_world.build(sessions, clock)
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=1, retry_handlers=[])
    mara = slack.person("mara")
    place = mara.channel(MENTIONS)
    yield Channel(slack, world, clock, client, mara, place, len(mara.messages(MENTIONS)))
    slack.faults.clear()


def test_one_message_a_second_leaves_and_the_oldest_goes_first(channel: Channel) -> None:
    mentions = [channel.mention(f"Question {number}") for number in range(3)]
    for number in range(3):
        due = channel.drain()
        assert len(channel.messages()) == number + 1
        assert channel.drain() == due
        assert len(channel.messages()) == number + 1
        channel.clock.advance(seconds=1)
    assert [f"Question {number}" in words(each) for number, each in enumerate(channel.messages())] == [True] * 3
    assert channel.row(mentions[0]).state is OutboxState.SENT
    assert channel.drain() is None


def test_a_card_is_posted_once_and_then_changed_in_place(channel: Channel) -> None:
    mention = channel.mention()
    channel.empty()
    with channel.world.sessions.begin() as session:
        session.get_one(Card, mention)
        session.connection().exec_driver_sql(f"update mention set note = 'Please look.' where id = {mention}")
    channel.clock.advance(seconds=1)
    for _ in range(10):
        channel.world.show(mention)
    channel.empty()
    assert len(channel.messages()) == 1
    assert "Please look." in words(channel.messages()[0])
    assert channel.messages()[0]["edited"]


def test_what_has_not_changed_is_not_sent_and_costs_no_time(channel: Channel) -> None:
    first = channel.mention()
    channel.empty()
    channel.clock.advance(seconds=1)
    channel.world.show(first)
    second = channel.mention("Another question")
    channel.drain()
    assert channel.row(first).state is OutboxState.SENT
    assert channel.row(second).state is OutboxState.SENT
    assert "edited" not in channel.messages()[0]


def test_a_card_carries_the_id_of_its_mention_and_nothing_else(channel: Channel) -> None:
    mention = channel.mention()
    channel.empty()
    history = channel.client.conversations_history(channel=channel.id, include_all_metadata=True, limit=1)
    assert history["messages"][0]["metadata"] == {
        "event_type": "chorus_card",
        "event_payload": {"mention_id": mention},
    }


def test_slack_asks_for_patience_and_the_whole_channel_waits(channel: Channel) -> None:
    channel.mention("First")
    channel.mention("Second")
    channel.slack.faults.rate_limit("chat.postMessage", retry_after=30)
    due = channel.drain()
    assert due == channel.clock.moment + timedelta(seconds=30)
    channel.clock.advance(seconds=29)
    assert channel.drain() == due
    assert channel.messages() == []
    channel.clock.advance(seconds=1)
    channel.empty()
    assert ["First" in words(channel.messages()[0]), "Second" in words(channel.messages()[1])] == [True, True]


@pytest.mark.parametrize("performed", [True, False])
def test_after_a_time_out_the_channel_is_looked_at_before_anything_is_posted_again(
    channel: Channel, performed: bool
) -> None:
    mention = channel.mention()
    channel.slack.faults.hang("chat.postMessage", 1.3, performed=performed)
    due = channel.drain()
    assert due is not None
    assert due > channel.clock.moment
    assert channel.row(mention).detail == lane.IN_DOUBT
    channel.clock.moment = due
    channel.empty()
    assert len(channel.messages()) == 1
    assert channel.world.card_place(mention) == channel.messages()[0]["ts"]


@pytest.mark.parametrize("performed", [True, False])
def test_a_notice_is_told_once_even_when_slack_breaks_down_over_it(channel: Channel, performed: bool) -> None:
    told = f"The source <{performed}> is down & gone"
    before = len(channel.messages("#chorus-ops"))
    with channel.world.sessions.begin() as session:
        outbox.tell(session, OPS, "source:1", told, at=channel.clock())
    channel.slack.faults.server_error("chat.postMessage", performed=performed)
    while (due := lane.drain(channel.world.deps, channel.client, OPS)) is not None:
        channel.clock.moment = max(channel.clock.moment, due)
    assert [each["text"] for each in channel.messages("#chorus-ops")[before:]] == [
        f"The source &lt;{performed}&gt; is down &amp; gone"
    ]


def test_a_card_that_somebody_deleted_is_posted_anew(channel: Channel) -> None:
    mention = channel.mention()
    channel.empty()
    channel.client.chat_delete(channel=channel.id, ts=channel.messages()[0]["ts"])
    with channel.world.sessions.begin() as session:
        session.connection().exec_driver_sql(f"update mention set note = 'New' where id = {mention}")
    channel.clock.advance(seconds=1)
    channel.world.show(mention)
    channel.empty()
    assert [channel.world.card_place(mention)] == [each["ts"] for each in channel.messages()]


def test_a_message_whose_process_died_is_taken_up_again_and_not_doubled(channel: Channel) -> None:
    mention = channel.mention()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending.Out, "_shown", die)
        with pytest.raises(KeyboardInterrupt):
            channel.drain()
    assert channel.row(mention).state is OutboxState.SENDING
    assert len(channel.messages()) == 1
    channel.clock.advance(seconds=61)
    channel.empty()
    assert len(channel.messages()) == 1
    assert channel.world.card_place(mention) == channel.messages()[0]["ts"]


def test_a_change_while_the_card_is_under_way_is_not_lost(channel: Channel) -> None:
    mention = channel.mention()
    post = sending.Out._post

    def slow(self: sending.Out, *parts: Any) -> str:
        channel.world.show(mention)
        return post(self, *parts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sending.Out, "_post", slow)
        channel.drain()
    assert channel.row(mention).state is OutboxState.WAITING


def test_when_the_app_is_not_in_the_channel_the_operators_hear_it_once_and_of_the_end(channel: Channel) -> None:
    channel.mention()
    before = len(channel.messages("#chorus-ops"))
    channel.slack.faults.error("chat.postMessage", "not_in_channel", times=2)
    for _ in range(2):
        due = channel.drain()
        assert due is not None
        channel.clock.moment = due
    channel.empty()
    while (due := lane.drain(channel.world.deps, channel.client, OPS)) is not None:
        channel.clock.moment = max(channel.clock.moment, due)
    told = [each["text"] for each in channel.messages("#chorus-ops")[before:]]
    assert len(told) == 2
    assert "Invite the app to the channel" in told[0]
    assert "again" in told[1]
    assert len(channel.messages()) == 1


def test_blocks_that_slack_refuses_are_shown_in_plainer_ones(channel: Channel) -> None:
    channel.mention("A question all the same")
    channel.slack.faults.error("chat.postMessage", "invalid_blocks")
    channel.drain()
    assert "A question all the same" in words(channel.messages()[0])
    assert len(channel.messages()[0]["blocks"]) == 2


def test_a_flood_becomes_one_digest_and_urgent_ones_keep_their_card(channel: Channel) -> None:
    calm = [channel.mention(f"Question {number} <!channel>") for number in range(30)]
    urgent = channel.mention("The battery burns", urgency=Urgency.HIGH)
    channel.empty()
    digest, card = channel.messages()
    assert "30 conversations came in at once" in digest["text"]
    assert "The battery burns" in words(card)
    assert "<!channel>" not in words(digest)
    assert channel.row(urgent).state is OutboxState.SENT
    assert {channel.row(mention).state for mention in calm} == {OutboxState.SENT}

    channel.world.show(calm[3])
    channel.clock.advance(seconds=1)
    channel.empty()
    assert len(channel.messages()) == 3
    assert "Question 3 " in words(channel.messages()[2])


def test_a_digest_is_not_doubled_by_a_time_out(channel: Channel) -> None:
    for number in range(25):
        channel.mention(f"Question {number}")
    channel.slack.faults.hang("chat.postMessage", 1.3, performed=True)
    channel.empty()
    assert len(channel.messages()) == 1


def test_a_mention_that_is_gone_does_not_hold_up_the_others(channel: Channel) -> None:
    with channel.world.sessions.begin() as session:
        session.add(
            Outgoing(
                channel=channel.id, subject="mention:424242", not_before=channel.clock(), created_at=channel.clock()
            )
        )
    channel.mention("Still here")
    channel.empty()
    assert len(channel.messages()) == 1
    assert channel.row(424242).state is OutboxState.FAILED


def test_two_workers_at_once_send_nothing_twice(channel: Channel) -> None:
    for number in range(4):
        channel.mention(f"Question {number}")
    with ThreadPoolExecutor(4) as pool:
        for _ in range(8):
            list(pool.map(lambda _: channel.drain(), range(4)))
            channel.clock.advance(seconds=1)
    assert len(channel.messages()) == 4


def test_the_day_of_a_channel_is_told_with_what_is_still_open(channel: Channel) -> None:
    channel.mention("The battery burns", urgency=Urgency.HIGH)
    channel.mention("Nothing special", state=MentionState.DISMISSED)
    channel.empty()
    with channel.world.sessions.begin() as session:
        session.add(
            Outgoing(
                channel=channel.id,
                subject="daily:2026-11-21",
                not_before=channel.clock(),
                created_at=channel.clock(),
            )
        )
    channel.empty()
    told = channel.messages()[-1]
    assert "2 conversations came in: 0 answered, 1 left without a reply" in told["text"]
    assert "The battery burns" in words(told)
    assert validate(told["blocks"]) == []


def test_a_day_without_anything_is_not_told(channel: Channel) -> None:
    with channel.world.sessions.begin() as session:
        now = channel.clock()
        session.add(Outgoing(channel=channel.id, subject="daily:2026-11-21", not_before=now, created_at=now))
    channel.empty()
    assert channel.messages() == []
