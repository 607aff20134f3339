"""Booths: small public platforms of the tests' own, whose rules, prices and limits a test decides, and a company."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from conftest import DrivenClock
from harbour import CHANNEL, OPS, ROLES, without_limits
from sqlalchemy import select

from bot import approval, drafting, intake, people, sources, throttle, triage
from bot.approval import Wish
from bot.database import Sessions
from bot.deps import Deps
from bot.models import Account, Employee, Mention, PostRecord, Reply, Source
from bot.rulebook import Rulebook
from bot.vault import Vault, new_key
from connectors.base import (
    Allowance,
    Author,
    Call,
    Capability,
    Condition,
    Cursor,
    DuplicateProtection,
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
    PostStatus,
    Receipt,
    ReplyContext,
    ReplyIntent,
    Signal,
    SignalKind,
    SourceKind,
    Spec,
    Thread,
    Yes,
)
from guidelines import pack

CAPABILITIES = frozenset(
    {Capability.MENTIONS, Capability.SEARCH, Capability.THREAD, Capability.REPLY, Capability.DELETE, Capability.HANDOFF}
)


class Booth:
    """A platform in memory. Whoever holds the secret `token` is the account of that name.

    `trouble` is raised by the next reads; `asked` counts requests by what they ask for.
    """

    def __init__(self, name: str, clock: DrivenClock, policy: Policy) -> None:
        self.spec = Spec(
            name=name,
            title=name.title(),
            capabilities=CAPABILITIES,
            identities=frozenset(Identity),
            duplicate_protection=DuplicateProtection.NONE,
            settle=timedelta(0),
            policy=policy,
            options={"colour": "Any."},
        )
        self.clock = clock
        self.posts: dict[str, Post] = {}
        self.status: dict[str, PostStatus] = {}
        self.allowance: Allowance | None = None
        self.reply_allowance: Allowance | None = None
        self.permission: Permission = Yes()
        self.trouble: Exception | None = None
        self.page: Page | None = None
        self.asked: list[str] = []

    def write(self, words: str, *, author: str = "reader", parent: str | None = None, **parts: object) -> str:
        """Somebody writes a post; returns its id."""
        post_id = f"{self.spec.name}-{len(self.posts) + 1}"
        writer = Author(
            id=f"id-{author}", handle=author, name=f"{author.title()} Person", url=f"https://b.example/{author}"
        )
        url = f"https://{self.spec.name}.example/{author}/{post_id}"
        post = Post(post_id, words, writer, self.clock(), url, parent, venue=self.spec.name)
        self.posts[post_id] = replace(post, **parts)  # type: ignore[arg-type]
        return post_id

    def edit_post(self, post_id: str, words: str) -> None:
        """Its author changes a post."""
        self.posts[post_id] = replace(self.posts[post_id], text=words, edited_at=self.clock())

    def check(self, call: Call) -> Health:
        return Health(Condition.OK, f"id-{call.secrets['token']}", call.secrets["token"])

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        self._read("fetch")
        if self.page is not None:
            return self.page
        after = int(cursor or 0)
        new = tuple(self.posts.values())[after:]
        return Page(new, Cursor(str(len(self.posts))), allowance=self.allowance)

    def thread(self, call: Call, post_id: str) -> Thread:
        self._read("thread")
        root = post_id
        seen = {root}
        while (parent := self.posts[root].parent_id) in self.posts and parent not in seen:
            root = str(parent)
            seen.add(root)
        return Thread(root, tuple(self.posts.values()))

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        self._read("refresh")
        return tuple(self._state(post_id) for post_id in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        return self.permission

    def measure(self, text: str, context: ReplyContext) -> Length:
        return Length(len(text), 5000)

    def render(self, text: str, context: ReplyContext) -> str:
        return text

    def new_key(self, intent_id: UUID, now: datetime) -> str:
        return str(intent_id)

    def reply(self, call: Call, intent: ReplyIntent) -> Outcome:
        self.asked.append("reply")
        post_id = self.write(intent.text, author=call.handle, parent=intent.parent.id)
        return Posted(Receipt(post_id, self.posts[post_id].url, self.clock()), allowance=self.reply_allowance)

    def find_own_reply(self, call: Call, intent: ReplyIntent) -> Receipt | None:
        return None

    def edit(self, call: Call, post_id: str, text: str) -> Outcome:
        return Posted(Receipt(post_id))

    def delete(self, call: Call, post_id: str) -> Outcome:
        return Posted(Receipt(post_id))

    def outcomes(self, call: Call, post_ids: tuple[str, ...]) -> tuple[Signal, ...]:
        self._read("outcomes")
        answers = (post for post in self.posts.values() if post.parent_id in post_ids)
        return tuple(Signal(SignalKind.ANSWERED, str(post.parent_id), post=post) for post in answers)

    def _read(self, what: str) -> None:
        self.asked.append(what)
        if self.trouble is not None:
            raise self.trouble

    def _state(self, post_id: str) -> PostState:
        status = self.status.get(post_id, PostStatus.LIVE)
        gone = status in (PostStatus.DELETED, PostStatus.HIDDEN)
        return PostState(post_id, status, None if gone else self.posts[post_id])


@dataclass
class Fair:
    """What a test acts on: two platforms, the company's account and a source on each."""

    booth: Booth
    stall: Booth
    deps: Deps
    clock: DrivenClock
    account: Account
    source: Source
    elsewhere: Source

    def person(self, slack_user: str = "U0ANA") -> Employee:
        """Somebody who works here."""
        return people.employee_of(self.deps, slack_user, slack_user[2:].title())

    def connect(self, handle: str, slack_user: str, *, platform: str = "booth") -> Account:
        """Somebody connects an account of their own."""
        given = sources.Connecting(
            platform,
            f"https://{platform}.example",
            {"token": handle},
            Identity.EMPLOYEE,
            None,
            self.person(slack_user).id,
        )
        return sources.connect(self.deps, given, actor="operator")

    def hear(self, words: str, *, booth: Booth | None = None, **parts: object) -> Mention:
        """Somebody writes, and it comes all the way to a card."""
        where = booth or self.booth
        post_id = where.write(words, **parts)  # type: ignore[arg-type]
        return self.bring(post_id, where)

    def bring(self, post_id: str, booth: Booth | None = None) -> Mention:
        """What a platform has is read, and judged."""
        source = self.elsewhere if booth is self.stall else self.source
        intake.collect(self.deps, source.id)
        mention = self.mention_of(post_id)
        intake.gather_context(self.deps, mention.id)
        triage.assess(self.deps, [mention.id])
        drafting.suggest(self.deps, [mention.id])
        return self.mention_of(post_id)

    def mention_of(self, post_id: str) -> Mention:
        """The mention of a post."""
        with self.deps.sessions() as session:
            found = select(Mention).join(PostRecord, PostRecord.id == Mention.post_id)
            return session.scalars(found.where(PostRecord.external_id == post_id)).one()

    def approve(
        self, mention: Mention, words: str, *, account: Account | None = None, by: str = "U0ANA", **more: object
    ) -> Reply:
        """Somebody approves a text."""
        wish = Wish((account or self.account).id, words, **more)  # type: ignore[arg-type]
        return approval.approve(self.deps, mention.id, wish, by=self.person(by))

    def reply(self, record: Reply) -> Reply:
        """A reply as it is now."""
        with self.deps.sessions() as session:
            return session.get_one(Reply, record.id)

    def source_now(self) -> Source:
        """The source as it is now."""
        with self.deps.sessions() as session:
            return session.get_one(Source, self.source.id)


