"""The smaller windows: no reply, the conversation, the details, a link to paste, and plain notices."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.slack import buttons
from bot.slack.blocks import (
    Json,
    Option,
    context,
    divider,
    field,
    modal,
    page_button,
    quote,
    radio,
    section,
    text_input,
    url_input,
    verbatim,
)
from bot.slack.blocks import actions as row
from bot.slack.cards import forecast_line, post_text, who
from bot.slack.memory import Memory
from bot.slack.text import Markup, countdown, date, escaped, link, one_line, revealed
from bot.slack.words import Words
from bot.views import CardView, PostView, ReplyView
from guidelines.base import Finding

REASONS = ("nothing_to_add", "answered", "not_ours", "provocation", "elsewhere", "other")
"""Why silence is the better answer; each has its words in the catalogues."""

MOST_POSTS = 24
"""Posts of a thread that one window shows; the newest count."""

_LONGEST_NOTICE = 2500


def notice(title: str, text: str, words: Words, *, blocks: Iterable[Json] = ()) -> Json:
    """Something to read; nothing to decide."""
    shown = text if isinstance(text, Markup) else escaped(text, _LONGEST_NOTICE)
    return modal("notice", title, [section(shown), *blocks], close=words("close"))


def dismiss(view: CardView, words: Words) -> Json:
    """Silence as a decision: a reason, and a note if one likes."""
    options = [Option(reason, words(f"reason.{reason}"), words(f"reason.{reason}_hint")) for reason in REASONS]
    return modal(
        "mention.dismiss",
        words("dismiss.title"),
        [
            quote(post_text(view.post, words, limit=300, lines=4)),
            field("reason", words("dismiss.reason"), radio("reason", options, REASONS[0])),
            field(
                "note",
                words("dismiss.note"),
                text_input("note", multiline=True, longest=500, placeholder=words("dismiss.note_hint")),
                optional=True,
            ),
        ],
        submit=words("dismiss.submit"),
        close=words("cancel"),
        memory=Memory(mention=view.mention_id).dump(),
    )


def thread(view: CardView, posts: Sequence[PostView], words: Words) -> Json:
    """The conversation, oldest first, our own replies with the person who approved them."""
    shown = posts[-MOST_POSTS:]
    left_out = len(posts) - len(shown)
    blocks: list[Json] = []
    if left_out:
        blocks.append(context(words.count("thread.left_out", left_out)))
    for post in shown:
        blocks += [context(_author(post, words)), quote(post_text(post, words, limit=500, lines=8))]
    blocks = blocks or [section(words("thread.empty"))]
    return modal("notice", words("thread.title"), [*blocks, *_open_page(view, words)], close=words("close"))


def details(view: CardView, words: Words) -> Json:
    """What lies behind the card: each judgement with its reason, all drafts, all duplicates."""
    return modal(
        "notice",
        words("details.title"),
        [
            section(_judgements(view, words)),
            *([section(words.markup("details.forecast", forecast=forecast_line(view.forecast, words)))]),
            *_all_drafts(view, words),
            *_duplicates(view, words),
            divider(),
            context(words("details.source", source=one_line(view.source, 200), number=view.mention_id)),
            *_open_page(view, words),
        ],
        close=words("close"),
    )


def found(reply_id: int, words: Words) -> Json:
    """A reply in doubt is there after all: paste its address, if it is at hand."""
    return modal(
        "doubt.found",
        words("found.title"),
        [
            section(words("found.text")),
            field("url", words("found.url"), url_input("url", placeholder="https://"), optional=True),
        ],
        submit=words("found.submit"),
        close=words("cancel"),
        memory=Memory(reply=reply_id).dump(),
    )


def posting(reply: ReplyView, now: datetime, words: Words) -> Json:
    """A reply is approved: what happens next, and the way back."""
    if reply.undo_until is None:
        return notice(words("posting.title"), words("posting.leaving"), words, blocks=[quote(revealed(reply.text))])
    text = words.markup("posting.undo", when=countdown(reply.undo_until, now))
    return notice(
        words("posting.title"), text, words, blocks=[quote(reply.text), row("undo", buttons.undo(reply.id, words))]
    )


def finding_line(finding: Finding, words: Words) -> Markup:
    """Return which rule speaks, why, and how to mend it."""
    return words.markup(
        f"finding.{finding.severity.value}",
        title=one_line(words.said(finding.title or finding.rule), 120),
        why=one_line(words.said(finding.why), 400),
        fix=one_line(words.said(finding.fix), 400),
    )


def handed_off(reply_id: int, text: str, url: str, words: Words) -> Json:
    """A checked text to copy, the post to open, and the field for the link that finishes it."""
    opened = page_button("link.post", words("card.open_post"), url, "by_hand")
    return modal(
        "handoff.finish",
        words("handoff.title"),
        [
            section(words("handoff.copy")),
            verbatim(revealed(text)),
            *((row("page", *opened),) if opened else ()),
            field("url", words("handoff.url"), url_input("url", placeholder="https://"), hint=words("handoff.hint")),
        ],
        submit=words("handoff.submit"),
        close=words("handoff.later"),
        memory=Memory(reply=reply_id).dump(),
    )


def _author(post: PostView, words: Words) -> Markup:
    key = "thread.ours" if post.is_own and post.approved_by else "thread.post"
    return words.markup(
        key,
        who=who(post, words),
        by=one_line(post.approved_by, 80),
        when=date(post.created_at),
        link=link(post.url, words("thread.open")),
    )


def _judgements(view: CardView, words: Words) -> Markup:
    return words.markup(
        "details.judgements",
        kind=words(f"kind.{view.kind.value}"),
        kind_reason=one_line(words.said(view.kind_reason), 300) or words("details.no_reason"),
        mood=words(f"mood.{view.mood.value}"),
        mood_reason=one_line(words.said(view.mood_reason), 300) or words("details.no_reason"),
        urgency=words(f"urgency.{view.urgency.value}"),
        language=view.language or words("details.unknown"),
        why=one_line(words.said(view.why_here), 300),
    )


def _all_drafts(view: CardView, words: Words) -> list[Json]:
    blocks: list[Json] = []
    for draft in view.drafts[:5]:
        blocks += [
            divider(),
            section(words.markup("details.draft", origin=one_line(words.said(draft.origin_text), 200))),
            quote(one_line(draft.text, 1000) or words("post.empty")),
            *(context(finding_line(finding, words)) for finding in draft.findings[:3]),
        ]
    return blocks


def _duplicates(view: CardView, words: Words) -> list[Json]:
    if not view.duplicates:
        return []
    blocks: list[Json] = [divider(), section(words.count("card.joined", len(view.duplicates)))]
    for post in view.duplicates[:8]:
        blocks += [context(_author(post, words)), quote(post_text(post, words, limit=200, lines=3))]
    return blocks


def _open_page(view: CardView, words: Words) -> tuple[Json, ...]:
    button = page_button("link.post", words("card.open_post"), view.post.url, f"post:{view.mention_id}")
    return (row("page", *button),) if button else ()
