"""How people on Plaza let a program speak for them: registration, the page of consent, codes, tokens (OAuth 2.0)."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from bot.demo.plaza.records import Account, App
from bot.demo.plaza.store import Store
from bot.demo.plaza.visit import Answer, Refused, Visit

NOWHERE = "urn:ietf:wg:oauth:2.0:oob"
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a program asks a person for. `back` is one of the addresses that it registered."""

    app: App
    back: str
    scopes: str
    state: str
    challenge: str

    @property
    def origin(self) -> str:
        """Where the person is sent afterwards, for the page's policy."""
        parts = urlsplit(self.back)
        return f"{parts.scheme}://{parts.netloc}"

    def fields(self) -> Mapping[str, str]:
        """What the page's form brings along."""
        return {
            "response_type": "code",
            "client_id": self.app.client_id,
            "redirect_uri": self.back,
            "scope": self.scopes,
            "state": self.state,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256" if self.challenge else "",
        }

    def allowed(self, store: Store, account: Account) -> str:
        """Return where to go with a code."""
        code = store.add_code(self.app, account, back=self.back, challenge=self.challenge, scopes=self.scopes)
        return f"{self.back}?{urlencode({'code': code, 'state': self.state})}"

    def denied(self) -> str:
        """Return where to go without one."""
        said = "The resource owner or authorization server denied the request."
        return f"{self.back}?{urlencode({'error': 'access_denied', 'error_description': said, 'state': self.state})}"


def asked(store: Store, given: Mapping[str, str]) -> Asked | None:
    """Read what a program asks; None for an unknown one, or one that would be answered elsewhere than it registered."""
    app = store.app(given.get("client_id", ""))
    back = given.get("redirect_uri", "")
    is_known = app is not None and back in app.back.split() and urlsplit(back).scheme in ("http", "https")
    method = given.get("code_challenge_method", "")
    if app is None or not is_known or given.get("response_type") != "code" or method not in ("", "S256"):
        return None
    scopes = given.get("scope", "read")
    if not set(scopes.split()) <= set(app.scopes.split()):
        return None
    return Asked(app, back, scopes, given.get("state", "")[:LONGEST], given.get("code_challenge", "")[:LONGEST])


def register(visit: Visit) -> Answer:
    """Take a program up."""
    name, back = visit.text("client_name")[:LONGEST], visit.text("redirect_uris")[:LONGEST]
    if not name:
        raise Refused(422, "Validation failed: Name can't be blank")
    app = visit.store.add_app(name, back or NOWHERE, visit.text("scopes")[:LONGEST] or "read")
    return {
        "id": "1",
        "name": name,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": app.back,
        "redirect_uris": app.back.split(),
    }


def token(visit: Visit) -> Answer:
    """Give a token for a code, or to a program that speaks for nobody."""
    if visit.text("grant_type") == "client_credentials" and visit.text("client_id"):
        scopes = visit.text("scope") or "read"
        return _granted(visit, visit.store.token_for(None, scopes), scopes)
    if visit.text("grant_type") != "authorization_code":
        raise Refused(400, "unsupported_grant_type", error_description="Ask with a code, or for a program alone.")
    app = _app(visit)
    code = visit.store.take_code(visit.text("code"))
    if code is None or code["client_id"] != app.client_id or code["back"] != visit.text("redirect_uri"):
        raise _invalid()
    if code["challenge"] and not secrets.compare_digest(code["challenge"], _challenge(visit.text("code_verifier"))):
        raise _invalid()
    return _granted(visit, visit.store.new_token(int(code["account_id"]), code["scopes"]), code["scopes"])


def revoke(visit: Visit) -> Answer:
    """Take a token back."""
    _app(visit)
    visit.store.revoke(visit.text("token"))
    return {}


def _app(visit: Visit) -> App:
    app = visit.store.app(visit.text("client_id"))
    if app is None or not secrets.compare_digest(app.client_secret.encode(), visit.text("client_secret").encode()):
        raise Refused(401, "invalid_client", error_description="Client authentication failed.")
    return app


def _granted(visit: Visit, given: str, scopes: str) -> Answer:
    return {"access_token": given, "token_type": "Bearer", "scope": scopes, "created_at": int(visit.now.timestamp())}


def _invalid() -> Refused:
    said = "The provided authorization grant is invalid, expired, revoked, or was issued to another client."
    return Refused(400, "invalid_grant", error_description=said)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
