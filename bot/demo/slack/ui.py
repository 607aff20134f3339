"""The JSON and WebSocket interface behind the browser page: what Slack's own client would ask its server.

Everything is same-origin JSON. A request with a foreign `Origin` or `Host` is refused (403) before it gets here, and
a POST must carry `Content-Type: application/json`. There is no sign-in: the page says for which `user` it acts.
Every answer has `ok`; a refusal is `{ok: false, error: CODE, message: SENTENCE}` with HTTP status 200, the sentence
being fit to show. Lists of messages are oldest first. Ids and timestamps are strings exactly as in Slack's API.

**Reading**

`GET /ui/bootstrap` → `{ok, team, users, channels, apps, usergroups, links}`
  - team `{id, name, domain}`
  - users `[{id, name, real_name, title, is_bot, is_admin, color, app_id}]`; a bot user has `is_bot` and `app_id`;
    `color` is six hex digits without `#`. The people one can be are those with `is_bot: false`.
  - channels `[{id, name, topic, is_im, is_private, is_archived, members: [user id]}]`; show the ones whose `members`
    hold the user. In a direct message (`is_im`) `name` is empty: show the name of the other member.
  - apps `[{id, name, bot_user_id, home: bool, commands: [{command, description, usage_hint}],
    shortcuts: [{type: "global"|"message", callback_id, name, description}]}]`
  - usergroups `[{id, handle, name}]`, for rendering `<!subteam^S...>`
  - links `[{label, url}]`: other pages of the demo world worth showing

`GET /ui/messages?user&channel[&thread_ts][&before&limit]` → `{ok, messages, has_more}`
  Without `thread_ts`: the channel (no thread replies, except those also sent to the channel, `subtype:
  "thread_broadcast"`). With it: the parent first, then its replies. Each message is exactly as stored: `{type, channel,
  ts, user, text, blocks?, attachments?, bot_id?, app_id?, subtype?, edited?: {user, ts}, thread_ts?, reply_count?,
  reply_users?, latest_reply?, reactions?: [{name, users, count}], files?: [{id, name, title, mimetype, size,
  ui_url}], metadata?}`. Ephemeral messages for that user come in place with `is_ephemeral: true`; they have no
  reactions, no threads and no message shortcuts. `text` is what notifications show; when `blocks` is there, show the
  blocks. `text` is Slack mrkdwn with `&amp; &lt; &gt;` escaped. Nothing in a message is to be trusted.

`GET /ui/unread?user` → `{ok, channels: {CHANNEL: {unread, mentions, latest, last_read}}}` for the
  channels the user is in.

`GET /ui/home?user&app` → `{ok, view: VIEW | null}`, the Home tab last published for that user.

`GET /ui/views?user` → `{ok, views: [VIEW]}`, the user's open modals from the bottom of the stack to the top; empty
  when none is open. The top one is shown. A VIEW is `{id, type: "modal"|"home", app_id, callback_id, title, submit,
  close, blocks, private_metadata, hash, root_view_id, previous_view_id, clear_on_close, notify_on_close,
  external_id, state: {values}}`. `state.values` is what the inputs hold now (VALUES, below): start from it. When an
  update arrives for a view that is on screen, keep what the person has typed where block_id and action_id stayed, and
  take `state.values` elsewhere.

`GET /ui/file?user&id` → the bytes of an uploaded file, always as an attachment.

**Values.** An element's value has the shape of Slack's `view.state.values`, by element type:
  `plain_text_input number_input email_text_input url_text_input` `{value: str | null}`;
  `static_select external_select radio_buttons overflow` `{selected_option: OPTION | null}`;
  `multi_static_select multi_external_select checkboxes` `{selected_options: [OPTION]}`;
  `users_select {selected_user}`, `conversations_select {selected_conversation}`, `channels_select {selected_channel}`;
  `multi_users_select {selected_users}`, `multi_conversations_select {selected_conversations}`,
  `multi_channels_select {selected_channels}`; `datepicker {selected_date: "YYYY-MM-DD" | null}`,
  `timepicker {selected_time: "HH:MM" | null}`, `datetimepicker {selected_date_time: int | null}`;
  `rich_text_input {rich_text_value: RICH_TEXT_BLOCK | null}`; `file_input {files: [FILE]}`; `button`,
  `feedback_buttons` and `icon_button` `{value: str}` (for `feedback_buttons` that of the chosen one).
  OPTION is the option object as it stands in the block (`{text, value, description?}`); only `value` is compared.
  STATE is `{block_id: {action_id: VALUE}}` for every element with a value in the message or view; what is left out is
  taken to be unchanged (and, never touched, its `initial_...`).

**CONTAINER** says where an element stands: `{type: "message", channel, ts}` or `{type: "view", view_id}` (a modal or
  a Home).

**Acting.** Every POST has `user`. The answer comes when the app has acknowledged; what the app then does arrives over
`/ui/live`. If the app fails: `{ok: false, error: "operation_timeout", message: "Chorus did not answer in 3 seconds."}`
or `error: "app_not_connected"`, `"app_error"`, `"bad_response"`, `"not_interactive"`. A button with
`visible_to_user_ids` is there for those people only; for others the server refuses it.

`POST /ui/message {user, channel, text, thread_ts?, reply_broadcast?}` → `{ok, message}`. `text` as typed: `&`, `<` and
  `>` are escaped here; `@name`, `#channel`, bare URLs, `*bold*`, `_italic_`, `~struck~`, `` `code` `` and `:emoji:`
  become what they mean. A known slash command goes to `/ui/command`.
`POST /ui/edit {user, channel, ts, text}` → `{ok, message}`, `POST /ui/delete {user, channel, ts}` → `{ok}`: one's own.
`POST /ui/action {user, container, block_id, action_id, value?: VALUE, state?: STATE}` → `{ok}`. A click on a button, a
  pick in a select, checkbox, radio, overflow or date element outside an input block, or in an input block with
  `dispatch_action`. Ask first when the element or the option has `confirm`. For a button with `url` open the page and
  send this as well.
`POST /ui/submit {user, view_id, state}` → `{ok}`, or `{ok: false, error: "invalid_input", message, errors:
  {block_id: SENTENCE}}`, both for what Slack checks itself (required, lengths) and for what the app answers.
  `view_id` must be the top of the stack.
`POST /ui/close {user, view_id, all?: bool}` → `{ok}`. The Close button closes the top view, `all: true` (the X) the
  whole stack.
`POST /ui/command {user, channel, text, thread_ts?}` → `{ok}`, `text` with the command: `"/chorus help"`. Slash commands
  do not work in threads (`thread_ts` is refused), as in Slack.
`POST /ui/shortcut {user, app, callback_id}` → `{ok}`
`POST /ui/message_shortcut {user, app, callback_id, channel, ts}` → `{ok}`
`POST /ui/home_opened {user, app, tab: "home"|"messages"}` → `{ok}`. Send it each time the tab is shown.
`POST /ui/options {user, container, block_id, action_id, query}` → `{ok, options: [OPTION]}` or `{ok, option_groups:
  [{label, options}]}`, for `external_select` and `multi_external_select`; respect the element's `min_query_length`.
`POST /ui/upload?user&name`, body = the bytes of a file → `{ok, file: FILE}`, for
  `file_input`: put FILE into its value.
`POST /ui/react {user, channel, ts, name, remove?: bool}` → `{ok}`, `name` without colons.
`POST /ui/read {user, channel, ts}` → `{ok}`, read up to `ts`.
`POST /ui/direct_message {user, with: user id}` → `{ok, channel}`, the channel as in bootstrap, opened if it was not.

**Live.** WebSocket `/ui/live?user=U...` pushes JSON, one object a frame; the page sends nothing. After a reconnect load
everything again. A user who does not exist is turned away. `{type: ...}` is one of:
  `hello {user}`; `message {channel, message}`; `message_changed {channel, message}` (also when a thread's
  `reply_count` changes); `message_deleted {channel, ts}` (also ephemeral ones); `ephemeral {channel, message}` (new,
  or replaced when the `ts` is known); `reaction {channel, ts, reactions}`; `views {views}`, the whole stack, whenever
  it changes; `home {app, view}`; `unread {channels}`, only the changed ones; `channel {channel}`, one that is new or
  changed; `warning {message}`, something the person should see: "Chorus did not answer in 3 seconds."
A thread reply comes as `message` with `thread_ts` ≠ `ts`: it belongs to the thread, not to the channel.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.demo.slack.acts import Acts
from bot.demo.slack.errors import Json, PersonError
from bot.demo.slack.files import MOST_BYTES
from bot.demo.slack.live import Live
from bot.demo.slack.people import People

PAGE = Path(__file__).parent / "page"
Ask = Callable[[Json], Json]
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: http: https:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def routes(people: People, acts: Acts, live: Live) -> list[BaseRoute]:
    """Everything the browser page talks to, and the page itself."""
    reads: dict[str, Ask] = {
        "bootstrap": people.bootstrap,
        "messages": people.messages,
        "unread": people.unread,
        "home": people.home,
        "views": people.views,
    }
    writes: dict[str, Ask] = {
        "message": people.message,
        "edit": people.edit,
        "delete": people.delete,
        "action": acts.action,
        "submit": acts.submit,
        "close": acts.close,
        "command": acts.command,
        "shortcut": acts.shortcut,
        "message_shortcut": acts.message_shortcut,
        "home_opened": acts.home_opened,
        "options": acts.options,
        "react": people.react,
        "read": people.read,
        "direct_message": people.direct_message,
    }
    return [
        *(Route(f"/ui/{name}", _reading(read), methods=["GET"]) for name, read in reads.items()),
        *(Route(f"/ui/{name}", _writing(write), methods=["POST"]) for name, write in writes.items()),
        Route("/ui/upload", _upload(people), methods=["POST"]),
        Route("/ui/file", _file(people), methods=["GET"]),
        WebSocketRoute("/ui/live", _live(people, live)),
        Route("/", _index, methods=["GET"]),
        Route("/archives/{channel}/p{digits:int}", _permalink, methods=["GET"]),
        Mount("/page", _Page(directory=PAGE, check_dir=False)),
    ]


def _reading(read: Ask) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        return _answer(read, dict(request.query_params))

    return endpoint


def _writing(write: Ask) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
            return JSONResponse({"ok": False, "error": "json_expected", "message": "Send JSON."}, status_code=415)
        try:
            body = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return JSONResponse({"ok": False, "error": "invalid_json", "message": "Send a JSON object."}, 400)
        return await run_in_threadpool(_answer, write, body)

    return endpoint


def _answer(ask: Ask, arguments: Json) -> Response:
    try:
        return JSONResponse({"ok": True, **ask(arguments)})
    except PersonError as error:
        return JSONResponse({"ok": False, "error": error.code, "message": error.message, **error.details})


def _upload(people: People) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        content = await request.body()
        if len(content) > MOST_BYTES:
            return JSONResponse({"ok": False, "error": "too_large", "message": "That file is too large."}, 413)
        name, user = request.query_params.get("name", "file"), request.query_params.get("user", "")
        return await run_in_threadpool(_answer, lambda _: people.upload(user, name, content), {})

    return endpoint


def _file(people: People) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        try:
            name, content = people.file(dict(request.query_params))
        except PersonError as error:
            return JSONResponse({"ok": False, "error": error.code, "message": error.message}, 404)
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type="application/octet-stream", headers=headers)

    return endpoint


def _live(people: People, live: Live) -> Callable[[WebSocket], Awaitable[None]]:
    async def endpoint(websocket: WebSocket) -> None:
        try:
            user = await run_in_threadpool(people.person, dict(websocket.query_params))
        except PersonError:
            await websocket.close(1008)
            return
        await websocket.accept()
        feed = live.join(user)
        await websocket.send_json({"type": "hello", "user": user})
        sending = asyncio.create_task(_send_all(websocket, feed))
        try:
            while True:
                await websocket.receive()
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            sending.cancel()
            live.leave(user, feed)

    return endpoint


async def _send_all(websocket: WebSocket, feed: "asyncio.Queue[str]") -> None:
    while True:
        await websocket.send_text(await feed.get())


def _index(_: Request) -> Response:
    if not (PAGE / "index.html").is_file():
        return Response("The page is not built.", status_code=404, media_type="text/plain")
    return _guarded(FileResponse(PAGE / "index.html"))


def _permalink(request: Request) -> Response:
    channel, thread = request.path_params["channel"], request.query_params.get("thread_ts")
    return RedirectResponse(f"/#{quote(channel)}" + (f"/{quote(thread)}" if thread else ""), status_code=302)


class _Page(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        return _guarded(await super().get_response(path, scope))


def _guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache"
    return response
