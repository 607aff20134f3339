"""What a person does with an app: clicks, picks, modals, commands, shortcuts, the Home tab."""

from bot.demo.slack import inputs
from bot.demo.slack.answers import Answers
from bot.demo.slack.delivery import Delivery
from bot.demo.slack.envelope import DeliveryError
from bot.demo.slack.errors import Json, PersonError
from bot.demo.slack.events import Events
from bot.demo.slack.interactions import Payloads, ResponseUrls, Triggers
from bot.demo.slack.live import Live
from bot.demo.slack.people import People, needed
from bot.demo.slack.places import InMessage, InView, Place
from bot.demo.slack.seed import SeedApp
from bot.demo.slack.state import State
from bot.demo.slack.text import escape, typed
from bot.demo.slack.views import Views

_MULTIPLE = {"selected_channel", "selected_conversation"}


class Acts:
    """Each public method takes the arguments of the `/ui` call of the same name and returns its answer, `ok` aside."""

    def __init__(
        self,
        state: State,
        live: Live,
        people: People,
        views: Views,
        *,
        delivery: Delivery,
        events: Events,
        triggers: Triggers,
        urls: ResponseUrls,
        answers: Answers,
    ) -> None:
        self._state = state
        self._live = live
        self._people = people
        self._views = views
        self._delivery = delivery
        self._events = events
        self._triggers = triggers
        self._urls = urls
        self._answers = answers
        self._payloads = Payloads(state)

    def action(self, asked: Json) -> Json:
        user = self._people.person(asked)
        place = self._place(user, asked)
        block, element = _element(place.blocks, asked)
        if user not in element.get("visible_to_user_ids", [user]):
            raise PersonError("element_not_found", "That element is not there for you.")
        if block["type"] == "input" and not block.get("dispatch_action"):
            raise PersonError("not_dispatched", "This field is only sent when the form is submitted.")
        try:
            value = inputs.used(element, _object(asked, "value"))
        except ValueError as error:
            raise PersonError("invalid_value", str(error)) from error
        given = _state(asked)
        if element["type"] in inputs.VALUE_KEYS:
            given = given | {block["block_id"]: given.get(block["block_id"], {}) | {element["action_id"]: value}}
        actions = [inputs.action(block, element, value, self._state.new_ts())]
        trigger = self._triggers.issue(place.app, user, channel=place.channel_id, view=place.modal_id)
        where = self._where(user, place, given)
        payload = self._payloads.action(
            place.app, user, trigger, actions=actions, container=place.container, where=where
        )
        self._ask(place.app, "interactive", payload, user)
        return {}

    def options(self, asked: Json) -> Json:
        user = self._people.person(asked)
        place = self._place(user, asked)
        block, element = _element(place.blocks, asked)
        if element["type"] not in ("external_select", "multi_external_select"):
            raise PersonError("not_external", "The options of this menu are fixed.")
        query = str(asked.get("query") or "")
        if len(query) < element.get("min_query_length", 3):
            return {"options": []}
        question = {"action_id": element["action_id"], "block_id": block["block_id"], "value": query}
        where = self._where(user, place, {})
        payload = self._payloads.suggestion(place.app, user, question, place.container, where)
        return self._answers.options(place.app, self._ask(place.app, "interactive", payload, user))

    def submit(self, asked: Json) -> Json:
        user = self._people.person(asked)
        view = self._top(user, needed(asked, "view_id"))
        app = self._state.apps[view["app_id"]]
        view = self._views.remember(user, view, _state(asked))
        if errors := _invalid(view):
            raise PersonError("invalid_input", "Some fields need attention.", errors=errors)
        trigger = self._triggers.issue(app, user, view=view["id"])
        urls = self._response_urls(app, user, view)
        answer = self._ask(app, "interactive", self._payloads.submission(app, user, trigger, view, urls), user)
        self._answers.submission(app, user, view, answer)
        return {}

    def close(self, asked: Json) -> Json:
        user = self._people.person(asked)
        view = self._top(user, needed(asked, "view_id"))
        everything = bool(asked.get("all")) or view["clear_on_close"]
        closed = self._views.close(user, view["id"], everything=everything)
        for each in closed:
            app = self._state.apps[each["app_id"]]
            if each["notify_on_close"]:
                payload = self._payloads.closed(app, user, each, is_cleared=everything)
                self._ask(app, "interactive", payload, user)
        return {}

    def command(self, asked: Json) -> Json:
        user, channel = self._people.person(asked), self._people.channel(asked)
        name, _, words = needed(asked, "text").strip().partition(" ")
        if asked.get("thread_ts"):
            raise PersonError("not_in_threads", f"{name} is not supported in threads.")
        app, should_escape = self._owner(name)
        text = words.strip()
        if should_escape:
            text = typed(text, user_named=self._people.user_named, channel_named=self._people.channel_named)[0]
        else:
            text = escape(text)
        trigger = self._triggers.issue(app, user, channel=channel["id"])
        url = self._urls.issue(app, user, channel["id"], kind="commands")
        said = {"command": name, "text": text, "response_url": url}
        answer = self._ask(app, "slash_commands", self._payloads.command(app, user, trigger, channel, said), user)
        self._answers.command(app, user, channel["id"], answer)
        return {}

    def shortcut(self, asked: Json) -> Json:
        user, app = self._people.person(asked), self._people.app(asked)
        callback = _offered(app, "global", needed(asked, "callback_id"))
        trigger = self._triggers.issue(app, user)
        self._ask(app, "interactive", self._payloads.shortcut(app, user, trigger, callback), user)
        return {}

    def message_shortcut(self, asked: Json) -> Json:
        user, app, channel = self._people.person(asked), self._people.app(asked), self._people.channel(asked)
        callback = _offered(app, "message", needed(asked, "callback_id"))
        message = self._state.message(channel["id"], needed(asked, "ts"))
        if message is None:
            raise PersonError("message_not_found", "That message is gone.")
        trigger = self._triggers.issue(app, user, channel=channel["id"])
        url = self._urls.issue(app, user, channel["id"], message, kind="app")
        where = {"channel": _named(channel), "message": message, "response_url": url}
        payload = self._payloads.message_action(app, user, trigger, callback, where)
        self._ask(app, "interactive", payload, user)
        return {}

    def home_opened(self, asked: Json) -> Json:
        user, app = self._people.person(asked), self._people.app(asked)
        tab = "messages" if asked.get("tab") == "messages" else "home"
        if tab == "home" and not app.home:
            raise PersonError("not_enabled", f"{app.name} has no Home tab.")
        channel, _ = self._state.direct_message((user, app.bot_user_id))
        event: Json = {"type": "app_home_opened", "user": user, "channel": channel["id"], "tab": tab}
        view = self._views.home(user, app)
        event |= {"event_ts": self._state.new_ts()} | ({"view": view} if tab == "home" and view else {})
        self._events.to_app(app, event)
        return {}

    def _place(self, user: str, asked: Json) -> Place:
        container = asked.get("container")
        if not isinstance(container, dict):
            raise PersonError("invalid_arguments", "“container” is missing.")
        if container.get("type") == "view":
            view = self._views.get(user, needed(container, "view_id"))
            if view is None:
                raise PersonError("view_not_found", "That view is closed.")
            return InView(self._state.apps[view["app_id"]], view)
        channel = self._people.channel({"user": user, "channel": container.get("channel")})
        ts = needed(container, "ts")
        message, whispered = self._state.message(channel["id"], ts), False
        if message is None:
            message, whispered = self._state.message(channel["id"], ts, recipient=user), True
        app = self._state.apps.get((message or {}).get("app_id", ""))
        if message is None or app is None:
            raise PersonError("message_not_found", "That message is gone.")
        return InMessage(app, channel, message, is_ephemeral=whispered)

    def _where(self, user: str, place: Place, given: inputs.Values) -> Json:
        """The part of a payload that says where it happened; an ephemeral message itself is not in it."""
        if isinstance(place, InView):
            return {"view": self._views.remember(user, place.view, given)}
        message = place.message
        source = {**message, "is_ephemeral": place.is_ephemeral}
        url = self._urls.issue(place.app, user, place.channel_id, source)
        where = {"channel": _named(place.channel), "response_url": url}
        where |= {"state": {"values": inputs.current(place.blocks, {}, given)}}
        return where if place.is_ephemeral else where | {"message": message}

    def _ask(self, app: SeedApp, kind: str, payload: Json, user: str) -> Json:
        if kind == "interactive" and not app.interactivity:
            raise PersonError("not_interactive", f"{app.name} is not configured to handle interactive responses.")
        try:
            return self._delivery.ask(app, kind, payload) or {}
        except DeliveryError as error:
            refusal = _refusal(app, error.reason)
        self._live.push([user], {"type": "warning", "message": refusal.message})
        raise refusal

    def _top(self, user: str, view_id: str) -> Json:
        stack = self._views.stack(user)
        if not stack or stack[-1]["id"] != view_id:
            raise PersonError("view_not_found", "That view is not the one on top.")
        return stack[-1]

    def _owner(self, command: str) -> tuple[SeedApp, bool]:
        for app in self._state.apps.values():
            for each in app.commands:
                if each.command == command:
                    return app, each.should_escape
        raise PersonError("unknown_command", f"{command} is not a valid command.")

    def _response_urls(self, app: SeedApp, user: str, view: Json) -> list[Json]:
        urls = []
        for block, element in inputs.elements(view["blocks"]):
            key = inputs.VALUE_KEYS.get(element["type"], "")
            if not element.get("response_url_enabled") or key not in _MULTIPLE:
                continue
            chosen = view["state"]["values"][block["block_id"]][element["action_id"]][key]
            if chosen:
                url = self._urls.issue(app, user, chosen, kind="app")
                where = {"block_id": block["block_id"], "action_id": element["action_id"]}
                urls.append({**where, "channel_id": chosen, "response_url": url})
        return urls


