"""What the local Slack's page makes of messages: every block is shown, and nothing that a message says can do harm."""

import re
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from block_gallery import MESSAGE_BLOCKS, VIEW_BLOCKS, mrkdwn, plain, rich, rich_words, with_ids
from browser import browser_fixture, context_fixture, tab  # noqa: F401
from hypothesis import given, settings
from hypothesis import strategies as st
from page_server import PageServer, serving
from playwright.sync_api import BrowserContext, Locator, Page, expect

from bot.demo.slack.ui import PAGE

pytestmark = pytest.mark.browser

Json = dict[str, Any]


_moments = count(1795258800)


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def shared(context: BrowserContext, server: PageServer) -> Iterator[Page]:
    """One tab in the channel for all tests here: each sends it other messages."""
    with tab(context) as page:
        page.goto(f"{server.address}/?as=U1#C1")
        server.await_lines()
        yield page


@pytest.fixture
def page(shared: Page, server: PageServer) -> Iterator[Page]:
    yield shared
    for ts in [message["ts"] for message in server.messages.pop("C1", [])]:
        server.push(type="message_deleted", channel="C1", ts=ts)
    server.push(type="views", views=[])


def message(text: str = "", **more: Any) -> Json:
    return {"type": "message", "channel": "C1", "ts": f"{next(_moments)}.000100", "user": "UBOT", "text": text, **more}


def shown(page: Page, server: PageServer, *messages: Json) -> Locator:
    """The first of the messages as it stands on the page."""
    sent = [{**message, "ts": f"{next(_moments)}.000100"} for message in messages]
    server.messages["C1"] = sent
    for message in sent:
        server.push(type="message", channel="C1", message=message)
    nodes = [page.locator(f".place .message[data-ts='{message['ts']}']") for message in sent]
    for node in nodes:
        expect(node).to_be_attached()
    return nodes[0]


def in_block(page: Page, server: PageServer, *blocks: Json) -> Locator:
    return shown(page, server, message("fallback", blocks=with_ids(list(blocks)))).locator(".blocks").first


def test_the_page_builds_no_markup_from_text_and_needs_nothing_from_elsewhere() -> None:
    sources = {path: path.read_text() for path in PAGE.rglob("*") if path.suffix in (".js", ".css", ".html")}
    assert len(sources) > 30
    for path, source in sources.items():
        assert (
            re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source) == []
        ), path
        assert re.findall(r"(?:src|href|from|import|url)[\s(=]*[\"'](?:https?:)?//", source) == [], path
        assert path.suffix != ".html" or not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", source), path


def test_every_block_of_a_message_is_shown(page: Page, server: PageServer) -> None:
    blocks = in_block(page, server, *MESSAGE_BLOCKS)
    assert blocks.locator("> .block").count() == len(MESSAGE_BLOCKS)
    assert page.locator(".unknown").count() == 0


def test_every_input_of_a_modal_is_shown_and_has_a_label(page: Page, server: PageServer) -> None:
    server.push(type="views", views=[modal(*VIEW_BLOCKS)])
    inputs = [block for block in VIEW_BLOCKS if block["type"] == "input"]
    for block in inputs:
        expect(page.get_by_label(block["label"]["text"], exact=True)).to_have_count(1)
    assert page.locator(".unknown").count() == 0


def modal(*blocks: Json) -> Json:
    return {"id": "V1", "type": "modal", "title": plain("T"), "submit": plain("Go"), "blocks": with_ids(list(blocks))}


@pytest.mark.parametrize(
    "block",
    [
        {"type": "hologram", "text": "from the future"},
        {"text": "no type at all"},
        {"type": "constructor"},
        {"type": "section", "accessory": {"type": "slider", "text": "from the future"}},
        {"type": "rich_text", "elements": [{"type": "rich_text_poem", "text": "from the future"}]},
        {"type": "data_visualization", "title": "broken", "chart": {"type": "bar", "series": [{"name": "no data"}]}},
    ],
    ids=lambda block: str(block.get("type")),
)
def test_what_is_unknown_or_broken_is_shown_as_its_json(page: Page, server: PageServer, block: Json) -> None:
    placeholder = in_block(page, server, block).locator(".unknown")
    expect(placeholder).to_contain_text("Unknown")
    placeholder.locator("summary").click()
    expect(placeholder.locator("pre")).to_be_visible()


MARKUP = "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'><svg onload='window.harmed = 1'>"


