"""What keeps several processes from doing one thing twice: ticks, seen requests, and the Slack outbox."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Json, Record, stored


class Tick(Record):
    """One beat of the clock: whoever inserts it first does the work of that slot."""

    __tablename__ = "tick"
    __table_args__ = (Index(None, "at"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class SeenRequest(Record):
    """A Slack event or click, or a webhook's delivery, that was already taken: written with the work it caused, in one
    transaction, or before it. Then `body` holds what was acknowledged, until it is done; a process that dies leaves it
    to the next."""

    __tablename__ = "seen_request"
    __table_args__ = (
        Index(None, "at"),
        Index("ix_seen_request_undone", "at", postgresql_where=text("body is not null")),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    body: Mapped[Json | None] = mapped_column(JSONB(none_as_null=True), default=None)


class SlackToken(Record):
    """The bot token of the moment and the key to the next one, where Slack rotates tokens. `origin` tells from which
    installation they come: after another one they are worth nothing."""

    __tablename__ = "slack_token"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    origin: Mapped[str]
    sealed: Mapped[bytes]
    expires_at: Mapped[datetime]


class OutboxState(StrEnum):
    """Where a Slack message stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Outgoing(Record):
    """Something to show in a channel. The message is made when it is sent, from the record that `subject` names.

    So ten changes of a mention that wait together become one message. `subject` is such as `mention:12`.
    """

    __tablename__ = "slack_outbox"
    __table_args__ = (
        Index("uq_slack_outbox_waiting", "channel", "subject", unique=True, postgresql_where=text("state = 'waiting'")),
        Index(None, "state", "not_before"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    channel: Mapped[str]
    subject: Mapped[str]
    not_before: Mapped[datetime]
    created_at: Mapped[datetime]
    text: Mapped[str] = mapped_column(default="")
    state: Mapped[OutboxState] = mapped_column(stored(OutboxState, "state"), default=OutboxState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    detail: Mapped[str] = mapped_column(default="")
    sent_at: Mapped[datetime | None] = mapped_column(default=None)


class Card(Record):
    """Where a mention is shown. `digest` is the hash of what was last shown: equal means nothing to do."""

    __tablename__ = "card"
    __table_args__ = (Index("uq_card_place", "channel", "ts", unique=True, postgresql_where=text("ts is not null")),)

    mention_id: Mapped[int] = mapped_column(ForeignKey("mention.id"), primary_key=True)
    channel: Mapped[str]
    ts: Mapped[str | None] = mapped_column(default=None)
    digest: Mapped[str] = mapped_column(default="")
    attempted_at: Mapped[datetime | None] = mapped_column(default=None)
    shown_at: Mapped[datetime | None] = mapped_column(default=None)


class Notice(Record):
    """Something the operators were told about. It stays open until it is over, so that it is told once."""

    __tablename__ = "notice"
    __table_args__ = (Index("uq_notice_open", "subject", unique=True, postgresql_where=text("over_at is null")),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    subject: Mapped[str]
    text: Mapped[str]
    told_at: Mapped[datetime]
    over_at: Mapped[datetime | None] = mapped_column(default=None)
