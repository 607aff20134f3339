"""A small world for tests of limits: venues, threads, people, and replies that were approved in it."""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import database, stops, throttle
from bot.database import Sessions
from bot.deps import Deps
from bot.models import (
    Account,
    Draft,
    Employee,
    LimitRecord,
    Mention,
    Origin,
    PostRecord,
    Reply,
    ReplyState,
    Source,
    Thread,
    Venue,
)
from bot.rulebook import Rulebook
from bot.throttle import Override, Proposal, Reservation
from bot.vault import Vault, new_key
from connectors import registry
from connectors.base import Identity, SourceKind
from guidelines import pack
from guidelines.throttle import Decision, Limit, terms_of

PLATFORM = "mastodon"
_numbers = count(1)


def number() -> int:
    return next(_numbers)


@dataclass
class World:
    """What a test acts on: ids only, so that every session reads anew."""

    sessions: Sessions
    now: datetime
    employees: list[int] = field(default_factory=list)
    accounts: list[int] = field(default_factory=list)
    venues: list[int] = field(default_factory=list)
    source: int = 0

    def person(self, name: str = "", roles: tuple[str, ...] = ("employee",)) -> int:
        with self.sessions.begin() as session:
            person = Employee(
                slack_user=f"U{number()}", name=name or f"P{number()}", roles=list(roles), first_seen_at=self.now
            )
            session.add(person)
            session.flush()
            self.employees.append(person.id)
            return person.id

    def account(self, identity: Identity = Identity.BRAND) -> int:
        with self.sessions.begin() as session:
            account = Account(
                platform=PLATFORM,
                site="https://plaza.example",
                identity=identity,
                external_id=f"account-{len(self.accounts) + 1}",
                handle=f"@brand{number()}",
                secrets=b"",
                connected_at=self.now,
            )
            session.add(account)
            session.flush()
            self.accounts.append(account.id)
            return account.id

    def venue(self, name: str = "", timezone: str = "UTC") -> int:
        with self.sessions.begin() as session:
            venue = Venue(platform=PLATFORM, name=name or f"venue-{number()}", timezone=timezone)
            session.add(venue)
            session.flush()
            self.venues.append(venue.id)
            return venue.id

    def thread(self, venue: int | None = None) -> int:
        with self.sessions.begin() as session:
            thread = Thread(
                platform=PLATFORM,
                site="https://plaza.example",
                root_external_id=f"root-{number()}",
                venue_id=venue or self.venues[0],
                first_seen_at=self.now,
            )
            session.add(thread)
            session.flush()
            return thread.id

    def post(self, thread: int, *, author: str = "", at: datetime | None = None, **fields: Any) -> int:
        """Add a post to a thread; returns its id."""
        with self.sessions.begin() as session:
            venue = session.get_one(Thread, thread).venue_id
            post = PostRecord(
                platform=PLATFORM,
                site="https://plaza.example",
                external_id=fields.pop("external_id", f"post-{number()}"),
                thread_id=thread,
                venue_id=venue,
                author_external_id=author or f"author-{number()}",
                author_handle="@somebody",
                text="What about this?",
                created_at=at or self.now,
                seen_at=at or self.now,
                **fields,
            )
            session.add(post)
            session.flush()
            session.add(
                Mention(post_id=post.id, thread_id=thread, source_id=self.source, channel="C1", collected_at=self.now)
            )
            return post.id

    def proposal(self, post: int, **fields: Any) -> Proposal:
        """A proposal to answer a post, with words of its own, by the first person from the first account."""
        with self.sessions() as session:
            parent = session.get_one(PostRecord, post)
            defaults: dict[str, Any] = {
                "thread_id": parent.thread_id,
                "venue_id": parent.venue_id,
                "platform": parent.platform,
                "account_id": self.accounts[0],
                "employee_id": self.employees[0],
                "author_external_id": parent.author_external_id,
                "parent_post_id": parent.id,
                "text": own_words(),
                "addressed": throttle.addresses_us(session, parent),
            }
            return Proposal(**defaults | fields)

    def approve(self, proposal: Proposal, *, override: Override | None = None) -> Reservation:
        """Do what an approval does; refused replies leave no trace."""
        with self.sessions.begin() as session:
            return approve(session, proposal, self.now, override=override)

    def decide(self, proposal: Proposal, *, override: Override | None = None) -> Decision:
        """Do what an approval does; returns the decision alone."""
        return self.approve(proposal, override=override).decision

    def limits(self, *limits: Limit) -> None:
        """Put exactly these limits in force."""
        with self.sessions.begin() as session:
            for record in session.scalars(select(LimitRecord).where(LimitRecord.retired_at.is_(None))):
                record.retired_at = self.now
            session.flush()
            for limit in limits:
                version = len(session.scalars(select(LimitRecord).where(LimitRecord.name == limit.name)).all()) + 1
                session.add(
                    LimitRecord(
                        name=limit.name, terms=terms_of(limit), created_at=self.now, version=version,
                        is_fixed=limit.is_fixed,
                    )
                )  # fmt: skip

    def move(self, state: ReplyState, **fields: Any) -> None:
        """Put the newest reply in a state, whatever it is in."""
        with self.sessions.begin() as session:
            reply = session.scalars(select(Reply).order_by(Reply.id.desc()).limit(1)).one()
            reply.state = state
            for name, value in fields.items():
                setattr(reply, name, value)


