"""How Google's APIs are asked: as whom, what their refusals mean, and when a spent quota begins anew.

https://cloud.google.com/apis/design/errors, https://developers.google.com/identity/protocols/oauth2/service-account
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connectors._consent import CodeGrant, Homes
from connectors._consent import wire as consent_wire
from connectors._line import Answer, NoAnswer, checked_address, checked_secret
from connectors._reading import Json, is_mapping, list_of, member, text_in
from connectors._text import plain
from connectors._wire import Request, Wire, said_in
from connectors.base import Call, ConnectorError, Fault, Rejected, Unknown

SERVICE_ACCOUNT = "service_account_key"

_SPARE = timedelta(minutes=1)
"""A token that ends within this is not used for a request any more."""

_LASTS = timedelta(hours=1)
_QUOTA_BEGINS = timedelta(hours=8)
"""A day's quota begins anew at midnight in California: 07:00 or 08:00 UTC. The later is never too early."""

_SPENT_FOR_THE_DAY = ("(quotaexceeded)", "(dailylimitexceeded)")
_WORDS: tuple[tuple[str, Fault], ...] = (
    *((words, Fault.RATE_LIMITED) for words in _SPENT_FOR_THE_DAY),
    ("(ratelimitexceeded)", Fault.RATE_LIMITED),
    ("(userratelimitexceeded)", Fault.RATE_LIMITED),
    ("(resource_exhausted)", Fault.RATE_LIMITED),
    ("(autherror)", Fault.AUTH),
    ("(unauthenticated)", Fault.AUTH),
)


def error_in(body: Json) -> bool:
    """Whether an answer is an error, whatever its status says."""
    return member(body, "error") is not None


def said(answer: Answer) -> str:
    """Google's words, without their markup, and its name for the error, which is what says which error it is."""
    error = member(answer.body, "error")
    if not is_mapping(error):
        return text_in(error)
    details = list_of(error.get("errors"))
    name = text_in(member(details[0], "reason")) if details else ""
    name = name or text_in(error.get("status"))
    message = plain(text_in(error.get("message"))[:2_000])[:280]
    return f"{message} ({name})" if name else message


@dataclass(frozen=True, slots=True)
class Google:
    """One of Google's APIs. `scope` is what a service account asks for, `window` how long a burst is held back."""

    wire: Wire
    scope: str

    @classmethod
    def of(cls, title: str, scope: str, words: Sequence[tuple[str, Fault]] = (), *, window: timedelta) -> "Google":
        return cls(Wire(title, words=(*words, *_WORDS), said=said, window=window), scope)

    def ask(self, call: Call, path: str, params: Mapping[str, str]) -> Answer:
        """Read; raises `ConnectorError`, also for an error that says 200."""
        try:
            request = self._request(call, "GET", path, params)
        except NoAnswer as error:
            raise ConnectorError(error.fault, str(error)) from error
        try:
            answer = self.wire.ask(call, request)
            if error_in(answer.body):
                raise self.wire.error(answer, call)
        except ConnectorError as error:
            retry_at = _anew(error.detail, error.retry_at, call.now)
            raise ConnectorError(error.fault, error.detail, retry_at=retry_at) from error
        if not is_mapping(answer.body):
            raise ConnectorError(Fault.TRANSIENT, f"{self.wire.title} answered with something else than an object.")
        return answer

    def write(
        self, call: Call, method: str, path: str, params: Mapping[str, str], body: Json = None
    ) -> Answer | Rejected | Unknown:
        """Send one write: the answer when it is a success, else what is known of it."""
        try:
            request = replace(self._request(call, method, path, params), json=body)
        except NoAnswer as error:
            return Rejected(error.fault, str(error))
        outcome = self.wire.write(call, request)
        if isinstance(outcome, Answer) and error_in(outcome.body):
            outcome = self.wire.refusal(outcome, call)
        if isinstance(outcome, Rejected):
            return replace(outcome, retry_at=_anew(outcome.detail, outcome.retry_at, call.now))
        return outcome

    def _request(self, call: Call, method: str, path: str, params: Mapping[str, str]) -> Request:
        """Raises `NoAnswer`: nothing was asked yet."""
        address = checked_address(call.base_url) + path
        return Request(method, address, params, {"Authorization": f"Bearer {bearer(call, self.scope)}"})


def quota_begins(now: datetime) -> datetime:
    """Return when the day's quota that counts now began, at the latest."""
    begins = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + _QUOTA_BEGINS
    return begins if begins <= now else begins - timedelta(days=1)


