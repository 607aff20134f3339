"""The real Slack app on the local Slack, over Socket Mode, with a world behind it: shared by a test module."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import slack_world
from slack_sdk import WebClient
from slack_world import World
from sqlalchemy import make_url, text

from bot import database
from bot.demo.slack import LocalSlack, Person, chorus_app, harbour
from bot.demo.slack.person import words
from bot.slack import app as slack_app
from bot.slack import sending
from bot.slack.manifest import manifest
from bot.slack.sockets import Supervisor
from bot.slack.words import words_for

MENTIONS = "#mentions"
_numbers = count(1)

Json = dict[str, Any]


@dataclass
class Stage:
    """What a test acts on."""

    slack: LocalSlack
    world: World
    client: WebClient
    ana: Person
    ben: Person
    mara: Person
    ruth: Person

    @property
    def channel(self) -> str:
        """Where cards are shown."""
        return self.ana.channel(MENTIONS)

    def mention(self, text: str = "Does the Harbour Reader read EPUB files?", **values: Any) -> int:
        """A mention that belongs into the channel."""
        return self.world.mention(text, channel=self.channel, **values)

    def show(self, mention_id: int) -> Json:
        """Bring a card up to date without waiting for its turn, and return it as people see it."""
        out = sending.Out(self.world.deps, self.client, self.channel, words_for("en"))
        out.card(mention_id)
        marks = self.world.card_place(mention_id)
        return next(each for each in self.ana.messages(MENTIONS) if each["ts"] == marks)

    def read(self, mention_id: int) -> str:
        """The words on a card as it is now."""
        return words(self.show(mention_id))

    def whispered(self, person: Person, containing: str) -> Json:
        """What only this person was told in the channel."""
        return person.wait_for(lambda: self._ephemeral(person, containing))  # type: ignore[no-any-return]

    def _ephemeral(self, person: Person, containing: str) -> Json | None:
        told = [each for each in person.messages(MENTIONS) if each.get("is_ephemeral")]
        return next((each for each in told[::-1] if containing in each["text"]), None)


@contextmanager
def stage(postgres: str) -> Iterator[Stage]:
    """Put up the stage on a database of its own: Mara is a manager, Ruth a reviewer, the others may reply."""
    with fresh(postgres) as url, LocalSlack(seed=harbour(chorus_app(manifest())), rates=None) as slack:
        engine = database.connect(url)
        world = slack_world.build(database.sessions_of(engine), lambda: datetime.now(UTC), undo=timedelta(seconds=60))
        client = WebClient(token=slack.bot_token, base_url=slack.api_url, timeout=5, retry_handlers=[])
        people = [slack.person(name) for name in ("ana", "ben", "mara", "ruth")]
        world.roles |= {people[2].id: ("manager",), people[3].id: ("reviewer",)}
        supervisor = Supervisor(slack_app.build(world.deps, client, linger=10), slack.app_token)
        supervisor.start()
        slack.wait_until_connected()
        try:
            yield Stage(slack, world, client, *people)
        finally:
            supervisor.stop()
            engine.dispose()


@contextmanager
def fresh(postgres: str) -> Iterator[str]:
    """Address of a fresh, migrated database."""
    name = f"stage_{next(_numbers)}"
    admin = database.connect(postgres)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"create database {name} template template_chorus"))
        yield make_url(postgres).set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"drop database {name} with (force)"))
    admin.dispose()
