"""Shortcuts: “Draft a reply” on a message of ours that shows a mention, and “Handle this link” from anywhere."""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import select

from bot.errors import NotFound
from bot.models import Card
from bot.permissions import Act
from bot.slack import linking, replying
from bot.slack.visit import Listener, Visit

DRAFT = "draft_reply"
LINK = "handle_link"


def draft(visit: Visit) -> None:
    """Open the reply window for the mention that a message shows."""
    message = visit.body["message"]
    place = (str(visit.body["channel"]["id"]), str(message.get("thread_ts") or message["ts"]))
    with visit.deps.sessions() as session:
        mention_id = session.scalar(select(Card.mention_id).where(Card.channel == place[0], Card.ts == place[1]))
    if mention_id is None:
        raise NotFound(visit.words("shortcut.no_card"))
    replying.open_for(visit, mention_id)


SHORTCUTS: Mapping[str, Listener] = MappingProxyType(
    {DRAFT: Listener(Act.REPLY, draft), LINK: Listener(Act.REPLY, linking.open_window)}
)
