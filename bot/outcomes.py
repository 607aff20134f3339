"""What became of it: posts that changed upstream, and what our replies led to. The result counts, not the volume."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import regex
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot import audit, budgets, outbox, pacing, policies, refreshing, triage
from bot.accounts import call_for, connector_of, guarded
from bot.cleaning import fit
from bot.deps import Deps
from bot.ledger import Site, lock_thread_of, store
from bot.models import (
    Account,
    Mention,
    MentionKind,
    Mood,
    Outcome,
    OutcomeKind,
    PostRecord,
    Reply,
    ReplyState,
)
from bot.throttle import editing
from bot.throttle.limits import limit_of
from connectors.base import ConnectorError, Post, PostState, PostStatus, Signal, SignalKind

log = logging.getLogger(__name__)

WATCHED_FOR = timedelta(days=7)
YOUNG = timedelta(hours=24)
YOUNG_EVERY = timedelta(minutes=15)
OLD_EVERY = timedelta(hours=6)
AT_ONCE = 40
"""So many posts are read again in one go."""
MENDED_WITHIN = timedelta(hours=1)
"""An edit or a deletion of ours that is older was lost, and the reply is watched again."""

PUBLIC = frozenset({ReplyState.POSTED, ReplyState.EDITED, ReplyState.PENDING_REMOTE})

_OPT_OUT = regex.compile(
    r"\b(?:stop (?:replying|messaging|contacting|bothering)|(?:don[’']?t|do not) (?:reply|respond|message|contact)|"
    r"leave me alone|unsubscribe|no bots?,? please|hört? auf|lass mich in ruhe|no me (?:respondas|contactes))\b",
    regex.IGNORECASE,
)
_RESOLVED = regex.compile(
    r"\b(?:works? (?:now|again)|solved|fixed|sorted|that (?:did it|helped|worked)|resolved|klappt jetzt|ya funciona)\b",
    regex.IGNORECASE,
)
_CORRECTED = regex.compile(
    r"\b(?:my (?:mistake|bad)|i stand corrected|you[’']?re right|good to know|i was wrong|didn[’']?t know that|"
    r"thanks for (?:the correction|correcting|clearing)|edited my post)\b",
    regex.IGNORECASE,
)


def watch(deps: Deps, account_id: int) -> None:
    """Read again what this account stands by: the posts of open mentions, and our own replies and their answers."""
    with deps.sessions() as session:
        account = session.get_one(Account, account_id)
    refreshing.refresh(deps, account)
    with deps.sessions() as session:
        replies = _watched(session, account, deps.now())
        ours = tuple(dict.fromkeys(reply.external_id for reply in replies if reply.external_id))
        if not ours or not pacing.may_ask(session, deps, account):
            return
    try:
        known, signals = _asked(deps, account, ours)
    except ConnectorError as error:
        log.info("%s: replies could not be read again: %s", account.handle, error.detail)
        return
    for reply in replies:
        answers = [s.post for s in signals if s.kind is SignalKind.ANSWERED and s.about == reply.external_id and s.post]
        _update_reply(deps, account, reply.id, known.get(reply.external_id or ""), answers)


def accounts_to_watch(session: Session) -> Sequence[int]:
    """Return the accounts that have anything to read again."""
    return session.scalars(select(Account.id).order_by(Account.id)).all()


def meaning(text: str, mention_kind: MentionKind) -> tuple[OutcomeKind, str]:
    """Say what an answer to our reply amounts to, and which words say so."""
    for pattern, kind in ((_OPT_OUT, OutcomeKind.OPTED_OUT), (_RESOLVED, OutcomeKind.RESOLVED)):
        if found := pattern.search(text[:5000]):
            return kind, f"it says “{found.group().lower()}”"
    if mention_kind is MentionKind.FALSE_CLAIM and (found := _CORRECTED.search(text[:5000])):
        return OutcomeKind.CORRECTED, f"it says “{found.group().lower()}”"
    read = triage.read(text)
    if read.kind is MentionKind.LEAD:
        return OutcomeKind.LEAD, str(read.reasons["kind"])
    if read.mood is Mood.POSITIVE:
        return OutcomeKind.THANKED, str(read.reasons["mood"])
    if read.mood is Mood.NEGATIVE:
        return OutcomeKind.DISPUTED, str(read.reasons["mood"])
    return OutcomeKind.ANSWERED, "it answers ours"


def _asked(deps: Deps, account: Account, ours: tuple[str, ...]) -> tuple[Mapping[str, PostState], tuple[Signal, ...]]:
    connector, call = connector_of(deps, account.platform), call_for(deps, account)
    with guarded(account.platform):
        states = connector.refresh(call, ours)
        signals = connector.outcomes(call, ours)
    with deps.sessions.begin() as session:
        answers = sum(1 for signal in signals if signal.post is not None)
        budgets.book_posts(session, deps, account, len(ours) + answers)
    return {state.id: state for state in states}, signals


def _watched(session: Session, account: Account, now: datetime) -> Sequence[Reply]:
    young = (Reply.posted_at > now - YOUNG) & (Reply.watched_at < now - YOUNG_EVERY)
    due = or_(Reply.watched_at.is_(None), young, Reply.watched_at < now - OLD_EVERY)
    found = (
        select(Reply)
        .where(Reply.account_id == account.id, Reply.state.in_(PUBLIC), Reply.posted_at > now - WATCHED_FOR, due)
        .order_by(Reply.watched_at.nulls_first(), Reply.id)
        .limit(AT_ONCE)
    )
    return session.scalars(found).all()


def _update_reply(
    deps: Deps, account: Account, reply_id: int, state: PostState | None, answers: Sequence[Post]
) -> None:
    with deps.sessions.begin() as session:
        reply = session.get_one(Reply, reply_id)
        mention = lock_thread_of(session, reply.mention_id)
        session.refresh(reply, with_for_update=True)
        reply.watched_at = deps.now()
        if reply.state not in PUBLIC or _is_being_mended(reply, deps.now()):
            return
        if state is not None and state.status in (PostStatus.DELETED, PostStatus.HIDDEN):
            _removed(session, deps, reply)
        elif reply.state is ReplyState.PENDING_REMOTE and state is not None and state.post is not None:
            reply.posted(external_id=state.post.id, url=state.post.url, at=deps.now())
            outbox.show(session, mention.id, at=deps.now())
        _keep_answers(session, deps, account, reply, mention, answers)


def _is_being_mended(reply: Reply, now: datetime) -> bool:
    """Whether we may be deleting it ourselves at this moment, which nobody shall take for a moderator's work."""
    return reply.mending_at is not None and reply.mending_at > now - MENDED_WITHIN


