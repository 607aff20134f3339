"""Others' posts, read again: what changed on its platform changes here, and what went there goes here in time."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, not_, or_, select, update
from sqlalchemy.orm import Session

from bot import audit, budgets, outbox, pacing, triage
from bot.accounts import call_for, connector_of, guarded
from bot.audit.holds import held
from bot.audit.purging import GONE, purge
from bot.cleaning import fit
from bot.deps import Deps
from bot.ledger import lock_thread_of, lock_threads
from bot.models import UNUSED, Account, Draft, Mention, MentionState, Origin, PostRecord, Source
from bot.models.conversation import CAN_GO
from connectors.base import Condition, ConnectorError, Post, PostState, PostStatus

log = logging.getLogger(__name__)

YOUNG = timedelta(hours=24)
YOUNG_EVERY = timedelta(minutes=10)
"""How often the posts of open mentions are read again while they are young, and after that."""
OLD_EVERY = timedelta(hours=1)
ROUNDS = 2
"""So many times each kept post is read again within its platform's deadline: one look may fail."""
AT_ONCE = 100
"""So many posts are read again in one go."""

TAKEN_AWAY = "Its author or a moderator took the post away. What it said is no longer kept here."
NOT_SEEN = (
    "The platform could not be asked for {hours} hours whether the post is still there. Its rules let us keep what it "
    "said no longer, so it is gone here. Open the platform to read it."
)


def refresh(deps: Deps, account: Account) -> None:
    """Read again what is due, bring it up to date here, and let go of what could not be read again in time."""
    with deps.sessions() as session:
        due = _due(session, deps, account, deps.now())
        asks = bool(due) and pacing.may_ask(session, deps, account, of_duty=True)
    if asks:
        _ask(deps, account, due)
    _let_go_of_the_unseen(deps, account)


def _ask(deps: Deps, account: Account, due: Sequence[PostRecord]) -> None:
    connector = connector_of(deps, account.platform)
    try:
        with guarded(account.platform):
            states = connector.refresh(call_for(deps, account), tuple(post.external_id for post in due))
    except ConnectorError as error:
        log.info("%s: posts could not be read again: %s", account.handle, error.detail)
        return
    told = {state.id: state for state in states}
    answered = [(post, told[post.external_id]) for post in due if post.external_id in told]
    with deps.sessions.begin() as session:
        budgets.book_posts(session, deps, account, len(due))
        seen = [post.id for post, state in answered if state.status not in GONE]
        session.execute(update(PostRecord).where(PostRecord.id.in_(seen)).values(checked_at=deps.now()))
    for post, state in answered:
        if state.post is not None and state.status not in GONE:
            _update(deps, post, state.post)
    _gone(deps, [(post.id, state) for post, state in answered if state.status in GONE])


def _due(session: Session, deps: Deps, account: Account, now: datetime) -> Sequence[PostRecord]:
    """Return the posts of open mentions that this account brought, then what its platform wants checked."""
    young = or_(PostRecord.created_at > now - YOUNG, PostRecord.seen_at > now - YOUNG)
    often = or_(_unseen_for(YOUNG_EVERY, now) & young, _unseen_for(OLD_EVERY, now))
    of_open = (
        _kept(account)
        .join(Mention, Mention.post_id == PostRecord.id)
        .join(Source, Source.id == Mention.source_id)
        .where(Mention.state == MentionState.OPEN, Source.account_id == account.id, often)
    )
    due = list(session.scalars(of_open.limit(AT_ONCE)))
    deadline = connector_of(deps, account.platform).spec.policy.purge_within
    if deadline is not None and len(due) < AT_ONCE and _looks_after(session, account):
        duty = _kept(account).where(
            _unseen_for(deadline / ROUNDS, now), PostRecord.id.not_in([post.id for post in due])
        )
        due += session.scalars(duty.limit(AT_ONCE - len(due)))
    return due


