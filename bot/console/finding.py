"""Finding conversations, and reading one with everything that we decided in it."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.audit import selection, story
from bot.audit.story import Step
from bot.deps import Deps
from bot.errors import NotFound
from bot.models import (
    AuditEntry,
    Employee,
    Mention,
    MentionKind,
    MentionState,
    Mood,
    PostRecord,
    Reply,
    Source,
    Urgency,
    Venue,
)
from bot.showing import post_view
from bot.views import PostView

PAGE = 40
MOST_POSTS = 500
DECISIONS = (
    "mention.claimed",
    "mention.released",
    "mention.taken_over",
    "mention.dismissed",
    "mention.reopened",
    "reply.approved",
    "reply.handed_off",
    "reply.handoff_finished",
    "reply.handoff_given_up",
    "reply.undone",
    "reply.posted",
    "reply.pending_remote",
    "reply.in_doubt",
    "reply.found",
    "reply.post_again",
    "reply.dropped",
    "reply.failed",
    "reply.cancelled",
    "reply.thawed",
    "reply.edited",
    "reply.deleted",
    "reply.removed",
    "reply.reviewed",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations. What is left empty does not narrow; `until` itself is no longer included."""

    words: str = ""
    state: MentionState | None = None
    kind: MentionKind | None = None
    mood: Mood | None = None
    urgency: Urgency | None = None
    venue: int | None = None
    source: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A conversation in a list; what stands in `post` is untrusted."""

    mention_id: int
    post: PostView
    venue: str
    state: MentionState
    kind: MentionKind
    mood: Mood
    urgency: Urgency
    handled_by: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Conversations, newest first; `before` asks for the next page and is None when there is none."""

    lines: tuple[Line, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class Moment:
    """Something in a thread: a post, or a decision of ours."""

    at: datetime
    post: PostView | None = None
    is_asked: bool = False
    reply_id: int | None = None
    step: Step | None = None


def find(session: Session, wanted: Wanted, *, before: int | None = None, most: int = PAGE) -> Lines:
    """Return the newest conversations that fit, older than mention `before` where it is given."""
    query = _lines().where(*_conditions(wanted)).order_by(Mention.id.desc()).limit(most + 1)
    if before is not None:
        query = query.where(Mention.id < before)
    if wanted.words:
        query = query.where(PostRecord.says(wanted.words))
    rows = session.execute(query).all()
    lines = tuple(_line(mention, post, venue, name) for mention, post, venue, name in rows[:most])
    return Lines(lines, before=lines[-1].mention_id if len(rows) > most else None)


def _lines() -> "Select[Mention, PostRecord, str, str]":
    newest = (
        select(Employee.name)
        .join(Reply, Reply.approved_by_id == Employee.id)
        .where(Reply.mention_id == Mention.id)
        .order_by(Reply.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    silent = select(Employee.name).where(Employee.id == Mention.dismissed_by_id).scalar_subquery()
    return (
        select(Mention, PostRecord, Venue.name, func.coalesce(silent, newest, literal("")))
        .join(PostRecord, PostRecord.id == Mention.post_id)
        .join(Venue, Venue.id == PostRecord.venue_id)
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    exact: Sequence[tuple[object, InstrumentedAttribute[Any]]] = (
        (wanted.state, Mention.state),
        (wanted.kind, Mention.kind),
        (wanted.mood, Mention.mood),
        (wanted.urgency, Mention.urgency),
        (wanted.venue, PostRecord.venue_id),
        (wanted.source, Mention.source_id),
    )
    demanded = [column == value for value, column in exact if value is not None]
    if wanted.since is not None:
        demanded.append(Mention.collected_at >= wanted.since)
    if wanted.until is not None:
        demanded.append(Mention.collected_at < wanted.until)
    return demanded


def _line(mention: Mention, post: PostRecord, venue: str, name: str) -> Line:
    return Line(
        mention_id=mention.id,
        post=post_view(post),
        venue=venue,
        state=mention.state,
        kind=mention.kind,
        mood=mention.mood,
        urgency=mention.urgency,
        handled_by=name,
    )


def choices(session: Session) -> dict[str, list[tuple[int, str]]]:
    """Return the venues and sources that a person may narrow by."""
    venues = session.execute(select(Venue.id, Venue.name).order_by(Venue.name).limit(500))
    sources = session.execute(select(Source.id, Source.name).order_by(Source.name).limit(500))
    return {"venues": [(row.id, row.name) for row in venues], "sources": [(row.id, row.name) for row in sources]}


def thread(deps: Deps, mention_id: int) -> tuple[Moment, ...]:
    """Return the conversation around a mention in the order of time, with our decisions where they were made."""
    with deps.sessions() as session:
        mention = session.get(Mention, mention_id)
        if mention is None:
            raise NotFound("There is no such conversation, or it is no longer kept.")
        posts = _posts(session, mention)
        public = {moment.reply_id for moment in posts}
        decisions = [each for each in _decisions(session, mention) if not _stands_there(each, public)]
    return tuple(sorted([*decisions, *posts], key=lambda each: each.at))


def _stands_there(moment: Moment, public: Set[int | None]) -> bool:
    """Whether the post itself says it: it came to be public."""
    return moment.step is not None and moment.step.kind == "reply.posted" and moment.reply_id in public


def _posts(session: Session, mention: Mention) -> list[Moment]:
    ours = {
        external_id: (reply_id, name)
        for external_id, reply_id, name in session.execute(
            select(Reply.external_id, Reply.id, Employee.name)
            .join(Employee, Employee.id == Reply.approved_by_id)
            .where(Reply.thread_id == mention.thread_id, Reply.external_id.is_not(None))
        )
    }
    posts = select(PostRecord).where(PostRecord.thread_id == mention.thread_id)
    found = []
    for post in session.scalars(posts.order_by(PostRecord.created_at, PostRecord.id).limit(MOST_POSTS)):
        reply_id, name = ours.get(post.external_id, (None, ""))
        found.append(Moment(post.created_at, post_view(post, name), post.id == mention.post_id, reply_id))
    return found


def _decisions(session: Session, mention: Mention) -> list[Moment]:
    mentions = select(literal("mention:", String()) + cast(Mention.id, String()))
    replies = select(literal("reply:", String()) + cast(Reply.id, String()))
    about = or_(
        AuditEntry.subject.in_(mentions.where(Mention.thread_id == mention.thread_id)),
        AuditEntry.subject.in_(replies.where(Reply.thread_id == mention.thread_id)),
    )
    found = list(selection.fetch(session, about, AuditEntry.kind.in_(DECISIONS)))
    told = story.tell(session, found)
    return [
        Moment(step.at, step=step, reply_id=_reply_of(entry.subject)) for entry, step in zip(found, told, strict=True)
    ]


def _reply_of(subject: str) -> int | None:
    kind, _, number = subject.partition(":")
    return int(number) if kind == "reply" and number.isdigit() else None
