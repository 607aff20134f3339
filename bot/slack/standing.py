"""Where a mention stands, as one word that decides what its card says and offers."""

from datetime import datetime
from enum import StrEnum

from bot.models import MentionState, ReplyState
from bot.views import CardView, ReplyView


class Standing(StrEnum):
    """Everything a card can be."""

    OPEN = "open"
    CLAIMED = "claimed"
    FAILED = "failed"
    UNDOABLE = "undoable"
    LEAVING = "leaving"
    CHECKING = "checking"
    IN_DOUBT = "in_doubt"
    POSTED = "posted"
    PENDING = "pending"
    HANDED_OFF = "handed_off"
    EDITED = "edited"
    DELETED = "deleted"
    REMOVED = "removed"
    DISMISSED = "dismissed"
    JOINED = "joined"
    GONE = "gone"


_CLOSED = {
    MentionState.DISMISSED: Standing.DISMISSED,
    MentionState.JOINED: Standing.JOINED,
    MentionState.GONE: Standing.GONE,
}
_REPLIED = {
    ReplyState.SENDING: Standing.LEAVING,
    ReplyState.POSTED: Standing.POSTED,
    ReplyState.PENDING_REMOTE: Standing.PENDING,
    ReplyState.HANDED_OFF: Standing.HANDED_OFF,
    ReplyState.EDITED: Standing.EDITED,
    ReplyState.DELETED: Standing.DELETED,
    ReplyState.REMOVED: Standing.REMOVED,
}


def standing_of(view: CardView, now: datetime) -> Standing:
    """Return where this mention stands now."""
    if view.reply:
        replied = _of_reply(view.reply, now)
        if replied:
            return replied
    if view.state in _CLOSED:
        return _CLOSED[view.state]
    if view.claimed_by and view.claimed_until and view.claimed_until > now:
        return Standing.CLAIMED
    return Standing.FAILED if view.reply and view.reply.state is ReplyState.FAILED else Standing.OPEN


def _of_reply(reply: ReplyView, now: datetime) -> Standing | None:
    if reply.state is ReplyState.APPROVED:
        return Standing.UNDOABLE if reply.undo_until and reply.undo_until > now else Standing.LEAVING
    if reply.state is ReplyState.IN_DOUBT:
        return Standing.IN_DOUBT if reply.asked else Standing.CHECKING
    return _REPLIED.get(reply.state)
