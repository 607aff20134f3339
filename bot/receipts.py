"""What all moves of a reply on its way share: its locks, its intent, its receipt, its doubt, its entries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import audit, budgets
from bot.accounts import as_post, connector_of
from bot.deps import Deps
from bot.ledger import Site, lock_thread_of, store
from bot.models import Account, Mention, PostRecord, Reply, ReplyState
from connectors.base import Author, Post, Receipt, ReplyIntent

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Everything one attempt needs, read before the request and used outside of any transaction."""

    reply: Reply
    account: Account
    parent: Post
    intent: ReplyIntent


def locked(session: Session, reply_id: int) -> Reply | None:
    """Lock the reply's thread, then the reply: always in this order."""
    mention_id = session.scalar(select(Reply.mention_id).where(Reply.id == reply_id))
    if mention_id is None:
        return None
    lock_thread_of(session, mention_id)
    return session.get(Reply, reply_id, with_for_update=True, populate_existing=True)


def leaving_of(session: Session, reply: Reply) -> Leaving:
    """Return everything one attempt needs."""
    parent = as_post(session, session.get_one(PostRecord, reply.parent_post_id))
    attempted_at = reply.attempted_at or reply.approved_at
    intent = ReplyIntent(reply.intent_id, reply.key, parent, reply.text, attempted_at)
    return Leaving(reply, session.get_one(Account, reply.account_id), parent, intent)


def adopt(session: Session, deps: Deps, reply: Reply, receipt: Receipt) -> None:
    """Take the platform's receipt, and note our post in the thread it became part of."""
    at = min(receipt.posted_at or deps.now(), deps.now())
    if reply.state is not ReplyState.HANDED_OFF:
        budgets.book_reply(session, deps, reply)
    reply.posted(external_id=receipt.id, url=receipt.url, at=at)
    account = session.get_one(Account, reply.account_id)
    parent = session.get_one(PostRecord, reply.parent_post_id)
    mention = session.get_one(Mention, reply.mention_id)
    mention.note = ""
    if receipt.id:
        ours = Post(
            id=receipt.id,
            text=reply.text,
            author=Author(id=account.external_id, handle=account.handle, name=account.handle),
            created_at=at,
            url=receipt.url,
            parent_id=parent.external_id,
            is_own=True,
        )
        store(session, Site.of(session, account), (ours,), at=deps.now())
    data = {"id": receipt.id, "url": receipt.url, "posted_at": at.isoformat()}
    record(session, deps, "reply.posted", reply, data, texts={"public": reply.text})


def doubt(session: Session, deps: Deps, reply: Reply, detail: str) -> None:
    """Note that nobody knows whether it was posted; look once the platform has settled."""
    settle = connector_of(deps, reply.platform).spec.settle
    reply.doubt(detail, look_at=(reply.attempted_at or deps.now()) + settle)
    record(session, deps, "reply.in_doubt", reply, {"detail": detail})


def next_try(deps: Deps, reply: Reply, told: datetime | None) -> datetime:
    """Return when to try again: ever later, spread by chance, and not before the platform said."""
    pause: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(reply.deferrals, 12)) * (0.5 + deps.jitter() / 2)
    own = deps.now() + pause
    return max(own, told) if told else own


def record(
    session: Session,
    deps: Deps,
    kind: str,
    reply: Reply,
    data: Mapping[str, object],
    texts: Mapping[str, str] | None = None,
    *,
    actor: str = "system",
) -> None:
    """Write an entry about a reply."""
    audit.record(session, kind, at=deps.now(), actor=actor, subject=f"reply:{reply.id}", data=data, texts=texts or {})
