"""What a Discourse forum sends by itself: a signed request for each post that is written, edited or taken away.

Discourse signs the body and nothing else: no time, no event id. So the age is judged by the times within the body, and
what a post is by the post itself; the headers that name the event are not signed, and not believed.
"""

import hashlib
import hmac
import json
from datetime import timedelta

from connectors._discourse_parse import Place, is_gone
from connectors._discourse_topic import Categories, reader
from connectors._line import NoAnswer, checked_secret
from connectors._reading import Json, Unreadable, is_mapping, member, optional_id, optional_time, text_in
from connectors._text import one_line
from connectors.base import Call, ConnectorError, Delivery, Fault, Post

STALE_AFTER = timedelta(hours=6)
"""Discourse repeats a delivery for two and a half hours; what is older was recorded and sent again by somebody."""

_SIGNATURE = "x-discourse-event-signature"


def receive(call: Call, delivery: Delivery) -> tuple[Post, ...]:
    """Return the post of a genuine request. None for a ping, for what was taken away, and for what is not for all.

    Raises `ConnectorError`: `AUTH` for a forged or stale request.
    """
    _check_signature(call, delivery)
    try:
        raw = member(json.loads(delivery.body), "post")
    except (ValueError, RecursionError) as error:
        raise ConnectorError(Fault.INVALID, "Discourse's webhook sent something else than JSON.") from error
    if not is_mapping(raw):
        return ()
    _check_age(call, raw)
    if is_gone(raw):
        return ()
    category_id = optional_id(raw.get("category_id"))
    if category_id is None or raw.get("topic_archetype") not in ("regular", None):
        return ()
    place = Place(Categories(call).of(category_id), one_line(text_in(raw.get("topic_title"))))
    try:
        post = reader(call).post(raw, place)
    except Unreadable:
        return ()
    return (post,) if post.is_public else ()


def _check_signature(call: Call, delivery: Delivery) -> None:
    try:
        secret = checked_secret(call.secrets, "webhook_secret")
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    kind, _, given = delivery.headers.get(_SIGNATURE, "").partition("=")
    expected = hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest()
    if kind != "sha256" or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ConnectorError(Fault.AUTH, "The signature of a webhook's request is not Discourse's.")


def _check_age(call: Call, raw: Json) -> None:
    times = [optional_time(member(raw, name)) for name in ("created_at", "updated_at", "deleted_at")]
    newest = max((one for one in times if one is not None), default=None)
    if newest is None or newest < call.now - STALE_AFTER:
        raise ConnectorError(Fault.AUTH, "A webhook's request is too old.")
