"""A day in Slack, in a real browser: an employee answers, a manager stops and resumes, a reviewer looks on."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from browser import WAIT_MILLISECONDS, browser_fixture, tab  # noqa: F401
from playwright.sync_api import Browser, Locator, Page, expect
from slack_stage import Stage, stage

from bot.demo.slack import Person
from bot.models import MentionState, ReplyState

pytestmark = pytest.mark.browser

REPLY = "Hi Lena, it opens EPUB 3 since version 4.2. I work for Harbour."


@pytest.fixture(scope="module")
def play(postgres: str) -> Iterator[Stage]:
    with stage(postgres) as play:
        yield play


@pytest.fixture(autouse=True)
def _tidy(play: Stage) -> Iterator[None]:
    yield
    for person in (play.ana, play.ben, play.mara, play.ruth):
        if person.views():
            person.close(everything=True)


@contextmanager
def seat(browser: Browser, play: Stage, person: Person, place: str = "") -> Iterator[Page]:
    """The workspace as this person sees it."""
    context = browser.new_context(viewport={"width": 1200, "height": 1000}, locale="en-GB")
    context.set_default_timeout(WAIT_MILLISECONDS)
    with tab(context) as page:
        page.goto(f"{play.slack.url}?as={person.id}#{place or play.channel}")
        yield page
    context.close()


def card_in(page: Page, play: Stage, mention: int) -> Locator:
    """The card of a mention, brought up to date."""
    message = play.show(mention)
    card = page.locator(f".message[data-ts='{message['ts']}']").first
    expect(card).to_be_visible()
    return card


def test_an_employee_answers_a_question(browser: Browser, play: Stage) -> None:
    mention = play.mention("Does the Harbour Reader read EPUB files? <script>alert(1)</script> <!channel>")
    with seat(browser, play, play.ana) as page:
        card = card_in(page, play, mention)
        expect(card).to_contain_text("<script>alert(1)</script> <!channel>")
        card.get_by_role("button", name="Reply to Lena Vogt").click()
        window = page.get_by_role("dialog", name="Reply")
        expect(window).to_contain_text("@lena Yes, it reads EPUB 3.")
        window.get_by_label("Your reply").fill("Buy now! Only today, 100% guaranteed!")
        expect(window).to_contain_text("Must be mended")
        window.get_by_role("button", name="Post reply").click()
        expect(window).to_be_visible()
        assert play.world.card(mention).reply is None

        window.get_by_label("Your reply").fill(REPLY)
        expect(window).to_contain_text(f"@lena {REPLY}")
        expect(window.get_by_label("Your reply")).to_have_value(REPLY)
        window.get_by_role("button", name="Post reply").click()
        approved = page.get_by_role("dialog", name="Approved")
        expect(approved).to_contain_text("unless you undo it")
        approved.get_by_role("button", name="Close").last.click()
        expect(card_in(page, play, mention)).to_contain_text("About to be posted")
        assert play.world.reply(mention).typed == REPLY

        card_in(page, play, mention).get_by_role("button", name="Undo").click()
        play.ana.wait_for(lambda: play.world.reply(mention).state is ReplyState.CANCELLED)
        expect(card_in(page, play, mention)).to_contain_text("Ana Reyes took the approval back")


def test_an_employee_decides_for_silence(browser: Browser, play: Stage) -> None:
    mention = play.mention("Harbour at sunset, what a view")
    with seat(browser, play, play.ben) as page:
        card_in(page, play, mention).get_by_role("button", name="No reply").click()
        window = page.get_by_role("dialog", name="No reply")
        window.get_by_label("It is not about us").check()
        window.get_by_role("button", name="Decide: no reply").click()
        expect(window).to_be_hidden()
        expect(card_in(page, play, mention)).to_contain_text("No reply, decided by Ben Okafor: It is not about us")
        assert play.world.card(mention).state is MentionState.DISMISSED


def test_two_people_see_the_same_card_and_one_takes_over(browser: Browser, play: Stage) -> None:
    mention = play.mention("Who answers this one?")
    with ExitStack() as stack:
        ana = stack.enter_context(seat(browser, play, play.ana))
        card_in(ana, play, mention).get_by_role("button", name="Claim").click()
        play.ana.wait_for(lambda: play.world.card(mention).claimed_by == "Ana Reyes")
        ben = stack.enter_context(seat(browser, play, play.ben))
        card = card_in(ben, play, mention)
        expect(card).to_contain_text("Claimed by @Ana Reyes")
        card.get_by_role("button", name="Reply to").click()
        expect(ben.get_by_text("Ana Reyes has claimed this")).to_be_visible()
        card.get_by_role("button", name="More options").click()
        ben.get_by_role("menuitem", name="Take over").click()
        play.ben.wait_for(lambda: play.world.card(mention).claimed_by == "Ben Okafor")
        expect(card_in(ana, play, mention)).to_contain_text("Claimed by @Ben Okafor")


def test_a_manager_stops_everything_and_lifts_it(browser: Browser, play: Stage) -> None:
    home = play.slack.app.id
    with seat(browser, play, play.mara, home) as page:
        page.get_by_role("button", name="Stop replies").click()
        window = page.get_by_role("dialog", name="Stop replies")
        window.get_by_label("Why?").fill("A recall is being prepared.")
        window.get_by_role("button", name="Stop", exact=True).click()
        expect(window).to_contain_text("Stopped.")
        window.get_by_role("button", name="Close").last.click()
        expect(page.get_by_text("A recall is being prepared.")).to_be_visible()
        with seat(browser, play, play.ana, home) as other:
            expect(other.get_by_text("A recall is being prepared.")).to_be_visible()
            expect(other.get_by_role("button", name="Lift the stop")).to_have_count(0)
        page.get_by_role("button", name="Lift the stop").click()
        page.get_by_role("dialog", name="Lift this stop?").get_by_role("button", name="Lift it").click()
        expect(page.get_by_text("A recall is being prepared.")).to_have_count(0)


def test_a_reviewer_reads_all_and_changes_nothing(browser: Browser, play: Stage) -> None:
    mention = play.mention("A conversation to review")
    with seat(browser, play, play.ruth) as page:
        card = card_in(page, play, mention)
        card.get_by_role("button", name="Conversation").click()
        window = page.get_by_role("dialog", name="Conversation")
        expect(window).to_contain_text("A conversation to review")
        window.get_by_role("button", name="Close").last.click()
        card.get_by_role("button", name="Claim").click()
        expect(page.get_by_text("You may not claim a conversation")).to_be_visible()
        page.goto(f"{play.slack.url}?as={play.ruth.id}#{play.slack.app.id}")
        expect(page.get_by_role("heading", name="Replies to review")).to_be_visible()
