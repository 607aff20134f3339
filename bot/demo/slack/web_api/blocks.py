"""`blocks.validate`: asks Slack's own validator, here ours; needs no token."""

from bot.demo.slack.blockkit import Problem, validate, validate_view
from bot.demo.slack.content import structure
from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.services import Services
from bot.demo.slack.web_api.call import public_method


@public_method("blocks.validate")
def validate_blocks(_: Services, arguments: Json) -> Json:
    given = [key for key in ("blocks", "message", "view") if arguments.get(key) not in (None, "")]
    if len(given) != 1:
        messages = ["[ERROR] provide exactly one of blocks, view, or message"]
        raise SlackError("invalid_arguments", response_metadata={"messages": messages})
    (key,) = given
    problems = _problems(key, structure(arguments[key], f"invalid_{key}"))
    if problems:
        raise SlackError(f"invalid_{key}", errors=[each.as_json() for each in problems])
    return {}


def _problems(key: str, payload: object) -> list[Problem]:
    if key == "view":
        return validate_view(payload, at="")
    if key == "message":
        return validate(payload["blocks"] if isinstance(payload, dict) and "blocks" in payload else payload)
    return min((validate(payload, surface, at="") for surface in ("message", "modal", "home")), key=len)
