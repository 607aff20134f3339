"""What Meta sends by itself: signed requests about what changed on a Page, an Instagram account or a Threads profile.

Meta signs the raw body with the app's secret. The age is judged by the time within each entry, which is signed too.
https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors._line import NoAnswer, checked_secret
from connectors._reading import Json, is_mapping, list_of, member, optional_id, text_in
from connectors.base import Call, ConnectorError, Delivery, Fault

STALE_AFTER = timedelta(hours=37)
"""Meta repeats a delivery for 36 hours; what is older was recorded and sent again by somebody."""

_SIGNATURE = "x-hub-signature-256"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed. `about` is whom it concerns: a Page or an account; `at` is when Meta noticed."""

    about: str
    field: str
    value: Json
    at: datetime


def changes(call: Call, delivery: Delivery, kind: str) -> Iterator[Change]:
    """Yield what a genuine request tells about our account.

    Raises `ConnectorError`: `AUTH` for a forged or stale request.
    """
    body = _checked(call, delivery)
    if member(body, "object") != kind:
        return
    for entry in list_of(member(body, "entry")):
        about, at = optional_id(member(entry, "id")), moment(member(entry, "time"))
        if about is None or at is None or (call.account_id and about != call.account_id):
            continue
        for change in list_of(member(entry, "changes")):
            yield Change(about, text_in(member(change, "field")), member(change, "value"), at)


def moment(value: Json) -> datetime | None:
    """Read epoch seconds, as webhooks tell the time; nonsense is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    try:
        # Instagram's and Messenger's entries count in milliseconds.
        return datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def check_signature(call: Call, delivery: Delivery) -> None:
    """Raise `ConnectorError(AUTH)` unless the app's secret signed exactly this body."""
    try:
        secret = checked_secret(call.secrets, "app_secret")
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    kind, _, given = delivery.headers.get(_SIGNATURE, "").partition("=")
    expected = hmac.new(secret.encode(), delivery.body, hashlib.sha256).hexdigest()
    if kind != "sha256" or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ConnectorError(Fault.AUTH, "The signature of a webhook's request is not Meta's.")


def check_age(call: Call, times: Sequence[datetime | None]) -> None:
    """Raise `ConnectorError(AUTH)` when a request does not say when it was made, or too long ago."""
    if any(told is None or told < call.now - STALE_AFTER for told in times):
        raise ConnectorError(Fault.AUTH, "A webhook's request is too old.")


def _checked(call: Call, delivery: Delivery) -> Json:
    check_signature(call, delivery)
    try:
        body: Json = json.loads(delivery.body)
    except (ValueError, RecursionError) as error:
        raise ConnectorError(Fault.INVALID, "Meta's webhook sent something else than JSON.") from error
    entries = [entry for entry in list_of(member(body, "entry")) if is_mapping(entry)]
    check_age(call, [moment(member(entry, "time")) for entry in entries])
    return body