def own_words() -> str:
    """A text that reads like no other."""
    return f"{uuid4().hex} {uuid4().hex} {uuid4().hex}"


def approve(session: Session, proposal: Proposal, now: datetime, *, override: Override | None = None) -> Reservation:
    """Lock the thread, reserve, and insert the reply unless it was refused."""
    session.get_one(Thread, proposal.thread_id, with_for_update=True)
    reservation = throttle.reserve(session, proposal, now, override=override)
    if reservation.taken:
        insert_reply(session, proposal, reservation.departs_at)
    return reservation


def insert_reply(session: Session, proposal: Proposal, at: datetime) -> Reply:
    mention = session.scalars(select(Mention).where(Mention.post_id == proposal.parent_post_id)).one()
    draft = Draft(mention_id=mention.id, origin=Origin.PERSON, text=proposal.text, created_at=at)
    session.add(draft)
    session.flush()
    reply = Reply(
        intent_id=uuid4(),
        mention_id=mention.id,
        draft_id=draft.id,
        thread_id=proposal.thread_id,
        venue_id=proposal.venue_id,
        parent_post_id=proposal.parent_post_id,
        account_id=proposal.account_id,
        approved_by_id=proposal.employee_id,
        platform=proposal.platform,
        author_external_id=proposal.author_external_id,
        typed=proposal.text,
        text=proposal.text,
        text_hash=uuid4().hex,
        parent_hash="",
        key="",
        approved_at=at,
        counted_at=at,
        not_before=at,
        is_commercial=proposal.is_commercial,
    )
    session.add(reply)
    session.flush()
    return reply


def approve_many(
    url: str, proposals: list[Proposal], now: datetime, start: Any, answers: Any, connections: int = 1
) -> None:
    """Work through proposals in a process of its own, once `start` is set, over several connections at once.

    Answers how many were tried and how many allowed.
    """
    engine = database.connect(url, pool_size=connections)
    sessions = database.sessions_of(engine)

    def one(proposal: Proposal) -> bool:
        with sessions.begin() as session:
            return approve(session, proposal, now).decision.allowed

    start.wait()
    with ThreadPoolExecutor(connections) as pool:
        allowed = list(pool.map(one, proposals))
    answers.put((len(allowed), sum(allowed)))
    engine.dispose()


def wait_for_a_stop(url: str, place: tuple[str, int, int, int], now: datetime, ready: Any, answers: Any) -> None:
    """Look, in a process of its own and as a sender does, until a stop holds; answers when that was."""
    engine = database.connect(url, pool_size=1)
    sessions = database.sessions_of(engine)
    until = time.monotonic() + 30
    found = False
    ready.put(True)
    while not found and time.monotonic() < until:
        with sessions.begin() as session:
            found = stops.active(session, *place, at=now) is not None
        time.sleep(0.01)
    answers.put(time.monotonic() if found else float("inf"))
    engine.dispose()


def build(sessions: Sessions, now: datetime) -> World:
    """Make one person, one account, one venue, one source."""
    world = World(sessions, now)
    world.person("Ana")
    world.account()
    world.venue("plaza")
    with sessions.begin() as session:
        source = Source(
            name="mentions", platform=PLATFORM, kind=SourceKind.MENTIONS, account_id=world.accounts[0], channel="C1"
        )
        session.add(source)
        session.flush()
        world.source = source.id
    return world


def deps_of(sessions: Sessions, now: Callable[[], datetime]) -> Deps:
    """What services are given, on this database and clock."""
    return Deps(
        sessions=sessions,
        connectors=registry.discover().connectors,
        rulebook=Rulebook(pack.default(), None),
        writer=None,
        drafts_a_day=100,
        vault=Vault(new_key()),
        now=now,
        jitter=lambda: 0.5,
        worker="test",
        company=("Harbour",),
        ops_channel="",
        undo=timedelta(0),
        claim=timedelta(minutes=15),
        data_dir=Path(tempfile.gettempdir()),
        compliance_channel="",
        roles_of=lambda _user: ("employee",),
    )
