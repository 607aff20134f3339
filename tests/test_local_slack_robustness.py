"""Whatever an app or a page sends, the local Slack answers; it never fails."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local_slack_kit import app_seed, button, card, client, local_slack

from bot.demo.slack import LocalSlack, PersonError
from bot.demo.slack.errors import SlackError
from bot.demo.slack.web_api.call import METHODS, PUBLIC, Call
from bot.demo.slack.web_api.conversations import HISTORY

ANA, MENTIONS = "U0ANA0001", "C0MENTIONS0"
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PLAUSIBLE = st.sampled_from(
    [
        ANA,
        MENTIONS,
        "#mentions",
        "x",
        "1",
        "0",
        "1790000000.000100",
        "A0CHORUS1",
        "go",
        "row",
        "pick",
        json.dumps(card()),
    ]
) | st.builds(lambda: card())
KEYS = (
    *("channel", "user", "users", "text", "ts", "thread_ts", "blocks", "attachments", "metadata", "view", "view_id"),
    *("trigger_id", "name", "timestamp", "limit", "cursor", "oldest", "latest", "inclusive", "types", "files"),
    *("filename", "length", "post_at", "email", "code", "client_id", "hash", "user_id"),
)
ARGUMENTS = st.dictionaries(st.sampled_from(KEYS), JUNK | PLAUSIBLE, max_size=6)
ASKED_KEYS = ("text", "ts", "view_id", "app", "callback_id", "name", "with", "query", "limit", "before", "all")
ASKED = st.fixed_dictionaries(
    {"user": st.just(ANA) | JUNK, "channel": st.just(MENTIONS) | JUNK},
    optional=dict.fromkeys(ASKED_KEYS, JUNK | PLAUSIBLE),
)
ACTS = (
    *("messages", "unread", "home", "views", "message", "react", "read", "direct_message"),
    *("submit", "close", "command", "shortcut", "message_shortcut", "home_opened"),
)


@pytest.fixture(scope="module")
def slack() -> Any:
    """A workspace with something in it; its server is not started, for its functions are called as they are."""
    found = LocalSlack(seed=app_seed(scopes=(*app_seed().apps[0].scopes, *HISTORY)), rates=None)
    yield found
    found.stop()


@pytest.fixture(scope="module")
def untouched() -> Any:
    """Another such workspace, in which no method was called with junk: that may have archived a channel."""
    found = LocalSlack(seed=app_seed(scopes=(*app_seed().apps[0].scopes, *HISTORY)), rates=None)
    yield found
    found.stop()


def menu(kind: str) -> dict[str, Any]:
    option = {"text": {"type": "plain_text", "text": "A"}, "value": "a"}
    options = {"options": [option]} if kind in ("static_select", "checkboxes", "overflow") else {}
    return {"type": kind, "action_id": "pick", **options}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=300)
@given(name=st.sampled_from(sorted(METHODS)), arguments=ARGUMENTS)
def test_no_call_makes_a_method_fail(slack: LocalSlack, name: str, arguments: dict[str, Any]) -> None:
    token = slack.tokens.find(slack.bot_token)
    try:
        answer = METHODS[name].run(Call(slack.services(), token, {"token": "none", **arguments}))
    except SlackError as error:
        answer = error.details
    json.dumps(answer)


@given(name=st.sampled_from(sorted(PUBLIC)), arguments=ARGUMENTS)
def test_no_call_without_a_token_makes_a_method_fail(slack: LocalSlack, name: str, arguments: dict[str, Any]) -> None:
    try:
        answer = PUBLIC[name](slack.services(), arguments)
    except SlackError as error:
        answer = error.details
    json.dumps(answer)


@settings(deadline=None, max_examples=300)
@given(
    name=st.sampled_from(ACTS),
    asked=ASKED,
)
def test_no_page_makes_the_server_fail(slack: LocalSlack, name: str, asked: dict[str, Any]) -> None:
    owner = slack.people if hasattr(slack.people, name) else slack.acts
    try:
        answer = getattr(owner, name)(asked)
    except PersonError as error:
        answer = error.message
    json.dumps(answer)


@settings(deadline=None, max_examples=300)
@given(
    kind=st.sampled_from(["button", "static_select", "checkboxes", "users_select", "datepicker", "overflow"]),
    value=JUNK
    | st.dictionaries(st.sampled_from(["value", "selected_option", "selected_options", "selected_date"]), JUNK),
    state=JUNK | st.dictionaries(st.just("row"), JUNK | st.dictionaries(st.just("pick"), JUNK)),
)
def test_no_value_makes_an_act_fail(untouched: LocalSlack, kind: str, value: Any, state: Any) -> None:
    element = button("pick") if kind == "button" else menu(kind)
    posted = METHODS["chat.postMessage"].run(
        Call(
            untouched.services(),
            untouched.tokens.find(untouched.bot_token),
            {"channel": MENTIONS, "text": "x", "blocks": card(element)},
        )
    )
    container = {"type": "message", "channel": MENTIONS, "ts": posted["ts"]}
    asked = {"user": ANA, "container": container, "block_id": "row", "action_id": "pick"}
    with pytest.raises(PersonError) as refused:
        untouched.acts.action({**asked, "value": value, "state": state})
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "application/json"}, b"{"),
        ({"Content-Type": "application/json"}, b"[]"),
        ({"Content-Type": "application/json"}, b"\xff\xfe"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"%%%=\xff"),
        ({"Content-Type": "multipart/form-data"}, b"--x"),
        ({"Authorization": "Basic !!"}, b""),
        ({"Authorization": "Bearer \xe9"}, b""),
    ],
)
def test_no_request_makes_the_server_fail(headers: dict[str, str], body: bytes) -> None:
    with local_slack() as slack:
        sent = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
        answer = httpx.post(f"{slack.api_url}chat.postMessage", headers=sent, content=body)
        assert answer.status_code in (200, 400)
        assert client(slack).api_test()["ok"]
