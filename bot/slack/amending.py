"""Facts in Slack: who else says the same wrong thing, and what we said wrong ourselves, with the ways to mend it."""

from collections.abc import Mapping
from types import MappingProxyType

from bot import amends, corrections
from bot.amends import OwnErrorView
from bot.corrections import Echo, Echoes
from bot.errors import ChorusError
from bot.models import MentionState
from bot.permissions import Act
from bot.slack import modals
from bot.slack.blocks import (
    Json,
    Option,
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
from bot.slack.text import Markup, date, link, one_line, plain
from bot.slack.visit import Listener, Visit
from bot.slack.words import Words

CHANGE, FOLLOW_UP, LEAVE = "change", "follow_up", "leave"
MOST_ON_HOME = 5
_LONGEST_FIELD = 3000
_LONGEST_LINE = 180
_LONGEST_QUOTE = 2800


def listed(errors: tuple[OwnErrorView, ...], words: Words) -> list[Json]:
    """Return what we said wrong as Home lists it."""
    if not errors:
        return []
    blocks = [header(words("own_error.waiting"))]
    for error in errors[:MOST_ON_HOME]:
        look = button("own_error.open", words("button.own_error"), str(error.id))
        blocks.append(section(_line(error, words), accessory=look))
    left_out = len(errors) - MOST_ON_HOME
    return [*blocks, context(words.count("own_error.more", left_out))] if left_out > 0 else blocks


def show_echoes(visit: Visit, mention_id: int) -> None:
    """Show who else says what a post says, newest first, and what we did there."""
    found = corrections.echoes_of(visit.deps, mention_id, by=visit.person)
    visit.open(_echoes(found, visit.words))


def open_error(visit: Visit) -> None:
    """Show what we said beside what is right, with a correction drafted."""
    visit.open(_window(amends.look(visit.deps, visit.subject, by=visit.person), visit.words))


def decide(visit: Visit) -> None:
    """Change our reply, draft a further one, or leave it with a reason. What is wrong with a text stands beside it."""
    chosen = str(visit.values["way"]["way"]["selected_option"]["value"])
    text = str(visit.values["text"]["text"].get("value") or "").strip()
    reason = str(visit.values["reason"]["reason"].get("value") or "").strip()
    try:
        _decide(visit, chosen, text, reason)
    except ChorusError as error:
        beside = "reason" if chosen == LEAVE else "text"
        visit.ack(response_action="errors", errors={beside: plain(visit.words.said(str(error)), 1000)})
        return
    done = modals.notice(visit.words("own_error.title"), visit.words(f"own_error.{chosen}_done"), visit.words)
    visit.ack(response_action="update", view=done)


def _decide(visit: Visit, chosen: str, text: str, reason: str) -> None:
    number = visit.memory.error
    if chosen == CHANGE:
        amends.change(visit.deps, number, by=visit.person, text=text)
    elif chosen == FOLLOW_UP:
        amends.follow_up(visit.deps, number, by=visit.person, text=text)
    else:
        amends.dismiss(visit.deps, number, by=visit.person, reason=reason)


def _line(error: OwnErrorView, words: Words) -> Markup:
    return words.markup(
        "own_error.line",
        who=one_line(error.approved_by, 60),
        when=date(error.posted_at) if error.posted_at else "",
        text=one_line(error.said, _LONGEST_LINE),
        fact=one_line(error.statement, _LONGEST_LINE),
        link=link(error.url, words("card.open_reply")),
    )


def _window(error: OwnErrorView, words: Words) -> Json:
    ways = [Option(way, words(f"own_error.{way}"), words(f"own_error.{way}_hint")) for way in _ways(error)]
    return modal(
        "own_error.decide",
        words("own_error.title"),
        [
            section(_line(error, words)),
            quote(plain(error.said, _LONGEST_QUOTE, lines=10) or words("review.erased")),
            section(
                words.markup(
                    "own_error.right",
                    fact=one_line(error.statement, 1000),
                    source=link(error.source, words("card.fact_source")),
                    reason=one_line(words.said(error.reason), 500),
                )
            ),
            field("way", words("own_error.way"), radio("way", ways, ways[0].value)),
            field(
                "text",
                words("own_error.text"),
                text_input("text", value=error.words[:_LONGEST_FIELD], multiline=True, longest=_LONGEST_FIELD),
                hint=words("own_error.text_hint"),
                optional=True,
            ),
            field(
                "reason",
                words("own_error.reason"),
                text_input("reason", multiline=True, longest=500),
                optional=True,
            ),
        ],
        submit=words("own_error.submit"),
        close=words("cancel"),
        memory=Memory(error=error.id, reply=error.reply_id).dump(),
    )


def _ways(error: OwnErrorView) -> tuple[str, ...]:
    return (CHANGE, FOLLOW_UP, LEAVE) if error.can_edit else (FOLLOW_UP, LEAVE)


def _echoes(found: Echoes | None, words: Words) -> Json:
    if found is None or not found.posts:
        return modals.notice(words("echoes.title"), words("echoes.none"), words)
    blocks: list[Json] = []
    for post in found.posts:
        blocks += [context(_said_by(post, words)), quote(plain(post.text, 500, lines=5) or words("post.empty"))]
    if found.before is not None:
        blocks.append(context(words("echoes.more")))
    return modal("notice", words("echoes.title"), blocks, close=words("close"))


def _said_by(post: Echo, words: Words) -> Markup:
    return words.markup(
        "echoes.line",
        who=one_line(post.author, 80) or words("post.nobody"),
        venue=one_line(post.venue, 80),
        when=date(post.created_at),
        link=link(post.url, words("card.open_post")),
        done=_done_there(post, words),
    )


def _done_there(post: Echo, words: Words) -> Markup:
    if post.reply_state is not None:
        state = words(f"reply_state.{post.reply_state.value}")
        where = link(post.reply_url, words("card.open_reply")) if post.reply_url else ""
        return words.markup("echoes.replied", state=state, link=where)
    silent = post.state is MentionState.DISMISSED
    return words.markup("echoes.silent" if silent else "echoes.unanswered")


ACTIONS: Mapping[str, Listener] = MappingProxyType({"own_error.open": Listener(Act.EDIT_GUIDELINES, open_error)})
VIEWS: Mapping[str, Listener] = MappingProxyType({"own_error.decide": Listener(Act.EDIT_GUIDELINES, decide)})
