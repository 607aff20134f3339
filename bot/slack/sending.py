"""The calls that put something into a channel: a card made once and then kept up to date, a text, a digest."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import orjson
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy.dialects.postgresql import insert

from bot import asking as asking_service
from bot import desk, showing
from bot.deps import Deps
from bot.models import Card, QuestionState
from bot.slack import asking, cards, digest
from bot.slack.blocks import Json, Message
from bot.slack.text import escaped
from bot.slack.trouble import BAD_BLOCKS, MESSAGE_LOST, code_of
from bot.slack.words import Words
from bot.views import CardView

CLOCKS_APART = timedelta(minutes=2)
"""By so much Slack's clock and ours may differ when a lost message is looked for."""

MOST_PAGES = 5
_LONGEST_TEXT = 3900

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Out:
    """A channel, and the means to write to it. Every method returns whether a message was sent."""

    deps: Deps
    client: WebClient
    channel: str
    words: Words

    def card(self, mention_id: int) -> bool:
        """Show a mention as it is now: on its one card, which is posted if there is none yet."""
        view = showing.card(self.deps, mention_id)
        message = cards.card(view, self.deps.now(), self.words)
        digested = sha256(orjson.dumps([message.text, message.blocks])).hexdigest()
        place = self._place(mention_id)
        if place.ts and place.digest == digested:
            return False
        ts = place.ts or self._lost(place)
        if not (ts and self._update(ts, view, message)):
            ts = self._post_card(view, message)
        self._shown(mention_id, ts, digested)
        return True

    def text(self, row_id: int, text: str, *, since: datetime | None) -> bool:
        """Post words made elsewhere, escaped. With `since` it may be out already, and is looked for first."""
        shown = escaped(self.words.said(text), _LONGEST_TEXT)
        return self._once(Message(shown, ()), "chorus_notice", row_id, since)

    def question(self, row_id: int, question_id: int, *, since: datetime | None) -> bool:
        """Put a question to a manager; nothing when another one has answered it meanwhile."""
        view = asking_service.view(self.deps, question_id)
        if view.state is not QuestionState.OPEN:
            return False
        return self._once(asking.message(view, self.words), "chorus_question", row_id, since)

    def digest(self, row_id: int, mention_ids: tuple[int, ...], *, since: datetime | None) -> bool:
        """Post one list in place of many cards."""
        message = digest.message(self.deps, mention_ids, self.words)
        return self._once(message, "chorus_digest", row_id, since)

    def daily(self, row_id: int, asked_at: datetime, *, since: datetime | None) -> bool:
        """Post what the channel had in the day before it was asked for; nothing on a day without anything to tell."""
        view = desk.day(self.deps, self.channel, until=asked_at)
        if not view.arrived and not view.still_open:
            return False
        return self._once(digest.daily(view, self.words), "chorus_daily", row_id, since)

    def _once(self, message: Message, event: str, row_id: int, since: datetime | None) -> bool:
        payload = {"row": row_id}
        if since and self._find(event, payload, since):
            return False
        self._post(message, event, payload)
        return True

    def _post(self, message: Message, event: str, payload: Json) -> str:
        answer = self.client.chat_postMessage(
            channel=self.channel,
            text=message.text,
            blocks=message.blocks or None,
            metadata={"event_type": event, "event_payload": payload},
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(answer["ts"])

    def _post_card(self, view: CardView, message: Message) -> str:
        payload = {"mention_id": view.mention_id}
        self._attempt(view.mention_id, self.deps.now())
        try:
            try:
                return self._post(message, "chorus_card", payload)
            except SlackApiError as error:
                if code_of(error) not in BAD_BLOCKS:
                    raise
                self._complain(view, error)
                return self._post(cards.bare(view, self.deps.now(), self.words), "chorus_card", payload)
        except SlackApiError as error:
            if error.response.status_code in (200, 429):
                self._attempt(view.mention_id, None)
            raise

    def _update(self, ts: str, view: CardView, message: Message) -> bool:
        """Change the card; returns false when it is no longer there to be changed."""
        try:
            try:
                self._change(ts, message)
            except SlackApiError as error:
                if code_of(error) not in BAD_BLOCKS:
                    raise
                self._complain(view, error)
                self._change(ts, cards.bare(view, self.deps.now(), self.words))
        except SlackApiError as error:
            if code_of(error) not in MESSAGE_LOST:
                raise
            return False
        return True

    def _change(self, ts: str, message: Message) -> None:
        self.client.chat_update(channel=self.channel, ts=ts, text=message.text, blocks=message.blocks)

    def _lost(self, place: Card) -> str | None:
        """Return where the card is whose posting was begun and never confirmed, if it is anywhere."""
        if place.attempted_at is None:
            return None
        return self._find("chorus_card", {"mention_id": place.mention_id}, place.attempted_at)

    def _find(self, event: str, payload: Json, since: datetime) -> str | None:
        oldest = (since - CLOCKS_APART).timestamp()
        cursor = None
        for _ in range(MOST_PAGES):
            page = self.client.conversations_history(
                channel=self.channel, oldest=f"{oldest:.6f}", include_all_metadata=True, limit=200, cursor=cursor
            )
            for message in page["messages"]:
                metadata = message.get("metadata") or {}
                if metadata.get("event_type") == event and metadata.get("event_payload") == payload:
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
        return None

    def _place(self, mention_id: int) -> Card:
        with self.deps.sessions.begin() as session:
            row = insert(Card).values(mention_id=mention_id, channel=self.channel)
            session.execute(row.on_conflict_do_nothing(index_elements=["mention_id"]))
            return session.get_one(Card, mention_id)

    def _attempt(self, mention_id: int, at: datetime | None) -> None:
        with self.deps.sessions.begin() as session:
            place = session.get_one(Card, mention_id)
            place.ts = None
            place.attempted_at = at

    def _shown(self, mention_id: int, ts: str, digested: str) -> None:
        with self.deps.sessions.begin() as session:
            place = session.get_one(Card, mention_id)
            place.ts, place.digest, place.shown_at = ts, digested, self.deps.now()

    def _complain(self, view: CardView, error: SlackApiError) -> None:
        log.error("Slack refuses the card of mention %s: %s", view.mention_id, error.response.data)
