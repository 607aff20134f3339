"""The end of a handoff: the person posted by hand and brings the link back; it counts and is kept all the same."""

from sqlalchemy.orm import Session

from bot import outbox
from bot.accounts import call_for, connector_of
from bot.deps import Deps
from bot.doubt import QUICK
from bot.errors import ChorusError, Conflict, NotFound
from bot.likeness import alike
from bot.models import Employee, Mention, Reply, ReplyState
from bot.permissions import Act, require
from bot.receipts import Leaving, adopt, leaving_of, locked, record
from connectors.base import ConnectorError, Post, Receipt


def finish(deps: Deps, reply_id: int, *, by: Employee, url: str) -> Reply:
    """Take the link of a reply that was posted by hand. Where the platform can be read it is looked up there first."""
    require(by, Act.REPLY)
    link = url.strip()
    if not link.startswith(("https://", "http://")):
        raise ChorusError("Paste the link of your post; it begins with https://.")
    with deps.sessions() as session:
        reply = session.get(Reply, reply_id)
        if reply is None:
            raise NotFound("There is no such reply.")
        leaving = leaving_of(session, reply)
    seen = _seen(deps, leaving, link)
    with deps.sessions.begin() as session:
        reply = _handed_off(session, reply_id)
        adopt(session, deps, reply, Receipt(id=seen.id if seen else "", url=link))
        data = {"verified": seen is not None, "same_text": seen is not None and alike(seen.text, reply.text)}
        record(session, deps, "reply.handoff_finished", reply, data, actor=f"employee:{by.id}")
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


def _seen(deps: Deps, leaving: Leaving, url: str) -> Post | None:
    try:
        connector = connector_of(deps, leaving.account.platform)
        thread = connector.thread(call_for(deps, leaving.account, timeout=QUICK), leaving.parent.id)
    except ConnectorError:
        return None
    return next((post for post in thread.posts if post.url and post.url.rstrip("/") == url.rstrip("/")), None)


def _handed_off(session: Session, reply_id: int) -> Reply:
    reply = locked(session, reply_id)
    if reply is None:
        raise NotFound("There is no such reply.")
    if reply.state is not ReplyState.HANDED_OFF:
        raise Conflict(f"This is settled already: the reply is {reply.state.value}.")
    return reply
