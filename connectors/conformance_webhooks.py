"""The test kit for connectors with the capability `webhook`: what they take, and what they must refuse.

Subclass `WebhookConformance` in a test module and give it a fixture `webhook` that returns a `WebhookWorld`.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Protocol, cast

import pytest

from connectors.base import Call, Capability, Connector, ConnectorError, Delivery, Fault, Webhook
from connectors.conformance_world import WatchedEnvironment, no_sleep

_LONG_AGO = timedelta(days=2)
"""Later than any platform repeats a delivery that was not taken."""


class WebhookWorld(Protocol):
    """A platform that sends requests to us. `call` holds the secret that it signs with, under `webhook_secret`."""

    @property
    def connector(self) -> Connector: ...

    @property
    def call(self) -> Call: ...

    def delivery(self, text: str) -> Delivery:
        """Return the request that it sends when somebody has just written `text`."""

    def again(self, delivery: Delivery) -> Delivery:
        """Return the request that it sends when that one was not taken."""


class WebhookConformance:
    """Genuine requests bring their posts; forged and stale ones bring nothing, and are called so."""

    @pytest.fixture(autouse=True)
    def _nothing_sleeps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        no_sleep(monkeypatch)

    @pytest.fixture
    def webhook(self) -> WebhookWorld:
        """To be overridden by every test class."""
        raise NotImplementedError("Give your test class a fixture “webhook”.")

    def test_a_genuine_request_brings_its_post(self, webhook: WebhookWorld) -> None:
        (post,) = _takes(webhook).receive(webhook.call, webhook.delivery("Does it float, or does it sink?"))
        assert "Does it float, or does it sink?" in post.text
        assert post.id
        assert post.author.handle
        assert post.is_public
        assert post.created_at.utcoffset() is not None

    def test_a_request_sent_again_is_known_and_another_is_not(self, webhook: WebhookWorld) -> None:
        connector, first = _takes(webhook), webhook.delivery("Does it float, or does it sink?")
        again, other = webhook.again(first), webhook.delivery("And does it burn, or does it melt?")
        assert connector.receive(webhook.call, again) == connector.receive(webhook.call, first)
        assert connector.delivery_id(again) == connector.delivery_id(first) != connector.delivery_id(other)

    def test_a_changed_body_is_refused(self, webhook: WebhookWorld) -> None:
        genuine = webhook.delivery("Does it float, or does it sink?")
        for body in (b"", genuine.body + b" ", genuine.body.replace(b"float", b"swims"), b"\xff"):
            assert _refused(webhook, replace(genuine, body=body)) is Fault.AUTH

    def test_without_what_it_is_signed_with_a_request_is_refused(self, webhook: WebhookWorld) -> None:
        genuine = webhook.delivery("Does it float, or does it sink?")
        assert _refused(webhook, replace(genuine, headers={})) is Fault.AUTH
        odd = dict.fromkeys(genuine.headers, "é\0" * 5_000)
        assert _refused(webhook, replace(genuine, headers=odd)) is Fault.AUTH

    def test_another_secret_or_none_opens_nothing(self, webhook: WebhookWorld) -> None:
        genuine = webhook.delivery("Does it float, or does it sink?")
        for secrets in (_other_secrets(webhook.call.secrets, "x" * 40), _other_secrets(webhook.call.secrets, "")):
            assert _refused(webhook, genuine, replace(webhook.call, secrets=secrets)) is Fault.AUTH

    def test_what_was_recorded_long_ago_is_refused(self, webhook: WebhookWorld) -> None:
        genuine = webhook.delivery("Does it float, or does it sink?")
        later = replace(webhook.call, now=webhook.call.now + _LONG_AGO)
        assert _refused(webhook, genuine, later) is Fault.AUTH

    def test_nothing_is_read_from_the_environment(self, webhook: WebhookWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        genuine, watched = webhook.delivery("Does it float, or does it sink?"), WatchedEnvironment()
        with monkeypatch.context() as patch:
            patch.setattr(os, "environ", watched)
            assert len(_takes(webhook).receive(webhook.call, genuine)) == 1
        assert watched.asked == []


def _takes(webhook: WebhookWorld) -> Webhook:
    assert Capability.WEBHOOK in webhook.connector.spec.capabilities
    assert "webhook_secret" in webhook.connector.spec.secrets
    return cast(Webhook, webhook.connector)


def _refused(webhook: WebhookWorld, delivery: Delivery, call: Call | None = None) -> Fault:
    with pytest.raises(ConnectorError) as error:
        _takes(webhook).receive(call or webhook.call, delivery)
    assert error.value.detail
    assert webhook.call.secrets["webhook_secret"] not in error.value.detail
    return error.value.fault


def _other_secrets(secrets: Mapping[str, str], other: str) -> dict[str, str]:
    return {**secrets, "webhook_secret": other}
