"""Bot tokens that live for half a day: renewed before they end, once for all processes, and sealed in the database."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.authorize import Authorize
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bot.database import Sessions
from bot.models import SlackToken
from bot.slack.readers import UNREACHABLE
from bot.slack.trouble import code_of
from bot.vault import Vault

EARLY = timedelta(hours=2)
"""So long before its end a token is renewed, as Bolt does."""

PAUSE = timedelta(minutes=1)
"""After so long a renewal that failed is tried again, while the token still works."""

EXPIRED = "token_expired"
_LOCK = "hashtextextended(:key, 0)"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Registered:
    """What Slack knows the app by, and the refresh token that its installation gave."""

    client_id: str
    client_secret: str
    refresh_token: str

    @property
    def origin(self) -> str:
        """Tells one installation from another, without telling its token."""
        return sha256(self.refresh_token.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Grant:
    """A token, until when it works, and the only key to the one after it."""

    access: str
    refresh: str
    expires_at: datetime


class Rotation:
    """The bot's current token. A refresh token works once, so processes renew under a lock and share what they got."""

    def __init__(
        self, sessions: Sessions, vault: Vault, now: Callable[[], datetime], *, app: Registered, asking: WebClient
    ) -> None:
        self._sessions = sessions
        self._vault = vault
        self._now = now
        self._app = app
        self._asking = asking
        self._known: Grant | None = None
        self._try_after = datetime.min.replace(tzinfo=UTC)

    def current(self) -> str:
        """Return a token that works; raises what Slack's client raises when none can be had."""
        known, now = self._known, self._now()
        if known is not None and (known.expires_at - now > EARLY or now < min(self._try_after, known.expires_at)):
            return known.access
        try:
            self._known = self._renewed(spent="")
        except UNREACHABLE as error:
            if known is None or known.expires_at <= now:
                raise
            log.warning("the Slack token could not be renewed yet: %s", type(error).__name__)
            self._try_after = now + PAUSE
            return known.access
        return self._known.access

    def instead_of(self, spent: str) -> str:
        """Return another token than one that Slack calls expired."""
        self._known = self._renewed(spent=spent)
        return self._known.access

    def _renewed(self, *, spent: str) -> Grant:
        with self._alone() as session:
            stored = self._stored(session)
            if stored is not None and stored.access != spent and stored.expires_at - self._now() > EARLY:
                return stored
            fresh = self._ask(stored.refresh if stored else self._app.refresh_token)
            self._store(session, fresh)
        log.info("the Slack token was renewed; it works until %s", fresh.expires_at)
        return fresh

    @contextmanager
    def _alone(self) -> Iterator[Session]:
        """Hold the lock without a transaction: Slack is asked meanwhile."""
        key = {"key": f"slack-token:{self._app.client_id}"}
        with self._sessions() as session:
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            session.execute(text(f"select pg_advisory_lock({_LOCK})"), key)
            try:
                yield session
            finally:
                session.execute(text(f"select pg_advisory_unlock({_LOCK})"), key)

    def _stored(self, session: Session) -> Grant | None:
        row = session.get(SlackToken, self._app.client_id, populate_existing=True)
        if row is None or row.origin != self._app.origin:
            return None
        opened = self._vault.open(row.sealed)
        return Grant(opened["access"], opened["refresh"], row.expires_at)

    def _store(self, session: Session, grant: Grant) -> None:
        values = {
            "origin": self._app.origin,
            "sealed": self._vault.seal({"access": grant.access, "refresh": grant.refresh}),
            "expires_at": grant.expires_at,
        }
        row = insert(SlackToken).values(client_id=self._app.client_id, **values)
        session.execute(row.on_conflict_do_update(index_elements=["client_id"], set_=values))

    def _ask(self, refresh: str) -> Grant:
        app = self._app
        answer = self._asking.oauth_v2_access(
            client_id=app.client_id, client_secret=app.client_secret, grant_type="refresh_token", refresh_token=refresh
        )
        ends = self._now() + timedelta(seconds=int(answer["expires_in"]))
        return Grant(str(answer["access_token"]), str(answer["refresh_token"]), ends)


class RotatingClient(WebClient):
    """A Web API client whose token is always the current one. What Slack refused as expired is asked once more."""

    def __init__(self, rotation: Rotation, **options: Any) -> None:
        self._rotation = rotation
        super().__init__(**options)

    @property
    def token(self) -> str | None:
        """The token of the moment."""
        return self._rotation.current()

    @token.setter
    def token(self, _value: str | None) -> None:
        """The library sets what it was constructed with; the rotation knows better."""

    def api_call(self, *arguments: Any, **options: Any) -> SlackResponse:
        """Call a method. An expired token is refused before anything is done, so that asking again is no repetition."""
        used = self.token or ""
        try:
            return super().api_call(*arguments, **options)
        except SlackApiError as error:
            if code_of(error) != EXPIRED:
                raise
        self._rotation.instead_of(used)
        return super().api_call(*arguments, **options)


class Authorized(Authorize):
    """Tells Bolt who the bot is, with the token of the moment; Slack is asked once."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._who: SlackResponse | None = None

    def __call__(self, **_request: object) -> AuthorizeResult:
        if self._who is None:
            self._who = self._client.auth_test()
        return AuthorizeResult.from_auth_test_response(auth_test_response=self._who, bot_token=self._client.token)
