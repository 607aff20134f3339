"""Harbour, a company in tests: its account on a real Plaza, its people, and the services on a fresh database.

Nothing runs by itself here: a test takes each step of the way by its own hand.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot import approval, drafting, intake, people, sources, throttle, triage
from bot.approval import Wish
from bot.database import Sessions
from bot.demo.plaza import Plaza
from bot.deps import Deps
from bot.models import Account, Employee, Mention, PostRecord, Reply, Source
from bot.rulebook import Rulebook
from bot.vault import Vault, new_key
from connectors import registry
from connectors.base import Followed, SourceKind
from guidelines import pack
from guidelines.facts import FactBase

CHANNEL = "C0MENTIONS0"
OPS = "C0CHORUSOPS"
FACTS = Path(__file__).parent.parent / "bot/demo/facts.yml"
ANSWER = "Hi, the Harbour team here. Yes, it reads your own books without an account. Does that help?"
ROLES = {"U0ANA": ("employee",), "U0BEN": ("employee",), "U0MARA": ("manager",), "U0RUTH": ("reviewer",)}


@dataclass
class Harbour:
    """What a test acts on."""

    plaza: Plaza
    deps: Deps
    account: Account
    source: Source
    key: str

    def person(self, slack_user: str = "U0ANA") -> Employee:
        """Somebody who works here."""
        return people.employee_of(self.deps, slack_user, slack_user[2:].title())

    def hear(self, words: str, *, author: str = "Quiet Reader", in_reply_to: str | None = None) -> Mention:
        """Somebody writes on Plaza, and it comes all the way to a card that may be answered."""
        post_id = self.plaza.post_as(author, words, in_reply_to)
        intake.collect(self.deps, self.source.id)
        mention = self.mention_of(post_id)
        intake.gather_context(self.deps, mention.id)
        triage.assess(self.deps, [mention.id])
        drafting.suggest(self.deps, [mention.id])
        return self.mention_of(post_id)

    def approve(self, mention: Mention, words: str = ANSWER, *, by: str = "U0ANA", accept_hold: bool = False) -> Reply:
        """Somebody approves a text with the company's account."""
        wish = Wish(self.account.id, words, accept_hold=accept_hold)
        return approval.approve(self.deps, mention.id, wish, by=self.person(by))

    def mention_of(self, post_id: str) -> Mention:
        """The mention of a post on Plaza."""
        with self.deps.sessions() as session:
            found = select(Mention).join(PostRecord, PostRecord.id == Mention.post_id)
            return session.scalars(found.where(PostRecord.external_id == post_id)).one()

    def again(self, record: Reply) -> Reply:
        """A reply as it is now."""
        with self.deps.sessions() as session:
            return session.get_one(Reply, record.id)

    def ours(self) -> list[tuple[str, str, str | None]]:
        """What the company has posted on Plaza: id, text, and what each answers."""
        return self.plaza.posts_of("harbour")

    def asked_for(self, job: str) -> list[dict[str, Any]]:
        """The arguments of all jobs of that name that wait."""
        with self.deps.sessions() as session:
            rows = session.execute(
                text("select args from procrastinate_jobs where task_name = :job and status = 'todo' order by id"),
                {"job": job},
            )
            return [row.args for row in rows]


def settle(plaza: Plaza, sessions: Sessions, now: Callable[[], datetime], *, undo: float = 0) -> Harbour:
    """Connect the company to Plaza on a fresh database, with the first limits in place."""
    key = new_key()
    deps = Deps(
        sessions=sessions,
        connectors=registry.discover().connectors,
        rulebook=Rulebook(pack.default(), FactBase.load(FACTS), sessions),
        writer=None,
        drafts_a_day=100,
        vault=Vault(key),
        now=now,
        jitter=lambda: 0.5,
        worker="test",
        company=("Harbour", "Harbour Reader", "Harbour Mini"),
        ops_channel=OPS,
        undo=timedelta(seconds=undo),
        claim=timedelta(minutes=15),
        data_dir=Path(tempfile.gettempdir()),
        compliance_channel="",
        roles_of=lambda user: ROLES.get(user, ("employee",)),
    )
    with sessions.begin() as session:
        throttle.ensure_defaults(session, now())
        # Plaza lives in real time, and these tests run at any hour.
        session.execute(text("update throttle_limit set retired_at = now() where name = 'quiet-hours'"))
    given = sources.Connecting("mastodon", plaza.url, {"access_token": plaza.token})
    account = sources.connect(deps, given, actor="operator")
    followed = Followed(SourceKind.SEARCH, "Harbour")
    source = sources.add(deps, account.id, "Plaza", followed, channel=CHANNEL, poll_seconds=1, actor="operator")
    return Harbour(plaza, deps, account, source, key)


def without_limits(session: Session) -> None:
    """Retire every limit that may be retired, for tests that are about something else."""
    session.execute(text("update throttle_limit set retired_at = now() where retired_at is null and not is_fixed"))
