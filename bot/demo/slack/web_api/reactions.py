"""`reactions.*`: emoji under messages."""

import re

from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.messages import public
from bot.demo.slack.rates import Tier
from bot.demo.slack.web_api.call import Call, method

_NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


@method("reactions.add", "reactions:write")
def add(call: Call) -> Json:
    return _react(call, remove=False)


@method("reactions.remove", "reactions:write", tier=Tier.TWO)
def remove(call: Call) -> Json:
    return _react(call, remove=True)


@method("reactions.get", "reactions:read")
def get(call: Call) -> Json:
    channel = call.channel()
    message = call.slack.state.message(channel["id"], call.need("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    return {"type": "message", "channel": channel["id"], "message": public(message)}


def _react(call: Call, *, remove: bool) -> Json:
    channel = call.channel()
    name = call.need("name").strip(":")
    if not _NAME.fullmatch(name):
        raise SlackError("invalid_name")
    if channel["is_archived"]:
        raise SlackError("is_archived")
    call.slack.messages.react(channel["id"], call.need("timestamp"), call.token.user, name, remove=remove)
    return {}
