"""Modals on the local Slack's page: what is typed stays, what is wrong is said, and what is left is closed."""

import pytest
from block_gallery import SELECTS, mrkdwn, plain
from browser import browser_fixture, context_fixture, page_fixture  # noqa: F401
from page_kit import button, message, modal, running_fixture, server_fixture, text_input, until, with_modal  # noqa: F401
from page_server import PageServer
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_typing_survives_the_apps_updates_with_its_caret(page: Page, server: PageServer) -> None:
    with_modal(page, server, modal(text_input(dispatch_action=True, element={"initial_value": "Hi Mara"})))
    field = page.get_by_label("Your reply")
    field.focus()
    page.evaluate("window.field = document.activeElement; window.field.setSelectionRange(3, 3)")
    for step, letter in enumerate("dear "):
        page.keyboard.type(letter)
        alert = {"type": "alert", "block_id": f"finding {step}", "level": "warning", "text": mrkdwn(f"Finding {step}")}
        repeated = text_input(dispatch_action=True, element={"initial_value": "older text"}, hint=plain(f"Hint {step}"))
        server.push(type="views", views=[modal(alert, repeated, title=plain(f"Reply {step}"))])
        expect(page.get_by_text(f"Hint {step}")).to_be_visible()
    expect(field).to_have_value("Hi dear Mara")
    assert page.evaluate("document.activeElement === window.field && window.field.selectionStart") == 8


def test_a_new_block_id_starts_the_input_afresh(page: Page, server: PageServer) -> None:
    dialog = with_modal(page, server, modal(text_input(element={"initial_value": "one"})))
    page.get_by_label("Your reply").fill("typed")
    fresh = {**text_input(element={"initial_value": "two"}), "block_id": "reply 2"}
    server.push(type="views", views=[modal(fresh)])
    expect(dialog.get_by_label("Your reply")).to_have_value("two")


def test_the_app_hears_of_typing_after_a_pause_and_always_of_the_last_letter(page: Page, server: PageServer) -> None:
    config = {"dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}}
    with_modal(page, server, modal(text_input(dispatch_action=True, element=config)))
    page.get_by_label("Your reply").press_sequentially("a whole sentence", delay=5)
    until(lambda: server.said("action") and server.said("action")[-1]["value"]["value"] == "a whole sentence")
    assert len(server.said("action")) <= 3


def test_what_is_wrong_is_said_at_its_input(page: Page, server: PageServer) -> None:
    dialog = with_modal(page, server, modal(text_input()))
    server.answers["submit"] = {
        "ok": False,
        "error": "invalid_input",
        "message": "x",
        "errors": {"reply": "Name a source."},
    }
    dialog.get_by_role("button", name="Post").click()
    expect(dialog.get_by_role("alert").filter(has_text="Name a source.")).to_be_visible()
    expect(page.get_by_label("Your reply")).to_be_focused()
    expect(page.get_by_label("Your reply")).to_have_attribute("aria-invalid", "true")
    server.answers["submit"] = {"ok": True}
    page.get_by_label("Your reply").fill("Now with a source")
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_text("Name a source.")).to_have_count(0)
    assert server.said("submit")[1]["state"]["reply"]["text"]["value"] == "Now with a source"


def test_a_modal_whose_app_does_not_answer_says_so_and_keeps_the_text(page: Page, server: PageServer) -> None:
    dialog = with_modal(page, server, modal(text_input()))
    server.answers["submit"] = {
        "ok": False,
        "error": "operation_timeout",
        "message": "Chorus did not answer in 3 seconds.",
    }
    page.get_by_label("Your reply").fill("precious")
    dialog.get_by_role("button", name="Post").click()
    expect(dialog.get_by_text("Chorus did not answer in 3 seconds.")).to_be_visible()
    expect(page.get_by_label("Your reply")).to_have_value("precious")


def test_a_pushed_view_can_be_left_and_the_one_below_kept_its_text(page: Page, server: PageServer) -> None:
    below = modal(text_input())
    dialog = with_modal(page, server, below)
    page.get_by_label("Your reply").fill("half a reply")
    above = modal(
        {"type": "section", "block_id": "s", "text": mrkdwn("Details")}, name="V2", title=plain("Why"), submit=None
    )
    server.push(type="views", views=[below, above])
    expect(dialog.get_by_role("heading", name="Why")).to_be_visible()
    dialog.get_by_role("button", name="Back").click()
    assert until(lambda: server.said("close"))[0] == {"user": "U1", "view_id": "V2"}
    server.push(type="views", views=[below])
    expect(page.get_by_label("Your reply")).to_have_value("half a reply")


def test_escape_closes_the_top_view_and_the_cross_the_whole_stack(page: Page, server: PageServer) -> None:
    dialog = with_modal(page, server, modal(text_input()))
    page.keyboard.press("Escape")
    assert "all" not in until(lambda: server.said("close"))[0]
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close", exact=True).click()
    assert until(lambda: server.said("close")[1:])[0]["all"] is True
    server.push(type="views", views=[])
    expect(dialog).to_have_count(0)


def test_escape_in_an_open_list_closes_only_the_list(page: Page, server: PageServer) -> None:
    select = {"type": "input", "block_id": "as", "label": plain("Post as"), "element": SELECTS[0]}
    with_modal(page, server, modal(select))
    page.get_by_label("Post as").click()
    expect(page.get_by_role("option")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    assert server.said("close") == []


def test_the_focus_stays_in_the_modal_and_the_footer_in_view(page: Page, server: PageServer) -> None:
    lines = [{"type": "section", "block_id": f"s{number}", "text": mrkdwn("line\n" * 5)} for number in range(20)]
    dialog = with_modal(page, server, modal(text_input(), *lines))
    expect(dialog.get_by_role("button", name="Post")).to_be_in_viewport()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.locator(".modal-body").evaluate("node => node.scrollTop = 99999")
    expect(dialog.get_by_role("button", name="Post")).to_be_in_viewport()


def test_a_field_says_its_length_when_that_matters(page: Page, server: PageServer) -> None:
    dialog = with_modal(page, server, modal(text_input(element={"max_length": 1000})))
    field, counter = page.get_by_label("Your reply"), dialog.locator(".counter")
    expect(counter).to_be_hidden()
    field.fill("x" * 900)
    expect(counter).to_have_text("900 of 1000 characters")
    field.fill("\U0001f600" * 1003)
    expect(counter).to_have_text("1003 of 1000 characters, 3 too many")
