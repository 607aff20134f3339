"""Slack's text: what it makes of the text an app sends and of the text a person types."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.demo.slack.errors import Json

_CONTROL = re.compile(r"<(?:[@#!][^<>\s|][^<>]*|[A-Za-z][A-Za-z0-9+.-]*:[^<>]+)>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_TYPED = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|(?P<url>https?://[^\s<>]+)|@(?P<at>[\w.-]*\w)|#(?P<hash>[\w-]+)"
    r"|:(?P<emoji>[a-z][a-z0-9_+-]{0,80}|[+-]1|100):"
    r"|(?<!\w)(?P<mark>[*_~])(?P<styled>(?=\S)[^\n]{0,1000}?\S)(?P=mark)(?!\w)"
)
_STYLES = {"*": "bold", "_": "italic", "~": "strike"}
_BROADCASTS = ("here", "channel", "everyone")

Lookup = Callable[[str], str | None]
Style = dict[str, bool]


def canonical(text: str) -> str:
    """Return the text as Slack stores it: `<...>` that means something stays, every other `&`, `<`, `>` is escaped.

    What is escaped already is left as it is, so nothing is ever escaped twice.
    """
    pieces, end = [], 0
    for match in _CONTROL.finditer(text):
        pieces += [_escape_bare(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*pieces, _escape_bare(text[end:])])


def escape(text: str) -> str:
    """Escape plain text for mrkdwn."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo `escape`."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed: as mrkdwn, and as the elements that Slack's editor makes of it."""

    mrkdwn: str
    elements: list[Json]


def typed(text: str, *, user_named: Lookup, channel_named: Lookup) -> tuple[str, Json]:
    """Return what a person typed as mrkdwn and as a `rich_text` block: names and addresses become what they name,
    `*bold*`, `_italic_`, `~struck~`, `` `code` `` and `:emoji:` what they mean."""
    found = _Typing(user_named, channel_named).read(text, {})
    section = {"type": "rich_text_section", "elements": found.elements}
    return found.mrkdwn, {"type": "rich_text", "block_id": "typed", "elements": [section]}


class _Typing:
    """Reads what was typed, as deep as marks stand within marks."""

    def __init__(self, user_named: Lookup, channel_named: Lookup) -> None:
        self._user_named = user_named
        self._channel_named = channel_named

    def read(self, text: str, style: Style) -> Typed:
        mrkdwn: list[str] = []
        elements: list[Json] = []
        end = 0
        for match in _TYPED.finditer(text):
            found = self._meant(match, style)
            if found is None:
                continue
            before = text[end : match.start()]
            mrkdwn += [escape(before), found.mrkdwn]
            elements += [*_plain(before, style), *found.elements]
            end = match.end()
        mrkdwn.append(escape(text[end:]))
        elements += _plain(text[end:], style)
        return Typed("".join(mrkdwn), elements)

    def _meant(self, match: re.Match[str], style: Style) -> Typed | None:
        if (code := match["code"]) is not None:
            return Typed(escape(match[0]), _plain(code, style | {"code": True}))
        if name := match["emoji"]:
            return Typed(match[0], [{"type": "emoji", "name": name}])
        if mark := match["mark"]:
            if _STYLES[mark] in style:
                return None
            within = self.read(match["styled"], style | {_STYLES[mark]: True})
            return Typed(f"{mark}{within.mrkdwn}{mark}", within.elements)
        reference = _reference(match, self._user_named, self._channel_named)
        return reference and Typed(reference[0], [_styled(reference[1], style)])


def _reference(match: re.Match[str], user_named: Lookup, channel_named: Lookup) -> tuple[str, Json] | None:
    if url := match["url"]:
        return f"<{escape(url)}>", {"type": "link", "url": url}
    if (name := match["at"]) in _BROADCASTS:
        return f"<!{name}>", {"type": "broadcast", "range": name}
    if name and (user := user_named(name)):
        return f"<@{user}>", {"type": "user", "user_id": user}
    if match["hash"] and (channel := channel_named(match["hash"])):
        return f"<#{channel}|>", {"type": "channel", "channel_id": channel}
    return None


def _plain(text: str, style: Style) -> list[Json]:
    return [_styled({"type": "text", "text": text}, style)] if text else []


def _styled(element: Json, style: Style) -> Json:
    return element | ({"style": dict(style)} if style else {})


def _escape_bare(text: str) -> str:
    return _BARE_AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
