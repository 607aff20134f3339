"""The page, the strict local Slack and a real Bolt app together: what a person clicks is what the app hears."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from block_gallery import MESSAGE_BLOCKS, VIEW_BLOCKS, card, mrkdwn, plain, rich, rich_words
from browser import browser_fixture, context_fixture, page_fixture  # noqa: F401
from playwright.sync_api import Locator, Page, expect
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.demo.slack import LocalSlack, SeedApp, Shortcut, SlashCommand, harbour

pytestmark = pytest.mark.browser

Json = dict[str, Any]
QUOTE = "Does the <b>Skiff</b> & its battery last? <!channel> javascript:alert(1)"


def card_blocks(state: str = "Open") -> list[Json]:
    buttons = [{"type": "button", "action_id": "reply", "text": plain("Reply"), "style": "primary", "value": "42"}]
    return [
        {"type": "section", "block_id": "state", "text": mrkdwn(f"*{state}*")},
        rich(rich_words(QUOTE)) | {"block_id": "quote"},
        {
            "type": "actions",
            "block_id": "act",
            "elements": [*buttons, {"type": "button", "action_id": "ignore", "text": plain("Ignore")}],
        },
    ]


def reply_modal(*findings: str) -> Json:
    config = {"trigger_actions_on": ["on_character_entered"]}
    element = {"type": "plain_text_input", "action_id": "words", "multiline": True, "dispatch_action_config": config}
    field = {
        "type": "input",
        "block_id": "text",
        "dispatch_action": True,
        "label": plain("Your reply"),
        "element": element,
    }
    alerts = [{"type": "alert", "level": "warning", "text": plain(finding)} for finding in findings]
    view = {"type": "modal", "callback_id": "confirm", "title": plain("Reply"), "submit": plain("Post")}
    return {**view, "close": plain("Cancel"), "blocks": [*alerts, field]}


def bolt_app(slack: LocalSlack) -> App:  # noqa: C901  (a listener each)
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    app = App(client=client, signing_secret=slack.signing_secret)

    @app.action("reply")
    def reply(ack: Any, body: Json, client: WebClient) -> None:
        ack()
        where = f"{body['channel']['id']} {body['message']['ts']}"
        client.views_open(trigger_id=body["trigger_id"], view={**reply_modal(), "private_metadata": where})

    @app.action("words")
    def typed(ack: Any, body: Json, client: WebClient) -> None:
        ack()
        view, text = body["view"], body["actions"][0]["value"] or ""
        findings = [f"{len(text)} characters, and “always” promises too much."] if "always" in text else []
        update = {**reply_modal(*findings), "private_metadata": view["private_metadata"]}
        client.views_update(view_id=view["id"], hash=view["hash"], view=update)

    @app.view("confirm")
    def confirm(ack: Any, view: Json, body: Json, client: WebClient) -> None:
        text = view["state"]["values"]["text"]["words"]["value"]
        if "always" in text:
            ack(response_action="errors", errors={"text": "Do not promise “always”."})
            return
        ack()
        channel, ts = view["private_metadata"].split()
        client.chat_update(channel=channel, ts=ts, text="Posted", blocks=card_blocks(f"Posted by Ana: {text}"))

    @app.action("ignore")
    def ignore(ack: Any) -> None:
        time.sleep(3.5)

    @app.command("/chorus")
    def chorus(ack: Any, command: Json) -> None:
        ack(f"You asked for {command['text']}")

    @app.shortcut("take")
    def take(ack: Any, shortcut: Json, client: WebClient) -> None:
        ack()
        client.reactions_add(channel=shortcut["channel"]["id"], timestamp=shortcut["message_ts"], name="eyes")

    @app.shortcut("everything")
    def everything(ack: Any, shortcut: Json, client: WebClient) -> None:
        ack()
        view = {"type": "modal", "title": plain("Everything"), "submit": plain("Go"), "blocks": VIEW_BLOCKS}
        client.views_open(trigger_id=shortcut["trigger_id"], view=view)

    @app.event("app_home_opened")
    def home(event: Json, client: WebClient) -> None:
        blocks = [{"type": "header", "text": plain("My work")}, *card_blocks()]
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    return app


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    app = SeedApp(
        name="Chorus",
        commands=(SlashCommand(command="/chorus", description="Ask Chorus"),),
        shortcuts=(
            Shortcut(callback_id="take", name="Take it", type="message"),
            Shortcut(callback_id="everything", name="Show everything"),
        ),
        events=("app_home_opened",),
    )
    with LocalSlack(seed=harbour(app, links=(("Plaza", "http://127.0.0.1:9/"),)), rates=None) as running:
        yield running


@pytest.fixture(scope="module")
def app(slack: LocalSlack) -> Iterator[App]:
    app = bolt_app(slack)
    socket: Any = SocketModeHandler(app, slack.app_token)
    with contextlib.closing(socket):
        socket.connect()
        slack.wait_until_connected()
        yield app


def card_on(page: Page, slack: LocalSlack, app: App, name: str = "ana") -> Locator:
    """A fresh card in #mentions as this person sees it."""
    posted = app.client.chat_postMessage(channel="#mentions", text="A mention", blocks=card_blocks())
    person = slack.person(name)
    page.goto(f"{slack.url}?as={person.id}#{posted['channel']}")
    node = page.locator(f".message[data-ts='{posted['ts']}']")
    expect(node).to_be_visible()
    return node


