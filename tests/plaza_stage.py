"""The real Slack app on the local Slack, with a company behind it that has an account on a real Plaza."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from harbour import ROLES, Harbour, settle
from slack_sdk import WebClient
from slack_stage import MENTIONS, fresh
from sqlalchemy import select

from bot import database, delivery, jobs, links, people
from bot.demo.plaza import Plaza
from bot.demo.slack import LocalSlack, Person, chorus_app, harbour
from bot.demo.slack.person import words
from bot.models import Card, Employee, Outgoing
from bot.slack import app as slack_app
from bot.slack import sending
from bot.slack.manifest import manifest
from bot.slack.sockets import Supervisor
from bot.slack.words import words_for

Json = dict[str, Any]


@dataclass
class Company:
    """What a test acts on; the work that a click asks for is done by the test's own hand."""

    slack: LocalSlack
    harbour: Harbour
    client: WebClient
    ana: Person
    ben: Person
    mara: Person
    ruth: Person

    @property
    def channel(self) -> str:
        """Where cards are shown."""
        return self.ana.channel(MENTIONS)

    def employee(self, person: Person) -> Employee:
        """A person as the bot knows them."""
        return people.employee_of(self.harbour.deps, person.id, person.id)

    def show(self, mention_id: int) -> Json:
        """Bring a card up to date, and return it as people see it."""
        sending.Out(self.harbour.deps, self.client, self.channel, words_for("en")).card(mention_id)
        with self.harbour.deps.sessions() as session:
            marks = session.get_one(Card, mention_id).ts
        return next(each for each in self.ana.messages(MENTIONS) if each["ts"] == marks)

    def read(self, mention_id: int) -> str:
        """The words on a card as it is now."""
        return words(self.show(mention_id))

    def handle_links(self) -> None:
        """Do what pasted links asked for."""
        for asked in self.harbour.asked_for("link"):
            links.follow_up(self.harbour.deps, asked["url"], employee_id=asked["employee_id"], channel=asked["channel"])

    def prepare(self, mention_id: int) -> None:
        """Judge a mention and give it drafts."""
        jobs.prepare_mentions(self.harbour.deps, [mention_id])

    def posted(self, question: str, by: Person) -> int:
        """Somebody asks, and this person's answer is posted; returns the reply."""
        mention = self.harbour.hear(question)
        reply = self.harbour.approve(mention, by=by.id)
        delivery.post(self.harbour.deps, reply.id)
        return reply.id

    def told(self, place: str) -> list[str]:
        """What waits to be said in a channel or to a person."""
        with self.harbour.deps.sessions() as session:
            return list(session.scalars(select(Outgoing.text).where(Outgoing.channel == place, Outgoing.text != "")))


@contextmanager
def company(postgres: str) -> Iterator[Company]:
    """Put up the company: Mara is a manager, Ruth a reviewer, the others may reply."""
    with (
        fresh(postgres) as url,
        Plaza(lively=False) as plaza,
        LocalSlack(seed=harbour(chorus_app(manifest())), rates=None) as slack,
    ):
        engine = database.connect(url)
        people_ = [slack.person(name) for name in ("ana", "ben", "mara", "ruth")]
        roles = {people_[2].id: ROLES["U0MARA"], people_[3].id: ROLES["U0RUTH"]}
        settled = settle(plaza, database.sessions_of(engine), lambda: datetime.now(UTC))
        settled.deps = replace(settled.deps, roles_of=lambda user: roles.get(user, ("employee",)))
        client = WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[])
        supervisor = Supervisor(slack_app.build(settled.deps, client, linger=10), slack.app_token)
        supervisor.start()
        slack.wait_until_connected()
        try:
            yield Company(slack, settled, client, *people_)
        finally:
            supervisor.stop()
            engine.dispose()
