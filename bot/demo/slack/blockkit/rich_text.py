"""`rich_text`: the block whose text is never parsed, and so the one for what strangers wrote."""

from bot.demo.slack.blockkit.objects import CHANNEL, ID, USER
from bot.demo.slack.blockkit.problems import (
    Check,
    Fields,
    array,
    boolean,
    choice,
    constant,
    number,
    record,
    string,
    typed,
)

_WORDS = {"bold": boolean, "italic": boolean, "strike": boolean, "underline": boolean}
_STYLE = record({}, {**_WORDS, "code": boolean})
_MENTION_STYLE = record({}, {**_WORDS, "highlight": boolean, "client_highlight": boolean, "unlink": boolean})
_BORDER = {"border": choice(0, 1)}


def _part(kind: str, required: Fields, optional: Fields) -> Check:
    return record({"type": constant(kind), **required}, optional)


_TEXT = _part("text", {"text": string()}, {"style": _STYLE})
_LINK = _part("link", {"url": string()}, {"text": string(least=0), "unsafe": boolean, "style": _STYLE})
_PARTS: dict[str, Check] = {
    "text": _TEXT,
    "link": _LINK,
    "user": _part("user", {"user_id": USER}, {"style": _MENTION_STYLE}),
    "channel": _part("channel", {"channel_id": CHANNEL}, {"style": _MENTION_STYLE}),
    "usergroup": _part("usergroup", {"usergroup_id": string()}, {"style": _MENTION_STYLE}),
    "team": _part("team", {"team_id": string()}, {"style": _MENTION_STYLE}),
    "emoji": _part("emoji", {"name": string()}, {"unicode": string(), "skin_tone": number(), "style": _STYLE}),
    "broadcast": _part("broadcast", {"range": choice("here", "channel", "everyone")}, {"style": _STYLE}),
    "color": _part("color", {"value": string()}, {"style": _STYLE}),
    "date": _part(
        "date",
        {"timestamp": number(), "format": string()},
        {"url": string(), "fallback": string(), "style": _STYLE},
    ),
}
_LINE = array(typed(_PARTS), least=0)
_SECTION = record({"type": constant("rich_text_section"), "elements": _LINE}, {})
_LIST = record(
    {
        "type": constant("rich_text_list"),
        "style": choice("bullet", "ordered"),
        "elements": array(typed({"rich_text_section": _SECTION})),
    },
    {"indent": number(least=0, most=8), "offset": number(least=0), **_BORDER},
)
_PREFORMATTED = record(
    {
        "type": constant("rich_text_preformatted"),
        "elements": array(typed({"text": _TEXT, "link": _LINK}), least=0),
    },
    {"language": string(), **_BORDER},
)
_QUOTE = record({"type": constant("rich_text_quote"), "elements": _LINE}, _BORDER)

RICH_TEXT = record(
    {
        "type": constant("rich_text"),
        "elements": array(
            typed(
                {
                    "rich_text_section": _SECTION,
                    "rich_text_list": _LIST,
                    "rich_text_preformatted": _PREFORMATTED,
                    "rich_text_quote": _QUOTE,
                }
            )
        ),
    },
    {"block_id": ID},
)