def _removed(session: Session, deps: Deps, reply: Reply) -> None:
    """It is gone and we did not take it away: a moderator did. The venue's limits tighten, visibly."""
    reply.after_posting(ReplyState.REMOVED, detail="It is no longer there, and we did not delete it.")
    session.add(Outcome(reply_id=reply.id, kind=OutcomeKind.REMOVED, seen_at=deps.now(), reason=reply.detail))
    limit = editing.after_removal(session, deps, reply)
    data = {"limit": limit.name}
    audit.record(session, "reply.removed", at=deps.now(), actor="system", subject=f"reply:{reply.id}", data=data)
    words = f"Reply no. {reply.id} was removed where it stood. Until further notice we speak there seldom."
    outbox.tell(session, deps.ops_channel, f"removed:{reply.id}", words, at=deps.now())
    outbox.show(session, reply.mention_id, at=deps.now())


def _keep_answers(
    session: Session, deps: Deps, account: Account, reply: Reply, mention: Mention, answers: Sequence[Post]
) -> None:
    site = Site.of(session, account)
    told, _ = fit(answers, at=deps.now())
    others = [each for each in told if not each.is_own and each.author.id not in site.own_ids and each.is_public]
    if not others:
        return
    store(session, site, others, at=deps.now())
    known = {
        post.external_id: post
        for post in session.scalars(
            select(PostRecord).where(
                PostRecord.platform == account.platform,
                PostRecord.site == account.site,
                PostRecord.external_id.in_([answer.id for answer in others]),
            )
        )
    }
    noted = set(session.scalars(select(Outcome.post_id).where(Outcome.reply_id == reply.id)))
    for answer in others:
        post = known[answer.id]
        if post.id not in noted:
            _note(session, deps, reply, mention, post)


def _note(session: Session, deps: Deps, reply: Reply, mention: Mention, post: PostRecord) -> None:
    kind, reason = meaning(post.text, mention.kind)
    if word := policies.opting_out(connector_of(deps, post.platform).spec.policy, post.text):
        kind, reason = OutcomeKind.OPTED_OUT, f"it says “{word}”"
    session.add(Outcome(reply_id=reply.id, kind=kind, seen_at=deps.now(), reason=reason, post_id=post.id))
    if kind is OutcomeKind.OPTED_OUT:
        editing.after_opt_out(session, deps, post.platform, post.author_external_id)
    elif kind is OutcomeKind.DISPUTED and (limit := editing.after_dispute(session, deps, reply)):
        outbox.tell(
            session, deps.ops_channel, f"disputed:{limit.name}:{limit.version}", limit_of(limit).reason, at=deps.now()
        )
    audit.record(
        session,
        "reply.outcome",
        at=deps.now(),
        actor="system",
        subject=f"reply:{reply.id}",
        data={"outcome": kind.value, "post": post.id},
        texts={"post": post.text, "quote": reason},
    )
    outbox.show(session, mention.id, at=deps.now())
