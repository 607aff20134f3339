"""Where an app rotates its tokens, the local Slack ends them after twelve hours and gives each refresh token once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.demo.slack import LocalSlack, SeedApp, chorus_app, harbour
from bot.slack.manifest import manifest

HALF_A_DAY = 12 * 60 * 60


@pytest.fixture
def moment() -> list[float]:
    return [1_795_300_000.0]


@pytest.fixture
def slack(moment: list[float]) -> Iterator[LocalSlack]:
    app = chorus_app(manifest(rotates_tokens=True))
    with LocalSlack(seed=harbour(app), rates=None, now=lambda: moment[0]) as running:
        yield running


def refresh(slack: LocalSlack, text: str, **other: str) -> SlackResponse:
    known = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}
    client = WebClient(base_url=slack.api_url, retry_handlers=[])
    return client.oauth_v2_access(grant_type="refresh_token", refresh_token=text, **{**known, **other})


def works(slack: LocalSlack, token: str) -> str:
    try:
        WebClient(token=token, base_url=slack.api_url, retry_handlers=[]).auth_test()
    except SlackApiError as error:
        return str(error.response["error"])
    return "ok"


def test_a_token_ends_after_half_a_day(slack: LocalSlack, moment: list[float]) -> None:
    assert slack.bot_token.startswith("xoxe.xoxb-")
    moment[0] += HALF_A_DAY - 1
    assert works(slack, slack.bot_token) == "ok"
    moment[0] += 1
    assert works(slack, slack.bot_token) == "token_expired"


def test_a_refresh_token_works_once_and_gives_the_next(slack: LocalSlack, moment: list[float]) -> None:
    first = refresh(slack, slack.app.refresh_token)
    assert (first["token_type"], first["expires_in"]) == ("bot", HALF_A_DAY)
    assert works(slack, first["access_token"]) == "ok"
    with pytest.raises(SlackApiError, match="invalid_refresh_token"):
        refresh(slack, slack.app.refresh_token)
    moment[0] += HALF_A_DAY
    assert works(slack, first["access_token"]) == "token_expired"
    assert works(slack, refresh(slack, first["refresh_token"])["access_token"]) == "ok"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"client_id": "1.2"}, "invalid_client_id"), ({"client_secret": "x"}, "bad_client_secret")],
)
def test_only_the_app_itself_renews(slack: LocalSlack, wrong: dict[str, str], error: str) -> None:
    with pytest.raises(SlackApiError, match=error):
        refresh(slack, slack.app.refresh_token, **wrong)
    assert works(slack, refresh(slack, slack.app.refresh_token)["access_token"]) == "ok"


def test_what_a_reinstallation_grants_holds_for_the_tokens_in_use(slack: LocalSlack) -> None:
    access = refresh(slack, slack.app.refresh_token)["access_token"]
    slack.tokens.grant(slack.app, ("users:read",))
    with pytest.raises(SlackApiError, match="missing_scope"):
        WebClient(token=access, base_url=slack.api_url, retry_handlers=[]).chat_postMessage(
            channel="#general", text="x"
        )


def test_an_app_that_does_not_rotate_keeps_its_token(moment: list[float]) -> None:
    app: SeedApp = replace(chorus_app(manifest()), name="Steady")
    with LocalSlack(seed=harbour(app), rates=None, now=lambda: moment[0]) as slack:
        moment[0] += 10 * HALF_A_DAY
        assert works(slack, slack.bot_token) == "ok"
        with pytest.raises(SlackApiError, match="invalid_refresh_token"):
            refresh(slack, app.refresh_token)
