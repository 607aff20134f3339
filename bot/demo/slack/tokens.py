"""Tokens: whose they are and what they may do."""

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.demo.slack.errors import SlackError
from bot.demo.slack.seed import SeedApp


@dataclass(frozen=True, slots=True)
class Token:
    """A bot token (`xoxb-`), an app-level token (`xapp-`) or a user token (`xoxp-`)."""

    kind: Literal["bot", "app", "user"]
    app: SeedApp
    user: str
    scopes: tuple[str, ...]


class Tokens:
    """The tokens of the installed apps, and those given out since."""

    def __init__(self, apps: Iterable[SeedApp]) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Token] = {}
        self._revoked: set[str] = set()
        for app in apps:
            self._known[app.bot_token] = Token("bot", app, app.bot_user_id, app.scopes)
            self._known[app.app_token] = Token("app", app, app.bot_user_id, ("connections:write",))

    def find(self, text: str) -> Token:
        """Raises what Slack answers for a missing, unknown or revoked token."""
        if not text:
            raise SlackError("not_authed")
        with self._lock:
            if text in self._revoked:
                raise SlackError("token_revoked")
            if text not in self._known:
                raise SlackError("invalid_auth")
            return self._known[text]

    def issue_user_token(self, app: SeedApp, user: str, scopes: tuple[str, ...]) -> str:
        text = f"xoxp-local-{secrets.token_hex(16)}"
        with self._lock:
            self._known[text] = Token("user", app, user, scopes)
        return text

    def grant(self, app: SeedApp, scopes: tuple[str, ...]) -> None:
        """Change what an app's bot token may do, as a reinstallation would."""
        with self._lock:
            self._known[app.bot_token] = Token("bot", app, app.bot_user_id, scopes)

    def revoke(self, text: str) -> None:
        with self._lock:
            self._revoked.add(text)

    def restore(self, text: str) -> None:
        """Undo `revoke`, as a reinstallation would."""
        with self._lock:
            self._revoked.discard(text)
