"""What a person can do on the local Slack's page: read, write, click, fill in modals, and never lose their work."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from block_gallery import CHOICES, MESSAGE_BLOCKS, SELECTS, VIEW_BLOCKS, mrkdwn, plain, rich, rich_words, with_ids
from browser import ELSEWHERE, browser_fixture, context_fixture, page_fixture, stay_here, tab  # noqa: F401
from page_server import PageServer, serving
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = pytest.mark.browser

Json = dict[str, Any]
START = 1795258800
EDITED = {"user": "U2", "ts": "1795258900.000000"}


@pytest.fixture(scope="module")
def running() -> Iterator[PageServer]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: PageServer) -> PageServer:
    running.await_lines(0)
    running.reset()
    return running


def message(text: str = "", at: float = 0, **more: Any) -> Json:
    ts = f"{START + at:.6f}"
    return {"type": "message", "channel": "C1", "ts": ts, "user": "U2", "text": text, **more}


def opened(page: Page, server: PageServer, *messages: Json, place: str = "C1", me: str = "U1") -> Page:
    """The page in a place, with these messages in the first channel, its live line open."""
    if messages:
        server.messages["C1"] = list(messages)
    page.goto(f"{server.address}/?as={me}#{place}")
    expect(page.locator(".app:not([aria-busy])")).to_be_visible()
    server.await_lines()
    return page


def card(*elements: Json, at: float = 0, **more: Any) -> Json:
    block = {"type": "actions", "block_id": "act", "elements": list(elements)}
    return message("A card", at, user="UBOT", bot_id="B1", blocks=[block], **more)


def button(**more: Any) -> Json:
    return {"type": "button", "action_id": "approve", "value": "7", "text": plain("Approve"), **more}


def until(happened: Callable[[], Any]) -> Any:
    """Wait for something outside the page."""
    deadline = time.monotonic() + 5
    while not (result := happened()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert result
    return result


def texts(page: Page) -> list[str]:
    return page.locator(".place .message-text").all_inner_texts()


def text_input(**more: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "text", "multiline": True, **more.pop("element", {})}
    return {"type": "input", "block_id": "reply", "label": plain("Your reply"), "element": element, **more}


def modal(*blocks: Json, name: str = "V1", **more: Any) -> Json:
    view = {"id": name, "type": "modal", "app_id": "A1", "title": plain("Reply"), "submit": plain("Post")}
    return {**view, "close": plain("Cancel"), "blocks": list(blocks), "state": {"values": {}}, **more}


def with_modal(page: Page, server: PageServer, *views: Json) -> Locator:
    opened(page, server, message("behind it"))
    server.push(type="views", views=list(views))
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


# Reading and writing


def test_new_edited_and_deleted_messages_show_without_a_reload(page: Page, server: PageServer) -> None:
    opened(page, server, message("first"))
    server.push(type="message", channel="C1", message=message("second", 1))
    expect(page.locator(".place .message")).to_have_count(2)
    server.push(
        type="message_changed", channel="C1", message=message("2nd", 1, edited={"user": "U2", "ts": "1795258900"})
    )
    expect(page.get_by_text("(edited)")).to_be_visible()
    assert texts(page) == ["first", "2nd"]
    server.push(type="message_deleted", channel="C1", ts=message(at=0)["ts"])
    expect(page.locator(".place .message")).to_have_count(1)


def test_a_changed_message_keeps_the_nodes_and_the_focus_of_what_did_not_change(page: Page, server: PageServer) -> None:
    section = {"type": "section", "block_id": "s", "text": mrkdwn("Open")}
    before = card(button())
    before["blocks"].insert(0, section)
    opened(page, server, before)
    page.get_by_role("button", name="Approve").focus()
    page.evaluate("window.kept = document.activeElement")
    after = {**before, "blocks": [{**section, "text": mrkdwn("Taken by Ana")}, before["blocks"][1]]}
    server.push(type="message_changed", channel="C1", message=after)
    expect(page.get_by_text("Taken by Ana")).to_be_visible()
    assert page.evaluate("window.kept === document.activeElement")


def test_a_reader_of_old_messages_stays_there_and_is_told_of_new_ones(page: Page, server: PageServer) -> None:
    opened(page, server, *(message(f"line {number}", number * 400) for number in range(50)))
    scroller = page.locator(".place .messages")
    scroller.evaluate("node => node.scrollTop = 300")
    expect(scroller).to_have_js_property("scrollTop", 300)
    server.push(type="message", channel="C1", message=message("new", 99_999))
    jump = page.get_by_role("button", name="New messages")
    expect(jump).to_be_visible()
    assert scroller.evaluate("node => node.scrollTop") == 300
    jump.click()
    expect(page.get_by_text("new", exact=True)).to_be_in_viewport()
    expect(jump).to_be_hidden()


def test_a_reader_at_the_end_follows_what_is_new(page: Page, server: PageServer) -> None:
    opened(page, server, *(message(f"line {number}", number * 400) for number in range(50)))
    server.push(type="message", channel="C1", message=message("the newest", 99_999))
    expect(page.get_by_text("the newest")).to_be_in_viewport()


def test_an_ephemeral_message_says_who_sees_it(page: Page, server: PageServer) -> None:
    opened(page, server, message("for all"))
    server.push(type="ephemeral", channel="C1", message=message("psst", 5, user="UBOT", is_ephemeral=True))
    node = page.locator(".message", has_text="psst")
    expect(node).to_contain_text("Only visible to you")
    node.hover()
    expect(node.get_by_role("button", name="Reply in thread")).to_have_count(0)


def test_writing_posts_and_keeps_the_text_when_that_fails(page: Page, server: PageServer) -> None:
    opened(page, server)
    field = page.get_by_label("Message #mentions")
    field.fill("Hello <all>")
    field.press("Shift+Enter")
    field.press_sequentially("second line")
    field.press("Enter")
    until(lambda: server.said("message"))
    assert server.said("message")[0] == {"user": "U1", "channel": "C1", "text": "Hello <all>\nsecond line"}
    expect(field).to_have_value("")
    server.answers["message"] = {"ok": False, "error": "x", "message": "The channel is archived."}
    field.fill("Once more")
    field.press("Enter")
    expect(page.get_by_text("The channel is archived.")).to_be_visible()
    expect(field).to_have_value("Once more")


def test_a_thread_opens_beside_the_channel_and_takes_replies(page: Page, server: PageServer) -> None:
    parent = message("parent", reply_count=1, reply_users=["U2"], latest_reply=message(at=9)["ts"])
    opened(page, server, parent, message("a reply", 9, thread_ts=parent["ts"]))
    assert texts(page) == ["parent"]
    page.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    expect(thread.locator(".message")).to_have_count(2)
    server.push(type="message", channel="C1", message=message("one more", 12, thread_ts=parent["ts"]))
    expect(thread.locator(".message")).to_have_count(3)
    assert texts(page) == ["parent"]
    thread.get_by_label("Reply").fill("mine")
    thread.get_by_label("Also send to the channel").check()
    thread.get_by_label("Reply").press("Enter")
    posted = until(lambda: server.said("message"))[0]
    assert (posted["thread_ts"], posted["reply_broadcast"]) == (parent["ts"], True)
    page.keyboard.press("Escape")
    expect(thread).to_have_count(0)


def test_reactions_are_counted_added_and_taken_back(page: Page, server: PageServer) -> None:
    opened(page, server, message("nice", reactions=[{"name": "eyes", "users": ["U2"], "count": 1}]))
    page.get_by_role("button", name="eyes: Ben Okafor").click()
    assert until(lambda: server.said("react"))[0]["name"] == "eyes"
    both = [{"name": "eyes", "users": ["U2", "U1"], "count": 2}]
    server.push(type="reaction", channel="C1", ts=message()["ts"], reactions=both)
    mine = page.get_by_role("button", name="eyes: Ben Okafor, Ana Ruiz")
    expect(mine).to_have_attribute("aria-pressed", "true")
    mine.click()
    assert until(lambda: server.said("react")[1:])[0]["remove"] is True


def test_what_is_heard_while_a_list_is_loading_is_not_undone_by_it(page: Page, server: PageServer) -> None:
    edited, deleted = message("as it was", 1), message("to be deleted", 2)

    def late(query: Json) -> Json:
        server.push(type="message", channel="C1", message=message("just said", 3))
        server.push(type="message_changed", channel="C1", message={**edited, "text": "as it is"})
        server.push(type="message_deleted", channel="C1", ts=deleted["ts"])
        time.sleep(0.3)
        return {"ok": True, "messages": [edited, deleted], "has_more": False}

    server.answers["messages"] = late
    opened(page, server)
    expect(page.locator(".place .message")).to_have_count(2)
    assert texts(page) == ["as it is", "just said"]


def test_earlier_messages_are_loaded_when_one_scrolls_up(page: Page, server: PageServer) -> None:
    everything = [message(f"line {number}", number * 400) for number in range(90)]

    def pages(query: Json) -> Json:
        end = next((at for at, each in enumerate(everything) if each["ts"] == query.get("before")), len(everything))
        start = max(0, end - int(query["limit"]))
        return {"ok": True, "messages": everything[start:end], "has_more": start > 0}

    server.answers["messages"] = pages
    opened(page, server)
    expect(page.locator(".place .message")).to_have_count(60)
    page.get_by_text("line 30", exact=True).scroll_into_view_if_needed()
    expect(page.locator(".place .message")).to_have_count(90)
    expect(page.get_by_text("line 30", exact=True)).to_be_in_viewport()


def test_a_permanent_link_leads_to_its_message_and_marks_it(page: Page, server: PageServer) -> None:
    opened(page, server, *(message(f"line {number}", number * 400) for number in range(50)))
    link = f"<{server.address}/archives/C1/p{START + 400}000000|see here>"
    server.push(type="message", channel="C1", message=message(link, 99_999))
    page.get_by_role("link", name="see here").click()
    marked = page.locator(".message.marked")
    expect(marked).to_have_text(re.compile("line 1$"))
    expect(marked).to_be_in_viewport()


def test_a_message_that_changes_out_of_sight_stays_out_of_sight(page: Page, server: PageServer) -> None:
    opened(page, server, message("newer", 500))
    server.push(type="message_changed", channel="C1", message=message("far older", -99_999))
    server.push(type="message", channel="C1", message=message("newest", 900))
    expect(page.get_by_text("newest")).to_be_visible()
    assert texts(page) == ["newer", "newest"]


# Elements


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


# Commands and shortcuts


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


# Modals


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


# Places


def test_the_home_tab_is_shown_and_updated_in_place(page: Page, server: PageServer) -> None:
    home = {"id": "V9", "type": "home", "app_id": "A1", "blocks": with_ids([rich(rich_words("My work"))])}
    server.homes["U1"] = home
    opened(page, server, place="A1")
    expect(page.locator(".home")).to_have_text("My work")
    assert until(lambda: server.said("home_opened"))[0]["tab"] == "home"
    server.push(type="home", app="A1", view={**home, "blocks": with_ids([rich(rich_words("All done"))])})
    expect(page.locator(".home")).to_have_text("All done")


def test_the_messages_tab_is_the_conversation_with_the_app(page: Page, server: PageServer) -> None:
    channel = {"id": "D1", "name": "", "topic": "", "is_im": True, "is_archived": False, "members": ["U1", "UBOT"]}
    server.answers["direct_message"] = {"ok": True, "channel": channel}
    opened(page, server, place="A1")
    expect(page.get_by_text("Chorus has not published a Home for you yet.")).to_be_visible()
    page.get_by_role("tab", name="Messages").click()
    page.get_by_label("Message Chorus").fill("hello")
    page.get_by_label("Message Chorus").press("Enter")
    assert until(lambda: server.said("message"))[0]["channel"] == "D1"


def test_one_becomes_somebody_else(page: Page, server: PageServer) -> None:
    opened(page, server)
    page.get_by_role("button", name="You are: Ana Ruiz").click()
    page.get_by_role("menuitem", name="Carla Weiss").click()
    expect(page.get_by_role("button", name="You are: Carla Weiss")).to_be_visible()
    expect(page.get_by_role("link", name="compliance")).to_be_visible()
    expect(page.get_by_role("link", name="corrections")).to_have_count(0)
    assert "as=U3" in page.url


def test_a_channel_one_is_not_in_gives_way_to_ones_own(page: Page, server: PageServer) -> None:
    opened(page, server, place="C2", me="U3")
    expect(page.get_by_role("heading", name="#compliance")).to_be_visible()


def test_unread_channels_are_marked_until_they_are_read(page: Page, server: PageServer) -> None:
    opened(page, server)
    server.push(type="unread", channels={"C2": {"unread": 2, "mentions": 1, "latest": "1"}})
    corrections = page.get_by_role("link", name="corrections, 2 unread")
    expect(corrections).to_be_visible()
    server.messages["C2"] = [message("read me")]
    corrections.click()
    assert until(lambda: [body for body in server.said("read") if body["channel"] == "C2"])


def test_the_keyboard_moves_between_channels(page: Page, server: PageServer) -> None:
    opened(page, server, place="C2")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("heading", name="#mentions")).to_be_visible()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.get_by_role("heading", name="#corrections")).to_be_visible()
    page.get_by_role("link", name="corrections").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="mentions")).to_be_focused()


def test_the_links_of_the_demo_world_stand_in_the_sidebar(page: Page, server: PageServer) -> None:
    server.links = [{"label": "Plaza", "url": "http://127.0.0.1:9/"}, {"label": "Bad", "url": "javascript:alert(1)"}]
    opened(page, server)
    expect(page.get_by_role("link", name="Plaza")).to_have_attribute("href", "http://127.0.0.1:9/")
    expect(page.get_by_role("link", name="Bad")).to_have_count(0)


def test_an_empty_channel_says_so(page: Page, server: PageServer) -> None:
    opened(page, server)
    expect(page.get_by_text("This is the very beginning of #mentions.")).to_be_visible()


# The connection


def test_a_lost_connection_is_said_and_mended_without_a_reload(page: Page, server: PageServer) -> None:
    opened(page, server, message("before"))
    page.get_by_label("Message #mentions").fill("half written")
    server.hang_up()
    expect(page.get_by_text("Reconnecting")).to_be_visible()
    server.messages["C1"].append(message("missed meanwhile", 5))
    expect(page.get_by_text("Reconnecting")).to_be_hidden()
    expect(page.get_by_text("missed meanwhile")).to_be_visible()
    expect(page.get_by_label("Message #mentions")).to_have_value("half written")


def test_a_workspace_that_cannot_be_opened_says_why(page: Page, server: PageServer) -> None:
    server.answers["bootstrap"] = lambda query: {"ok": False, "error": "x", "message": "The database is asleep."}
    page.goto(server.address)
    expect(page.get_by_text("The database is asleep.")).to_be_visible()
    server.answers.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="#corrections")).to_be_visible()


def test_a_warning_is_shown_in_the_corner(page: Page, server: PageServer) -> None:
    opened(page, server)
    server.push(type="warning", message="Chorus did not answer in 3 seconds.")
    server.push(type="warning", message="Chorus did not answer in 3 seconds.")
    expect(page.locator(".notices").get_by_text("Chorus did not answer in 3 seconds.")).to_be_visible()
    expect(page.locator(".notice")).to_have_count(1)


def test_a_warning_that_stands_at_its_button_is_not_repeated(page: Page, server: PageServer) -> None:
    words = "Chorus did not answer in 3 seconds."

    def fail(body: Json) -> Json:
        server.push(type="warning", message=words)
        return {"ok": False, "error": "operation_timeout", "message": words}

    server.answers["action"] = fail
    opened(page, server, card(button()))
    page.get_by_role("button", name="Approve").click()
    expect(page.locator(".block-failure")).to_have_text(words)
    page.wait_for_timeout(600)
    expect(page.locator(".notice")).to_have_count(0)


# Looks


LEGIBLE = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const back = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = channels(getComputedStyle(at).backgroundColor);
      if (alpha > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = new Set();
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !node.checkVisibility() || node.closest(".emoji, svg")) continue;
    const pair = [luminance(channels(getComputedStyle(node).color)), luminance(back(node))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) faint.add(`${node.className || node.tagName}: ${contrast.toFixed(1)}`);
  }
  return [...faint];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_is_legible(browser: Browser, server: PageServer, scheme: Literal["light", "dark"]) -> None:
    with browser.new_context(color_scheme=scheme) as context, tab(context) as page:
        context.route(ELSEWHERE, stay_here)
        opened(
            page, server, message("x", blocks=with_ids(MESSAGE_BLOCKS), edited=EDITED), message("y", is_ephemeral=True)
        )
        assert page.evaluate(LEGIBLE) == []
        server.push(type="views", views=[modal(*with_ids(VIEW_BLOCKS))])
        expect(page.get_by_role("dialog")).to_be_visible()
        assert page.evaluate(LEGIBLE) == []


def test_the_theme_follows_the_system_until_one_is_chosen(browser: Browser, server: PageServer) -> None:
    with browser.new_context(color_scheme="dark") as context, tab(context) as page:
        opened(page, server)
        back = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(back) == "rgb(26, 29, 33)"
        page.get_by_role("button", name="Switch to light").click()
        assert page.evaluate(back) == "rgb(255, 255, 255)"
        page.reload()
        expect(page.get_by_role("button", name="Switch to dark")).to_be_visible()


def test_a_phone_shows_one_pane_at_a_time(page: Page, server: PageServer) -> None:
    page.set_viewport_size({"width": 360, "height": 720})
    opened(page, server, message("hello " * 30), place="")
    assert server.said("read") == []
    page.get_by_role("link", name="mentions").click()
    expect(page.get_by_role("heading", name="#mentions")).to_be_visible()
    expect(page.get_by_role("link", name="corrections")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Back to the list").click()
    expect(page.get_by_role("link", name="corrections")).to_be_visible()
