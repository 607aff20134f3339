"""The console as tests visit it: real pages over real HTTP, the local Slack to sign in with, and a past to look at."""

import random
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import uvicorn
from conftest import DrivenClock
from harbour import FACTS
from slack_world import World
from slack_world import build as build_world
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from bot import audit, people, throttle
from bot.console import server
from bot.console.door import Door
from bot.console.guard import Turnstile
from bot.console.house import House
from bot.console.rendering import Pages
from bot.console.seals import Seals
from bot.database import Sessions
from bot.demo.slack.server import LocalSlack
from bot.deps import Deps
from bot.models import (
    Draft,
    Employee,
    Mention,
    MentionKind,
    MentionState,
    Mood,
    Origin,
    PostRecord,
    Reply,
    ReplyState,
    Source,
    Thread,
    Urgency,
    Venue,
)
from bot.rulebook import Rulebook
from connectors.base import SourceKind
from guidelines.facts import FactBase

PEOPLE = {
    "ana": ("U0ANA0001", "Ana Reyes", ("employee",)),
    "ben": ("U0BEN0001", "Ben Okafor", ("employee",)),
    "mara": ("U0MARA001", "Mara Lindqvist", ("manager",)),
    "ruth": ("U0RUTH001", "Ruth Adler", ("reviewer",)),
    "theo": ("U0THEO001", "Theo Marchetti", ("admin",)),
}
_TOKEN = re.compile(r'<form[^>]*action="(?P<action>[^"]+)".*?</form>', re.DOTALL)
_FIELD = re.compile(r'<input type="hidden" name="(?P<name>[^"]+)" value="(?P<value>[^"]*)"')


@dataclass
class Stage:
    """What a test acts on."""

    slack: LocalSlack
    deps: Deps
    world: World
    house: House
    address: str
    clients: ExitStack

    def visitor(self, name: str = "") -> "Visitor":
        """A browser without scripts; signed in when it is told as whom."""
        client = self.clients.enter_context(httpx.Client(base_url=self.address, timeout=20))
        visitor = Visitor(self, client)
        if name:
            visitor.sign_in(name)
        return visitor

    def person(self, name: str) -> Employee:
        """Somebody who works here."""
        slack_user, real_name, _ = PEOPLE[name]
        return people.employee_of(self.deps, slack_user, real_name)


@dataclass
class Visitor:
    """Somebody with a browser: keeps cookies, follows links, fills in forms."""

    stage: Stage
    http: httpx.Client

    def get(self, address: str, **query: str) -> httpx.Response:
        """Open a page."""
        return self.http.get(address, params=query or None)

    def sign_in(self, name: str, *, onward: str = "/") -> httpx.Response:
        """Sign in with Slack, as the page offers it."""
        leaving = self.http.get("/sign-in/slack", params={"next": onward})
        assert leaving.status_code == 303, leaving.text
        agreed = httpx.get(f"{leaving.headers['location']}&user={PEOPLE[name][0]}")
        assert agreed.status_code == 302, agreed.text
        return self.http.get(agreed.headers["location"])

    def form(self, page: httpx.Response, action: str) -> dict[str, str]:
        """The hidden fields of the form on a page that is sent to `action`."""
        for found in _TOKEN.finditer(page.text):
            if found["action"] == action:
                return {field["name"]: unescape(field["value"]) for field in _FIELD.finditer(found[0])}
        raise AssertionError(f"no form for {action} on {page.url}")

    def send(self, address: str, action: str, *, to: str = "", **fields: str) -> httpx.Response:
        """Fill in the form on a page and send it, with `to` by a button that leads elsewhere."""
        page = self.get(address)
        assert page.status_code == 200, page.text
        return self.http.post(to or action, data={**self.form(page, action), **fields})


