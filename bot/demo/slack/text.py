"""Slack's text: what it makes of the text an app sends and of the text a person types."""

import re
from collections.abc import Callable

from bot.demo.slack.errors import Json

_CONTROL = re.compile(r"<(?:[@#!][^<>\s|][^<>]*|[A-Za-z][A-Za-z0-9+.-]*:[^<>]+)>")
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_TYPED = re.compile(r"(?P<url>https?://[^\s<>]+)|@(?P<at>[\w.-]*\w)|#(?P<hash>[\w-]+)")
_BROADCASTS = ("here", "channel", "everyone")

Lookup = Callable[[str], str | None]


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


def typed(text: str, *, user_named: Lookup, channel_named: Lookup) -> tuple[str, Json]:
    """Return what a person typed as mrkdwn and as the `rich_text` block that Slack's editor makes of it."""
    mrkdwn: list[str] = []
    elements: list[Json] = []
    end = 0
    for match in _TYPED.finditer(text):
        found = _reference(match, user_named, channel_named)
        if found is None:
            continue
        before = text[end : match.start()]
        mrkdwn += [escape(before), found[0]]
        elements += [*_plain(before), found[1]]
        end = match.end()
    mrkdwn.append(escape(text[end:]))
    elements += _plain(text[end:])
    section = {"type": "rich_text_section", "elements": elements}
    return "".join(mrkdwn), {"type": "rich_text", "block_id": "typed", "elements": [section]}


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


def _plain(text: str) -> list[Json]:
    return [{"type": "text", "text": text}] if text else []


def _escape_bare(text: str) -> str:
    return _BARE_AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
