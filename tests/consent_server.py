"""What a platform's sign-in for apps does, for the local servers: codes that work once, tokens, PKCE (OAuth 2.0)."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Answer = tuple[int, Any]


@dataclass
class Consents:
    """`app` is the id and the secret of the one program that is known; `tokens` says for whom each one speaks.

    `rotates` makes a refresh token work once, as X does. `down` is a status with which the token endpoint answers.
    """

    app: tuple[str, str]
    lasts: int
    rotates: bool = False
    tokens: dict[str, str] = field(default_factory=dict)
    refreshing: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    down: int = 0
    _codes: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))

    def agree(self, address: str, person: str) -> str:
        """Do what a person does on the page at `address`; return where they are sent."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == self.app[0]
        code = f"code-{next(self._numbers)}"
        self._codes[code] = person, asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, authorization: str, given: Mapping[str, str]) -> Answer:
        """Answer the token endpoint."""
        self.requests.append(given.get("grant_type", ""))
        if self.down:
            return self.down, {"error": "temporarily_unavailable"}
        if not self._is_app(authorization):
            return 401, {"error": "invalid_client"}
        person = self._person(given)
        if person is None:
            return 400, {"error": "invalid_grant"}
        access, refresh = f"access-{next(self._numbers)}", f"refresh-{next(self._numbers)}"
        self.tokens[access] = person
        answer: dict[str, Any] = {"token_type": "bearer", "access_token": access, "expires_in": self.lasts}
        if given["grant_type"] == "authorization_code" or self.rotates:
            self.refreshing[refresh] = person
            answer["refresh_token"] = refresh
        return 200, answer

    def revoke(self, authorization: str, given: Mapping[str, str]) -> Answer:
        """Answer the endpoint that takes tokens back: all of the person's end."""
        if not self._is_app(authorization):
            return 401, {"error": "invalid_client"}
        person = self.refreshing.get(given["token"]) or self.tokens.get(given["token"])
        for kept in (self.refreshing, self.tokens):
            for token in [token for token, whose in kept.items() if whose == person]:
                del kept[token]
        return 200, {}

    def _person(self, given: Mapping[str, str]) -> str | None:
        if given.get("grant_type") == "refresh_token":
            take = self.refreshing.pop if self.rotates else self.refreshing.get
            return take(given["refresh_token"], None)
        person, asked = self._codes.pop(given.get("code", ""), (None, {}))
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        fits = asked.get("code_challenge") == base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return person if fits and asked["redirect_uri"] == given.get("redirect_uri") else None

    def _is_app(self, authorization: str) -> bool:
        scheme, _, sent = authorization.partition(" ")
        return scheme == "Basic" and base64.b64decode(sent).decode() == ":".join(self.app)
