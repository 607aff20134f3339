"""A signed webhook of our own: for forms, one's own website, and platforms without an API.

A sender signs as the Standard Webhooks specification has it (https://www.standardwebhooks.com), for which there are
libraries in every language. It sends `POST` with three headers and a JSON body:

    webhook-id: a name for this delivery, the same when it is sent again
    webhook-timestamp: seconds since 1970, at most five minutes from now
    webhook-signature: "v1," and the base64 of HMAC-SHA256(secret, id + "." + timestamp + "." + body)

    {"posts": [{
        "id": "form-812", "text": "Does it float?", "created_at": "2026-11-21T12:00:00Z",
        "author": {"id": "17", "name": "Maya Okafor", "handle": "maya", "url": "https://…", "is_bot": false},
        "url": "https://www.example.com/questions/812", "parent_id": null, "root_id": null, "title": "A question",
        "venue": "www.example.com/questions", "language": "en", "edited_at": null, "is_own": false, "is_public": true
    }]}

Needed are `id`, `created_at`, and `text` or `html`. A post sent again under its id is the same post. The secret is
`whsec_` and base64, or any words without blanks.
"""

import base64
import binascii
import hashlib
import hmac
import json
import logging
from datetime import timedelta
from urllib.parse import urlsplit

from connectors._line import NoAnswer, checked_address, checked_secret, epoch
from connectors._listening import ListenOnly
from connectors._reading import Unreadable
from connectors._text import one_line
from connectors._webhook_parse import posts_in
from connectors.base import (
    Call,
    Capability,
    Condition,
    ConnectorError,
    Cursor,
    Delivery,
    DuplicateProtection,
    Fault,
    Followed,
    Handoff,
    Health,
    Identity,
    No,
    Page,
    Permission,
    Policy,
    Post,
    PostState,
    PostStatus,
    Spec,
    Thread,
)

log = logging.getLogger(__name__)

TOLERANCE = timedelta(minutes=5)
"""How far the sender's clock and ours may be apart; an older request was recorded and sent again by somebody."""

_STANDARD = "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"
_DISCLOSURE = "https://www.ftc.gov/business-guidance/resources/ftcs-endorsement-guides-what-people-are-asking"
_MOST_SIGNATURES = 10
_LONGEST_NAME = 200
_SHORTEST_KEY = 16

SPEC = Spec(
    name="webhook",
    title="Webhook",
    capabilities=frozenset({Capability.WEBHOOK, Capability.HANDOFF}),
    identities=frozenset({Identity.BRAND, Identity.EMPLOYEE}),
    duplicate_protection=DuplicateProtection.NONE,
    settle=timedelta(0),
    policy=Policy(sources=(_STANDARD, _DISCLOSURE, "the sending site's own terms")),
    secrets={"webhook_secret": "What the sender signs with; made here when a source of the kind webhook is added."},
    optional_secrets=frozenset({"webhook_secret"}),
)


class WebhookConnector(ListenOnly):
    """Takes posts that others send. The account's address is the website that sends them; nothing is asked there."""

    spec = SPEC

    def check(self, call: Call) -> Health:
        """There is nobody to ask: it is well when its address and its secret make sense."""
        try:
            host = urlsplit(checked_address(call.base_url)).netloc
            if call.secrets.get("webhook_secret"):
                _key(call)
        except NoAnswer as error:
            return Health(Condition.DENIED, detail=str(error))
        except ConnectorError as error:
            return Health(Condition.REAUTH, detail=error.detail)
        return Health(Condition.OK, host, host, host)

    def fetch(self, call: Call, followed: Followed, cursor: Cursor | None) -> Page:
        """Nothing is fetched: what there is was sent."""
        del call, followed
        return Page((), cursor)

    def receive(self, call: Call, delivery: Delivery) -> tuple[Post, ...]:
        """Check the signature and the time, and return the posts; raises `ConnectorError`."""
        _check(call, delivery)
        try:
            posts, skipped = posts_in(json.loads(delivery.body), urlsplit(call.base_url).netloc)
        except Unreadable as error:
            raise ConnectorError(Fault.INVALID, str(error)) from error
        except (ValueError, RecursionError) as error:
            raise ConnectorError(Fault.INVALID, "It is no JSON.") from error
        if skipped and not posts:
            raise ConnectorError(Fault.INVALID, f"None of its posts can be read. The first: {skipped[0].reason}")
        for one in skipped:
            log.warning("a post of a webhook was skipped: %s: %s", one.id, one.reason)
        return tuple(post for post in posts if post.is_public)

    def delivery_id(self, delivery: Delivery) -> str:
        """Return what names a delivery: the sender signs it, and sends it again when a delivery is repeated."""
        return delivery.headers.get("webhook-id", "")

    def thread(self, call: Call, post_id: str) -> Thread:
        del call, post_id
        raise ConnectorError(Fault.INVALID, "A webhook tells what is new, and no conversations: open the page.")

    def refresh(self, call: Call, post_ids: tuple[str, ...]) -> tuple[PostState, ...]:
        """Nobody can be asked: a post is as it was sent, until it is sent again."""
        del call
        return tuple(PostState(one, PostStatus.LIVE) for one in post_ids)

    def can_reply(self, call: Call, post: Post) -> Permission:
        del call
        if not post.is_public:
            return No("webhook.open_to_all", "Only what is open to all is answered from a team.", _STANDARD)
        if not post.url:
            return No("webhook.no_page", "Whoever sent this named no page on which it could be answered.", _STANDARD)
        return Handoff(post.url, "webhook.one_way", "A webhook only brings posts in. Answer on the page.", _STANDARD)


def _check(call: Call, delivery: Delivery) -> None:
    """Raise `ConnectorError(AUTH)` for a request that is forged, stale, or signed with another secret."""
    key = _key(call)
    name, at = delivery.headers.get("webhook-id", ""), delivery.headers.get("webhook-timestamp", "")
    signed = b".".join((name.encode("utf-8", "replace"), at.encode("utf-8", "replace"), delivery.body))
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    given = delivery.headers.get("webhook-signature", "").split()[:_MOST_SIGNATURES]
    # All are compared, so that the time tells nothing.
    matches = [hmac.compare_digest(one.encode("utf-8", "replace"), expected) for one in given]
    if not any(matches) or not 0 < len(name) <= _LONGEST_NAME:
        raise ConnectorError(Fault.AUTH, "The signature of a webhook's request is not the sender's.")
    sent_at = epoch(at)
    if sent_at is None or abs(sent_at - call.now) > TOLERANCE:
        raise ConnectorError(Fault.AUTH, f"A webhook's request is not of now: {one_line(at)[:20]}.")


def _key(call: Call) -> bytes:
    try:
        secret = checked_secret(call.secrets, "webhook_secret")
        coded = secret.removeprefix("whsec_")
        key = secret.encode() if coded == secret else base64.b64decode(coded, validate=True)
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    except binascii.Error:
        raise ConnectorError(Fault.AUTH, "The account's webhook secret is no base64 after “whsec_”.") from None
    if len(key) < _SHORTEST_KEY:
        raise ConnectorError(Fault.AUTH, "The account's webhook secret is too short to keep anybody out.")
    return key