def consent(scope: str, site: str, asks: str) -> CodeGrant:
    """Return how an account is connected by consent, for an API that lives at `site`.

    https://developers.google.com/identity/protocols/oauth2/web-server
    """
    credentials = "Google Cloud → APIs and services → Credentials → OAuth client of the kind “web application”"
    return CodeGrant(
        wire=consent_wire("Google"),
        scopes=scope,
        asks=asks,
        authorize="/o/oauth2/v2/auth",
        token="/token",  # noqa: S106
        revocation="/revoke",
        site=site,
        app={
            "client_id": f"{credentials}: Client ID. Our callback address must stand among its redirect URIs.",
            "client_secret": "The same page: Client secret.",
        },
        homes=Homes("https://accounts.google.com", "https://oauth2.googleapis.com", frozenset({site})),
        # Without both Google gives a token to renew only the very first time.
        more={"access_type": "offline", "prompt": "consent"},
        renews=True,
    )


def bearer(call: Call, scope: str) -> str:
    """Return a token that still lasts; that of a service account is made here and handed back. Raises `NoAnswer`.

    Whatever goes wrong with it, of what it is for nothing was sent yet.
    """
    if not call.secrets.get(SERVICE_ACCOUNT):
        return checked_secret(call.secrets, "access_token")
    expires = _time(call.secrets.get("access_token_expires", ""))
    if expires is not None and expires > call.now + _SPARE:
        return checked_secret(call.secrets, "access_token")
    name, key, site = _service_account(call.secrets[SERVICE_ACCOUNT])
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": _assertion(name, key, site, scope, call.now),
    }
    wire = Wire("Google", said=said_in("error_description", "error"))
    try:
        answer = wire.exchange(call, Request("POST", site, form=form))
    except NoAnswer as error:
        raise NoAnswer(str(error), sent=False, fault=error.fault) from error
    return _kept(call, answer)


def _kept(call: Call, answer: Answer) -> str:
    token = text_in(member(answer.body, "access_token"))
    if not answer.is_success or not token:
        is_refused = answer.status in (400, 401, 403)
        fault = Fault.AUTH if is_refused else Fault.RATE_LIMITED if answer.status == 429 else Fault.TRANSIENT
        detail = f"Google gave no access token for the service account ({answer.status})."
        raise NoAnswer(detail, sent=False, fault=fault)
    lasts = member(answer.body, "expires_in")
    is_sane = isinstance(lasts, int) and not isinstance(lasts, bool) and 0 < lasts <= 86_400
    ends = call.now + (timedelta(seconds=lasts) if isinstance(lasts, int) and is_sane else _LASTS)
    secrets = {**call.secrets, "access_token": token, "access_token_expires": ends.isoformat()}
    checked = checked_secret(secrets, "access_token")
    call.save_secrets(secrets)
    return checked


def _service_account(text: str) -> tuple[str, RSAPrivateKey, str]:
    """Read the key file of a service account: who it is, its key, where tokens are given. Raises `NoAnswer`."""
    unusable = NoAnswer("The account has no usable service account key.", sent=False, fault=Fault.AUTH)
    try:
        told = json.loads(text)
        key = load_pem_private_key(text_in(member(told, "private_key")).encode(), password=None)
        site = checked_address(text_in(member(told, "token_uri")))
    except (ValueError, TypeError, RecursionError, UnsupportedAlgorithm, NoAnswer):
        # Not chained: what broke may quote the key.
        raise unusable from None
    name = text_in(member(told, "client_email"))
    if not isinstance(key, RSAPrivateKey) or not name:
        raise unusable
    return name, key, site


def _assertion(name: str, key: RSAPrivateKey, site: str, scope: str, now: datetime) -> str:
    """Return the signed claim for which Google gives a token (RFC 7523)."""
    issued = int(now.timestamp())
    ends = issued + int(_LASTS.total_seconds())
    claims = {"iss": name, "scope": scope, "aud": site, "iat": issued, "exp": ends}
    parts = [json.dumps(one).encode() for one in ({"alg": "RS256", "typ": "JWT"}, claims)]
    signed = b".".join(map(_encoded, parts))
    return b".".join((signed, _encoded(key.sign(signed, PKCS1v15(), SHA256())))).decode()


def _encoded(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")


def _anew(detail: str, retry_at: datetime | None, now: datetime) -> datetime | None:
    """When a quota for the whole day is spent, the day's end says when to come back."""
    if not any(words in detail.casefold() for words in _SPENT_FOR_THE_DAY):
        return retry_at
    return quota_begins(now) + timedelta(days=1)


def _time(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
