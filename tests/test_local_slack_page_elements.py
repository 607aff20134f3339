"""Buttons, selects, commands and shortcuts on the local Slack's page, clicked and typed as a person would."""

import threading

import pytest
from block_gallery import CHOICES, SELECTS, mrkdwn, plain
from browser import browser_fixture, context_fixture, page_fixture  # noqa: F401
from page_kit import Json, button, card, message, opened, running_fixture, server_fixture, until  # noqa: F401
from page_server import PageServer
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_click_reaches_the_app_with_its_container_and_value(page: Page, server: PageServer) -> None:
    opened(page, server, card(button(), SELECTS[0]))
    page.get_by_role("button", name="Approve").click()
    sent = until(lambda: server.said("action"))[0]
    assert sent["container"] == {"type": "message", "channel": "C1", "ts": message()["ts"]}
    assert (sent["user"], sent["block_id"], sent["action_id"]) == ("U1", "act", "approve")
    assert sent["value"] == {"type": "button", "value": "7"}


def test_a_button_is_busy_while_the_app_thinks_and_takes_no_second_click(page: Page, server: PageServer) -> None:
    release = threading.Event()

    def slow(body: Json) -> Json:
        release.wait(5)
        return {"ok": True}

    server.answers["action"] = slow
    opened(page, server, card(button()))
    approve = page.get_by_role("button", name="Approve")
    approve.click()
    expect(approve).to_have_attribute("aria-busy", "true")
    approve.click()
    release.set()
    expect(approve).not_to_have_attribute("aria-busy", "true")
    assert len(server.said("action")) == 1


def test_an_app_that_does_not_answer_is_named_at_the_block(page: Page, server: PageServer) -> None:
    words = "Chorus did not answer in 3 seconds."
    server.answers["action"] = {"ok": False, "error": "operation_timeout", "message": words}
    opened(page, server, card(button()))
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".block").get_by_role("alert")).to_have_text(words)
    server.answers["action"] = {"ok": True}
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".block").get_by_role("alert")).to_have_count(0)


def test_a_confirmation_is_asked_with_the_apps_own_words(page: Page, server: PageServer) -> None:
    confirm = {
        "title": plain("Post it?"),
        "text": mrkdwn("As *@northwind*"),
        "confirm": plain("Post"),
        "deny": plain("Not yet"),
    }
    opened(page, server, card(button(confirm=confirm)))
    page.get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog", name="Post it?")
    expect(dialog).to_contain_text("As @northwind")
    dialog.get_by_role("button", name="Not yet").click()
    page.get_by_role("button", name="Approve").click()
    dialog.get_by_role("button", name="Post", exact=True).click()
    until(lambda: server.said("action"))
    assert len(server.said("action")) == 1


def test_a_select_is_searched_with_the_keyboard(page: Page, server: PageServer) -> None:
    opened(page, server, card(SELECTS[0]))
    page.get_by_role("button", name="Choose a reply").press("Enter")
    page.get_by_role("combobox", name="Search").fill("lea")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    sent = until(lambda: server.said("action"))[0]
    assert sent["value"]["selected_option"]["value"] == "leave"
    expect(page.get_by_role("button", name="Choose a reply")).to_have_text("Leave it")
    assert sent["state"]["act"]["s_static"]["selected_option"]["value"] == "leave"


def test_several_choices_are_told_once_when_the_list_closes(page: Page, server: PageServer) -> None:
    opened(page, server, card(SELECTS[1]))
    page.get_by_role("button", name="Who").click()
    for name in ("Ana", "Support"):
        page.get_by_role("option", name=name, exact=True).click()
    page.keyboard.press("Escape")
    sent = until(lambda: server.said("action"))
    assert [chosen["value"] for chosen in sent[0]["value"]["selected_options"]] == ["ana", "support"]
    assert len(sent) == 1


def test_an_external_select_asks_the_app_once_enough_is_typed(page: Page, server: PageServer) -> None:
    option = {"text": plain("Fact 12"), "value": "12"}
    server.answers["options"] = {"ok": True, "options": [option]}
    opened(page, server, card(SELECTS[2]))
    page.get_by_role("button", name="Find").click()
    search = page.get_by_role("combobox", name="Search")
    search.fill("f")
    expect(page.get_by_text("Type at least 2 characters.")).to_be_visible()
    search.fill("fa")
    page.get_by_role("option", name="Fact 12").click()
    assert server.said("options")[0]["query"] == "fa"
    assert until(lambda: server.said("action"))[0]["value"]["selected_option"] == option


def test_people_are_chosen_by_name(page: Page, server: PageServer) -> None:
    opened(page, server, card(SELECTS[4]))
    page.locator(".select").click()
    page.get_by_role("option", name="Carla Weiss").click()
    assert until(lambda: server.said("action"))[0]["value"] == {"type": "users_select", "selected_user": "U3"}


def test_dates_boxes_and_radios_are_told_at_once(page: Page, server: PageServer) -> None:
    opened(page, server, card(*CHOICES))
    page.locator("input[type=date]").fill("2026-12-24")
    page.locator("input[type=time]").fill("08:15")
    page.get_by_role("checkbox", name="Wait").check()
    page.get_by_role("radio", name="Leave it").check()
    sent = until(lambda: len(server.said("action")) == 4 and server.said("action"))
    values = {body["action_id"]: body["value"] for body in sent}
    assert values["d_date"]["selected_date"] == "2026-12-24"
    assert values["d_time"]["selected_time"] == "08:15"
    assert [chosen["value"] for chosen in values["c_boxes"]["selected_options"]] == ["reply", "wait"]
    assert values["c_radio"]["selected_option"]["value"] == "leave"


def test_an_overflow_menu_tells_its_option(page: Page, server: PageServer) -> None:
    overflow = {"type": "overflow", "action_id": "more", "options": SELECTS[0]["options"]}
    opened(page, server, card(overflow))
    page.get_by_role("button", name="More options").press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert until(lambda: server.said("action"))[0]["value"]["selected_option"]["value"] == "wait"


def test_a_slash_suggests_the_apps_commands(page: Page, server: PageServer) -> None:
    opened(page, server)
    field = page.get_by_label("Message #mentions")
    field.press_sequentially("/ch")
    expect(page.get_by_role("option")).to_have_text(["/chorus help | stop | mineAsk Chorus for somethingChorus"])
    field.press("Enter")
    expect(field).to_have_value("/chorus ")
    field.press_sequentially("help")
    field.press("Enter")
    assert until(lambda: server.said("command"))[0]["text"] == "/chorus help"


def test_a_command_that_nobody_knows_is_not_posted(page: Page, server: PageServer) -> None:
    opened(page, server)
    field = page.get_by_label("Message #mentions")
    field.fill("/nothing at all")
    field.press("Enter")
    expect(page.get_by_text("/nothing is not a command")).to_be_visible()
    assert server.asked_to_write() == []


def test_shortcuts_start_from_the_composer_and_from_a_message(page: Page, server: PageServer) -> None:
    opened(page, server, message("why?"))
    page.get_by_role("button", name="Shortcuts").click()
    page.get_by_role("menuitem", name="Find a reply").click()
    assert until(lambda: server.said("shortcut"))[0]["callback_id"] == "find"
    page.locator(".message").hover()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Explain this card").click()
    sent = until(lambda: server.said("message_shortcut"))[0]
    assert (sent["callback_id"], sent["channel"], sent["ts"]) == ("explain", "C1", message()["ts"])
