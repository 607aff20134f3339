"""Socket Mode of the local Slack: hello, one connection an envelope, redelivery, disconnects, silence."""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from local_slack_kit import SILENCE, Json, SocketApp, card, client, local_slack
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from bot.demo.slack import LocalSlack, PersonError


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack(ack_seconds=1.0, retry_after=(0.0, 0.05, 0.1), ping_seconds=0.05) as running:
        yield running


def say(slack: LocalSlack, text: str = "x") -> Json:
    return slack.person("ana").say("#general", text)


def test_a_connection_is_greeted(slack: LocalSlack) -> None:
    with SocketApp(slack) as app:
        hello = app.frames[0]
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["connection_info"] == {"app_id": slack.app.id}
        assert {"host", "approximate_connection_time"} <= set(hello["debug_info"])
        with SocketApp(slack) as second:
            assert second.frames[0]["num_connections"] == 2


def test_an_address_works_once(slack: LocalSlack) -> None:
    url = client(slack).apps_connections_open(app_token=slack.app_token)["url"]
    with connect(url) as connection:
        assert "hello" in str(connection.recv(timeout=2))
    with connect(url) as again, pytest.raises(ConnectionClosed):
        again.recv(timeout=2)


def test_each_envelope_goes_to_exactly_one_of_ten_connections_and_an_eleventh_is_too_many(slack: LocalSlack) -> None:
    with contextlib.ExitStack() as stack:
        apps = [stack.enter_context(SocketApp(slack)) for _ in range(10)]
        eleventh = stack.enter_context(SocketApp(slack))
        assert (eleventh.frames[0]["type"], eleventh.frames[0]["reason"]) == ("disconnect", "too_many_websockets")
        assert eleventh.closed.wait(2)
        for number in range(20):
            say(slack, str(number))
        apps[0].wait_for(lambda: sum(len(each.events) for each in apps) == 20)
        time.sleep(0.1)
        texts = sorted(int(event["text"]) for each in apps for event in each.events)
        assert texts == list(range(20))
        assert sum(bool(each.events) for each in apps) > 1


def test_an_event_that_is_not_acknowledged_is_redelivered_three_times() -> None:
    hasty = local_slack(ack_seconds=0.2, retry_after=(0.0, 0.05, 0.1))
    with hasty as slack, SocketApp(slack, lambda _: SILENCE) as app:
        say(slack)
        app.wait_for(lambda: len(app.envelopes) == 4)
        assert [each["retry_attempt"] for each in app.envelopes] == [0, 1, 2, 3]
        assert [each["retry_reason"] for each in app.envelopes] == ["", "timeout", "timeout", "timeout"]
        assert len({each["event_id"] for each in app.payloads}) == 1
        assert len({each["envelope_id"] for each in app.envelopes}) == 4
        time.sleep(0.5)
        assert len(app.envelopes) == 4


def test_an_acknowledged_event_comes_once(slack: LocalSlack) -> None:
    with SocketApp(slack) as app:
        say(slack)
        app.wait_for(lambda: app.events)
        time.sleep(1.2)
        assert len(app.events) == 1


def test_an_event_waits_for_an_app_that_is_not_connected_yet() -> None:
    with local_slack(retry_after=(0.0, 0.2, 0.5)) as slack:
        say(slack, "early")
        with SocketApp(slack) as app:
            app.wait_for_event(text="early")
            assert app.envelopes[0]["retry_reason"] == "connection_failed"


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled"])
def test_a_disconnect_is_announced_and_only_a_warning_leaves_the_connection_open(
    slack: LocalSlack, reason: str
) -> None:
    with SocketApp(slack) as app:
        slack.disconnect_sockets(reason)
        goodbye = app.wait_for(lambda: [each for each in app.frames if each["type"] == "disconnect"])[0]
        assert goodbye["reason"] == reason
        assert app.closed.wait(0.3 if reason == "warning" else 2) is (reason != "warning")


def test_the_server_pings(slack: LocalSlack) -> None:
    url = urlsplit(client(slack).apps_connections_open(app_token=slack.app_token)["url"])
    with socket.create_connection((url.hostname, url.port), timeout=2) as raw:
        request = [
            f"GET {url.path}?{url.query} HTTP/1.1",
            f"Host: {url.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
        ]
        raw.sendall("\r\n".join([*request, "", ""]).encode())
        received = b""
        while received.count(b"Ping from applink") < 2:
            received += raw.recv(4096)


@pytest.mark.parametrize("pongs", [False, True])
def test_silent_sockets_say_nothing_while_new_ones_work(slack: LocalSlack, pongs: bool) -> None:
    with SocketApp(slack) as dead:
        slack.silence_sockets(pongs=pongs)
        ponged = dead.connection.ping().wait(0.3)
        assert ponged is pongs
        with pytest.raises(PersonError, match="did not answer"):
            slack.person("ana").command("/chorus")
        with SocketApp(slack) as alive:
            say(slack, "anyone?")
            alive.wait_for_event(text="anyone?")
        assert dead.envelopes == []
        slack.resume_sockets()
        slack.person("ana").command("/chorus")
        assert dead.interactions[-1]["command"] == "/chorus"


def test_the_real_client_reconnects_when_it_is_asked_to(slack: LocalSlack) -> None:
    seen: list[str] = []

    def listen(real: Any, request: Any) -> None:
        seen.append(request.type)
        real.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    def look(_: Any, message: Json, __: Any) -> None:
        seen.append(message["type"])

    def wait_for(what: list[str]) -> None:
        until = time.monotonic() + 5
        while seen != what:
            assert time.monotonic() < until, seen
            time.sleep(0.01)

    real = SocketModeClient(app_token=slack.app_token, web_client=client(slack))
    real.message_listeners.append(look)
    real.socket_mode_request_listeners.append(listen)
    real.connect()
    try:
        wait_for(["hello"])
        slack.disconnect_sockets("refresh_requested")
        wait_for(["hello", "hello"])
        slack.person("ana").command("/chorus")
        wait_for(["hello", "hello", "slash_commands", "slash_commands"])
    finally:
        real.close()


def test_dropped_duplicated_and_reordered_deliveries(slack: LocalSlack) -> None:
    with SocketApp(slack) as app:
        slack.faults.drop_acks(1)
        say(slack, "dropped")
        app.wait_for(lambda: len(app.events) == 2)
        assert [each["retry_attempt"] for each in app.envelopes] == [0, 1]

        slack.faults.duplicate(1)
        say(slack, "twice")
        app.wait_for(lambda: len(app.events) == 4)
        assert app.payloads[2]["event_id"] == app.payloads[3]["event_id"]
        assert app.envelopes[3]["retry_attempt"] == 0

        slack.faults.reorder(1)
        say(slack, "first")
        say(slack, "second")
        app.wait_for(lambda: len(app.events) == 6)
        assert [each["text"] for each in app.events[4:]] == ["second", "first"]

        slack.faults.lose_events(1)
        say(slack, "lost")
        say(slack, "kept")
        app.wait_for_event(text="kept")
        assert "lost" not in [each["text"] for each in app.events]


def test_a_dropped_acknowledgement_of_a_click_is_a_warning(slack: LocalSlack) -> None:
    with SocketApp(slack) as app:
        client(slack).chat_postMessage(channel="#general", text="x", blocks=card())
        app.wait_for(lambda: app.events)
        time.sleep(0.05)
        slack.faults.drop_acks(1)
        ana = slack.person("ana")
        with pytest.raises(PersonError, match="did not answer"):
            ana.click(ana.last("#general"), "go")
        assert len(app.interactions) == 1
