"""From a click in Slack to its acknowledgement, while the workers are busy."""

import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from slack_sdk import WebClient
from sqlalchemy import func, select, text

from bot import intake, jobs, sources
from bot.bench.bot_process import running
from bot.bench.company import Company, settled
from bot.bench.crowd import Crowd, posts
from bot.bench.echo import echoing
from bot.bench.row import Row, fast_enough, percentile, shown
from bot.bench.stage import Stage
from bot.demo.slack.errors import Json, PersonError
from bot.demo.slack.seed import chorus_app, harbour
from bot.demo.slack.server import LocalSlack
from bot.demo.world import MENTIONS
from bot.models import Mention, MentionState, SourceState
from bot.slack import lane
from bot.slack.manifest import manifest

A_SECOND = 50
MUST = 0.1
WAITING = 64
"""So many clicks may wait for their acknowledgement at a time."""
ONE_PROCESS = "one command for everything"
TWO_PROCESSES = "workers under a command of their own"
BARE = "bare acknowledgement beside the same workers"
PARTS = {ONE_PROCESS: ((),), TWO_PROCESSES: (("slack", "console", "clock"), ("worker",)), BARE: (("worker",),)}
_MOST_LOOKS = 5
_EITHER = ("mention.claim", "mention.release")


@dataclass(frozen=True, slots=True)
class Clicked:
    """How long acknowledgements took, in seconds; how many never came; how much work was left at the end."""

    taken: list[float]
    refused: int
    left: int


def rows(stage: Stage) -> Iterator[Row]:
    """Put cards into a channel, give the bot a backlog to work on, and click; in both ways to run the bot, and with a
    client in the bot's place that only acknowledges, for what the machine and the local Slack take for themselves."""
    clicked = {way: _measured(stage, way) for way in PARTS}
    bare = clicked[BARE].taken
    yield _compared(BARE, bare, bare)
    for way in (ONE_PROCESS, TWO_PROCESSES):
        found = clicked[way]
        left = f"{found.left:,} mentions still wait for the workers at the end"
        what = f"click to acknowledgement, {A_SECOND} clicks/s, {way}, {left}"
        yield fast_enough(what, found.taken, MUST, share=99)
        yield _compared(f"the same beside a bare acknowledgement, {way}", found.taken, bare)
        if found.refused:
            yield Row(f"clicks that were not acknowledged, {way}", "0", str(found.refused), kept=False)


def _compared(what: str, taken: Sequence[float], bare: Sequence[float]) -> Row:
    slow, half = percentile(taken, 99), statistics.median(taken)
    times = f"{slow / percentile(bare, 99):.1f} × at p99, {half / statistics.median(bare):.1f} × at p50"
    return Row(what, "", f"p99 {shown(slow)}, p50 {shown(half)}" if taken is bare else times)


def _measured(stage: Stage, way: str) -> Clicked:
    cards, backlog, seconds = stage.size(16, 4), stage.size(4000, 50), stage.size(20, 2)
    with stage.database() as url, LocalSlack(seed=harbour(chorus_app(manifest()))) as slack:
        crowd = Crowd(list(posts(cards + backlog)), page=cards)
        with (
            settled(url, stage.folder, connectors={"mastodon": crowd}, channel=MENTIONS) as company,
            ExitStack() as bot,
        ):
            _show_cards(company, slack)
            crowd.page = 500
            _leave_work(company)
            for only in PARTS[way]:
                bot.enter_context(running(slack, url, stage.folder, only=only))
            if way == BARE:
                bot.enter_context(echoing(slack))
            slack.wait_until_connected(timeout=60)
            taken, refused = _click(slack, seconds * A_SECOND)
            return Clicked(taken, refused, _waiting(company))


def _show_cards(company: Company, slack: LocalSlack) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    mentions = intake.collect(company.deps, company.source.id).mentions
    jobs.prepare_mentions(company.deps, mentions)
    jobs.empty(company.deps, MENTIONS, lambda channel: lane.drain(company.deps, client, channel))


def _leave_work(company: Company) -> None:
    """Let the rest come in without being worked on. The platform itself is out of reach for the process to come."""
    while intake.collect(company.deps, company.source.id).mentions:
        pass
    sources.set_state(company.deps, company.source.id, SourceState.PAUSED, actor="operator")
    with company.deps.sessions.begin() as session:
        session.execute(text("delete from procrastinate_jobs where task_name <> 'prepare'"))


def _click(slack: LocalSlack, number: int) -> tuple[list[float], int]:
    """Click at even distances, whether or not earlier clicks were acknowledged; returns seconds, and the refused."""
    ana = slack.person("ana")
    cards = [message["ts"] for message in ana.messages(MENTIONS)]
    began = time.perf_counter()

    def click(place: int) -> float | None:
        planned = began + place / A_SECOND
        time.sleep(max(0.0, planned - time.perf_counter()))
        for _ in range(_MOST_LOOKS):
            try:
                ana.click(*_button_of(slack, cards[place % len(cards)]))
            except PersonError as error:
                if error.code == "element_not_found":
                    continue  # the card was changed between the look and the click
                return None
            return time.perf_counter() - planned
        return None

    with ThreadPoolExecutor(WAITING) as pool:
        answers = list(pool.map(click, range(number)))
    taken = [seconds for seconds in answers if seconds is not None]
    return taken, len(answers) - len(taken)


def _button_of(slack: LocalSlack, ts: str) -> tuple[Json, str]:
    """Return the card as it is now, with the button that it offers: to take the conversation, or to give it back."""
    card = {**(slack.state.message(MENTIONS, ts) or {}), "channel": MENTIONS}
    offered = [element.get("action_id") for block in card["blocks"] for element in block.get("elements", [])]
    return card, next(button for button in _EITHER if button in offered)


def _waiting(company: Company) -> int:
    collected = select(func.count()).select_from(Mention).where(Mention.state != MentionState.OPEN)
    with company.deps.sessions() as session:
        return session.scalar(collected) or 0
