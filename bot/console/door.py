"""Sign in with Slack (OpenID Connect): where a person is sent, and what Slack says of the one who comes back."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import orjson

from bot.errors import ChorusError, NotAllowed

TEAM = "https://slack.com/team_id"
_TIMEOUT = 10


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom Slack vouches for."""

    slack_user: str
    name: str


@dataclass(frozen=True)
class Door:
    """Speaks to one Slack workspace as one app. `api_url` ends with a slash, as in https://slack.com/api/.

    `bot_token` gives the token of the moment: Slack may rotate it.
    """

    api_url: str
    client_id: str
    client_secret: str = field(repr=False)
    bot_token: Callable[[], str] = field(repr=False)
    now: Callable[[], datetime] = field(repr=False)

    def address(self, *, state: str, nonce: str, back: str) -> str:
        """Return where a person agrees to be known here."""
        asked = {
            "response_type": "code",
            "scope": "openid profile",
            "client_id": self.client_id,
            "state": state,
            "nonce": nonce,
            "redirect_uri": back,
            "team": self._team,
        }
        return f"{self._origin}/openid/connect/authorize?{urlencode(asked)}"

    def enter(self, code: str, *, nonce: str, back: str) -> Known:
        """Turn the code that a person brought back into who they are.

        Raises `ChorusError` when Slack refuses, and `NotAllowed` for people of another workspace. The ID token's own
        signature is not looked at: it comes from Slack itself over the line we opened (OpenID Connect Core 3.1.3.7).
        """
        given = self._ask(
            "openid.connect.token",
            grant_type="authorization_code",
            code=code,
            client_id=self.client_id,
            client_secret=self.client_secret,
            redirect_uri=back,
        )
        claims = _claims(str(given.get("id_token", "")))
        self._must_fit(claims, nonce)
        if claims.get(TEAM) != self._team:
            raise NotAllowed("You signed in to another Slack workspace. Sign in to the one that Chorus is in.")
        return Known(str(claims["sub"]), str(claims.get("name") or ""))

    @property
    def _origin(self) -> str:
        parts = urlsplit(self.api_url)
        return f"{parts.scheme}://{parts.netloc}"

    @cached_property
    def _team(self) -> str:
        return str(self._ask("auth.test", bearer=self.bot_token())["team_id"])

    def _must_fit(self, claims: Mapping[str, Any], nonce: str) -> None:
        fits = (
            claims.get("iss") == self._origin
            and claims.get("aud") == self.client_id
            and claims.get("nonce") == nonce
            and isinstance(claims.get("exp"), int)
            and claims["exp"] > self.now().timestamp()
            and isinstance(claims.get("sub"), str)
        )
        if not fits:
            raise ChorusError("What Slack said of you does not fit this sign-in. Please start again.")

    def _ask(self, method: str, *, bearer: str = "", **values: str) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        try:
            answer = httpx.post(f"{self.api_url}{method}", data=values, headers=headers, timeout=_TIMEOUT)
            found = orjson.loads(answer.content)
        except (httpx.HTTPError, orjson.JSONDecodeError):
            raise ChorusError("Slack could not be reached. Please try again in a moment.") from None
        if not isinstance(found, dict) or not found.get("ok"):
            reason = found.get("error", "unreadable") if isinstance(found, dict) else "unreadable"
            raise ChorusError(f"Slack refused the sign-in ({reason}). Please start again.")
        return found


def _claims(token: str) -> Mapping[str, Any]:
    try:
        part = token.split(".")[1]
        found = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError, binascii.Error):
        found = None
    if not isinstance(found, dict):
        raise ChorusError("Slack's answer could not be read. Please start again.")
    return found
