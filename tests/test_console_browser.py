"""The console in a real browser: what a manager and a reviewer do there, and whether everyone can read and reach it."""

import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from browser import accessibility_faults, browser_fixture, context_fixture, page_fixture  # noqa: F401
from console_world import Past, Stage, slack_fixture, stage_fixture  # noqa: F401
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from bot import packs, throttle
from bot.audit.sampling import enqueue
from bot.models import AuditEntry, Reply, ReplyState
from guidelines.pack import default
from guidelines.throttle import sentence

pytestmark = pytest.mark.browser

TIGHT = "At most 1 reply in a venue per 2 days; then refuse"
PAGES = (
    "/",
    "/conversations",
    "/conversations/3",
    "/replies/1",
    "/limits",
    "/limit",
    "/limit?name=venue-day",
    "/saturation",
    "/guidelines",
    "/guidelines/new",
    "/guidelines/versions/1?days=90",
    "/guidelines/examples",
    "/guidelines/missed",
    "/guidelines/missed?reply=1",
    "/facts",
    "/fact",
    "/fact?id=mini-usb",
    "/sources",
    "/stops",
    "/audit",
    "/keeping",
    "/people",
    "/health",
    "/nothing-here",
)


@pytest.fixture(name="past")
def past_fixture(stage: Stage) -> Past:
    past = Past(stage)
    past.days(12, each=6)
    return past


def signed_in(page: Page, stage: Stage, name: str, address: str = "/") -> Page:
    page.goto(f"{stage.address}{address}")
    page.get_by_role("link", name="Sign in with Slack").click()
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("main")).to_be_visible()
    return page


def test_a_manager_tightens_a_limit_sees_what_it_would_have_done_and_saves(
    stage: Stage, past: Past, page: Page
) -> None:
    signed_in(page, stage, "Mara Lindqvist")
    page.get_by_role("link", name="Limits", exact=True).click()
    page.get_by_role("link", name="At most 5 replies in a venue per day; then hold").click()
    field = page.get_by_label("The limit")
    field.fill("At most some replies")
    expect(page.locator("#reading")).to_contain_text("does not begin like a limit")
    field.fill("at most 1 reply in a venue, per 2 days")
    expect(page.locator("#reading")).to_contain_text(f"{TIGHT}.")
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_role("heading", name="What it would have done")).to_be_visible()
    expect(page.get_by_role("img", name="Replies per day")).to_be_visible()
    assert field.input_value() == "at most 1 reply in a venue, per 2 days"
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("“venue-day” is in force, in version 2")
    expect(page.get_by_role("link", name=TIGHT)).to_be_visible()
    with stage.deps.sessions() as session:
        assert TIGHT in [sentence(limit) for limit in throttle.in_force(session)]


def test_a_reviewer_finds_a_reply_reads_its_story_verifies_and_exports(stage: Stage, past: Past, page: Page) -> None:
    with stage.deps.sessions() as session:
        wanted = session.scalars(select(Reply).order_by(Reply.id.desc()).limit(1)).one()
        total = session.scalar(select(func.count()).where(AuditEntry.subject == f"reply:{wanted.id}")) or 0
    signed_in(page, stage, "Ruth Adler", "/conversations?state=answered")
    page.goto(f"{stage.address}/replies/{wanted.id}")
    expect(page.get_by_role("heading", name="How it came to be")).to_be_visible()
    expect(page.locator(".exact")).to_have_text(wanted.text)
    expect(page.get_by_text("Approved this exact text.")).to_be_visible()
    page.get_by_role("link", name="In the record", exact=True).click()
    page.get_by_role("button", name="Verify the record").click()
    expect(page.get_by_role("status").first).to_contain_text("Nothing was altered.")
    page.goto(f"{stage.address}/audit?subject=reply:{wanted.id}")
    page.get_by_label("File name").fill("case 14")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Export").click()
    download = coming.value
    assert download.suggested_filename == "case-14.jsonl"
    lines = Path(download.path()).read_bytes().splitlines()
    assert len(lines) == total
    assert {orjson.loads(line)["subject"] for line in lines} == {f"reply:{wanted.id}"}
    expect(page.locator("#progress")).to_contain_text(f"Done: {total} entries.")


