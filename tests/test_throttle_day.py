"""A limit at work in a real browser: a manager tightens it in the console, and the next reply in Slack waits for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from browser import browser_fixture, context_fixture, tab  # noqa: F401
from conftest import DrivenClock
from console_world import Past, Stage, staged
from playwright.sync_api import BrowserContext, Locator, Page, expect
from slack_sdk import WebClient
from slack_world import Paper
from sqlalchemy import delete, select

from bot import approval, delivery
from bot.approval import Wish
from bot.database import Sessions
from bot.demo.slack import LocalSlack, chorus_app, harbour
from bot.deps import Deps
from bot.models import AuditEntry, LimitRecord, Reply, ReplyState
from bot.slack import app as slack_app
from bot.slack import sending
from bot.slack.manifest import manifest
from bot.slack.sockets import Supervisor
from bot.slack.words import words_for
from connectors.base import Call, PostState, PostStatus

pytestmark = pytest.mark.browser

BEFORE = "At least 20 minutes between replies in a venue; then hold"
AFTER = "At least 3 hours between replies in a venue; then hold"
ANSWER = "It opens EPUB 3 from any shop, Lena. I work for Harbour."


class Steady(Paper):
    """Paper on which nothing that was written is ever taken away."""

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        return tuple(PostState(post_id, PostStatus.LIVE) for post_id in post_ids)


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(seed=harbour(chorus_app(manifest())), rates=None) as slack:
        yield slack


@pytest.fixture
def stage(slack: LocalSlack, sessions: Sessions, clock: DrivenClock, tmp_path: Path) -> Iterator[Stage]:
    with staged(slack, sessions, clock, tmp_path) as stage:
        yield replace(stage, deps=replace(stage.deps, connectors={"paper": Steady()}))


@contextmanager
def listening(stage: Stage) -> Iterator[WebClient]:
    """The real Slack app on the local Slack."""
    client = WebClient(token=stage.slack.bot_token, base_url=stage.slack.api_url, timeout=5, retry_handlers=[])
    supervisor = Supervisor(slack_app.build(stage.deps, client), stage.slack.app_token)
    supervisor.start()
    stage.slack.wait_until_connected()
    try:
        yield client
    finally:
        supervisor.stop()


def due(deps: Deps) -> list[int]:
    with deps.sessions() as session:
        return [reply_id for reply_id, _ in delivery.due(session, at=deps.now())[0]]


def already_spoken(stage: Stage, clock: DrivenClock) -> datetime:
    """Ben replied in the venue; returns when."""
    mention = stage.world.mention("Is the Mini waterproof?")
    wish = Wish(stage.world.account, "Splashes are fine, a bath is not. I work for Harbour.")
    reply = approval.approve(stage.deps, mention, wish, by=stage.person("ben"))
    clock.advance(seconds=10)
    delivery.post(stage.deps, reply.id)
    assert stage.world.reply(mention).state is ReplyState.POSTED
    return reply.counted_at


def tighten(page: Page, stage: Stage) -> None:
    """Mara signs in, looks at what another gap would have done, and saves it."""
    page.goto(f"{stage.address}/limits")
    page.get_by_role("link", name="Sign in with Slack").click()
    page.get_by_role("link", name="Mara Lindqvist").click()
    page.get_by_role("link", name=BEFORE).click()
    page.get_by_label("The limit").fill("at least 3 hours between replies in a venue; then hold")
    expect(page.locator("#reading")).to_contain_text(f"{AFTER}.")
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_role("heading", name="What it would have done")).to_be_visible()
    expect(page.get_by_role("heading", name="Replies that only this limit would have stopped")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("“venue-gap” is in force, in version 2")


def card_in(page: Page, stage: Stage, client: WebClient, channel: str, mention: int) -> Locator:
    """The card of a mention, brought up to date."""
    sending.Out(stage.deps, client, channel, words_for("en")).card(mention)
    card = page.locator(f".message[data-ts='{stage.world.card_place(mention)}']").first
    expect(card).to_be_visible()
    return card


def test_a_manager_tightens_a_limit_and_the_next_reply_waits_for_it_and_leaves_on_time(
    context: BrowserContext, stage: Stage, clock: DrivenClock
) -> None:
    with stage.deps.sessions.begin() as session:
        session.execute(delete(LimitRecord).where(LimitRecord.name != "venue-gap"))
    Past(stage).days(5, each=12)
    spoken_at = already_spoken(stage, clock)
    clock.advance(minutes=30)
    with tab(context) as console:
        tighten(console, stage)
    ana = stage.slack.person("ana")
    channel = ana.channel("#mentions")
    mention = stage.world.mention(channel=channel)
    with listening(stage) as client, tab(context) as page:
        page.goto(f"{stage.slack.url}?as={ana.id}#{channel}")
        card_in(page, stage, client, channel, mention).get_by_role("button", name="Reply to Lena Vogt").click()
        window = page.get_by_role("dialog", name="Reply")
        window.get_by_label("Your reply").fill(ANSWER)
        expect(window).to_contain_text(f"@lena {ANSWER}")
        expect(window).to_contain_text("At least 3 hours between replies in a venue")
        window.get_by_role("button", name="Schedule reply").click()
        expect(page.get_by_role("dialog", name="Approved")).to_be_visible()

        leaves_at = spoken_at + timedelta(hours=3)
        held = stage.world.reply(mention)
        assert (held.state, held.counted_at, held.not_before) == (ReplyState.APPROVED, leaves_at, leaves_at)
        clock.moment = leaves_at - timedelta(seconds=1)
        assert due(stage.deps) == []
        delivery.post(stage.deps, held.id)
        assert stage.world.reply(mention).state is ReplyState.APPROVED, "asked too early, it stays"
        clock.moment = leaves_at
        assert due(stage.deps) == [held.id]
        delivery.post(stage.deps, held.id)
        sent = stage.world.reply(mention)
        assert (sent.state, sent.attempted_at) == (ReplyState.POSTED, leaves_at)
        page.reload()
        expect(card_in(page, stage, client, channel, mention)).to_contain_text("Posted")
    with stage.deps.sessions() as session:
        approved = session.scalars(select(AuditEntry.body).where(AuditEntry.subject == f"reply:{held.id}")).first()
        assert session.get_one(Reply, held.id).typed == ANSWER
    assert b"venue-gap" in (approved or b"")
