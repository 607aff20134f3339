"""A small world for tests of the Slack surfaces: one platform made of paper, its mentions, and the app's services."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from bot import outbox, showing
from bot.database import Sessions
from bot.deps import Deps
from bot.models import (
    Account,
    Card,
    Draft,
    Employee,
    Mention,
    MentionKind,
    MentionState,
    Mood,
    Origin,
    PostRecord,
    Reply,
    Source,
    Thread,
    Urgency,
    Venue,
)
from bot.rulebook import Rulebook
from bot.vault import Vault, new_key
from bot.views import CardView
from connectors.base import (
    Call,
    Capability,
    Condition,
    Connector,
    ConnectorError,
    Cursor,
    DuplicateProtection,
    Fault,
    Followed,
    Health,
    Identity,
    Length,
    Outcome,
    Page,
    Permission,
    Policy,
    Post,
    Posted,
    PostState,
    Receipt,
    ReplyContext,
    ReplyIntent,
    Signal,
    SourceKind,
    Spec,
    Yes,
)
from connectors.base import Thread as PlatformThread
from guidelines import pack

_numbers = count(1)
CHANNEL = "C0MENTIONS0"
PACK = Path(__file__).parent / "data" / "slack_pack.yml"
"""Two rules that the tests of the surfaces speak of; what the default pack asks is tested elsewhere."""

OPS = "C0CHORUSOPS"


class Paper:
    """A platform without a network: it permits what the test says, and counts code points up to 200."""

    spec = Spec(
        name="paper",
        title="Paper",
        capabilities=frozenset({Capability.MENTIONS, Capability.REPLY, Capability.HANDOFF}),
        identities=frozenset({Identity.BRAND, Identity.EMPLOYEE}),
        duplicate_protection=DuplicateProtection.NONE,
        settle=timedelta(0),
        policy=Policy(),
    )

    def __init__(self) -> None:
        self.permission: Permission = Yes()
        self.own: Receipt | None = None

    def check(self, call: Call) -> Health:
        return Health(Condition.OK)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        return Page((), cursor)

    def thread(self, call: Call, post_id: str) -> PlatformThread:
        raise ConnectorError(Fault.TRANSIENT, "paper has no network")

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        return ()

    def can_reply(self, call: Call, post: Post) -> Permission:
        return self.permission

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(len(self.render(text, context)), 200)

    def render(self, text: str, context: ReplyContext) -> str:
        return f"@{context.parent.author.handle} {text}"

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        return Posted(Receipt("reply-1", "https://paper.example/reply-1"))

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        return self.own

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        return Posted(Receipt(post_id))

    def delete(self, call: Call, post_id: str) -> Outcome:
        return Posted(Receipt(post_id))

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        return ()


@dataclass
class World:
    """What a test acts on."""

    sessions: Sessions
    deps: Deps
    paper: Paper
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    account: int = 0
    source: int = 0
    venue: int = 0

    def mention(
        self,
        text: str = "Does the Harbour Reader read EPUB files?",
        *,
        drafts: tuple[str, ...] = ("Yes, it reads EPUB 3. I work for Harbour.",),
        channel: str = CHANNEL,
        **values: Any,
    ) -> int:
        """A mention that was judged and given drafts; `values` are those of its record or its post."""
        number = next(_numbers)
        now = self.deps.now()
        with self.sessions.begin() as session:
            thread = Thread(
                platform="paper",
                site="https://paper.example",
                root_external_id=f"thread-{number}",
                venue_id=self.venue,
                first_seen_at=now,
            )
            session.add(thread)
            session.flush()
            post = PostRecord(
                platform="paper",
                site="https://paper.example",
                external_id=f"post-{number}",
                thread_id=thread.id,
                venue_id=self.venue,
                author_external_id=f"author-{number}",
                author_handle=values.pop("handle", "lena"),
                author_name=values.pop("name", "Lena Vogt"),
                url=values.pop("url", f"https://paper.example/{number}"),
                text=text,
                created_at=now - timedelta(minutes=5),
                seen_at=now,
            )
            session.add(post)
            session.flush()
            mention = Mention(
                post_id=post.id,
                thread_id=thread.id,
                source_id=self.source,
                channel=channel,
                collected_at=now,
                **{
                    "state": MentionState.OPEN,
                    "kind": MentionKind.QUESTION,
                    "mood": Mood.NEUTRAL,
                    "urgency": Urgency.NORMAL,
                    **values,
                },
            )
            session.add(mention)
            session.flush()
            for draft in drafts:
                session.add(Draft(mention_id=mention.id, origin=Origin.TEMPLATE, text=draft, created_at=now))
            return mention.id

    def show(self, mention_id: int) -> None:
        """Ask for its card."""
        with self.sessions.begin() as session:
            outbox.show(session, mention_id, at=self.deps.now())

    def card(self, mention_id: int) -> CardView:
        """What its card would show now."""
        return showing.card(self.deps, mention_id)

    def card_place(self, mention_id: int) -> str | None:
        """Where its card stands in the channel."""
        with self.sessions() as session:
            return session.get_one(Card, mention_id).ts

    def reply(self, mention_id: int) -> Reply:
        """The newest reply of a mention."""
        with self.sessions() as session:
            return session.query(Reply).filter_by(mention_id=mention_id).order_by(Reply.id.desc()).first()  # type: ignore[return-value]

    def person(self, slack_user: str) -> Employee | None:
        """An employee, if anybody has seen them."""
        with self.sessions() as session:
            return session.query(Employee).filter_by(slack_user=slack_user).one_or_none()

    def change_reply(self, mention_id: int, change: Callable[[Reply], None]) -> None:
        """Move the reply of a mention as a worker would."""
        with self.sessions.begin() as session:
            change(session.get_one(Reply, self.reply(mention_id).id))


def build(sessions: Sessions, now: Callable[[], datetime], *, undo: timedelta = timedelta(seconds=10)) -> World:
    """Return a world on a fresh database, in which no limits are in force."""
    paper = Paper()
    roles: dict[str, tuple[str, ...]] = {}
    connector: Connector = paper
    deps = Deps(
        sessions=sessions,
        connectors={"paper": connector},
        rulebook=Rulebook(pack.load(PACK), None),
        writer=None,
        drafts_a_day=100,
        vault=Vault(new_key()),
        now=now,
        jitter=lambda: 0.5,
        worker="test",
        company=("Harbour",),
        ops_channel=OPS,
        undo=undo,
        claim=timedelta(minutes=15),
        data_dir=Path(tempfile.gettempdir()),
        compliance_channel="",
        roles_of=lambda user: roles.get(user, ("employee",)),
    )
    world = World(sessions, deps, paper, roles)
    with sessions.begin() as session:
        account = Account(
            platform="paper",
            site="https://paper.example",
            identity=Identity.BRAND,
            external_id="brand",
            handle="@harbour",
            secrets=deps.vault.seal({}),
            connected_at=now(),
        )
        venue = Venue(platform="paper", name="paper.example")
        session.add_all([account, venue])
        session.flush()
        source = Source(
            name="Our mentions", platform="paper", kind=SourceKind.MENTIONS, account_id=account.id, channel=CHANNEL
        )
        session.add(source)
        session.flush()
        world.account, world.venue, world.source = account.id, venue.id, source.id
    return world
