"""A bare Socket Mode client that acknowledges and does nothing else: what an acknowledgement costs without Chorus."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.demo.slack.server import LocalSlack


@contextmanager
def echoing(slack: LocalSlack) -> Iterator[None]:
    """Answer for the app in a process of its own, until the block ends."""
    command = [sys.executable, "-m", "bot.bench.echo", slack.app_token, slack.api_url]
    process = subprocess.Popen(command)  # noqa: S603 - ours
    try:
        yield
    finally:
        process.kill()
        process.wait()


def main(app_token: str, api_url: str) -> None:
    """Acknowledge until killed."""
    client = SocketModeClient(app_token=app_token, web_client=WebClient(base_url=api_url))
    client.socket_mode_request_listeners.append(_acknowledge)
    client.connect()
    Event().wait()


def _acknowledge(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
    client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))


if __name__ == "__main__":
    main(*sys.argv[1:])
