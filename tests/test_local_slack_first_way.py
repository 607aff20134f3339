"""A real Bolt app in Socket Mode against the local Slack: card, click, modal, submission, changed card."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler as BuiltinHandler
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler as WebSocketClientHandler
from slack_sdk import WebClient

from bot.demo.slack import LocalSlack, PersonError, Seed, Shortcut, SlashCommand, chorus_app, harbour

CARD: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*A mention* from a reader"}},
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "reply", "text": {"type": "plain_text", "text": "Reply"}, "value": "42"}
        ],
    },
]


def modal(title: str = "Reply") -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "reply.confirm",
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Post"},
        "blocks": [
            {
                "type": "input",
                "block_id": "text",
                "label": {"type": "plain_text", "text": "Your reply"},
                "element": {"type": "plain_text_input", "action_id": "words", "multiline": True, "max_length": 200},
            }
        ],
    }


def bolt_app(slack: LocalSlack) -> App:  # noqa: C901  (a listener each)
    client = WebClient(token=slack.bot_token, base_url=slack.api_url)
    app = App(client=client, signing_secret=slack.signing_secret)

    @app.action("reply")
    def reply(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        ack()
        where = f"{body['channel']['id']} {body['message']['ts']}"
        client.views_open(trigger_id=body["trigger_id"], view=modal() | {"private_metadata": where})

    @app.view("reply.confirm")
    def confirm(ack: Any, view: dict[str, Any], body: dict[str, Any], client: WebClient) -> None:
        text = view["state"]["values"]["text"]["words"]["value"]
        if "buy now" in text:
            ack(response_action="errors", errors={"text": "Do not sell."})
            return
        ack()
        channel, ts = view["private_metadata"].split()
        client.chat_update(channel=channel, ts=ts, text=f"Posted by <@{body['user']['id']}>: {text}", blocks=[])

    @app.command("/chorus")
    def chorus(ack: Any, command: dict[str, Any], respond: Any) -> None:
        ack(f"You said {command['text']}")
        respond("And later this")

    @app.event("app_home_opened")
    def home(event: dict[str, Any], client: WebClient) -> None:
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": CARD})

    @app.event("app_mention")
    def mentioned(event: dict[str, Any], say: Any) -> None:
        say(text=f"Heard: {event['text']}", thread_ts=event["ts"])

    @app.event("message")
    def message() -> None:
        pass

    @app.shortcut("look")
    def look(ack: Any, shortcut: dict[str, Any], client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=shortcut["trigger_id"], view=modal("Look"))

    return app


def seed() -> Seed:
    app = chorus_app()
    return harbour(
        type(app)(
            name="Chorus",
            commands=(SlashCommand(command="/chorus"),),
            shortcuts=(
                Shortcut(callback_id="look", name="Look", type="message"),
                Shortcut(callback_id="look", name="Look"),
            ),
        )
    )


@contextlib.contextmanager
def connected(handler: Any) -> Iterator[LocalSlack]:
    with LocalSlack(seed=seed()) as slack:
        app = bolt_app(slack)
        socket = handler(app, slack.app_token)
        socket.connect()
        try:
            slack.wait_until_connected()
            yield slack
        finally:
            socket.close()


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    """One workspace and one running app for all: disconnecting the real client takes seconds."""
    with connected(WebSocketClientHandler) as running:
        yield running


@pytest.mark.parametrize("handler", [BuiltinHandler, WebSocketClientHandler])
def test_a_card_is_clicked_a_modal_submitted_and_the_card_changes(handler: Any) -> None:
    with connected(handler) as slack:
        api = WebClient(token=slack.bot_token, base_url=slack.api_url)
        api.chat_postMessage(channel="#mentions", text="A mention", blocks=CARD)
        ana = slack.person("ana")

        ana.click(ana.last("#mentions"), "reply")
        ana.wait_for_modal("Reply")
        with pytest.raises(PersonError) as refused:
            ana.submit(words="buy now!")
        ana.submit(words="Sorry to hear that.")

        assert refused.value.details["errors"] == {"text": "Do not sell."}
        assert ana.views() == []
        changed = ana.wait_for_message("#mentions", "Sorry to hear that.")
        assert changed["text"] == f"Posted by <@{ana.id}>: Sorry to hear that."
        assert "blocks" not in changed
        assert slack.person("ben").last("#mentions")["edited"]["user"] == slack.app.bot_user_id


def test_a_slash_command_answers_its_person_only(slack: LocalSlack) -> None:
    ana = slack.person("ana")
    ana.command("/chorus help me", channel="#mentions-reddit")
    ana.wait_for_message("#mentions-reddit", "And later this")
    ana.wait_for_message("#mentions-reddit", "You said help me")

    assert all(each["is_ephemeral"] for each in ana.messages("#mentions-reddit"))
    assert slack.person("ben").messages("#mentions-reddit") == []


def test_opening_the_home_publishes_it_for_that_person(slack: LocalSlack) -> None:
    ana = slack.person("ana")
    ana.open_home()
    home = ana.wait_for(ana.home)

    assert home["blocks"][0]["text"]["text"] == "*A mention* from a reader"
    assert slack.person("ben").home() is None


def test_naming_the_bot_reaches_it_and_it_answers_in_the_thread(slack: LocalSlack) -> None:
    ana = slack.person("ana")
    said = ana.say("#general", "Hello @chorus, 1 < 2 & 3")
    ana.wait_for(lambda: len(ana.messages("#general", thread=said["ts"])) == 2)

    answer = ana.last("#general", thread=said["ts"])
    assert answer["text"] == f"Heard: Hello <@{slack.app.bot_user_id}>, 1 &lt; 2 &amp; 3"
    parent = next(each for each in ana.messages("#general") if each["ts"] == said["ts"])
    assert parent["reply_count"] == 1


def test_shortcuts_open_modals_from_a_message_and_from_anywhere(slack: LocalSlack) -> None:
    theo = slack.person("theo")
    said = theo.say("#general", "Look at this")
    theo.message_shortcut("look", said)
    theo.wait_for_modal("Look")
    theo.close()
    theo.shortcut("look")
    theo.wait_for_modal("Look")
    assert len(theo.views()) == 1
    theo.close()


def test_many_people_can_click_at_once(slack: LocalSlack) -> None:
    WebClient(token=slack.bot_token, base_url=slack.api_url).chat_postMessage(
        channel="#mentions", text="A mention", blocks=CARD
    )
    people = [slack.person(name) for name in ("ana", "ben", "mara", "ruth", "theo")]
    threads = [threading.Thread(target=each.click, args=(each.last("#mentions"), "reply")) for each in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in people:
        each.wait_for_modal("Reply")
        each.close(everything=True)
