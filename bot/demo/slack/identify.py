"""What Slack fills in when an app leaves it out: block ids, action ids and the flags of text objects."""

import copy
import secrets
from typing import Any

from bot.demo.slack.errors import Json
from bot.demo.slack.text import canonical

_WITHOUT_ACTION = frozenset({"image", "mrkdwn", "plain_text", "card"})


def identified(blocks: list[Json]) -> list[Json]:
    """Return the blocks as Slack stores them."""
    return [_block(block) for block in copy.deepcopy(blocks)]


def _block(block: Json) -> Json:
    if not block.get("block_id"):
        block["block_id"] = secrets.token_urlsafe(4)
    if block["type"] in ("rich_text", "markdown", "table", "data_table", "data_visualization"):
        return block
    for key in ("accessory", "element"):
        if isinstance(block.get(key), dict):
            _element(block[key])
    for key in ("elements", "actions"):
        for each in block.get(key) or ():
            _block(each) if each.get("type") == "card" else _element(each)
    for child in block.get("child_blocks") or ():
        _block(child)
    _text_objects(block)
    return block


def _element(element: Json) -> None:
    if element.get("type") not in _WITHOUT_ACTION and not element.get("action_id"):
        element["action_id"] = secrets.token_urlsafe(4)


def _text_objects(value: Any) -> None:
    if isinstance(value, list):
        for each in value:
            _text_objects(each)
    elif isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            value["text"] = canonical(value["text"])
            value.setdefault("verbatim", False)
        elif value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        for key, each in value.items():
            if key != "child_blocks":
                _text_objects(each)
