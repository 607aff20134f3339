"""The whole way in a real browser: from App Home over the console to the platform, and back with an account."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import WAIT_MILLISECONDS, accessibility_faults, browser_fixture, tab
from playwright.sync_api import Browser, Locator, Page, expect
from slack_stage import fresh
from sqlalchemy import select

from bot.demo.world import World, world
from bot.models import Account, Employee
from connectors.base import Identity

__all__ = ["browser_fixture"]
pytestmark = pytest.mark.browser

SHOTS = os.environ.get("CHORUS_SHOTS", "")
"""A folder for pictures of what is seen, for who wants to look."""


@pytest.fixture(scope="module")
def running(postgres: str) -> Iterator[World]:
    with fresh(postgres) as url, world(None, undo_seconds=0, database_url=url) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab in a profile of its own: nobody is signed in anywhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-GB")
    context.set_default_timeout(WAIT_MILLISECONDS)
    with tab(context) as page:
        yield page
    context.close()


def picture(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def home_of(page: Page, running: World, name: str) -> Locator:
    """Open somebody's Home in the local Slack."""
    page.goto(f"{running.slack.url}?as={running.slack.person(name).id}#{running.slack.app.id}")
    home = page.locator(".home")
    expect(home).to_contain_text("What you may do")
    return home


def signed_in(page: Page, name: str) -> None:
    page.get_by_role("link", name="Sign in with Slack").click()
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name="Accounts", exact=True)).to_be_visible()


def test_an_account_is_connected_from_home_and_taken_away_again(running: World, page: Page) -> None:
    home = home_of(page, running, "ana")
    expect(home).to_contain_text("You have connected no account of your own")
    picture(page, "home")
    with page.context.expect_page() as opened:
        home.get_by_text("Connect an account", exact=True).click()
    console = opened.value
    signed_in(console, "Ana Reyes")
    picture(console, "accounts-empty")
    assert accessibility_faults(console) == []
    console.get_by_role("button", name="Continue").click()
    expect(console.get_by_role("heading", name="Connect an account on Mastodon")).to_be_visible()
    picture(console, "leaving")
    assert accessibility_faults(console) == []
    console.get_by_role("link", name="Continue to Mastodon").click()
    expect(console.get_by_role("heading", name="Let Chorus speak for you?")).to_be_visible()
    console.get_by_label("Your account on Plaza").select_option("ana")
    picture(console, "plaza")
    console.get_by_role("button", name="Allow", exact=True).click()
    expect(console.get_by_role("status")).to_contain_text("is connected")
    row = console.get_by_role("row").filter(has_text="Mastodon")
    expect(row).to_contain_text("you")
    picture(console, "accounts")
    assert accessibility_faults(console) == []
    with running.deps.sessions() as session:
        account = session.scalars(select(Account).where(Account.identity == Identity.EMPLOYEE)).one()
        owner = session.get_one(Employee, account.employee_id)
    assert owner.slack_user == running.slack.person("ana").id
    page.reload()
    expect(home).to_contain_text("on Mastodon, your own")
    picture(page, "home-connected")
    row.get_by_role("button", name="Disconnect").click()
    expect(console.get_by_role("status")).to_contain_text("is disconnected")


def test_who_does_not_agree_comes_back_without_an_account(running: World, page: Page) -> None:
    page.goto(f"{running.settings.console_url}/accounts")
    signed_in(page, "Ben Okafor")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("link", name="Continue to Mastodon").click()
    page.get_by_role("button", name="Do not allow").click()
    expect(page.get_by_role("alert")).to_contain_text("You did not agree on the platform")
    with running.deps.sessions() as session:
        assert running.slack.person("ben").id not in session.scalars(select(Employee.slack_user).join(Account)).all()


def test_a_manager_adds_a_source_at_home_after_seeing_what_it_would_bring(running: World, page: Page) -> None:
    running.plaza.post_as("Maya", "Has anybody tried the Harbour Mini on a train? #shorttrips")
    home = home_of(page, running, "mara")
    home.get_by_role("button", name="Add a source").click()
    window = page.get_by_role("dialog")
    expect(window).to_contain_text("What to follow")
    window.get_by_label("Words, tag, address or post").fill("shorttrips")
    picture(page, "source-new")
    window.get_by_role("button", name="Show what it would bring in").click()
    expect(window).to_contain_text("It would bring in")
    picture(page, "source-look")
