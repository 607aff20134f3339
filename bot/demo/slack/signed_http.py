"""Deliveries over HTTP: signed as Slack signs them, for apps that have a request URL instead of a socket."""

import hashlib
import hmac
import json
from collections.abc import Callable
from urllib.parse import urlencode

import httpx

from bot.demo.slack.envelope import DeliveryError, Envelope
from bot.demo.slack.errors import Json
from bot.demo.slack.faults import Faults
from bot.demo.slack.seed import SeedApp

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class SignedHttp:
    """Posts envelopes to an app's request URL. Runs on the server's event loop."""

    def __init__(self, faults: Faults, now: Callable[[], float], *, ack_seconds: float) -> None:
        self._faults = faults
        self._now = now
        self._ack_seconds = ack_seconds
        self._client: httpx.AsyncClient | None = None

    async def stop(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def deliver(self, app: SeedApp, url: str, envelope: Envelope) -> Json | None:
        """Post one envelope; return the JSON object of the answer, if it holds one."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self._ack_seconds, follow_redirects=False, trust_env=False)
        body, kind = _body(envelope)
        headers = {"Content-Type": kind, "User-Agent": "Slackbot 1.0 (local)", **self._signature(app, body)}
        if envelope.attempt:
            headers |= {"X-Slack-Retry-Num": str(envelope.attempt), "X-Slack-Retry-Reason": envelope.reason}
        try:
            response = await self._client.post(url, content=body, headers=headers)
        except httpx.TimeoutException as error:
            raise DeliveryError("http_timeout") from error
        except httpx.HTTPError as error:
            raise DeliveryError("connection_failed") from error
        if self._faults.take("ack"):
            raise DeliveryError("http_timeout")
        return _answer(response)

    async def verify(self, app: SeedApp, url: str) -> bool:
        """Send the challenge that Slack sends before it accepts a request URL."""
        challenge = hashlib.sha256(url.encode()).hexdigest()
        payload = {"token": app.verification_token, "challenge": challenge, "type": "url_verification"}
        try:
            answer = await self.deliver(app, url, Envelope("events_api", payload))
        except DeliveryError:
            return False
        return (answer or {}).get("challenge", (answer or {}).get("text")) == challenge

    def _signature(self, app: SeedApp, body: bytes) -> dict[str, str]:
        timestamp = str(int(self._now() + self._faults.clock_skew))
        basis = b"v0:" + timestamp.encode() + b":" + body
        digest = hmac.new(app.signing_secret.encode(), basis, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def _body(envelope: Envelope) -> tuple[bytes, str]:
    if envelope.kind == "events_api":
        return json.dumps(envelope.payload).encode(), JSON
    if envelope.kind == "slash_commands":
        return urlencode(envelope.payload).encode(), FORM
    return urlencode({"payload": json.dumps(envelope.payload)}).encode(), FORM


def _answer(response: httpx.Response) -> Json | None:
    if response.is_redirect:
        raise DeliveryError("too_many_redirects")
    if response.status_code != 200:
        raise DeliveryError("http_error", stop=response.headers.get("x-slack-no-retry") == "1")
    if not response.content.strip():
        return None
    if JSON not in response.headers.get("content-type", ""):
        return {"text": response.text}
    try:
        body = response.json()
    except ValueError as error:
        raise DeliveryError("http_error") from error
    return body if isinstance(body, dict) else None
