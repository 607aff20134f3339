"""`chat.scheduleMessage` and what goes with it."""

from bot.demo.slack.content import Content
from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.web_api.call import Call, invalid, method
from bot.demo.slack.web_api.chat import composed, destination

FURTHEST = 120 * 24 * 3600


@method("chat.scheduleMessage", "chat:write")
def schedule(call: Call) -> Json:
    channel = destination(call)
    post_at, now = _time(call), call.slack.state.now()
    if post_at <= now:
        raise SlackError("time_in_past")
    if post_at > now + FURTHEST:
        raise SlackError("time_too_far")
    message = composed(call, channel, Content.of(call.arguments))
    known = call.slack.scheduled.add(call.token.app.id, channel["id"], post_at, message)
    return {"channel": channel["id"], "scheduled_message_id": known["id"], "post_at": post_at, "message": message}


@method("chat.deleteScheduledMessage", "chat:write")
def unschedule(call: Call) -> Json:
    if not call.slack.scheduled.remove(call.token.app.id, call.need("scheduled_message_id")):
        raise SlackError("invalid_scheduled_message_id")
    return {}


@method("chat.scheduledMessages.list")
def scheduled(call: Call) -> Json:
    keys = ("id", "channel_id", "post_at", "date_created")
    channel = call.text("channel")
    known = [each for each in call.slack.scheduled.of(call.token.app.id) if channel in ("", each["channel_id"])]
    shown = [{key: each[key] for key in keys} | {"text": each["message"]["text"]} for each in known]
    return call.paginated("scheduled_messages", shown)


def _time(call: Call) -> int:
    try:
        return int(float(call.need("post_at")))
    except ValueError as error:
        raise invalid("must be a timestamp", "post_at") from error
