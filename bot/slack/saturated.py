"""How much of a conversation we are, drawn for Home: bars made of characters, which every client can show and read."""

from bot.slack.blocks import Json, header, section
from bot.slack.text import Markup, one_line
from bot.slack.words import Words
from bot.throttle.saturation import Nearness, Saturation, Share

WIDE = 10
_LONGEST_NAME = 60


def drawn(found: Saturation, words: Words) -> list[Json]:
    """Return where we speak and how large our part is, who speaks, and which limits are near; nothing for silence."""
    if not found.venues:
        return []
    busiest = max(speaker.replies for speaker in found.speakers)
    speakers = [
        words.markup(
            "home.speaker",
            bar=bar(each.replies / busiest),
            replies=each.replies,
            name=one_line(each.name, _LONGEST_NAME),
        )
        for each in found.speakers
    ]
    blocks = [header(words("home.saturation")), _listed(words("home.where"), [_share(e, words) for e in found.venues])]
    blocks.append(_listed(words("home.speakers"), speakers))
    if found.nearest:
        blocks.append(_listed(words("home.nearest"), [_near(each, words) for each in found.nearest]))
    return blocks


def bar(part: float) -> str:
    """Draw how full something is; 1 is full. Whatever is there shows at least a little."""
    full = min(max(round(WIDE * part), 1 if part > 0 else 0), WIDE)
    return "█" * full + "░" * (WIDE - full)


def _listed(title: str, lines: list[Markup]) -> Json:
    return section(Markup("\n".join([title, *lines])))


def _share(share: Share, words: Words) -> Markup:
    return words.markup(
        "home.share",
        bar=bar(share.share),
        part=f"{share.share:.0%}",
        name=one_line(share.name, _LONGEST_NAME),
        ours=share.ours,
        all=share.ours + share.others,
    )


def _near(near: Nearness, words: Words) -> Markup:
    return words.markup(
        "home.near",
        bar=bar(near.part),
        used=near.used,
        most=near.most,
        subject=one_line(near.subject, _LONGEST_NAME),
        limit=one_line(near.limit, _LONGEST_NAME),
    )