def _looks_after(session: Session, account: Account) -> bool:
    """Whether it falls to this account to check what its site brought: one is enough, the company's first."""
    first = (
        select(Account.id)
        .where(Account.platform == account.platform, Account.site == account.site, Account.condition == Condition.OK)
        .order_by(Account.employee_id.nulls_first(), Account.id)
        .limit(1)
    )
    return session.scalar(first) == account.id


def _kept(account: Account) -> "Select[PostRecord]":
    here = (PostRecord.platform == account.platform, PostRecord.site == account.site, CAN_GO)
    return select(PostRecord).where(*here).order_by(PostRecord.checked_at, PostRecord.id)


def _update(deps: Deps, known: PostRecord, now: Post) -> None:
    fitted, _ = fit((now,), at=deps.now())
    if not fitted or fitted[0].text == known.text:
        return
    with deps.sessions.begin() as session:
        mention = _locked(session, known.id)
        post = session.get_one(PostRecord, known.id, populate_existing=True)
        post.text, post.status = fitted[0].text, PostStatus.EDITED
        post.edited_at = fitted[0].edited_at or deps.now()
        subject = f"mention:{mention.id}" if mention else f"post:{post.id}"
        texts = {"post": post.text}
        audit.record(session, "post.edited", at=deps.now(), actor="system", subject=subject, texts=texts)
        if mention is None:
            return
        if mention.is_open:
            mention.note = "The post was edited after it came in."
        triage.edited(session, deps, mention, post)
        outbox.show(session, mention.joined_to_id or mention.id, at=deps.now())


def _gone(deps: Deps, went: Sequence[tuple[int, PostState]]) -> None:
    """What its author or a moderator took away is not kept here; our own decisions about it are."""
    if not went:
        return
    with deps.sessions.begin() as session:
        for post_id, state in sorted(went, key=lambda each: each[0]):
            mention = _locked(session, post_id)
            session.get_one(PostRecord, post_id).status = state.status
            _close(session, deps, mention, post_id, TAKEN_AWAY, state.status.value)
        session.flush()
        purge(session, [post_id for post_id, _ in went], at=deps.now())


def _let_go_of_the_unseen(deps: Deps, account: Account) -> None:
    """A post whose platform could not be asked until the deadline may have been deleted there: it goes."""
    deadline = connector_of(deps, account.platform).spec.policy.purge_within
    if deadline is None:
        return
    with deps.sessions.begin() as session:
        late = _kept(account).where(_unseen_for(deadline, deps.now()), not_(held(session).post(PostRecord.id)))
        posts = sorted(post.id for post in session.scalars(late.limit(AT_ONCE)))
        words = NOT_SEEN.format(hours=round(deadline.total_seconds() / 3600))
        for post_id in posts:
            _close(session, deps, _locked(session, post_id), post_id, words, "unseen")
        if posts:
            log.warning("%s: %s posts are let go, as they could not be read again", account.handle, len(posts))
            session.flush()
            purge(session, posts, at=deps.now())


def _close(session: Session, deps: Deps, mention: Mention | None, post_id: int, words: str, why: str) -> None:
    subject = f"mention:{mention.id}" if mention else f"post:{post_id}"
    audit.record(session, "post.gone", at=deps.now(), actor="system", subject=subject, data={"status": why})
    if mention is None:
        return
    # What a person typed goes too where it quotes the post; what they only built on it stays.
    session.execute(delete(Draft).where(Draft.mention_id == mention.id, Draft.origin != Origin.PERSON, UNUSED))
    if mention.is_open:
        mention.gone(words)
    elif mention.state is not MentionState.JOINED:
        mention.note = words
    outbox.show(session, mention.joined_to_id or mention.id, at=deps.now())


def _locked(session: Session, post_id: int) -> Mention | None:
    """Lock the thread of a post; returns its mention, if it is one."""
    mention_id = session.scalar(select(Mention.id).where(Mention.post_id == post_id))
    if mention_id is not None:
        return lock_thread_of(session, mention_id)
    lock_threads(session, session.scalars(select(PostRecord.thread_id).where(PostRecord.id == post_id)))
    return None


def _unseen_for(length: timedelta, now: datetime) -> ColumnElement[bool]:
    return PostRecord.checked_at <= now - length
