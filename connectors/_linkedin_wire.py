"""One exchange with LinkedIn's versioned API: whose organisation, which version, what its refusals mean.

https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from connectors._line import Answer, NoAnswer, checked_address, checked_secret
from connectors._reading import Json, count_of, is_mapping, list_of, member
from connectors._wire import Request, Wire, said_in
from connectors.base import Call, ConnectorError, Fault, Rejected, Unknown

VERSION = "202609"
"""The version that LinkedIn is asked in, unless the account's options name a later one: each lasts about a year."""

AT_ONCE = 100

_VERSION = re.compile(r"20\d{4}", re.ASCII)
_NUMBER = re.compile(r"(?:urn:li:organization:)?(\d{1,20})", re.ASCII)
_THROTTLED = "throttle"

WIRE = Wire(
    "LinkedIn",
    words=(
        (_THROTTLED, Fault.RATE_LIMITED),
        ("access token", Fault.AUTH),
        ("access_token", Fault.AUTH),
        ("duplicate", Fault.DUPLICATE),
        ("too long", Fault.TOO_LONG),
        ("exceeds the maximum", Fault.TOO_LONG),
    ),
    said=said_in("message", "code"),
    window=timedelta(minutes=15),
)


def ask(call: Call, path: str, params: Mapping[str, str], *, finds: bool = False) -> Answer:
    """Read; raises `ConnectorError`, also for an error that says 200."""
    try:
        request = _request(call, "GET", path, params)
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    if finds:
        request = replace(request, headers={**request.headers, "X-RestLi-Method": "FINDER"})
    try:
        answer = WIRE.ask(call, request)
        if _error_in(answer.body):
            raise WIRE.error(answer, call)
    except ConnectorError as error:
        retry_at = _anew(error.detail, error.retry_at, call.now)
        raise ConnectorError(error.fault, error.detail, retry_at=retry_at) from error
    if not is_mapping(answer.body):
        raise ConnectorError(Fault.TRANSIENT, "LinkedIn answered with something else than an object.")
    return answer


def listed(
    call: Call, path: str, params: Mapping[str, str], *, most_pages: int, finds: bool = False
) -> tuple[list[Json], bool]:
    """Read a list to its end, or so many pages of it; return its rows, and whether those were all."""
    rows: list[Json] = []
    for _ in range(most_pages):
        asked = {"count": str(AT_ONCE), **params, "start": str(len(rows))}
        body = ask(call, path, asked, finds=finds).body
        here = member(body, "elements")
        if not isinstance(here, list):
            raise ConnectorError(Fault.TRANSIENT, "LinkedIn answered with something else than a list.")
        rows += list_of(here)
        # A page may be shorter than was asked for: where LinkedIn tells how many there are, that decides.
        total = count_of(member(member(body, "paging"), "total"))
        if not here or (len(rows) >= total if total else len(here) < AT_ONCE):
            return rows, True
    return rows, False


def write(
    call: Call, method: str, path: str, params: Mapping[str, str], body: Json = None, *, updates: bool = False
) -> Answer | Rejected | Unknown:
    """Send one write: the answer when it is a success, else what is known of it."""
    try:
        request = replace(_request(call, method, path, params), json=body)
    except NoAnswer as error:
        return Rejected(error.fault, str(error))
    if updates:
        request = replace(request, headers={**request.headers, "X-RestLi-Method": "PARTIAL_UPDATE"})
    outcome = WIRE.write(call, request)
    if isinstance(outcome, Answer) and _error_in(outcome.body):
        outcome = WIRE.refusal(outcome, call)
    if isinstance(outcome, Rejected):
        return replace(outcome, retry_at=_anew(outcome.detail, outcome.retry_at, call.now))
    return outcome


def organization_of(call: Call) -> str:
    """Return the organisation that an account speaks for; raises `ConnectorError`."""
    found = _NUMBER.fullmatch((call.options.get("organization") or call.account_id).strip())
    if found is None:
        raise ConnectorError(
            Fault.INVALID, "Set the account's option organization to the number of the company's page."
        )
    return f"urn:li:organization:{found[1]}"


def comments_path(urn: str, number: str = "") -> str:
    """Return where the comments on a post or a comment live in the API, or one of them."""
    below = f"/rest/socialActions/{quote(urn, safe='')}/comments"
    return f"{below}/{number}" if number else below


def _request(call: Call, method: str, path: str, params: Mapping[str, str]) -> Request:
    """Raises `NoAnswer`: nothing was asked yet."""
    version = call.options.get("version", "").strip() or VERSION
    if not _VERSION.fullmatch(version):
        raise NoAnswer(f"The account's version must look like {VERSION}.", sent=False, fault=Fault.INVALID)
    headers = {
        "Authorization": f"Bearer {checked_secret(call.secrets, 'access_token')}",
        "LinkedIn-Version": version,
        "X-Restli-Protocol-Version": "2.0.0",
    }
    return Request(method, checked_address(call.base_url) + path, params, headers)


def _error_in(body: Json) -> bool:
    status = member(body, "status")
    return isinstance(status, int) and not isinstance(status, bool) and status >= 400


def _anew(detail: str, retry_at: datetime | None, now: datetime) -> datetime | None:
    """A limit for the whole day begins anew at midnight UTC."""
    if retry_at is None or "day" not in detail.casefold() or _THROTTLED not in detail.casefold():
        return retry_at
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
