"""`views.*`: modals and the Home tab."""

import json

from bot.demo.slack.blockkit import validate_view
from bot.demo.slack.content import refuse
from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.rates import Tier
from bot.demo.slack.web_api.call import Call, invalid, method

MAX_VIEW_BYTES = 250_000


@method("views.open", tier=Tier.FOUR)
def open_view(call: Call) -> Json:
    view = given_view(call, "modal")
    trigger = call.slack.triggers.exchange(call.token.app, call.need("trigger_id"))
    return {"view": call.slack.views.open(trigger.user, call.token.app, _placed(view, trigger.channel))}


@method("views.push", tier=Tier.FOUR)
def push(call: Call) -> Json:
    view = given_view(call, "modal")
    trigger = call.slack.triggers.exchange(call.token.app, call.need("trigger_id"))
    if trigger.view is None:
        raise SlackError("invalid_trigger_id")
    return {"view": call.slack.views.push(trigger.user, call.token.app, _placed(view, trigger.channel))}


@method("views.update", tier=Tier.FOUR)
def update(call: Call) -> Json:
    key = call.text("view_id") or call.text("external_id")
    if not key:
        raise invalid("missing required field: view_id", "view_id")
    view = given_view(call, None)
    known_hash = call.text("hash") or None
    return {"view": call.slack.views.update(call.token.app, key, view, known_hash=known_hash)}


@method("views.publish", tier=Tier.FOUR)
def publish(call: Call) -> Json:
    app = call.token.app
    user = call.slack.state.user(call.need("user_id"))
    if user is None or user["is_bot"]:
        raise SlackError("user_not_found")
    if not app.home:
        raise SlackError("not_enabled")
    view = given_view(call, "home")
    return {"view": call.slack.views.publish(user["id"], app, view, known_hash=call.text("hash") or None)}


def given_view(call: Call, surface: str | None) -> Json:
    """The view of the call, refused as Slack refuses it."""
    view = call.structure("view")
    if not isinstance(view, dict):
        raise invalid("missing required field: view", "view")
    if len(json.dumps(view, ensure_ascii=False).encode()) > MAX_VIEW_BYTES:
        raise SlackError("view_too_large")
    refuse(validate_view(view, surface=surface), "invalid_arguments")
    return view


def _placed(view: Json, channel: str | None) -> Json:
    """Fill in `default_to_current_conversation`, which needs to know where the person was."""
    if channel is None:
        return view
    blocks = [_with_current(each, channel) for each in view["blocks"]]
    return {**view, "blocks": blocks}


def _with_current(block: Json, channel: str) -> Json:
    element = block.get("element")
    if not isinstance(element, dict) or not element.get("default_to_current_conversation"):
        return block
    many = element["type"].startswith("multi_")
    initial = {"initial_conversations": [channel]} if many else {"initial_conversation": channel}
    return {**block, "element": initial | element}
