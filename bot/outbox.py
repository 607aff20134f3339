"""What is to be shown in Slack: rows that wait, one for each subject and channel, and the drain that is asked for."""

from datetime import datetime

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot import queue
from bot.models import Card, Mention, Notice, OutboxState, Outgoing, Source

# Put together once, for every change of a card passes here.
_CHANNEL = select(
    func.coalesce(
        select(Card.channel).where(Card.mention_id == bindparam("mention")).scalar_subquery(),
        Mention.channel,
    )
).where(Mention.id == bindparam("mention"))
_ROW = (
    insert(Outgoing)
    .values(
        channel=bindparam("channel"),
        subject=bindparam("subject"),
        text=bindparam("words"),
        not_before=bindparam("at"),
        created_at=bindparam("at"),
        state=OutboxState.WAITING,
    )
    .on_conflict_do_nothing(index_elements=["channel", "subject"], index_where=text("state = 'waiting'"))
)


def show(session: Session, mention_id: int, *, at: datetime) -> None:
    """Ask for the card of a mention to be made or brought up to date, however often it changed since."""
    channel = session.execute(_CHANNEL, {"mention": mention_id}).scalar_one()
    _wait(session, channel, f"mention:{mention_id}", "", at)


def tell(session: Session, channel: str, subject: str, words: str, *, at: datetime) -> bool:
    """Tell the operators once, until `over`; returns whether it was news. Without a channel it is only noted."""
    row = insert(Notice).values(subject=subject, text=words, told_at=at)
    row = row.on_conflict_do_nothing(index_elements=["subject"], index_where=text("over_at is null"))
    notice_id = session.execute(row.returning(Notice.id)).scalar_one_or_none()
    if notice_id is not None and channel:
        _wait(session, channel, f"notice:{notice_id}", words, at)
    return notice_id is not None


def say(session: Session, channel: str, subject: str, words: str, *, at: datetime) -> None:
    """Say something once; `subject` is its own, so that it is not said twice while it waits."""
    _wait(session, channel, f"notice:{subject}", words, at)


def ask(session: Session, channel: str, question_id: int, words: str, *, at: datetime) -> None:
    """Put a question to a manager; `words` stand for it in the list of what waits."""
    _wait(session, channel, f"question:{question_id}", words, at)


def over(session: Session, channel: str, subject: str, words: str, *, at: datetime) -> None:
    """Tell that it is over, when it had been told."""
    notice = session.scalar(select(Notice).where(Notice.subject == subject, Notice.over_at.is_(None)))
    if notice is None:
        return
    notice.over_at = at
    if channel:
        _wait(session, channel, f"notice:{notice.id}:over", words, at)


def daily(session: Session, *, at: datetime) -> None:
    """Ask for the digest of the last day in every channel that has a source; links have no channel of their own."""
    channels = select(Source.channel).where(Source.channel != "").distinct().order_by(Source.channel)
    for channel in session.scalars(channels):
        _wait(session, channel, f"daily:{at:%Y-%m-%d}", "", at)


def due_channels(session: Session, *, at: datetime) -> list[str]:
    """Return the channels in which something waits that may be sent now."""
    # The `not_before` of a row that is being sent is its lease: past it, the process that sent it has died.
    unsent = Outgoing.state.in_([OutboxState.WAITING, OutboxState.SENDING])
    return list(session.scalars(select(Outgoing.channel).where(unsent, Outgoing.not_before <= at).distinct()))


def _wait(session: Session, channel: str, subject: str, words: str, at: datetime) -> None:
    session.execute(_ROW, {"channel": channel, "subject": subject, "words": words, "at": at})
    queue.drain(session, channel)
