"""The end of a handoff: the person posted by hand and brings the link back; it counts and is kept all the same."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import budgets, outbox, pacing
from bot.accounts import call_for, connector_of, guarded
from bot.cleaning import fit
from bot.deps import Deps
from bot.doubt import QUICK
from bot.errors import ChorusError, Conflict, NotFound
from bot.ledger import Site
from bot.likeness import alike
from bot.links import checked
from bot.models import Account, Employee, Mention, MentionState, PostRecord, Reply, ReplyState
from bot.permissions import Act, require
from bot.preconditions import hashed
from bot.receipts import Leaving, adopt, leaving_of, locked, record
from connectors.base import ConnectorError, Post, Receipt

SKEW = timedelta(minutes=5)
"""How far a platform's clock and ours may be apart."""


@dataclass(frozen=True, slots=True)
class Check:
    """What reading the platform showed: the post behind the link, if it was found, and what is not as expected."""

    post: Post | None
    doubts: tuple[str, ...] = ()

    @property
    def is_verified(self) -> bool:
        """Whether the post was read, and is what was handed off."""
        return self.post is not None and not self.doubts


def finish(deps: Deps, reply_id: int, *, by: Employee, url: str) -> Reply:
    """Take the link of a reply that was posted by hand. Where the platform can be read it is looked up there first.

    Raises `ChorusError` for a link that cannot be the reply; what is only doubtful is taken, and the card says so.
    """
    require(by, Act.REPLY)
    link = checked(url)
    with deps.sessions() as session:
        reply = session.get(Reply, reply_id)
        if reply is None:
            raise NotFound("There is no such reply.")
        leaving = leaving_of(session, reply)
        own_ids = Site.of(session, leaving.account).own_ids
        _must_be_new(session, reply, link)
    check = _checked(deps, leaving, link, own_ids)
    with deps.sessions.begin() as session:
        reply = _handed_off(session, reply_id)
        approved = reply.text
        if check.post is not None:
            reply.text, reply.text_hash = check.post.text, hashed(check.post.text)
        posted_at = check.post.created_at if check.post else None
        adopt(session, deps, reply, Receipt(id=check.post.id if check.post else "", url=link, posted_at=posted_at))
        reply.detail = " ".join(check.doubts)
        _no_mention_of_ours(session, deps, reply, leaving.account)
        data = {"verified": check.is_verified, "same_text": check.post is not None and alike(reply.text, approved)}
        texts = {"approved": approved, "doubts": reply.detail}
        record(session, deps, "reply.handoff_finished", reply, data, texts, actor=f"employee:{by.id}")
        outbox.show(session, reply.mention_id, at=deps.now())
    return reply


def give_up(deps: Deps, reply_id: int, *, by: Employee) -> Reply:
    """The person did not post it after all; the conversation is open again."""
    require(by, Act.REPLY)
    with deps.sessions.begin() as session:
        reply = _handed_off(session, reply_id)
        reply.cancel(f"Not posted by {by.name}.")
        session.get_one(Mention, reply.mention_id).reopen(f"{by.name} did not post by hand.")
        record(session, deps, "reply.handoff_given_up", reply, {}, actor=f"employee:{by.id}")
        outbox.show(session, reply.mention_id, at=deps.now())
    return reply


def _checked(deps: Deps, leaving: Leaving, link: str, own_ids: frozenset[str]) -> Check:
    if _same(link, leaving.parent.url):
        raise ChorusError("This is the link of the post that you answer. Open your own reply and copy its address.")
    posts = _thread(deps, leaving)
    if posts is None:
        return Check(None, ("The platform cannot be read here, so nobody has checked the link.",))
    post = next((each for each in posts if _same(each.url, link)), None)
    post = post or next((each for each in posts if each.id == _last_part(link)), None)
    if post is None:
        doubt = "The link is not among what the platform shows of the conversation; it may still be on its way."
        return Check(None, (doubt,))
    _must_be_possible(post, leaving)
    return Check(post, tuple(_doubts(post, leaving, own_ids)))


def _thread(deps: Deps, leaving: Leaving) -> tuple[Post, ...] | None:
    """Return the conversation as it is now; None when it cannot be read, also because no request is left for it."""
    connector = connector_of(deps, leaving.account.platform)
    with deps.sessions() as session:
        if not pacing.may_ask(session, deps, leaving.account, of_duty=True):
            return None
    try:
        with guarded(leaving.account.platform):
            thread = connector.thread(call_for(deps, leaving.account, timeout=QUICK), leaving.parent.id)
    except ConnectorError:
        return None
    with deps.sessions.begin() as session:
        budgets.book_posts(session, deps, leaving.account, len(thread.posts))
    return fit(thread.posts, at=deps.now())[0]


def _must_be_possible(post: Post, leaving: Leaving) -> None:
    if post.id == leaving.parent.id:
        raise ChorusError("This is the post that you answer. Open your own reply and copy its address.")
    if post.author.id == leaving.parent.author.id:
        raise ChorusError(
            f"@{post.author.handle} wrote this, whom we answer. Open your own reply and copy its address."
        )
    if post.created_at < leaving.reply.approved_at - SKEW:
        when = f"{post.created_at:%Y-%m-%d %H:%M}"
        raise ChorusError(
            f"This was posted at {when} UTC, before you were handed the text. Copy your new reply's link."
        )


def _doubts(post: Post, leaving: Leaving, own_ids: frozenset[str]) -> list[str]:
    """Say what is not as it was handed off: who wrote it, what it answers, what it says."""
    doubts = []
    if not post.is_own and post.author.id not in own_ids:
        doubts.append(f"It was posted by @{post.author.handle}, which is none of the connected accounts.")
    if post.parent_id != leaving.parent.id:
        doubts.append("It answers another post of the conversation than the one that was handed off.")
    if not alike(post.text, leaving.reply.text):
        doubts.append("Its text is not the one that was checked.")
    return doubts


def _must_be_new(session: Session, reply: Reply, link: str) -> None:
    bare = link.rstrip("/")
    twin = select(Reply.id).where(Reply.url.in_((bare, f"{bare}/")), Reply.id != reply.id, Reply.url != "")
    if (other := session.scalar(twin.where(Reply.platform == reply.platform).limit(1))) is not None:
        raise Conflict(f"This is the link of reply no. {other} already. Open your own reply and copy its address.")


def _no_mention_of_ours(session: Session, deps: Deps, reply: Reply, account: Account) -> None:
    """A search may have brought what was posted by hand before its link was here: then it is no mention any more."""
    if not reply.external_id:
        return
    here = (PostRecord.platform == account.platform, PostRecord.site == account.site)
    post = session.scalar(select(PostRecord).where(*here, PostRecord.external_id == reply.external_id))
    if post is None:
        return
    post.is_own = True
    mention = session.scalar(select(Mention).where(Mention.post_id == post.id))
    if mention is not None and mention.state is not MentionState.GONE:
        mention.gone("This is our own reply, posted by hand.")
        outbox.show(session, mention.joined_to_id or mention.id, at=deps.now())


def _same(one: str, other: str) -> bool:
    return bool(one) and one.partition("#")[0].rstrip("/") == other.partition("#")[0].rstrip("/")


def _last_part(address: str) -> str:
    return urlsplit(address).path.rstrip("/").rpartition("/")[2]


def _handed_off(session: Session, reply_id: int) -> Reply:
    reply = locked(session, reply_id)
    if reply is None:
        raise NotFound("There is no such reply.")
    if reply.state is not ReplyState.HANDED_OFF:
        raise Conflict(f"This is settled already: the reply is {reply.state.value}.")
    return reply
