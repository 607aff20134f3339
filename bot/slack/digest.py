"""One message in place of a flood of cards: how many, of what kind, and the ones to look at first."""

from collections import Counter

from sqlalchemy import select

from bot import showing
from bot.deps import Deps
from bot.desk import DayView
from bot.models import Mention, MentionKind
from bot.slack.blocks import Json, Message, button, context, section
from bot.slack.cards import post_text, who
from bot.slack.home import work_line
from bot.slack.words import Words
from bot.views import CardView

MOST_LINES = 8
_FIRST = (MentionKind.FALSE_CLAIM, MentionKind.COMPLAINT, MentionKind.QUESTION, MentionKind.LEAD)


def message(deps: Deps, mention_ids: tuple[int, ...], words: Words) -> Message:
    """Return the digest of these mentions; each line has a button that shows its card."""
    with deps.sessions() as session:
        asked = select(Mention.id, Mention.kind).where(Mention.id.in_(mention_ids))
        kinds = {mention_id: kind for mention_id, kind in session.execute(asked)}  # noqa: C416  (a Row is no tuple)
    first = sorted(kinds, key=lambda mention_id: (_rank(kinds[mention_id]), -mention_id))[:MOST_LINES]
    counts = Counter(kinds.values()).most_common()
    summary = ", ".join(f"{words(f'kind.{kind.value}')}: {number}" for kind, number in counts)
    blocks = [
        section(words.markup("digest.headline", number=len(kinds))),
        context(summary),
        *(_line(showing.card(deps, mention_id), words) for mention_id in first),
        context(words("digest.rest")),
    ]
    return Message(f"{words('digest.text', number=len(kinds))}: {summary}", tuple(blocks))


def daily(view: DayView, words: Words) -> Message:
    """Return what a channel had in a day, and what is still open there."""
    summary = words(
        "daily.numbers",
        arrived=view.arrived,
        answered=view.answered,
        dismissed=view.dismissed,
        still_open=view.still_open,
    )
    kinds = ", ".join(f"{words(f'kind.{kind.value}')}: {number}" for kind, number in view.kinds)
    blocks: list[Json] = [section(words.markup("daily.headline")), section(summary)]
    if kinds:
        blocks.append(context(kinds))
    for work in view.first:
        show = button("mention.show", words("button.show"), str(work.mention_id))
        blocks.append(section(work_line(work, words), accessory=show))
    return Message(f"{words('daily.text')}: {summary}", tuple(blocks))


def _line(view: CardView, words: Words) -> Json:
    text = words.markup(
        "digest.line",
        kind=words(f"kind.{view.kind.value}"),
        who=who(view.post, words),
        text=" ".join(post_text(view.post, words, limit=160).split()),
    )
    return section(text, accessory=button("mention.show", words("button.show"), str(view.mention_id)))


def _rank(kind: MentionKind) -> int:
    return _FIRST.index(kind) if kind in _FIRST else len(_FIRST)
