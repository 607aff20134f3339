"""Run the local Slack by itself: `python -m bot.demo.slack --manifest manifest.json`."""

import argparse
import json
import signal
import threading
from pathlib import Path

from bot.demo.slack.seed import chorus_app, harbour
from bot.demo.slack.server import LocalSlack


def main() -> None:
    """Serve until interrupted, after saying what an app needs to connect."""
    parser = argparse.ArgumentParser(prog="python -m bot.demo.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=8089)
    parser.add_argument("--path", type=Path, help="a file to keep the workspace in")
    parser.add_argument("--manifest", type=Path, help="the app's manifest.json")
    parser.add_argument("--request-url", help="where the app takes signed HTTP requests, instead of Socket Mode")
    chosen = parser.parse_args()
    manifest = json.loads(chosen.manifest.read_text()) if chosen.manifest else None
    app = chorus_app(manifest, request_url=chosen.request_url)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with LocalSlack(chosen.path, harbour(app), chosen.port) as slack:
        print(f"A local Slack is at {slack.url}")
        print(f"  SLACK_API_URL={slack.api_url}")
        print(f"  SLACK_BOT_TOKEN={slack.bot_token}")
        print(f"  SLACK_APP_TOKEN={slack.app_token}")
        print(f"  SLACK_SIGNING_SECRET={slack.signing_secret}")
        done.wait()


if __name__ == "__main__":
    main()
