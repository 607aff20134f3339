"""Block Kit, as far as Chorus uses it: each function makes one block or element, within Slack's limits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.slack.text import Markup, escaped, is_web, one_line, plain, units

Json = dict[str, Any]
"""A Slack payload, in or out."""

BUDGET = 9_000
"""UTF-16 units of text that all blocks of a message may hold together; Slack refuses more than about 12,000."""

LONGEST_FALLBACK = 3_900


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted: the blocks, and the text for notifications, screen readers and old clients."""

    text: str
    blocks: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One choice; `value` comes back."""

    value: str
    label: str
    hint: str = ""

    def block(self) -> Json:
        """Return it as Slack takes it."""
        described = {"description": _plain(self.hint, 75)} if self.hint else {}
        return {"text": _plain(self.label, 75), "value": self.value, **described}


@dataclass(frozen=True, slots=True)
class Confirm:
    """The question asked before a click counts."""

    title: str
    text: str
    yes: str
    no: str

    def block(self) -> Json:
        """Return it as Slack takes it."""
        return {
            "title": _plain(self.title, 100),
            "text": _plain(self.text, 300),
            "confirm": _plain(self.yes, 30),
            "deny": _plain(self.no, 30),
        }


def header(text: str) -> Json:
    """A heading."""
    return {"type": "header", "text": _plain(text, 150)}


def section(text: str, *, accessory: Json | None = None) -> Json:
    """A paragraph; plain strings are escaped."""
    beside = {"accessory": accessory} if accessory else {}
    return {"type": "section", "text": mrkdwn(text, 2900), **beside}


def context(*texts: str) -> Json:
    """Small print; plain strings are escaped, empty ones left out."""
    return {"type": "context", "elements": [mrkdwn(text, 1900) for text in texts if text]}


def divider() -> Json:
    """A line."""
    return {"type": "divider"}


def quote(text: str) -> Json:
    """Somebody's words, in an element that parses nothing."""
    return _rich({"type": "rich_text_quote", "elements": [{"type": "text", "text": text}]})


def verbatim(text: str) -> Json:
    """A text to copy, as it is."""
    return _rich({"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]})


def actions(block_id: str, *elements: Json) -> Json:
    """A row of things to press."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def button(
    action_id: str,
    label: str,
    value: str,
    *,
    style: str = "",
    confirm: Confirm | None = None,
    spoken: str = "",
) -> Json:
    """A button; `spoken` is what a screen reader says in place of the label."""
    made: Json = {"type": "button", "action_id": action_id, "text": _plain(label, 75), "value": value}
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = confirm.block()
    if spoken:
        made["accessibility_label"] = one_line(spoken, 75)
    return made


def link_button(action_id: str, label: str, url: str, value: str) -> Json:
    """A button that opens a public page; `url` must have passed `is_web`."""
    return button(action_id, label, value) | {"url": url}


def overflow(action_id: str, options: Sequence[Option]) -> Json:
    """A menu behind three dots, one to five entries."""
    return {"type": "overflow", "action_id": action_id, "options": [option.block() for option in options]}


def select(action_id: str, options: Sequence[Option], chosen: str, *, placeholder: str = "") -> Json:
    """A menu to choose one from."""
    return _choice("static_select", action_id, options, chosen) | (
        {"placeholder": _plain(placeholder, 150)} if placeholder else {}
    )


def radio(action_id: str, options: Sequence[Option], chosen: str) -> Json:
    """Choices that are all seen at once, one to ten."""
    return _choice("radio_buttons", action_id, options, chosen)


def text_input(
    action_id: str,
    *,
    value: str = "",
    placeholder: str = "",
    multiline: bool = False,
    longest: int = 3000,
    live: bool = False,
    focus: bool = False,
) -> Json:
    """A field to type in; `live` reports each pause in typing."""
    made: Json = {"type": "plain_text_input", "action_id": action_id, "multiline": multiline, "max_length": longest}
    if value:
        made["initial_value"] = value
    if placeholder:
        made["placeholder"] = _plain(placeholder, 150)
    if live:
        made["dispatch_action_config"] = {"trigger_actions_on": ["on_character_entered"]}
    if focus:
        made["focus_on_load"] = True
    return made


def url_input(action_id: str, *, placeholder: str = "") -> Json:
    """A field for an address."""
    made: Json = {"type": "url_text_input", "action_id": action_id}
    if placeholder:
        made["placeholder"] = _plain(placeholder, 150)
    return made


def channel_select(action_id: str, chosen: str) -> Json:
    """A menu of the channels that the person sees; `chosen` is the id of the one to begin with, or empty."""
    made: Json = {"type": "conversations_select", "action_id": action_id, "filter": {"include": ["public", "private"]}}
    return made | ({"initial_conversation": chosen} if chosen else {})


def field(
    block_id: str, label: str, element: Json, *, hint: str = "", optional: bool = False, live: bool = False
) -> Json:
    """An input with its label; `live` reports each change at once."""
    made: Json = {
        "type": "input",
        "block_id": block_id,
        "label": _plain(label, 1900),
        "element": element,
        "optional": optional,
        "dispatch_action": live,
    }
    if hint:
        made["hint"] = _plain(hint, 1900)
    return made


def modal(
    callback_id: str,
    title: str,
    blocks: Iterable[Json],
    *,
    close: str,
    submit: str = "",
    memory: str = "",
) -> Json:
    """A window; `memory` comes back with everything done in it."""
    made: Json = {
        "type": "modal",
        "callback_id": callback_id,
        "title": _plain(title, 24),
        "close": _plain(close, 24),
        "blocks": list(blocks)[:100],
        "private_metadata": memory,
    }
    if submit:
        made["submit"] = _plain(submit, 24)
    return made


def mrkdwn(text: str, limit: int) -> Json:
    """Return a text element; markup made here stands as it is, everything else is escaped."""
    safe = text if isinstance(text, Markup) and units(text) <= limit else escaped(text, limit)
    return {"type": "mrkdwn", "text": safe or "–", "verbatim": True}


def size(blocks: Iterable[Json]) -> int:
    """Return the UTF-16 units of all text in these blocks, which Slack limits as a sum."""
    return sum(_size(block) for block in blocks)


def page_button(action_id: str, label: str, url: str, value: str) -> tuple[Json, ...]:
    """Return a button that opens a page, or nothing when the address is not one."""
    return (link_button(action_id, label, url, value),) if is_web(url) else ()


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return sum(
            units(part) if key == "text" and isinstance(part, str) else _size(part) for key, part in value.items()
        )
    return sum(map(_size, value)) if isinstance(value, list) else 0


def _choice(kind: str, action_id: str, options: Sequence[Option], chosen: str) -> Json:
    made: Json = {"type": kind, "action_id": action_id, "options": [option.block() for option in options]}
    first = [option.block() for option in options if option.value == chosen]
    return made | ({"initial_option": first[0]} if first else {})


def _rich(element: Json) -> Json:
    return {"type": "rich_text", "elements": [element]}


def _plain(text: str, limit: int) -> Json:
    return {"type": "plain_text", "text": plain(text, limit) or "–", "emoji": False}
