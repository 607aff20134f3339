"""From card to approved reply, by people in the local Slack, over a real Socket Mode connection."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import slack_world
from slack_sdk import WebClient
from slack_world import World

from bot.database import Sessions
from bot.demo.slack import LocalSlack, chorus_app, harbour
from bot.demo.slack.person import words
from bot.models import ReplyState
from bot.slack import app as slack_app
from bot.slack import lane
from bot.slack.manifest import manifest
from bot.slack.sockets import Supervisor

MENTIONS = "#mentions"


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(seed=harbour(chorus_app(manifest())), rates=None) as running:
        yield running


@pytest.fixture
def world(sessions: Sessions) -> World:
    return slack_world.build(sessions, lambda: datetime.now(UTC), undo=timedelta(seconds=30))


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[])


@pytest.fixture
def connected(slack: LocalSlack, world: World, client: WebClient) -> Iterator[None]:
    supervisor = Supervisor(slack_app.build(world.deps, client), slack.app_token)
    supervisor.start()
    slack.wait_until_connected()
    yield
    supervisor.stop()


def channel_of(slack: LocalSlack) -> str:
    return slack.person("ana").channel(MENTIONS)


def shown(slack: LocalSlack, world: World, client: WebClient, mention_id: int) -> dict[str, Any]:
    """Bring a card up to date and return it as Ana sees it."""
    channel = channel_of(slack)
    world.show(mention_id)
    lane.PACE, pace = timedelta(0), lane.PACE
    try:
        lane.drain(world.deps, client, channel)
    finally:
        lane.PACE = pace
    return slack.person("ana").last(MENTIONS)


@pytest.mark.usefixtures("connected")
def test_a_person_replies_from_the_card_and_sees_exactly_what_will_be_public(
    slack: LocalSlack, world: World, client: WebClient
) -> None:
    mention = world.mention(channel=channel_of(slack))
    card = shown(slack, world, client, mention)
    ana = slack.person("ana")

    ana.click(card, "reply.open")
    modal = ana.wait_for_modal("Reply")
    assert "@lena Yes, it reads EPUB 3. I work for Harbour." in words(modal)
    ana.click(modal, "text", value="Yes, EPUB 3 works. I work for Harbour, so I may be biased.")
    changed = ana.wait_for(lambda: "@lena Yes, EPUB 3 works." in words(ana.modal()) and ana.modal())
    assert changed["id"] == modal["id"]
    ana.submit(text="Yes, EPUB 3 works. I work for Harbour, so I may be biased.")

    assert "Approved" in words(ana.modal())
    reply = world.reply(mention)
    assert reply.state is ReplyState.APPROVED
    assert reply.typed == "Yes, EPUB 3 works. I work for Harbour, so I may be biased."
    assert "About to be posted" in words(shown(slack, world, client, mention))
    assert shown(slack, world, client, mention)["ts"] == card["ts"]
