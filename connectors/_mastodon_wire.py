"""One exchange with a Mastodon server: what was asked, what came back, and what that means.

Mastodon.py knows the API and builds and sends the requests. The answers are read here: its own reading turns a broken
date silently into None, and stumbles over hostile Link and rate-limit headers.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from urllib.parse import urlsplit

from mastodon import Mastodon, MastodonNetworkError

from connectors._line import Answer, Answered, Line, NoAnswer, checked_home, checked_secret, retry_after, whole_number
from connectors._reading import is_mapping, member, text_in
from connectors.base import Allowance, Call, ConnectorError, Fault, Rejected, Unknown

USER_AGENT = "Chorus (team replies, confirmed by people)"

_WINDOW = timedelta(minutes=5)
"""Mastodon's own rate-limit window: how long to wait when an answer does not say."""

_LONGEST_WAIT = timedelta(days=1)


class Client(Mastodon):  # type: ignore[misc,unused-ignore]
    """Mastodon.py without the request for the instance's settings that it makes before every timeline."""

    def timeline_is_available(self, *_arguments: object, **_options: object) -> bool:
        return True


def exchange(call: Call, operation: Callable[[Client], object]) -> Answer:
    """Send exactly the one request that `operation` makes; raises `NoAnswer`."""
    token = checked_secret(call.secrets, "access_token")
    with Line(checked_home(call.base_url), call.timeout) as line:
        client = Client(
            api_base_url=call.base_url,
            session=line,
            request_timeout=call.timeout,
            ratelimit_method="throw",
            version_check_mode="created",
            mastodon_version="4.3.0",
            user_agent=USER_AGENT,
        )
        # Not a constructor argument: there, a token that happens to name a file would be read from that file.
        client.access_token = token
        try:
            operation(client)
        except (Answered, MastodonNetworkError):
            return line.result()
    raise AssertionError("Mastodon.py returned without a request.")


def ask(call: Call, operation: Callable[[Client], object]) -> Answer:
    """Read; raises `ConnectorError` for anything but a readable success."""
    try:
        answer = exchange(call, operation)
    except NoAnswer as error:
        raise ConnectorError(error.fault, str(error)) from error
    if not answer.is_success:
        raise_refusal(answer, call)
    if not answer.readable or message(answer):
        said = message(answer) or "no readable answer"
        raise ConnectorError(Fault.TRANSIENT, f"{host_of(call)} answered {answer.status} with {said}.")
    return answer


def raise_refusal(answer: Answer, call: Call) -> NoReturn:
    """Raise what an unsuccessful answer means for a read."""
    if answer.status >= 500:
        retry_at = retry_after(answer.headers.get("Retry-After"), call.now)
        raise ConnectorError(Fault.TRANSIENT, _detail(answer, call), retry_at=retry_at)
    rejected = refusal(answer, call)
    raise ConnectorError(rejected.fault, rejected.detail, retry_at=rejected.retry_at)


def verdict(answer: Answer, call: Call) -> Rejected | Unknown:
    """What an unsuccessful answer means for a write: certainly not done, or not known."""
    if answer.status >= 500 or answer.status in (303, 408):
        return Unknown(_detail(answer, call))
    return refusal(answer, call)


def refusal(answer: Answer, call: Call) -> Rejected:
    """Name the fault of an answer in the 300s or 400s: by its body where the status is ambiguous."""
    fault = _fault(answer)
    retry_at = reopens_at(answer, call.now) if fault is Fault.RATE_LIMITED else None
    return Rejected(fault, _detail(answer, call), retry_at)


def message(answer: Answer) -> str:
    """What the server said of an error: one short line, for people."""
    return " ".join(text_in(member(answer.body, "error")).split())[:300]


def allowance(answer: Answer) -> Allowance | None:
    """What is left of the rate limit, where the server tells."""
    remaining = whole_number(answer.headers.get("X-RateLimit-Remaining"))
    return None if remaining is None else Allowance(remaining, _moment(answer.headers.get("X-RateLimit-Reset", "")))


def reopens_at(answer: Answer, now: datetime) -> datetime:
    """When a rate limit reopens: as told, else after Mastodon's window; never in the past, never beyond a day."""
    told = retry_after(answer.headers.get("Retry-After"), now) or _moment(answer.headers.get("X-RateLimit-Reset", ""))
    return min(max(told or now + _WINDOW, now + timedelta(seconds=1)), now + _LONGEST_WAIT)


def host_of(call: Call) -> str:
    """The instance as people know it."""
    base = call.base_url if "://" in call.base_url else f"https://{call.base_url}"
    return urlsplit(base).netloc.rpartition("@")[2]


_TOO_LONG = ("too long", "limit", "exceed", "maximum")
_BY_STATUS = {
    401: Fault.AUTH,
    408: Fault.TRANSIENT,
    410: Fault.GONE,
    413: Fault.TOO_LONG,
    425: Fault.TRANSIENT,
    429: Fault.RATE_LIMITED,
    451: Fault.FORBIDDEN_BY_POLICY,
}


def _fault(answer: Answer) -> Fault:
    said = message(answer).casefold()
    if (known := _BY_STATUS.get(answer.status)) is not None:
        return known
    if not is_mapping(answer.body):
        return Fault.INVALID  # Not the platform's own word: a firewall's page must not make a post count as deleted.
    if answer.status == 404:
        return Fault.GONE
    if answer.status == 403:
        ours = ("scope", "login", "disabled", "suspended", "confirm", "token", "authenticated")
        return Fault.AUTH if any(word in said for word in ours) else Fault.FORBIDDEN_BY_POLICY
    if "duplicate" in said:
        return Fault.DUPLICATE
    if any(words in said for words in _TOO_LONG) and "media" not in said:
        return Fault.TOO_LONG
    return Fault.AUTH if "authenticated user" in said else Fault.INVALID


def _detail(answer: Answer, call: Call) -> str:
    if 300 <= answer.status < 400:
        return f"{host_of(call)} sends us elsewhere ({answer.status}): set the account's address to where it lives."
    if answer.status < 500 and not is_mapping(answer.body):
        return f"{host_of(call)} answered {answer.status} without a reason. Does a Mastodon server live there?"
    said = f": {message(answer)}" if message(answer) else ""
    return f"{host_of(call)} answered {answer.status}{said}"


def _moment(value: str) -> datetime | None:
    """Read Mastodon's ISO time, or the epoch seconds that other servers send."""
    try:
        if value.isascii() and value.isdigit():
            return datetime.fromtimestamp(int(value), UTC)
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
