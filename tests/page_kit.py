"""What the tests of the local Slack's page share: a stand-in server, an open page, and things to show on it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from block_gallery import plain
from page_server import PageServer, serving
from playwright.sync_api import Locator, Page, expect

Json = dict[str, Any]
START = 1795258800
EDITED = {"user": "U2", "ts": "1795258900.000000"}


@pytest.fixture(scope="module", name="running")
def running_fixture() -> Iterator[PageServer]:
    with serving() as server:
        yield server


@pytest.fixture(name="server")
def server_fixture(running: PageServer) -> PageServer:
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
    if messages and place == "C1":
        expect(page.locator(".place .message").first).to_be_attached()
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
