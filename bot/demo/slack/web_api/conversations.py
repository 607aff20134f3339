"""`conversations.*`: channels, who is in them and what was said."""

import re

from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.messages import public
from bot.demo.slack.rates import Tier
from bot.demo.slack.state import channel_document
from bot.demo.slack.web_api.call import Call, family, invalid, method

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_TYPES = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
_NAME = re.compile(r"[a-z0-9_-]{1,80}")


@method("conversations.list", *READ, tier=Tier.TWO)
def list_all(call: Call) -> Json:
    families = _families(call)
    for each in families:
        call.need_scope(f"{each}:read")
    found = [each for each in call.slack.state.channels() if family(each) in families and _is_visible(call, each)]
    if call.flag("exclude_archived"):
        found = [each for each in found if not each["is_archived"]]
    return call.paginated("channels", [_shown(call, each) for each in found])


@method("users.conversations", *READ)
def of_user(call: Call) -> Json:
    user, families = call.text("user", call.token.user), _families(call)
    mine = set(call.slack.state.channels_of(user))
    found = [each for each in call.slack.state.channels() if each["id"] in mine and family(each) in families]
    return call.paginated("channels", [_shown(call, each) for each in found if _is_visible(call, each)])


@method("conversations.info", *READ)
def info(call: Call) -> Json:
    channel = call.channel(member=False)
    call.need_scope_for(channel, "read")
    shown = _shown(call, channel)
    if call.flag("include_num_members"):
        shown["num_members"] = len(call.slack.state.members(channel["id"]))
    return {"channel": shown}


@method("conversations.members", *READ, tier=Tier.FOUR)
def members(call: Call) -> Json:
    channel = call.channel(member=False)
    call.need_scope_for(channel, "read")
    return call.paginated("members", call.slack.state.members(channel["id"]))


@method("conversations.history", *HISTORY)
def history(call: Call) -> Json:
    channel = call.channel()
    call.need_scope_for(channel, "history")
    return _messages(call, channel, thread=None)


@method("conversations.replies", *HISTORY)
def replies(call: Call) -> Json:
    channel = call.channel()
    call.need_scope_for(channel, "history")
    parent = call.slack.state.message(channel["id"], call.need("ts"))
    if parent is None:
        raise SlackError("thread_not_found")
    return _messages(call, channel, thread=parent.get("thread_ts", parent["ts"]))


@method("conversations.join", "channels:join")
def join(call: Call) -> Json:
    channel = call.channel(member=False)
    if channel["is_archived"]:
        raise SlackError("is_archived")
    if family(channel) != "channels":
        raise SlackError("method_not_supported_for_channel_type")
    _enter(call, channel, call.token.user)
    return {"channel": _shown(call, channel)}


@method("conversations.leave", "channels:manage", "channels:write", "groups:write")
def leave(call: Call) -> Json:
    channel = call.channel()
    call.slack.state.leave(channel["id"], call.token.user)
    return {}


@method("conversations.invite", "channels:manage", "channels:write.invites", "groups:write", "groups:write.invites")
def invite(call: Call) -> Json:
    channel = call.channel()
    users = call.need("users").split(",")
    if any(call.slack.state.user(each) is None for each in users):
        raise SlackError("user_not_found")
    if all(call.slack.state.is_member(channel["id"], each) for each in users):
        raise SlackError("already_in_channel")
    for each in users:
        _enter(call, channel, each)
    return {"channel": _shown(call, channel)}


@method("conversations.create", "channels:manage", "groups:write", tier=Tier.TWO)
def create(call: Call) -> Json:
    name, state = call.need("name").removeprefix("#"), call.slack.state
    if not _NAME.fullmatch(name):
        raise SlackError("invalid_name_specials")
    if state.channel_named(name) is not None:
        raise SlackError("name_taken")
    key = f"C0{state.new_ts().replace('.', '')[-10:]}"
    private = call.flag("is_private")
    state.put("channel", key, channel_document(key, name, state.now()) | {"is_private": private, "is_group": private})
    channel = state.channel(key) or {}
    _enter(call, channel, call.token.user)
    call.slack.events.everywhere({"type": "channel_created", "channel": {"id": key, "name": name}})
    return {"channel": _shown(call, channel)}


@method("conversations.archive", "channels:manage", "groups:write", tier=Tier.TWO)
def archive(call: Call) -> Json:
    channel = call.channel()
    if channel["is_archived"]:
        raise SlackError("already_archived")
    call.slack.state.put("channel", channel["id"], {**channel, "is_archived": True})
    _announce(call, channel["id"])
    return {}


