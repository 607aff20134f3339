"""What Threads tells by itself: answers to our posts, and mentions of us. Its requests are flat, unlike Facebook's.

https://developers.facebook.com/docs/threads/webhooks
"""

import json
from dataclasses import replace

from connectors._graph_webhook import check_age, check_signature, moment
from connectors._reading import Json, Unreadable, is_mapping, list_of, member, optional_id, text_in
from connectors._threads_sources import reader
from connectors.base import Call, ConnectorError, Delivery, Fault, Post

_FIELDS = frozenset({"replies", "mentions"})


def receive(call: Call, delivery: Delivery) -> tuple[Post, ...]:
    """Return the posts of a genuine request: none for what was published by us, deleted, or is not for all."""
    check_signature(call, delivery)
    try:
        body = json.loads(delivery.body)
    except (ValueError, RecursionError) as error:
        raise ConnectorError(Fault.INVALID, "Threads' webhook sent something else than JSON.") from error
    check_age(call, [moment(member(body, "time"))])
    values = member(body, "values")
    told = [values] if is_mapping(values) else list_of(values)
    return tuple(post for one in told if (post := _post(call, one)) is not None)


def _post(call: Call, told: Json) -> Post | None:
    value, field = member(told, "value"), text_in(member(told, "field"))
    owner = optional_id(member(member(value, "root_post"), "owner_id"))
    is_for_us = field == "mentions" or owner in (None, call.account_id)
    if field not in _FIELDS or not is_for_us:
        return None
    try:
        post = reader(call).post(value)
    except Unreadable:
        return None
    return replace(post, mentioned=frozenset({call.account_id})) if field == "mentions" else post
