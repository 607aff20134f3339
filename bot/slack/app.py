"""The Bolt app: every listener of every surface behind one door that asks who it is and what they may do."""

import re
from collections.abc import Callable, Iterable, Mapping

from slack_bolt import Ack, App, BoltRequest, BoltResponse
from slack_sdk import WebClient

from bot import people
from bot.deps import Deps
from bot.errors import NotAllowed
from bot.permissions import Act, require
from bot.slack import (
    amending,
    asking,
    clicks,
    commands,
    connecting,
    doubting,
    following,
    limiting,
    linking,
    overseeing,
    replying,
    reviewing,
    shortcuts,
)
from bot.slack.blocks import Json
from bot.slack.dedupe import OnceApp
from bot.slack.manifest import COMMAND
from bot.slack.readers import Reader, Readers
from bot.slack.refusal import Refusals
from bot.slack.visit import Listener, Visit, user_of

Table = Mapping[str, Listener]

ACTIONS: Table = {
    **clicks.ACTIONS,
    **replying.ACTIONS,
    **overseeing.ACTIONS,
    **following.ACTIONS,
    **connecting.ACTIONS,
    **limiting.ACTIONS,
    **reviewing.ACTIONS,
    **asking.ACTIONS,
    **doubting.ACTIONS,
    **amending.ACTIONS,
}
VIEWS: Table = {
    **clicks.VIEWS,
    **replying.VIEWS,
    **overseeing.VIEWS,
    **following.VIEWS,
    **limiting.VIEWS,
    **linking.VIEWS,
    **reviewing.VIEWS,
    **asking.VIEWS,
    **doubting.VIEWS,
    **amending.VIEWS,
}
EVENTS: Table = overseeing.EVENTS
SHORTCUTS: Table = shortcuts.SHORTCUTS
COMMANDS: Table = {COMMAND: Listener(Act.READ, commands.run)}

_ANYTHING = re.compile(r"[\s\S]*")
"""Listens last, for the buttons and windows of earlier versions."""


class Door:
    """Lets people in to what they may do."""

    def __init__(self, deps: Deps, client: WebClient, readers: Readers) -> None:
        self._deps = deps
        self._client = client
        self._readers = readers

    def listener(self, listener: Listener) -> Callable[[Ack, Json], None]:
        """Return a Bolt listener for an entry of a table."""

        def run(ack: Ack, body: Json) -> None:
            visit = self._visit(ack, body)
            require(visit.person, listener.act)
            listener.handle(visit)
            if ack.response is None:
                ack()

        return run

    def _visit(self, ack: Ack, body: Json) -> Visit:
        reader = self._readers.of(user_of(body))
        words = self._readers.words(reader.slack_user)
        if _is_outsider(body, reader):
            raise NotAllowed(words("error.outsider"))
        person = people.employee_of(self._deps, reader.slack_user, reader.name)
        return Visit(self._deps, self._client, ack, body, person, words, self._readers.workspace)


def build(
    deps: Deps, client: WebClient, *, signing_secret: str | None = None, locale: str = "en", linger: float = 0.0
) -> OnceApp:
    """Return the app. It asks Slack for nothing until the first request; `locale` is the language of cards.

    Clicks are acknowledged at once, or when they are done within `linger` seconds. For all else listeners run before
    the acknowledgement leaves, so that what failed is delivered again.
    """
    app = OnceApp(deps, client, signing_secret=signing_secret or "", linger=linger)
    readers = Readers(client, deps.now, locale)
    door = Door(deps, client, readers)
    _register(app.action, ACTIONS, door)
    _register(app.view, VIEWS, door)
    _register(app.event, EVENTS, door)
    _register(app.shortcut, SHORTCUTS, door)
    _register(app.command, COMMANDS, door)
    unknown = door.listener(Listener(Act.READ, clicks.stale))
    for ask in (app.action, app.view, app.shortcut):
        ask(_ANYTHING)(unknown)
    _answer_errors(app, Refusals(client, readers))
    return app


def _register(ask: Callable[[str], Callable[..., object] | None], table: Table, door: Door) -> None:
    for name, listener in table.items():
        decorate = ask(name)
        if decorate is not None:
            decorate(door.listener(listener))


def _answer_errors(app: App, refusals: Refusals) -> None:
    def answer(error: Exception, request: BoltRequest) -> BoltResponse:
        return refusals.answer(error, request)

    app.error(answer)


def _is_outsider(body: Json, reader: Reader) -> bool:
    return reader.is_outsider or bool(_foreign_teams(body))


def _foreign_teams(body: Json) -> Iterable[str]:
    user = body.get("user")
    home = (body.get("team") or {}).get("id")
    theirs = user.get("team_id") if isinstance(user, dict) else None
    return [theirs] if theirs and home and theirs != home else []
