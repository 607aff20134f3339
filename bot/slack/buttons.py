"""What a card offers in each state. Every press carries the mention or the reply it is about."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.slack.blocks import Confirm, Json, Option, button, overflow, page_button
from bot.slack.standing import Standing
from bot.slack.text import one_line
from bot.slack.words import Words
from bot.views import CardView, ReplyView
from guidelines.facts import Label

MOST_BESIDE = 3
"""Beside more buttons than these the conversation moves into the menu, so that the row stays a row."""

Offer = Callable[[CardView, Words], tuple[Json, ...]]


def of(view: CardView, standing: Standing, words: Words) -> tuple[Json, ...]:
    """Return the row of buttons; there is always at least the conversation to look at."""
    offer = _OFFERS.get(standing)
    offered = offer(view, words) if offer else ()
    if len(offered) > MOST_BESIDE:
        return (*offered, _more(view, standing, words, conversation=True))
    return (*offered, _about(view, words, "mention.thread", "button.thread"), _more(view, standing, words))


def undo(reply_id: int, words: Words) -> Json:
    """The way back while there is one."""
    return button("reply.undo", words("button.undo"), str(reply_id), style="danger")


def _open(view: CardView, words: Words) -> tuple[Json, ...]:
    return (*_answer(view, words), _about(view, words, "mention.claim", "button.claim"))


def _claimed(view: CardView, words: Words) -> tuple[Json, ...]:
    return (*_answer(view, words), _about(view, words, "mention.release", "button.release"))


def _answer(view: CardView, words: Words) -> tuple[Json, ...]:
    name = one_line(view.post.author or view.post.handle, 40)
    dismiss = _about(view, words, "mention.dismiss", "button.dismiss")
    if view.handoff_reason and not view.handoff_url:
        return (dismiss,)
    key = "button.by_hand" if view.handoff_url else "button.reply"
    spoken = words("button.reply_spoken", name=name)
    return (button("reply.open", words(key), str(view.mention_id), style="primary", spoken=spoken), dismiss)


def _undoable(view: CardView, words: Words) -> tuple[Json, ...]:
    return (undo(_reply(view).id, words),)


def _in_doubt(view: CardView, words: Words) -> tuple[Json, ...]:
    reply = str(_reply(view).id)
    again = Confirm(words("doubt.again_title"), words("doubt.again_text"), words("doubt.again_yes"), words("cancel"))
    drop = Confirm(words("doubt.drop_title"), words("doubt.drop_text"), words("doubt.drop_yes"), words("cancel"))
    return (
        button("doubt.found", words("button.found"), reply),
        button("doubt.again", words("button.again"), reply, confirm=again),
        button("doubt.drop", words("button.drop"), reply, confirm=drop),
        *page_button("link.post", words("card.open_post"), view.post.url, f"post:{view.mention_id}"),
    )


def _posted(view: CardView, words: Words) -> tuple[Json, ...]:
    reply = _reply(view)
    return page_button("link.reply", words("card.open_reply"), reply.url, f"reply:{reply.id}")


def _handed_off(view: CardView, words: Words) -> tuple[Json, ...]:
    reply = str(_reply(view).id)
    return (
        button("handoff.open", words("button.paste_link"), str(view.mention_id), style="primary"),
        button("handoff.give_up", words("button.not_posted"), reply),
    )


def _dismissed(view: CardView, words: Words) -> tuple[Json, ...]:
    return (_about(view, words, "mention.reopen", "button.reopen"),)


_OFFERS: Mapping[Standing, Offer] = MappingProxyType(
    {
        Standing.OPEN: _open,
        Standing.FAILED: _open,
        Standing.CLAIMED: _claimed,
        Standing.UNDOABLE: _undoable,
        Standing.IN_DOUBT: _in_doubt,
        Standing.POSTED: _posted,
        Standing.PENDING: _posted,
        Standing.EDITED: _posted,
        Standing.HANDED_OFF: _handed_off,
        Standing.DISMISSED: _dismissed,
    }
)


def _more(view: CardView, standing: Standing, words: Words, *, conversation: bool = False) -> Json:
    options = [Option(f"thread:{view.mention_id}", words("button.thread"))] if conversation else []
    options.append(Option(f"details:{view.mention_id}", words("button.details")))
    if view.fact and view.fact_certainty == Label.CONTRADICTS:
        options.append(Option(f"echoes:{view.mention_id}", words("button.echoes")))
    if standing is Standing.CLAIMED:
        options.append(Option(f"take_over:{view.mention_id}", words("button.take_over")))
    if standing in (Standing.POSTED, Standing.PENDING, Standing.EDITED):
        options.append(Option(f"remove:{view.mention_id}", words("button.remove")))
    return overflow("mention.more", options)


def _about(view: CardView, words: Words, action_id: str, key: str) -> Json:
    return button(action_id, words(key), str(view.mention_id))


def _reply(view: CardView) -> ReplyView:
    if view.reply is None:
        raise ValueError(f"mention {view.mention_id} has no reply to offer anything for")
    return view.reply
