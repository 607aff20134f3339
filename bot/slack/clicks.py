"""What happens when a button of a card is pressed, or one of its smaller windows is sent."""

from collections.abc import Mapping
from types import MappingProxyType

from bot import approval, doubt, handoff, outbox, review, showing
from bot.errors import ChorusError, Conflict
from bot.models import ReplyState
from bot.permissions import Act, require
from bot.slack import amending, modals, reviewing
from bot.slack.text import is_web, link, person
from bot.slack.visit import Listener, Visit, number
from bot.views import CardView


def claim(visit: Visit) -> None:
    """Take a conversation for a while."""
    review.claim(visit.deps, visit.subject, by=visit.person)


def release(visit: Visit) -> None:
    """Give it back."""
    review.release(visit.deps, visit.subject, by=visit.person)


def ask_reason(visit: Visit) -> None:
    """Ask why no reply is right."""
    visit.open(modals.dismiss(showing.card(visit.deps, visit.subject), visit.words))


def dismiss(visit: Visit) -> None:
    """Decide for silence. The reason is kept in the workspace's language, for everyone reads it."""
    chosen = visit.values["reason"]["reason"]["selected_option"]["value"]
    note = (visit.values["note"]["note"].get("value") or "").strip()
    if chosen == "other" and not note:
        visit.ack(response_action="errors", errors={"note": visit.words("reason.needs_note")})
        return
    reason = note if chosen == "other" else ". ".join(part for part in (visit.house(f"reason.{chosen}"), note) if part)
    review.dismiss(visit.deps, visit.memory.mention, by=visit.person, reason=reason)
    visit.ack(response_action="clear")


def reopen(visit: Visit) -> None:
    """Put a dismissed conversation back."""
    review.reopen(visit.deps, visit.subject, by=visit.person)


def show_thread(visit: Visit) -> None:
    """Show the conversation as far as we have read it."""
    _show_thread(visit, visit.subject)


def more(visit: Visit) -> None:
    """Serve the menu behind the three dots: each entry names what it does and for which mention."""
    what, _, subject = visit.pressed.partition(":")
    mention_id = number(subject, visit.words)
    if what == "details":
        visit.open(modals.details(showing.card(visit.deps, mention_id), visit.words))
    elif what == "thread":
        _show_thread(visit, mention_id)
    elif what == "echoes":
        amending.show_echoes(visit, mention_id)
    elif what == "take_over":
        _take_over(visit, mention_id)
    elif what == "remove":
        require(visit.person, Act.UNDO)
        reviewing.ask_removal(visit, mention_id)
    else:
        raise ChorusError(visit.words("error.stale"))


def undo(visit: Visit) -> None:
    """Take an approval back."""
    approval.undo(visit.deps, visit.subject, by=visit.person)
    if not visit.body.get("view"):
        return
    with visit.afterwards("an undo"):
        visit.refresh(modals.notice(visit.words("undone.title"), visit.words("undone.text"), visit.words))


def ask_link(visit: Visit) -> None:
    """A reply in doubt is there: ask for its address, which may be left out."""
    visit.open(modals.found(visit.subject, visit.words))


def found(visit: Visit) -> None:
    """Settle a reply in doubt as posted."""
    url = (visit.values["url"]["url"].get("value") or "").strip()
    if url and not is_web(url):
        visit.ack(response_action="errors", errors={"url": visit.words("found.not_a_link")})
        return
    doubt.found(visit.deps, visit.memory.reply, by=visit.person, url=url)
    visit.ack(response_action="clear")


def post_again(visit: Visit) -> None:
    """Settle a reply in doubt as not there, to be posted once more."""
    doubt.post_again(visit.deps, visit.subject, by=visit.person)


def drop(visit: Visit) -> None:
    """Let a reply go that is in doubt."""
    doubt.drop(visit.deps, visit.subject, by=visit.person)


def ask_handed(visit: Visit) -> None:
    """Somebody posted by hand, or is about to: show the text again, and ask for the link."""
    view = showing.card(visit.deps, visit.subject)
    if view.reply is None or view.reply.state is not ReplyState.HANDED_OFF:
        raise Conflict(visit.words("error.stale"))
    url = view.handoff_url or view.post.url
    visit.open(modals.handed_off(view.reply.id, view.reply.text, url, visit.words))


def finish_handed(visit: Visit) -> None:
    """Take the link of what was posted by hand."""
    url = (visit.values["url"]["url"].get("value") or "").strip()
    if not is_web(url):
        visit.ack(response_action="errors", errors={"url": visit.words("found.not_a_link")})
        return
    handoff.finish(visit.deps, visit.memory.reply, by=visit.person, url=url)
    visit.ack(response_action="clear")


def give_up(visit: Visit) -> None:
    """Somebody did not post by hand after all."""
    handoff.give_up(visit.deps, visit.subject, by=visit.person)


def show_card(visit: Visit) -> None:
    """Ask for the card of a mention that was only listed so far."""
    with visit.deps.sessions.begin() as session:
        outbox.show(session, visit.subject, at=visit.deps.now())


def nothing(visit: Visit) -> None:
    """A link was opened in the browser, or a field changed that only counts when it is sent."""


def stale(visit: Visit) -> None:
    """Something that only an earlier version offered."""
    raise ChorusError(visit.words("error.stale"))


def _show_thread(visit: Visit, mention_id: int) -> None:
    view = showing.card(visit.deps, mention_id)
    visit.open(modals.thread(view, showing.thread(visit.deps, mention_id, by=visit.person), visit.words))


def _take_over(visit: Visit, mention_id: int) -> None:
    before = showing.card(visit.deps, mention_id)
    review.take_over(visit.deps, mention_id, by=visit.person)
    if before.claimed_by_slack and before.claimed_by_slack != visit.person.slack_user:
        _tell_former(visit, before)


def _tell_former(visit: Visit, before: CardView) -> None:
    taker = person(visit.person.slack_user, visit.person.name)
    text = visit.house.markup("taken.notice", who=taker, link=link(before.post.url, visit.house("card.open_post")))
    with visit.afterwards("a take-over"):
        visit.client.chat_postMessage(channel=before.claimed_by_slack, text=text, unfurl_links=False)


ACTIONS: Mapping[str, Listener] = MappingProxyType(
    {
        "mention.claim": Listener(Act.CLAIM, claim),
        "mention.release": Listener(Act.CLAIM, release),
        "mention.dismiss": Listener(Act.DISMISS, ask_reason),
        "mention.reopen": Listener(Act.DISMISS, reopen),
        "mention.thread": Listener(Act.READ, show_thread),
        "mention.more": Listener(Act.READ, more),
        "reply.undo": Listener(Act.UNDO, undo),
        "doubt.found": Listener(Act.RESOLVE_DOUBT, ask_link),
        "doubt.again": Listener(Act.RESOLVE_DOUBT, post_again),
        "doubt.drop": Listener(Act.RESOLVE_DOUBT, drop),
        "handoff.open": Listener(Act.REPLY, ask_handed),
        "handoff.give_up": Listener(Act.REPLY, give_up),
        "mention.show": Listener(Act.READ, show_card),
        "link.post": Listener(Act.READ, nothing),
        "link.reply": Listener(Act.READ, nothing),
    }
)

VIEWS: Mapping[str, Listener] = MappingProxyType(
    {
        "mention.dismiss": Listener(Act.DISMISS, dismiss),
        "doubt.found": Listener(Act.RESOLVE_DOUBT, found),
        "handoff.finish": Listener(Act.REPLY, finish_handed),
        "notice": Listener(Act.READ, nothing),
    }
)
