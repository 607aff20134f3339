"""Very many mentions at once: how long until each is stored and judged, what becomes of twins, how calm Slack stays."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slack_sdk import WebClient
from sqlalchemy import func, select

from bot import app as composition
from bot.bench.company import Company, settled
from bot.bench.crowd import Crowd, group_of, posts
from bot.bench.row import Row, quick_enough
from bot.bench.stage import Stage
from bot.clock import Clock
from bot.demo.slack.seed import chorus_app, harbour
from bot.demo.slack.server import LocalSlack
from bot.demo.world import MENTIONS
from bot.jobs import Worker
from bot.models import Mention, MentionState, PostRecord
from bot.slack.manifest import manifest

MUST = 60.0
PATIENCE = 240.0
TWINS = 5
STRIDE = 5
"""Over so many messages the pace is measured: what one of them was late is not the pace of a channel."""


def rows(stage: Stage) -> Iterator[Row]:
    """Let the burst come in through a source, as it would, and work on it with one worker process."""
    number = stage.size(10_000, 60)
    with stage.database() as url, LocalSlack(seed=harbour(chorus_app(manifest()))) as slack:
        crowd = Crowd(list(posts(number, twins=TWINS)))
        with settled(url, stage.folder, connectors={"mastodon": crowd}, channel=MENTIONS) as company:
            began = time.monotonic()
            with _working(company, slack):
                stored = _when(company, lambda: _count(company) == number) - began
                judged = _when(company, lambda: _count(company, MentionState.COLLECTED) == 0) - began
                time.sleep(stage.size(15.0, 4.0))
            yield quick_enough(
                f"burst of {number:,} mentions: stored and triaged", judged, MUST, f", stored after {stored:.3g} s"
            )
            yield _twins(company, number)
        yield _pace(slack)


@contextmanager
def _working(company: Company, slack: LocalSlack) -> Iterator[None]:
    client = WebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    worker, clock = Worker(composition.job_app(company.engine, company.deps, client)), Clock(company.deps)
    worker.start()
    clock.start()
    try:
        yield
    finally:
        clock.stop()
        worker.stop()


def _when(company: Company, holds: Callable[[], bool]) -> float:
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"{_count(company, MentionState.COLLECTED):,} mentions wait after {PATIENCE:.0f} s.")
        time.sleep(0.1)
    return time.monotonic()


def _count(company: Company, *states: MentionState) -> int:
    mentions = select(func.count()).select_from(Mention)
    with company.deps.sessions() as session:
        return session.scalar(mentions.where(Mention.state.in_(states)) if states else mentions) or 0


def _twins(company: Company, number: int) -> Row:
    """Of those who say nearly the same, one has a card and the others are on it."""
    alone = (
        select(PostRecord.external_id)
        .join(Mention, Mention.post_id == PostRecord.id)
        .where(Mention.joined_to_id.is_(None))
    )
    with company.deps.sessions() as session:
        cards = Counter(group_of(post_id, TWINS) for post_id in session.scalars(alone))
    groups = -(-number // TWINS)
    doubled = sum(count > 1 for count in cards.values())
    return Row(
        f"burst: near-duplicates on one card, {groups:,} groups of {TWINS}",
        "1 card each",
        f"{len(cards):,} groups with a card, {doubled} of them with more than one",
        len(cards) == groups and doubled == 0,
    )


def _pace(slack: LocalSlack) -> Row:
    times = [float(message["ts"]) for message in slack.person("ana").messages(MENTIONS)]
    spans = [later - earlier for earlier, later in zip(times, times[STRIDE:], strict=False)]
    fastest = STRIDE / min(spans) if spans else 0.0
    measured = f"{len(times)} messages, at most {fastest:.2f}/s over {STRIDE}"
    return Row("burst: messages a second in a channel", "≤ 1 (5 % of play)", measured, fastest <= 1.05)
