"""Block elements: buttons, menus, inputs and pictures, each with its limits."""

from collections.abc import Iterator
from typing import Any

from bot.demo.slack.blockkit.objects import (
    CHANNEL,
    CHOICE_OPTION,
    CONFIRM,
    DISPATCH,
    FILTER,
    ID,
    OPTION_GROUPS,
    OPTIONS,
    OVERFLOW_OPTION,
    PICTURE_URL,
    SLACK_FILE,
    URL,
    USER,
    initial_among_options,
    option,
    plain,
)
from bot.demo.slack.blockkit.problems import (
    Check,
    Fields,
    Problem,
    anything,
    array,
    boolean,
    choice,
    constant,
    failed,
    number,
    only_one,
    record,
    string,
)
from bot.demo.slack.blockkit.rich_text import RICH_TEXT

DATE = string(pattern=r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
TIME = string(pattern=r"([01]\d|2[0-3]):[0-5]\d")
NUMERAL = string(pattern=r"-?\d+(\.\d+)?")
_VISIBLE = array(USER, most=10)


def element(kind: str, required: Fields, optional: Fields, *rules: Check) -> Check:
    """An element with an action id."""
    return record({"type": constant(kind), **required}, {"action_id": ID, **optional}, *rules)


def _menu(kind: str, required: Fields, optional: Fields, *rules: Check) -> Check:
    shared = {"placeholder": plain(150), "focus_on_load": boolean, "confirm": CONFIRM}
    return element(kind, required, {**shared, **optional}, *rules)


def _input(kind: str, required: Fields, optional: Fields, *rules: Check) -> Check:
    shared = {"placeholder": plain(150), "focus_on_load": boolean, "dispatch_action_config": DISPATCH}
    return element(kind, required, {**shared, **optional}, *rules)


def _minimum_below_maximum(least: str, most: str) -> Check:
    def check(value: Any, at: str) -> Iterator[Problem]:
        low, high = value.get(least), value.get(most)
        if isinstance(low, int | str) and isinstance(high, int | str) and _as_number(low) > _as_number(high):
            yield failed(f"{at}/{least}", f"{least} must not be above {most}", "max", high)

    return check


def _as_number(value: int | str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0


def _text_input() -> Check:
    return _input(
        "plain_text_input",
        {},
        {
            "initial_value": string(most=3000, least=0),
            "multiline": boolean,
            "min_length": number(least=0, most=3000),
            "max_length": number(least=1, most=3000),
        },
        _minimum_below_maximum("min_length", "max_length"),
    )


def _number_input() -> Check:
    optional = {"initial_value": NUMERAL, "min_value": NUMERAL, "max_value": NUMERAL}
    return _input(
        "number_input",
        {"is_decimal_allowed": boolean},
        optional,
        _minimum_below_maximum("min_value", "max_value"),
    )


def _static(kind: str, initial: Fields) -> Check:
    optional = {"options": OPTIONS, "option_groups": OPTION_GROUPS, **initial}
    return _menu(kind, {}, optional, only_one("options", "option_groups"), initial_among_options)


_MANY = {"max_selected_items": number(least=1)}
_CONVERSATION = {"default_to_current_conversation": boolean, "filter": FILTER}
_ANSWERABLE = {"response_url_enabled": boolean}
_CHECKS = array(CHOICE_OPTION, most=10)
_FEEDBACK = record({"text": plain(75), "value": string(most=2000)}, {"accessibility_label": string(most=75)})
_INITIAL_OPTION = option(plain(75))
_URLS = {"image_url": PICTURE_URL, "slack_file": SLACK_FILE}

ELEMENTS: dict[str, Check] = {
    "button": element(
        "button",
        {"text": plain(75)},
        {
            "url": URL,
            "value": string(most=2000),
            "style": choice("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(most=75),
            "agent_prompt": string(most=4000),
            "agent_prompt_display": string(),
            "visible_to_user_ids": _VISIBLE,
        },
    ),
    "icon_button": element(
        "icon_button",
        {"icon": choice("trash"), "text": plain(75)},
        {
            "value": string(most=2000),
            "confirm": CONFIRM,
            "accessibility_label": string(most=75),
            "visible_to_user_ids": _VISIBLE,
        },
    ),
    "feedback_buttons": element("feedback_buttons", {"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {}),
    "workflow_button": element(
        "workflow_button",
        {"text": plain(75), "workflow": anything},
        {"style": choice("primary", "danger"), "accessibility_label": string(most=75)},
    ),
    "overflow": element("overflow", {"options": array(OVERFLOW_OPTION, most=5)}, {"confirm": CONFIRM}),
    "checkboxes": element(
        "checkboxes",
        {"options": _CHECKS},
        {"initial_options": _CHECKS, "confirm": CONFIRM, "focus_on_load": boolean},
        initial_among_options,
    ),
    "radio_buttons": element(
        "radio_buttons",
        {"options": _CHECKS},
        {"initial_option": CHOICE_OPTION, "confirm": CONFIRM, "focus_on_load": boolean},
        initial_among_options,
    ),
    "static_select": _static("static_select", {"initial_option": _INITIAL_OPTION}),
    "multi_static_select": _static("multi_static_select", {"initial_options": array(_INITIAL_OPTION), **_MANY}),
    "external_select": _menu(
        "external_select", {}, {"initial_option": _INITIAL_OPTION, "min_query_length": number(least=0)}
    ),
    "multi_external_select": _menu(
        "multi_external_select",
        {},
        {"initial_options": array(_INITIAL_OPTION), "min_query_length": number(least=0), **_MANY},
    ),
    "users_select": _menu("users_select", {}, {"initial_user": USER}),
    "multi_users_select": _menu("multi_users_select", {}, {"initial_users": array(USER), **_MANY}),
    "conversations_select": _menu(
        "conversations_select", {}, {"initial_conversation": CHANNEL, **_CONVERSATION, **_ANSWERABLE}
    ),
    "multi_conversations_select": _menu(
        "multi_conversations_select", {}, {"initial_conversations": array(CHANNEL), **_CONVERSATION, **_MANY}
    ),
    "channels_select": _menu("channels_select", {}, {"initial_channel": CHANNEL, **_ANSWERABLE}),
    "multi_channels_select": _menu("multi_channels_select", {}, {"initial_channels": array(CHANNEL), **_MANY}),
    "datepicker": _menu("datepicker", {}, {"initial_date": DATE}),
    "timepicker": _menu("timepicker", {}, {"initial_time": TIME, "timezone": string()}),
    "datetimepicker": element(
        "datetimepicker",
        {},
        {"initial_date_time": number(least=10**9, most=10**10 - 1), "confirm": CONFIRM, "focus_on_load": boolean},
    ),
    "plain_text_input": _text_input(),
    "number_input": _number_input(),
    "email_text_input": _input("email_text_input", {}, {"initial_value": string()}),
    "url_text_input": _input("url_text_input", {}, {"initial_value": string()}),
    "rich_text_input": _input("rich_text_input", {}, {"initial_value": RICH_TEXT}),
    "file_input": element("file_input", {}, {"filetypes": array(string()), "max_files": number(least=1, most=10)}),
    "image": record(
        {"type": constant("image"), "alt_text": string(most=2000)},
        _URLS,
        only_one("image_url", "slack_file"),
    ),
}
MENUS = (
    "static_select",
    "multi_static_select",
    "external_select",
    "multi_external_select",
    "users_select",
    "multi_users_select",
    "conversations_select",
    "multi_conversations_select",
    "channels_select",
    "multi_channels_select",
)
PICKERS = ("datepicker", "timepicker", "datetimepicker")
CHOICES = ("checkboxes", "radio_buttons")
TYPED = ("plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input")
IN_ACTIONS = ("button", "workflow_button", "overflow", *CHOICES, *MENUS, *PICKERS, "rich_text_input")
IN_SECTION = ("button", "workflow_button", "overflow", "image", *CHOICES, *MENUS, "datepicker", "timepicker")
IN_INPUT = (*TYPED, *CHOICES, *MENUS, *PICKERS, "file_input")
