"""The whole way without a browser: a post on Plaza, a card, a reply approved in Slack, the reply readable on Plaza."""

import html
import time
from collections.abc import Mapping

import httpx
from rich.console import Console
from sqlalchemy import select

from bot import audit
from bot.demo.world import MENTIONS, World, world
from bot.models import Reply

LONGEST = 10.0
"""Seconds after which a stop of the way has failed."""
POST = "Does the Harbour Reader work without an account? I would rather not make one."
ANSWER = "Hi, the Harbour team here. Yes, it reads your own books without an account. Does that help?"


def run(screen: Console) -> int:
    """Walk the way; returns the exit code. The last line is `whole way: N.NN s`."""
    with world(None, undo_seconds=0) as running:
        try:
            taken = walk(running, screen)
        except (AssertionError, httpx.HTTPError) as failure:
            screen.print(f"failed: {failure}", style="red")
            return 1
    screen.print(f"whole way: {taken:.2f} s", highlight=False)
    return 0


def walk(running: World, screen: Console) -> float:
    """Take one post the whole way; returns the seconds from written to reply readable."""
    started = time.perf_counter()

    def passed(stop: str) -> None:
        screen.print(f"{time.perf_counter() - started:6.2f} s  {stop}", highlight=False)

    post_id = running.plaza.post_as("Quiet Reader", POST)
    ana = running.slack.person("ana")
    card = ana.wait_for_message(MENTIONS, POST, timeout=LONGEST)
    passed("card in Slack")
    ana.click(card, "reply.open")
    ana.wait_for_modal(timeout=LONGEST)
    passed("reply window open")
    ana.submit(text=ANSWER)
    # The text differs from the draft that was looked at, so it is shown once more as it will be public.
    ana.submit()
    passed("approved")
    ana.wait_for(lambda: _public(running, post_id), LONGEST)
    taken = time.perf_counter() - started
    passed("reply readable on Plaza")
    ana.wait_for(lambda: _link(running) in str(ana.messages(MENTIONS)), LONGEST)
    passed("card shows the link")
    _must_verify(running)
    passed("record verified")
    return taken


def _public(running: World, post_id: str) -> bool:
    """Read Plaza as anybody could, without an account."""
    answer = httpx.get(f"{running.plaza.url}/api/v1/statuses/{post_id}/context", timeout=5)
    return any(ANSWER[:40] in _plain(each) for each in answer.json()["descendants"])


def _plain(status: Mapping[str, str]) -> str:
    return html.unescape(status["content"])


def _link(running: World) -> str:
    with running.deps.sessions() as session:
        return session.scalars(select(Reply.url)).one() or "no link yet"


def _must_verify(running: World) -> None:
    with running.deps.sessions() as session:
        report = audit.verify(session)
    if not report.ok:
        raise AssertionError(f"the record does not verify: {report}")
