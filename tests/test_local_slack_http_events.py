"""The local Slack over signed HTTP: challenge, signature, retries, and a real Bolt app behind it."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from local_slack_kit import Json, card, client, local_slack
from slack_bolt import App, BoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.demo.slack import LocalSlack, PersonError


class Endpoint:
    """An app's request URL: keeps each request and answers as told."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], str]] = []
        self.answer: Callable[[dict[str, str], str], tuple[int, dict[str, str], str]] = self.challenge
        self.url = ""

    def challenge(self, _: dict[str, str], body: str) -> tuple[int, dict[str, str], str]:
        found = json.loads(body).get("challenge", "") if body.startswith("{") else ""
        return 200, {}, found

    def events(self) -> list[Json]:
        bodies = [json.loads(body) for _, body in self.requests if body.startswith("{")]
        return [each for each in bodies if each["type"] == "event_callback"]

    def wait_for_events(self, count: int) -> None:
        until = time.monotonic() + 5
        while len(self.events()) < count:
            assert time.monotonic() < until, f"only {len(self.events())} events"
            time.sleep(0.01)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    found = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {key.lower(): value for key, value in self.headers.items()}
            found.requests.append((headers, body))
            status, more, text = found.answer(headers, body)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                for key, value in {"Content-Length": str(len(text.encode())), **more}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/slack/events"
    yield found
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack(ack_seconds=1.0, retry_after=(0.0, 0.05, 0.1)) as running:
        yield running


def test_a_request_url_must_answer_the_challenge(slack: LocalSlack, endpoint: Endpoint) -> None:
    endpoint.answer = lambda *_: (200, {}, "hello")
    assert not slack.connect_http(endpoint.url)
    assert not slack.connect_http("http://127.0.0.1:9/nobody")
    endpoint.answer = endpoint.challenge
    assert slack.connect_http(endpoint.url)
    payload = json.loads(endpoint.requests[-1][1])
    assert (payload["type"], set(payload)) == ("url_verification", {"token", "challenge", "type"})


def test_every_request_is_signed(slack: LocalSlack, endpoint: Endpoint) -> None:
    slack.connect_http(endpoint.url)
    client(slack).chat_postMessage(channel="#general", text="x", blocks=card())
    endpoint.wait_for_events(1)
    ana = slack.person("ana")
    ana.click(ana.last("#general"), "go")
    ana.command("/chorus what & when")
    verifier = SignatureVerifier(slack.signing_secret)
    assert all(verifier.is_valid_request(body, headers) for headers, body in endpoint.requests)
    assert not SignatureVerifier("another").is_valid_request(endpoint.requests[0][1], endpoint.requests[0][0])
    click, command = (parse_qs(body) for _, body in endpoint.requests[-2:])
    assert json.loads(click["payload"][0])["type"] == "block_actions"
    assert (command["command"], command["text"]) == (["/chorus"], ["what &amp; when"])


@pytest.mark.parametrize(
    ("status", "headers", "reason"),
    [(500, {}, "http_error"), (404, {}, "http_error"), (302, {"Location": "/x"}, "too_many_redirects")],
)
def test_a_refused_event_is_retried_three_times_with_number_and_reason(
    slack: LocalSlack, endpoint: Endpoint, status: int, headers: dict[str, str], reason: str
) -> None:
    slack.connect_http(endpoint.url)
    endpoint.answer = lambda *_: (status, headers, "")
    slack.person("ana").say("#general", "x")
    endpoint.wait_for_events(4)
    seen = [each for each, _ in endpoint.requests[-4:]]
    assert [each.get("x-slack-retry-num") for each in seen] == [None, "1", "2", "3"]
    assert [each.get("x-slack-retry-reason") for each in seen] == [None, reason, reason, reason]
    time.sleep(0.3)
    assert len(endpoint.events()) == 4


def test_a_late_answer_is_a_time_out(slack: LocalSlack, endpoint: Endpoint) -> None:
    slack.connect_http(endpoint.url)

    def late(*_: Any) -> tuple[int, dict[str, str], str]:
        if len(endpoint.events()) == 1:
            time.sleep(1.3)
        return 200, {}, ""

    endpoint.answer = late
    slack.person("ana").say("#general", "x")
    endpoint.wait_for_events(2)
    assert endpoint.requests[-1][0]["x-slack-retry-reason"] == "http_timeout"


def test_no_retry_is_respected(slack: LocalSlack, endpoint: Endpoint) -> None:
    slack.connect_http(endpoint.url)
    endpoint.answer = lambda *_: (500, {"X-Slack-No-Retry": "1"}, "")
    slack.person("ana").say("#general", "x")
    endpoint.wait_for_events(1)
    time.sleep(0.3)
    assert len(endpoint.events()) == 1


def test_a_failing_click_is_told_to_the_person_and_not_retried(slack: LocalSlack, endpoint: Endpoint) -> None:
    slack.connect_http(endpoint.url)
    endpoint.answer = lambda *_: (500, {}, "")
    with pytest.raises(PersonError, match="answered with an error"):
        slack.person("ana").command("/chorus")
    assert sum("command=" in body for _, body in endpoint.requests) == 1


def bolt_app(slack: LocalSlack) -> App:
    app = App(client=client(slack), signing_secret=slack.signing_secret, process_before_response=True)

    @app.event("message")
    def heard(event: Json, say: Callable[..., Any]) -> None:
        if "bot_id" not in event:
            say(f"Heard {event['text']}")

    @app.command("/chorus")
    def chorus(ack: Callable[..., Any], command: Json) -> None:
        ack(f"You said {command['text']}")

    return app


def behind(app: App) -> Callable[[dict[str, str], str], tuple[int, dict[str, str], str]]:
    def answer(headers: dict[str, str], body: str) -> tuple[int, dict[str, str], str]:
        response = app.dispatch(BoltRequest(body=body, headers=dict(headers)))
        return response.status, response.first_headers_without_set_cookie(), response.body

    return answer


def test_a_real_bolt_app_takes_events_and_commands(slack: LocalSlack, endpoint: Endpoint) -> None:
    endpoint.answer = behind(bolt_app(slack))
    assert slack.connect_http(endpoint.url)
    ana = slack.person("ana")
    ana.say("#general", "hello")
    assert ana.wait_for_message("#general", "Heard hello")
    ana.command("/chorus help")
    assert ana.last("#general")["text"] == "You said help"


def test_a_real_bolt_app_refuses_a_request_older_than_five_minutes(slack: LocalSlack, endpoint: Endpoint) -> None:
    endpoint.answer = behind(bolt_app(slack))
    slack.connect_http(endpoint.url)
    ana = slack.person("ana")
    slack.faults.clock_skew = -299
    ana.command("/chorus in time")
    slack.faults.clock_skew = -302
    with pytest.raises(PersonError, match="answered with an error"):
        ana.command("/chorus late")
    assert [each["text"] for each in ana.messages("#general")] == ["You said in time"]
