"""A question to a manager: the message that puts it, the window in which it is answered."""

from collections.abc import Mapping
from types import MappingProxyType

from bot import asking
from bot.asking import QuestionView
from bot.models import QuestionState
from bot.permissions import Act
from bot.slack import modals
from bot.slack.blocks import (
    Json,
    Message,
    Option,
    actions,
    button,
    context,
    field,
    header,
    modal,
    quote,
    radio,
    section,
    text_input,
)
from bot.slack.memory import Memory
from bot.slack.text import Markup, date, link, one_line, plain, revealed
from bot.slack.visit import Listener, Visit
from bot.slack.words import Words

ALLOW, DECLINE = "allow", "decline"
_LONGEST_QUOTE = 2800
_LONGEST_LINE = 180


def message(view: QuestionView, words: Words) -> Message:
    """Return what a manager is sent: who asks, what for, and what the limits say."""
    text = words.markup("question.text", who=one_line(view.asked_by, 80))
    look = actions("question", button("question.open", words("question.look"), str(view.id), style="primary"))
    return Message(text=text, blocks=(*_about(view, words), look))


def listed(waiting: tuple[QuestionView, ...], words: Words) -> list[Json]:
    """Return the open questions as Home lists them."""
    if not waiting:
        return []
    blocks = [header(words("question.waiting"))]
    for view in waiting:
        answer = button("question.open", words("question.look"), str(view.id))
        said = Markup(f"{_line(view, words)} {one_line(view.text, _LONGEST_LINE)}")
        blocks.append(section(said, accessory=answer))
    return blocks


def open_question(visit: Visit) -> None:
    """Show all that an answer rests on; one that was answered shows by whom."""
    view = asking.look(visit.deps, visit.subject, by=visit.person)
    visit.open(_window(view, visit.words) if view.state is QuestionState.OPEN else _over(view, visit.words))


def answer(visit: Visit) -> None:
    """Let it go out, or not."""
    chosen = str(visit.values["answer"]["answer"]["selected_option"]["value"])
    reason = str(visit.values["reason"]["reason"].get("value") or "")
    question = visit.memory.question
    if chosen == ALLOW:
        asking.allow(visit.deps, question, by=visit.person, reason=reason)
    else:
        asking.decline(visit.deps, question, by=visit.person, reason=reason)
    told = visit.words("question.allowed" if chosen == ALLOW else "question.declined")
    visit.ack(response_action="update", view=modals.notice(visit.words("question.title"), told, visit.words))


def _about(view: QuestionView, words: Words) -> list[Json]:
    opened = link(view.url, words("card.open_post"))
    return [
        section(_line(view, words)),
        section(words.markup("question.post", author=one_line(view.author, 80))),
        quote(plain(view.post, _LONGEST_QUOTE, lines=10) or words("post.empty")),
        section(words.markup("question.reply")),
        quote(revealed(view.text[:_LONGEST_QUOTE])),
        section(words.markup("question.because", because=one_line(words.said(view.because), 1500))),
        *([context(opened)] if opened else []),
    ]


def _line(view: QuestionView, words: Words) -> Markup:
    return words.markup(
        "question.line",
        who=one_line(view.asked_by, 80),
        account=one_line(view.account, 80),
        when=date(view.asked_at),
    )


def _window(view: QuestionView, words: Words) -> Json:
    options = [
        Option(ALLOW, words("question.allow"), words("question.allow_hint")),
        Option(DECLINE, words("question.decline"), words("question.decline_hint")),
    ]
    return modal(
        "question.answer",
        words("question.title"),
        [
            *_about(view, words),
            field("answer", words("question.answer"), radio("answer", options, "")),
            field("reason", words("question.reason"), text_input("reason", multiline=True, longest=300)),
        ],
        submit=words("question.submit"),
        close=words("cancel"),
        memory=Memory(question=view.id, mention=view.mention_id).dump(),
    )


def _over(view: QuestionView, words: Words) -> Json:
    told = words.markup("question.over", who=one_line(view.answered_by, 80), answer=one_line(view.answer, 400))
    return modals.notice(words("question.title"), told, words)


ACTIONS: Mapping[str, Listener] = MappingProxyType({"question.open": Listener(Act.OVERRIDE, open_question)})
VIEWS: Mapping[str, Listener] = MappingProxyType({"question.answer": Listener(Act.OVERRIDE, answer)})
