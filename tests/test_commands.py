"""The command line: what goes wrong is a sentence, an exit code, and what to do next."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from discourse_server import DiscourseServer
from typer.testing import CliRunner, Result

from bot import settings
from bot.__main__ import cli
from bot.demo.plaza import Plaza
from bot.demo.slack.seed import chorus_app, harbour
from bot.demo.slack.server import LocalSlack
from bot.errors import ChorusError
from bot.settings import Settings
from bot.slack.manifest import manifest


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> Iterator[None]:
    for field in Settings.model_fields:
        monkeypatch.delenv(settings.variable(field), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    # A command sends its log lines to its own standard error, which is closed with it.
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def plaza() -> Iterator[Plaza]:
    with Plaza(lively=False) as plaza:
        yield plaza


def chorus(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def connect(plaza: Plaza) -> Result:
    return chorus("accounts", "connect", "mastodon", plaza.url, "--secret", f"access_token={plaza.token}")


def test_an_account_and_a_source_are_set_up_from_the_command_line(plaza: Plaza) -> None:
    assert "Account 1 is connected: harbour" in connect(plaza).output
    plaza.post_as("Reader", "Is Harbour any good?")
    tried = chorus("sources", "try", "--account", "1", "--kind", "search", "--query", "Harbour")
    assert "Is Harbour any good?" in tried.output
    added = chorus(
        "sources", "add", "Plaza", "--account", "1", "--channel", "C1", "--kind", "search", "--query", "Harbour"
    )
    assert "Source 1 is followed: Plaza." in added.output
    assert "is paused" in chorus("sources", "pause", "1").output
    assert "paused" in chorus("sources", "list").output
    assert "is read again" in chorus("sources", "resume", "1").output
    assert "harbour" in chorus("accounts", "list").output


def test_adding_a_webhook_says_what_to_type_in_on_the_other_side() -> None:
    with DiscourseServer() as forum:
        us = forum.user("harbour")
        secret = ("--secret", f"api_key={us.key}")
        assert "is connected: harbour" in chorus("accounts", "connect", "discourse", forum.url, *secret).output
        wanted = ("sources", "add", "Forum", "--account", "1", "--channel", "C1", "--kind", "webhook")
        told = chorus(*wanted).output
        assert re.search(r"address  http://\S+/hooks/[\w-]{20,}\n", told)
        assert re.search(r"secret   whsec_\S{30,}\n", told)
        assert chorus(*wanted).output == told, "adding it again changes neither"
        options = ("--option", "closed_categories=quiet")
        assert (
            "is connected: harbour" in chorus("accounts", "connect", "discourse", forum.url, *secret, *options).output
        )
        assert chorus(*wanted).output == told, "and connecting the account again does not"
        unknown = chorus("accounts", "connect", "discourse", forum.url, *secret, "--option", "colour=red")
        assert "knows nothing called colour" in str(unknown.exception)


def test_without_anything_the_lists_say_how_to_begin() -> None:
    assert "chorus accounts connect" in chorus("accounts", "list").output
    assert "chorus sources add" in chorus("sources", "list").output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("accounts", "connect", "myspace", "http://127.0.0.1:9", "--secret", "a=b"),
            "There is no connector for myspace",
        ),
        (("accounts", "connect", "mastodon", "http://127.0.0.1:9", "--secret", "a=b"), "access_token"),
        (("accounts", "connect", "mastodon", "http://127.0.0.1:9", "--secret", "access_token"), "name=value"),
        (("sources", "add", "x", "--account", "9", "--channel", "C1"), "no such account"),
        (("sources", "pause", "9"), "no such source"),
        (("run",), "SLACK_"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(words: tuple[str, ...], told: str) -> None:
    refused = chorus(*words).exception
    assert isinstance(refused, ChorusError)
    assert told in str(refused)


def test_migrating_twice_is_harmless() -> None:
    assert chorus("migrate").exit_code == 0
    assert "up to date" in chorus("migrate").output


def test_the_doctor_names_what_is_missing_and_what_to_do() -> None:
    told = chorus("doctor")
    assert told.exit_code == 1
    assert "SLACK_APP_TOKEN is missing" in told.output
    assert "chorus accounts connect" in told.output


def test_the_doctor_is_content_with_a_whole_installation(plaza: Plaza, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(plaza)
    chorus("sources", "add", "Plaza", "--account", "1", "--channel", "C1")
    with LocalSlack(seed=harbour(chorus_app(manifest()))) as slack:
        monkeypatch.setenv("SLACK_BOT_TOKEN", slack.bot_token)
        monkeypatch.setenv("SLACK_APP_TOKEN", slack.app_token)
        monkeypatch.setenv("SLACK_API_URL", slack.api_url)
        told = chorus("doctor")
    assert told.exit_code == 0, told.output
    assert "FAIL" not in told.output


def test_the_doctor_says_when_slack_refuses_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalSlack() as slack:
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-wrong")
        monkeypatch.setenv("SLACK_APP_TOKEN", slack.app_token)
        monkeypatch.setenv("SLACK_API_URL", slack.api_url)
        assert "Slack refused the bot token: invalid_auth" in chorus("doctor").output


def test_every_installed_platform_is_listed() -> None:
    listed = chorus("connectors")
    assert listed.exit_code == 0
    assert "mastodon" in listed.output
