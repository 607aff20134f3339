"""What the local Slack sends when people act, and what apps may answer: menus, shortcuts, commands, response URLs."""

from collections.abc import Iterator
from typing import Any

import pytest
from local_slack_kit import SILENCE, Json, SocketApp, app_seed, button, card, client, local_slack, modal, words
from slack_sdk.webhook import WebhookClient

from bot.demo.slack import LocalSlack, PersonError


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack() as running:
        yield running


@pytest.fixture
def app(slack: LocalSlack) -> Iterator[SocketApp]:
    with SocketApp(slack) as running:
        yield running


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[LocalSlack, SocketApp]]:
    """One workspace for tests that each use a message of their own."""
    with local_slack() as slack, SocketApp(slack) as app:
        yield slack, app


def option(value: str) -> Json:
    return {"text": {"type": "plain_text", "text": value.upper()}, "value": value}


OPTIONS = [option("a"), option("b"), option("c")]


def posted(slack: LocalSlack, *elements: Json, name: str = "ana") -> Json:
    client(slack).chat_postMessage(channel="#mentions", text="x", blocks=card(*elements))
    return slack.person(name).last("#mentions")


def test_a_click_says_who_where_and_what(slack: LocalSlack, app: SocketApp) -> None:
    message = posted(slack, button("go", value="42", style="primary"))
    slack.person("ana").click(message, "go")
    payload = app.interactions[-1]
    assert payload["type"] == "block_actions"
    assert payload["user"] == {"id": "U0ANA0001", "username": "ana", "name": "ana", "team_id": "T0HARBOUR1"}
    assert payload["team"] == {"id": "T0HARBOUR1", "domain": "harbour"}
    assert payload["channel"] == {"id": message["channel"], "name": "mentions"}
    assert payload["container"] == {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": message["channel"],
        "is_ephemeral": False,
    }
    assert payload["message"]["ts"] == message["ts"]
    assert payload["api_app_id"] == slack.app.id
    assert payload["response_url"].startswith(f"{slack.origin}/actions/T0HARBOUR1/")
    (action,) = payload["actions"]
    action_ts = action.pop("action_ts")
    assert action_ts > message["ts"]
    assert action == {
        "action_id": "go",
        "block_id": "row",
        "text": {"type": "plain_text", "text": "Go", "emoji": True},
        "value": "42",
        "style": "primary",
        "type": "button",
    }


