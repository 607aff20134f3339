"""Writing a reply: the window opens, is looked at with each pause in typing, and is confirmed."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from bot import approval, asking, review, showing
from bot.approval import Wish
from bot.models import ReplyState
from bot.permissions import Act, may
from bot.slack import modals, reply_modal
from bot.slack.blocks import Json
from bot.slack.memory import Memory, fingerprint
from bot.slack.reply_modal import OWN, SILENCE, Manner, Typed
from bot.slack.visit import Listener, Visit
from bot.views import ReplyForm


def open_form(visit: Visit) -> None:
    """Open the reply window of a card."""
    open_for(visit, visit.subject)


def open_for(visit: Visit, mention_id: int) -> None:
    """Open the reply window. Nothing slow stands between the click and this: a trigger lives three seconds."""
    form = review.form(visit.deps, mention_id, by=visit.person)
    visit.open(reply_modal.first(form, visit.words, _manner(visit)))


def look(visit: Visit) -> None:
    """Somebody paused in typing, or chose another account: look at the text as it is now."""
    memory = visit.memory
    visit.refresh(_looked(visit, memory, reply_modal.typed_in(visit.values, memory)))


def start_from(visit: Visit) -> None:
    """Another beginning was chosen. What was typed is kept as a version of its own first."""
    memory = visit.memory
    typed = reply_modal.typed_in(visit.values, memory)
    if typed.start != OWN and typed.text.strip():
        review.save(visit.deps, memory.mention, by=visit.person, text=typed.text, draft_id=memory.draft)
    if typed.start == SILENCE:
        visit.refresh(modals.dismiss(showing.card(visit.deps, memory.mention), visit.words))
        return
    if typed.start == OWN:
        visit.refresh(_looked(visit, replace(memory, draft=None), typed))
        return
    drafts = {draft.id: draft for draft in showing.card(visit.deps, memory.mention).drafts}
    chosen = drafts.get(int(typed.start))
    text = chosen.text if chosen else typed.text
    turned = replace(memory, draft=chosen.id if chosen else None, turn=memory.turn + 1)
    visit.refresh(_looked(visit, turned, replace(typed, text=text)))


def confirm(visit: Visit) -> None:
    """Approve exactly the text that was looked at; a text that changed since is shown once more first."""
    memory = visit.memory
    typed = reply_modal.typed_in(visit.values, memory)
    if not typed.text.strip():
        errors = {reply_modal.text_block(memory): visit.words("reply.empty")}
        visit.ack(response_action="errors", errors=errors)
    elif memory.seen != fingerprint(typed.account_id, typed.text):
        visit.ack(response_action="update", view=_looked(visit, memory, typed, again=True))
    else:
        _approve(visit, memory, typed)


def _approve(visit: Visit, memory: Memory, typed: Typed) -> None:
    by_hand = bool(showing.card(visit.deps, memory.mention).handoff_url)
    wish = Wish(
        account_id=typed.account_id,
        text=typed.text,
        draft_id=memory.draft,
        accept_hold=memory.hold,
        override=typed.override,
        by_hand=by_hand,
    )
    if memory.ask:
        asking.ask(visit.deps, memory.mention, wish, by=visit.person)
        told = modals.notice(visit.words("question.title"), visit.words("question.asked"), visit.words)
        visit.ack(response_action="update", view=told)
        return
    approval.approve(visit.deps, memory.mention, wish, by=visit.person)
    visit.ack(response_action="update", view=_approved(visit, memory.mention))


def _looked(visit: Visit, memory: Memory, typed: Typed, *, again: bool = False) -> Json:
    form = _form(visit, memory, typed)
    return reply_modal.render(form, memory, visit.words, replace(_manner(visit), look_again=again))


def _manner(visit: Visit) -> Manner:
    return Manner(
        visit.deps.undo.total_seconds(),
        may_override=may(visit.person, Act.OVERRIDE),
        may_doubt=may(visit.person, Act.DOUBT_FINDINGS),
    )


def _form(visit: Visit, memory: Memory, typed: Typed) -> ReplyForm:
    return review.form(
        visit.deps,
        memory.mention,
        by=visit.person,
        account_id=typed.account_id,
        text=typed.text,
        draft_id=memory.draft,
    )


def _approved(visit: Visit, mention_id: int) -> Json:
    view = showing.card(visit.deps, mention_id)
    if view.reply is None:
        return modals.notice(visit.words("posting.title"), visit.words("posting.leaving"), visit.words)
    if view.reply.state is ReplyState.HANDED_OFF:
        return modals.handed_off(view.reply.id, view.reply.text, view.handoff_url or view.post.url, visit.words)
    return modals.posting(view.reply, visit.deps.now(), visit.words)


ACTIONS: Mapping[str, Listener] = MappingProxyType(
    {
        "reply.open": Listener(Act.REPLY, open_form),
        reply_modal.START: Listener(Act.REPLY, start_from),
        reply_modal.IDENTITY: Listener(Act.REPLY, look),
        reply_modal.TEXT: Listener(Act.REPLY, look),
    }
)

VIEWS: Mapping[str, Listener] = MappingProxyType({reply_modal.CALLBACK: Listener(Act.REPLY, confirm)})
