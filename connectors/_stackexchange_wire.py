"""One exchange with the Stack Exchange API: its wrapper, its quota, its order to back off, its refusals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors._line import Answer, NoAnswer, checked_home, checked_secret
from connectors._reading import Json, count_of, member, text_in
from connectors._text import one_line
from connectors._wire import Request, Wire
from connectors.base import Allowance, Call, ConnectorError, Fault

VERSION = "2.3"
USUAL_SITE = "stackoverflow.com"
_FILTER = "withbody"
"""A filter that the API itself provides: what it gives by default, and the text."""

_LONGEST_BACKOFF = timedelta(hours=12)
_SITE = re.compile(r"[a-z0-9-]{1,60}(\.[a-z0-9-]{1,60}){0,4}", re.ASCII)
_AVAILABLE_IN = re.compile(r"more requests available in (\d{1,7}) seconds?", re.ASCII)


def _said(answer: Answer) -> str:
    name, message = (text_in(member(answer.body, one)) for one in ("error_name", "error_message"))
    return ": ".join(part for part in (name, message) if part)


def _waits(answer: Answer) -> timedelta | None:
    told = _AVAILABLE_IN.search(_said(answer))
    seconds = int(told[1]) if told else count_of(member(answer.body, "backoff"))
    return timedelta(seconds=seconds) if seconds else None


WIRE = Wire(
    "Stack Exchange",
    words=(
        ("throttle_violation", Fault.RATE_LIMITED),
        ("temporarily_unavailable", Fault.TRANSIENT),
        ("internal_error", Fault.TRANSIENT),
        ("known application", Fault.AUTH),
        ("key_required", Fault.AUTH),
        ("access_token", Fault.AUTH),
        ("no_method", Fault.INVALID),
        ("access_denied", Fault.FORBIDDEN_BY_POLICY),
    ),
    by_status={404: Fault.INVALID},
    said=_said,
    waits=_waits,
    window=timedelta(minutes=5),
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request brought: its items, whether there are more, and when the same method may be asked again."""

    items: list[Json]
    has_more: bool
    allowance: Allowance | None


def ask(call: Call, path: str, params: Mapping[str, str] | None = None) -> Batch:
    """Ask one method of the API; raises `ConnectorError`."""
    try:
        home = checked_home(call.base_url)
        key = {"key": checked_secret(call.secrets, "key")} if call.secrets.get("key") else {}
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    told = {"site": site_of(call), "filter": _FILTER, **(params or {}), **key}
    answer = WIRE.ask(call, Request("GET", f"{home}/{VERSION}{path}", told))
    if member(answer.body, "error_id") is not None:
        raise WIRE.error(answer, call)
    items = member(answer.body, "items")
    if not isinstance(items, list):
        raise ConnectorError(Fault.TRANSIENT, "Stack Exchange answered with something else than a list.")
    return Batch(items, member(answer.body, "has_more") is True, _allowance(answer.body, call.now))


def site_of(call: Call) -> str:
    """Return the site of the network that an account reads, by its domain; raises `ConnectorError`."""
    site = call.options.get("site", "").strip().casefold() or USUAL_SITE
    site = site.removeprefix("https://").strip("/")
    if not _SITE.fullmatch(site):
        raise ConnectorError(Fault.INVALID, f"“{one_line(site)[:60]}” is no site: name its domain, {USUAL_SITE}.")
    if "." in site:
        return site
    of_its_own = site in ("stackoverflow", "serverfault", "superuser", "askubuntu", "stackapps")
    return f"{site}.com" if of_its_own else f"{site}.stackexchange.com"


def _allowance(body: Json, now: datetime) -> Allowance | None:
    """Read what is left. A method that told us to back off must not be asked before: so nothing is left of it."""
    if seconds := count_of(member(body, "backoff")):
        return Allowance(0, now + min(timedelta(seconds=seconds), _LONGEST_BACKOFF))
    remaining = member(body, "quota_remaining")
    if not isinstance(remaining, int) or isinstance(remaining, bool):
        return None
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return Allowance(max(0, min(remaining, 10**6)), midnight)
