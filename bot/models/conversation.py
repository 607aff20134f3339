"""Threads, the posts in them, and the mentions that ask for our attention."""

import re
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, UniqueConstraint, func, literal_column, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from bot.errors import Conflict, IllegalMove
from bot.models.base import Json, Record, stored
from bot.models.people import Employee
from connectors.base import PostStatus


class Thread(Record):
    """The conversation a post belongs to: what throttles protect. Its row is what we lock before we decide."""

    __tablename__ = "thread"
    __table_args__ = (UniqueConstraint("platform", "site", "root_external_id"), Index(None, "venue_id"))

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    platform: Mapped[str]
    site: Mapped[str]
    root_external_id: Mapped[str]
    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id"))
    first_seen_at: Mapped[datetime]
    read_at: Mapped[datetime | None] = mapped_column(default=None)
    truncated: Mapped[bool] = mapped_column(default=False)


CAN_GO = text("not is_own and status in ('live', 'edited') and (text <> '' or author_handle <> '')")
"""Others' posts of which we still keep something: when they go upstream, they must go here."""


_UNSPEAKABLE = re.compile(r"[\\']")

_WORDS = "to_tsvector('simple', (((left(text, 50000) || ' ') || author_handle) || ' ') || author_name)"
"""What a post is found by. PostgreSQL takes no more than a megabyte of words, and no reader writes as many."""


class PostRecord(Record):
    """A post as we last read it. Other people's words live here and in no other table, so that they can be purged.

    `seen_at` is when it came, `checked_at` when its platform was last asked whether it is still there.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("platform", "site", "external_id"),
        Index(None, "thread_id", "created_at"),
        Index(None, "platform", "author_external_id"),
        Index("ix_post_due", "platform", "site", "checked_at", postgresql_where=CAN_GO),
        Index("ix_post_words", text(_WORDS), postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    platform: Mapped[str]
    site: Mapped[str]
    external_id: Mapped[str]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id"))
    author_external_id: Mapped[str]
    author_handle: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    author_name: Mapped[str] = mapped_column(default="")
    author_url: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    parent_external_id: Mapped[str | None] = mapped_column(default=None)
    edited_at: Mapped[datetime | None] = mapped_column(default=None)
    language: Mapped[str | None] = mapped_column(default=None)
    mentioned: Mapped[list[str]] = mapped_column(default_factory=list)
    is_own: Mapped[bool] = mapped_column(default=False)
    is_public: Mapped[bool] = mapped_column(default=True)
    status: Mapped[PostStatus] = mapped_column(stored(PostStatus, "status"), default=PostStatus.LIVE)
    checked_at: Mapped[datetime | None] = mapped_column(default=None)

    @staticmethod
    def says(words: str) -> ColumnElement[bool]:
        """Posts that have all these words, or words that begin so, in their text or as their author's name."""
        quoted = ("'" + _UNSPEAKABLE.sub(r"\\\g<0>", word) + "':*" for word in words.split())
        return literal_column(f"({_WORDS})").op("@@")(func.to_tsquery("simple", " & ".join(quoted)))


class MentionState(StrEnum):
    """Where a mention stands. The first three are the queues of the stops on its way to a card."""

    COLLECTED = "collected"
    TRIAGED = "triaged"
    OPEN = "open"
    ANSWERED = "answered"
    DISMISSED = "dismissed"
    JOINED = "joined"
    GONE = "gone"


class MentionKind(StrEnum):
    """What a mention is, as far as triage can tell."""

    QUESTION = "question"
    COMPLAINT = "complaint"
    PRAISE = "praise"
    FALSE_CLAIM = "false_claim"
    LEAD = "lead"
    OTHER = "other"


class Mood(StrEnum):
    """How the author seems to feel."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class Urgency(StrEnum):
    """How soon somebody should look."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


_FACT = text("(reasons ->> 'fact')")
"""Which fact a post contradicts, or may."""


class Mention(Record):
    """A post that concerns us: the unit of work, shown on one card."""

    __tablename__ = "mention"
    __table_args__ = (
        Index(None, "state", "id"),
        Index(None, "thread_id"),
        Index(None, "source_id", "id"),
        Index(None, "joined_to_id"),
        Index(None, "bands", postgresql_using="gin"),
        Index("ix_mention_fact", _FACT, "id", postgresql_where=text("reasons ->> 'fact' is not null")),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), unique=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    channel: Mapped[str]
    collected_at: Mapped[datetime]
    state: Mapped[MentionState] = mapped_column(stored(MentionState, "state"), default=MentionState.COLLECTED)
    kind: Mapped[MentionKind] = mapped_column(stored(MentionKind, "kind"), default=MentionKind.OTHER)
    mood: Mapped[Mood] = mapped_column(stored(Mood, "mood"), default=Mood.NEUTRAL)
    urgency: Mapped[Urgency] = mapped_column(stored(Urgency, "urgency"), default=Urgency.NORMAL)
    language: Mapped[str | None] = mapped_column(default=None)
    reasons: Mapped[Json] = mapped_column(default_factory=dict)
    bands: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), default_factory=list)
    suspicious: Mapped[str] = mapped_column(default="")
    joined_to_id: Mapped[int | None] = mapped_column(ForeignKey("mention.id"), default=None)
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)
    claimed_until: Mapped[datetime | None] = mapped_column(default=None)
    dismissed_by_id: Mapped[int | None] = mapped_column(ForeignKey("employee.id"), default=None)
    dismissed_reason: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")

    @property
    def is_open(self) -> bool:
        """Whether somebody may still act on it."""
        return self.state in (MentionState.TRIAGED, MentionState.OPEN)

    def claimed_by_other(self, person: Employee, *, at: datetime) -> bool:
        """Whether somebody else holds it now."""
        held = self.claimed_until is not None and self.claimed_until > at
        return held and self.claimed_by_id != person.id

    def claim(self, person: Employee, *, at: datetime, lasting: timedelta) -> None:
        """Take it for a while; taking it again makes the while longer."""
        self._must_be_open("claim")
        if self.claimed_by_other(person, at=at):
            raise Conflict("Somebody else has claimed this. It is free again when their claim ends or they release it.")
        self.claimed_by_id = person.id
        self.claimed_until = at + lasting

    def release(self, person: Employee, *, at: datetime) -> None:
        """Give it back."""
        if self.claimed_by_other(person, at=at):
            raise Conflict("Only the person who claimed this can release it.")
        self.claimed_by_id = None
        self.claimed_until = None

    def dismiss(self, person: Employee, reason: str) -> None:
        """Decide for silence, with a reason."""
        self._must_be_open("dismiss")
        self.state = MentionState.DISMISSED
        self.dismissed_by_id = person.id
        self.dismissed_reason = reason

    def reopen(self, note: str) -> None:
        """Put it back before people, and say why."""
        self.state = MentionState.OPEN
        self.note = note

    def answer(self) -> None:
        """A reply was approved."""
        self._must_be_open("answer")
        self.state = MentionState.ANSWERED
        self.note = ""

    def gone(self, note: str) -> None:
        """The post is no longer there."""
        self.state = MentionState.GONE
        self.note = note

    def _must_be_open(self, move: str) -> None:
        if not self.is_open:
            raise IllegalMove(f"You cannot {move} this: it is already {self.state.value}.")
