"""`files.*`: uploading in two steps, and looking at what was uploaded."""

from typing import Any

from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.rates import Tier
from bot.demo.slack.text import canonical
from bot.demo.slack.web_api.call import Call, invalid, method


@method("files.getUploadURLExternal", "files:write", tier=Tier.FOUR)
def get_upload_url(call: Call) -> Json:
    length = call.number("length", 0, most=10**12)
    file, url = call.slack.files.expect(call.need("filename"), length, call.token.user)
    return {"upload_url": url, "file_id": file}


@method("files.completeUploadExternal", "files:write", tier=Tier.FOUR)
def complete_upload(call: Call) -> Json:
    wanted = call.structure("files")
    if not isinstance(wanted, list) or not wanted or not all(isinstance(each, dict) for each in wanted):
        raise invalid("must be an array of files", "files")
    channels = _channels(call)
    files = [_completed(call, each) for each in wanted]
    for channel in channels:
        _share(call, channel, files)
    return {"files": [call.slack.state.document("file", each["id"]) for each in files]}


@method("files.info", "files:read", tier=Tier.FOUR)
def info(call: Call) -> Json:
    file = call.slack.state.document("file", call.need("file"))
    if file is None:
        raise SlackError("file_not_found")
    return {"file": file, "comments": [], "response_metadata": {"next_cursor": ""}}


@method("files.delete", "files:write")
def delete(call: Call) -> Json:
    file = call.slack.state.document("file", call.need("file"))
    if file is None:
        raise SlackError("file_not_found")
    if file["user"] != call.token.user:
        raise SlackError("cant_delete_file")
    call.slack.state.drop("file", file["id"])
    return {}


def _channels(call: Call) -> list[Json]:
    given = call.text("channels") or call.text("channel_id")
    found = []
    for key in filter(None, given.split(",")):
        channel = call.slack.state.channel(key)
        if channel is None or not call.slack.state.is_member(key, call.token.user):
            raise SlackError("channel_not_found" if channel is None else "not_in_channel")
        found.append(channel)
    return found


def _completed(call: Call, wanted: Any) -> Json:
    return call.slack.files.complete(str(wanted.get("id", "")), str(wanted.get("title") or ""), call.token.user)


def _share(call: Call, channel: Json, files: list[Json]) -> None:
    shared = [{**each, "channels": [*each["channels"], channel["id"]]} for each in files]
    for each in shared:
        call.slack.state.put("file", each["id"], each)
    message = call.slack.messages.author(call.token.app) | {"text": canonical(call.text("initial_comment"))}
    message |= {"files": shared, "upload": True}
    if thread := call.text("thread_ts"):
        message["thread_ts"] = thread
    call.slack.messages.post(channel["id"], message)
