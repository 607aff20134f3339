"""The manifest covers exactly what the code does: each method its scope, each listener its entry."""

import re
from pathlib import Path

from bot.demo.slack import SeedApp
from bot.slack import app as slack_app
from bot.slack.manifest import SCOPELESS, SCOPES, manifest

SLACK = Path(__file__).parent.parent / "bot" / "slack"
METHODS = re.compile(
    r"client\.((?:apps|auth|chat|conversations|files|reactions|users|usergroups|views|pins|bookmarks|team)_\w+)\("
)


def called() -> set[str]:
    """The Web API methods that the code calls, and the two that the libraries call for it."""
    found = {name for path in SLACK.glob("*.py") for name in METHODS.findall(path.read_text())}
    return {name.replace("_", ".") for name in found} | {"auth.test", "apps.connections.open"}


def test_the_scopes_cover_exactly_the_methods_that_are_called() -> None:
    covered = {method for methods in SCOPES.values() for method in methods if "." in method} | SCOPELESS
    assert called() - covered == set(), "these methods have no scope"
    assert covered - called() == set(), "these scopes and methods are not needed"


def test_every_listener_has_its_entry_and_every_entry_its_listener() -> None:
    features, settings = manifest()["features"], manifest()["settings"]
    assert {each["command"] for each in features["slash_commands"]} == set(slack_app.COMMANDS)
    assert {each["callback_id"] for each in features["shortcuts"]} == set(slack_app.SHORTCUTS)
    assert set(settings["event_subscriptions"]["bot_events"]) == set(slack_app.EVENTS)
    assert features["app_home"]["home_tab_enabled"]


def test_with_an_address_slack_calls_us_over_http() -> None:
    address = "https://chorus.example/slack/events"
    told = manifest(request_url=address)
    assert told["settings"]["socket_mode_enabled"] is False
    assert told["settings"]["interactivity"]["request_url"] == address
    assert told["features"]["slash_commands"][0]["url"] == address
    assert SeedApp.from_manifest(told).request_url == address
    assert SeedApp.from_manifest(manifest()).request_url is None
