"""A local server that answers as Google's APIs do: their tokens, service accounts, shapes of errors and spent quotas.

What stands behind it is a `Side`: an app in the store, a channel on YouTube.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, Self, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connectors.fault_proxy import Trouble

TOKEN = "ya29.a0-token-7c1d"
SERVICE_ACCOUNT = "chorus@harbour.iam.gserviceaccount.example"
APP = {"client_id": "42-chorus.apps.googleusercontent.example", "client_secret": "GOCSPX-secret"}
CODE = "4/0AY0e-g5"
REFRESH = "1//0g-refresh"


@dataclass(frozen=True)
class GoogleError(Exception):
    """A refusal in Google's shape."""

    status: int
    reason: str
    message: str
    domain: str = "global"
    name: str = "INVALID_ARGUMENT"

    @property
    def body(self) -> dict[str, Any]:
        one = {"message": self.message, "domain": self.domain, "reason": self.reason}
        return {"error": {"code": self.status, "message": self.message, "errors": [one], "status": self.name}}


def trouble(error: GoogleError, headers: Mapping[str, str] | None = None, *, status: int = 0) -> Trouble:
    """Return an answer that refuses; with `status` 200 it claims a success."""
    return Trouble(status=status or error.status, body=json.dumps(error.body), headers=headers or {})


NO_TOKEN = GoogleError(
    401,
    "authError",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
    "authentication credential.",
    name="UNAUTHENTICATED",
)
TOO_FAST = GoogleError(
    403, "rateLimitExceeded", "Quota exceeded for quota metric.", "usageLimits", "RESOURCE_EXHAUSTED"
)


@dataclass(frozen=True)
class Asked:
    """One request, its token already looked at."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any


class Side(Protocol):
    """What answers behind the server; None is an empty answer."""

    def answer(self, asked: Asked) -> Any: ...


@cache
def key_pair() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


class GoogleServer:
    """One of Google's APIs on this machine, and the place where service accounts get their tokens."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.tokens = {TOKEN}
        self.asked: list[str] = []
        self.claims: list[Mapping[str, Any]] = []
        self.codes: dict[str, str] = {}
        self.refreshing = {REFRESH}
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("_Bound", (_Handler,), {"google": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def key_file(self, **changed: object) -> str:
        """Return the key file of a service account, as Google's console gives it."""
        pem = key_pair().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        told = {"type": "service_account", "client_email": SERVICE_ACCOUNT, "private_key": pem}
        return json.dumps({**told, "token_uri": f"{self.url}/token", **changed})

    def receive(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Any]:
        with self.lock:
            self.asked.append(f"{method} {target}")
            parts = urlsplit(target)
            if parts.path in ("/token", "/revoke"):
                form = dict(parse_qsl(body.decode()))
                return self._token(form) if parts.path == "/token" else self._revoke(form)
            try:
                if headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
                    raise NO_TOKEN
                told = json.loads(body) if body else None
                found = self.side.answer(Asked(method, unquote(parts.path), dict(parse_qsl(parts.query)), told))
                return (204, None) if found is None else (200, found)
            except GoogleError as error:
                return error.status, error.body

    def _token(self, form: Mapping[str, str]) -> tuple[int, Any]:
        if form.get("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            return self._for_service_account(form)
        if any(form.get(name) != value for name, value in APP.items()):
            return 401, {"error": "invalid_client", "error_description": "Unauthorized"}
        if form.get("grant_type") == "refresh_token":
            is_good = form.get("refresh_token") in self.refreshing
        else:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            shown = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            is_good = self.codes.pop(form.get("code", ""), None) == shown
        if not is_good:
            return 400, {"error": "invalid_grant", "error_description": "Bad Request"}
        given = {"refresh_token": REFRESH} if form["grant_type"] == "authorization_code" else {}
        return 200, self._minted() | given

    def _revoke(self, form: Mapping[str, str]) -> tuple[int, Any]:
        self.refreshing.discard(form.get("token", ""))
        return 200, {}

    def _minted(self) -> dict[str, Any]:
        token = f"ya29.minted-{len(self.tokens)}"
        self.tokens.add(token)
        return {"access_token": token, "expires_in": 3_599, "token_type": "Bearer"}

    def _for_service_account(self, form: Mapping[str, str]) -> tuple[int, Any]:
        signed, _, signature = form.get("assertion", "").rpartition(".")
        try:
            key_pair().public_key().verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        claims = json.loads(_decoded(signed.partition(".")[2]))
        is_ours = claims["aud"] == f"{self.url}/token" and claims["iss"] == SERVICE_ACCOUNT
        if not is_ours or claims["exp"] - claims["iat"] > 3_600:
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT."}
        self.claims.append(claims)
        return 200, self._minted()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class _Handler(BaseHTTPRequestHandler):
    google: GoogleServer

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, told = self.google.receive(self.command, self.path, cast("Mapping[str, str]", self.headers), body)
        content = b"" if told is None else json.dumps(told).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815  names that http.server looks for

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  the name is http.server's
        """Write nothing."""
