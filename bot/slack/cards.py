"""The card: one Slack message for one mention, in each of its states, never longer than a screen."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from bot.models import Urgency
from bot.slack import buttons
from bot.slack.blocks import LONGEST_FALLBACK, Json, Message, actions, context, quote, section
from bot.slack.standing import Standing, standing_of
from bot.slack.text import Markup, countdown, date, escaped, link, one_line, person, plain
from bot.slack.words import Words
from bot.views import CardView, Forecast, PostView
from guidelines.base import Severity

LONGEST_POST = 900
MOST_LINES_OF_POST = 10
LONGEST_DRAFT = 600
MOST_LINES_OF_DRAFT = 8


def card(view: CardView, now: datetime, words: Words) -> Message:
    """Return the card of a mention as it stands now."""
    standing = standing_of(view, now)
    blocks = [
        section(_headline(view, words)),
        quote(post_text(view.post, words)),
        context(_byline(view.post, words), _around(view, words)),
        *_warnings(view, words),
        *_middle(view, standing, words),
        *_status(view, standing, now, words),
        actions(f"card.{standing.value}", *buttons.of(view, standing, words)),
    ]
    return Message(text=_fallback(view, standing, now, words), blocks=tuple(blocks))


def bare(view: CardView, now: datetime, words: Words) -> Message:
    """Return the card in the plainest of blocks, for when Slack refuses the usual ones."""
    standing = standing_of(view, now)
    text = _fallback(view, standing, now, words)
    offers = actions(f"bare.{standing.value}", *buttons.of(view, standing, words))
    return Message(text=text, blocks=(section(Markup(text)), offers))


def post_text(
    post: PostView, words: Words, *, limit: int = LONGEST_POST, lines: int | None = MOST_LINES_OF_POST
) -> str:
    """Return what somebody wrote, cut to fit, or words that say that there is nothing to read."""
    if post.is_gone:
        return words("post.gone")
    return plain(post.text, limit, lines=lines) or words("post.empty")


def who(post: PostView, words: Words) -> Markup:
    """Return the author of a post: name and handle, or ourselves."""
    name, handle = one_line(post.author, 80), one_line(post.handle, 80)
    if post.is_own:
        return words.markup("post.ours", handle=handle)
    if not name or name == handle:
        return words.markup("post.handle", handle=handle or words("post.nobody"))
    return words.markup("post.author", name=name, handle=handle)


def status_line(view: CardView, standing: Standing, now: datetime, words: Words) -> Markup:
    """Return where a mention stands, in one sentence."""
    return words.markup(f"status.{standing.value}", **_facts_of(view, now, words))


def forecast_line(forecast: Forecast, words: Words) -> Markup:
    """Return what the limits say now."""
    because = escaped(" ".join(map(words.said, forecast.reasons)), 600)
    if forecast.verdict == "hold" and forecast.reopens_at:
        return words.markup("forecast.until", when=date(forecast.reopens_at), because=because)
    return words.markup(f"forecast.{forecast.verdict}", because=because)


def known_fact(view: CardView, words: Words) -> list[Json]:
    """Return the fact that bears on the post, with its source, if there is one."""
    if not view.fact:
        return []
    source = link(view.fact_source, words("card.fact_source"))
    certain = f"certainty.{view.fact_certainty}"
    certainty = words(certain) if words.has(certain) else ""
    line = words.markup("card.fact", fact=one_line(view.fact, 500), certainty=certainty, source=source)
    return [section(line)]


def _headline(view: CardView, words: Words) -> Markup:
    parts = {"kind": words(f"kind.{view.kind.value}"), "platform": view.platform, "venue": one_line(view.venue, 80)}
    line = words.markup("card.headline", **parts)
    return Markup(line + words.markup("card.urgent")) if view.urgency is Urgency.HIGH else line


def _byline(post: PostView, words: Words) -> Markup:
    when = link(post.url, words("card.open_post"))
    line = words.markup("card.byline", who=who(post, words), when=date(post.created_at), link=when)
    return Markup(line + words.markup("card.edited", when=date(post.edited_at))) if post.edited_at else line


def _around(view: CardView, words: Words) -> Markup:
    size = words.count("card.thread", view.thread_posts, ours=view.our_posts)
    line = words.markup(
        "card.around", mood=words(f"mood.{view.mood.value}"), why=one_line(words.said(view.why_here), 200), thread=size
    )
    joined = len(view.duplicates)
    return Markup(f"{line} {escaped(words.count('card.joined', joined), 200)}") if joined else line


def _warnings(view: CardView, words: Words) -> list[Json]:
    lines: list[Json] = []
    if view.suspicious:
        lines.append(section(words.markup("card.suspicious", why=one_line(words.said(view.suspicious), 300))))
    if view.note:
        lines.append(section(words.markup("card.note", note=one_line(words.said(view.note), 500))))
    return lines


def _middle(view: CardView, standing: Standing, words: Words) -> list[Json]:
    if standing in (Standing.OPEN, Standing.CLAIMED, Standing.FAILED):
        return [*known_fact(view, words), *_suggestion(view, words), context(forecast_line(view.forecast, words))]
    if view.reply and standing not in (Standing.DISMISSED, Standing.JOINED, Standing.GONE):
        return [
            section(words.markup("card.our_reply", account=one_line(view.reply.account, 80))),
            quote(plain(view.reply.text, LONGEST_DRAFT, lines=MOST_LINES_OF_DRAFT) or words("post.empty")),
        ]
    return []


def _suggestion(view: CardView, words: Words) -> list[Json]:
    if view.handoff_reason:
        key = "card.by_hand" if view.handoff_url else "card.no_api"
        note = section(words.markup(key, reason=one_line(words.said(view.handoff_reason), 300)))
        return [note] if not view.drafts or not view.handoff_url else [note, *_draft(view, words)]
    return _draft(view, words) if view.drafts else [context(words.markup("card.no_draft"))]


def _draft(view: CardView, words: Words) -> list[Json]:
    best = view.drafts[0]
    others = len(view.drafts) - 1
    more = words.count("card.other_drafts", others) if others else ""
    line = words.markup("card.draft", origin=one_line(words.said(best.origin_text), 150), more=more)
    blocked = [finding for finding in best.findings if finding.severity is Severity.BLOCK]
    shown = [section(line), quote(plain(best.text, LONGEST_DRAFT, lines=MOST_LINES_OF_DRAFT) or words("post.empty"))]
    if blocked:
        shown.append(context(words.markup("card.draft_blocked", why=one_line(words.said(blocked[0].why), 300))))
    return shown


def _status(view: CardView, standing: Standing, now: datetime, words: Words) -> list[Json]:
    return [] if standing is Standing.OPEN else [section(status_line(view, standing, now, words))]


def _facts_of(view: CardView, now: datetime, words: Words) -> Mapping[str, object]:
    reply = view.reply
    known: dict[str, object] = {
        "claimant": person(view.claimed_by_slack, view.claimed_by),
        "until": date(view.claimed_until, "{time}") if view.claimed_until else "",
        "dismisser": one_line(view.dismissed_by, 80) or words("post.nobody"),
        "reason": one_line(view.dismissed_reason, 400),
    }
    if reply:
        known |= {
            "approver": person(reply.approved_by_slack, reply.approved_by),
            "account": one_line(reply.account, 80),
            "detail": one_line(words.said(reply.detail), 400),
            "undo": countdown(reply.undo_until, now) if reply.undo_until else "",
            "when": date(reply.posted_at) if reply.posted_at else "",
            "link": link(reply.url, words("card.open_reply")),
        }
    return MappingProxyType(known)


def _fallback(view: CardView, standing: Standing, now: datetime, words: Words) -> str:
    # Parsed as markup in notifications, so it is escaped like everything else.
    line = words.markup(
        "card.fallback",
        kind=words(f"kind.{view.kind.value}"),
        who=who(view.post, words),
        platform=view.platform,
        text=" ".join(post_text(view.post, words, limit=300).split()),
    )
    status = "" if standing is Standing.OPEN else f" – {status_line(view, standing, now, words)}"
    return (line + status)[:LONGEST_FALLBACK]