@pytest.mark.parametrize(
    ("element", "picked", "sent"),
    [
        ({"type": "static_select", "options": OPTIONS}, ["b"], {"selected_option": "b"}),
        ({"type": "multi_static_select", "options": OPTIONS}, ["a", "c"], {"selected_options": ["a", "c"]}),
        ({"type": "checkboxes", "options": OPTIONS}, ["a"], {"selected_options": ["a"]}),
        ({"type": "radio_buttons", "options": OPTIONS}, ["c"], {"selected_option": "c"}),
        ({"type": "overflow", "options": OPTIONS}, ["b"], {"selected_option": "b"}),
        ({"type": "users_select"}, ["U0BEN0001"], {"selected_user": "U0BEN0001"}),
        ({"type": "multi_users_select"}, ["U0BEN0001"], {"selected_users": ["U0BEN0001"]}),
        ({"type": "channels_select"}, ["C0GENERAL00"], {"selected_channel": "C0GENERAL00"}),
        ({"type": "conversations_select"}, ["C0GENERAL00"], {"selected_conversation": "C0GENERAL00"}),
        ({"type": "datepicker"}, ["2026-11-21"], {"selected_date": "2026-11-21"}),
        ({"type": "timepicker"}, ["09:30"], {"selected_time": "09:30"}),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else None,
)
def test_every_menu_sends_what_was_picked(
    shared: tuple[LocalSlack, SocketApp], element: Json, picked: list[str], sent: Json
) -> None:
    slack, app = shared
    message = posted(slack, {**element, "action_id": "pick"})
    slack.person("ana").choose(message, "pick", *picked)
    (action,) = app.interactions[-1]["actions"]
    ((key, value),) = sent.items()
    assert _values(action[key]) == value
    if element["type"] != "overflow":
        assert app.interactions[-1]["state"]["values"]["row"]["pick"] == {"type": element["type"], key: action[key]}


def _values(value: Any) -> Any:
    if isinstance(value, list):
        return [_values(each) for each in value]
    return value["value"] if isinstance(value, dict) else value


def test_what_cannot_be_picked_is_refused(slack: LocalSlack, app: SocketApp) -> None:
    menu = {"type": "static_select", "action_id": "pick", "options": OPTIONS}
    message = posted(slack, menu, {"type": "datepicker", "action_id": "day"})
    ana = slack.person("ana")
    with pytest.raises(PersonError, match="no such option"):
        ana.choose(message, "pick", "z")
    with pytest.raises(PersonError, match="Choose a date"):
        ana.choose(message, "day", "tomorrow")
    with pytest.raises(PersonError, match="not in such a channel"):
        slack.person("ben").click({**message, "channel": "C0COMPLIANC"}, "pick")
    assert app.interactions == []


def test_an_element_that_is_gone_cannot_be_used(slack: LocalSlack, app: SocketApp) -> None:
    message = posted(slack, button("go"))
    client(slack).chat_update(channel=message["channel"], ts=message["ts"], text="done", blocks=[])
    with pytest.raises(PersonError, match="no longer there"):
        slack.person("ana").click(message, "go")


def test_a_button_for_some_people_is_not_there_for_others(slack: LocalSlack, app: SocketApp) -> None:
    message = posted(slack, button("go", visible_to_user_ids=["U0BEN0001"]))
    with pytest.raises(PersonError, match="not there for you"):
        slack.person("ana").click(message, "go")
    slack.person("ben").click(message, "go")
    assert app.interactions[-1]["user"]["id"] == "U0BEN0001"


def test_an_input_dispatches_only_when_it_says_so(slack: LocalSlack, app: SocketApp) -> None:
    quiet, eager = words("quiet", block_id="q"), {**words("eager", block_id="e"), "dispatch_action": True}
    client(slack).chat_postMessage(channel="#mentions", text="x", blocks=[quiet, eager])
    ana = slack.person("ana")
    message = ana.last("#mentions")
    with pytest.raises(PersonError, match="only sent when the form is submitted"):
        ana.click(message, "quiet", value="x")
    ana.click(message, "eager", value="typed")
    assert app.interactions[-1]["actions"][0]["value"] == "typed"
    assert app.interactions[-1]["state"]["values"]["e"]["eager"]["value"] == "typed"


def test_external_options_are_asked_for(slack: LocalSlack) -> None:
    def answer(payload: Json) -> Json | None:
        if payload["type"] != "block_suggestion":
            return None
        return {"options": [each for each in OPTIONS if payload["value"] in each["value"]]}

    with SocketApp(slack, answer) as app:
        message = posted(slack, {"type": "external_select", "action_id": "find", "min_query_length": 1})
        ana = slack.person("ana")
        assert ana.options(message, "find", "") == {"options": []}
        assert app.interactions == []
        assert ana.options(message, "find", "b") == {"options": [option("b")]}
        assert ana.options(message, "find", "zzz") == {"options": []}
        asked = app.interactions[-1]
        assert (asked["action_id"], asked["block_id"], asked["value"]) == ("find", "row", "zzz")
        ana.click(message, "find", selected_option=option("b"))
        assert app.interactions[-1]["actions"][0]["selected_option"] == option("b")


def test_options_that_slack_refuses_are_shown_as_such(slack: LocalSlack) -> None:
    bad = {"options": [{"text": {"type": "mrkdwn", "text": "x"}, "value": "x"}]}
    with SocketApp(slack, lambda _: bad):
        message = posted(slack, {"type": "external_select", "action_id": "find", "min_query_length": 0})
        with pytest.raises(PersonError, match="options that Slack refuses"):
            slack.person("ana").options(message, "find", "x")


def test_shortcuts_start_anywhere_and_on_messages(slack: LocalSlack, app: SocketApp) -> None:
    ben = slack.person("ben")
    said = ben.say("#general", "Look")
    ben.shortcut("look")
    everywhere = app.interactions[-1]
    assert (everywhere["type"], everywhere["callback_id"]) == ("shortcut", "look")
    assert {"trigger_id", "action_ts", "team", "user"} <= set(everywhere)
    assert "channel" not in everywhere
    ben.message_shortcut("take", said)
    taken = app.interactions[-1]
    assert (taken["type"], taken["callback_id"], taken["message_ts"]) == ("message_action", "take", said["ts"])
    assert taken["message"]["text"] == "Look"
    assert taken["channel"] == {"id": said["channel"], "name": "general"}
    with pytest.raises(PersonError, match="no such shortcut"):
        ben.shortcut("take")


def test_a_command_comes_as_a_form(slack: LocalSlack, app: SocketApp) -> None:
    slack.person("mara").command("/chorus find <b> & more", channel="#compliance")
    envelope = next(each for each in app.envelopes if each["type"] == "slash_commands")
    assert envelope["accepts_response_payload"] is True
    payload = envelope["payload"]
    assert (payload["command"], payload["text"]) == ("/chorus", "find &lt;b&gt; &amp; more")
    assert (payload["user_id"], payload["user_name"]) == ("U0MARA001", "mara")
    assert payload["channel_name"] == "compliance"
    assert all(isinstance(value, str) for value in payload.values())
    with pytest.raises(PersonError, match="/other is not a valid command"):
        slack.person("mara").command("/other")


def test_no_answer_in_three_seconds_is_told_to_the_person(slack: LocalSlack) -> None:
    with SocketApp(slack, lambda _: SILENCE) as app:
        message = posted(slack)
        with pytest.raises(PersonError, match=r"Chorus did not answer in 3 seconds\.") as refused:
            slack.person("ana").click(message, "go")
        assert refused.value.code == "operation_timeout"
        assert len(app.interactions) == 1


def test_an_app_without_interactivity_cannot_be_clicked() -> None:
    with local_slack(seed=app_seed(interactivity=False)) as slack, SocketApp(slack) as app:
        with pytest.raises(PersonError, match="not configured to handle interactive responses"):
            slack.person("ana").click(posted(slack), "go")
        assert app.interactions == []


def test_a_response_url_dies_after_five_uses(slack: LocalSlack, app: SocketApp) -> None:
    message = posted(slack)
    slack.person("ana").click(message, "go")
    hook = WebhookClient(app.interactions[-1]["response_url"])
    assert [hook.send(text=f"{number}").status_code for number in range(5)] == [200] * 5
    sixth = hook.send(text="6")
    assert (sixth.status_code, "used_url" in sixth.body) == (404, True)
    seen = [each["text"] for each in slack.person("ana").messages("#mentions") if each.get("is_ephemeral")]
    assert seen == ["0", "1", "2", "3", "4"]
    assert all(not each.get("is_ephemeral") for each in slack.person("ben").messages("#mentions"))


def test_a_response_url_dies_after_half_an_hour() -> None:
    now = 1_790_000_000.0
    with local_slack(now=lambda: now) as slack, SocketApp(slack) as app:
        slack.person("ana").click(posted(slack), "go")
        hook = WebhookClient(app.interactions[-1]["response_url"])
        now += 29 * 60
        assert hook.send(text="in time").status_code == 200
        now += 61
        late = hook.send(text="late")
        assert (late.status_code, "expired_url" in late.body) == (404, True)


def test_a_response_url_replaces_and_deletes_its_message(slack: LocalSlack, app: SocketApp) -> None:
    message = posted(slack)
    ana = slack.person("ana")
    ana.click(message, "go")
    hook = WebhookClient(app.interactions[-1]["response_url"])
    hook.send(text="replaced", replace_original=True)
    assert [each["text"] for each in slack.person("ben").messages("#mentions")] == ["replaced"]
    hook.send(text="for all", response_type="in_channel")
    assert slack.person("ben").last("#mentions")["text"] == "for all"
    hook.send(delete_original=True)
    assert [each["text"] for each in slack.person("ben").messages("#mentions")] == ["for all"]


def test_an_ephemeral_message_is_changed_through_its_response_url(slack: LocalSlack, app: SocketApp) -> None:
    question = card(text="Sure?")
    client(slack).chat_postEphemeral(channel="C0GENERAL00", user="U0ANA0001", text="Sure?", blocks=question)
    ana = slack.person("ana")
    ana.click(ana.last("#general"), "go")
    assert app.interactions[-1]["container"]["is_ephemeral"] is True
    assert "message" not in app.interactions[-1]
    hook = WebhookClient(app.interactions[-1]["response_url"])
    hook.send(text="Done", replace_original=True)
    assert [(each["text"], "blocks" in each) for each in ana.messages("#general")] == [("Done", False)]
    hook.send(delete_original=True)
    assert ana.messages("#general") == []


def test_bad_blocks_are_refused_at_a_response_url(slack: LocalSlack, app: SocketApp) -> None:
    slack.person("ana").click(posted(slack), "go")
    answer = WebhookClient(app.interactions[-1]["response_url"]).send(text="x", blocks=[{"type": "banner"}])
    assert answer.status_code == 400
    assert "json-pointer:/blocks/0/type" in answer.body


def test_a_modal_can_carry_response_urls_for_chosen_channels(slack: LocalSlack, app: SocketApp) -> None:
    where: Json = {"type": "conversations_select", "action_id": "where", "response_url_enabled": True}
    where["default_to_current_conversation"] = True
    block = {"type": "input", "block_id": "w", "label": {"type": "plain_text", "text": "Where"}, "element": where}
    ana = slack.person("ana")
    ana.command("/chorus", channel="#mentions")
    client(slack).views_open(trigger_id=app.interactions[-1]["trigger_id"], view=modal(block))
    ana.submit()
    (url,) = app.interactions[-1]["response_urls"]
    assert (url["block_id"], url["action_id"], url["channel_id"]) == ("w", "where", "C0MENTIONS0")
    WebhookClient(url["response_url"]).send(text="Here it is", response_type="in_channel")
    assert slack.person("ben").last("#mentions")["text"] == "Here it is"
