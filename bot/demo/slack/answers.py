"""What an app's acknowledgement brings about: response actions, options, a command's reply, response URLs."""

from bot.demo.slack import inputs
from bot.demo.slack.blockkit import validate, validate_view
from bot.demo.slack.content import Content
from bot.demo.slack.errors import Json, PersonError, SlackError
from bot.demo.slack.interactions import ResponseUrl, ResponseUrls
from bot.demo.slack.live import Live
from bot.demo.slack.messages import Messages
from bot.demo.slack.seed import SeedApp
from bot.demo.slack.state import State
from bot.demo.slack.views import Views


class Answers:
    """Carries out what apps answer, as strictly as a Web API call."""

    def __init__(self, state: State, live: Live, messages: Messages, views: Views, urls: ResponseUrls) -> None:
        self._state = state
        self._live = live
        self._messages = messages
        self._views = views
        self._urls = urls

    def submission(self, app: SeedApp, user: str, view: Json, answer: Json) -> None:
        """Close, replace, push or clear after a `view_submission`; raises PersonError for errors to show."""
        try:
            self._respond_to_submission(app, user, view, answer)
        except SlackError as error:
            raise self._bad(app, user, error.code) from error

    def options(self, app: SeedApp, answer: Json) -> Json:
        """The options of an external select, refused when they would be in a block."""
        kind = "option_groups" if "option_groups" in answer else "options"
        element = {"type": "static_select", "action_id": "check", kind: answer.get(kind)}
        problems = [] if answer.get(kind) == [] else validate([{"type": "actions", "elements": [element]}])
        if problems:
            raise PersonError("bad_response", f"{app.name} sent options that Slack refuses: {problems[0]}")
        return {kind: answer.get(kind)}

    def command(self, app: SeedApp, user: str, channel: str, answer: Json) -> None:
        """Show what came with the acknowledgement of a command, to the person or to the channel."""
        if answer.get("text") or answer.get("blocks"):
            try:
                self._say(app, user, channel, answer, thread=None)
            except SlackError as error:
                raise self._bad(app, user, error.code) from error

    def respond(self, key: str, body: Json) -> None:
        """A post to a response URL; raises what Slack answers when it is refused."""
        issued = self._urls.use(key)
        content = None if body.get("delete_original") else Content.of(body, unlimited=True)
        if body.get("delete_original") and issued.message:
            self._delete(issued)
        elif content is not None and body.get("replace_original") and issued.message:
            self._replace(issued, content)
        elif content is not None:
            thread = body.get("thread_ts") or issued.thread
            self._say(issued.app, issued.user, issued.channel, body, thread=thread)

    def _respond_to_submission(self, app: SeedApp, user: str, view: Json, answer: Json) -> None:
        match answer.get("response_action"):
            case None:
                self._views.close(user, view["id"])
            case "clear":
                self._views.close(user, view["id"], everything=True)
            case "errors":
                raise self._errors(app, user, view, answer.get("errors"))
            case "update":
                self._views.update(app, view["id"], self._view_of(app, user, answer))
            case "push":
                self._views.push(user, app, self._view_of(app, user, answer))
            case other:
                raise self._bad(app, user, f"unknown response_action {other!r}")

    def _say(self, app: SeedApp, user: str, channel: str, body: Json, *, thread: str | None) -> None:
        content = Content.of(body, unlimited=True)
        message = self._messages.author(app) | content.fields() | ({"thread_ts": thread} if thread else {})
        if body.get("response_type") == "in_channel":
            self._messages.post(channel, message)
        else:
            self._messages.whisper(channel, user, message)

    def _replace(self, issued: ResponseUrl, content: Content) -> None:
        assert issued.message is not None
        if issued.is_ephemeral:
            message = self._messages.author(issued.app) | content.fields()
            thread = {"thread_ts": issued.thread} if issued.thread else {}
            self._messages.whisper(issued.channel, issued.user, message | thread, ts=issued.message)
            return
        old = self._state.message(issued.channel, issued.message)
        if old is None or old.get("app_id") != issued.app.id:
            raise SlackError("message_not_found")
        changes = {"blocks": None, "attachments": None} | content.fields()
        self._messages.change(issued.channel, old, changes, editor=issued.app.bot_user_id)

    def _delete(self, issued: ResponseUrl) -> None:
        assert issued.message is not None
        if issued.is_ephemeral:
            self._messages.hush(issued.channel, issued.user, issued.message)
        elif old := self._state.message(issued.channel, issued.message):
            self._messages.delete(issued.channel, old)

    def _errors(self, app: SeedApp, user: str, view: Json, errors: object) -> PersonError:
        known = {block["block_id"] for block, _ in inputs.elements(view["blocks"]) if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not all(isinstance(each, str) for each in errors.values()):
            return self._bad(app, user, "errors must map block ids to texts")
        if unknown := set(errors) - known:
            return self._bad(app, user, f"errors for what is no input block: {', '.join(sorted(unknown))}")
        return PersonError("invalid_input", "Some fields need attention.", errors=errors)

    def _view_of(self, app: SeedApp, user: str, answer: Json) -> Json:
        view = answer.get("view")
        problems = validate_view(view, surface="modal")
        if problems or not isinstance(view, dict):
            raise self._bad(app, user, f"the view is refused: {problems[0] if problems else 'none was given'}")
        return view

    def _bad(self, app: SeedApp, user: str, why: str) -> PersonError:
        error = PersonError("bad_response", f"{app.name} sent an answer that Slack refuses: {why}")
        self._live.push([user], {"type": "warning", "message": error.message})
        return error