@contextmanager
def staged(
    slack: LocalSlack,
    sessions: Sessions,
    now: Callable[[], datetime],
    folder: Path,
    *,
    port: int = 0,
    turnstile: Turnstile | None = None,
) -> Iterator[Stage]:
    """Open the console on a fresh database, with a Slack to sign in with."""
    world = build_world(sessions, now)
    world.roles.update({slack_user: roles for slack_user, _, roles in PEOPLE.values()})
    deps = replace(world.deps, rulebook=Rulebook(world.deps.pack, FactBase.load(FACTS), world.deps.sessions))
    with sessions.begin() as session:
        throttle.ensure_defaults(session, now())
    app = slack.app
    door = Door(slack.api_url, app.client_id, app.client_secret, lambda: slack.bot_token, lambda: datetime.now(UTC))
    house = House(deps, Seals(deps.vault, deps.now), Pages(), door, _reports, folder)
    with served(server.build(house, turnstile=turnstile), port) as address, ExitStack() as clients:
        yield Stage(slack, deps, world, house, address, clients)


@pytest.fixture(scope="module", name="slack")
def slack_fixture() -> Iterator[LocalSlack]:
    """A Slack to sign in with, for a whole module."""
    with LocalSlack(rates=None) as slack:
        yield slack


@pytest.fixture(name="stage")
def stage_fixture(slack: LocalSlack, sessions: Sessions, clock: DrivenClock, tmp_path: Path) -> Iterator[Stage]:
    """The console on a fresh database."""
    with staged(slack, sessions, clock, tmp_path) as stage:
        yield stage


@contextmanager
def served(app: Starlette, port: int = 0) -> Iterator[str]:
    """Serve an application over HTTP; yields its address."""
    running = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        thread.join(0.01)
        assert thread.is_alive(), "the console did not start"
    try:
        yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(10)


def _reports() -> Mapping[str, Mapping[str, object]]:
    return {"slack": {"ok": True}, "worker": {"ok": True}, "clock": {"ok": True}, "console": {"ok": True}}


SAID = (
    (MentionKind.QUESTION, Mood.NEUTRAL, "Does the Harbour Reader open EPUB files that I bought elsewhere?"),
    (MentionKind.QUESTION, Mood.NEUTRAL, "Can two people share one Harbour Mini?\nWe read at different times of day."),
    (
        MentionKind.COMPLAINT,
        Mood.NEGATIVE,
        "My Harbour Reader loses its place after every update. Third time this month!",
    ),
    (MentionKind.COMPLAINT, Mood.NEGATIVE, "Waiting for an answer from Harbour's support since Monday."),
    (
        MentionKind.PRAISE,
        Mood.POSITIVE,
        "Two years with the Harbour Mini and the battery still lasts for weeks. Lovely thing.",
    ),
    (
        MentionKind.FALSE_CLAIM,
        Mood.NEGATIVE,
        "The Harbour Reader only works with an account, so they see all you read.",
    ),
    (MentionKind.LEAD, Mood.POSITIVE, "Looking for an e-reader for our school library, is Harbour any good in bulk?"),
    (MentionKind.OTHER, Mood.NEUTRAL, "Harbour is mentioned in this long list of reading gadgets."),
)
ANSWERS = (
    "Hi, Ana from Harbour here. Yes, it opens EPUB 2 and 3 from any shop, without DRM. Does that help?",
    "I work for Harbour, and I am sorry: that is our mistake. Version 4.2 keeps your place; it came out today.",
    "Thank you! I work for Harbour and will pass it on to the people who built the battery.",
    "Hello, I am with Harbour. The Reader works without an account: see https://harbour.example/accounts for how.",
)
TITLES = (
    "Winter",
    "Salt",
    "Harbours",
    "The Ferry",
    "Letters",
    "Quiet",
    "Maps",
    "Tides",
    "A Lamp",
    "Gulls",
    "Rope",
    "Bread",
)
AUTHORS = ("Lena Vogt", "Quiet Reader", "paperfan", "M. Okoye", "Jo from the library", "readmore_77")
OUTCOMES = (ReplyState.POSTED,) * 12 + (ReplyState.REMOVED, ReplyState.DELETED, ReplyState.FAILED, ReplyState.EDITED)