def open_fair(
    sessions: Sessions,
    clock: DrivenClock,
    policy: Policy | None = None,
    *,
    writer: object = None,
    poll_seconds: int = 30,
) -> Fair:
    """Open a fair on a fresh database, without limits of our own; `policy` holds on the first platform."""
    booth = Booth("booth", clock, policy or Policy())
    stall = Booth("stall", clock, Policy())
    deps = _deps(sessions, clock, (booth, stall), writer)
    with sessions.begin() as session:
        throttle.ensure_defaults(session, clock(), specs=[booth.spec, stall.spec])
        without_limits(session)
    account, source = _company(deps, "booth", poll_seconds)
    _, elsewhere = _company(deps, "stall", poll_seconds)
    return Fair(booth, stall, deps, clock, account, source, elsewhere)


def _company(deps: Deps, platform: str, poll_seconds: int) -> tuple[Account, Source]:
    given = sources.Connecting(platform, f"https://{platform}.example", {"token": "harbour"})
    account = sources.connect(deps, given, actor="operator")
    followed = Followed(SourceKind.MENTIONS)
    source = sources.add(
        deps, account.id, platform, followed, channel=CHANNEL, poll_seconds=poll_seconds, actor="operator"
    )
    return account, source


def _deps(sessions: Sessions, clock: DrivenClock, booths: Iterable[Booth], writer: object) -> Deps:
    return Deps(
        sessions=sessions,
        connectors={booth.spec.name: booth for booth in booths},
        rulebook=Rulebook(pack.default(), None),
        writer=writer,  # type: ignore[arg-type]
        drafts_a_day=100,
        vault=Vault(new_key()),
        now=clock,
        jitter=lambda: 0.5,
        worker="test",
        company=("Harbour",),
        ops_channel=OPS,
        undo=timedelta(0),
        claim=timedelta(minutes=15),
        data_dir=Path(tempfile.gettempdir()),
        compliance_channel="",
        roles_of=lambda user: ROLES.get(user, ("employee",)),
    )
