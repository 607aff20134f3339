"""The way through the bot as people feel it: from approval to the platform, from the platform to a card."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
from sqlalchemy import select

from bot import approval, people
from bot.approval import Wish
from bot.bench.crowd import answer, posts
from bot.bench.row import Row, fast_enough
from bot.bench.stage import Stage
from bot.demo.world import MENTIONS, World, world
from bot.models import Account, Mention, PostRecord
from bot.throttle import editing
from bot.throttle.limits import in_force

POLL = 1.0
"""Seconds between two looks of the demo's sources."""
LONGEST = 20.0


def rows(stage: Stage) -> Iterator[Row]:
    """Walk both ways with everything in one process: Slack, the platform, the bot and whoever measures."""
    with stage.database() as url, world(stage.folder / "world", undo_seconds=0, database_url=url) as running:
        _lift_limits(running)
        shown: list[float] = []
        left: list[float] = []
        dice = random.Random(5)  # noqa: S311 - a repeatable choice, nothing secret
        for place, post in enumerate(posts(stage.size(40, 2), seed=3)):
            # Apart by more than a channel's pace, and at any moment between two looks.
            time.sleep(1.0 + dice.random())
            shown.append(_until_shown(running, f"Passer-by {place}", post.text))
            left.append(_until_left(running, post.text, place))
    yield fast_enough("approval to the request arriving at the platform, undo 0", left, 0.3)
    yield fast_enough(f"post readable to card in Slack, looking every {POLL:.0f} s", shown, POLL + 1.0)


def _until_shown(running: World, author: str, words: str) -> float:
    began = time.perf_counter()
    running.plaza.post_as(author, words)
    running.slack.person("ana").wait_for_message(MENTIONS, words, timeout=LONGEST)
    return time.perf_counter() - began


def _until_left(running: World, words: str, place: int) -> float:
    """Approve an answer; its time on the platform tells when the request came in."""
    deps = running.deps
    with deps.sessions() as session:
        found = select(Mention.id).join(PostRecord, PostRecord.id == Mention.post_id).where(PostRecord.text == words)
        mention_id = session.scalars(found).one()
        account_id = session.scalars(select(Account.id)).one()
    person = people.employee_of(deps, running.slack.person("ana").id)
    began = datetime.now(UTC)
    text = approval.approve(deps, mention_id, Wish(account_id, answer(place)), by=person).text
    end = time.monotonic() + LONGEST
    while (arrived := _arrived(running, text)) is None:
        if time.monotonic() > end:
            raise TimeoutError("An approved reply did not arrive.")
        time.sleep(0.05)
    return (arrived - began).total_seconds()


def _arrived(running: World, text: str) -> datetime | None:
    plaza = running.plaza
    there = next((post_id for post_id, words, _ in plaza.posts_of("harbour") if words == text), None)
    if there is None:
        return None
    status = httpx.get(f"{plaza.url}/api/v1/statuses/{there}", timeout=5).json()
    return datetime.fromisoformat(status["created_at"])


def _lift_limits(running: World) -> None:
    with running.deps.sessions() as session:
        liftable = [limit.name for limit in in_force(session) if not limit.is_fixed]
    for name in liftable:
        editing.retire(running.deps, name, by=None)