def _element(blocks: list[Json], asked: Json) -> tuple[Json, Json]:
    found = inputs.find(blocks, needed(asked, "block_id"), needed(asked, "action_id"))
    if found is None:
        raise PersonError("element_not_found", "That element is no longer there.")
    return found


def _object(asked: Json, key: str) -> Json:
    value = asked.get(key) or {}
    if not isinstance(value, dict):
        raise PersonError("invalid_arguments", f"“{key}” is not an object.")
    return value


def _state(asked: Json) -> inputs.Values:
    given = _object(asked, "state")
    well_formed = (
        isinstance(named, dict) and all(isinstance(each, dict) for each in named.values()) for named in given.values()
    )
    if not all(well_formed):
        raise PersonError("invalid_arguments", "“state” is not in the shape of view.state.values.")
    return given


def _invalid(view: Json) -> dict[str, str]:
    """What Slack itself refuses in a submission: a sentence for each input block."""
    errors: dict[str, str] = {}
    for block, element in inputs.elements(view["blocks"]):
        value = view["state"]["values"].get(block["block_id"], {}).get(element["action_id"])
        if block["type"] != "input" or value is None:
            continue
        if inputs.is_empty(element, value):
            if not block.get("optional"):
                errors[block["block_id"]] = "Please complete this required field."
        elif problem := inputs.complaint(element, value):
            errors[block["block_id"]] = problem
    return errors


def _offered(app: SeedApp, kind: str, callback_id: str) -> str:
    if not any(each.callback_id == callback_id and each.type == kind for each in app.shortcuts):
        raise PersonError("unknown_shortcut", f"{app.name} has no such shortcut.")
    return callback_id


def _named(channel: Json) -> Json:
    return {"id": channel["id"], "name": "directmessage" if channel.get("is_im") else channel["name"]}


def _refusal(app: SeedApp, reason: str) -> PersonError:
    if reason in ("timeout", "http_timeout"):
        return PersonError("operation_timeout", f"{app.name} did not answer in 3 seconds.")
    if reason == "connection_failed":
        return PersonError("app_not_connected", f"{app.name} is not connected.")
    return PersonError("app_error", f"{app.name} answered with an error.")
