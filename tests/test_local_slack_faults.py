"""Faults of the local Slack's Web API on demand: 429, 5xx, an answer that never comes, a call that worked unheard."""

import time
from collections.abc import Iterator

import httpx
import pytest
from local_slack_kit import client, local_slack, refusal
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from bot.demo.slack import LocalSlack


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack() as running:
        yield running


def test_a_rate_limit_comes_as_often_as_it_was_armed(slack: LocalSlack) -> None:
    slack.faults.rate_limit("chat.postMessage", retry_after=7, times=2)
    for _ in range(2):
        answer = refusal(client(slack).chat_postMessage, channel="#mentions", text="x")
        assert (answer["status"], answer["error"], answer["headers"]["Retry-After"]) == (429, "ratelimited", "7")
    client(slack).chat_postMessage(channel="#mentions", text="x")


def test_the_retry_handler_of_the_sdk_waits_as_told(slack: LocalSlack) -> None:
    slack.faults.rate_limit("users.info", retry_after=1)
    patient = client(slack)
    patient.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    began = time.monotonic()
    assert patient.users_info(user="U0ANA0001")["ok"]
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("performed", [False, True])
def test_a_server_error_may_hide_a_message_that_was_posted(slack: LocalSlack, performed: bool) -> None:
    slack.faults.server_error("chat.postMessage", status=503, performed=performed)
    with pytest.raises(SlackApiError) as error:
        client(slack).chat_postMessage(channel="#mentions", text="x")
    assert error.value.response.status_code == 503
    assert len(slack.person("ana").messages("#mentions")) == int(performed)


def test_an_answer_may_not_come_in_time(slack: LocalSlack) -> None:
    slack.faults.hang("chat.postMessage", 0.5, performed=True)
    with pytest.raises(httpx.TimeoutException):
        httpx.post(
            f"{slack.api_url}chat.postMessage",
            headers={"Authorization": f"Bearer {slack.bot_token}"},
            json={"channel": "#mentions", "text": "x"},
            timeout=0.2,
        )
    assert slack.person("ana").last("#mentions")["text"] == "x"


def test_any_error_can_be_given_to_any_method_and_taken_back(slack: LocalSlack) -> None:
    slack.faults.error("*", "internal_error", times=5)
    assert refusal(client(slack).auth_test)["error"] == "internal_error"
    assert refusal(client(slack).users_list)["error"] == "internal_error"
    slack.faults.clear()
    assert client(slack).auth_test()["user_id"] == slack.app.bot_user_id
