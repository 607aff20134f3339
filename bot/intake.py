"""Reading sources: posts in, mentions stored, the cursor advanced in the same transaction."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, and_, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.orm import Session

from bot import audit, budgets, outbox, pacing, policies, queue, renewing
from bot.accounts import connector_of
from bot.cleaning import fit
from bot.deps import Deps
from bot.ledger import Site, settle_thread, store
from bot.models import Account, Mention, PostRecord, Reply, Source, SourceState
from connectors.base import Capability, ConnectorError, Cursor, Fault, Followed, Page, Post, SourceKind

log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=15)
FEW = 20
"""Up to so many new mentions at once, their conversations are read before anybody sees a card; above, after."""
OVER_BUDGET_PAUSE = timedelta(hours=1)
"""How long a platform is left alone that says we have used up what we pay for."""
LONGEST_CURSOR = 100_000
"""A longer one is a connector's mistake that would grow with every look."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What one look at a source brought."""

    mentions: tuple[int, ...] = ()
    skipped: int = 0
    failed: Fault | None = None


def collect(deps: Deps, source_id: int) -> Collected:
    """Read what is new in a source. A platform that fails is tried again later, and told of once."""
    with deps.sessions.begin() as session:
        source = session.get(Source, source_id)
        if source is None or not _may_read(source, deps.now()):
            return Collected()
        account = session.get_one(Account, source.account_id)
        if _is_held(session, deps, source, account):
            return Collected()
    followed = Followed(source.kind, source.query)
    cursor = Cursor(source.cursor) if source.cursor is not None else None
    try:
        page = fetched(deps, account, followed, cursor)
    except ConnectorError as error:
        return _failed(deps, source_id, error)
    for skipped in page.skipped:
        log.warning("%s: post %s was skipped: %s", source.name, skipped.id, skipped.reason)
    return _store(deps, source_id, source.cursor, account, page)


def gather_context(deps: Deps, mention_id: int) -> None:
    """Read the conversation around a mention and keep it. Without it the mention stays as it is."""
    with deps.sessions() as session:
        mention = session.get_one(Mention, mention_id)
        source = session.get_one(Source, mention.source_id)
        account = session.get_one(Account, source.account_id)
        post_id = session.get_one(PostRecord, mention.post_id).external_id
        if not pacing.may_ask(session, deps, account):
            log.info("%s: the conversation around %s is not read: what is left is kept for more", source.name, post_id)
            return
    connector = connector_of(deps, account.platform)
    try:
        thread = renewing.read(deps, account, lambda call: connector.thread(call, post_id))
    except ConnectorError as error:
        log.info("%s: the conversation around %s could not be read: %s", source.name, post_id, error.detail)
        return
    if not fit(thread.posts, at=deps.now())[0]:
        return
    with deps.sessions.begin() as session:
        budgets.book_posts(session, deps, account, len(thread.posts))
        pacing.note(session, account, Capability.THREAD.value, thread.allowance, at=deps.now())
        kept = settle_thread(session, Site.of(session, account), thread.root_id, thread.posts, at=deps.now())
        kept.truncated = thread.truncated


def fetched(deps: Deps, account: Account, followed: Followed, cursor: Cursor | None) -> Page:
    """Return a page of posts that are fit to keep; raises `ConnectorError` for everything that is amiss."""
    connector = connector_of(deps, account.platform)
    if (refused := policies.unapproved(connector.spec, account)) is not None:
        raise ConnectorError(Fault.FORBIDDEN_BY_POLICY, f"{refused.reason} (see {refused.source})")
    page = renewing.read(deps, account, lambda call: connector.fetch(call, followed, cursor))
    if page.cursor is not None and (len(page.cursor) > LONGEST_CURSOR or "\0" in page.cursor):
        what = f"The connector gave a cursor of {len(page.cursor)} characters that cannot be kept."
        raise ConnectorError(Fault.INVALID, what)
    posts, unfit = fit(page.posts, at=deps.now())
    return replace(page, posts=posts, skipped=(*page.skipped, *unfit))


def keep(session: Session, deps: Deps, source: Source, account: Account, page: Page) -> Collected:
    """Keep a page that is fit, and ask for work on it, in the transaction of whoever has locked its source."""
    now = deps.now()
    site = Site.of(session, account)
    public = _with_ours_marked(session, site, [post for post in page.posts if post.is_public])
    store(session, site, public, at=now)
    ours = {post.id for post in public if post.is_own or post.author.id in site.own_ids}
    mentions = _mention(session, source, [post.id for post in public if post.id not in ours], site, now)
    if source.read(page.cursor, at=now, skipped=len(page.skipped)):
        outbox.over(session, deps.ops_channel, _trouble(source), f"{source.name} can be read again.", at=now)
    if (slowed := pacing.pace(session, deps, source, account)) is not None:
        source.not_before, source.pace = slowed.not_before, slowed.words
    if not page.complete:
        queue.collect(session, source.id)
    _ask_for_work(session, mentions)
    if mentions or page.skipped:
        data = {"mentions": list(mentions), "skipped": len(page.skipped), "gap": page.gap}
        audit.record(session, "source.read", at=now, actor="system", subject=f"source:{source.id}", data=data)
    return Collected(mentions=mentions, skipped=len(page.skipped))


