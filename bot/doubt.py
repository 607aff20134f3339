"""Finding out what became of a reply when nobody knows: look on the platform, adopt, try once more, or ask a person."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from bot import audit, outbox, queue
from bot.accounts import call_for, connector_of, guarded
from bot.deps import Deps
from bot.errors import ChorusError, Conflict, NotFound
from bot.models import Employee, Mention, Reply, ReplyState
from bot.permissions import Act, require
from bot.receipts import Leaving, adopt, doubt, leaving_of, locked, next_try, record
from connectors.base import ConnectorError, Fault, Receipt

LOOKS = 3
QUICK = 1.5
"""Seconds for a look that somebody in Slack is waiting for; Slack waits for three."""
ATTEMPTS = 2
"""The first one, and one more when it is as certain as can be that the first did not arrive."""


def look(deps: Deps, reply_id: int) -> None:
    """Look on the platform for a reply that is in doubt, or whose worker never came back."""
    with deps.sessions.begin() as session:
        reply = locked(session, reply_id)
        if reply is None:
            return
        _doubt_if_abandoned(session, deps, reply)
        if reply.state is not ReplyState.IN_DOUBT or reply.asked_at or reply.not_before > deps.now():
            return
        leaving = leaving_of(session, reply)
    _found_or_not(deps, leaving)


def found(deps: Deps, reply_id: int, *, by: Employee, url: str = "") -> Reply:
    """A person says that a reply in doubt is there. Without a link it is looked for once more."""
    require(by, Act.RESOLVE_DOUBT)
    with deps.sessions() as session:
        leaving = leaving_of(session, session.get_one(Reply, reply_id))
    receipt = _look_up(deps, leaving)
    if receipt is None and not url.startswith(("https://", "http://")):
        raise ChorusError("It was not found among our posts. Paste its link, then it is taken from there.")
    seen = receipt or Receipt(id="", url=url)
    return _answer(deps, reply_id, by, "reply.found", lambda session, reply: adopt(session, deps, reply, seen))


def post_again(deps: Deps, reply_id: int, *, by: Employee) -> Reply:
    """A person says that a reply in doubt is not there and shall be posted again."""
    require(by, Act.RESOLVE_DOUBT)

    def again(session: Session, reply: Reply) -> None:
        reply.try_again(not_before=deps.now())
        queue.post(session, reply.id)

    return _answer(deps, reply_id, by, "reply.post_again", again)


def drop(deps: Deps, reply_id: int, *, by: Employee) -> Reply:
    """A person says that a reply in doubt shall be let go."""
    require(by, Act.RESOLVE_DOUBT)

    def let_go(session: Session, reply: Reply) -> None:
        reply.cancel(f"Dropped by {by.name}.")
        session.get_one(Mention, reply.mention_id).reopen(f"{by.name} dropped a reply that was in doubt.")

    return _answer(deps, reply_id, by, "reply.dropped", let_go)


def _answer(deps: Deps, reply_id: int, by: Employee, kind: str, move: Callable[[Session, Reply], None]) -> Reply:
    with deps.sessions.begin() as session:
        reply = locked(session, reply_id)
        if reply is None:
            raise NotFound("There is no such reply.")
        if reply.state is not ReplyState.IN_DOUBT:
            raise Conflict(f"This is settled already: the reply is {reply.state.value}.")
        move(session, reply)
        outbox.over(session, deps.ops_channel, f"reply:{reply.id}", f"Reply no. {reply.id} is settled.", at=deps.now())
        audit.record(session, kind, at=deps.now(), actor=f"employee:{by.id}", subject=f"reply:{reply.id}")
        outbox.show(session, reply.mention_id, at=deps.now())
    return reply


def _doubt_if_abandoned(session: Session, deps: Deps, reply: Reply) -> None:
    expired = reply.lease_until is not None and reply.lease_until <= deps.now()
    if reply.state is ReplyState.SENDING and expired:
        doubt(session, deps, reply, f"The worker {reply.owner} did not come back from the attempt.")
        outbox.show(session, reply.mention_id, at=deps.now())


def _found_or_not(deps: Deps, leaving: Leaving) -> None:
    connector = connector_of(deps, leaving.account.platform)
    try:
        with guarded(leaving.account.platform):
            receipt = connector.find_own_reply(call_for(deps, leaving.account), leaving.intent)
    except ConnectorError as error:
        _look_later(deps, leaving.reply.id, error)
        return
    with deps.sessions.begin() as session:
        reply = locked(session, leaving.reply.id)
        if reply is None or reply.state is not ReplyState.IN_DOUBT:
            return
        if receipt is not None:
            adopt(session, deps, reply, receipt)
        else:
            _not_found(session, deps, reply)
        outbox.show(session, reply.mention_id, at=deps.now())


def _not_found(session: Session, deps: Deps, reply: Reply) -> None:
    settle = connector_of(deps, reply.platform).spec.settle
    reply.looked_in_vain(look_at=deps.now() + settle * 2**reply.looks)
    if reply.looks < LOOKS:
        return
    if reply.attempt < ATTEMPTS:
        reply.try_again(not_before=deps.now(), detail="It did not arrive; it is posted once more.")
        queue.post(session, reply.id)
        record(session, deps, "reply.retried", reply, {"looks": LOOKS})
        return
    _ask(session, deps, reply)


def _ask(session: Session, deps: Deps, reply: Reply) -> None:
    reply.ask(at=deps.now())
    words = f"Nobody can tell whether reply no. {reply.id} was posted. Its card asks: is it there, post again, or drop?"
    outbox.tell(session, deps.ops_channel, f"reply:{reply.id}", words, at=deps.now())
    record(session, deps, "reply.asked", reply, {})


def _look_later(deps: Deps, reply_id: int, error: ConnectorError) -> None:
    with deps.sessions.begin() as session:
        reply = locked(session, reply_id)
        if reply is None or reply.state is not ReplyState.IN_DOUBT:
            return
        if error.fault in (Fault.TRANSIENT, Fault.RATE_LIMITED) and reply.deferrals < LOOKS * 4:
            reply.deferrals += 1
            reply.not_before = next_try(deps, reply, error.retry_at)
        else:
            _ask(session, deps, reply)
            outbox.show(session, reply.mention_id, at=deps.now())


def _look_up(deps: Deps, leaving: Leaving) -> Receipt | None:
    connector = connector_of(deps, leaving.account.platform)
    try:
        with guarded(leaving.account.platform):
            return connector.find_own_reply(call_for(deps, leaving.account, timeout=QUICK), leaving.intent)
    except ConnectorError:
        return None
