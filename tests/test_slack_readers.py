"""Who somebody is in Slack: language, standing and groups, asked now and then and remembered meanwhile."""

from collections.abc import Iterator

import pytest
from conftest import DrivenClock
from slack_sdk import WebClient

from bot.demo.slack import LocalSlack, chorus_app, harbour
from bot.slack.groups import Groups
from bot.slack.manifest import manifest
from bot.slack.readers import Readers


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(seed=harbour(chorus_app(manifest())), rates=None) as running:
        yield running


@pytest.fixture
def client(slack: LocalSlack) -> Iterator[WebClient]:
    yield WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[])
    slack.faults.clear()


def group_of(slack: LocalSlack, handle: str) -> str:
    return next(group.id for group in slack.seed.groups if group.handle == handle)


def test_a_reader_is_known_by_name_and_language(slack: LocalSlack, client: WebClient, clock: DrivenClock) -> None:
    readers = Readers(client, clock, "de-DE")
    ana = readers.of(slack.person("ana").id)
    assert (ana.name, ana.is_outsider) == ("Ana Reyes", False)
    assert readers.workspace.language == "de"


def test_bots_are_outsiders(slack: LocalSlack, client: WebClient, clock: DrivenClock) -> None:
    assert Readers(client, clock, "en").of(slack.app.bot_user_id).is_outsider


def test_while_slack_is_down_the_language_of_the_workspace_must_do(
    slack: LocalSlack, client: WebClient, clock: DrivenClock
) -> None:
    readers = Readers(client, clock, "es-ES")
    slack.faults.server_error("users.info")
    ana = slack.person("ana").id
    assert readers.words(ana).language == "es"
    assert readers.of(ana).name == ""
    clock.advance(minutes=2)
    assert readers.of(ana).name == "Ana Reyes"


def test_groups_tell_who_is_in_them_and_outlast_an_outage(
    slack: LocalSlack, client: WebClient, clock: DrivenClock
) -> None:
    groups, care = Groups(client, clock), group_of(slack, "social-care")
    ana, ben = slack.person("ana").id, slack.person("ben").id
    assert groups.has(care, ana)
    assert not groups.has(care, ben)
    clock.advance(minutes=10)
    slack.faults.server_error("usergroups.users.list")
    assert groups.has(care, ana)


def test_a_group_that_does_not_exist_has_nobody(slack: LocalSlack, client: WebClient, clock: DrivenClock) -> None:
    assert not Groups(client, clock).has("S0NOSUCH001", slack.person("ana").id)