@pytest.mark.parametrize(
    "hostile",
    [
        message(MARKUP),
        message(MARKUP, username=MARKUP),
        message("x", attachments=[{"title": MARKUP, "text": MARKUP, "pretext": MARKUP, "footer": MARKUP}]),
        message(
            "x", attachments=[{"title": "t", "title_link": "javascript:window.harmed=1", "image_url": "javascript:1"}]
        ),
        message("x", files=[{"id": "F1", "name": MARKUP, "mimetype": MARKUP, "ui_url": "javascript:window.harmed=1"}]),
        message("x", reactions=[{"name": MARKUP, "users": [MARKUP], "count": 1}]),
        message("x", blocks=[{"type": "section", "block_id": MARKUP, "text": mrkdwn(MARKUP)}]),
        message("x", blocks=[{"type": "header", "text": plain(MARKUP)}, {"type": MARKUP}]),
        message("x", blocks=[rich(rich_words(MARKUP), {"type": "link", "url": "javascript:window.harmed=1"})]),
        message(
            "x",
            blocks=[
                {"type": "markdown", "text": f"{MARKUP}\n[x](javascript:window.harmed=1)\n<a href='javascript:1'>"}
            ],
        ),
        message("x", blocks=[{"type": "image", "image_url": "javascript:window.harmed=1", "alt_text": MARKUP}]),
        message(
            "x",
            blocks=[{"type": "data_table", "caption": MARKUP, "rows": [[{"type": "raw_text", "text": MARKUP}]] * 2}],
        ),
    ],
)
def test_a_message_cannot_run_code_or_become_markup(page: Page, server: PageServer, hostile: Json) -> None:
    shown(page, server, hostile)
    assert page.evaluate("window.harmed") is None
    assert page.locator(".messages script, .messages [onerror], .messages [onload]").count() == 0
    assert page.locator("[href^='javascript:'], [src^='javascript:']").count() == 0


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//example.org",
    ],
)
def test_only_web_and_mail_addresses_become_links(page: Page, server: PageServer, address: str) -> None:
    text = f"<{address}|click me>"
    blocks = in_block(
        page,
        server,
        {"type": "section", "text": mrkdwn(text)},
        rich({"type": "link", "url": address, "text": "click me"}),
        {
            "type": "actions",
            "elements": [{"type": "button", "action_id": "b", "text": plain("click me"), "url": address}],
        },
        {"type": "section", "text": mrkdwn("<https://example.org/a?b=1&amp;c=2|web> <mailto:a@example.org|mail>")},
    )
    links = blocks.locator("a")
    assert [links.nth(at).get_attribute("href") for at in range(links.count())] == [
        "https://example.org/a?b=1&c=2",
        "mailto:a@example.org",
    ]
    assert links.first.get_attribute("rel") == "noopener noreferrer"
    assert blocks.get_by_text("click me").count() == 3


def test_escaped_control_sequences_stay_text_and_entities_are_undone_once(page: Page, server: PageServer) -> None:
    node = shown(page, server, message("&lt;!channel&gt; &lt;@U2&gt; &amp;lt;b&amp;gt; &quot; 1 &lt; 2"))
    assert node.locator(".message-text").inner_text() == "<!channel> <@U2> &lt;b&gt; &quot; 1 < 2"
    assert node.locator(".mention").count() == 0


def test_control_sequences_become_names(page: Page, server: PageServer) -> None:
    node = shown(
        page, server, message("<@U2> <#C2> <!here> <!subteam^S1> <@U404|gone> <!date^1795258800^{date_num}|then>")
    )
    assert node.locator(".message-text").inner_text() == "@Ben Okafor #corrections @here @support @gone 2026-11-21"


def test_verbatim_leaves_bare_addresses_alone(page: Page, server: PageServer) -> None:
    words = "see https://example.org/x."
    blocks = in_block(
        page,
        server,
        {"type": "section", "text": mrkdwn(words, verbatim=True)},
        {"type": "section", "text": mrkdwn(words, verbatim=False)},
    )
    assert blocks.locator("> .block").nth(0).locator("a").count() == 0
    assert blocks.locator("> .block").nth(1).locator("a").get_attribute("href") == "https://example.org/x"


def test_rich_text_is_neither_parsed_nor_unescaped(page: Page, server: PageServer) -> None:
    words = "*not bold* <@U2> &amp; :tada: https://example.org"
    blocks = in_block(page, server, rich(rich_words(words)))
    assert blocks.inner_text() == words
    assert blocks.locator("a, strong, .mention").count() == 0


