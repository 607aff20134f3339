"""Connecting an account by its owner's consent: OAuth 2.0 with an authorization code and PKCE, as platforms have it."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from connectors._line import Answer, NoAnswer, checked_address, checked_secret
from connectors._reading import is_mapping, member, text_in
from connectors._wire import Request, Wire, said_in
from connectors.base import Call, ConnectorError, Fault

LONGEST_TOKEN = 4_096
LONGEST_LIFE = 366 * 86_400

REFUSALS: tuple[tuple[str, Fault], ...] = (
    ("invalid_grant", Fault.AUTH),
    ("invalid_client", Fault.AUTH),
    ("invalid_token", Fault.AUTH),
    ("invalid_request", Fault.AUTH),
    ("unauthorized_client", Fault.AUTH),
    ("access_denied", Fault.AUTH),
    ("invalid", Fault.AUTH),
)
"""What a token endpoint says when it does not take what it was given (RFC 6749, 5.2)."""


def wire(title: str) -> Wire:
    """Return how a platform's token endpoint answers."""
    return Wire(title=title, words=REFUSALS, by_status={400: Fault.AUTH, 403: Fault.AUTH}, said=said_in("error"))


@dataclass(frozen=True, slots=True)
class Homes:
    """Where a platform lives for people and for programs, when it has one address only."""

    people: str
    programs: str
    known_as: frozenset[str]


@dataclass(frozen=True, slots=True)
class CodeGrant:
    """One platform's way. The paths are those of its endpoints; `more` goes along to the page of consent.

    `basic` says that our app shows who it is in a header instead of the form. `renews` is false for platforms whose
    tokens do not end, or whose connector renews them in passing. `registers` is the path at which we register.
    """

    wire: Wire
    scopes: str
    asks: str
    authorize: str
    token: str
    revocation: str
    site: str = ""
    app: Mapping[str, str] = field(default_factory=dict)
    homes: Homes | None = None
    more: Mapping[str, str] = field(default_factory=dict)
    basic: bool = False
    renews: bool = False
    registers: str = ""
    user_agent: str = ""

    def register(self, call: Call, *, back: str) -> Mapping[str, str]:
        """Register with a name, the way back and what we ask for; nothing else is told."""
        form = {"client_name": "Chorus", "redirect_uris": back, "scopes": self.scopes}
        answer = self._post(call, self.registers, form, known=False)
        found = {name: text_in(member(answer.body, name)) for name in ("client_id", "client_secret")}
        return {name: self._checked(found, name) for name in found}

    def begin(self, call: Call, *, back: str, state: str, verifier: str) -> str:
        """Return the page of consent, for this app, this state, and whoever knows the verifier."""
        asked = {
            "response_type": "code",
            "client_id": self._checked(call.secrets, "client_id"),
            "redirect_uri": back,
            "scope": self.scopes,
            "state": state,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **self.more,
        }
        return f"{self._home(call, is_page=True)}{self.authorize}?{urlencode(asked)}"

    def finish(self, call: Call, *, back: str, code: str, verifier: str) -> Mapping[str, str]:
        """Exchange the code, which works once."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        return self._tokens(call, self._post(call, self.token, form))

    def renew(self, call: Call) -> Mapping[str, str] | None:
        """Exchange the refresh token, which often works once, too."""
        if not self.renews or not call.secrets.get("refresh_token"):
            return None
        form = {"grant_type": "refresh_token", "refresh_token": self._checked(call.secrets, "refresh_token")}
        return self._tokens(call, self._post(call, self.token, form))

    def revoke(self, call: Call) -> None:
        """Give back the token that lasts longest. Without our app's secrets there is nobody to give it back as."""
        name = "refresh_token" if call.secrets.get("refresh_token") else "access_token"
        if call.secrets.get("client_id") and call.secrets.get(name):
            form = {"token": self._checked(call.secrets, name), "token_type_hint": name}
            self._post(call, self.revocation, form)

    def _post(self, call: Call, path: str, form: Mapping[str, str], *, known: bool = True) -> Answer:
        headers = {"User-Agent": self.user_agent} if self.user_agent else {}
        sent, basic = dict(form), None
        if known:
            identity, secret = (self._checked(call.secrets, name) for name in ("client_id", "client_secret"))
            if self.basic:
                basic = (identity, secret)
            else:
                sent |= {"client_id": identity, "client_secret": secret}
        request = Request("POST", self._home(call) + path, headers=headers, form=sent, basic=basic)
        answer = self.wire.ask_raw(call, request)
        if is_mapping(answer.body) and "error" in answer.body:
            # Some answer 200 and say no inside.
            raise ConnectorError(Fault.AUTH, self.wire.detail(answer))
        return answer

    def _tokens(self, call: Call, answer: Answer) -> Mapping[str, str]:
        told: Mapping[str, Any] = answer.body if is_mapping(answer.body) else {}
        kept = {
            name: call.secrets[name] for name in ("client_id", "client_secret", "refresh_token") if name in call.secrets
        }
        given = {name: text_in(told.get(name)) for name in ("access_token", "refresh_token") if told.get(name)}
        tokens = {**kept, **given}
        self._checked(tokens, "access_token")
        lasts = told.get("expires_in")
        if isinstance(lasts, int) and not isinstance(lasts, bool) and 0 < lasts <= LONGEST_LIFE:
            tokens["access_token_expires"] = (call.now + timedelta(seconds=lasts)).isoformat()
        return tokens

    def _checked(self, secrets: Mapping[str, str], name: str) -> str:
        try:
            secret = checked_secret(secrets, name)
        except NoAnswer:
            secret = ""
        if not secret or len(secret) > LONGEST_TOKEN:
            raise ConnectorError(Fault.AUTH, f"{self.wire.title} gave no usable {name.replace('_', ' ')}.")
        return secret

    def _home(self, call: Call, *, is_page: bool = False) -> str:
        try:
            home = checked_address(call.base_url)
        except NoAnswer as error:
            raise ConnectorError(error.fault, str(error)) from error
        if self.homes is None or home.casefold() not in self.homes.known_as:
            return home
        return self.homes.people if is_page else self.homes.programs


def challenge(verifier: str) -> str:
    """Return what stands for a verifier until it is shown (RFC 7636, S256)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