def test_a_reviewer_signs_a_reply_off(stage: Stage, past: Past, page: Page) -> None:
    with stage.deps.sessions.begin() as session:
        wanted = session.scalars(select(Reply).where(Reply.state == ReplyState.POSTED).limit(1)).one()
        enqueue(session, wanted.id, ["by chance"], at=stage.deps.now())
    signed_in(page, stage, "Ruth Adler")
    page.get_by_role("link", name="Review", exact=True).click()
    page.get_by_role("link", name=wanted.text[:40]).click()
    expect(page.get_by_role("heading", name=f"Review reply {wanted.id}")).to_be_visible()
    page.wait_for_load_state()
    assert accessibility_faults(page) == []
    page.get_by_role("radio", name="Fine").check()
    page.get_by_role("button", name="Sign off").click()
    expect(page.get_by_role("status")).to_contain_text(f"Reply {wanted.id} is signed off: fine.")
    expect(page.get_by_text("Nothing waits")).to_be_visible()


def test_times_are_written_in_the_readers_zone(stage: Stage, past: Past, page: Page) -> None:
    signed_in(page, stage, "Ana Reyes", "/conversations")
    shown = page.locator("time").first
    assert re.fullmatch(r"\d{1,2} \w+ \d{4}, \d\d:\d\d", shown.inner_text())
    assert "Europe/Berlin" in (shown.get_attribute("title") or "")
    assert "UTC" in (shown.get_attribute("title") or "")


def test_light_and_dark_change_at_once_and_what_is_half_typed_stays(stage: Stage, page: Page) -> None:
    signed_in(page, stage, "Mara Lindqvist", "/limit")
    page.get_by_label("The limit").fill("half typed")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert page.get_by_label("The limit").input_value() == "half typed"
    expect_cookie(page, "chorus_theme", "dark")
    page.goto(f"{stage.address}/limits")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Auto").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


def expect_cookie(page: Page, name: str, value: str) -> None:
    for _ in range(100):
        if any(cookie.get("name") == name and cookie.get("value") == value for cookie in page.context.cookies()):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"no cookie {name}={value}")


def test_the_keyboard_reaches_everything(stage: Stage, past: Past, page: Page) -> None:
    signed_in(page, stage, "Ana Reyes", "/conversations")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/conversations?q=battery")
    page.reload()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


@pytest.fixture(name="plain")
def plain_fixture(browser: Browser) -> Iterator[Page]:
    """A browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    context.set_default_timeout(5_000)
    yield context.new_page()
    context.close()


def test_everything_works_without_scripts(stage: Stage, past: Past, plain: Page) -> None:
    signed_in(plain, stage, "Mara Lindqvist", "/limit?name=venue-day")
    plain.get_by_label("The limit").fill(TIGHT)
    plain.get_by_role("button", name="Simulate").click()
    expect(plain.get_by_role("heading", name="What it would have done")).to_be_visible()
    plain.get_by_role("button", name="Save").click()
    expect(plain.get_by_role("status")).to_contain_text("is in force, in version 2")
    plain.get_by_role("link", name="Conversations", exact=True).click()
    plain.get_by_label("State").select_option("dismissed")
    plain.get_by_role("button", name="Search").click()
    expect(plain.locator(".item").first).to_contain_text("dismissed")
    assert plain.locator("time").first.inner_text().endswith("UTC")
    plain.get_by_role("button", name="Dark").click()
    expect(plain.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_can_be_read_and_reached_by_everyone(
    stage: Stage, past: Past, browser: Browser, theme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=theme, locale="en-GB")  # type: ignore[arg-type]
    page = context.new_page()
    _more_guidelines(stage)
    signed_in(page, stage, "Theo Marchetti")
    faults = []
    for address in (*PAGES, "/sign-in"):
        page.goto(f"{stage.address}{address}")
        faults += [f"{address}: {fault}" for fault in accessibility_faults(page)]
    context.close()
    assert faults == []


def _more_guidelines(stage: Stage) -> None:
    """A version that is not in force, with an example that goes wrong, and a finding that somebody doubts."""
    text = default().text.replace("        - Which firmware is it?\n", "        - Buy now!\n")
    packs.add(stage.deps, text, by=stage.person("mara"))
    rule = stage.deps.pack.rules[0].id
    packs.propose(stage.deps, rule, "That is only true.", situation={"platform": "paper"}, by=stage.person("ruth"))