def test_from_card_to_reply(page: Page, slack: LocalSlack, app: App) -> None:
    node = card_on(page, slack, app)
    assert QUOTE in node.inner_text()
    node.get_by_role("button", name="Reply", exact=True).click()
    field = page.get_by_label("Your reply")
    expect(field).to_be_focused()
    page.keyboard.type("It always lasts ten hours", delay=8)
    expect(page.get_by_text("25 characters, and “always” promises too much.")).to_be_visible()
    expect(field).to_be_focused()
    page.keyboard.type(".")
    expect(page.get_by_text("26 characters, and “always” promises too much.")).to_be_visible()
    expect(field).to_have_value("It always lasts ten hours.")
    page.get_by_role("button", name="Post").click()
    expect(page.get_by_text("Do not promise “always”.")).to_be_visible()
    field.fill("It lasts ten hours.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(node).to_contain_text("Posted by Ana: It lasts ten hours.")
    expect(node).to_contain_text("(edited)")


def test_an_app_that_never_acknowledges_is_named(page: Page, slack: LocalSlack, app: App) -> None:
    node = card_on(page, slack, app)
    node.get_by_role("button", name="Ignore").click()
    expect(node.get_by_role("alert")).to_contain_text("Chorus did not answer in 3 seconds")


def test_two_people_see_the_same_channel_live(page: Page, slack: LocalSlack, app: App) -> None:
    card_on(page, slack, app, "ana")
    slack.person("ben").say("#mentions", "I take the next one, <b>all</b> & more")
    expect(page.get_by_text("I take the next one, <b>all</b> & more")).to_be_visible()


def test_a_command_is_answered_to_its_person_only(page: Page, slack: LocalSlack, app: App) -> None:
    card_on(page, slack, app)
    page.get_by_label("Message #mentions").fill("/chorus help")
    page.keyboard.press("Enter")
    answer = page.locator(".message.ephemeral", has_text="You asked for help")
    expect(answer).to_contain_text("Only visible to you")


def test_a_message_shortcut_reaches_the_app(page: Page, slack: LocalSlack, app: App) -> None:
    node = card_on(page, slack, app)
    node.hover()
    node.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Take it").click()
    expect(node.get_by_role("button", name="eyes: Chorus")).to_be_visible()


def test_reacting_and_replying_in_a_thread(page: Page, slack: LocalSlack, app: App) -> None:
    node = card_on(page, slack, app)
    node.hover()
    node.get_by_role("button", name="Add a reaction").first.click()
    page.get_by_role("button", name="tada").click()
    expect(node.get_by_role("button", name="tada: Ana Reyes")).to_have_attribute("aria-pressed", "true")
    node.hover()
    node.get_by_role("button", name="Reply in thread").click()
    page.get_by_label("Reply …").fill("Only in the thread")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Thread")).to_contain_text("Only in the thread")
    expect(node.get_by_role("button", name="1 reply")).to_be_visible()


def test_the_home_is_published_when_it_is_opened(page: Page, slack: LocalSlack, app: App) -> None:
    page.goto(f"{slack.url}?as={slack.person('ruth').id}#{slack.app.id}")
    expect(page.locator(".home").get_by_role("heading", name="My work")).to_be_visible()


def test_the_bots_messages_tab_is_a_direct_message(page: Page, slack: LocalSlack, app: App) -> None:
    page.goto(f"{slack.url}?as={slack.person('theo').id}#{slack.app.id}/messages")
    page.get_by_label("Message Chorus").fill("Hello Chorus")
    page.keyboard.press("Enter")
    expect(page.locator(".message", has_text="Hello Chorus")).to_be_visible()


def test_every_block_that_the_strict_slack_takes_is_shown(page: Page, slack: LocalSlack, app: App) -> None:
    refused = ("file", "call", "auth_provider")
    charts = [block for block in MESSAGE_BLOCKS if block["type"] == "data_visualization"]
    blocks = [block for block in MESSAGE_BLOCKS if block["type"] not in refused and block not in charts[2:]]
    posted = app.client.chat_postMessage(channel="#general", text="Everything", blocks=blocks)
    page.goto(f"{slack.url}?as={slack.person('ana').id}#{posted['channel']}")
    expect(page.locator(".message .blocks").first.locator("> .block")).to_have_count(len(blocks))
    assert page.locator(".unknown").count() == 0
    assert card(1)["title"]["text"].strip("*") in page.locator(".message").first.inner_text()


def test_everything_entered_in_a_modal_is_accepted(page: Page, slack: LocalSlack, app: App) -> None:
    card_on(page, slack, app, "mara")
    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_role("menuitem", name="Show everything").click()
    dialog = page.get_by_role("dialog", name="Everything")
    expect(dialog.locator(".block-input")).to_have_count(len(VIEW_BLOCKS) - 5)
    page.get_by_label("Input t_file", exact=True).set_input_files(
        {"name": "proof.png", "mimeType": "image/png", "buffer": b"\x89PNG"}
    )
    expect(dialog.get_by_text("proof.png")).to_be_visible()
    page.get_by_label("Input t_number", exact=True).fill("three")
    dialog.get_by_role("button", name="Go").click()
    wrong = dialog.locator(".block-input.wrong")
    expect(wrong.filter(has_text="t_number")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
