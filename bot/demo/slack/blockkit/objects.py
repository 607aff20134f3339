"""Composition objects: texts, options, confirmations, filters."""

from collections.abc import Iterator
from typing import Any

from bot.demo.slack.blockkit.problems import (
    Check,
    Problem,
    array,
    at_least_one,
    boolean,
    both,
    choice,
    constant,
    failed,
    items,
    only_one,
    record,
    string,
    typed,
    unique,
)

URL = string(most=3000, pattern=r"https?://\S+|mailto:\S+")
PICTURE_URL = string(most=3000, pattern=r"https?://\S+")
ID = string(most=255)
_WORKSPACE_ID = string(pattern=r"[A-Z][A-Z0-9]{2,}")
USER = CHANNEL = _WORKSPACE_ID


def plain(most: int | None = None) -> Check:
    """A `plain_text` object."""
    fields = {"type": constant("plain_text"), "text": string(most=most)}
    return typed({"plain_text": record(fields, {"emoji": boolean})})


def text(most: int | None = None) -> Check:
    """A `plain_text` or a `mrkdwn` object."""
    words = string(most=most)
    return typed(
        {
            "plain_text": record({"type": constant("plain_text"), "text": words}, {"emoji": boolean}),
            "mrkdwn": record({"type": constant("mrkdwn"), "text": words}, {"verbatim": boolean}),
        }
    )


CONFIRM = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": choice("primary", "danger")},
)


def option(label: Check, **more: Check) -> Check:
    """An option object."""
    return record({"text": label, "value": string(most=150)}, {"description": plain(75), **more})


MENU_OPTION = option(plain(75))
CHOICE_OPTION = record({"text": text(75), "value": string(most=150)}, {"description": text(75)})
OVERFLOW_OPTION = option(plain(75), url=URL)
OPTION_GROUP = record({"label": plain(75), "options": array(MENU_OPTION, most=100)}, {})
OPTIONS = both(array(MENU_OPTION, most=100), unique("value", "option value"))
OPTION_GROUPS = array(OPTION_GROUP, most=100)
FILTER = record(
    {},
    {
        "include": array(choice("im", "mpim", "private", "public")),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
    at_least_one("include", "exclude_external_shared_channels", "exclude_bot_users"),
)
DISPATCH = record(
    {"trigger_actions_on": array(choice("on_enter_pressed", "on_character_entered"), most=2)},
    {},
)
SLACK_FILE = record({}, {"id": string(), "url": URL}, only_one("id", "url"))


def initial_among_options(value: Any, at: str) -> Iterator[Problem]:
    """What is chosen at first must be on offer, whole: Slack compares the option objects."""
    offered = items(value.get("options"))
    for group in items(value.get("option_groups")):
        offered = offered + (items(group.get("options")) if isinstance(group, dict) else [])
    for key, chosen in (
        ("initial_options", value.get("initial_options")),
        ("initial_option", value.get("initial_option")),
    ):
        picked = chosen if isinstance(chosen, list) else [chosen] if chosen else []
        if offered and any(not any(_same(each, known) for known in offered) for each in picked):
            yield failed(f"{at}/{key}", "initial option must be one of the options", "initial_option")


def _same(one: Any, other: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    words = [each.get("text", {}).get("text") if isinstance(each.get("text"), dict) else None for each in (one, other)]
    return one.get("value") == other.get("value") and words[0] == words[1]
