"""One's own messages on the local Slack's page: marks mean something, and what was said can be changed, by keys too."""

from collections.abc import Iterator

import pytest
from browser import accessibility_faults, browser_fixture, context_fixture, page_fixture  # noqa: F401
from playwright.sync_api import Locator, Page, expect

from bot.demo.slack import LocalSlack, Person, harbour

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(seed=harbour(), rates=None) as running:
        yield running


@pytest.fixture
def ana(slack: LocalSlack) -> Iterator[Person]:
    ana = slack.person("ana")
    yield ana
    for message in ana.messages("#general"):
        slack.person(message["user"]).delete(message)


def opened(page: Page, slack: LocalSlack, person: Person, channel: str = "#general") -> Page:
    page.goto(f"{slack.url}?as={person.id}#{person.channel(channel)}")
    expect(page.locator(".app:not([aria-busy])")).to_be_visible()
    return page


def said(page: Page, text: str) -> Locator:
    return page.locator(".place .message", has_text=text)


def test_marks_that_are_typed_are_shown_as_what_they_mean(page: Page, slack: LocalSlack, ana: Person) -> None:
    opened(page, slack, ana)
    field = page.get_by_label("Message #general")
    field.fill("*now* _softly_ ~never~ `a*b*` https://harbour.example/a @ben :tada: <b>")
    field.press("Enter")
    message = said(page, "softly")
    expect(message.locator("strong, b").filter(has_text="now")).to_be_visible()
    expect(message.locator("em, i").filter(has_text="softly")).to_be_visible()
    expect(message.locator("s, del").filter(has_text="never")).to_be_visible()
    expect(message.locator("code")).to_have_text("a*b*")
    expect(message.get_by_role("link", name="harbour.example")).to_be_visible()
    expect(message).to_contain_text("@Ben Okafor")
    expect(message).to_contain_text("🎉")
    expect(message).to_contain_text("<b>")


def test_a_message_of_ones_own_is_edited_from_its_menu(page: Page, slack: LocalSlack, ana: Person) -> None:
    ana.say("#general", "Hello @ben in #mentions, *5 < 6*")
    opened(page, slack, ana)
    said(page, "Hello").hover()
    said(page, "Hello").get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Edit message").click()
    field = page.get_by_label("Edit message")
    expect(field).to_be_focused()
    expect(field).to_have_value("Hello @ben in #mentions, *5 < 6*")
    assert accessibility_faults(page) == []
    field.fill("Hello @ben, *again*")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("(edited)")).to_be_visible()
    expect(field).to_be_hidden()
    assert ana.last("#general")["text"] == f"Hello <@{slack.person('ben').id}>, *again*"


def test_the_arrow_up_edits_what_was_said_last_and_escape_leaves_it(page: Page, slack: LocalSlack, ana: Person) -> None:
    ana.say("#general", "first of mine")
    ana.say("#general", "last of mine")
    slack.person("ben").say("#general", "something else")
    opened(page, slack, ana)
    composer = page.get_by_label("Message #general")
    expect(said(page, "something else")).to_be_visible()
    composer.press("ArrowUp")
    field = page.get_by_label("Edit message")
    expect(field).to_have_value("last of mine")
    field.fill("changed my mind")
    field.press("Escape")
    expect(composer).to_be_focused()
    expect(said(page, "last of mine")).to_be_visible()
    composer.press("ArrowUp")
    page.get_by_label("Edit message").fill("the last word")
    page.get_by_label("Edit message").press("Enter")
    expect(said(page, "the last word")).to_be_visible()
    expect(composer).to_be_focused()


def test_a_message_of_ones_own_is_deleted_after_a_question(page: Page, slack: LocalSlack, ana: Person) -> None:
    ana.say("#general", "said too soon")
    opened(page, slack, ana)

    def ask() -> None:
        said(page, "said too soon").hover()
        said(page, "said too soon").get_by_role("button", name="More actions").click()
        page.get_by_role("menuitem", name="Delete message").click()

    ask()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(said(page, "said too soon")).to_be_visible()
    ask()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(said(page, "said too soon")).to_have_count(0)
    assert ana.messages("#general") == []


def test_what_others_said_is_theirs(page: Page, slack: LocalSlack, ana: Person) -> None:
    slack.person("ben").say("#general", "mine, not yours")
    opened(page, slack, ana)
    said(page, "mine, not yours").hover()
    said(page, "mine, not yours").get_by_role("button", name="More actions").click()
    expect(page.get_by_role("menuitem", name="View as JSON")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Edit message")).to_have_count(0)
    page.get_by_role("menuitem", name="View as JSON").press("Escape")
    page.get_by_label("Message #general").press("ArrowUp")
    expect(page.get_by_label("Edit message")).to_have_count(0)


def test_a_line_stands_above_what_is_new(page: Page, slack: LocalSlack, ana: Person) -> None:
    ben = slack.person("ben")
    ben.say("#general", "read already")
    ana.read("#general")
    ben.say("#general", "not read yet")
    ben.say("#general", "nor this")
    opened(page, slack, ana)
    line = page.get_by_role("separator").filter(has_text="New")
    expect(line).to_have_count(1)
    after = line.locator("xpath=following-sibling::article").first
    expect(after).to_contain_text("not read yet")
    expect(after.locator(".author")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert accessibility_faults(page) == []
    page.reload()
    expect(said(page, "nor this")).to_be_visible()
    page.wait_for_timeout(600)
    page.reload()
    expect(said(page, "nor this")).to_be_visible()
    expect(line).to_have_count(0)
