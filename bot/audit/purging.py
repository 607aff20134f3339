"""Letting go of posts that are no longer theirs to read: what they said, and every place here that repeats it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import orjson
from sqlalchemy import String, cast, not_, select, update
from sqlalchemy.orm import Session

from bot.audit.erasure import THIRD_PARTY, Spans, erase
from bot.audit.holds import LOCK, Held, held
from bot.audit.retention import changed, empty_posts
from bot.audit.selection import subjects_of
from bot.database import advisory_lock
from bot.models.audit import AuditEntry, AuditText
from bot.models.conversation import Mention, PostRecord
from bot.models.outcomes import Outcome
from bot.models.replies import Draft, Reply
from connectors.base import PostStatus

GONE = (PostStatus.DELETED, PostStatus.HIDDEN)
QUOTED_WORDS = 5
"""A draft that shares so many words in a row with a post quotes it."""

_There = tuple[int, str]
"""A text of the record: its entry and its field."""


def purge_deleted(session: Session, *, at: datetime) -> int:
    """Empty the posts that are gone from their platform, and what the record quotes of them; returns how many posts.

    Platforms give a day or two for it: call it every hour. What a hold covers stays; that is counsel's decision.
    """
    there = (PostRecord.text != "") | (PostRecord.author_handle != "")
    gone = select(PostRecord.id).where(PostRecord.status.in_(GONE), PostRecord.is_own.is_(False), there)
    return purge(session, session.scalars(gone).all(), at=at)


def purge(session: Session, post_ids: Sequence[int], *, at: datetime) -> int:
    """Empty some posts of others and every text that repeats them, except for what is our own record: the replies that
    we made. Returns how many posts were emptied; the last thing to do in a transaction."""
    advisory_lock(session, LOCK)
    kept = held(session)
    chosen = select(PostRecord).where(PostRecord.id.in_(post_ids), not_(kept.post(PostRecord.id)))
    posts = session.scalars(chosen.execution_options(populate_existing=True)).all()
    if not posts:
        return 0
    ids = [post.id for post in posts]
    texts: set[_There] = {*_theirs(session, ids, kept), *_in_threads(session, posts, kept)}
    texts |= {*_in_outcomes(session, ids, kept), *_empty_drafts(session, posts, kept)}
    count = changed(session, empty_posts(PostRecord.id.in_(ids), kept))[-1]
    changed(session, [update(Outcome).where(Outcome.post_id.in_(ids)).values(reason="")])
    session.expire_all()
    if count or texts:
        data = {"posts": count, "texts": len(texts)}
        erase(session, "erasure.platform", _spans(texts), at=at, actor="system", subject="record:all", data=data)
    return count


def quotes(text: str, post: str) -> bool:
    """Whether a text repeats so much of a post that it must go with it."""
    words, said = text.casefold().split(), post.casefold().split()
    run = min(QUOTED_WORDS, len(said))
    if not run:
        return False
    known = {tuple(said[start : start + run]) for start in range(len(said) - run + 1)}
    return any(tuple(words[start : start + run]) in known for start in range(len(words) - run + 1))


def _theirs(session: Session, ids: Sequence[int], kept: Held) -> Iterator[_There]:
    """What entries about their mentions, and about our replies to them, say in their words."""
    about = AuditEntry.subject.in_(subjects_of(PostRecord.id.in_(ids)))
    found = select(AuditText.seq, AuditText.field).join(AuditEntry, AuditEntry.seq == AuditText.seq)
    yield from session.execute(found.where(about, THIRD_PARTY, not_(kept.entries)))


def _in_threads(session: Session, posts: Sequence[PostRecord], kept: Held) -> Iterator[_There]:
    """The conversations that were kept with approvals, where these posts stand in them, as they are now or were."""
    lines = {f"{post.created_at.astimezone(UTC):%Y-%m-%d %H:%M} {post.author_handle}: " for post in posts}
    threads = select("reply:" + cast(Reply.id, String)).where(Reply.thread_id.in_({post.thread_id for post in posts}))
    found = (
        select(AuditText.seq, AuditText.field, AuditText.text)
        .join(AuditEntry, AuditEntry.seq == AuditText.seq)
        .where(AuditEntry.subject.in_(threads), AuditText.field == "thread", not_(kept.entries))
    )
    for seq, field, text in session.execute(found):
        if any(line in text for line in lines):
            yield seq, field


def _in_outcomes(session: Session, ids: Sequence[int], kept: Held) -> Iterator[_There]:
    """What was noted of them as answers to replies of ours."""
    answered = select("reply:" + cast(Outcome.reply_id, String)).where(Outcome.post_id.in_(ids))
    found = (
        select(AuditText.seq, AuditText.field, AuditEntry.body)
        .join(AuditEntry, AuditEntry.seq == AuditText.seq)
        .where(AuditEntry.subject.in_(answered), AuditEntry.kind == "reply.outcome", not_(kept.entries))
    )
    for seq, field, body in session.execute(found):
        if orjson.loads(body)["data"].get("post") in ids:
            yield seq, field


def _empty_drafts(session: Session, posts: Sequence[PostRecord], kept: Held) -> Iterator[_There]:
    """Empty the drafts that quote them and became no reply, and yield what the record holds of those."""
    said = {post.id: post.text for post in posts}
    unused = (
        select(Draft, Mention.post_id)
        .join(Mention, Mention.id == Draft.mention_id)
        .where(Mention.post_id.in_(said), Draft.id.not_in(select(Reply.draft_id)), not_(kept.mention(Mention.id)))
    )
    quoting = [draft for draft, post_id in session.execute(unused) if quotes(draft.text, said[post_id])]
    for draft in quoting:
        draft.text, draft.verdict, draft.forecast = "", {}, {}
    session.flush()
    emptied = {draft.id for draft in quoting}
    written = (
        select(AuditText.seq, AuditText.field, AuditEntry.body)
        .join(AuditEntry, AuditEntry.seq == AuditText.seq)
        .where(AuditEntry.subject.in_({f"mention:{draft.mention_id}" for draft in quoting}))
        .where(AuditEntry.kind == "draft.written", not_(kept.entries))
    )
    for seq, field, body in session.execute(written):
        if orjson.loads(body)["data"].get("draft") in emptied:
            yield seq, field


def _spans(texts: set[_There]) -> Spans:
    spans: Spans = {}
    for seq, field in sorted(texts):
        spans.setdefault(field, []).append((seq, seq))
    return spans
