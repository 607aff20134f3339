"""The webhooks pass the kit: the forum's own, and the signed one for everybody else."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from discourse_server import DiscourseServer

from connectors.base import Call, Delivery
from connectors.conformance_webhooks import WebhookConformance, WebhookWorld
from connectors.discourse import DiscourseConnector
from connectors.webhook import WebhookConnector

KEY = bytes(range(24))


class SignedWorld:
    """A website whose forms are sent to us."""

    connector = WebhookConnector()

    def __init__(self) -> None:
        secret = f"whsec_{base64.b64encode(KEY).decode()}"
        self.call = Call("https://www.harbour.example", {"webhook_secret": secret}, datetime.now(UTC))
        self._sent = 0

    def delivery(self, text: str) -> Delivery:
        self._sent += 1
        now = self.call.now.isoformat()
        body = json.dumps({"posts": [{"id": f"form-{self._sent}", "text": text, "created_at": now}]}).encode()
        return self._signed(f"msg_{self._sent}", self.call.now, body)

    def again(self, delivery: Delivery) -> Delivery:
        return self._signed(delivery.headers["webhook-id"], self.call.now + timedelta(minutes=2), delivery.body)

    def _signed(self, name: str, at: datetime, body: bytes) -> Delivery:
        stamp = str(int(at.timestamp()))
        digest = hmac.new(KEY, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
        signature = f"v1,{base64.b64encode(digest).decode()}"
        return Delivery({"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": signature}, body)


class ForumWorld:
    """A forum that tells of each post."""

    connector = DiscourseConnector()

    def __init__(self, forum: DiscourseServer) -> None:
        self._forum = forum
        us = forum.user("harbour")
        secrets = {"api_key": us.key, "webhook_secret": forum.webhook_secret}
        self.call = Call(forum.url, secrets, datetime.now(UTC), account_id=str(us.id), handle="harbour")

    def delivery(self, text: str) -> Delivery:
        return Delivery(*self._forum.delivery(self._forum.write(self._forum.user("maya"), text)))

    def again(self, delivery: Delivery) -> Delivery:
        return replace(delivery, headers={**delivery.headers, "x-discourse-event-id": "8"})


class TestSignedWebhook(WebhookConformance):
    @pytest.fixture
    def webhook(self) -> WebhookWorld:
        return SignedWorld()


class TestDiscourseWebhook(WebhookConformance):
    @pytest.fixture
    def webhook(self) -> Iterator[WebhookWorld]:
        with DiscourseServer() as forum:
            yield ForumWorld(forum)
