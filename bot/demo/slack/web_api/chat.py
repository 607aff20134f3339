"""`chat.*`: posting, changing and deleting messages."""

import re
from urllib.parse import quote

from bot.demo.slack.content import TEXT_IN_UPDATE, Content
from bot.demo.slack.errors import Json, RateLimited, SlackError
from bot.demo.slack.rates import Tier
from bot.demo.slack.web_api.call import Call, method

_TS = re.compile(r"\d{10,}\.\d{6}")


@method("chat.postMessage", "chat:write", tier=Tier.SPECIAL)
def post_message(call: Call) -> Json:
    channel = destination(call)
    content = Content.of(call.arguments)
    wait = call.slack.limiter.message(call.token.app.id, channel["id"])
    if wait:
        raise RateLimited("rate_limited", retry_after=wait)
    message = call.slack.messages.post(channel["id"], composed(call, channel, content))
    answer = {"channel": channel["id"], "ts": message["ts"], "message": message}
    if content.was_truncated:
        answer |= {"warning": "message_truncated", "response_metadata": {"warnings": ["message_truncated"]}}
    return answer


@method("chat.postEphemeral", "chat:write", tier=Tier.FOUR)
def post_ephemeral(call: Call) -> Json:
    channel = destination(call)
    user = call.slack.state.user(call.need("user"))
    if user is None or user.get("deleted") or not call.slack.state.is_member(channel["id"], user["id"]):
        raise SlackError("user_not_in_channel")
    message = composed(call, channel, Content.of(call.arguments))
    whispered = call.slack.messages.whisper(channel["id"], user["id"], message)
    return {"message_ts": whispered["ts"]}


@method("chat.update", "chat:write", tier=Tier.THREE)
def update(call: Call) -> Json:
    """Blocks and attachments that are not mentioned stay; an empty list takes them away."""
    channel = call.channel(member=False)
    call.need("ts")
    if len(call.text("text")) > TEXT_IN_UPDATE:
        raise SlackError("msg_too_long")
    old = own_message(call, channel, "cant_update_message")
    given = call.arguments
    if given.get("text") in (None, "") and not given.get("blocks") and not given.get("attachments"):
        raise SlackError("no_text")
    content = Content.of(given)
    _refuse_other_kind(old, content)
    emptied = {key: None for key in ("blocks", "attachments") if given.get(key) is not None}
    changes = emptied | content.fields()
    message = call.slack.messages.change(channel["id"], old, changes, editor=call.token.user)
    return {"channel": channel["id"], "ts": message["ts"], "text": message["text"], "message": message}


@method("chat.delete", "chat:write", tier=Tier.THREE)
def delete(call: Call) -> Json:
    channel = call.channel(member=False)
    old = own_message(call, channel, "cant_delete_message")
    call.slack.messages.delete(channel["id"], old)
    return {"channel": channel["id"], "ts": old["ts"]}


@method("chat.getPermalink", tier=Tier.SPECIAL)
def get_permalink(call: Call) -> Json:
    channel = call.channel(member=False)
    ts = call.need("message_ts")
    message = call.slack.state.message(channel["id"], ts)
    if message is None:
        raise SlackError("message_not_found")
    link = f"{call.slack.origin}/archives/{channel['id']}/p{ts.replace('.', '')}"
    if message.get("thread_ts", ts) != ts:
        link += f"?thread_ts={quote(message['thread_ts'])}&cid={channel['id']}"
    return {"channel": channel["id"], "permalink": link}


def destination(call: Call) -> Json:
    """Where a message may go: a conversation by id or name, or a user's direct message."""
    state, wanted = call.slack.state, call.need("channel")
    if wanted.startswith(("U", "W")) and (user := state.user(wanted)):
        if user.get("deleted"):
            raise SlackError("channel_not_found")
        return state.direct_message((wanted, call.token.user))[0]
    channel = state.channel(wanted) or state.channel_named(wanted)
    if channel is None:
        raise SlackError("channel_not_found")
    if not state.is_member(channel["id"], call.token.user):
        if channel["is_private"]:
            raise SlackError("channel_not_found")
        if "chat:write.public" not in call.token.scopes:
            raise SlackError("not_in_channel")
    if channel["is_archived"]:
        raise SlackError("is_archived")
    return channel


def composed(call: Call, channel: Json, content: Content) -> Json:
    """The message to store: content, author and place in a thread."""
    customised = {key: call.text(key) for key in ("username", "icon_url", "icon_emoji") if call.text(key)}
    if customised:
        call.need_scope("chat:write.customize")
    message = call.slack.messages.author(call.token.app, **customised) | content.fields()
    thread = call.text("thread_ts")
    if not thread:
        return message
    if not _TS.fullmatch(thread):
        raise SlackError("invalid_thread_ts")
    parent = call.slack.state.message(channel["id"], thread)
    if parent is None:
        raise SlackError("thread_not_found")
    broadcast = {"subtype": "thread_broadcast"} if call.flag("reply_broadcast") else {}
    return message | {"thread_ts": parent.get("thread_ts", thread)} | broadcast


def own_message(call: Call, channel: Json, otherwise: str) -> Json:
    """The app's own message at `ts`; somebody else's is refused with the code `otherwise`."""
    message = call.slack.state.message(channel["id"], call.need("ts"))
    if message is None or message.get("subtype") == "tombstone":
        raise SlackError("message_not_found")
    if message.get("bot_id") != call.token.app.bot_id:
        raise SlackError(otherwise)
    return message


def _refuse_other_kind(old: Json, content: Content) -> None:
    """A message whose text is one rich_text block keeps that kind of block."""
    before = [each["type"] for each in old.get("blocks", [])]
    after = [each["type"] for each in content.blocks]
    if before == ["rich_text"] and after and "rich_text" not in after:
        raise SlackError("block_mismatch")
