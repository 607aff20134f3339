"""Reading what a card and a reply form show. Nothing is decided and nothing is formatted here."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot import checking, throttle
from bot.accounts import connector_of
from bot.deps import Deps
from bot.errors import NotFound
from bot.models import (
    Account,
    Draft,
    Employee,
    Mention,
    MentionState,
    Origin,
    PostRecord,
    Reply,
    ReplyState,
    Source,
    Venue,
)
from bot.permissions import Act, require
from bot.preconditions import permission
from bot.views import CardView, DraftView, Forecast, PostView, ReplyView
from connectors.base import Handoff, No, PostStatus, SourceKind

_FOLLOWS = {
    SourceKind.MENTIONS: "it mentions our account",
    SourceKind.SEARCH: "it matches our search “{query}”",
    SourceKind.HASHTAG: "it carries #{query}",
    SourceKind.FEED: "it came with the feed {query}",
    SourceKind.THREAD: "it stands in a thread we follow",
    SourceKind.WEBHOOK: "it was sent to us",
}

_ORIGINS = {
    Origin.FACT: "from the fact “{detail}”",
    Origin.PAST_REPLY: "from our reply no. {detail} to a post like this",
    Origin.TEMPLATE: "from a template",
    Origin.MODEL: "written by {detail}",
    Origin.PERSON: "by {detail}",
}


def card(deps: Deps, mention_id: int) -> CardView:
    """Return all that the card of a mention shows, as of now."""
    with deps.sessions() as session:
        mention = session.get(Mention, mention_id)
        if mention is None:
            raise NotFound("This conversation is no longer kept here. Its card can be ignored.")
        return card_of(session, deps, mention)


def card_of(session: Session, deps: Deps, mention: Mention) -> CardView:
    """Return the card of a mention within a transaction that is already open."""
    post = session.get_one(PostRecord, mention.post_id)
    source = session.get_one(Source, mention.source_id)
    account = session.get_one(Account, source.account_id)
    total, ours = thread_size(session, mention.thread_id)
    claimant = _person(session, mention.claimed_by_id) if _held(mention, deps.now()) else None
    dismisser = _person(session, mention.dismissed_by_id)
    permitted = permission(session, deps, account, post)
    reasons = mention.reasons
    fact = deps.facts.facts.get(str(reasons["fact"])) if deps.facts and "fact" in reasons else None
    return CardView(
        mention_id=mention.id,
        channel=mention.channel,
        state=mention.state,
        post=post_view(post),
        platform=connector_of(deps, post.platform).spec.title,
        venue=session.get_one(Venue, post.venue_id).name,
        source=source.name,
        why_here=_why(source),
        kind=mention.kind,
        kind_reason=str(reasons.get("kind", "")),
        mood=mention.mood,
        mood_reason=str(reasons.get("mood", "")),
        urgency=mention.urgency,
        language=mention.language or "",
        thread_posts=total,
        our_posts=ours,
        duplicates=_duplicates(session, mention),
        drafts=drafts_of(session, mention),
        forecast=forecast_of(session, deps, mention, post, account, None, ""),
        fact=fact.statement if fact else "",
        fact_source=fact.source_url if fact else "",
        fact_certainty=str(reasons.get("fact_label", "")),
        suspicious=mention.suspicious,
        claimed_by=claimant.name if claimant else "",
        claimed_by_slack=claimant.slack_user if claimant else "",
        claimed_until=mention.claimed_until if claimant else None,
        dismissed_by=dismisser.name if dismisser else "",
        dismissed_reason=mention.dismissed_reason,
        note=mention.note,
        reply=_reply_view(session, deps, mention),
        handoff_reason=permitted.reason if isinstance(permitted, Handoff | No) else "",
        handoff_url=permitted.url if isinstance(permitted, Handoff) else "",
    )


def _why(source: Source) -> str:
    return "somebody pasted its link" if source.is_for_links else _FOLLOWS[source.kind].format(query=source.query)


def post_view(post: PostRecord, approved_by: str = "") -> PostView:
    """Return a post as people see it."""
    return PostView(
        text=post.text,
        author=post.author_name or post.author_handle,
        handle=post.author_handle,
        url=post.url,
        created_at=post.created_at,
        is_own=post.is_own,
        edited_at=post.edited_at,
        is_gone=post.status in (PostStatus.DELETED, PostStatus.HIDDEN),
        approved_by=approved_by,
    )


def thread(deps: Deps, mention_id: int, *, by: Employee) -> tuple[PostView, ...]:
    """Return the conversation around a mention, oldest first, our own posts with the person who approved them."""
    require(by, Act.READ)
    with deps.sessions() as session:
        mention = session.get_one(Mention, mention_id)
        posts = session.scalars(
            select(PostRecord).where(PostRecord.thread_id == mention.thread_id).order_by(PostRecord.created_at)
        )
        approvers = dict(
            session.execute(
                select(Reply.external_id, Employee.name)
                .join(Employee, Employee.id == Reply.approved_by_id)
                .where(Reply.thread_id == mention.thread_id, Reply.external_id.is_not(None))
            ).all()
        )
        return tuple(post_view(post, approvers.get(post.external_id, "")) for post in posts)


def thread_size(session: Session, thread_id: int) -> tuple[int, int]:
    """Return how many posts we know of a thread, and how many of them are ours."""
    counts = select(func.count(), func.count().filter(PostRecord.is_own)).where(
        PostRecord.thread_id == thread_id, PostRecord.status != PostStatus.DELETED
    )
    total, ours = session.execute(counts).one()
    return total, ours


def drafts_of(session: Session, mention: Mention) -> tuple[DraftView, ...]:
    """Return the drafts of a mention, the newest of a person first, then in the order they were suggested."""
    drafts = session.scalars(select(Draft).where(Draft.mention_id == mention.id).order_by(Draft.id))
    by_person: list[Draft] = []
    suggested: list[Draft] = []
    for draft in drafts:
        (by_person if draft.origin is Origin.PERSON else suggested).append(draft)
    return tuple(_draft_view(session, draft) for draft in [*by_person[-1:], *suggested])


def forecast_of(
    session: Session,
    deps: Deps,
    mention: Mention,
    post: PostRecord,
    account: Account,
    person: Employee | None,
    text: str,
) -> Forecast:
    """Return what the limits would say if this were approved now."""
    employee_id = person.id if person else 0
    proposal = throttle.propose(session, mention, post, account, employee_id=employee_id, text=text)
    decision = throttle.forecast(session, proposal, deps.now())
    reasons = tuple(" ".join(filter(None, (reason.text, reason.suggestion))) for reason in decision.standing)
    return Forecast(verdict=decision.ruling.value, reasons=reasons, reopens_at=decision.reopens_at)


def _draft_view(session: Session, draft: Draft) -> DraftView:
    detail = draft.origin_detail
    if draft.origin is Origin.PERSON:
        author = _person(session, draft.written_by_id)
        detail = author.name if author else "somebody"
    return DraftView(
        id=draft.id,
        text=draft.text,
        origin=draft.origin,
        origin_text=_ORIGINS[draft.origin].format(detail=detail),
        findings=checking.findings_from(draft.verdict),
    )


def _duplicates(session: Session, mention: Mention) -> tuple[PostView, ...]:
    joined = (
        select(PostRecord)
        .join(Mention, Mention.post_id == PostRecord.id)
        .where(Mention.joined_to_id == mention.id)
        .order_by(PostRecord.created_at)
    )
    return tuple(post_view(post) for post in session.scalars(joined))


def _reply_view(session: Session, deps: Deps, mention: Mention) -> ReplyView | None:
    reply = session.scalar(select(Reply).where(Reply.mention_id == mention.id).order_by(Reply.id.desc()).limit(1))
    if reply is None or (mention.state is MentionState.OPEN and reply.state is not ReplyState.FAILED):
        return None
    approver = session.get_one(Employee, reply.approved_by_id)
    waiting = reply.state is ReplyState.APPROVED and reply.attempt == 0 and reply.not_before > deps.now()
    return ReplyView(
        id=reply.id,
        state=reply.state,
        text=reply.text,
        approved_by=approver.name,
        approved_by_slack=approver.slack_user,
        account=session.get_one(Account, reply.account_id).handle,
        url=reply.url,
        detail=reply.detail,
        undo_until=reply.not_before if waiting else None,
        asked=reply.asked_at is not None,
        posted_at=reply.posted_at,
    )


def _held(mention: Mention, now: datetime) -> bool:
    return mention.claimed_until is not None and mention.claimed_until > now


def _person(session: Session, employee_id: int | None) -> Employee | None:
    return session.get(Employee, employee_id) if employee_id is not None else None
