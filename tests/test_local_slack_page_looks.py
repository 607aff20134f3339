"""How the local Slack's page looks: legible in light and dark, and usable on a phone."""

from typing import Literal

import pytest
from block_gallery import MESSAGE_BLOCKS, VIEW_BLOCKS, with_ids
from browser import ELSEWHERE, browser_fixture, context_fixture, page_fixture, stay_here, tab  # noqa: F401
from page_kit import EDITED, button, message, modal, opened, running_fixture, server_fixture, texts  # noqa: F401
from page_server import PageServer
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


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
