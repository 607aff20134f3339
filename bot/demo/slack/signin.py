"""Sign in with Slack (OpenID Connect) and app installation (OAuth v2): codes, ID tokens and their key."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bot.demo.slack.errors import Json, SlackError
from bot.demo.slack.guard import LOCAL
from bot.demo.slack.seed import SeedApp
from bot.demo.slack.state import State

CODE_SECONDS = 600.0
ID_TOKEN_SECONDS = 300
OPENID_SCOPES = frozenset({"openid", "profile", "email"})


@dataclass(frozen=True, slots=True)
class Request:
    """What an app asked for when it sent a person here."""

    app: SeedApp
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person agreed to."""

    request: Request
    user: str
    until: float


class SignIn:
    """Hands out codes that work once, and turns them into tokens."""

    def __init__(self, state: State, now: Callable[[], float]) -> None:
        self._state = state
        self._now = now
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}
        self._used: set[str] = set()
        self.origin = ""

    def read(self, asked: dict[str, str], *, openid: bool) -> Request:
        """Check what an app asks for; raises SlackError with the word Slack's page shows."""
        app = next((each for each in self._state.apps.values() if each.client_id == asked.get("client_id")), None)
        if app is None:
            raise SlackError("invalid_client_id")
        redirect = asked.get("redirect_uri", "")
        if not _may_redirect(app, redirect):
            raise SlackError("bad_redirect_uri")
        scopes = tuple(asked.get("scope", "").replace(",", " ").split())
        if openid and (asked.get("response_type") != "code"):
            raise SlackError("invalid_response_type")
        if openid and ("openid" not in scopes or not set(scopes) <= OPENID_SCOPES):
            raise SlackError("invalid_scope")
        return Request(app, redirect, scopes, asked.get("state", ""), asked.get("nonce", ""))

    def grant(self, request: Request, user: str) -> str:
        """Return a code for a person who agreed."""
        person = self._state.user(user)
        if person is None or person["is_bot"] or person.get("deleted"):
            raise SlackError("user_not_found")
        code = f"{secrets.randbelow(10**12)}.{secrets.token_hex(24)}"
        with self._lock:
            self._grants[code] = Grant(request, user, self._now() + CODE_SECONDS)
        return code

    def redeem(self, code: str, client_id: str, client_secret: str, redirect_uri: str) -> Grant:
        """Use a code up; raises what Slack answers when anything does not fit."""
        app = next((each for each in self._state.apps.values() if each.client_id == client_id), None)
        if app is None:
            raise SlackError("invalid_client_id")
        if not secrets.compare_digest(app.client_secret.encode(), client_secret.encode()):
            raise SlackError("bad_client_secret")
        with self._lock:
            if code in self._used:
                raise SlackError("code_already_used")
            grant = self._grants.get(code)
            if grant is None or grant.request.app.id != app.id or grant.until < self._now():
                raise SlackError("invalid_code")
            if redirect_uri and redirect_uri != grant.request.redirect_uri:
                raise SlackError("bad_redirect_uri")
            del self._grants[code]
            self._used.add(code)
        return grant

    def id_token(self, grant: Grant, access_token: str) -> str:
        """A signed statement of who signed in."""
        now = int(self._now())
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        claims = {"iss": self.origin, "aud": grant.request.app.client_id, "iat": now, "exp": now + ID_TOKEN_SECONDS}
        claims |= {"auth_time": now, "at_hash": _base64(half)} | self.claims(grant.user, grant.request.scopes)
        if grant.request.nonce:
            claims["nonce"] = grant.request.nonce
        head = {"alg": "RS256", "typ": "JWT", "kid": self._key_id}
        signed = f"{_encoded(head)}.{_encoded(claims)}"
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_base64(signature)}"

    def claims(self, user: str, scopes: tuple[str, ...]) -> Json:
        """What is said about a person, as far as the scopes allow."""
        person, team = self._state.user(user) or {}, self._state.seed
        found: Json = {"sub": user, "https://slack.com/user_id": user, "https://slack.com/team_id": team.team_id}
        if "email" in scopes:
            found |= {"email": person["profile"].get("email", ""), "email_verified": True}
        if "profile" in scopes:
            given, _, family = person["real_name"].partition(" ")
            found |= {"name": person["real_name"], "given_name": given, "family_name": family, "locale": "en-US"}
            found |= {"https://slack.com/team_name": team.name, "https://slack.com/team_domain": team.domain}
        return found

    def keys(self) -> Json:
        """The public key as a JWK set."""
        numbers = self._key.public_key().public_numbers()
        shown = {"n": _base64(_bytes(numbers.n)), "e": _base64(_bytes(numbers.e))}
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self._key_id, **shown}]}

    def configuration(self) -> Json:
        """The discovery document."""
        return {
            "issuer": self.origin,
            "authorization_endpoint": f"{self.origin}/openid/connect/authorize",
            "token_endpoint": f"{self.origin}/api/openid.connect.token",
            "userinfo_endpoint": f"{self.origin}/api/openid.connect.userInfo",
            "jwks_uri": f"{self.origin}/openid/connect/keys",
            "scopes_supported": sorted(OPENID_SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "auth_time", "iss"],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        }

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def _key_id(self) -> str:
        return hashlib.sha256(_bytes(self._key.public_key().public_numbers().n)).hexdigest()[:16]


def _may_redirect(app: SeedApp, redirect: str) -> bool:
    """Slack wants a URL that the app has registered; an app that registered none may use this machine."""
    if app.redirect_urls:
        return any(redirect == each or redirect.startswith(f"{each.rstrip('/')}/") for each in app.redirect_urls)
    parts = urlsplit(redirect)
    return parts.scheme in ("http", "https") and parts.hostname in LOCAL


def _encoded(value: Json) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
