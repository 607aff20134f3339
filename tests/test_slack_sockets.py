"""The socket to Slack is watched: one that went silent is built anew, and its health can be read."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import slack_world
from slack_sdk import WebClient
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.console import health
from bot.database import Sessions
from bot.demo.slack import LocalSlack, Person, PersonError, chorus_app, harbour
from bot.slack import app as slack_app
from bot.slack.dedupe import OnceApp
from bot.slack.manifest import manifest
from bot.slack.sockets import Supervisor


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(seed=harbour(chorus_app(manifest())), rates=None, ping_seconds=0.2) as running:
        yield running


@pytest.fixture
def app(slack: LocalSlack, sessions: Sessions) -> OnceApp:
    world = slack_world.build(sessions, lambda: datetime.now(UTC))
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[])
    return slack_app.build(world.deps, client)


def watched(app: OnceApp, token: str) -> Supervisor:
    return Supervisor(app, token, ping_every=0.2, silent_after=1.0, look_every=0.1)


def eventually(look: Callable[[], object], seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def test_a_silent_socket_is_noticed_and_built_anew(slack: LocalSlack, app: OnceApp) -> None:
    supervisor = watched(app, slack.app_token)
    supervisor.start()
    try:
        eventually(lambda: supervisor.health()["ok"])
        slack.silence_sockets()
        eventually(lambda: supervisor.health()["rebuilt"])
        slack.resume_sockets()
        eventually(lambda: supervisor.health()["ok"])
        ana = slack.person("ana")
        ana.open_home()
        ana.wait_for(ana.home)
    finally:
        supervisor.stop()
    assert supervisor.health()["ok"] is False


def test_a_socket_that_answers_pings_and_brings_nothing_is_exchanged(slack: LocalSlack, app: OnceApp) -> None:
    supervisor = Supervisor(app, slack.app_token, ping_every=0.2, silent_after=30, quiet_after=1.0, look_every=0.1)
    supervisor.start()
    try:
        eventually(lambda: supervisor.health()["ok"])
        slack.silence_sockets(pongs=True)
        ana = slack.person("ana")
        ana.wait_for(lambda: _opened(ana) and ana.home(), timeout=15)
        assert supervisor.health()["rebuilt"] == 0, "it never looked silent"
    finally:
        supervisor.stop()


def test_a_socket_that_slack_closes_is_replaced(slack: LocalSlack, app: OnceApp) -> None:
    supervisor = watched(app, slack.app_token)
    supervisor.start()
    try:
        eventually(lambda: supervisor.health()["ok"])
        slack.disconnect_sockets("refresh_requested")
        eventually(lambda: supervisor.health()["ok"])
        slack.wait_until_connected()
        ana = slack.person("ana")
        ana.wait_for(lambda: _opened(ana) and ana.home())
    finally:
        supervisor.stop()


def _opened(person: Person) -> bool:
    with suppress(PersonError):  # the app is not there yet
        person.open_home()
    return True


def test_a_slack_that_cannot_be_reached_is_tried_again(slack: LocalSlack, app: OnceApp) -> None:
    slack.faults.error("apps.connections.open", "internal_error", times=1)
    supervisor = watched(app, slack.app_token)
    supervisor.start()
    try:
        eventually(lambda: "internal_error" in str(supervisor.health()["trouble"]))
        eventually(lambda: supervisor.health()["ok"])
        assert supervisor.health()["trouble"] == ""
    finally:
        supervisor.stop()


def test_healthz_shows_the_age_of_the_last_envelope_and_falls_ill_with_the_socket(
    slack: LocalSlack, app: OnceApp, sessions: Sessions
) -> None:
    supervisor = watched(app, slack.app_token)
    web = TestClient(Starlette(routes=health.routes(sessions, lambda: {"slack": supervisor.health()})))
    assert web.get("/healthz").status_code == 503
    supervisor.start()
    try:
        eventually(lambda: web.get("/healthz").status_code == 200)
        assert web.get("/healthz").json()["parts"]["slack"]["last_envelope_age"] is None
        eventually(lambda: _opened(slack.person("ana")) and supervisor.health()["last_envelope_age"] is not None)
        told = web.get("/healthz").json()["parts"]["slack"]
        assert told["connected"] is True
        assert told["last_envelope_age"] < 15
        assert told["last_sign_age"] < 15
    finally:
        supervisor.stop()
    assert web.get("/healthz").status_code == 503


def test_health_tells_how_long_ago_slack_was_heard(slack: LocalSlack, app: OnceApp) -> None:
    supervisor = watched(app, slack.app_token)
    assert supervisor.health()["ok"] is False
    supervisor.start()
    try:
        eventually(lambda: _opened(slack.person("ana")) and supervisor.health()["last_envelope_age"] is not None)
        found = supervisor.health()
        assert isinstance(found["last_sign_age"], float)
        assert found["last_sign_age"] < 5
    finally:
        supervisor.stop()