def due_sources(session: Session, *, at: datetime) -> Sequence[tuple[int, int]]:
    """Return the sources that may be looked at now, each with the number of the slot that now falls into.

    Those of webhooks are not looked at: what they bring is sent.
    """
    free = or_(Source.not_before.is_(None), Source.not_before <= at)
    asked = Source.kind != SourceKind.WEBHOOK
    active = select(Source.id, Source.poll_seconds).where(Source.state == SourceState.ACTIVE, free, asked)
    return [(source_id, int(at.timestamp()) // pause) for source_id, pause in session.execute(active)]


def _is_held(session: Session, deps: Deps, source: Source, account: Account) -> bool:
    """Whether no request or no money is left for reading; the source says so until it is read again."""
    held = pacing.hold(session, deps, source, account)
    if held is not None:
        source.not_before, source.pace = held.not_before, held.words
    return held is not None


def _may_read(source: Source, now: datetime) -> bool:
    waiting = source.not_before is not None and source.not_before > now
    return source.state is SourceState.ACTIVE and not waiting


def _store(deps: Deps, source_id: int, read_from: str | None, account: Account, page: Page) -> Collected:
    with deps.sessions.begin() as session:
        source = session.get_one(Source, source_id, with_for_update=True)
        pacing.note(session, account, source.kind.value, page.allowance, at=deps.now())
        budgets.book_page(session, deps, account, page)
        if source.cursor != read_from:
            # Somebody else read the same page at the same time and was first; nothing is lost by letting go.
            return Collected()
        return keep(session, deps, source, account, page)


def _with_ours_marked(session: Session, site: Site, posts: Sequence[Post]) -> list[Post]:
    """Mark what we posted by hand from accounts that are not connected: known by the links that people brought back."""
    ids, addresses = [post.id for post in posts], [post.url for post in posts if post.url]
    known = or_(
        Reply.external_id == any_(literal(ids, ARRAY(Text))),
        and_(Reply.external_id == "", Reply.url == any_(literal(addresses, ARRAY(Text)))),
    )
    found = session.execute(
        select(Reply.external_id, Reply.url)
        .join(Account, Account.id == Reply.account_id)
        .where(Account.platform == site.platform, Account.site == site.address, known)
    ).all()
    ours = {one for row in found for one in row if one}
    return [replace(post, is_own=True) if {post.id, post.url} & ours else post for post in posts]


def _mention(session: Session, source: Source, post_ids: Sequence[str], site: Site, now: datetime) -> tuple[int, ...]:
    heard: dict[str, ColumnElement[Any]] = {
        "post_id": PostRecord.id.expression,
        "thread_id": PostRecord.thread_id.expression,
        "source_id": literal(source.id),
        "channel": literal(source.channel),
        "collected_at": literal(now),
        "reasons": literal({}, JSONB),
        "bands": literal([], ARRAY(BigInteger)),
    }
    posts = (
        select(*heard.values())
        .where(PostRecord.platform == site.platform, PostRecord.site == site.address)
        .where(PostRecord.external_id == any_(literal(list(post_ids), ARRAY(Text))))
        .order_by(PostRecord.created_at, PostRecord.id)
    )
    added = insert(Mention).from_select(list(heard), posts).on_conflict_do_nothing(index_elements=["post_id"])
    return tuple(sorted(session.scalars(added.returning(Mention.id))))


def _ask_for_work(session: Session, mentions: Sequence[int]) -> None:
    queue.prepare(session, mentions)
    if len(mentions) > FEW:
        queue.context(session, mentions)


def _failed(deps: Deps, source_id: int, error: ConnectorError) -> Collected:
    now = deps.now()
    with deps.sessions.begin() as session:
        source = session.get_one(Source, source_id, with_for_update=True)
        retry_at = error.retry_at or now + _pause(error.fault, source.failures, deps.jitter())
        if error.fault is Fault.RATE_LIMITED:
            account = session.get_one(Account, source.account_id)
            pacing.note_refusal(session, account, source.kind.value, error.retry_at, at=now)
        news = source.failed(error.fault, error.detail, retry_at=retry_at)
        log.warning("%s cannot be read (%s): %s", source.name, error.fault.value, error.detail)
        if error.fault is Fault.AUTH:
            # One word about the account for all that it reads.
            renewing.refused(session, deps, session.get_one(Account, source.account_id), error.detail)
        elif news:
            outbox.tell(session, deps.ops_channel, _trouble(source), _complaint(source, error), at=now)
        if news:
            data = {"fault": error.fault.value, "detail": error.detail}
            audit.record(session, "source.failed", at=now, actor="system", subject=f"source:{source_id}", data=data)
    return Collected(failed=error.fault)


def _pause(fault: Fault, failures: int, jitter: float) -> timedelta:
    if fault is Fault.OVER_BUDGET:
        return OVER_BUDGET_PAUSE
    longest: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures, 10))
    return longest * (0.5 + jitter / 2)


def _trouble(source: Source) -> str:
    return f"source:{source.id}"


def _complaint(source: Source, error: ConnectorError) -> str:
    if source.state is SourceState.NEEDS_ATTENTION:
        return (
            f"{source.name} needs attention: {error.detail} It is not read until somebody has mended it "
            f"(chorus sources resume {source.id}). All other sources go on."
        )
    return f"{source.name} cannot be read: {error.detail} It is tried again by itself; this is said once."
