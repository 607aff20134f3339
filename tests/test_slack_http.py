"""Slack calls us over signed HTTP, for those who do not want Socket Mode."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import slack_world
import uvicorn
from slack_bolt import App
from slack_sdk import WebClient
from slack_world import World
from starlette.applications import Starlette

from bot.database import Sessions
from bot.demo.slack import LocalSlack, chorus_app, harbour
from bot.demo.slack.person import words
from bot.slack import app as slack_app
from bot.slack import http
from bot.slack.manifest import manifest


@contextmanager
def serving(app: App) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(Starlette(routes=http.routes(app)), log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{http.PATH}"
    finally:
        server.should_exit = True
        thread.join(5)


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(seed=harbour(chorus_app(manifest())), rates=None) as running:
        yield running


@pytest.fixture
def world(sessions: Sessions) -> World:
    return slack_world.build(sessions, lambda: datetime.now(UTC), undo=timedelta(seconds=60))


@pytest.fixture
def address(slack: LocalSlack, world: World) -> Iterator[str]:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[])
    with serving(slack_app.build(world.deps, client, signing_secret=slack.signing_secret)) as address:
        yield address


def test_the_same_app_works_over_http(slack: LocalSlack, world: World, address: str) -> None:
    world.mention("A question over HTTP")
    assert slack.connect_http(address)
    ana = slack.person("ana")
    ana.open_home()
    home = ana.wait_for(lambda: ana.home())
    assert "A question over HTTP" in words(home)
    ana.click(home, "reply.open")
    ana.wait_for_modal("Reply")


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"payload=%7B%7D", 401), (b"\xff\xfe", 400), (b"x" * (http.LARGEST + 1), 413), (b"", 401)],
)
def test_what_slack_never_sends_is_refused(address: str, body: bytes, status: int) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert httpx.post(address, content=body, headers=headers).status_code == status