def test_a_direction_override_does_not_leak_out_of_its_text(page: Page, server: PageServer) -> None:
    override = "‮gnp.exe"
    node = shown(
        page,
        server,
        message(
            override,
            username=f"Mal{override}",
            blocks=with_ids(
                [
                    rich(rich_words(override)),
                    {"type": "section", "text": mrkdwn(f"<https://example.org|{override}> after")},
                ]
            ),
        ),
    )
    author = node.locator(".author").bounding_box()
    when = node.locator(".when").bounding_box()
    assert author
    assert when
    assert when["x"] > author["x"] + author["width"]
    link, line = node.locator("a").bounding_box(), node.locator(".section .lines").bounding_box()
    assert link
    assert line
    assert link["x"] == pytest.approx(line["x"], abs=2)


def test_invisible_characters_leave_the_layout_alone(page: Page, server: PageServer) -> None:
    node = shown(page, server, message("\u200b\u200d\ufeff" * 500 + "end"))
    box = node.bounding_box()
    assert box
    assert box["height"] < 120


@pytest.mark.parametrize(
    "piece", ["x", "*a ", "<", ":a", "`", "_*~", "http://", "&lt;", "> ", "```", "<@U1", "\U0001f600"]
)
def test_forty_thousand_characters_are_shown_whole_and_soon(page: Page, server: PageServer, piece: str) -> None:
    text = (piece * 40_000)[:40_000]
    began = time.monotonic()
    node = shown(page, server, message(text), message("after"))
    assert time.monotonic() - began < 4
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert node.is_visible()


def test_a_message_can_be_seen_as_its_json(page: Page, server: PageServer) -> None:
    node = shown(page, server, message("look <@U2>"))
    node.hover()
    node.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="View as JSON").click()
    expect(page.get_by_role("dialog").locator("pre")).to_contain_text('"text": "look <@U2>"')
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_data_table_is_sorted_searched_and_paged(page: Page, server: PageServer) -> None:
    table = in_block(page, server, next(block for block in MESSAGE_BLOCKS if block["type"] == "data_table"))
    names = table.locator("tbody th")
    assert names.all_inner_texts() == ["Ana", "Ben", "Carla"]
    table.get_by_role("button", name="Next page").click()
    assert names.all_inner_texts() == ["Deniz", "Eva"]
    table.get_by_role("button", name="Replies").click()
    assert names.all_inner_texts() == ["Carla", "Eva", "Ana"]
    table.get_by_label("Find in table").fill("den")
    assert names.all_inner_texts() == ["Deniz"]


def test_a_chart_says_its_numbers_in_a_table(page: Page, server: PageServer) -> None:
    chart = in_block(page, server, next(block for block in MESSAGE_BLOCKS if block["type"] == "data_visualization"))
    chart.get_by_text("Show the numbers").click()
    assert chart.locator("tbody tr").first.inner_text().split() == ["Mon", "12", "3"]


WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="*_~`:|\u2028\u2029"), min_size=1, max_size=60
)
SHOW = """async ([source, verbatim]) => {
  const { renderMrkdwn } = await import("/page/render/text.js");
  const { Directory } = await import("/page/directory.js");
  const directory = new Directory({ users: [], channels: [] }, "U1");
  const node = document.createElement("div");
  node.append(renderMrkdwn(source, { directory }, { verbatim }));
  const links = [...node.querySelectorAll("a")].map((link) => link.href);
  return [node.textContent, links, node.querySelectorAll("script, img, iframe").length];
}"""


@settings(max_examples=60, deadline=None)
@given(text=WORDS)
def test_escaped_words_are_shown_exactly_as_they_were_written(shared: Page, text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    quoted = text.startswith(">")
    content, _, _ = shared.evaluate(SHOW, [escaped, True])
    assert quoted or content == text


@settings(max_examples=100, deadline=None)
@given(
    parts=st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                "|",
                "&lt;",
                "&gt;",
                "&amp;",
                "javascript:",
                "http://a",
                "mailto:b",
                "!date^0^x^",
                "@U1",
                "#C1",
                "*",
                "_",
                "~",
                "`",
                "```",
                "\n",
                " ",
                "x",
                "data:",
                "img",
            ]
        ),
        max_size=14,
    )
)
def test_no_mrkdwn_makes_a_link_that_is_not_web_or_mail(shared: Page, parts: list[str]) -> None:
    _, links, elements = shared.evaluate(SHOW, ["".join(parts), False])
    assert all(link.startswith(("http://", "https://", "mailto:")) or "#C1" in link for link in links)
    assert elements == 0
