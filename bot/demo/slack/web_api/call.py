"""One Web API call: its arguments, read as forgivingly as Slack reads them, and the register of methods."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.demo.slack.content import structure
from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.rates import Tier
from bot.demo.slack.services import Services
from bot.demo.slack.tokens import Token

BOT = frozenset({"bot"})
ANY = frozenset({"bot", "user", "app"})


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose token and scopes have been checked."""

    slack: Services
    token: Token
    arguments: Json

    def need(self, key: str) -> str:
        """A text that must be there."""
        value = self.arguments.get(key)
        if value in (None, ""):
            raise invalid(f"missing required field: {key}", key)
        if not isinstance(value, str | int | float):
            raise invalid("must be a string", key)
        return str(value)

    def text(self, key: str, default: str = "") -> str:
        value = self.arguments.get(key)
        return default if value in (None, "") else str(value)

    def flag(self, key: str) -> bool:
        return str(self.arguments.get(key, "")).lower() in ("1", "true")

    def number(self, key: str, default: int, *, most: int) -> int:
        value = self.arguments.get(key)
        if value in (None, ""):
            return default
        try:
            return max(1, min(most, int(str(value))))
        except ValueError as error:
            raise invalid("must be an integer", key) from error

    def structure(self, key: str) -> Any:
        """A list or an object, given as such or as JSON text; None when it is missing."""
        value = self.arguments.get(key)
        return None if value in (None, "") else structure(value, "invalid_arguments")

    def channel(self, key: str = "channel", *, member: bool = True) -> Json:
        """A conversation by its id. One that the app cannot see does not exist for it."""
        channel = self.slack.state.channel(self.need(key))
        if channel is None:
            raise SlackError("channel_not_found")
        if not self.slack.state.is_member(channel["id"], self.token.user):
            if channel["is_private"]:
                raise SlackError("channel_not_found")
            if member:
                raise SlackError("not_in_channel")
        return channel

    def need_scope(self, *scopes: str) -> None:
        """Raise `missing_scope` unless the token has one of these."""
        if not set(scopes) & set(self.token.scopes):
            raise SlackError("missing_scope", needed=",".join(scopes), provided=",".join(self.token.scopes))

    def need_scope_for(self, channel: Json, suffix: str) -> None:
        """The scope that depends on the kind of conversation: `channels:history`, `im:history`, ..."""
        self.need_scope(f"{family(channel)}:{suffix}")

    def paginated(self, key: str, items: list[Any], *, default: int = 100) -> Json:
        """One page of a list, with the cursor for the next."""
        limit, start = self.number("limit", default, most=1000), self._start()
        rest = start + limit
        cursor = base64.b64encode(f"next:{rest}".encode()).decode() if rest < len(items) else ""
        return {key: items[start:rest], "response_metadata": {"next_cursor": cursor}}

    def _start(self) -> int:
        cursor = self.text("cursor")
        if not cursor:
            return 0
        try:
            word, _, start = base64.b64decode(cursor, validate=True).decode().partition(":")
        except ValueError as error:
            raise SlackError("invalid_cursor") from error
        if word != "next" or not start.isdecimal():
            raise SlackError("invalid_cursor")
        return int(start)


Run = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the Web API and what it asks of its caller; `scopes` are alternatives."""

    name: str
    run: Run
    tier: Tier
    scopes: tuple[str, ...] = ()
    tokens: frozenset[str] = field(default=BOT)


METHODS: dict[str, Method] = {}


Open = Callable[[Services, Json], Json]
PUBLIC: dict[str, Open] = {}


def public_method(name: str) -> Callable[[Open], Open]:
    """Register a function as a Web API method that needs no token."""

    def register(run: Open) -> Open:
        PUBLIC[name] = run
        return run

    return register


def method(name: str, *scopes: str, tier: Tier = Tier.THREE, tokens: frozenset[str] = BOT) -> Callable[[Run], Run]:
    """Register a function as a Web API method."""

    def register(run: Run) -> Run:
        METHODS[name] = Method(name, run, tier, scopes, tokens)
        return run

    return register


def invalid(why: str, key: str) -> SlackError:
    """`invalid_arguments` as Slack words it."""
    return SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {why} [json-pointer:/{key}]"]})


def family(channel: Json) -> str:
    """The word that scopes have for a kind of conversation."""
    if channel["is_im"]:
        return "im"
    if channel["is_mpim"]:
        return "mpim"
    return "groups" if channel["is_private"] else "channels"