@method("conversations.setTopic", "channels:manage", "channels:write.topic", "groups:write", tier=Tier.TWO)
def set_topic(call: Call) -> Json:
    channel = call.channel()
    topic = {"value": call.text("topic")[:250], "creator": call.token.user, "last_set": int(call.slack.state.now())}
    call.slack.state.put("channel", channel["id"], {**channel, "topic": topic})
    _announce(call, channel["id"])
    return {"channel": _shown(call, {**channel, "topic": topic})}


@method("conversations.open", "im:write", "mpim:write")
def open_direct(call: Call) -> Json:
    users = [each for each in call.text("users").split(",") if each]
    if not users and call.text("channel"):
        channel, was_open = call.channel(), True
    elif not users:
        raise SlackError("users_list_not_supplied")
    else:
        if any(call.slack.state.user(each) is None for each in users):
            raise SlackError("user_not_found")
        channel, is_new = call.slack.state.direct_message((*users, call.token.user))
        was_open = not is_new
        if is_new:
            _announce(call, channel["id"])
    shown = _shown(call, channel) if call.flag("return_im") else {"id": channel["id"]}
    return {"channel": shown} | ({"no_op": True, "already_open": True} if was_open else {})


def _families(call: Call) -> list[str]:
    wanted = call.text("types", "public_channel").replace(" ", "").split(",")
    if not set(wanted) <= set(_TYPES):
        raise SlackError("invalid_types")
    return [_TYPES[each] for each in wanted]


def _is_visible(call: Call, channel: Json) -> bool:
    return not channel["is_private"] or call.slack.state.is_member(channel["id"], call.token.user)


def _shown(call: Call, channel: Json) -> Json:
    shown = {**channel, "is_member": call.slack.state.is_member(channel["id"], call.token.user)}
    if channel["is_im"]:
        others = [each for each in call.slack.state.members(channel["id"]) if each != call.token.user]
        shown["user"] = others[0] if others else call.token.user
    return shown


def _messages(call: Call, channel: Json, *, thread: str | None) -> Json:
    limit = call.number("limit", 100 if thread is None else 1000, most=999 if thread is None else 1000)
    oldest, latest = _bound(call, "oldest", ""), _bound(call, "latest", "~")
    if call.flag("inclusive"):
        oldest, latest = oldest and _shifted(oldest, -1), latest if latest == "~" else _shifted(latest, 1)
    before = min(latest, call.text("cursor").removeprefix("before:") or "~")
    found = call.slack.state.messages(channel["id"], thread=thread, after=oldest, before=before, limit=limit + 1)
    page = found[-limit:]
    if not call.flag("include_all_metadata"):
        page = [public(each) for each in page]
    has_more = len(found) > limit
    cursor = f"before:{page[0]['ts']}" if has_more else ""
    ordered = page[::-1] if thread is None else page
    answer: Json = {"messages": ordered, "has_more": has_more, "response_metadata": {"next_cursor": cursor}}
    return answer | ({"pin_count": 0} if thread is None else {})


def _bound(call: Call, key: str, default: str) -> str:
    value = call.text(key)
    if value in ("", "0"):
        return default
    seconds, _, micros = value.partition(".")
    if not (seconds + micros).isdecimal():
        raise invalid("must be a timestamp", key)
    return f"{int(seconds):010d}.{micros.ljust(6, '0')[:6]}"


def _shifted(ts: str, by: int) -> str:
    ticks = int(ts.replace(".", "")) + by
    return f"{ticks // 1_000_000:010d}.{ticks % 1_000_000:06d}"


def _enter(call: Call, channel: Json, user: str) -> None:
    state = call.slack.state
    if state.is_member(channel["id"], user):
        return
    state.join(channel["id"], user)
    _announce(call, channel["id"])
    event = {"type": "member_joined_channel", "user": user, "channel": channel["id"], "team": state.seed.team_id}
    kind = "G" if channel["is_private"] else "C"
    call.slack.events.in_channel(channel["id"], event | {"channel_type": kind, "event_ts": state.new_ts()})


def _announce(call: Call, channel: str) -> None:
    """Tell the pages of the members about a channel that is new or has changed."""
    state = call.slack.state
    document = state.channel(channel) or {}
    shown = {key: document.get(key) for key in ("id", "name", "is_im", "is_private", "is_archived")}
    members = state.members(channel)
    shown |= {"topic": document["topic"]["value"], "members": members}
    call.slack.live.push(members, {"type": "channel", "channel": shown})