class Past:
    """Makes a past: conversations over some weeks, what was decided about each, and the record of it."""

    def __init__(self, stage: Stage, *, seed: int = 7) -> None:
        self._stage = stage
        self._random = random.Random(seed)
        self._number = 0
        names = ("ana", "ben", "mara")
        self.people = [stage.person(name) for name in names]
        with stage.deps.sessions.begin() as session:
            self.venues = [
                Venue(platform="paper", name=name)
                for name in ("r/ereader", "booktalk.example", "r/harbour", "quiet.social")
            ]
            session.add_all(self.venues)
            self.source = Source(
                name="Search: “Harbour”",
                platform="paper",
                kind=SourceKind.SEARCH,
                account_id=stage.world.account,
                channel="C0MENTIONS0",
                query="Harbour",
                read_at=stage.deps.now(),
            )
            session.add(self.source)

    def days(self, days: int, *, each: int = 6) -> None:
        """Let some conversations come in on each of the last days."""
        now = self._stage.deps.now()
        for ago in range(days, 0, -1):
            with self._stage.deps.sessions.begin() as session:
                for _ in range(self._random.randint(each // 2, each + each // 2)):
                    at = now - timedelta(days=ago) + timedelta(minutes=self._random.randint(-600, 240))
                    self.conversation(session, at)

    def conversation(self, session: Session, at: datetime, *, text: str = "", author: str = "") -> int:
        """One conversation with whatever became of it, or with words of its own, still open; returns its number."""
        kind, mood, said = self._random.choice(SAID)
        venue = self._random.choices(self.venues, (5, 3, 2, 1))[0]
        self._number += 1
        thread = Thread(
            platform="paper", site="https://paper.example", root_external_id=f"past-{self._number}",
            venue_id=venue.id, first_seen_at=at,
        )  # fmt: skip
        session.add(thread)
        session.flush()
        post = self._post(session, thread, at, text or said, author or self._random.choice(AUTHORS))
        for number in range(self._random.randint(0, 4)):
            self._post(
                session, thread, at + timedelta(minutes=3 * number + 2), "Same here.", self._random.choice(AUTHORS)
            )
        mention = Mention(
            post_id=post.id, thread_id=thread.id, source_id=self.source.id, channel="C0MENTIONS0", collected_at=at,
            state=MentionState.OPEN, kind=kind, mood=mood,
            urgency=Urgency.HIGH if self._random.random() < 0.08 else Urgency.NORMAL,
            reasons={"kind": "it asks something", "mood": "no strong words"},
        )  # fmt: skip
        session.add(mention)
        session.flush()
        self._note(session, "source.read", at, f"source:{self.source.id}", data={"mentions": [mention.id]})
        judged = {"kind": kind, "mood": mood, "urgency": "normal"}
        self._note(session, "mention.triaged", at, f"mention:{mention.id}", data=judged)
        chance = 1.0 if text else self._random.random()
        if chance < 0.45:
            self.reply(
                session, mention, post, at + timedelta(minutes=self._random.choice((4, 11, 26, 50, 170, 700, 1900)))
            )
        elif chance < 0.7:
            person = self._random.choice(self.people)
            mention.state, mention.dismissed_by_id = MentionState.DISMISSED, person.id
            mention.dismissed_reason = "They are talking among themselves."
            self._note(
                session, "mention.dismissed", at + timedelta(minutes=9), f"mention:{mention.id}", by=person,
                texts={"reason": mention.dismissed_reason},
            )  # fmt: skip
        return mention.id

    def reply(self, session: Session, mention: Mention, post: PostRecord, at: datetime, text: str = "") -> Reply:
        """A reply that was approved, and what became of it."""
        person = self._random.choices(self.people, (5, 3, 1))[0]
        words = text or f"{self._random.choice(ANSWERS)} {self._own_words()}"
        state = self._random.choice(OUTCOMES)
        origin = Origin.FACT if mention.kind is MentionKind.FALSE_CLAIM else Origin.TEMPLATE
        draft = Draft(
            mention_id=mention.id, origin=origin, text=words, created_at=at, origin_detail="works-without-account"
        )
        session.add(draft)
        session.flush()
        mention.state = MentionState.OPEN if state is ReplyState.FAILED else MentionState.ANSWERED
        reply = Reply(
            intent_id=uuid4(), mention_id=mention.id, draft_id=draft.id, thread_id=mention.thread_id,
            venue_id=post.venue_id, parent_post_id=post.id, account_id=self._stage.world.account,
            approved_by_id=person.id, platform="paper", author_external_id=post.author_external_id, typed=words,
            text=words, text_hash=uuid4().hex, parent_hash="p", key="k", approved_at=at, counted_at=at, not_before=at,
            state=state, external_id=f"ours-{self._number}", url=f"https://paper.example/ours/{self._number}",
            posted_at=None if state is ReplyState.FAILED else at + timedelta(seconds=12),
        )  # fmt: skip
        session.add(reply)
        session.flush()
        self._tell(session, reply, draft, person, post.text)
        if state is not ReplyState.FAILED:
            self._post(session, session.get_one(Thread, mention.thread_id), at, words, "Harbour", own=reply.external_id)
            if self._random.random() < 0.4:
                later = at + timedelta(minutes=20)
                self._post(
                    session, session.get_one(Thread, mention.thread_id), later, "Thanks, that helped!",
                    post.author_name, parent=reply.external_id,
                )  # fmt: skip
        return reply

    def _own_words(self) -> str:
        """Words that make an answer read like no other."""
        books = " and ".join(f"“{self._random.choice(TITLES)} {self._random.choice(TITLES)}”" for _ in range(3))
        return f"By the way, {books} read well on it."

    def _tell(self, session: Session, reply: Reply, draft: Draft, person: Employee, parent: str) -> None:
        at = reply.approved_at
        verdict = {"pack": "default", "version": "1", "sha256": "ab" * 32, "findings": [], "skipped": []}
        mention = f"mention:{reply.mention_id}"
        data = {"draft": draft.id, "origin": draft.origin.value, "verdict": verdict}
        self._note(session, "draft.written", at - timedelta(minutes=2), mention, texts={"text": draft.text}, data=data)
        self._note(session, "mention.claimed", at - timedelta(minutes=1), mention, by=person)
        self._note(
            session, "reply.approved", at, f"reply:{reply.id}", by=person,
            data={"mention": reply.mention_id, "verdict": verdict, "throttle": {"ruling": "allow"}},
            texts={"typed": reply.typed, "public": reply.text, "parent": parent},
        )  # fmt: skip
        self._note(session, "reply.sending", at + timedelta(seconds=10), f"reply:{reply.id}", data={"attempt": 1})
        kinds = {ReplyState.FAILED: "reply.failed"}
        after = at + timedelta(seconds=12)
        self._note(
            session, kinds.get(reply.state, "reply.posted"), after, f"reply:{reply.id}",
            data={"url": reply.url, "detail": "refused"},
            texts={"public": reply.text},
        )  # fmt: skip
        if reply.state in (ReplyState.REMOVED, ReplyState.DELETED, ReplyState.EDITED):
            self._note(session, f"reply.{reply.state.value}", at + timedelta(hours=3), f"reply:{reply.id}")

    def _post(
        self, session: Session, thread: Thread, at: datetime, text: str, author: str, *, own: str | None = None,
        parent: str | None = None,
    ) -> PostRecord:  # fmt: skip
        handle = author.lower().replace(" ", "_")
        post = PostRecord(
            platform="paper", site="https://paper.example", external_id=own or uuid4().hex, thread_id=thread.id,
            venue_id=thread.venue_id, author_external_id=handle, author_handle=f"@{handle}", author_name=author,
            text=text, created_at=at, seen_at=at, url=f"https://paper.example/{thread.id}", is_own=own is not None,
            parent_external_id=parent,
        )  # fmt: skip
        session.add(post)
        session.flush()
        return post

    def _note(
        self, session: Session, kind: str, at: datetime, subject: str, *, by: Employee | None = None,
        texts: Mapping[str, str] | None = None, data: Mapping[str, object] | None = None,
    ) -> None:  # fmt: skip
        actor = f"employee:{by.id}" if by else "system"
        audit.record(session, kind, at=at, actor=actor, subject=subject, data=data or {}, texts=texts or {})
