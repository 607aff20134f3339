"""“Handle this link”: a person pastes the address of a public post, and its card appears in a channel."""

from collections.abc import Mapping
from types import MappingProxyType

from slack_sdk.errors import SlackApiError
from sqlalchemy import select

from bot import links
from bot.errors import ChorusError
from bot.models import Card, Source
from bot.permissions import Act
from bot.slack import modals
from bot.slack.blocks import Json, actions, button, channel_select, field, modal, section, url_input
from bot.slack.readers import UNREACHABLE
from bot.slack.text import Markup, is_web
from bot.slack.text import link as linked
from bot.slack.trouble import code_of
from bot.slack.visit import Listener, Visit


class CannotEnter(ChorusError):
    """Chorus is not in the channel, and cannot come in by itself."""


def open_window(visit: Visit) -> None:
    """Ask for the address and for the channel; the channel of our sources is offered first."""
    with visit.deps.sessions() as session:
        usual = session.scalar(select(Source.channel).where(Source.channel != "").order_by(Source.id).limit(1))
    words = visit.words
    blocks = [
        section(words("linking.text")),
        field("url", words("linking.url"), url_input("url", placeholder="https://")),
        field("channel", words("linking.channel"), channel_select("channel", usual or "")),
    ]
    window = modal("link.take", words("linking.title"), blocks, submit=words("linking.submit"), close=words("cancel"))
    visit.open(window)


def take(visit: Visit) -> None:
    """Have it read, and say so at once: what comes of it is shown in the channel, or told in a direct message."""
    url = str(visit.values["url"]["url"].get("value") or "").strip()
    channel = str(visit.values["channel"]["channel"].get("selected_conversation") or "")
    try:
        links.checked(url)
        enter(visit, channel)
        known = links.ask(visit.deps, url, by=visit.person, channel=channel)
    except ChorusError as error:
        wrong = "channel" if isinstance(error, CannotEnter) else "url"
        visit.ack(response_action="errors", errors={wrong: visit.words.said(str(error))})
        return
    first, *rest = told(visit, known, channel)
    notice = modals.notice(visit.words("linking.title"), Markup(first["text"]["text"]), visit.words, blocks=rest)
    visit.ack(response_action="update", view=notice)


def enter(visit: Visit, channel: str) -> None:
    """Make sure that cards can be shown in a channel; raises `CannotEnter`, saying what to do."""
    with visit.deps.sessions() as session:
        used = (
            select(Card.channel).where(Card.channel == channel, Card.ts.is_not(None)),
            select(Source.channel).where(Source.channel == channel),
        )
        if any(session.scalar(each.limit(1)) for each in used):
            return
    try:
        visit.client.conversations_join(channel=channel)
    except SlackApiError as error:
        raise CannotEnter(visit.words("command.not_joined", reason=code_of(error))) from None


def told(visit: Visit, known: int | None, channel: str) -> list[Json]:
    """Say that it is being looked for; or, for what is known already, where its card is."""
    if known is None:
        return [section(visit.words.markup("linking.looking", channel=_named(channel)))]
    with visit.deps.sessions() as session:
        card = session.get(Card, known)
    where = _named(card.channel if card else channel)
    pointer = _permalink(visit, card) if card else ""
    subject = str(known)
    return [
        section(visit.words.markup("linking.known", channel=where, link=pointer)),
        actions(
            "known",
            button("reply.open", visit.words("button.reply"), subject),
            button("mention.thread", visit.words("button.thread"), subject),
        ),
    ]


def _permalink(visit: Visit, card: Card) -> str:
    """Return the way to a card; nothing when it was never shown, or Slack does not tell."""
    if card.ts is None:
        return ""
    try:
        url = str(visit.client.chat_getPermalink(channel=card.channel, message_ts=card.ts)["permalink"])
    except UNREACHABLE:
        return ""
    return linked(url, visit.words("linking.card")) if is_web(url) else ""


def _named(channel: str) -> Markup:
    return Markup(f"<#{channel}>" if channel.isalnum() else "")


VIEWS: Mapping[str, Listener] = MappingProxyType({"link.take": Listener(Act.REPLY, take)})
