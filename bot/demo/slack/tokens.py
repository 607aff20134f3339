"""Tokens: whose they are and what they may do."""

import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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
    expires_at: float | None = None


LIFETIME = 12 * 60 * 60
"""Seconds for which a token works where tokens rotate."""


class Tokens:
    """The tokens of the installed apps, and those given out since."""

    def __init__(self, apps: Iterable[SeedApp], now: Callable[[], float]) -> None:
        self._lock = threading.Lock()
        self._now = now
        self._refresh: dict[str, SeedApp] = {}
        self._known: dict[str, Token] = {}
        self._revoked: set[str] = set()
        for app in apps:
            self._install(app)
            self._known[app.app_token] = Token("app", app, app.bot_user_id, ("connections:write",))

    def find(self, text: str) -> Token:
        """Raises what Slack answers for a missing, unknown or revoked token."""
        if not text:
            raise SlackError("not_authed")
        with self._lock:
            if text in self._revoked:
                raise SlackError("token_revoked")
            found = self._known.get(text)
            if found is None:
                raise SlackError("invalid_auth")
            if found.expires_at is not None and found.expires_at <= self._now():
                raise SlackError("token_expired")
            return found

    def refresh(self, app: SeedApp, text: str) -> tuple[str, str]:
        """Return a new bot token and the refresh token after this one, which works no more."""
        with self._lock:
            if self._refresh.get(text) != app:
                raise SlackError("invalid_refresh_token")
            del self._refresh[text]
            scopes = next(each.scopes for each in self._known.values() if each.app == app and each.kind == "bot")
            access, following = f"xoxe.xoxb-1-{secrets.token_hex(16)}", f"xoxe-1-{secrets.token_hex(16)}"
            self._known[access] = Token("bot", app, app.bot_user_id, scopes, self._now() + LIFETIME)
            self._refresh[following] = app
            return access, following

    def expire(self, app: SeedApp) -> None:
        """Let the time of every bot token of an app be over."""
        with self._lock:
            for text, each in self._known.items():
                if each.app == app and each.kind == "bot":
                    self._known[text] = replace(each, expires_at=self._now())

    def issue_user_token(self, app: SeedApp, user: str, scopes: tuple[str, ...]) -> str:
        text = f"xoxp-local-{secrets.token_hex(16)}"
        with self._lock:
            self._known[text] = Token("user", app, user, scopes)
        return text

    def grant(self, app: SeedApp, scopes: tuple[str, ...]) -> None:
        """Change what an app's bot token may do, as a reinstallation would."""
        with self._lock:
            for text, each in self._known.items():
                if each.app == app and each.kind == "bot":
                    self._known[text] = replace(each, scopes=scopes)

    def revoke(self, text: str) -> None:
        with self._lock:
            self._revoked.add(text)

    def restore(self, text: str) -> None:
        """Undo `revoke`, as a reinstallation would."""
        with self._lock:
            self._revoked.discard(text)

    def _install(self, app: SeedApp) -> None:
        ends = self._now() + LIFETIME if app.rotates_tokens else None
        self._known[app.bot_token] = Token("bot", app, app.bot_user_id, app.scopes, ends)
        if app.rotates_tokens:
            self._refresh[app.refresh_token] = app
