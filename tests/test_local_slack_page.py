"""What a person can do on the local Slack's page: read and write, find their way, and never lose the thread."""

import re
import time

import pytest
from block_gallery import mrkdwn, rich, rich_words, with_ids
from browser import browser_fixture, context_fixture, page_fixture, tab  # noqa: F401
from page_kit import START, Json, button, card, message, opened, running_fixture, server_fixture, texts, until  # noqa: F401
from page_server import PageServer
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


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


def test_messages_of_one_person_share_a_heading_and_cards_keep_their_own(page: Page, server: PageServer) -> None:
    opened(page, server, message("one"), message("two", 30), card(button(), at=60), card(button(), at=90))
    expect(page.get_by_text("Ben Okafor", exact=True)).to_have_count(2)
    assert [node.is_visible() for node in page.locator(".author").all()] == [True, False, True, True]


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
