"""Approved replies, a platform on a bad day, and a worker that is killed again and again: each is posted once."""

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from bot import approval, doubt, intake, sources, triage
from bot.approval import Wish
from bot.bench.company import Company, settled
from bot.bench.crowd import answer, posts
from bot.bench.hurried_worker import HurriedMastodon, Workplace, work
from bot.bench.rough_platform import RoughPlatform, rough_platform
from bot.bench.row import Row
from bot.bench.stage import Stage
from bot.models import Reply, ReplyState, SourceState

LIFE = (0.6, 1.4)
"""Seconds between which a worker is killed after it has begun to work."""
LONG_LIFE = 3.0
"""How long it lives once it was killed often enough."""
PATIENCE = 300.0
"""Seconds after which what is still not posted counts as lost."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """How it went: `lost` and `doubled` count replies, `open` those that nobody has settled."""

    lost: int
    doubled: int
    open: int
    kills: int
    asked: int
    seconds: float


def rows(stage: Stage) -> Iterator[Row]:
    """Approve, kill until all are posted, and count on the platform."""
    number = stage.size(300, 12)
    lag = stage.size(0.5, 0.2)
    most_kills = stage.size(1000, 4)
    with stage.database() as url, rough_platform(seed=7, lag=lag) as platform:
        place = Workplace(url, stage.folder, settle=timedelta(seconds=2 * lag), lease=timedelta(seconds=6 * lag))
        with _company(place, platform) as company:
            texts = _approved(company, platform, number)
            after = _until_posted(company, platform, place, texts, most_kills=most_kills)
    spoiled = ", ".join(f"{count} × {name}" for name, count in sorted(platform.proxy.spoiled.items()))
    yield Row(
        f"kill -9 at any moment, {number} approved replies",
        "0 lost, 0 doubled",
        f"{after.lost} lost, {after.doubled} doubled, {after.open} open; {after.kills} kills in {after.seconds:.0f} s; "
        f"spoiled: {spoiled or 'nothing'}; {after.asked} settled by a person",
        after.lost == after.doubled == after.open == 0,
    )


def _company(place: Workplace, platform: RoughPlatform) -> AbstractContextManager[Company]:
    return settled(
        place.url,
        place.folder,
        site=platform.proxy.url,
        token=platform.plaza.token,
        connectors={"mastodon": HurriedMastodon(place.settle)},
    )


def _approved(company: Company, platform: RoughPlatform, number: int) -> list[str]:
    """Let so many people write, and approve an answer to each; returns the texts that must become public."""
    mentions: list[int] = []
    for place, post in enumerate(posts(number)):
        platform.plaza.post_as(f"Someone {place}", post.text)
        if place == 0:
            # From the first look on there is a cursor, and nothing is missed however much comes.
            mentions.extend(intake.collect(company.deps, company.source.id).mentions)
    while len(mentions) < number:
        collected = intake.collect(company.deps, company.source.id)
        if not collected.mentions:
            raise RuntimeError(f"Only {len(mentions)} of {number} posts came in: {collected}.")
        mentions.extend(collected.mentions)
    sources.set_state(company.deps, company.source.id, SourceState.PAUSED, actor="operator")
    triage.assess(company.deps, mentions)
    return [_approve(company, mention_id) for mention_id in mentions]


def _approve(company: Company, mention_id: int) -> str:
    wish = Wish(company.account.id, answer(mention_id))
    return approval.approve(company.deps, mention_id, wish, by=company.person).text


def _until_posted(
    company: Company, platform: RoughPlatform, place: Workplace, texts: Sequence[str], *, most_kills: int
) -> Aftermath:
    dice = random.Random(11)  # noqa: S311 - a repeatable choice, nothing secret
    began, kills, asked = time.monotonic(), 0, 0
    while _open(company) and time.monotonic() - began < PATIENCE:
        _live_and_die(company, place, dice.uniform(*LIFE) if kills < most_kills else LONG_LIFE)
        kills += 1
        asked += _answer_what_is_asked(company, platform)
    public = Counter(text for _, text, _ in platform.plaza.posts_of("harbour"))
    return Aftermath(
        lost=sum(public[text] == 0 for text in texts),
        doubled=sum(public[text] > 1 for text in texts),
        open=_open(company),
        kills=kills,
        asked=asked,
        seconds=time.monotonic() - began,
    )


def _live_and_die(company: Company, place: Workplace, seconds: float) -> None:
    """Start a worker process, and kill it so many seconds after it has begun to work, or when nothing is left to do."""
    # Forked from a process that has everything imported but no threads: a worker begins at once.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bot.bench.hurried_worker"])
    ready = context.Event()
    worker = context.Process(target=work, args=(place, ready), daemon=True)
    worker.start()
    try:
        if not ready.wait(60):
            raise RuntimeError("The worker did not begin to work.")
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and _open(company):
            time.sleep(min(0.25, left))
    finally:
        worker.kill()
        worker.join()


def _open(company: Company) -> int:
    unsettled = select(func.count()).where(Reply.state != ReplyState.POSTED)
    with company.deps.sessions() as session:
        return session.scalar(unsettled) or 0


def _answer_what_is_asked(company: Company, platform: RoughPlatform) -> int:
    """Do what a person does who is asked: look at the platform, and say whether the reply is there."""
    with company.deps.sessions() as session:
        asked = list(
            session.scalars(select(Reply).where(Reply.state == ReplyState.IN_DOUBT, Reply.asked_at.is_not(None)))
        )
    there = {text: post_id for post_id, text, _ in platform.plaza.posts_of("harbour")}
    for reply in asked:
        if reply.text in there:
            url = f"{platform.plaza.url}/@harbour/{there[reply.text]}"
            doubt.found(company.deps, reply.id, by=company.person, url=url)
        else:
            doubt.post_again(company.deps, reply.id, by=company.person)
    return len(asked)
