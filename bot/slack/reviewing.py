"""The reviewers' queue in Slack: its place on Home, the window in which a reply is judged, and deleting from a card."""

from collections.abc import Mapping
from types import MappingProxyType

from bot import mending, signoff
from bot.audit.reviewing import Standing, Waiting
from bot.errors import Blocked, ChorusError
from bot.models.audit import Disposition
from bot.permissions import Act
from bot.signoff import Case
from bot.slack import modals
from bot.slack.blocks import (
    Json,
    Option,
    actions,
    button,
    context,
    field,
    header,
    link_button,
    modal,
    quote,
    radio,
    section,
    text_input,
)
from bot.slack.memory import Memory
from bot.slack.text import Markup, date, is_web, link, one_line, plain, revealed
from bot.slack.visit import Listener, Visit
from bot.slack.words import Words

LONGEST_FIELD = 3000
_LONGEST_LINE = 180
_LONGEST_QUOTE = 2800


def queue(waiting: tuple[Waiting, ...], standing: Standing | None, words: Words) -> list[Json]:
    """Return the queue as Home shows it: how it stands, and the riskiest replies with the way to judge them."""
    blocks = [header(words("home.queue"))]
    if standing is not None and standing.waiting:
        oldest = date(standing.oldest) if standing.oldest else ""
        blocks.append(context(words.markup("review.standing", waiting=standing.waiting, oldest=oldest)))
    if standing is not None and standing.judged:
        counts = ", ".join(f"{words(f'review.{name}')}: {count}" for name, count in sorted(standing.judged.items()))
        blocks.append(context(words("review.judged", counts=counts)))
    if not waiting:
        return [*blocks, section(words("home.no_queue"))]
    for item in waiting:
        judge = button("review.open", words("button.review"), str(item.item_id))
        blocks.append(section(_line(item, words), accessory=judge))
    return blocks


def open_case(visit: Visit) -> None:
    """Show everything that a judgement rests on."""
    visit.open(_window(signoff.look(visit.deps, visit.subject, by=visit.person), visit.words))


def judge(visit: Visit) -> None:
    """Sign it off. What the guidelines have against a mended text stands beside that text."""
    disposition = Disposition(visit.values["disposition"]["disposition"]["selected_option"]["value"])
    comment = str(visit.values["comment"]["comment"].get("value") or "").strip()
    text = str(visit.values["text"]["text"].get("value") or "").strip()
    if not comment:
        visit.ack(response_action="errors", errors={"comment": visit.words("review.needs_comment")})
        return
    item = visit.memory.review
    try:
        signoff.sign_off(visit.deps, item, disposition, comment=comment, by=visit.person, text=text)
    except ChorusError as error:
        beside = "text" if disposition is Disposition.FIX and _is_about_text(error) else "disposition"
        visit.ack(response_action="errors", errors={beside: plain(visit.words.said(str(error)), 1000)})
        return
    done = visit.words("review.done", judgement=visit.words(f"review.{disposition.value}"))
    visit.ack(response_action="update", view=modals.notice(visit.words("review.title"), done, visit.words))


def ask_removal(visit: Visit, mention_id: int) -> None:
    """Ask once more before our reply is deleted; who may not is told so at once."""
    reply = mending.removable(visit.deps, mention_id, by=visit.person)
    window = modal(
        "reply.remove",
        visit.words("removal.title"),
        [section(visit.words("removal.text")), quote(plain(reply.text, _LONGEST_QUOTE))],
        submit=visit.words("removal.submit"),
        close=visit.words("cancel"),
        memory=Memory(reply=reply.id).dump(),
    )
    visit.open(window)


def remove(visit: Visit) -> None:
    """Have it deleted; the card shows when it is done."""
    mending.remove(visit.deps, visit.memory.reply, by=visit.person)
    visit.ack(response_action="clear")


def _is_about_text(error: ChorusError) -> bool:
    return isinstance(error, Blocked) or type(error) is ChorusError


def _line(item: Waiting, words: Words) -> Markup:
    return words.markup(
        "review.line",
        who=one_line(item.by, 60),
        when=date(item.approved_at),
        text=one_line(item.text, _LONGEST_LINE),
        reasons=one_line(", ".join(map(words.said, item.reasons)), 200),
    )


def _window(case: Case, words: Words) -> Json:
    options = [
        Option(each.value, words(f"review.{each.value}"), words(f"review.{each.value}_hint")) for each in Disposition
    ]
    known = case.typed if len(case.typed) <= LONGEST_FIELD else ""
    opened = link_button("link.reply", words("card.open_reply"), case.url, "review") if is_web(case.url) else None
    blocks = [
        section(words.markup("review.public", state=words(f"reply_state.{case.state}")), accessory=opened),
        quote(plain(revealed(case.public), _LONGEST_QUOTE) or words("post.empty")),
        context(_byline(case, words), one_line(words.said(case.detail), 300)),
        section(words.markup("review.parent", who=one_line(case.parent_author, 80))),
        quote(plain(case.parent, _LONGEST_QUOTE) or words("review.erased")),
        context(link(case.parent_url, words("card.open_post"))) if is_web(case.parent_url) else context("–"),
        section(
            words.markup("review.findings", findings=one_line(case.findings, 1500) or words("review.clean")),
            accessory=button("finding.doubt", words("wrong.button"), "doubt") if case.findings else None,
        ),
        actions("missed", button("finding.missed", words("missed.button"), "missed")),
        field("disposition", words("review.disposition"), radio("disposition", options, "")),
        field("comment", words("review.comment"), text_input("comment", multiline=True, longest=1000)),
        field(
            "text",
            words("review.text"),
            text_input("text", value=known, multiline=True, longest=LONGEST_FIELD),
            hint=words("review.text_hint"),
            optional=True,
        ),
    ]
    return modal(
        "review.judge",
        words("review.title"),
        blocks,
        submit=words("review.submit"),
        close=words("cancel"),
        memory=Memory(review=case.item_id, reply=case.reply_id).dump(),
    )


def _byline(case: Case, words: Words) -> Markup:
    return words.markup(
        "review.byline",
        who=one_line(case.approved_by, 80),
        account=one_line(case.account, 80),
        when=date(case.approved_at),
        reasons=one_line(", ".join(map(words.said, case.reasons)), 300),
    )


ACTIONS: Mapping[str, Listener] = MappingProxyType({"review.open": Listener(Act.REVIEW, open_case)})
VIEWS: Mapping[str, Listener] = MappingProxyType(
    {"review.judge": Listener(Act.REVIEW, judge), "reply.remove": Listener(Act.UNDO, remove)}
)
