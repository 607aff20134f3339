"""The manifest covers exactly what the code does: each method its scope, each listener its entry."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from typer.testing import CliRunner

from bot.__main__ import cli
from bot.console.door import Door
from bot.console.entrance import BACK
from bot.demo.slack import LocalSlack, SeedApp, chorus_app, harbour
from bot.deps import utc_now
from bot.slack import app as slack_app
from bot.slack.manifest import SCOPELESS, SCOPES, USER_SCOPES, manifest

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


def test_with_a_console_people_sign_in_with_slack_and_allow_what_is_asked_for() -> None:
    back = "https://chorus.harbour.example" + BACK
    told = manifest(sign_in_url=back)
    assert told["oauth_config"]["redirect_urls"] == [back]
    assert set(told["oauth_config"]["scopes"]["user"]) == set(USER_SCOPES)
    with LocalSlack(seed=harbour(chorus_app(told))) as slack:
        app = slack.app
        door = Door(
            api_url=slack.api_url,
            client_id=app.client_id,
            client_secret=app.client_secret,
            bot_token=lambda: app.bot_token,
            now=utc_now,
        )
        address = door.address(state="s", nonce="n", back=back)
        page = httpx.get(address)
    asked = dict(parse_qsl(urlsplit(address).query))
    assert set(asked["scope"].split()) == set(USER_SCOPES)
    assert page.status_code == 200, "Slack lets people go where the manifest says"
    assert SeedApp.from_manifest(told).redirect_urls == (back,)


def test_without_a_console_nobody_is_asked_for_anything() -> None:
    assert set(manifest()["oauth_config"]["scopes"]) == {"bot"}
    assert "redirect_urls" not in manifest()["oauth_config"]


def test_the_command_prints_the_manifest_of_what_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHORUS_CONSOLE_URL", "https://chorus.harbour.example")
    monkeypatch.setenv("SLACK_REFRESH_TOKEN", "xoxe-1-abc")
    printed = CliRunner().invoke(cli, ["manifest"])
    told = json.loads(printed.stdout)
    assert told["oauth_config"]["redirect_urls"] == ["https://chorus.harbour.example/sign-in/back"]
    assert told["settings"]["token_rotation_enabled"] is True
