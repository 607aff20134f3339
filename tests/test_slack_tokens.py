"""Where Slack rotates tokens, whoever sends has one that works; it is renewed once, shared, and sealed at rest."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import slack_world
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_world import World

from bot.database import Sessions
from bot.demo.slack import LocalSlack, chorus_app, harbour
from bot.models import SlackToken
from bot.slack import app as slack_app
from bot.slack import lane
from bot.slack.manifest import manifest
from bot.slack.sockets import Supervisor
from bot.slack.tokens import Registered, RotatingClient, Rotation

REFRESHED = "oauth.v2.access"


class Clock:
    """Ours and the local Slack's, so that half a day passes at once."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def seconds(self) -> float:
        return time.time() + self.ahead.total_seconds()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slack(clock: Clock) -> Iterator[LocalSlack]:
    app = replace(chorus_app(manifest()), rotates_tokens=True)
    with LocalSlack(seed=harbour(app), rates=None, now=clock.seconds) as running:
        yield running


@pytest.fixture
def world(sessions: Sessions, clock: Clock) -> World:
    return slack_world.build(sessions, clock.now)


def rotation(slack: LocalSlack, world: World, clock: Clock, *, refresh_token: str = "") -> Rotation:
    app = slack.app
    registered = Registered(app.client_id, app.client_secret, refresh_token or app.refresh_token)
    asking = WebClient(base_url=slack.api_url, retry_handlers=[])
    return Rotation(world.sessions, world.deps.vault, clock.now, app=registered, asking=asking)


def client(slack: LocalSlack, world: World, clock: Clock) -> WebClient:
    return RotatingClient(rotation(slack, world, clock), base_url=slack.api_url, timeout=5, retry_handlers=[])


def test_cards_are_sent_after_the_first_token_has_ended(slack: LocalSlack, world: World, clock: Clock) -> None:
    sending = client(slack, world, clock)
    channel = slack.person("ana").channel("#mentions")
    for hours in (0, 13, 13):
        clock.ahead += timedelta(hours=hours)
        world.show(world.mention(f"Asked {clock.ahead} later", channel=channel))
        lane.drain(world.deps, sending, channel)
        slack.person("ana").wait_for_message(channel, f"Asked {clock.ahead} later")


def test_a_token_that_ended_early_is_renewed_once_and_the_message_sent_once(
    slack: LocalSlack, world: World, clock: Clock
) -> None:
    sending = client(slack, world, clock)
    before = sending.token
    slack.tokens.expire(slack.app)
    sending.chat_postMessage(channel="#general", text="still here")
    assert sending.token != before
    said = [message["text"] for message in slack.person("ana").messages("#general")]
    assert said.count("still here") == 1


def test_other_errors_are_not_asked_about_again(slack: LocalSlack, world: World, clock: Clock) -> None:
    sending = client(slack, world, clock)
    before = sending.token
    with pytest.raises(SlackApiError, match="channel_not_found"):
        sending.chat_postMessage(channel="C0NOWHERE00", text="x")
    assert sending.token == before


def test_processes_that_find_the_token_spent_at_once_renew_it_once(
    slack: LocalSlack, world: World, clock: Clock
) -> None:
    several = [rotation(slack, world, clock) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        first = set(pool.map(lambda one: one.current(), several))
        assert len(first) == 1
        slack.tokens.expire(slack.app)
        second = set(pool.map(lambda one: one.instead_of(*first), several))
    assert len(second) == 1
    assert second != first


def test_the_next_process_goes_on_with_what_was_kept(slack: LocalSlack, world: World, clock: Clock) -> None:
    token = rotation(slack, world, clock).current()
    assert rotation(slack, world, clock).current() == token


def test_what_is_kept_is_sealed(slack: LocalSlack, world: World, clock: Clock) -> None:
    token = rotation(slack, world, clock).current()
    with world.sessions() as session:
        kept = session.query(SlackToken).one()
    assert token.encode() not in kept.sealed
    assert b"xoxe" not in kept.sealed
    assert "xoxe" not in kept.origin
    assert world.deps.vault.open(kept.sealed)["access"] == token


def test_while_slack_does_not_renew_the_token_that_still_works_is_used(
    slack: LocalSlack, world: World, clock: Clock
) -> None:
    current = rotation(slack, world, clock)
    token = current.current()
    clock.ahead += timedelta(hours=11)
    slack.faults.server_error(REFRESHED)
    assert current.current() == token
    assert current.current() == token, "it is not asked for at every call"
    clock.ahead += timedelta(minutes=2)
    assert current.current() != token


def test_a_spent_refresh_token_says_so(slack: LocalSlack, world: World, clock: Clock) -> None:
    with pytest.raises(SlackApiError, match="invalid_refresh_token"):
        rotation(slack, world, clock, refresh_token="xoxe-1-of-long-ago").current()


def test_a_new_installation_starts_anew(slack: LocalSlack, world: World, clock: Clock) -> None:
    first = rotation(slack, world, clock)
    _, fresh = slack.tokens.refresh(slack.app, world.deps.vault.open(_kept(first, world))["refresh"])
    again = rotation(slack, world, clock, refresh_token=fresh)
    assert again.current() != first.current()


def _kept(current: Rotation, world: World) -> bytes:
    current.current()
    with world.sessions() as session:
        return session.query(SlackToken).one().sealed


def test_clicks_are_answered_with_the_token_of_the_moment(slack: LocalSlack, world: World, clock: Clock) -> None:
    supervisor = Supervisor(slack_app.build(world.deps, client(slack, world, clock), linger=10), slack.app_token)
    supervisor.start()
    try:
        slack.wait_until_connected()
        ana = slack.person("ana")
        ana.open_home()
        before = ana.wait_for(ana.home)
        slack.tokens.expire(slack.app)
        world.mention("Asked after the token ended")
        ana.open_home()
        assert ana.wait_for(lambda: ana.home() != before)
    finally:
        supervisor.stop()


def test_the_environment_of_the_console_does_not_lead_bolt_astray(
    slack: LocalSlack, world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", slack.app.client_id)
    monkeypatch.setenv("SLACK_CLIENT_SECRET", slack.app.client_secret)
    test_clicks_are_answered_with_the_token_of_the_moment(slack, world, clock)
