"""Interactive elements: where they stand in blocks, what they hold, and what Slack says when they are used."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from bot.demo.slack.errors import Json

VALUE_KEYS: Mapping[str, str] = {
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "rich_text_input": "rich_text_value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "file_input": "files",
}
"""Elements that hold a value, and the key it has in `view.state.values`."""

INITIAL_KEYS: Mapping[str, str] = {
    "value": "initial_value",
    "rich_text_value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_conversation": "initial_conversation",
    "selected_conversations": "initial_conversations",
    "selected_channel": "initial_channel",
    "selected_channels": "initial_channels",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
}
LISTS = frozenset(
    {"selected_options", "selected_users", "selected_conversations", "selected_channels", "files"},
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_URL = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)

Values = dict[str, dict[str, Json]]
"""Values by block_id and action_id, as in `view.state.values`."""


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every interactive element with the block it belongs to, in reading order."""
    for block in blocks:
        own = [block[key] for key in ("accessory", "element") if isinstance(block.get(key), dict)]
        parts = [each for key in ("elements", "actions") for each in block.get(key, ()) if isinstance(each, dict)]
        yield from ((block, each) for each in [*own, *parts] if "action_id" in each)
        yield from elements([each for each in parts if each.get("type") == "card"])
        yield from elements(block.get("child_blocks", []))


def find(blocks: list[Json], block_id: str, action_id: str) -> tuple[Json, Json] | None:
    """The block and the element with these ids."""
    for block, element in elements(blocks):
        if block.get("block_id") == block_id and element["action_id"] == action_id:
            return block, element
    return None


def current(blocks: list[Json], known: Values, given: Values) -> Values:
    """What every element with a value holds: what is `given` now, else what was `known`, else its initial value."""
    values: Values = {}
    for block, element in elements(blocks):
        key = VALUE_KEYS.get(element["type"])
        if key is None:
            continue
        where, name = block["block_id"], element["action_id"]
        held = given.get(where, {}).get(name) or known.get(where, {}).get(name) or initial(element)
        values.setdefault(where, {})[name] = {"type": element["type"], key: held.get(key, _nothing(key))}
    return values


def initial(element: Json) -> Json:
    """The value of an element that nobody has touched."""
    key = VALUE_KEYS[element["type"]]
    return {key: element.get(INITIAL_KEYS.get(key, ""), _nothing(key))}


def complaint(element: Json, value: Json) -> str | None:
    """Say what is wrong with a value that is there, as Slack's own client would; None when nothing is."""
    kind = element["type"]
    held = value.get(VALUE_KEYS.get(kind, "value"))
    if held in (None, "", []):
        return None
    if kind in ("plain_text_input", "email_text_input", "url_text_input"):
        return _complaint_about_text(element, held)
    if kind == "number_input":
        return _complaint_about_number(element, held)
    if kind in ("datepicker", "timepicker", "datetimepicker"):
        return _complaint_about_time(kind, held)
    return _complaint_about_choice(element, held if isinstance(held, list) else [held])


def is_empty(element: Json, value: Json) -> bool:
    """Whether a required input would be refused."""
    return value.get(VALUE_KEYS.get(element["type"], "value")) in (None, "", [])


def offered(element: Json) -> list[Json]:
    """All options of an element, those in groups included."""
    groups = [option for group in element.get("option_groups") or () for option in group["options"]]
    return [*(element.get("options") or ()), *groups]


def action(block: Json, element: Json, value: Json, ts: str) -> Json:
    """An entry of `actions` in a `block_actions` payload."""
    kept = ("action_id", "type", "text", "style", "url", "confirm", "placeholder", "initial_option", "icon")
    entry = {
        key: element[key] for key in kept if key in element and not (key == "text" and element["type"] != "button")
    }
    return {**entry, "block_id": block["block_id"], **value, "action_ts": ts}


def used(element: Json, given: Json) -> Json:
    """The value that using an element sends; raises ValueError with a sentence when that is impossible."""
    kind = element["type"]
    if kind in ("button", "icon_button", "workflow_button"):
        return {"value": element["value"]} if "value" in element else {}
    if kind == "feedback_buttons":
        buttons = [element["positive_button"]["value"], element["negative_button"]["value"]]
        if given.get("value") not in buttons:
            raise ValueError("There is no such button.")
        return {"value": given["value"]}
    key = "selected_option" if kind == "overflow" else VALUE_KEYS[kind]
    if problem := complaint(element, {key: given.get(key)}):
        raise ValueError(problem)
    return {key: _as_offered(element, given.get(key, _nothing(key)))}


def _as_offered(element: Json, held: object) -> object:
    """Options come back as they stand in the block, whatever else the client sent with their value."""
    by_value = {option["value"]: option for option in offered(element) if "value" in option}
    if isinstance(held, list):
        return [by_value.get(each.get("value"), each) if isinstance(each, dict) else each for each in held]
    return by_value.get(held.get("value"), held) if isinstance(held, dict) else held


def _nothing(key: str) -> list[Json] | None:
    return [] if key in LISTS else None


def _complaint_about_text(element: Json, held: object) -> str | None:
    if not isinstance(held, str):
        return "This must be text."
    length = len(held)
    if length < element.get("min_length", 0):
        return f"Enter at least {element['min_length']} characters."
    if length > (most := element.get("max_length", 3000)):
        return f"Enter at most {most} characters."
    if element["type"] == "email_text_input" and not _EMAIL.fullmatch(held):
        return "Enter a valid e-mail address."
    if element["type"] == "url_text_input" and not _URL.fullmatch(held):
        return "Enter a valid URL."
    return None


def _complaint_about_number(element: Json, held: object) -> str | None:
    try:
        number = Decimal(str(held))
    except InvalidOperation:
        return "Enter a number."
    if not number.is_finite() or (not element.get("is_decimal_allowed") and number != number.to_integral_value()):
        return "Enter a whole number."
    if number < Decimal(str(element.get("min_value", number))):
        return f"Enter {element['min_value']} or more."
    if number > Decimal(str(element.get("max_value", number))):
        return f"Enter {element['max_value']} or less."
    return None


def _complaint_about_time(kind: str, held: object) -> str | None:
    if kind == "datetimepicker":
        return None if isinstance(held, int) else "Choose a date and a time."
    if kind == "timepicker":
        return None if _TIME.fullmatch(str(held)) else "Choose a time."
    try:
        date.fromisoformat(str(held))
    except ValueError:
        return "Choose a date."
    return None


def _complaint_about_choice(element: Json, held: list[object]) -> str | None:
    if len(held) > element.get("max_selected_items", len(held)):
        return f"Choose at most {element['max_selected_items']}."
    if element["type"] in ("external_select", "multi_external_select") or not offered(element):
        return None
    values = {option.get("value") for option in offered(element)}
    chosen = {each.get("value") if isinstance(each, dict) else None for each in held}
    return None if chosen <= values else "There is no such option."
